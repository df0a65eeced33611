"""Pictures as large as is allowed, in files of a few kilobytes, and the memory that reading one takes."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 9_400  # just below the size from which Pillow warns
LARGEST = (
    ("L", "PNG"),
    ("RGB", "PNG"),
    ("RGBA", "PNG"),
    ("P", "PNG"),
    ("I;16", "PNG"),
    ("RGB", "JPEG"),
    ("RGBA", "WEBP"),
    ("P", "GIF"),
    ("F", "TIFF"),
)


def write(path: Path, mode: str, file_format: str) -> None:
    """An empty picture of ``SIDE`` x ``SIDE`` pixels."""
    if mode == "I;16":
        picture = Image.fromarray(np.zeros((SIDE, SIDE), np.uint16))
    else:
        picture = Image.new(mode, (SIDE, SIDE))
    options = {"transparency": 0} if mode == "P" else {}
    picture.save(path, file_format, **options)


def peak(path: Path) -> int:
    """Bytes that reading the picture adds to a process of its own."""
    command = [sys.executable, "-m", __name__, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return int(done.stdout)


def main() -> None:
    """Print what reading the picture takes."""
    from shouxie import image

    unit = 1 if sys.platform == "darwin" else 1024
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    image.fit(image.load(sys.argv[1]))
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit)


if __name__ == "__main__":
    main()
