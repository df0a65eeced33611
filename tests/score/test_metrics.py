from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from shouxie.score import Edits, align, count_edits, rec_metric

texts = st.text("你好龘们己已一Ab1 ，,①", max_size=12)
pairs = st.lists(st.tuples(texts, texts), max_size=20)


@pytest.mark.parametrize(
    ("truth", "prediction", "edits"),
    [
        ("", "", Edits(0, 0, 0, 0)),
        ("", "好", Edits(0, 0, 0, 1)),
        ("好", "", Edits(1, 0, 1, 0)),
        ("已经", "己经", Edits(2, 1, 0, 0)),
        ("你龘好龘们", "你好们", Edits(5, 0, 2, 0)),
        ("手写体", "手手写休了", Edits(3, 1, 0, 2)),
        ("𠮷野家", "吉野家", Edits(3, 1, 0, 0)),
    ],
)
def test_edits_by_hand(truth: str, prediction: str, edits: Edits) -> None:
    assert count_edits(truth, prediction) == edits


def test_rec_metric_by_hand() -> None:
    found = rec_metric([("你好", "你好"), ("手写", "手与"), ("一二三四", "一二"), ("", "")])
    assert found.acc == 2 / 4.00001
    assert found.norm_edit_dis == 1 - (0.5 + 0.5) / 4.00001


def test_rec_metric_options() -> None:
    pair = [("A Bc，好", "ab c")]
    assert rec_metric(pair).acc == 0
    assert rec_metric([("a b", "ab")]).acc == 0
    assert rec_metric([("a b", "ab")], ignore_space=True).acc == 1 / 1.00001
    assert rec_metric(pair, is_filter=True).acc == 1 / 1.00001
    assert rec_metric([("a\u3000b", "ab")], ignore_space=True).acc == 0


def test_rec_metric_of_nothing_is_paddles() -> None:
    assert rec_metric([]) == (0.0, 1.0)


class PaddleRecMetric:
    """PaddleOCR's metric written out once more, as it accumulates batch by batch."""

    def __init__(self, *, is_filter: bool, ignore_space: bool) -> None:
        self.is_filter, self.ignore_space = is_filter, ignore_space
        self.correct = self.all = 0
        self.distance = 0.0

    def add(self, preds: list[str], labels: list[str]) -> None:
        for pred, target in zip(preds, labels, strict=True):
            if self.ignore_space:
                pred = pred.replace(" ", "")
                target = target.replace(" ", "")
            if self.is_filter:
                pred = self.normalise(pred)
                target = self.normalise(target)
            self.distance += Levenshtein.normalized_distance(pred, target)
            if pred == target:
                self.correct += 1
            self.all += 1

    def normalise(self, text: str) -> str:
        return "".join(filter(lambda x: x in (string.digits + string.ascii_letters), text)).lower()

    def figures(self) -> tuple[float, float]:
        return 1.0 * self.correct / (self.all + 1e-5), 1 - self.distance / (self.all + 1e-5)


@given(pairs, st.booleans(), st.booleans())
def test_rec_metric_equals_paddles(lines: list[tuple[str, str]], space: bool, words: bool) -> None:
    paddle = PaddleRecMetric(is_filter=words, ignore_space=space)
    paddle.add([p for _, p in lines], [t for t, _ in lines])
    assert rec_metric(lines, ignore_space=space, is_filter=words) == paddle.figures()


@given(texts, texts)
def test_edits_are_a_shortest_script(truth: str, prediction: str) -> None:
    edits = count_edits(truth, prediction)
    assert edits.errors == Levenshtein.distance(truth, prediction)
    assert len(truth) - edits.deletions + edits.insertions == len(prediction)
    assert edits.longest == max(len(truth), len(prediction))
    assert edits.distance == Levenshtein.normalized_distance(truth, prediction)
    assert (edits.errors == 0) == (truth == prediction)


@given(texts, texts)
def test_alignment_shows_what_is_counted(truth: str, prediction: str) -> None:
    steps = list(align(truth, prediction))
    edits = count_edits(truth, prediction)
    assert [s.truth for s in steps if s.truth is not None] == list(range(len(truth)))
    assert [s.prediction for s in steps if s.prediction is not None] == list(range(len(prediction)))
    assert sum(s.prediction is None for s in steps) == edits.deletions
    assert sum(s.truth is None for s in steps) == edits.insertions
    both = [(s.truth, s.prediction) for s in steps if None not in s]
    swapped = sum(truth[i] != prediction[j] for i, j in both if i is not None and j is not None)
    assert swapped == edits.substitutions
