"""The one-liner: ``shouxie.read("line.png").text``."""

from __future__ import annotations

from functools import lru_cache
from os import PathLike, fspath

from shouxie.image import Source
from shouxie.reader import Reader
from shouxie.reading import Reading
from shouxie.weights import DEFAULT


def read(source: Source, *, model: str | PathLike[str] = DEFAULT) -> Reading:
    """Read one line picture with the model in the box, or another.

    The model stays loaded for the next call. For many pictures use ``Reader``, which reads them side by side.

    Raises:
        ImageError, UsageError: the picture cannot be read.
        ModelError: the model cannot be loaded.
    """
    [reading] = _reader(fspath(model)).read(source)
    return reading


@lru_cache(maxsize=2)
def _reader(model: str) -> Reader:
    return Reader(model)
