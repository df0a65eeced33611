"""``shouxie evaluate``: reads a test set and says how well, with what to look at next."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from shouxie.cli.options import unescaped
from shouxie.runtime import Precision, RuntimeName
from shouxie.weights import DEFAULT

if TYPE_CHECKING:
    from rich.table import Table

    from shouxie.data.labels import Sample
    from shouxie.reading import Reading
    from shouxie.score import Evaluation, Interval


def evaluate(
    labels: Annotated[tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="LABELS…")],
    *,
    model: str = DEFAULT,
    runtime: RuntimeName = "auto",
    precision: Precision = "auto",
    predictions: Path | None = None,
    from_predictions: Path | None = None,
    report: Path | None = None,
    json: Path | None = None,
    delimiter: str = "\t",
    root: Path | None = None,
    batch_size: int | None = None,
) -> int:
    """Measure how well a model reads labelled line pictures.

    Every label line counts, against the text as it stands in the file: an unreadable picture as an empty
    reading, a character outside the model's charset as an error. Exit 1 if pictures were unreadable or
    label lines faulty (each is named), else 0.

    Example: shouxie evaluate test/labels.tsv --report report

    Args:
        labels: Label files: a line a picture, path<TAB>text, UTF-8.
        model: Name of a model in the box, or a model file.
        runtime: What computes; auto takes OpenVINO.
        precision: auto takes bf16 where the processor has it and reading was measured not to suffer.
        predictions: Write what was read as path<TAB>text<TAB>confidence, the path as in the label file.
        from_predictions: Score this file of predictions, anyone's, instead of reading pictures.
        report: Write a page (index.html) with confusions and worst lines, in pictures, into this folder.
        json: Write every figure and every line's score to this file.
        delimiter: What stands between path and text in the label files.
        root: Folder that relative picture paths start from; each label file's own folder if not given.
        batch_size: Lines read at a time; the runtime's choice if not given. It changes the speed alone.
    """
    from shouxie.data.labels import read_labels
    from shouxie.errors import DataError, UsageError
    from shouxie.score import pictures, write_predictions, write_report

    if not labels:
        raise UsageError("no label file given")
    if predictions and from_predictions:
        raise UsageError("--predictions writes what is read, --from-predictions reads nothing: choose one")
    faults: list[DataError] = []
    samples = [
        sample
        for path in labels
        for sample in pictures(
            read_labels(path, delimiter=unescaped(delimiter), root=root, on_fault=faults.append)
        )
    ]
    for fault in faults:
        print(fault, file=sys.stderr)
    if not samples:
        print("no label line to score", file=sys.stderr)
        return 1
    named = [str(fault) for fault in faults]
    if from_predictions:
        evaluation = _from_file(samples, from_predictions, named)
    else:
        evaluation = _from_model(samples, model, runtime, precision, batch_size, named)
    for line in evaluation.unreadable:
        print(f"{line.source}:{line.line}: {line.error}", file=sys.stderr)
    _show(evaluation)
    if predictions:
        write_predictions(predictions, evaluation.lines)
    if json:
        evaluation.write_json(json)
    if report:
        print(f"report: {write_report(evaluation, report)}")
    return 1 if evaluation.unreadable or faults else 0


def _from_file(samples: list[Sample], path: Path, faults: list[str]) -> Evaluation:
    from shouxie.score import Evaluation, join, read_predictions

    pairs = join(samples, read_predictions(path), path)
    return Evaluation.of(pairs, model=path.name, faults=faults)


def _from_model(
    samples: list[Sample],
    model: str,
    runtime: RuntimeName,
    precision: Precision,
    batch_size: int | None,
    faults: list[str],
) -> Evaluation:
    import time

    from shouxie.cli.progress import progress
    from shouxie.reader import Reader
    from shouxie.score import Evaluation

    options = {} if batch_size is None else {"batch_size": batch_size}
    reader = Reader(model=model, runtime=runtime, precision=precision, **options)
    start = time.perf_counter()
    readings: Iterator[Reading] = reader.read((sample.paths[0] for sample in samples), on_error="keep")
    return Evaluation.of(
        zip(samples, progress(readings, total=len(samples), label="reading"), strict=True),
        charset=reader.charset,
        seconds=lambda: time.perf_counter() - start,
        model=model,
        faults=faults,
    )


def _show(evaluation: Evaluation) -> None:
    from rich.console import Console

    Console().print(_table(evaluation))
    paddle, speed = evaluation.figures["paddleocr"], evaluation.lines_per_second
    print(
        f"acc: {paddle['acc'].value:.4f}, norm_edit_dis: {paddle['norm_edit_dis'].value:.4f}, "
        f"fps: {f'{speed:.2f}' if speed else '-'}"
    )


def _table(evaluation: Evaluation) -> Table:
    from rich.table import Table

    counts = evaluation.counts["raw"]
    title = f"{evaluation.model}: {len(evaluation.lines):,} lines, {counts.reference:,} characters"
    table = Table(title=title, title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    for name, interval in _rows(evaluation):
        low, high = f"{100 * interval.low:.2f}", f"{100 * interval.high:.2f}"
        table.add_row(name, f"{100 * interval.value:.2f} %", f"{low} – {high}")
    if evaluation.lines_per_second:
        table.add_row(
            "lines/s, picture to text, model loading excluded", f"{evaluation.lines_per_second:.1f}", ""
        )
    if evaluation.unreadable:
        table.add_row("pictures unreadable, counted as empty", f"{len(evaluation.unreadable)}", "")
    return table


def _rows(evaluation: Evaluation) -> Iterator[tuple[str, Interval]]:
    figures = evaluation.figures
    yield "CER", figures["raw"]["cer"]
    yield "CER nfkc", figures["nfkc"]["cer"]
    yield "CER letters", figures["letters"]["cer"]
    yield "AR", figures["raw"]["ar"]
    yield "CR", figures["raw"]["cr"]
    yield "line accuracy", figures["raw"]["line_accuracy"]
    yield "line accuracy letters", figures["letters"]["line_accuracy"]
    yield "acc (PaddleOCR)", figures["paddleocr"]["acc"]
    yield "norm_edit_dis (PaddleOCR)", figures["paddleocr"]["norm_edit_dis"]
    outside = evaluation.out_of_charset
    if outside:
        yield "characters outside the charset", outside.share
        yield "CER without the errors these force", outside.cer_within
