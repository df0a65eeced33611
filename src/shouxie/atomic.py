"""Writing a file so that it is there whole or what stood there before is kept."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from shouxie.errors import OutputError

TEXT: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}
"""How text files are written; file names may hold bytes that are no UTF-8, which must not stop a run."""


@contextmanager
def writing(path: str | os.PathLike[str], mode: str = "wb") -> Iterator[IO[Any]]:
    """Open a file beside ``path`` for writing; it takes the place of ``path`` when the block ends well.

    Args:
        path: the file to write; missing folders are made.
        mode: ``"wb"`` or ``"w"`` (UTF-8, newlines as written).

    Raises:
        OutputError: no space, no permission, a folder in the way. The old file is untouched.
    """
    target = Path(os.path.realpath(path))
    temporary: Path | None = None
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            with target.open(mode, **({} if "b" in mode else TEXT)) as file:  # a device or a pipe
                yield file
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        with temporary.open(mode, **({} if "b" in mode else TEXT)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        temporary = None
    except OSError as error:
        raise OutputError(path, error.strerror or str(error), "the old file is kept") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


@contextmanager
def growing(path: str | os.PathLike[str]) -> Iterator[IO[str]]:
    """Open ``path`` + ``.part`` for UTF-8 text that grows over a long run; it becomes ``path`` at the end.

    If the run breaks off, ``path`` is as it was and the ``.part`` file keeps what was written so far.

    Raises:
        OutputError: no space, no permission, a folder in the way.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file() and not target.is_dir():
        with writing(target, "w") as file:
            yield file
        return
    part = Path(f"{target}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(21, "is a folder")
        with part.open("w", **TEXT) as file:
            yield file
        part.replace(target)
    except OSError as error:
        mend = f"{part} has what was written so far" if part.is_file() else ""
        raise OutputError(path, error.strerror or str(error), mend) from error
