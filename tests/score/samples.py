"""Samples and readings out of texts, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from shouxie.charset import Charset
from shouxie.data.labels import Sample
from shouxie.errors import ImageError
from shouxie.reading import Box, Character, Reading
from shouxie.score import Evaluation


def sample(text: str, number: int = 1, *, source: str = "labels.tsv", folder: Path | None = None) -> Sample:
    """The label line ``images/NUMBER.png<TAB>text``."""
    name = f"images/{number}.png"
    return Sample(((folder or Path("nowhere")) / name,), text, Path(source), number, name)


def reading(text: str, confidence: float = 0.5, *, width: float = 20, height: float = 30) -> Reading:
    """A reading whose characters stand side by side, each ``width`` px wide."""
    characters = tuple(
        Character(c, confidence, Box(i * width, 0, (i + 1) * width, height)) for i, c in enumerate(text)
    )
    return Reading(text, confidence, characters)


def unreadable(path: str = "images/1.png") -> Reading:
    """What a reader that keeps going gives for a picture it cannot open."""
    return Reading("", 0.0, path=path, error=ImageError(path, "the file is empty"))


def evaluation(pairs: Iterable[Sequence[str]], charset: Charset | None = None) -> Evaluation:
    """Score (truth, prediction) pairs."""
    scored = [(sample(truth, i), reading(read)) for i, (truth, read) in enumerate(pairs, 1)]
    return Evaluation.of(scored, charset=charset)
