"""How far a figure could be off by chance: percentile bootstrap over lines.

The lines of the set are drawn anew, with replacement, as many as there are; the figure is computed on each
such set; the interval spans the middle 95 % of the results (Efron and Tibshirani, "An Introduction to the
Bootstrap", chapter 13). Lines of one writer are alike, so for a writer who is not in the set the true
spread is wider than the interval. Where all lines are alike, all right or all wrong, the interval has no
width, however few they are: 3 / lines is then a fair upper end for the rate that was never seen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
LEVEL = 0.95
_CELLS = 4_000_000
"""Draws held in memory at a time: 32 MB."""


class Interval(NamedTuple):
    """A figure and the ends of its interval."""

    value: float
    low: float
    high: float

    def complement(self) -> Interval:
        """1 minus the figure: CER's interval as AR's."""
        return Interval(1 - self.value, 1 - self.high, 1 - self.low)

    def to_dict(self) -> dict[str, float]:
        """As plain values for JSON, to six decimals."""
        return {name: round(value, 6) for name, value in self._asdict().items()}


def bootstrap(
    numerators: NDArray[np.float64],
    denominators: NDArray[np.float64],
    *,
    resamples: int = RESAMPLES,
    level: float = LEVEL,
    seed: int = 0,
) -> list[Interval]:
    """Intervals of the rates sum(numerators) / max(1, sum(denominators)), all on the same resamples.

    Args:
        numerators: (lines, rates) what each line adds above.
        denominators: (lines, rates) what each line adds below, not negative.
        resamples: sets drawn.
        level: share of the resampled figures inside the interval.
        seed: of the draws; the same set gives the same intervals, in whatever order its lines come.

    Returns:
        one interval a rate; without lines value, low and high are all 0.
    """
    lines, rates = numerators.shape
    values = _ratio(numerators.sum(axis=0), denominators.sum(axis=0))
    if not lines:
        return [Interval(0.0, 0.0, 0.0)] * rates
    generator = np.random.default_rng(seed)
    parts = np.concatenate([numerators, denominators], axis=1)
    parts = parts[np.lexsort(parts.T)]
    drawn = []
    step = max(1, _CELLS // lines)
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        picks = generator.integers(0, lines, (count, lines)) + lines * np.arange(count)[:, None]
        times = np.bincount(picks.ravel(), minlength=count * lines).reshape(count, lines)
        sums = times.astype(np.float64) @ parts
        drawn.append(_ratio(sums[:, :rates], sums[:, rates:]))
    ends = np.quantile(np.concatenate(drawn), [(1 - level) / 2, (1 + level) / 2], axis=0)
    return [Interval(float(v), float(low), float(high)) for v, low, high in zip(values, *ends, strict=True)]


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return above / np.maximum(1, below)
