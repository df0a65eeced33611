"""``shouxie data``: look at training data, convert it, show it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from shouxie.cli.options import unescaped
from shouxie.errors import InputError, UsageError

if TYPE_CHECKING:
    from shouxie.charset import Charset
    from shouxie.data.labels import Sample

Progress = Callable[[int, "int | None"], None]


def check(
    labels: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="LABELS…")],
    *,
    model: str | None = None,
    charset: Path | None = None,
    root: Path | None = None,
    delimiter: str = "\t",
    thorough: bool = False,
    examples: int = 5,
    json: Path | None = None,
) -> int:
    """Report on label files and their pictures before any training; status 1 if there are faults.

    Example: shouxie data check train.tsv test.tsv --model ppocrv3 --json report.json

    Args:
        labels: Label files (path<TAB>text); training and test files together show what they share.
        model: Model (name or file) whose characters the texts may use.
        charset: PaddleOCR dictionary file in place of a model, one character a line; space is added.
        root: Folder of relative picture paths; each label file's own folder if not given.
        delimiter: What stands between path and text.
        thorough: Decode every picture, not its header alone: finds those cut off, takes longer.
        examples: Places to name for each kind of finding.
        json: Write the report as JSON, too.
    """
    from rich.console import Console

    from shouxie.data.check import check as check_labels

    _some(labels)
    known = _charset(model, charset)
    with _progress("lines") as step:
        report = check_labels(
            labels,
            charset=known,
            root=root,
            delimiter=unescaped(delimiter),
            thorough=thorough,
            examples=examples,
            on_line=lambda done: step(done, None),
        )
    if json is not None:
        report.write_json(json)
    console = Console()
    # Piped output is for programs and files: nothing is folded or cut there.
    report.print(console if console.is_terminal else Console(width=1000))
    return 0 if report.ok else 1


def convert(
    sources: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="SRC…")],
    *,
    out: Path,
    root: Path | None = None,
    delimiter: str = "\t",
) -> int:
    """Convert CASIA-HWDB files and label files to a folder with images/*.png and labels.tsv.

    Stopped and called again, it goes on where it stood. A bad file is named and costs only itself.

    Example: shouxie data convert HWDB2.0Train --out train

    Args:
        sources: .dgrl and .gnt files, folders of them, label files.
        out: Folder to write.
        root: Folder of label files' relative picture paths; each label file's own folder if not given.
        delimiter: What stands between path and text in label files.
    """
    from shouxie.data.convert import convert as convert_sources

    _some(sources)
    with _progress("files") as step:
        result = convert_sources(
            sources, out, delimiter=unescaped(delimiter), root=root, on_fault=_complain, on_source=step
        )
    kept = f", {result.kept} were there already" if result.kept else ""
    print(f"{result.written} samples written to {out / 'labels.tsv'}{kept}")
    if result.illegible:
        print(f"{result.illegible} of them hold U+FFFD for codes that are no character")
    return 1 if result.faults else 0


def show(
    labels: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="LABELS…")],
    *,
    out: Path,
    count: int = 40,
    seed: int = 0,
    only: Literal["all", "oov", "long", "empty"] = "all",
    model: str | None = None,
    charset: Path | None = None,
    root: Path | None = None,
    delimiter: str = "\t",
) -> int:
    """Draw a contact sheet: pictures with their labels under them.

    Example: shouxie data show train.tsv --out sheet.png --count 60

    Args:
        labels: Label files (path<TAB>text).
        out: Picture to write, PNG.
        count: Samples to draw by chance.
        seed: Another seed, other samples.
        only: Samples with characters outside the charset (oov), too long for CTC (long), no text (empty).
        model: Model (name or file) whose characters the texts may use, for oov.
        charset: PaddleOCR dictionary file in place of a model, for oov.
        root: Folder of relative picture paths; each label file's own folder if not given.
        delimiter: What stands between path and text.
    """
    from shouxie.atomic import writing
    from shouxie.data.labels import read_labels
    from shouxie.data.show import draw, sheet

    _some(labels)
    if count < 1:
        raise UsageError("--count must be at least 1")
    keep = _keep(only, _charset(model, charset))
    faults: list[InputError] = []
    samples = [
        sample
        for path in labels
        for sample in read_labels(path, delimiter=unescaped(delimiter), root=root, on_fault=faults.append)
    ]
    for fault in faults:
        _complain(fault)
    chosen = draw(samples, count=count, seed=seed, keep=keep)
    if not chosen:
        raise UsageError(f"no sample to show ({len(samples)} read, --only {only})")
    with writing(out) as file:
        sheet(chosen).save(file, format="PNG")
    print(f"{len(chosen)} of {len(samples)} samples in {out}")
    return 1 if faults else 0


def _some(paths: tuple[Path, ...]) -> None:
    if not paths:
        raise UsageError("no file given")


def _complain(fault: InputError) -> None:
    print(f"shouxie: {fault}", file=sys.stderr)


def _charset(model: str | None, charset: Path | None) -> Charset | None:
    if model is not None and charset is not None:
        raise UsageError("--model and --charset both name the characters: give one")
    if charset is not None:
        from shouxie.charset import Charset

        return Charset.from_paddle_dict(charset)
    if model is not None:
        from shouxie.weights.model import load_model

        return load_model(model).charset
    return None


def _keep(only: str, charset: Charset | None) -> Callable[[Sample], bool] | None:
    from shouxie.data.measure import fitted_width, picture_size, steps_needed, time_steps
    from shouxie.errors import ImageError

    def too_long(sample: Sample) -> bool:
        try:
            return steps_needed(sample.text) > time_steps(fitted_width(picture_size(sample.paths[0])))
        except ImageError:
            return False

    if only == "oov":
        if charset is None:
            raise UsageError("--only oov needs --model or --charset")
        return lambda sample: bool(charset.missing(sample.text))
    return {"long": too_long, "empty": lambda sample: not sample.text}.get(only)


@contextmanager
def _progress(unit: str) -> Iterator[Progress]:
    """A progress bar on stderr if that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(unit, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


COMMANDS: dict[str, Callable[..., int]] = {"check": check, "convert": convert, "show": show}
"""Verb under ``shouxie data`` to its function."""
