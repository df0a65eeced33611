"""Every error a user can cause, as a small tree: catch ``ShouxieError`` to catch them all."""

from __future__ import annotations

from os import PathLike


class ShouxieError(Exception):
    """Something a user can mend. The message names the place, the fault and the mend."""


class UsageError(ShouxieError):
    """A call that cannot be carried out as asked (wrong option, missing extra)."""


class InputError(ShouxieError):
    """An input file that cannot be used.

    Args:
        path: the file.
        fault: what is wrong with it.
        mend: what the user can do about it.
        line: 1-based line number, for text files.
    """

    def __init__(
        self, path: str | PathLike[str], fault: str, mend: str = "", *, line: int | None = None
    ) -> None:
        self.path, self.fault, self.mend, self.line = str(path), fault, mend, line
        place = f"{self.path}:{line}" if line is not None else self.path
        super().__init__(f"{place}: {fault}" + (f" - {mend}" if mend else ""))


class ImageError(InputError):
    """A picture that cannot be read."""


class DataError(InputError):
    """A label file, ``.dgrl`` or ``.gnt`` file that breaks its format."""


class ModelError(InputError):
    """A file that is not a model, or not one that fits."""


class OutputError(InputError):
    """A file that cannot be written; what stood there before is kept."""
