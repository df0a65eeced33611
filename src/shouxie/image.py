"""The one way a picture becomes network input: for training, evaluation, export, reading and the server.

file, array or Pillow image → ``picture`` (H, W, 3) BGR uint8 → ``LineImage`` of the network's height →
float32 (3, H, W) normalised to -1 … 1, padded on the right with 0 (mid grey).
Source of height, channel order, resizing and normalisation: PaddleOCR's RecResizeImg (PP-OCRv3).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from shouxie.errors import ImageError, UsageError

Picture: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) BGR."""

Source: TypeAlias = "str | PathLike[str] | NDArray[np.generic] | Image.Image"
"""Whatever can be read: a path, an array (H, W), (H, W, 1|3|4) in OpenCV's channel order, a Pillow image."""

HEIGHT = 48
MAX_WIDTH = 32_768
"""Lines are squeezed to this width at the network's height; nothing written by hand is 680 times as long
as it is high, and a stray 1 px high strip must not take the memory of a book."""

MAX_PIXELS = 80_000_000
MAX_BYTES = 512 << 20
"""Size of a picture file, at most."""
STRIP_PIXELS = 1 << 20
"""Arithmetic wider than 8 bits goes over so many pixels at a time, so that a picture of ``MAX_PIXELS`` does
not take five times its memory."""

FORMATS = ("PNG", "JPEG", "MPO", "BMP", "DIB", "TIFF", "WEBP", "GIF", "JPEG2000", "PPM", "AVIF")
"""What is decoded, whatever a file is called; Pillow's many other decoders never see a stranger's bytes."""

SUFFIXES = frozenset(
    (
        ".png",
        ".jpg",
        ".jpeg",
        ".bmp",
        ".tif",
        ".tiff",
        ".webp",
        ".gif",
        ".jp2",
        ".ppm",
        ".pgm",
        ".pbm",
        ".avif",
    )
)
"""File name endings that are taken for pictures when a folder is read."""


@dataclass(frozen=True)
class LineImage:
    """A line picture at the network's height.

    Attributes:
        pixels: (HEIGHT, W, 3) BGR uint8.
        size: (height, width) of the picture it came from, in pixels.
    """

    pixels: Picture
    size: tuple[int, int]

    @property
    def width(self) -> int:
        """Width at the network's height, in pixels."""
        return int(self.pixels.shape[1])

    @property
    def scale(self) -> float:
        """Pixels of the original picture per pixel of this one, horizontally."""
        return self.size[1] / self.width


def load(path: str | PathLike[str]) -> Picture:
    """Read a picture file: any mode, EXIF rotation applied, transparency laid on a plain ground.

    Raises:
        ImageError: missing, empty, cut off, no picture, or larger than ``MAX_PIXELS``.
    """
    try:
        place = Path(path)
        if place.exists() and not place.is_file():
            raise ImageError(path, "not a file")
        if place.stat().st_size > MAX_BYTES:
            raise ImageError(path, f"over the limit of {MAX_BYTES >> 20} MiB", "cut the line out")
        data = place.read_bytes()
    except (OSError, ValueError) as error:
        raise ImageError(path, getattr(error, "strerror", None) or str(error)) from error
    return loads(data, path)


def loads(data: bytes, name: str | PathLike[str] = "picture") -> Picture:
    """As ``load``, from the file's bytes; ``name`` stands in errors."""
    if not data:
        raise ImageError(name, "the file is empty")
    try:
        with Image.open(io.BytesIO(data), formats=formats()) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise Image.DecompressionBombError
            opened.load()
            return _from_pillow(_upright(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        fault = f"it has more than {MAX_PIXELS // 10**6} million pixels, which is over the limit"
        raise ImageError(name, fault, "cut the line out, or scale the picture down") from error
    except MemoryError as error:
        raise ImageError(name, "does not fit into memory", "scale the picture down") from error
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them stumble on
        unknown = isinstance(error, UnidentifiedImageError)
        fault = "not a picture that can be read" if unknown else str(error)
        raise ImageError(name, fault or type(error).__name__, "is the file complete?") from error


def picture(source: Source) -> Picture:
    """Anything readable as a picture (H, W, 3) BGR uint8.

    Raises:
        ImageError: a file that cannot be read.
        UsageError: an array that is no picture, or something that is neither array, picture nor path.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, (str, PathLike)):
        return load(source)
    if not isinstance(source, Image.Image):
        raise UsageError(f"cannot read a {type(source).__name__}: give a path, an array or a Pillow image")
    try:
        source.load()
        return _from_pillow(_upright(source))
    except UsageError:
        raise
    except Exception as error:  # as in ``loads``; a lazily opened file may have been closed, too
        raise ImageError("picture", str(error) or type(error).__name__, "is it still open?") from error


def fit(pixels: Picture, *, height: int = HEIGHT) -> LineImage:
    """Scale a picture to the network's height, aspect ratio kept.

    The resized width is ``ceil(height * w / h)``, bilinear, as in training.
    """
    h, w = pixels.shape[:2]
    width = min(MAX_WIDTH, math.ceil(height * w / h))
    if (h, w) != (height, width):
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return LineImage(pixels, (h, w))


def normalise(pixels: Picture, out: NDArray[np.float32]) -> None:
    """Write ``(x / 255 - 0.5) / 0.5`` of (H, w, 3) uint8 to the left of ``out`` (3, H, W); 0 to its right."""
    w = pixels.shape[1]
    np.multiply(pixels.transpose(2, 0, 1), np.float32(2 / 255), out=out[:, :, :w])
    out[:, :, :w] -= 1
    out[:, :, w:] = 0


def _upright(image: Image.Image) -> Image.Image:
    """The picture turned as its EXIF data say; as it is if those cannot be read."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # whatever broken EXIF data make Pillow stumble on; the pixels are good
        return image


@lru_cache
def formats() -> tuple[str, ...]:
    """Those of ``FORMATS`` that this Pillow has."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _strips(height: int, width: int) -> Iterator[slice]:
    """Rows, ``STRIP_PIXELS`` at a time."""
    rows = max(1, STRIP_PIXELS // width)
    return (slice(top, top + rows) for top in range(0, height, rows))


def _from_array(array: NDArray[np.generic]) -> Picture:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)) or array.size == 0:
        raise UsageError(f"an array of shape {array.shape} is no picture: (H, W) or (H, W, 1 | 3 | 4) is")
    if array.dtype.kind not in "buif":
        raise UsageError(f"an array of {array.dtype} is no picture: numbers are")
    pixels = _eight_bit(array)
    if pixels.ndim == 2:
        return np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.shape[2] == 4:
        return _on_ground(pixels[:, :, :3], pixels[:, :, 3])
    return np.ascontiguousarray(pixels)


def _from_pillow(image: Image.Image) -> Picture:
    if image.width == 0 or image.height == 0:
        raise UsageError("the picture has no pixels")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _from_array(np.asarray(image))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        rgba = np.asarray(image if image.mode == "RGBA" else image.convert("RGBA"))
        return _on_ground(rgba[:, :, 2::-1], rgba[:, :, 3])
    rgb = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _eight_bit(array: NDArray[np.generic]) -> Picture:
    if array.dtype == np.uint8:
        return array.view(np.uint8)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    strips = list(_strips(array.shape[0], array[0].size))
    top = max(float(_wide(array[rows]).max()) for rows in strips)
    if np.issubdtype(array.dtype, np.floating):
        full = 1.0 if top <= 1 else 255.0
    else:
        full = 65535.0 if array.dtype == np.uint16 or top > 255 else 255.0
    pixels = np.empty(array.shape, np.uint8)
    for rows in strips:
        pixels[rows] = np.clip(_wide(array[rows]) * np.float32(255 / full) + np.float32(0.5), 0, 255)
    return pixels


def _wide(array: NDArray[np.generic]) -> NDArray[np.float32]:
    return np.asarray(np.nan_to_num(array.astype(np.float32)), np.float32)


def _on_ground(bgr: Picture, alpha: Picture) -> Picture:
    """Lay a transparent picture on white, or on black if what is drawn is light."""
    if alpha.min() == 255:
        return np.ascontiguousarray(bgr)
    strips = list(_strips(*alpha.shape))
    covered = sum(int(alpha[rows].sum(dtype=np.int64)) for rows in strips) / 255
    brightness = sum(_brightness(bgr[rows], alpha[rows]) for rows in strips) / 255
    mostly_clear = covered < 0.5 * alpha.size
    ground = 0 if mostly_clear and brightness > 160 * covered else 255
    pixels = np.empty(bgr.shape, np.uint8)
    for rows in strips:
        weight = alpha[rows].astype(np.float32) / 255
        behind = ground * (1 - weight)
        for channel in range(3):  # with one weight to three values NumPy is ten times as slow
            pixels[rows, :, channel] = bgr[rows, :, channel] * weight + behind + np.float32(0.5)
    return pixels


def _brightness(bgr: Picture, alpha: Picture) -> float:
    grey = sum(bgr[:, :, channel].astype(np.uint32) for channel in range(3))
    return float((grey * alpha).sum(dtype=np.int64)) / 3
