"""The figures of a set of lines, each with its interval, from every line's edit counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shouxie.charset import Charset
from shouxie.score.intervals import Interval, bootstrap
from shouxie.score.metrics import EPSILON, Edits, RecMetric, align

Figures: TypeAlias = Mapping[str, Interval]
"""Name to figure."""


def rates(edits: Sequence[Edits]) -> dict[str, Interval]:
    """``cer``, ``ar``, ``cr``, ``line_accuracy`` and ``similarity`` of a set, as defined in ``metrics``."""
    counts = np.array(edits, np.float64).reshape(-1, 4)
    errors = counts[:, 1:].sum(axis=1)
    distance = np.array([e.distance for e in edits], np.float64)
    ones = np.ones(len(edits))
    above = np.stack([errors, counts[:, 1] + counts[:, 2], errors > 0, distance], axis=1)
    below = np.stack([counts[:, 0], counts[:, 0], ones, ones], axis=1)
    cer, missed, wrong, apart = bootstrap(above, below)
    return {
        "cer": cer,
        "ar": cer.complement(),
        "cr": missed.complement(),
        "line_accuracy": wrong.complement(),
        "similarity": apart.complement(),
    }


def paddle_rates(metric: RecMetric, edits: Sequence[Edits]) -> dict[str, Interval]:
    """PaddleOCR's figures with intervals: its own values, the bootstrap of the lines that they sum up."""
    exact = np.array([e.errors == 0 for e in edits], np.float64)
    distance = np.array([e.distance for e in edits], np.float64)
    below = np.full((len(edits), 2), 1 + EPSILON / max(1, len(edits)))
    acc, apart = bootstrap(np.stack([exact, distance], axis=1), below)
    near = apart.complement()
    return {
        "acc": Interval(metric.acc, acc.low, acc.high),
        "norm_edit_dis": Interval(metric.norm_edit_dis, near.low, near.high),
    }


@dataclass(frozen=True)
class OutOfCharset:
    """Reference characters that the recogniser cannot write. They are errors like any other.

    A prediction written in the charset turns each of them into exactly one error, a substitution or a
    deletion. So ``share`` is also the lowest CER within the charset's reach, and the errors beyond it,
    over the characters that could have been right, are a rate of their own: ``cer_within``
    = (S + D + I - U) / (N - U), with U the characters outside the charset that were not matched.

    Attributes:
        counts: character to how often the raw truth has it, most frequent first.
        share: of all reference characters.
        cer_within: CER without the errors that the charset makes unavoidable.
        lines: lines with at least one such character: these cannot be right.
    """

    counts: Mapping[str, int]
    share: Interval
    cer_within: Interval
    lines: int

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {
            "share": self.share.to_dict(),
            "cer_within": self.cer_within.to_dict(),
            "lines": self.lines,
            "characters": dict(self.counts),
        }


def out_of_charset(
    pairs: Sequence[tuple[str, str]], edits: Sequence[Edits], charset: Charset
) -> OutOfCharset:
    """What the charset lacks of the truth.

    Args:
        pairs: raw truth and prediction of every line.
        edits: of the same lines.
    """
    counts: Counter[str] = Counter()
    parts: list[NDArray[np.float64]] = []
    for (truth, prediction), edit in zip(pairs, edits, strict=True):
        outside = [c for c in truth if c not in charset]
        counts.update(outside)
        lost = _unmatched(truth, prediction, charset) if outside else 0
        parts.append(np.array([len(outside), edit.errors - lost, edit.reference, edit.reference - lost]))
    table = np.array(parts, np.float64).reshape(-1, 4)
    share, within = bootstrap(table[:, :2], table[:, 2:])
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return OutOfCharset(dict(ranked), share, within, int((table[:, 0] > 0).sum()))


def _unmatched(truth: str, prediction: str, charset: Charset) -> int:
    return sum(
        step.truth is not None
        and truth[step.truth] not in charset
        and (step.prediction is None or prediction[step.prediction] != truth[step.truth])
        for step in align(truth, prediction)
    )
