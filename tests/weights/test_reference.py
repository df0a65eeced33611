"""The NumPy computation against the released network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shouxie.weights.parity import pictures
from shouxie.weights.reference import reference_softmax
from shouxie.weights.sequence import Group


@pytest.mark.parametrize(("width", "steps"), [(160, 20), (333, 42)])
def test_as_the_released_network_in_onnxruntime(
    released: Path, released_groups: list[Group], width: int, steps: int
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(released, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(width).uniform(-1, 1, (1, 3, 48, width)).astype(np.float32)
    found = reference_softmax(released_groups, x)
    assert found.shape == (1, steps, 6625)
    np.testing.assert_allclose(found, session.run(None, {"x": x})[0], rtol=0, atol=1e-5)


def test_a_taller_pool_is_another_network(released_groups: list[Group]) -> None:
    [x] = pictures(48, (160,))
    low, tall = (reference_softmax(released_groups, x, pool_rows=rows) for rows in (2, 3))
    assert low.shape == tall.shape
    assert np.abs(low - tall).max() > 1e-2


def test_layers_of_another_network(released_groups: list[Group]) -> None:
    [x] = pictures(48, (160,))
    with pytest.raises(ValueError, match="expected a batch_norm, found conv"):
        reference_softmax([g for g in released_groups if g.kind != "batch_norm"], x)
    with pytest.raises(ValueError, match="expected a linear, found the end"):
        reference_softmax(released_groups[:-1], x)
