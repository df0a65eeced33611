"""Where each character stands: horizontal extents from CTC time steps."""

from __future__ import annotations

from collections.abc import Sequence

from shouxie.decode.greedy import Token


def extents(
    tokens: Sequence[Token], *, step: float, width: float, height: float
) -> list[tuple[float, float]]:
    """Left and right edge of every token, in the unit of ``step``.

    A character is centred on the middle of its run. Neighbours part at the middle between their centres;
    where the gap is wide, or there is no neighbour, a character reaches half the line's height to that side,
    since Chinese characters are about as wide as high. CTC fixes centres to about one step; edges are
    estimates.

    Args:
        tokens: in reading order.
        step: width of one time step.
        width: the line's width; extents lie within 0 … width.
        height: the line's height.
    """
    centres = [min((t.first + t.last + 1) / 2 * step, width) for t in tokens]
    reach = 0.5 * height
    found = []
    for i, centre in enumerate(centres):
        before = (centres[i - 1] + centre) / 2 if i else 0.0
        after = (centre + centres[i + 1]) / 2 if i + 1 < len(centres) else width
        found.append((max(0.0, before, centre - reach), min(width, after, centre + reach)))
    return found
