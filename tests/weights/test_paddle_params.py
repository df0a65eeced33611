"""Training archives of PaddleOCR."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from shouxie.errors import ModelError
from shouxie.net.graph import spec
from shouxie.weights.paddle_params import from_pdparams
from shouxie.weights.sequence import Floats

from .paddle_files import attention_head, distilled, nested, pdparams

SPEC = spec("svtr_lcnet")


def same(found: dict[str, Floats], expected: dict[str, Floats]) -> bool:
    return list(found) == list(expected) and all(np.array_equal(found[n], expected[n]) for n in expected)


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("numpy1", [False, True])
def test_a_single_network(
    tmp_path: Path,
    arrays: dict[str, Floats],
    released_weights: dict[str, Floats],
    protocol: int,
    numpy1: bool,
) -> None:
    file = tmp_path / "best.pdparams"
    file.write_bytes(pdparams(arrays, protocol=protocol, numpy1=numpy1))
    assert same(from_pdparams(file, SPEC), released_weights)


def test_several_heads(
    tmp_path: Path, arrays: dict[str, Floats], released_weights: dict[str, Floats]
) -> None:
    file = tmp_path / "best.pdparams"
    file.write_bytes(pdparams({**nested(arrays), **attention_head()}))
    assert same(from_pdparams(file, SPEC), released_weights)


def test_student_and_teacher(
    tmp_path: Path, arrays: dict[str, Floats], released_weights: dict[str, Floats]
) -> None:
    file = tmp_path / "best.pdparams"
    file.write_bytes(pdparams(distilled(arrays), protocol=2))
    assert same(from_pdparams(file, SPEC), released_weights)
    assert same(from_pdparams(file, SPEC, network_prefix="Student"), released_weights)
    doubled = {name: array * np.float32(2) for name, array in released_weights.items()}
    assert same(from_pdparams(file, SPEC, network_prefix="Teacher"), doubled)
    with pytest.raises(ModelError, match=r"'Other'.*Student, Teacher"):
        from_pdparams(file, SPEC, network_prefix="Other")


def test_a_prefix_where_there_is_none(tmp_path: Path, arrays: dict[str, Floats]) -> None:
    file = tmp_path / "best.pdparams"
    file.write_bytes(pdparams(arrays))
    with pytest.raises(ModelError, match="single network"):
        from_pdparams(file, SPEC, network_prefix="Teacher")


def test_half_precision(tmp_path: Path, arrays: dict[str, Floats]) -> None:
    file = tmp_path / "half.pdparams"
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    file.write_bytes(pdparams(halves))
    found = from_pdparams(file, SPEC)
    assert found["head.fc.weight"].dtype == np.float32
    np.testing.assert_array_equal(found["head.fc.weight"], halves["head.fc.weight"].T)


def test_every_tensor_counts(tmp_path: Path, arrays: dict[str, Floats]) -> None:
    file = tmp_path / "best.pdparams"
    lacking = {name: a for name, a in arrays.items() if name != "neck.encoder.norm.bias"}
    file.write_bytes(pdparams(lacking))
    with pytest.raises(ModelError, match=r"missing: neck\.encoder\.norm\.bias"):
        from_pdparams(file, SPEC)
    file.write_bytes(pdparams({**arrays, "neck.extra.weight": arrays["head.fc.bias"]}))
    with pytest.raises(ModelError, match=r"not expected: neck\.extra\.weight"):
        from_pdparams(file, SPEC)
    file.write_bytes(pdparams({**arrays, "head.fc.weight": arrays["head.fc.weight"].T}))
    with pytest.raises(ModelError, match=r"head\.fc\.weight has shape"):
        from_pdparams(file, SPEC)
    file.write_bytes(pdparams({**arrays, "head.fc.bias": np.arange(6625)}))
    with pytest.raises(ModelError, match=r"head\.fc\.bias holds int64"):
        from_pdparams(file, SPEC)


def test_another_network(tmp_path: Path) -> None:
    file = tmp_path / "other.pdparams"
    file.write_bytes(pdparams({"conv.weight": np.ones((2, 2), np.float32)}))
    with pytest.raises(ModelError, match=r"missing: .* and \d+ more"):
        from_pdparams(file, SPEC)
