"""Where the errors are: by length, by confidence, by character."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from shouxie.score.figures import Figures, rates
from shouxie.score.metrics import align

if TYPE_CHECKING:
    from shouxie.score.evaluation import LineScore

LENGTHS = (0, 1, 6, 11, 16, 21, 26, 31, 41, 61)
"""First length of each group, in characters of the raw truth."""

COVERAGES = tuple(n / 10 for n in range(1, 11))


@dataclass(frozen=True)
class Group:
    """Some of the lines, with their figures on the raw texts."""

    name: str
    lines: int
    characters: int
    figures: Figures

    @classmethod
    def of(cls, name: str, lines: Sequence[LineScore]) -> Group:
        """The figures of ``lines``."""
        edits = [line.edits["raw"] for line in lines]
        return cls(name, len(lines), sum(e.reference for e in edits), rates(edits))

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "name": self.name,
            "lines": self.lines,
            "characters": self.characters,
            **{key: value.to_dict() for key, value in self.figures.items()},
        }


@dataclass(frozen=True)
class Coverage:
    """The lines whose confidence is at least ``threshold``.

    Attributes:
        threshold: least confidence among them.
        lines: how many they are; lines of equal confidence are in or out together.
        share: of all lines.
        cer: their CER on the raw texts.
        line_accuracy: their line accuracy on the raw texts.
    """

    threshold: float
    lines: int
    share: float
    cer: float
    line_accuracy: float

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {name: round(value, 6) for name, value in vars(self).items()}


class Place(NamedTuple):
    """Where a confusion happened.

    Attributes:
        line: index into the evaluation's lines.
        start: position in the prediction; for a missing character, the position that it would have.
    """

    line: int
    start: int


@dataclass(frozen=True)
class Confusion:
    """A character taken for another.

    Attributes:
        truth: the character written; empty for one that was read and is not there.
        prediction: the character read; empty for one that was missed.
        places: every time it happened, in order.
    """

    truth: str
    prediction: str
    places: tuple[Place, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {"truth": self.truth, "prediction": self.prediction, "count": len(self.places)}


def by_length(lines: Sequence[LineScore]) -> list[Group]:
    """Groups of lines by length of the raw truth, shortest first; groups without lines are left out."""
    members: dict[int, list[LineScore]] = defaultdict(list)
    for line in lines:
        members[max(first for first in LENGTHS if first <= len(line.truth))].append(line)
    groups = []
    for first, after in zip(LENGTHS, [*LENGTHS[1:], None], strict=True):
        if first in members:
            name = (
                f"{first}+" if after is None else f"{first}–{after - 1}" if after - 1 > first else f"{first}"
            )
            groups.append(Group.of(name, members[first]))
    return groups


def by_confidence(lines: Sequence[LineScore]) -> list[Coverage]:
    """What remains of the errors if only the surest 10 %, 20 % … 100 % of the lines are kept."""
    ranked = sorted(lines, key=lambda line: -line.confidence)
    points: list[Coverage] = []
    for share in COVERAGES:
        if not ranked:
            break
        threshold = ranked[max(0, round(share * len(ranked)) - 1)].confidence
        kept = [line.edits["raw"] for line in ranked if line.confidence >= threshold]
        if points and len(kept) == points[-1].lines:
            continue
        errors, characters = sum(e.errors for e in kept), sum(e.reference for e in kept)
        exact = sum(e.errors == 0 for e in kept)
        points.append(
            Coverage(
                threshold, len(kept), len(kept) / len(ranked), errors / max(1, characters), exact / len(kept)
            )
        )
    return points


def confusions(lines: Sequence[LineScore]) -> list[Confusion]:
    """Every pair of characters that the raw alignments set against each other, most frequent first."""
    places: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for index, line in enumerate(lines):
        if not line.edits["raw"].errors:
            continue
        position = 0
        for i, j in align(line.truth, line.prediction):
            pair = ("" if i is None else line.truth[i], "" if j is None else line.prediction[j])
            if pair[0] != pair[1]:
                places[pair].append(Place(index, position if j is None else j))
            position = position if j is None else j + 1
    ranked = sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Confusion(truth, read, tuple(found)) for (truth, read), found in ranked]
