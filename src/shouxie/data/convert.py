"""HWDB files and label files to one plain form: a folder with ``images/*.png`` and ``labels.tsv``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import IO

import cv2
import numpy as np
from numpy.typing import NDArray

from shouxie.atomic import writing
from shouxie.data.hwdb import ILLEGIBLE, Ink, read_dgrl, read_gnt
from shouxie.data.labels import format_row, read_labels
from shouxie.errors import DataError, InputError, OutputError, UsageError
from shouxie.image import load

OnFault = Callable[[InputError], None]
OnSource = Callable[[int, int], None]
"""Is told before every source how many are done, of how many."""

HWDB: dict[str, tuple[Callable[[str | PathLike[str]], Iterator[Ink]], int]] = {
    ".dgrl": (read_dgrl, 2),
    ".gnt": (read_gnt, 5),
}
"""File ending to its reader and the least digits of the number in a picture's name."""


@dataclass
class Converted:
    """What a conversion did.

    Attributes:
        written: samples written by this run.
        kept: samples that an earlier run had written.
        illegible: samples with a code that is no character, in ``written`` and ``kept``.
        faults: files and lines that could not be converted.
    """

    written: int = 0
    kept: int = 0
    illegible: int = 0
    faults: int = 0


@dataclass(frozen=True)
class _Source:
    """A file to convert; ``stem`` begins the names of its pictures."""

    path: Path
    stem: str


@dataclass(frozen=True)
class _Item:
    """A sample to write; pictures that are paths are loaded when they are written."""

    names: tuple[str, ...]
    text: str
    pictures: Sequence[Path | NDArray[np.uint8]]


def convert(
    sources: Iterable[str | PathLike[str]],
    out: str | PathLike[str],
    *,
    delimiter: str = "\t",
    root: Path | None = None,
    on_fault: OnFault | None = None,
    on_source: OnSource | None = None,
) -> Converted:
    """Convert ``.dgrl`` and ``.gnt`` files, folders of them, and label files.

    A picture is named after its file (in a folder: after its path there) and its number in it. Stopped and
    called again, the work goes on where it stood; what an earlier run wrote is kept.

    Args:
        sources: files and folders; what ends neither in ``.dgrl`` nor in ``.gnt`` is taken for a label file.
        out: the folder to write.
        delimiter: what stands between path and text in label files.
        root: folder of relative picture paths; each label file's own folder if not given.
        on_fault: is handed each fault, and the work goes on; without it the first fault is raised.
        on_source: is told before every source how many are done, of how many.

    Raises:
        UsageError: two sources would give pictures of the same name.
        DataError, ImageError: a source that cannot be read, without ``on_fault``.
        OutputError: the folder cannot be written.
    """
    result = Converted()

    def report(fault: InputError) -> None:
        result.faults += 1
        if on_fault is None:
            raise fault
        on_fault(fault)

    found = list(_find(sources, report))
    _check_names(found)
    with _Folder.opened(Path(out)) as folder:
        for done, source in enumerate(found):
            if on_source is not None:
                on_source(done, len(found))
            try:
                for item in _items(source, delimiter, root, report):
                    try:
                        written = folder.add(item, source.path)
                    except OutputError:
                        raise
                    except InputError as fault:
                        report(fault)
                        continue
                    result.written += written
                    result.kept += not written
                    result.illegible += ILLEGIBLE in item.text
            except DataError as fault:
                report(fault)
        if on_source is not None:
            on_source(len(found), len(found))
    return result


def _find(sources: Iterable[str | PathLike[str]], report: OnFault) -> Iterator[_Source]:
    for path in map(Path, sources):
        if not path.exists():
            report(DataError(path, "no such file or folder"))
        elif path.is_dir():
            inside = sorted(
                p.relative_to(path) for p in path.rglob("*") if p.suffix.lower() in HWDB and p.is_file()
            )
            if not inside:
                report(DataError(path, "no .dgrl and no .gnt file in this folder"))
            yield from (_Source(path / p, "-".join(p.with_suffix("").parts)) for p in inside)
        else:
            yield _Source(path, path.stem)


def _check_names(found: Sequence[_Source]) -> None:
    first: dict[str, Path] = {}
    for source in found:
        other = first.setdefault(source.stem, source.path)
        if other is not source.path:
            raise UsageError(
                f"{other} and {source.path} would give pictures of the same name: convert each on its own"
            )


def _items(source: _Source, delimiter: str, root: Path | None, report: OnFault) -> Iterator[_Item]:
    suffix = source.path.suffix.lower()
    if suffix in HWDB:
        read, digits = HWDB[suffix]
        for ink in read(source.path):
            yield _Item((f"{source.stem}_{ink.number:0{digits}}",), ink.text, (ink.pixels,))
        return
    for sample in read_labels(source.path, delimiter=delimiter, root=root, on_fault=report):
        name = f"{source.stem}_{sample.line:05}"
        several = len(sample.paths) > 1
        names = tuple(f"{name}_{i}" if several else name for i in range(len(sample.paths)))
        yield _Item(names, sample.text, sample.paths)


@dataclass
class _Folder:
    """The folder being written. Labels go to ``labels.tsv.part`` line by line, each after its pictures;
    it becomes ``labels.tsv`` at the end, whatever ends the work."""

    path: Path
    labels: IO[bytes]
    there: dict[str, str] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[_Folder]:
        """Open a folder, going on from what an earlier run left."""
        final, part = path / "labels.tsv", path / "labels.tsv.part"
        try:
            (path / "images").mkdir(parents=True, exist_ok=True)
            if part.exists():
                _drop_half_line(part)
            elif final.exists():
                with writing(part) as file:
                    file.write(final.read_bytes())
            there = {s.name: s.text for s in read_labels(part)} if part.exists() else {}
            try:
                with part.open("ab") as labels:
                    yield cls(path, labels, there)
                    labels.flush()
                    os.fsync(labels.fileno())
            finally:  # only now: some systems do not rename an open file
                part.replace(final)
        except OSError as error:
            raise OutputError(path, error.strerror or str(error)) from error

    def add(self, item: _Item, source: Path) -> bool:
        """Write a sample's pictures, then its label; False if it is there already.

        Raises:
            InputError: a picture or text that cannot be written, or another text under this name.
        """
        files = [f"images/{name}.png" for name in item.names]
        row = format_row(source, files[0] if len(files) == 1 else files, item.text, len(self.there) + 1)
        name = row.partition("\t")[0]
        known = self.there.get(name)
        if known is not None and known != item.text:
            raise DataError(
                source, f"{self.path / name} is there with another text", "convert into a new folder"
            )
        if known is not None and all((self.path / file).is_file() for file in files):
            return False
        for file, picture in zip(files, item.pictures, strict=True):
            pixels = load(picture) if isinstance(picture, Path) else picture
            (self.path / file).write_bytes(_png(pixels, source, file))
        if known is None:
            self.labels.write(row.encode())
            self.labels.flush()
            self.there[name] = item.text
        return True


def _png(pixels: NDArray[np.uint8], source: Path, name: str) -> bytes:
    """PNG of (H, W) grey or (H, W, 3) BGR; grey if all channels are alike."""
    if not pixels.size:
        raise DataError(source, f"{name}: a picture of {pixels.shape[1]} x {pixels.shape[0]} px")
    if pixels.ndim == 3 and (pixels == pixels[:, :, :1]).all():
        pixels = np.ascontiguousarray(pixels[:, :, 0])
    written, data = cv2.imencode(".png", pixels)
    if not written:
        raise DataError(source, f"{name}: {pixels.shape[1]} x {pixels.shape[0]} px cannot be a PNG")
    return bytes(data)


def _drop_half_line(part: Path) -> None:
    """Cut what a killed run had begun to write of a line."""
    data = part.read_bytes()
    with part.open("r+b") as file:
        file.truncate(data.rfind(b"\n") + 1)
