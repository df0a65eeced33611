"""The released PP-OCRv3 recogniser, as a package on PyPI carries it, in the forms that importers read."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from shouxie.charset import Charset
from shouxie.net.graph import spec
from shouxie.weights.onnx_file import groups, read_onnx
from shouxie.weights.sequence import Floats, Group, assign

from .paddle_files import NAMES


@pytest.fixture(scope="session")
def released() -> Path:
    """ONNX export of ch_PP-OCRv3_rec."""
    package = importlib.util.find_spec("rapidocr_onnxruntime")
    if package is None or package.origin is None:
        pytest.skip("needs the package rapidocr-onnxruntime for the released weights")
    return Path(package.origin).parent / "models" / "ch_PP-OCRv3_rec_infer.onnx"


@pytest.fixture(scope="session")
def released_groups(released: Path) -> list[Group]:
    """Its layers in the order of use."""
    return groups(read_onnx(released))


@pytest.fixture(scope="session")
def released_weights(released_groups: list[Group]) -> dict[str, Floats]:
    """Its weights under our names."""
    return assign(released_groups, spec("svtr_lcnet"))


@pytest.fixture(scope="session")
def released_charset(released: Path) -> Charset:
    """Its characters."""
    return Charset.from_lines(read_onnx(released).metadata["character"].split("\n"))


@pytest.fixture(scope="session")
def arrays(released_groups: list[Group]) -> dict[str, Floats]:
    """Its tensors under the names of a training archive, in Paddle's shapes."""
    tensors = [t for g in released_groups for t in (g.weight, g.bias, g.mean, g.variance) if t is not None]
    return dict(zip(NAMES, tensors, strict=True))
