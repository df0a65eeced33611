"""Pickles are read, not run."""

from __future__ import annotations

import builtins
import collections
import io
import os
import pickle
import random
import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shouxie.errors import ModelError, ShouxieError
from shouxie.weights.paddle_params import read_pdparams
from shouxie.weights.pickled import MAX_OPCODES, RefusedError, load_arrays

from .paddle_files import pdparams

SMALL: dict[str, np.ndarray[Any, Any]] = {
    "a.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "a.bias": np.array([0.5, 1e-4], np.float16),
    "scalar": np.array(3.0),
    "empty": np.zeros((0, 4), np.float32),
    "ids": np.arange(4),
}
ARRAY = b"\x80\x04cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
"""Up to an array whose state is to follow."""


class _Call:
    """Pickles as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_arrays_come_back(protocol: int) -> None:
    found = load_arrays(pdparams(SMALL, protocol=protocol))
    for name, array in SMALL.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("protocol", [2, 4])
def test_names_of_numpy_1(protocol: int) -> None:
    data = pdparams(SMALL, protocol=protocol, numpy1=True)
    assert b"_core" not in data
    np.testing.assert_array_equal(load_arrays(data)["a.weight"], SMALL["a.weight"])


def test_columns_first_and_pairs_and_ordered_dictionaries() -> None:
    array = np.asfortranarray(SMALL["a.weight"])
    found = load_arrays(pickle.dumps(collections.OrderedDict(a=("a_0", array)), protocol=4))
    np.testing.assert_array_equal(found["a"], array)


def test_one_array_under_two_names() -> None:
    found = load_arrays(pickle.dumps({"a": SMALL["a.weight"], "b": SMALL["a.weight"]}, protocol=4))
    np.testing.assert_array_equal(found["a"], found["b"])


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, ("touch {}",), "system"),
        (builtins.eval, ("open('{}', 'w')",), "eval"),
        (builtins.exec, ("open('{}', 'w')",), "exec"),
        (builtins.open, ("{}", "w"), "open"),
        (builtins.getattr, (np, "save"), "getattr"),
        (np.fromfile, ("{}",), "fromfile"),
        (np.load, ("{}",), "load"),
        (np.zeros, ((1 << 20, 1 << 20),), "zeros"),
        (np.ndarray, ((1 << 20, 1 << 20),), "ndarray"),
        (bytearray, (1 << 40,), "bytearray"),
    ],
)
def test_nothing_is_run(
    tmp_path: Path, function: Callable[..., Any], arguments: tuple[Any, ...], name: str, protocol: int
) -> None:
    mark, file = tmp_path / "mark", tmp_path / "hostile.pdparams"
    filled = tuple(a.format(mark) if isinstance(a, str) else a for a in arguments if a is not np)
    file.write_bytes(pickle.dumps({"a": _Call(function, *filled)}, protocol=protocol))
    with pytest.raises(ModelError, match=rf"wants to run .*{name}, which was refused"):
        read_pdparams(file)
    assert not mark.exists()


def test_the_same_file_does_run_in_pickle(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    pickle.loads(pickle.dumps({"a": _Call(os.system, f"touch {mark}")}))
    assert mark.exists()  # or the test above would show nothing


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"(S'true'\nios\nsystem\n.", id="old instance"),
        pytest.param(b"\x80\x04Pname\n.", id="persistent id"),
        pytest.param(b"\x80\x04\x82\x01.", id="extension registry"),
        pytest.param(b"\x80\x04cnumpy\nndarray\nK\x05\x85\x81.", id="new object"),
        pytest.param(b"\x80\x05\x96" + struct.pack("<Q", 4) + b"abcd.", id="byte array"),
        pytest.param(b"\x80\x04cnumpy\nndarray\n}b.", id="state of a class"),
        pytest.param(b"\x80\x04cnumpy\ndtype\nX\x01\x00\x00\x00O\x85R.", id="objects"),
        pytest.param(b"\x80\x04cnumpy\ndtype\nX\x03\x00\x00\x00V99\x85R.", id="records"),
        pytest.param(b"\x80\x04c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00rot\x86R.", id="codec"),
        pytest.param(
            b"\x80\x04cnumpy\ndtype\nX\x02\x00\x00\x00f4\x85R(K\x03X\x01\x00\x00\x00>tb.", id="big-endian"
        ),
    ],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(RefusedError):
        load_arrays(data)


def state(shape: bytes, data: bytes) -> bytes:
    """An array's state: version, shape, float32, rows first, data."""
    minus = b"J\xff\xff\xff\xff"
    dtype = b"cnumpy\ndtype\nX\x02\x00\x00\x00f4\x85R(K\x03X\x01\x00\x00\x00<NNN" + minus + minus + b"K\x00tb"
    return ARRAY + b"(K\x01" + shape + dtype + b"\x89" + data + b"tb"


def test_the_state_that_the_next_test_breaks_is_right() -> None:
    one = state(b"K\x01\x85", b"C\x04\x00\x00\x80\x3f")
    found = load_arrays(b"\x80\x04}X\x01\x00\x00\x00a" + one[2:] + b"s.")
    assert found["a"].tolist() == [1.0]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x80\x04r\xff\xff\xff\x7f.", id="memo index without a value"),
        pytest.param(b"\x80\x04}r\xff\xff\xff\xff0.", id="huge memo index"),
        pytest.param(b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"ab.", id="bytes of 2**60"),
        pytest.param(b"\x80\x04B\xff\xff\xff\xffab.", id="bytes of 4 GB"),
        pytest.param(b"\x80\x04\x95" + struct.pack("<Q", 1 << 60) + b"}K\x01.", id="frame of 2**60"),
        pytest.param(b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"ab.", id="text of 2**62"),
        pytest.param(state(b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", b"C\x04abcd") + b".", id="huge shape"),
        pytest.param(state(b"J\xff\xff\xff\xff\x85", b"C\x00") + b".", id="negative shape"),
        pytest.param(state(b"(" + b"K\x01" * 99 + b"t", b"C\x04abcd") + b".", id="99 axes"),
        pytest.param(b"\x80\x04" + b"(" * 100_000 + b".", id="marks"),
        pytest.param(b"\x80\x04}" + b"\x85" * 100_000 + b"\x94K\x01s.", id="nested tuples"),
        pytest.param(b"\x80\x04}]\x94" + b"\x94h\x00h\x00\x86" * 100 + b"K\x01s.", id="doubling as a key"),
        pytest.param(b"\x80\x04" + b"]" * (MAX_OPCODES + 9) + b".", id="too many instructions"),
        pytest.param(b"", id="empty"),
        pytest.param(b"\x80\x04K\x01.", id="no dictionary"),
        pytest.param(b"\x80\x04(.", id="nothing on the stack"),
    ],
)
def test_claims_cost_nothing(data: bytes) -> None:
    tracemalloc.start()
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"\w"):
        load_arrays(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.monotonic() - began < 10
    assert peak < 100 * len(data) + 3_000_000


def test_text_named_a_thousand_times_is_encoded_once() -> None:
    text = b"X" + struct.pack("<I", 1_000_000) + b"a" * 1_000_000
    encode = b"c_codecs\nencode\n\x94" + text + b"\x94X\x06\x00\x00\x00latin1\x94"
    data = b"\x80\x04}(X\x01\x00\x00\x00a]" + encode + b"h\x00h\x01h\x02\x86R" * 1000 + b"tu."
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"\w"):
        load_arrays(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("protocol", [2, 4])
def test_cut_off_anywhere(tmp_path: Path, protocol: int) -> None:
    data, file = pdparams(SMALL, protocol=protocol), tmp_path / "cut.pdparams"
    for length in range(0, len(data), 7):
        file.write_bytes(data[:length])
        with pytest.raises(ModelError, match=r"cut\.pdparams"):
            read_pdparams(file)


@pytest.mark.parametrize("protocol", [2, 4])
def test_changed_anywhere(tmp_path: Path, protocol: int) -> None:
    data, file = pdparams(SMALL, protocol=protocol), tmp_path / "changed.pdparams"
    rng = random.Random(7)
    refused = 0
    for _ in range(400):
        changed = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        file.write_bytes(changed)
        began = time.monotonic()
        try:
            read_pdparams(file)
        except ShouxieError:
            refused += 1
        assert time.monotonic() - began < 5
    assert refused > 100


def test_a_file_that_is_no_pickle(tmp_path: Path) -> None:
    file = tmp_path / "text.pdparams"
    file.write_text("weights\n")
    with pytest.raises(ModelError, match=r"not a \.pdparams"):
        read_pdparams(file)
    with pytest.raises(ModelError, match="No such file"):
        read_pdparams(tmp_path / "missing")
    file.write_bytes(pickle.dumps({"a": 1}, protocol=4))
    with pytest.raises(ModelError, match="no arrays"):
        read_pdparams(file)


def test_what_numpy_writes_today_is_what_is_read() -> None:
    buffer = io.BytesIO()
    pickle.Pickler(buffer, protocol=4).dump({"x": np.array([[1, 2]], np.float32)})
    assert load_arrays(buffer.getvalue())["x"].tolist() == [[1, 2]]
