"""Exported files: they decode, they say what they are, they compute the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from shouxie.cli.export import export as export_command
from shouxie.errors import ModelError, UsageError
from shouxie.export import BOUNDS, WIDTHS, export_onnx, probe
from shouxie.runtime.base import open_runtime
from shouxie.weights.model import Model, load_model


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("ppocrv3")


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_an_export_computes_the_same_and_says_so(
    model: Model, tmp_path: Path, precision: Literal["fp32", "fp16"]
) -> None:
    out = tmp_path / "model.onnx"
    proof = export_onnx(model, out, precision=precision, k=4)
    assert [width for width, _, _ in proof.widths] == list(WIDTHS) == [160, 320, 641, 1280, 2000]
    onnx.checker.check_model(out, full_check=True)
    session = ort.InferenceSession(out)
    runtime = open_runtime(model, "torch", precision="fp32", k=4)
    for width in WIDTHS:
        x = probe(width, 48)
        got, want = session.run(["probabilities", "ids"], {"x": x}), runtime.infer(x)
        assert got[0].dtype == np.float32
        assert got[0].shape == (2, width // 8, 4)
        assert np.abs(got[0] - want.probabilities).max() <= BOUNDS[precision]
        assert (got[1][:, :, 0] == want.ids[:, :, 0]).mean() >= 0.98
    assert all(bound <= BOUNDS[precision] for _, bound, _ in proof.widths)


def test_half_precision_halves_the_file(model: Model, tmp_path: Path) -> None:
    export_onnx(model, tmp_path / "fp32", precision="fp32")
    export_onnx(model, tmp_path / "fp16", precision="fp16")
    assert (tmp_path / "fp16").stat().st_size < 0.55 * (tmp_path / "fp32").stat().st_size


def test_the_metadata_is_enough_to_use_the_file(model: Model, tmp_path: Path) -> None:
    export_onnx(model, tmp_path / "model.onnx")
    facts = {p.key: p.value for p in onnx.load(tmp_path / "model.onnx").metadata_props}
    assert tuple(json.loads(facts["charset"])) == model.charset.characters
    assert [*facts["character"].split("\n"), " "] == list(model.charset.characters)
    assert facts["height"] == "48"
    assert facts["step"] == "8"
    assert facts["channels"] == "BGR"
    assert facts["normalisation"] == "(x / 255 - 0.5) / 0.5"
    assert facts["licence"] == "Apache-2.0"
    assert "PaddleOCR" in facts["provenance"]


def test_an_export_that_differs_is_not_written(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shouxie import export as module

    other = {**model.weights, "head.fc.bias": model.weights["head.fc.bias"][::-1].copy()}
    monkeypatch.setattr(module, "_graph", lambda m, k: real(Model(m.card, other), k))
    with pytest.raises(ModelError, match="differs"):
        export_onnx(model, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def real(model: Model, k: int) -> bytes:
    from shouxie.net.graph import filled

    return filled(model.card.network, model.weights, k=k)


def test_k_must_fit(model: Model, tmp_path: Path) -> None:
    for k in (0, 6626):
        with pytest.raises(UsageError, match="6625"):
            export_onnx(model, tmp_path / "model.onnx", k=k)


def test_the_command_prints_the_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export_command("ppocrv3", tmp_path / "m.onnx") == 0
    out = capsys.readouterr().out
    assert all(f"width {width:5}" in out for width in WIDTHS)
    assert "parity proven" in out
