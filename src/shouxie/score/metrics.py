"""What the figures mean. A character is a Unicode code point; a set's rate is a ratio of sums over its lines.

Ours, against the raw truth (or truth and prediction alike under a named normalisation), nothing dropped,
with N reference characters and S substitutions, D deletions and I insertions of a shortest edit script:

- CER = (S + D + I) / N, the character error rate. Over the whole set, not a mean of lines; it can exceed 1.
- AR = (N - S - D - I) / N = 1 - CER, the accurate rate of the CASIA-HWDB literature; it can be negative.
- CR = (N - S - D) / N, the correct rate of the same literature: insertions cost nothing.
- line accuracy = lines that are right to the last character / lines.
- similarity = mean over lines of 1 - (S + D + I) / max(length of truth, length of prediction).

N counts as 1 in a set without any reference character, so that CER is 0 exactly if all lines are right.
AR and CR: Yin, Wang, Zhang and Liu, "ICDAR 2013 Chinese Handwriting Recognition Competition".
PaddleOCR's acc and norm_edit_dis are in ``rec_metric``.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

EPSILON = 1e-5
"""PaddleOCR's guard against division by zero; it is in every figure that PaddleOCR has published."""

_WORD = frozenset(string.digits + string.ascii_letters)


class Edits(NamedTuple):
    """What separates a prediction from its truth, in characters.

    Where several edit scripts are equally short the split into substitutions, deletions and insertions is
    rapidfuzz's choice: CER and AR do not depend on it, CR does a little.
    """

    reference: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def errors(self) -> int:
        """S + D + I: the Levenshtein distance."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def longest(self) -> int:
        """Length of the truth or of the prediction, whichever is more."""
        return max(self.reference, self.reference - self.deletions + self.insertions)

    @property
    def distance(self) -> float:
        """Levenshtein distance over the longer length, 0 to 1; 0 for two empty texts."""
        return self.errors / self.longest if self.longest else 0.0


class Step(NamedTuple):
    """One column of an alignment: a position in the truth, in the prediction, or in both."""

    truth: int | None
    prediction: int | None


class RecMetric(NamedTuple):
    """PaddleOCR's two figures for a recogniser, each 0 to 1."""

    acc: float
    norm_edit_dis: float


def count_edits(truth: str, prediction: str) -> Edits:
    """The edits of a shortest script from ``truth`` to ``prediction``."""
    if truth == prediction:
        return Edits(len(truth), 0, 0, 0)
    tags = [tag for tag, _, _ in Levenshtein.editops(truth, prediction).as_list()]
    return Edits(len(truth), tags.count("replace"), tags.count("delete"), tags.count("insert"))


def align(truth: str, prediction: str) -> Iterator[Step]:
    """Truth and prediction side by side, along the edit script that ``count_edits`` counts.

    Yields:
        steps from left to right; every position of both texts comes once.
    """
    for block in Levenshtein.opcodes(truth, prediction):
        ours, theirs = range(block.src_start, block.src_end), range(block.dest_start, block.dest_end)
        if block.tag == "delete":
            yield from (Step(i, None) for i in ours)
        elif block.tag == "insert":
            yield from (Step(None, j) for j in theirs)
        else:
            yield from (Step(i, j) for i, j in zip(ours, theirs, strict=True))


def rec_metric(
    pairs: Iterable[tuple[str, str]], *, ignore_space: bool = False, is_filter: bool = False
) -> RecMetric:
    """PaddleOCR's RecMetric to the last bit, on whatever truth it is given: here the raw one.

    acc = exact matches / (N + 1e-5); norm_edit_dis = 1 - sum(Lev(p, t) / max(len p, len t)) / (N + 1e-5);
    N lines, the distance of two empty texts is 0. Source: PaddleOCR, ppocr/metrics/rec_metric.py.

    Args:
        pairs: truth and prediction of every line.
        ignore_space: drop U+0020 from both; False in PP-OCRv3's configurations.
        is_filter: keep ASCII letters and digits alone, in lower case.
    """
    lines = exact = 0
    distance = 0.0
    for truth, prediction in pairs:
        if ignore_space:
            truth, prediction = truth.replace(" ", ""), prediction.replace(" ", "")
        if is_filter:
            truth, prediction = _only_words(truth), _only_words(prediction)
        distance += Levenshtein.normalized_distance(prediction, truth)
        exact += truth == prediction
        lines += 1
    return RecMetric(exact / (lines + EPSILON), 1 - distance / (lines + EPSILON))


def _only_words(text: str) -> str:
    return "".join(c for c in text if c in _WORD).lower()
