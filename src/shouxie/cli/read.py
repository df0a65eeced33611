"""``shouxie read``: line pictures in, text out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Literal

import tyro

from shouxie.runtime import Precision, RuntimeName
from shouxie.weights import DEFAULT

if TYPE_CHECKING:
    from shouxie.reading import Reading

Format = Literal["text", "tsv", "json"]
MAX_READINGS = 200
"""Readings that --show draws, at most; a sheet of thousands cannot be opened."""


def read(
    paths: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="PATH…")],
    *,
    format: Format = "text",  # noqa: A002
    out: Path | None = None,
    show: Path | None = None,
    model: str = DEFAULT,
    runtime: RuntimeName = "auto",
    precision: Precision = "auto",
    alternatives: int = 0,
    batch_size: int = 4,
    threads: int | None = None,
) -> int:
    """Read line pictures: files, folders (with all below them) and patterns, in any common picture format.

    A picture that cannot be read is named, leaves an empty line in the output, and costs only itself.

    Example: shouxie read samples --format tsv --show samples.png

    Args:
        paths: Pictures of one text line each, folders of them, or patterns such as 'scans/*.png'.
        format: text: a line a picture. tsv: path, text, confidence. json: an object a line, with a box,
            confidence and alternatives for every character.
        out: Write to this file instead of the terminal. If that breaks off, FILE.part keeps what was read.
        show: Draw the pictures with what was read in them into this PNG (the first 200).
        model: Name of a model in the box, or a model file.
        runtime: What computes; auto takes OpenVINO.
        precision: auto takes bf16 where the processor has it and reading was measured not to suffer.
        alternatives: Other readings to give for every character (in json).
        batch_size: Lines read at a time, at most. It changes the speed alone.
        threads: Processor threads; all if not given.
    """
    from shouxie.cli.progress import progress
    from shouxie.cli.sources import pictures
    from shouxie.errors import UsageError
    from shouxie.reader import Reader

    if not paths:
        raise UsageError("no picture given; 'shouxie read --help' has an example")
    found, missing = pictures(paths)
    for error in missing:
        print(f"shouxie: {error}", file=sys.stderr)
    if not found:
        return 1
    reader = Reader(
        model,
        runtime=runtime,
        precision=precision,
        alternatives=alternatives,
        batch_size=batch_size,
        threads=threads,
    )
    failed = 0
    shown: list[Reading] = []
    form = FORMATS[format]
    with _output(out) as file, closing(reader.read(found, on_error="keep")) as readings:
        for reading in progress(readings, total=len(found), label="reading"):
            print(form(reading), file=file, flush=len(found) < 20)
            if reading.error is not None:
                failed += 1
                print(f"shouxie: {reading.error}", file=sys.stderr)
            if show is not None and len(shown) < MAX_READINGS:
                shown.append(reading)
    if show is not None:
        _draw(shown, show, left_out=len(found) - len(shown))
    if failed:
        print(f"shouxie: {failed} of {len(found)} pictures could not be read", file=sys.stderr)
    return 1 if failed or missing else 0


def as_text(reading: Reading) -> str:
    """The text alone."""
    return reading.text


def as_tsv(reading: Reading) -> str:
    """Path, text and confidence between tabs."""
    return f"{reading.path}\t{reading.text}\t{reading.confidence:.4f}"


def as_json(reading: Reading) -> str:
    """One JSON object on one line."""
    import json

    return json.dumps(reading.to_dict(), ensure_ascii=False)


FORMATS: dict[Format, Callable[[Reading], str]] = {"text": as_text, "tsv": as_tsv, "json": as_json}


@contextmanager
def _output(path: Path | None) -> Iterator[IO[str]]:
    if path is None:
        yield sys.stdout
        return
    from shouxie.atomic import growing

    with growing(path) as file:
        yield file


def _draw(readings: list[Reading], path: Path, *, left_out: int) -> None:
    from shouxie.atomic import writing
    from shouxie.errors import ImageError
    from shouxie.image import Picture, load
    from shouxie.show import show

    def loaded(reading: Reading) -> Picture | None:
        try:
            return None if reading.error else load(reading.path)
        except ImageError:
            return None

    sheet = show(((loaded(reading), reading) for reading in readings), left_out=left_out)
    with writing(path) as file:
        sheet.save(file, "PNG", optimize=True)
