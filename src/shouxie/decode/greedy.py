"""Greedy (best path) CTC decoding: Graves et al. 2006, section 3.2."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shouxie.charset import BLANK
from shouxie.runtime.base import Frames


class Token(NamedTuple):
    """A decoded class and the time steps that it holds: ``first`` to ``last``, both inside.

    ``peak`` is the step where its probability is highest.
    """

    id: int
    confidence: float
    first: int
    last: int
    peak: int


def greedy(frames: Frames) -> list[Token]:
    """Best class per step, repeats merged, blanks dropped.

    Args:
        frames: (T, k); only the best class is looked at.

    Returns:
        Tokens in order. A token's confidence is the highest probability within its run. (PaddleOCR takes
        the run's first step instead, which is often its weakest.)
    """
    ids, probabilities = frames.ids[:, 0], frames.probabilities[:, 0]
    if len(ids) == 0:
        return []
    starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
    ends = np.append(starts[1:], len(ids))
    tokens = []
    for first, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if ids[first] != BLANK:
            peak = first + int(probabilities[first:end].argmax())
            tokens.append(Token(int(ids[first]), float(probabilities[peak]), first, end - 1, peak))
    return tokens
