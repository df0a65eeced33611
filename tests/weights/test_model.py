"""Our model file: whole, strict, self-describing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from shouxie.errors import ModelError, UsageError
from shouxie.weights.model import BOX, Card, Model, box_names, dumps, half, load_model, loads, save_model
from shouxie.weights.sequence import Floats


@pytest.fixture(scope="module")
def model() -> Model:
    return load_model("ppocrv3")


def test_the_model_in_the_box_is_the_released_one(model: Model, released_weights: dict[str, Floats]) -> None:
    assert box_names() == ["ppocrv3"]
    assert 5_000_000 < (BOX / "ppocrv3.safetensors").stat().st_size < 5_600_000
    assert model.card.licence == "Apache-2.0"
    assert any("rapidocr-onnxruntime 1.2.13" in step for step in model.card.provenance)
    want = half(released_weights)
    assert want.keys() == model.weights.keys()
    for name, array in want.items():
        assert np.array_equal(array, model.weights[name]), name
    assert sum(a.size for a in model.weights.values()) == 2_652_257


def test_a_file_written_and_read_is_the_same(model: Model, tmp_path: Path) -> None:
    save_model(model, tmp_path / "m.safetensors")
    again = load_model(tmp_path / "m.safetensors")
    assert again.card == model.card
    assert all(np.array_equal(again.weights[n], a) for n, a in model.weights.items())
    assert dumps(again) == dumps(model) == (tmp_path / "m.safetensors").read_bytes()


def test_damage_anywhere_is_noticed(model: Model) -> None:
    data = dumps(model)
    for at in np.linspace(0, len(data) - 1, 40).astype(int):
        broken = bytearray(data)
        broken[at] ^= 1
        with pytest.raises(ModelError, match=r"damaged|not a shouxie model"):
            loads(bytes(broken))
    for end in (0, 7, 100, len(data) // 2, len(data) - 1):
        with pytest.raises(ModelError):
            loads(data[:end])


def test_files_that_are_no_models_are_named(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    for data in (b"", b"hello", save({"a": np.zeros(3)}), (1 << 60).to_bytes(8, "little") + b"{}"):
        path.write_bytes(data)
        with pytest.raises(ModelError, match=r"other\.safetensors: not a shouxie model"):
            load_model(path)
    with pytest.raises(ModelError, match="no such model"):
        load_model(tmp_path / "missing.safetensors")
    with pytest.raises(ModelError, match="no such model"):
        load_model("../ppocrv3")


def changed(model: Model, **card: object) -> Model:
    return Model(model.card.model_copy(update=card), model.weights)


def test_weights_and_charset_must_fit(model: Model) -> None:
    with pytest.raises(ModelError, match=r"head\.fc\.\w+ is \(6625,.*\), but 6623 characters"):
        dumps(changed(model, charset=model.card.charset[:-1]))
    with pytest.raises(UsageError, match="more than once"):
        dumps(changed(model, charset=(*model.card.charset[:-1], "'")))
    with pytest.raises(UsageError, match="no network"):
        dumps(changed(model, network="svtr"))
    name = "encoder.norm.weight"
    without = {n: a for n, a in model.weights.items() if n != name}
    with pytest.raises(ModelError, match=f"missing: {name}"):
        dumps(Model(model.card, without))
    with pytest.raises(ModelError, match="extra: more"):
        dumps(Model(model.card, {**model.weights, "more": np.zeros(1)}))
    for bad, fault in ((np.full(120, np.nan, np.float32), "finite"), (np.zeros(120), "float64")):
        with pytest.raises(ModelError, match=fault):
            dumps(Model(model.card, {**model.weights, name: bad}))


def test_a_card_from_the_future_is_refused_by_name(model: Model) -> None:
    from shouxie.weights.model import _digest

    weights = load(dumps(model))
    for field, value in {"format": 2, "colour": "red", "height": 32}.items():
        card = json.dumps({**model.card.model_dump(), field: value})
        data = save(weights, {"shouxie": f"{_digest(card, weights)} {card}"})
        with pytest.raises(ModelError, match=f"{field}.*newer version"):
            loads(data)


def test_cards_are_frozen_and_strict() -> None:
    with pytest.raises(ValueError, match="extra"):
        Card(name="a", network="b", charset=("c",), licence="d", provenance=(), training="e", other=1)  # type: ignore[call-arg]
