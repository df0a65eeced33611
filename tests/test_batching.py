"""Batches: bounded padding, nobody's result hangs on a neighbour, long lines in windows."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shouxie.batching import BATCH_PIXELS, OVERLAP, WINDOW, batches, canvas_width, join, windows
from shouxie.image import LineImage
from shouxie.runtime.base import Frames


def blank(width: int) -> LineImage:
    return LineImage(np.zeros((48, width, 3), np.uint8), (48, width))


@given(st.integers(1, 40_000))
def test_canvas_pads_little_and_fits_the_steps(width: int) -> None:
    canvas = canvas_width(width)
    assert canvas % 8 == 0
    assert width <= canvas
    assert canvas == 320 or canvas - width < 64


@given(st.lists(st.integers(1, 9000), max_size=40), st.integers(1, 9), st.integers(1, 5))
def test_every_line_is_in_the_batches_once(widths: list[int], size: int, parallel: int) -> None:
    lines = [(i, blank(w)) for i, w in enumerate(widths)]
    seen: dict[int, list[int]] = {}
    for batch in batches(lines, minimum=320, size=size, parallel=parallel):
        assert len(batch.rows) <= size
        assert len(batch.rows) * batch.canvas <= max(BATCH_PIXELS, batch.canvas)
        assert {canvas_width(row.pixels.shape[1]) for row in batch.rows} == {batch.canvas}
        assert batch.array().shape == (len(batch.rows), 3, 48, batch.canvas)
        for row in batch.rows:
            seen.setdefault(row.line, []).append(row.window)
    for i, line in lines:
        assert sorted(seen[i]) == list(range(len(list(windows(line)))))


def test_batches_are_shared_out_evenly() -> None:
    lines = [(i, blank(320)) for i in range(24)]
    sizes = [len(b.rows) for b in batches(lines, minimum=320, size=8, parallel=2)]
    assert sizes == [6, 6, 6, 6]
    canvases = [b.canvas for b in batches([*lines, (24, blank(900))], minimum=320, size=8)]
    assert canvases == sorted(canvases, reverse=True)


@given(st.integers(1, 40_000))
def test_windows_cover_the_line_and_overlap(width: int) -> None:
    line = blank(width)
    line.pixels[:, :, 0] = (np.arange(width) % 251).astype(np.uint8)
    start = 0
    for window in windows(line):
        assert window.shape[1] <= WINDOW
        assert np.array_equal(window, line.pixels[:, start : start + window.shape[1]])
        end = start + window.shape[1]
        start += WINDOW - OVERLAP
    assert end == width
    assert (width <= WINDOW) == (len(list(windows(line))) == 1)


@given(st.integers(WINDOW // 8 + 1, 4000), st.integers(0, 2**32 - 1))
def test_joining_the_windows_of_one_sequence_gives_it_back(steps: int, seed: int) -> None:
    """When windows agree with each other, joined frames are those of the whole line."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 3, (steps, 2)).astype(np.int32)
    whole = Frames(rng.random((steps, 2), np.float32), ids)
    size, stride = WINDOW // 8, (WINDOW - OVERLAP) // 8
    parts = []
    start = 0
    while steps - start > size:
        parts.append(Frames(whole.probabilities[start : start + size], whole.ids[start : start + size]))
        start += stride
    parts.append(Frames(whole.probabilities[start:], whole.ids[start:]))
    joined = join(parts, step=8)
    assert np.array_equal(joined.ids, whole.ids)
    assert np.array_equal(joined.probabilities, whole.probabilities)


def test_windows_are_joined_where_both_see_a_blank() -> None:
    size, stride, shared = WINDOW // 8, (WINDOW - OVERLAP) // 8, OVERLAP // 8
    left, right = np.full((size, 1), 7, np.int32), np.full((size, 1), 9, np.int32)
    at = shared // 2 + 5
    left[stride + at], right[at] = 0, 0
    p = np.ones((size, 1), np.float32)
    ids = join([Frames(p, left), Frames(p, right)], step=8).ids[:, 0]
    assert (ids[: stride + at] == 7).all()
    assert ids[stride + at] == 0
    assert (ids[stride + at + 1 :] == 9).all()


def test_rows_are_padded_with_mid_grey() -> None:
    [batch] = batches([(0, LineImage(np.full((48, 100, 3), 255, np.uint8), (48, 100)))], minimum=320, size=8)
    x = batch.array()
    assert np.allclose(x[..., :100], 1)
    assert (x[..., 100:] == 0).all()
