"""Writers of CASIA-HWDB files, byte for byte as the readers expect them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shouxie.data.hwdb import ILLEGIBLE, Ink


def code(character: str, length: int = 2) -> bytes:
    """A GB code padded with NUL; fillers for an illegible character."""
    if character == ILLEGIBLE:
        return b"\xff" * length
    return character.encode("gbk").ljust(length, b"\0")


def dgrl(
    lines: Sequence[Ink],
    *,
    page: tuple[int, int] = (3468, 2392),
    illustration: bytes = b"This is a off-line ground truth file!",
    encoding: bytes = b"GB",
    code_length: int = 2,
    bits: int = 8,
) -> bytes:
    """A ``.dgrl`` file's bytes."""
    parts = [
        struct.pack("<i8s", 36 + len(illustration), b"DGR"),
        illustration,
        struct.pack("<20shh", encoding, code_length, bits),
        struct.pack("<iii", *page, len(lines)),
    ]
    for line in lines:
        parts += [
            struct.pack("<i", len(line.text)),
            *(code(c, code_length) for c in line.text),
            struct.pack("<iiii", line.top, line.left, *line.pixels.shape),
            line.pixels.tobytes(),
        ]
    return b"".join(parts)


def gnt(characters: Sequence[Ink]) -> bytes:
    """A ``.gnt`` file's bytes."""
    return b"".join(
        struct.pack("<I2sHH", 10 + c.pixels.size, code(c.text), c.pixels.shape[1], c.pixels.shape[0])
        + c.pixels.tobytes()
        for c in characters
    )


def scribble(number: int, height: int, width: int) -> NDArray[np.uint8]:
    """Grey noise, the same for the same arguments."""
    rng = np.random.default_rng((number, height, width))
    return rng.integers(0, 256, (height, width), np.uint8)


def page(*texts: str, height: int = 3, width: int = 5) -> list[Ink]:
    """Lines of small pictures with these texts."""
    return [Ink(t, scribble(i, height, width + i), i, 10 * i, i) for i, t in enumerate(texts)]
