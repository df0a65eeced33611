"""Exported programs of Paddle 2.6 and 3.2."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import numpy as np
import pytest

from shouxie.errors import ModelError, ShouxieError
from shouxie.net.graph import spec
from shouxie.weights.paddle_program import from_program, program_groups
from shouxie.weights.sequence import Floats, Group
from shouxie.weights.wire import field_bytes

from .paddle_files import NAMES, export, pdiparams, program

SPEC = spec("svtr_lcnet")
BOTH = pytest.mark.parametrize("version", [0, 1], ids=["paddle26", "paddle32"])
PROGRAM = ("inference.pdmodel", "inference.json")


@BOTH
@pytest.mark.parametrize("named", ["folder", "program", "params"])
def test_the_same_weights_as_from_onnx(
    tmp_path: Path,
    arrays: dict[str, Floats],
    released_weights: dict[str, Floats],
    version: int,
    named: str,
) -> None:
    folder = export(tmp_path / "model", arrays, version)
    names = {"folder": "", "program": PROGRAM[version], "params": "inference.pdiparams"}
    found = from_program(folder / names[named], SPEC)
    assert list(found) == list(released_weights)
    assert all(np.array_equal(found[name], released_weights[name]) for name in found)


@BOTH
def test_layers_in_the_order_of_use(
    tmp_path: Path, arrays: dict[str, Floats], released_groups: list[Group], version: int
) -> None:
    layers = program_groups(export(tmp_path / "model", arrays, version))
    assert [g.kind for g in layers] == [g.kind for g in released_groups]
    assert [g.eps for g in layers if g.kind == "layer_norm"] == pytest.approx([1e-5] * 4 + [1e-6])


def test_other_names_and_several_programs(tmp_path: Path, arrays: dict[str, Floats]) -> None:
    folder = export(tmp_path / "model", arrays, 0)
    (folder / "inference.pdmodel").rename(folder / "rec.pdmodel")
    (folder / "inference.pdiparams").rename(folder / "rec.pdiparams")
    assert len(from_program(folder, SPEC)) == len(NAMES)
    (folder / "other.pdmodel").write_bytes(b"")
    with pytest.raises(ModelError, match=r"inference\.pdmodel: no such file"):
        from_program(folder, SPEC)


@BOTH
def test_a_missing_partner(tmp_path: Path, arrays: dict[str, Floats], version: int) -> None:
    folder = export(tmp_path / "model", arrays, version)
    (folder / "inference.pdiparams").unlink()
    with pytest.raises(ModelError, match=r"inference\.pdiparams: no such file"):
        from_program(folder, SPEC)
    (folder / PROGRAM[version]).unlink()
    with pytest.raises(ModelError, match=r"inference\.pdmodel: no such file"):
        from_program(folder / "inference.pdiparams", SPEC)


@BOTH
def test_parameters_that_are_too_short_too_long_or_others(
    tmp_path: Path, arrays: dict[str, Floats], version: int
) -> None:
    folder = export(tmp_path / "model", arrays, version)
    file = folder / "inference.pdiparams"
    data = file.read_bytes()
    for length in (0, 3, 15, 22, 100, 5000, len(data) // 2, len(data) - 1):
        file.write_bytes(data[:length])
        with pytest.raises(ModelError, match=r"pdiparams: it ends or breaks at parameter \d+ of 196"):
            from_program(folder, SPEC)
    file.write_bytes(data + bytes(40))
    with pytest.raises(ModelError, match="40 bytes are left"):
        from_program(folder, SPEC)
    other = {**arrays, "backbone.conv1._conv.weight": np.zeros((16, 3, 5, 5), np.float32)}
    file.write_bytes(pdiparams(other, version))
    with pytest.raises(ModelError, match=r"\(16, 3, 5, 5\) here and \(16, 3, 3, 3\)"):
        from_program(folder, SPEC)


def test_a_program_that_is_none(tmp_path: Path, arrays: dict[str, Floats]) -> None:
    folder = export(tmp_path / "model", arrays, 0)
    file = folder / "inference.pdmodel"
    for data in (b"", b"text", field_bytes(1, b""), bytes(100)):
        file.write_bytes(data)
        with pytest.raises(ModelError, match=r"pdmodel: not a Paddle program"):
            from_program(folder, SPEC)
    file.unlink()
    infinite = {"#": "p", "A": [0, 0, 0, "a"], "O": {"%": float("inf"), "TT": {"D": [0, [1]]}}}
    odd = {"program": {"regions": [{"blocks": [{"ops": [infinite]}]}]}}
    for text in (
        "",
        "{}",
        "[]",
        '{"program": {"regions": [{"blocks": []}]}}',
        json.dumps(odd),
        "[" * 100_000,
    ):
        (folder / "inference.json").write_text(text)
        with pytest.raises(ModelError, match=r"json: not a Paddle program"):
            from_program(folder, SPEC)


def test_a_program_that_is_no_recogniser(tmp_path: Path, arrays: dict[str, Floats]) -> None:
    folder = export(tmp_path / "model", arrays, 1)
    graph = json.loads(program(1))
    operations = graph["program"]["regions"][0]["blocks"][0]["ops"]
    convs = [op for op in operations if op["#"] == "1.conv2d"]
    convs[-1]["#"] = "1.pool2d"
    (folder / "inference.json").write_text(json.dumps(graph))
    with pytest.raises(ModelError, match=r"encoder\.out\.conv: expected a conv, found batch_norm"):
        from_program(folder, SPEC)


@BOTH
def test_changed_anywhere(tmp_path: Path, arrays: dict[str, Floats], version: int) -> None:
    folder = export(tmp_path / "model", arrays, version)
    data = program(version)
    rng = random.Random(11)
    refused = 0
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 40)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        (folder / PROGRAM[version]).write_bytes(changed[: rng.choice((len(data), rng.randrange(len(data))))])
        began = time.monotonic()
        try:
            from_program(folder, SPEC)
        except ShouxieError:
            refused += 1
        assert time.monotonic() - began < 5
    assert refused > 20


def test_changed_records(tmp_path: Path, arrays: dict[str, Floats]) -> None:
    folder = export(tmp_path / "model", arrays, 0)
    file = folder / "inference.pdiparams"
    data = file.read_bytes()
    rng = random.Random(13)
    refused = 0
    for _ in range(30):
        changed = bytearray(data)
        at = rng.randrange(30)  # the first record's head; the rest is numbers, which may be any
        changed[at] = rng.randrange(256)
        file.write_bytes(changed)
        try:
            from_program(folder, SPEC)
        except ShouxieError:
            refused += 1
    assert refused > 10
