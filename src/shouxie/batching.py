"""Line pictures into batches of one width each.

A line's canvas depends on its own width alone, and pictures of one canvas share a batch. So padding is
bounded, and no line's result depends on its neighbours. Lines longer than ``WINDOW`` are read in overlapping
windows, which bounds the memory that attention takes; their frames are joined again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shouxie.image import LineImage, Picture, normalise
from shouxie.runtime.base import Frames

WINDOW = 4096
"""Longest canvas in pixels; longer lines are cut into windows."""
OVERLAP = 512
"""What two neighbouring windows share, in pixels."""
BATCH_PIXELS = 1 << 15
"""Widths of one batch's rows added up, at most (a single row may be wider)."""


@dataclass(frozen=True)
class Row:
    """One row of a batch: a line picture or one window of it.

    Attributes:
        line: the line's number.
        window: the window's number within its line.
        pixels: (H, w, 3) BGR uint8.
    """

    line: int
    window: int
    pixels: Picture


@dataclass(frozen=True)
class Batch:
    """Rows that share a canvas.

    Attributes:
        rows: which lines, or parts of lines.
        canvas: width in pixels to which every row is padded on the right.
    """

    rows: tuple[Row, ...]
    canvas: int

    def array(self) -> NDArray[np.float32]:
        """(N, 3, H, canvas), normalised and padded."""
        out = np.empty((len(self.rows), 3, self.rows[0].pixels.shape[0], self.canvas), np.float32)
        for row, into in zip(self.rows, out, strict=True):
            normalise(row.pixels, into)
        return out


def canvas_width(width: int, *, minimum: int = 320) -> int:
    """Canvas of a line ``width`` pixels wide: the next multiple of 32, above 2,048 of 64.

    A runtime prepares itself for every new width, and only lines of one canvas share a batch; so canvases
    come in steps. The steps are small because padding behind a line costs time, and now and then changes
    what is read: the network sees it.
    """
    unit = 32 if width <= 2048 else 64
    return max(minimum, -(-width // unit) * unit)


def batches(
    lines: Iterable[tuple[int, LineImage]], *, minimum: int, size: int, parallel: int = 1
) -> Iterator[Batch]:
    """Group numbered lines into batches of one canvas each.

    Wide ones come first, and lines of one canvas are shared out evenly: then batches that run side by side
    finish at about the same time.

    Args:
        lines: (number, picture).
        minimum: least canvas width in pixels.
        size: rows per batch, at most.
        parallel: how many batches run side by side.
    """
    groups: dict[int, list[Row]] = {}
    for number, line in lines:
        for window, pixels in enumerate(windows(line)):
            groups.setdefault(canvas_width(pixels.shape[1], minimum=minimum), []).append(
                Row(number, window, pixels)
            )
    for canvas, rows in sorted(groups.items(), reverse=True):
        most = max(1, min(size, BATCH_PIXELS // canvas))
        rounds = -(-len(rows) // (most * parallel))
        count = -(-len(rows) // (rounds * parallel))
        for start in range(0, len(rows), count):
            yield Batch(tuple(rows[start : start + count]), canvas)


def windows(line: LineImage) -> Iterator[Picture]:
    """The line's pixels, or overlapping windows of them if it is longer than ``WINDOW``."""
    start = 0
    while line.width - start > WINDOW:
        yield line.pixels[:, start : start + WINDOW]
        start += WINDOW - OVERLAP
    yield line.pixels[:, start:]


def join(parts: Sequence[Frames], *, step: int) -> Frames:
    """The frames of one line from those of its windows.

    Two windows are joined in their overlap where both see a CTC blank, as near to its middle as can be.

    Args:
        parts: frames (T, k) of the windows, in order.
        step: pixels per frame.
    """
    if len(parts) == 1:
        return parts[0]
    stride, shared = (WINDOW - OVERLAP) // step, OVERLAP // step
    pieces: list[Frames] = []
    begin = 0
    for left, right in itertools.pairwise(parts):
        middle = shared // 2
        reach = min(shared, len(right.ids))
        both = (left.ids[stride : stride + reach, 0] == 0) & (right.ids[:reach, 0] == 0)
        blanks = np.flatnonzero(both)
        cut = int(blanks[np.abs(blanks - middle).argmin()]) if len(blanks) else min(middle, reach)
        pieces.append(Frames(left.probabilities[begin : stride + cut], left.ids[begin : stride + cut]))
        begin = cut
    last = parts[-1]
    pieces.append(Frames(last.probabilities[begin:], last.ids[begin:]))
    return Frames(np.concatenate([p.probabilities for p in pieces]), np.concatenate([p.ids for p in pieces]))
