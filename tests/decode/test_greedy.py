"""Greedy CTC decoding against its definition."""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from shouxie.decode.extent import extents
from shouxie.decode.greedy import greedy
from shouxie.runtime.base import Frames

steps = st.integers(0, 40)


def frames(ids: list[int], probabilities: list[float] | None = None) -> Frames:
    p = probabilities or [0.5] * len(ids)
    return Frames(np.array(p, np.float32).reshape(-1, 1), np.array(ids, np.int32).reshape(-1, 1))


@given(st.lists(st.integers(0, 3), max_size=60))
def test_greedy_is_the_collapse_of_the_best_path(ids: list[int]) -> None:
    want = [key for key, _ in groupby(ids) if key != 0]
    assert [token.id for token in greedy(frames(ids))] == want


@given(hnp.arrays(np.float32, steps, elements=st.floats(0, 1, width=32)), st.data())
def test_tokens_hold_their_runs(probabilities: np.ndarray, data: st.DataObject) -> None:
    n = len(probabilities)
    ids = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), np.int32)
    tokens = greedy(Frames(probabilities.reshape(-1, 1), ids.reshape(-1, 1)))
    covered = np.zeros(n, bool)
    for token in tokens:
        run = slice(token.first, token.last + 1)
        assert (ids[run] == token.id).all()
        assert not covered[run].any()
        assert token.confidence == probabilities[run].max() == probabilities[token.peak]
        covered[run] = True
    assert (covered == (ids != 0)).all()


def test_a_blank_parts_two_of_the_same() -> None:
    assert [t.id for t in greedy(frames([5, 5, 0, 5, 0, 0, 7]))] == [5, 5, 7]
    assert [t.confidence for t in greedy(frames([5, 5, 7], [0.25, 0.75, 0.5]))] == [0.75, 0.5]


@given(st.lists(st.integers(0, 2), min_size=1, max_size=80), st.floats(0.5, 8), st.floats(5, 300))
def test_extents_are_ordered_and_inside(ids: list[int], step: float, height: float) -> None:
    width = len(ids) * step * 0.9
    tokens = greedy(frames(ids))
    edges = extents(tokens, step=step, width=width, height=height)
    assert len(edges) == len(tokens)
    for left, right in edges:
        assert 0 <= left <= right <= width
        assert right - left <= height + 1e-6
    for (_, right), (left, _) in pairwise(edges):
        assert right <= left + 1e-9


def test_neighbours_part_in_the_middle() -> None:
    tokens = greedy(frames([0, 1, 0, 0, 0, 2, 0, 0]))
    assert extents(tokens, step=8, width=64, height=48) == [(0.0, 28.0), (28.0, 64.0)]
    assert extents(tokens, step=8, width=64, height=16) == [
        pytest.approx((4.0, 20.0)),
        pytest.approx((36.0, 52.0)),
    ]
