"""What a picture and a text ask of a CTC network, from the picture's header alone."""

from __future__ import annotations

import math
import os
import warnings
from itertools import pairwise
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from shouxie.errors import ImageError
from shouxie.image import HEIGHT, MAX_PIXELS, MAX_WIDTH, formats

STEP = 8
"""Pixels of network input a time step, as in PP-OCRv3."""

MIN_CANVAS = 320
"""Narrower pictures are padded to this width, in pixels."""

_ORIENTATION = 0x0112


def picture_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """(height, width) in pixels as ``image.load`` would give it; the pixels are not decoded.

    Raises:
        ImageError: missing, empty, no picture, or too large to be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not Path(path).stat().st_size:
                raise ImageError(path, "the file is empty")
            with Image.open(path, formats=formats()) as opened:
                width, height = opened.size
                if isinstance(opened, TiffImageFile):  # newer Pillows have turned its size already
                    width, height = opened.tag_v2[256], opened.tag_v2[257]
                if _turned(opened):
                    width, height = height, width
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(path, "not a picture that can be read") from error
    except OSError as error:
        raise ImageError(path, error.strerror or str(error)) from error
    except Exception as error:  # Pillow's header readers raise whatever a broken file makes them stumble on
        raise ImageError(path, str(error) or type(error).__name__) from error
    if not width or not height:
        raise ImageError(path, "the picture has no pixels")
    if width * height > MAX_PIXELS:
        raise ImageError(
            path, f"{width} x {height} px is over the limit of {MAX_PIXELS // 10**6} million pixels"
        )
    return height, width


def fitted_width(size: tuple[int, int], *, height: int = HEIGHT) -> int:
    """Width in pixels that ``image.fit`` gives a picture of ``size`` (height, width)."""
    return min(MAX_WIDTH, math.ceil(height * size[1] / size[0]))


def time_steps(width: int, *, step: int = STEP, canvas: int = MIN_CANVAS) -> int:
    """Time steps of a line of ``width`` pixels at the network's height, padded to ``canvas``."""
    return max(canvas, width) // step


def steps_needed(text: str) -> int:
    """Time steps that CTC needs to write ``text``: one a character, and a blank between equal neighbours."""
    return len(text) + sum(a == b for a, b in pairwise(text))


def _turned(opened: Image.Image) -> bool:
    """Whether EXIF asks for a quarter turn. A PNG's EXIF behind its pixels would need them decoded."""
    if opened.format == "PNG" and "exif" not in opened.info:
        return False
    return opened.getexif().get(_ORIENTATION) in (5, 6, 7, 8)
