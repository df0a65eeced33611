from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from shouxie.score import Interval, bootstrap


def columns(values: list[tuple[int, int]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    table = np.array(values, np.float64).reshape(-1, 2)
    return table[:, :1], table[:, 1:]


lines = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 30)), min_size=1, max_size=60)


@given(lines)
def test_interval_holds_the_figure_whatever_the_order(values: list[tuple[int, int]]) -> None:
    (found,) = bootstrap(*columns(values), resamples=1000)
    assert found.value == pytest.approx(sum(a for a, _ in values) / sum(b for _, b in values))
    assert found.low - 1e-12 <= found.value <= found.high + 1e-12
    assert bootstrap(*columns(values[::-1]), resamples=1000) == [found]


def test_equal_seeds_agree_and_others_do_not() -> None:
    table = columns([(i % 7, 5 + i % 11) for i in range(200)])
    assert bootstrap(*table, seed=3) == bootstrap(*table, seed=3)
    assert bootstrap(*table, seed=3) != bootstrap(*table, seed=4)


def test_width_is_that_of_a_proportion() -> None:
    """For a mean of 0 and 1 the interval must agree with the normal approximation."""
    n, hits = 1000, 300
    (found,) = bootstrap(*columns([(1, 1)] * hits + [(0, 1)] * (n - hits)), resamples=4000)
    half = 1.96 * np.sqrt(0.3 * 0.7 / n)
    assert found.low == pytest.approx(0.3 - half, abs=0.003)
    assert found.high == pytest.approx(0.3 + half, abs=0.003)


def test_a_set_too_large_for_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    table = columns([(i % 7, 5 + i % 11) for i in range(50)])
    whole = bootstrap(*table)
    monkeypatch.setattr("shouxie.score.intervals._CELLS", 120)
    assert bootstrap(*table) == whole


def test_edges() -> None:
    assert bootstrap(*columns([])) == [Interval(0, 0, 0)]
    assert bootstrap(*columns([(3, 10)])) == [Interval(0.3, 0.3, 0.3)]
    assert bootstrap(*columns([(2, 0)]))[0].value == 2
    assert Interval(0.25, 0.125, 0.5).complement() == Interval(0.75, 0.5, 0.875)
