"""Fixtures for every test."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from shouxie.charset import Charset
from shouxie.net.graph import spec
from shouxie.weights.onnx_file import groups, read_onnx
from shouxie.weights.sequence import Floats, Group, assign


@pytest.fixture(scope="session")
def realink() -> Path:
    """Folder with a small set of real handwriting; tests that need it are skipped where it is not."""
    named = os.environ.get("SHOUXIE_REALINK")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "realink"
    if not folder.is_dir():
        pytest.skip("no real handwriting here (SHOUXIE_REALINK names its folder)")
    return folder


@pytest.fixture(scope="session")
def released() -> Path:
    """ONNX export of ch_PP-OCRv3_rec, as a package on PyPI carries it."""
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
