"""A reading as a picture: the line, its characters' extents, and the text with its confidence under it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from shouxie.image import Picture
from shouxie.reading import Character, Reading

FONT = Path(__file__).parent / "assets" / "fonts" / "shouxie-sans.otf"
"""Noto Sans CJK SC, cut to the characters that are read; SIL Open Font License 1.1."""

WIDTH = 1280
MARGIN = 16
LINE_HEIGHT = 72
INK, QUIET, GROUND, ERROR = (28, 28, 30), (128, 128, 136), (255, 255, 255), (176, 0, 32)
UNSURE = (201, 60, 32)


@lru_cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The package's CJK font at ``size`` pixels."""
    return ImageFont.truetype(FONT, size)


def show(items: Iterable[tuple[Picture | None, Reading]], *, left_out: int = 0) -> Image.Image:
    """Draw readings under their pictures, one block below the other.

    Args:
        items: (picture (H, W, 3) BGR, its reading); None for a picture that could not be read.
        left_out: how many more there were; said at the end.
    """
    blocks = [_block(pixels, reading) for pixels, reading in items]
    if left_out:
        blocks.append(_note(f"… and {left_out} more", QUIET))
    height = sum(block.height for block in blocks) + MARGIN
    page = Image.new("RGB", (WIDTH, max(height, 2 * MARGIN)), GROUND)
    top = MARGIN
    for block in blocks:
        page.paste(block, (0, top))
        top += block.height
    return page


def _block(pixels: Picture | None, reading: Reading) -> Image.Image:
    if pixels is None or reading.error is not None:
        return _note(str(reading.error or reading.path), ERROR)
    h, w = pixels.shape[:2]
    scale = min(LINE_HEIGHT / h, (WIDTH - 2 * MARGIN) / w)
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    line = Image.fromarray(np.ascontiguousarray(pixels[:, :, ::-1])).resize(size, Image.Resampling.LANCZOS)
    placed = [(MARGIN + (c.box.left + c.box.right) / 2 * scale, c) for c in reading.characters]
    face = _face(placed)
    rows = _rows(placed, face)
    head, below = 22, face + 14
    block = Image.new("RGB", (WIDTH, head + size[1] + len(rows) * below + MARGIN), GROUND)
    draw = ImageDraw.Draw(block)
    name = Path(reading.path).name or "picture"
    draw.text((MARGIN, 0), name, QUIET, font(14))
    draw.text((WIDTH - MARGIN, 0), f"{reading.confidence:.1%}", colour(reading.confidence), font(14), "ra")
    block.paste(line, (MARGIN, head))
    for number, row in enumerate(rows):
        y = head + size[1] + 4 + number * below
        for x, character in row:
            draw.text((x, y), character.text, colour(character.confidence), font(face), "ma")
            if character.confidence < 0.9:
                draw.text((x, y + face + 3), f"{character.confidence * 100:.0f}", QUIET, font(10), "ma")
    if not reading.characters:
        draw.text((MARGIN, head + size[1] + 4), "(nothing read)", QUIET, font(16))
    return block


def _face(placed: list[tuple[float, Character]]) -> int:
    """Font size in pixels at which nearly all characters fit beside their neighbours."""
    gaps = [(b[0] - a[0]) / _share(a[1]) for a, b in pairwise(placed)]
    return int(np.clip(np.quantile(gaps, 0.05) * 0.95, 13, 24)) if gaps else 24


def _share(character: Character) -> float:
    """Width of a character as a share of the font size."""
    return 0.6 if ord(character.text[0]) < 0x2E80 else 1.0


def _rows(placed: list[tuple[float, Character]], face: int) -> list[list[tuple[float, Character]]]:
    """Every character under its place in the picture; where it would touch its neighbour, a row below."""
    rows: list[list[tuple[float, Character]]] = [[]]
    for x, character in placed:
        need = face * _share(character)
        row = next((r for r in rows if not r or x - r[-1][0] >= need), None)
        if row is None:
            row = []
            rows.append(row)
        row.append((x, character))
    return rows


def _note(text: str, fill: tuple[int, int, int]) -> Image.Image:
    block = Image.new("RGB", (WIDTH, 24 + MARGIN), GROUND)
    ImageDraw.Draw(block).text((MARGIN, 0), text, fill, font(16))
    return block


def colour(confidence: float) -> tuple[int, int, int]:
    """Ink for what is sure, fading to red for what is not."""
    if confidence >= 0.9:
        return INK
    part = max(0.0, min(1.0, (0.9 - confidence) / 0.5))
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(INK, UNSURE, strict=True))
    return red, green, blue
