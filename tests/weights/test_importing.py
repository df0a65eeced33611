"""Importing, with the proof of parity."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shouxie.charset import Charset
from shouxie.errors import ModelError, UsageError
from shouxie.net.graph import filled, spec
from shouxie.weights import importing, parity
from shouxie.weights.importing import detect, import_weights
from shouxie.weights.model import dumps, loads
from shouxie.weights.onnx_file import groups, read_onnx
from shouxie.weights.parity import difference, own_softmax, pictures, prove
from shouxie.weights.reference import reference_softmax
from shouxie.weights.sequence import Floats, Group, assign

from .paddle_files import export, pdparams

NET = "svtr_lcnet"
INPUTS = pictures(48, (160,))


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """One narrow picture for the proof, to be quick."""
    monkeypatch.setattr(importing, "WIDTHS", (160,))


def test_the_released_onnx(released: Path, released_weights: dict[str, Floats]) -> None:
    result = import_weights(released, name="ppocrv3")
    card = result.model.card
    assert result.bound < 2e-5
    assert result.against.startswith("the source run by ")
    assert result.widths == (160, 320, 641)
    assert result.halving is not None
    assert 0 < result.halving.bound < 1e-2
    assert result.halving.same > 0.98
    assert (card.name, card.network, card.precision, card.licence) == ("ppocrv3", NET, "fp16", "NOASSERTION")
    assert (len(card.charset), card.charset[0], card.charset[-1]) == (6624, "'", " ")
    digest = hashlib.sha256(released.read_bytes()).hexdigest()
    assert card.provenance == (f"imported from {released.name}, SHA-256 {digest}",)
    again = loads(dumps(result.model))
    for name, array in released_weights.items():
        stored = array.astype(np.float16) if array.ndim > 1 else array
        np.testing.assert_array_equal(again.weights[name], stored)


@pytest.mark.usefixtures("narrow")
def test_a_program_is_run_as_it_is(
    tmp_path: Path,
    arrays: dict[str, Floats],
    released_weights: dict[str, Floats],
    released_charset: Charset,
) -> None:
    folder = export(tmp_path / "model", arrays, 0)
    result = import_weights(folder, name="x", charset=released_charset, precision="fp32", licence="MIT")
    assert result.against.startswith("the source run by OpenVINO")
    assert result.bound < 2e-5
    assert result.halving is None
    assert result.model.card.licence == "MIT"
    assert [line.split(",")[0] for line in result.model.card.provenance] == [
        "imported from inference.pdmodel",
        "imported from inference.pdiparams",
    ]
    for name, array in released_weights.items():
        np.testing.assert_array_equal(result.model.weights[name], array)


@pytest.mark.parametrize("kind", ["params", "paddle32"])
@pytest.mark.usefixtures("narrow")
def test_sources_that_no_runtime_runs(
    tmp_path: Path, arrays: dict[str, Floats], released_charset: Charset, kind: str
) -> None:
    if kind == "params":
        source = tmp_path / "best.pdparams"
        source.write_bytes(pdparams(arrays))
    else:
        source = export(tmp_path / "model", arrays, 1) / "inference.json"
    result = import_weights(source, name="x", charset=released_charset, precision="fp32")
    assert result.against == "a NumPy computation on the source's own tensors"
    assert result.bound < 2e-5


@pytest.mark.usefixtures("narrow")
def test_folded_batch_norms(tmp_path: Path, released: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(tmp_path / "folded.onnx")
    onnxruntime.InferenceSession(released, options, providers=["CPUExecutionProvider"])
    file = read_onnx(tmp_path / "folded.onnx")
    assert not any(group.kind == "batch_norm" for group in groups(file))
    assert import_weights(tmp_path / "folded.onnx", name="x", precision="fp32").bound < 2e-5


def test_a_square_matrix_turned_over_is_caught(
    released: Path, released_groups: list[Group], released_weights: dict[str, Floats]
) -> None:
    name = "encoder.blocks.1.attention.proj.weight"
    wrong = {**released_weights, name: released_weights[name].swapaxes(0, 1).copy()}
    assert wrong[name].shape == released_weights[name].shape
    with pytest.raises(ModelError, match=r"computes something else: probabilities differ by up to"):
        prove(released, "params", released_groups, INPUTS, own_softmax(NET, wrong, INPUTS))


def test_a_taller_pool_is_named(
    monkeypatch: pytest.MonkeyPatch,
    released: Path,
    released_groups: list[Group],
    released_weights: dict[str, Floats],
) -> None:
    def tall(*_: object) -> tuple[list[Floats], str]:
        found = [reference_softmax(released_groups, x, pool_rows=3) for x in INPUTS]
        return found, "a network with another pool"

    monkeypatch.setattr(parity, "_source_softmax", tall)
    with pytest.raises(ModelError, match="its last pool is 3 x 2"):
        prove(released, "onnx", released_groups, INPUTS, own_softmax(NET, released_weights, INPUTS))


def test_a_graph_that_cannot_be_run(
    tmp_path: Path, released_groups: list[Group], released_weights: dict[str, Floats]
) -> None:
    file = tmp_path / "cut.onnx"
    file.write_bytes(filled(NET, released_weights, k=1)[:-1000])
    with pytest.raises(ModelError, match="it cannot be run"):
        prove(file, "onnx", released_groups, INPUTS, own_softmax(NET, released_weights, INPUTS))


def test_a_graph_that_takes_too_long(
    monkeypatch: pytest.MonkeyPatch,
    released: Path,
    released_groups: list[Group],
    released_weights: dict[str, Floats],
) -> None:
    monkeypatch.setattr(parity, "SECONDS", 0.01)
    with pytest.raises(ModelError, match="longer than"):
        prove(released, "onnx", released_groups, INPUTS, own_softmax(NET, released_weights, INPUTS))


def test_difference() -> None:
    one = np.ones((1, 2, 3), np.float32)
    assert difference([one], [one * 0.75]) == 0.25
    assert difference([one], [one[:, :1]]) == np.inf
    assert difference([one], [one * np.float32(np.nan)]) == np.inf


def test_own_probabilities_sum_to_one(released_weights: dict[str, Floats]) -> None:
    [found] = own_softmax(NET, released_weights, INPUTS)
    assert found.shape == (1, 20, 6625)
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)


@pytest.mark.usefixtures("narrow")
def test_characters_that_do_not_fit(
    tmp_path: Path, arrays: dict[str, Floats], released_charset: Charset
) -> None:
    source = tmp_path / "best.pdparams"
    source.write_bytes(pdparams(arrays))
    with pytest.raises(ModelError, match="6625 classes and does not say which"):
        import_weights(source, name="x")
    with pytest.raises(ModelError, match="6625 classes, but 3 characters and a blank are 4"):
        import_weights(source, name="x", charset=Charset("abc"))
    without_space = Charset(released_charset.characters[:-1])
    result = import_weights(source, name="x", charset=without_space, precision="fp32")
    assert result.model.charset == released_charset


def test_weights_that_half_precision_cannot_hold(
    tmp_path: Path, arrays: dict[str, Floats], released_charset: Charset
) -> None:
    source = tmp_path / "best.pdparams"
    stem = {
        name: array * np.float32(2**20)
        for name, array in arrays.items()
        if name.startswith("backbone.conv1.")
    }
    del stem["backbone.conv1._batch_norm.weight"], stem["backbone.conv1._batch_norm.bias"]
    stem["backbone.conv1._batch_norm._variance"] *= np.float32(2**20)  # so that the output stays as it was
    source.write_bytes(pdparams({**arrays, **stem}))
    with pytest.raises(ModelError, match=r"backbone\.stem\.conv\.weight has values too large"):
        import_weights(source, name="x", charset=released_charset)


def test_weights_that_are_not_finite(
    tmp_path: Path, arrays: dict[str, Floats], released_charset: Charset
) -> None:
    source = tmp_path / "best.pdparams"
    broken = replace_first(arrays["head.fc.bias"], np.nan)
    source.write_bytes(pdparams({**arrays, "head.fc.bias": broken}))
    with pytest.raises(ModelError, match="not finite"):
        import_weights(source, name="x", charset=released_charset)


def replace_first(array: Floats, value: float) -> Floats:
    changed = array.copy()
    changed[0] = value
    return changed


def test_a_prefix_for_an_onnx_file(released: Path) -> None:
    with pytest.raises(UsageError, match="prefix"):
        import_weights(released, name="x", prefix="Teacher")


def test_layers_that_are_not_the_networks(released_groups: list[Group]) -> None:
    extra = [*released_groups, replace(released_groups[-1])]
    with pytest.raises(ValueError, match="1 more layers"):
        assign(extra, spec(NET))


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x80\x02}q", "params"),
        (b"\x80\x04\x95", "params"),
        (b"\x08\x07\x12", "onnx"),
        (b"\x0a\x99\x01", "program"),
        (b' {"base_code"', "program"),
        (bytes(16) + b"\x04", "program"),
    ],
)
def test_a_file_tells_what_it_is(tmp_path: Path, head: bytes, kind: str) -> None:
    file = tmp_path / "anything"
    file.write_bytes(head)
    assert detect(file) == kind


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        (b"", "neither"),
        (b"plain text", "neither"),
        (b"PK\x03\x04", "zip"),
        (b'\x40\x00\x00\x00\x00\x00\x00\x00{"', "safetensors"),
    ],
)
def test_other_files_are_named(tmp_path: Path, head: bytes, fault: str) -> None:
    file = tmp_path / "anything"
    file.write_bytes(head)
    with pytest.raises(ModelError, match=fault):
        import_weights(file, name="x")
    with pytest.raises(ModelError, match="No such file"):
        import_weights(tmp_path / "missing", name="x")
