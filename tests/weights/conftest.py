"""The released recogniser's tensors in the forms that importers read."""

from __future__ import annotations

import pytest

from shouxie.weights.sequence import Floats, Group

from .paddle_files import NAMES


@pytest.fixture(scope="session")
def arrays(released_groups: list[Group]) -> dict[str, Floats]:
    """Its tensors under the names of a training archive, in Paddle's shapes."""
    tensors = [t for g in released_groups for t in (g.weight, g.bias, g.mean, g.variance) if t is not None]
    return dict(zip(NAMES, tensors, strict=True))
