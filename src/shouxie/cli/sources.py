"""Which pictures the paths of a command line mean."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from shouxie.errors import ImageError
from shouxie.image import SUFFIXES


def pictures(paths: Sequence[str]) -> tuple[list[str], list[ImageError]]:
    """Files as named, the pictures below folders (sorted), and what patterns match (sorted).

    Returns:
        The pictures, and an error for each path that gives none.
    """
    found: list[str] = []
    errors: list[ImageError] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - pathlib's raises where a name is too long
            inside = _below(path, errors)
            if not inside:
                endings = ", ".join(sorted(SUFFIXES))
                errors.append(ImageError(path, "no pictures in this folder", f"it looks for {endings}"))
        elif os.path.lexists(path):
            inside = [path]
        else:
            # pathlib's own globbing takes no absolute patterns
            inside = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []  # noqa: PTH207
            if not inside:
                fault = "matches no file" if glob.has_magic(path) else "no such file or folder"
                errors.append(ImageError(path, fault))
        found += inside
    return found, errors


def _below(folder: str, errors: list[ImageError]) -> list[str]:
    def refused(error: OSError) -> None:
        errors.append(ImageError(error.filename, error.strerror or str(error)))

    found = []
    for place, folders, names in os.walk(folder, onerror=refused):
        folders.sort()
        found += [
            str(Path(place, name))
            for name in sorted(names)
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
        ]
    return found
