"""Label files as in PaddleOCR: one sample a line, ``path<TAB>text``, UTF-8."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from shouxie.atomic import writing
from shouxie.errors import DataError, UsageError

MAX_LINE = 1 << 20
"""Bytes of the longest line read; what is longer is no label file."""

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")

OnFault = Callable[[DataError], None]
"""Is handed every fault of a batch that goes on."""


@dataclass(frozen=True)
class Sample:
    """One line of a label file.

    Attributes:
        paths: the picture, or several pictures of the same text.
        text: what is written, inner and trailing spaces kept.
        source: the label file.
        line: 1-based line number in it.
        name: the path field as it stands in the file.
    """

    paths: tuple[Path, ...]
    text: str
    source: Path
    line: int
    name: str

    @property
    def place(self) -> str:
        """``file:line``, for messages."""
        return f"{self.source}:{self.line}"


def read_labels(
    path: str | PathLike[str],
    *,
    delimiter: str = "\t",
    root: str | PathLike[str] | None = None,
    on_fault: OnFault | None = None,
) -> Iterator[Sample]:
    """Read a label file line by line; the pictures themselves are not looked at.

    A byte order mark and one line end (CRLF or LF) are dropped, nothing else. Blank lines at the end
    are passed over, elsewhere they are faults. The first delimiter divides path from text.

    Args:
        path: the label file.
        delimiter: what stands between path and text.
        root: folder that relative picture paths start from; the label file's own folder if not given.
        on_fault: is handed each fault, and reading goes on; without it the first fault is raised.

    Raises:
        DataError: names file, line and fault.
        UsageError: a delimiter that cannot divide a line.
    """
    _check_delimiter(delimiter)
    source = Path(path)
    folder = source.parent if root is None else Path(root)
    blank = 0
    for number, line in _lines(source, on_fault):
        try:
            text = _decode(line, source, number)
            if not text.strip():
                blank = blank or number
                continue
            if blank:
                _report(DataError(source, "empty line", "remove it", line=blank), on_fault)
                blank = 0
            yield _sample(text, delimiter, source, number, folder)
        except DataError as fault:
            _report(fault, on_fault)


def write_labels(
    path: str | PathLike[str], rows: Iterable[tuple[str | Sequence[str], str]], *, delimiter: str = "\t"
) -> None:
    """Write a label file, whole or not at all.

    Args:
        path: the file; what stood there is kept if anything goes wrong.
        rows: picture name as it is to stand in the file (or several names of pictures of one text), and text.
        delimiter: what stands between path and text.

    Raises:
        DataError: a row that would not read back as it is (line break, tab, NUL, the delimiter in a name).
        OutputError: the file cannot be written.
    """
    with writing(path, "w") as file:
        for number, (name, text) in enumerate(rows, 1):
            file.write(format_row(path, name, text, number, delimiter=delimiter))


def format_row(
    path: str | PathLike[str], name: str | Sequence[str], text: str, number: int, *, delimiter: str = "\t"
) -> str:
    """One line of a label file with its line end; ``path`` and ``number`` stand in errors alone.

    Raises:
        DataError: the row would not read back as it is.
    """
    _check_delimiter(delimiter)
    field = (
        name if isinstance(name, str) else json.dumps(list(name), ensure_ascii=False, separators=(",", ":"))
    )
    try:
        if field.startswith("\ufeff"):
            raise ValueError("the picture name starts with a byte order mark")
        row = f"{field}{delimiter}{text}\n"
        if row.partition(delimiter)[0] != field or "\r" in field or "\n" in field:
            raise ValueError(f"the picture name {field!r} holds the delimiter or a line break")
        if any(c in text for c in "\t\r\n\0"):
            raise ValueError(f"the text {text!r} holds a tab, line break or NUL, which a label file cannot")
        if len(row.encode()) > MAX_LINE:
            raise ValueError(f"longer than {MAX_LINE} bytes")
        _names(field)
    except ValueError as error:
        raise DataError(path, _reason(error), line=number) from error
    return row


def _lines(source: Path, on_fault: OnFault | None) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without byte order mark and line end."""
    try:
        with source.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 2):
                number += 1
                if number == 1 and line.startswith(_UTF16):
                    raise DataError(source, "UTF-16 text", "save the file as UTF-8", line=1)
                if number == 1 and b"\0" in line:
                    raise DataError(source, "not a text file", "is this a label file?", line=1)
                line = line.removeprefix(_BOM) if number == 1 else line
                end = 2 if line.endswith(b"\r\n") else 1 if line.endswith(b"\n") else 0
                if len(line) - end > MAX_LINE:
                    raise DataError(source, f"a line of over {MAX_LINE} bytes: no label file", line=number)
                yield number, line[: len(line) - end]
    except DataError as fault:
        _report(fault, on_fault)
    except OSError as error:
        _report(DataError(source, error.strerror or str(error)), on_fault)


def _decode(line: bytes, source: Path, number: int) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        fault = f"not UTF-8 (byte 0x{line[error.start]:02x} at {error.start})"
        raise DataError(source, fault, "save the file as UTF-8", line=number) from error


def _sample(line: str, delimiter: str, source: Path, number: int, folder: Path) -> Sample:
    field, found, text = line.partition(delimiter)
    if not found:
        raise DataError(source, f"no {delimiter!r} between path and text", line=number)
    if "\t" in text:
        raise DataError(source, "more than one tab", "one path and one text a line", line=number)
    if "\0" in text:
        raise DataError(source, "the text holds a NUL", line=number)
    try:
        names = _names(field)
    except ValueError as error:
        raise DataError(source, _reason(error), line=number) from error
    return Sample(tuple(folder / name for name in names), text, source, number, field)


def _names(field: str) -> tuple[str, ...]:
    """The picture names of a path field: itself, or the strings of a JSON list.

    Raises:
        ValueError: a list that is none, or a name that no file can have.
    """
    names: list[object] = [field]
    if field.startswith("[") and (field.startswith('["') or field.endswith("]")):
        try:
            names = json.loads(field)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"the list of pictures is not JSON: {field[:80]!r}") from error
    if not names:
        raise ValueError("the list of pictures is empty")
    for name in names:
        if not isinstance(name, str):
            raise ValueError(f"the list of pictures holds {name!r}, which is no path")
        if not name.strip():
            raise ValueError("the path is empty")
        if "\0" in name:
            raise ValueError("the path holds a NUL")
        name.encode()
    return tuple(str(name) for name in names)


def _reason(error: ValueError) -> str:
    return "a lone surrogate is no character" if isinstance(error, UnicodeError) else str(error)


def _check_delimiter(delimiter: str) -> None:
    if not delimiter or "\r" in delimiter or "\n" in delimiter:
        raise UsageError(f"{delimiter!r} cannot divide path from text: use a tab or another plain character")


def _report(fault: DataError, on_fault: OnFault | None) -> None:
    if on_fault is None:
        raise fault
    on_fault(fault)
