"""CASIA-HWDB files: ``.dgrl`` (HWDB2.x: a page of text lines) and ``.gnt`` (HWDB1.x: single characters).

Both are little endian and read one picture at a time. Pixels are grey, 255 the ground, 0 to 254 the ink.
Source: "Offline Database", CASIA Online and Offline Chinese Handwriting Databases, tables 2 and 4.
"""

from __future__ import annotations

import io
import os
import struct
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shouxie.errors import DataError
from shouxie.image import MAX_PIXELS

ILLEGIBLE = "\ufffd"
"""Stands in a text for a code that is no character (fillers such as ``ff ff``): never dropped, so that
the text keeps its length and the data report lists it as outside the charset."""

_ENCODINGS = frozenset(("GB", "GBK", "GB2312", "ASCII"))
_MAX_HEADER = 1 << 16
_MAX_CODE = 8


@dataclass(frozen=True, eq=False)
class Ink:
    """A written line or character.

    Attributes:
        text: what is written; ``ILLEGIBLE`` for each code that is no character.
        pixels: (H, W) uint8 grey; H or W may be 0 in a careless file.
        number: 0-based place in the file.
        top, left: where it stands on the page, in pixels; 0 in ``.gnt`` files.
    """

    text: str
    pixels: NDArray[np.uint8]
    number: int
    top: int = 0
    left: int = 0


def read_dgrl(path: str | PathLike[str]) -> Iterator[Ink]:
    """The lines of a page, in the file's order.

    Raises:
        DataError: no ``.dgrl`` file, damaged or cut off; the lines before the damage have been given.
    """
    with _opened(path) as file:
        code_length = _dgrl_header(file)
        _, _, count = file.integers("<iii", "page size and line count")
        for number in range(count):
            file.part = f"line {number + 1} of {count}"
            (characters,) = file.integers("<i", "character count")
            codes = file.take(characters * code_length, "characters")
            top, left, height, width = file.integers("<iiii", "position and size", signed=2)
            pixels = file.pixels(height, width)
            yield Ink(_text(codes, code_length), pixels, number, top, left)
        if file.left:
            raise DataError(
                path, f"{file.left} bytes after the last of {count} lines", "is the file damaged?"
            )


def read_gnt(path: str | PathLike[str]) -> Iterator[Ink]:
    """The characters of a file, in its order.

    Raises:
        DataError: no ``.gnt`` file, damaged or cut off; the characters before the damage have been given.
    """
    with _opened(path) as file:
        number = 0
        while file.left:
            file.part = f"character {number + 1}"
            (size,) = file.integers("<I", "sample size")
            code = file.take(2, "tag code")
            width, height = file.integers("<HH", "picture size")
            if size != 10 + width * height:
                raise DataError(
                    path,
                    f"{file.place}: a sample of {size} bytes cannot hold {width} x {height} px",
                    "is this a .gnt file?",
                )
            yield Ink(_text(code, 2), file.pixels(height, width), number)
            number += 1


class _Bytes:
    """A file that is never asked for more than it holds, and knows where it stands."""

    def __init__(self, file: io.BufferedReader, path: str | PathLike[str]) -> None:
        self._file, self.path = file, path
        self.size = self.left = os.fstat(file.fileno()).st_size
        self.part = "header"

    @property
    def place(self) -> str:
        """The part being read and the byte reached."""
        return f"{self.part} (byte {self.size - self.left})"

    def take(self, count: int, what: str) -> bytes:
        """``count`` bytes, or a fault that says where the file ends."""
        data = self._file.read(count) if count <= self.left else b""
        if len(data) != count:
            raise DataError(
                self.path,
                f"cut off at byte {self.size}: {self.place} needs {count} bytes for its {what}, "
                f"{self.left} are left",
                "get the file anew",
            )
        self.left -= count
        return data

    def integers(self, layout: str, what: str, *, signed: int = 0) -> tuple[int, ...]:
        """Integers of a ``struct`` layout; all but the first ``signed`` must not be negative."""
        place = self.place
        values: tuple[int, ...] = struct.unpack(layout, self.take(struct.calcsize(layout), what))
        if min(values[signed:]) < 0:
            raise DataError(self.path, f"{place}: negative {what} {values[signed:]}", "is the file damaged?")
        return values

    def pixels(self, height: int, width: int) -> NDArray[np.uint8]:
        """(height, width) of 8 bit pixels."""
        if height * width > MAX_PIXELS:
            raise DataError(self.path, f"{self.place}: a picture of {width} x {height} px", "damaged?")
        data = self.take(height * width, f"{width} x {height} px")
        return np.frombuffer(data, np.uint8).reshape(height, width)


@contextmanager
def _opened(path: str | PathLike[str]) -> Iterator[_Bytes]:
    try:
        with Path(path).open("rb") as file:
            data = _Bytes(file, path)
            if not data.size:
                raise DataError(path, "the file is empty")
            yield data
    except OSError as error:
        raise DataError(path, error.strerror or str(error)) from error


def _dgrl_header(file: _Bytes) -> int:
    """Check the header; gives the bytes per character code."""
    path = file.path
    (size,) = file.integers("<i", "header size")
    if not 36 <= size <= _MAX_HEADER:
        raise DataError(path, f"a header of {size} bytes", "is this a .dgrl file?")
    header = file.take(size - 4, "header")
    if not header.startswith(b"DGR"):
        raise DataError(path, f"format code {header[:8]!r}, not DGRL", "is this a .dgrl file?")
    encoding = header[-24:-4].split(b"\0", 1)[0].decode("latin-1")
    code_length, bits = struct.unpack("<hh", header[-4:])
    if encoding.upper() not in _ENCODINGS:
        raise DataError(path, f"character codes of type {encoding!r}", "only GB and ASCII are known")
    if not 1 <= code_length <= _MAX_CODE:
        raise DataError(path, f"{code_length} bytes per character code", "is the file damaged?")
    if bits != 8:
        # The description leaves open which bit is the leftmost pixel and which value is ink.
        raise DataError(path, f"{bits} bits per pixel", "only files of 8 bits per pixel can be read")
    return int(code_length)


def _text(codes: bytes, length: int) -> str:
    return "".join(_character(codes[i : i + length]) for i in range(0, len(codes), length))


def _character(code: bytes) -> str:
    """The character of one GB code; GB 18030 gives the few that GBK lacks, private use is none."""
    code = code.rstrip(b"\0")
    for encoding in ("gbk", "gb18030"):
        try:
            character = code.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(character) == 1 and unicodedata.category(character)[0] != "C":
            return character
    return ILLEGIBLE
