"""Small copies of line pictures and of characters in them, as data URIs for a page without other files."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from shouxie.errors import ShouxieError
from shouxie.image import Picture, load
from shouxie.score.breakdown import Place
from shouxie.score.evaluation import LineScore

LINE_HEIGHT = 56
LINE_WIDTH = 1600
CROP_HEIGHT = 48
CROP_WIDTH = 96
_MARGIN = 0.12
"""Of the picture's height, left and right of a character: its neighbours tell what the box cut off."""


def line_uri(line: LineScore) -> tuple[str, int, int] | None:
    """The whole line, at most ``LINE_HEIGHT`` high: data URI, width, height; None without a picture."""
    pixels = _picture(line.path)
    return _uri(pixels, LINE_HEIGHT, LINE_WIDTH) if pixels is not None else None


def crop_uri(line: LineScore, place: Place, *, missing: bool) -> tuple[str, int, int] | None:
    """The predicted character at ``place``, or the gap where one is missing; None if it cannot be told."""
    span = _span(line, place.start, missing)
    pixels = _picture(line.path) if span else None
    if pixels is None or span is None:
        return None
    height, width = pixels.shape[:2]
    margin = _MARGIN * height
    left, right = int(max(0, span[0] - margin)), int(min(width, span[1] + margin) + 0.5)
    return _uri(pixels[:, left:right], CROP_HEIGHT, CROP_WIDTH) if right - left >= 2 else None


def _span(line: LineScore, position: int, missing: bool) -> tuple[float, float] | None:
    boxes = line.boxes
    if boxes is None:
        return None
    if not missing:
        return float(boxes[position, 0]), float(boxes[position, 2])
    half = float(boxes[:, 3].max() - boxes[:, 1].min()) / 2
    left = float(boxes[position - 1, 2]) if position else float(boxes[0, 0]) - 2 * half
    right = float(boxes[position, 0]) if position < len(boxes) else float(boxes[-1, 2]) + 2 * half
    middle, reach = (left + right) / 2, max(half, (right - left) / 2)
    return middle - reach, middle + reach


@lru_cache(maxsize=8)
def _picture(path: Path) -> Picture | None:
    try:
        return load(path)
    except ShouxieError:
        return None


def _uri(pixels: Picture, height: int, width: int) -> tuple[str, int, int] | None:
    scale = min(1.0, height / pixels.shape[0], width / pixels.shape[1])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    encodings: Sequence[tuple[str, str, list[int]]] = (
        ("jpeg", ".jpg", [cv2.IMWRITE_JPEG_QUALITY, 72]),
        ("png", ".png", [cv2.IMWRITE_PNG_COMPRESSION, 9]),
    )
    files = [(kind, cv2.imencode(suffix, small, options)[1].tobytes()) for kind, suffix, options in encodings]
    kind, data = min(files, key=lambda file: len(file[1]))
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}", *size
