"""A set of lines, scored: every label line counts, an unreadable or missing picture as an empty reading."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shouxie.atomic import writing
from shouxie.charset import Charset
from shouxie.reading import Reading
from shouxie.score.breakdown import Confusion, Coverage, Group, by_confidence, by_length, confusions
from shouxie.score.figures import Figures, OutOfCharset, out_of_charset, paddle_rates, rates
from shouxie.score.metrics import Edits, count_edits, rec_metric
from shouxie.text import NORMALISATIONS

if TYPE_CHECKING:
    from shouxie.data.labels import Sample


@dataclass(frozen=True)
class LineScore:
    """One label line with its reading.

    Attributes:
        name: the picture's path as in the label file.
        path: the picture.
        source: the label file.
        line: 1-based line number there.
        truth: the raw truth.
        prediction: what was read; empty for an unreadable picture.
        confidence: 0 to 1.
        edits: under each normalisation of ``shouxie.text``.
        boxes: (characters, 4) left, top, right, bottom of every predicted character in pixels of the
            picture; None if the reading has none.
        error: why the picture could not be read, empty if it was.
    """

    name: str
    path: Path
    source: str
    line: int
    truth: str
    prediction: str
    confidence: float
    edits: Mapping[str, Edits]
    boxes: NDArray[np.float32] | None = dataclasses.field(default=None, compare=False, repr=False)
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON; the edit counts are those of the raw texts."""
        raw = self.edits["raw"]
        return {
            "path": self.name,
            "source": self.source,
            "line": self.line,
            "truth": self.truth,
            "prediction": self.prediction,
            "confidence": round(self.confidence, 6),
            **raw._asdict(),
            **({"error": self.error} if self.error else {}),
        }


@dataclass(frozen=True)
class Evaluation:
    """What a model makes of a test set.

    Attributes:
        lines: every picture of every label line, in the order of the label files.
        charset: what the model can write; None if that is not known.
        seconds: wall time from pictures to text, None if nothing was read.
        model: its name, for the reader of the report.
        faults: label lines without a usable truth; they cannot be scored, so they are named here.
    """

    lines: tuple[LineScore, ...]
    charset: Charset | None = None
    seconds: float | None = None
    model: str = ""
    faults: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        pairs: Iterable[tuple[Sample, Reading]],
        *,
        charset: Charset | None = None,
        seconds: Callable[[], float] | None = None,
        model: str = "",
        faults: Sequence[str] = (),
    ) -> Evaluation:
        """Score samples, one picture each (see ``pictures``), as their readings come.

        Args:
            seconds: asked, once the last reading has come, how long reading took.
        """
        lines = tuple(score_line(sample, reading) for sample, reading in pairs)
        return cls(lines, charset, seconds() if seconds else None, model, tuple(faults))

    @cached_property
    def figures(self) -> dict[str, Figures]:
        """``paddleocr`` (acc, norm_edit_dis) and ``raw``, ``nfkc``, ``letters`` (see ``figures.rates``)."""
        edits = {name: [line.edits[name] for line in self.lines] for name in NORMALISATIONS}
        metric = rec_metric((line.truth, line.prediction) for line in self.lines)
        table = {name: rates(counts) for name, counts in edits.items()}
        return {"paddleocr": paddle_rates(metric, edits["raw"]), **table}

    @cached_property
    def counts(self) -> dict[str, Edits]:
        """Sums over the set under each normalisation."""
        return {name: _total([line.edits[name] for line in self.lines]) for name in NORMALISATIONS}

    @cached_property
    def out_of_charset(self) -> OutOfCharset | None:
        """Reference characters that the model cannot write; None if its charset is not known."""
        if self.charset is None:
            return None
        pairs = [(line.truth, line.prediction) for line in self.lines]
        return out_of_charset(pairs, [line.edits["raw"] for line in self.lines], self.charset)

    @cached_property
    def sources(self) -> list[Group]:
        """The figures of every label file, in order."""
        names = dict.fromkeys(line.source for line in self.lines)
        return [Group.of(name, [line for line in self.lines if line.source == name]) for name in names]

    @cached_property
    def lengths(self) -> list[Group]:
        """The figures by length of the raw truth."""
        return by_length(self.lines)

    @cached_property
    def coverage(self) -> list[Coverage]:
        """The figures of the surest lines alone."""
        return by_confidence(self.lines)

    @cached_property
    def confusions(self) -> list[Confusion]:
        """Which characters are taken for which, most frequent first."""
        return confusions(self.lines)

    @property
    def unreadable(self) -> list[LineScore]:
        """Lines whose picture could not be read; each counts as an empty reading."""
        return [line for line in self.lines if line.error]

    @property
    def lines_per_second(self) -> float | None:
        """Pictures a second from picture to text, loading the model excluded; None if nothing was read."""
        return len(self.lines) / self.seconds if self.seconds else None

    def to_dict(self, *, lines: bool = True) -> dict[str, Any]:
        """As plain values for JSON, rates as 0 to 1 with six decimals.

        Args:
            lines: with every line's texts and counts.
        """
        outside = self.out_of_charset
        speed = self.lines_per_second
        return {
            "model": self.model,
            "lines": len(self.lines),
            "figures": {
                name: {key: value.to_dict() for key, value in figures.items()}
                for name, figures in self.figures.items()
            },
            "counts": {name: counts._asdict() for name, counts in self.counts.items()},
            "out_of_charset": outside.to_dict() if outside else None,
            "seconds": round(self.seconds, 3) if self.seconds else None,
            "lines_per_second": round(speed, 2) if speed else None,
            "sources": [group.to_dict() for group in self.sources],
            "by_length": [group.to_dict() for group in self.lengths],
            "by_confidence": [point.to_dict() for point in self.coverage],
            "confusions": [confusion.to_dict() for confusion in self.confusions],
            "unreadable": [line.to_dict() for line in self.unreadable],
            "faults": list(self.faults),
            **({"scored": [line.to_dict() for line in self.lines]} if lines else {}),
        }

    def write_json(self, path: str | PathLike[str]) -> None:
        """Write ``to_dict`` as indented UTF-8 JSON.

        Raises:
            OutputError: it cannot be written.
        """
        with writing(path, "w") as file:
            json.dump(self.to_dict(), file, ensure_ascii=False, indent=1)
            file.write("\n")


def pictures(samples: Iterable[Sample]) -> Iterator[Sample]:
    """One sample a picture: a label line that names several pictures is read and scored once for each."""
    for sample in samples:
        if len(sample.paths) == 1:
            yield sample
            continue
        names = _names(sample)
        for name, path in zip(names, sample.paths, strict=True):
            yield dataclasses.replace(sample, paths=(path,), name=name)


def score_line(sample: Sample, reading: Reading) -> LineScore:
    """Count one reading's edits under every normalisation, on truth and prediction alike."""
    return LineScore(
        name=sample.name,
        path=sample.paths[0],
        source=str(sample.source),
        line=sample.line,
        truth=sample.text,
        prediction=reading.text,
        confidence=reading.confidence,
        edits={
            name: count_edits(normalise(sample.text), normalise(reading.text))
            for name, normalise in NORMALISATIONS.items()
        },
        boxes=_boxes(reading),
        error=str(reading.error) if reading.error else "",
    )


def _total(edits: Sequence[Edits]) -> Edits:
    return Edits(*(sum(column) for column in zip(Edits(0, 0, 0, 0), *edits, strict=True)))


def _boxes(reading: Reading) -> NDArray[np.float32] | None:
    boxes = [character.box for character in reading.characters for _ in character.text]
    return np.array(boxes, np.float32) if boxes and len(boxes) == len(reading.text) else None


def _names(sample: Sample) -> list[str]:
    """The paths as in the label file, where a JSON list of them stands."""
    try:
        names = json.loads(sample.name)
    except ValueError:
        names = None
    if isinstance(names, list) and len(names) == len(sample.paths):
        return [str(name) for name in names]
    return [path.as_posix() for path in sample.paths]
