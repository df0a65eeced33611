"""Predictions as a TSV file: ``path<TAB>text<TAB>confidence``, the path as in the label file, UTF-8."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from shouxie.atomic import writing
from shouxie.errors import DataError, OutputError
from shouxie.reading import Reading

if TYPE_CHECKING:
    from shouxie.data.labels import Sample
    from shouxie.score.evaluation import LineScore


def write_predictions(path: str | PathLike[str], lines: Iterable[LineScore]) -> None:
    """Write one line a picture, in order; an unreadable picture has an empty text.

    Raises:
        OutputError: the file cannot be written, or a path or text holds a tab or a line break.
    """
    with writing(path, "w") as file:
        for line in lines:
            if any(c in line.name + line.prediction for c in "\t\r\n"):
                raise OutputError(
                    path, f"{line.name!r}: a TSV cannot hold a tab or a line break", "use --json"
                )
            file.write(f"{line.name}\t{line.prediction}\t{line.confidence:.6f}\n")


def read_predictions(path: str | PathLike[str]) -> dict[str, list[Reading]]:
    """Read a predictions file, anyone's: the third column may be missing, what follows it is ignored.

    Returns:
        path, as written, to its readings in the order of the file.

    Raises:
        DataError: not there, not UTF-8, or a line without a tab.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(path, "not UTF-8", "save it as UTF-8") from error
    except OSError as error:
        raise DataError(path, error.strerror or str(error)) from error
    readings: dict[str, list[Reading]] = defaultdict(list)
    for number, row in enumerate(text.split("\n"), 1):
        fields = row.removesuffix("\r").split("\t")
        if fields == [""]:
            continue
        if len(fields) < 2:
            raise DataError(path, "no tab", "path<TAB>text<TAB>confidence", line=number)
        readings[fields[0]].append(Reading(fields[1], _confidence(fields), path=fields[0]))
    return dict(readings)


def join(
    samples: Sequence[Sample], readings: dict[str, list[Reading]], path: str | PathLike[str]
) -> Iterator[tuple[Sample, Reading]]:
    """Give every sample its prediction by the path as written in the label file.

    Where several label lines share a path, as two folders' ``images/1.png`` may, their predictions are
    taken in order if there are as many; one prediction serves them all if they mean the same picture.
    A sample without a prediction gets an empty reading with an error.

    Args:
        path: the predictions file, named in errors.

    Raises:
        DataError: it cannot be told which prediction belongs to which label line.
    """
    wanted = Counter(sample.name for sample in samples)
    pictures: dict[str, set[Path]] = defaultdict(set)
    for sample in samples:
        pictures[sample.name].add(sample.paths[0])
    taken: Counter[str] = Counter()
    for sample in samples:
        name, found = sample.name, readings.get(sample.name, [])
        if not found:
            yield sample, Reading("", 0.0, path=name, error=DataError(path, f"no prediction for {name}"))
        elif len(found) == wanted[name]:
            yield sample, found[taken[name]]
            taken[name] += 1
        elif len(found) == 1 and len(pictures[name]) == 1:
            yield sample, found[0]
        else:
            fault = f"{name} has {len(found)} predictions for {wanted[name]} label lines"
            raise DataError(path, fault, "evaluate one label file at a time")


def _confidence(fields: list[str]) -> float:
    try:
        value = float(fields[2])
    except (IndexError, ValueError):
        return 0.0
    return value if 0 <= value <= 1 else 0.0
