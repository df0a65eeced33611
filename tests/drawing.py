"""Pictures for tests: printed text in the package's font, which every model reads."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from shouxie.image import Picture
from shouxie.show import font


def line(text: str, *, size: int = 40, margin: int = 8, ink: int = 30, ground: int = 240) -> Picture:
    """``text`` in one line, (size + 2 * margin, W, 3)."""
    face = font(size)
    width = int(face.getlength(text)) + 2 * margin
    image = Image.new("RGB", (width, size + 2 * margin), (ground,) * 3)
    ImageDraw.Draw(image).text((margin, margin - size // 6), text, (ink,) * 3, face)
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
