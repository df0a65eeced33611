"""Small hostile files, made by hand, that claim or ask for much."""

from __future__ import annotations

import io
import json
import struct
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save

from shouxie import image
from shouxie.errors import ImageError, ModelError, ShouxieError
from shouxie.net.graph import spec
from shouxie.weights import model
from shouxie.weights.onnx_file import groups, read_onnx
from shouxie.weights.wire import field_bytes, field_varint

from . import seeds
from .run import SECONDS

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"


@pytest.mark.parametrize("data", [EPS, b"8BPS\0\1" + bytes(30)])
def test_only_picture_formats_are_decoded(data: bytes) -> None:
    with pytest.raises(ImageError, match="not a picture"):
        image.loads(data)


def test_too_many_pixels_are_refused_before_decoding() -> None:
    held = io.BytesIO()
    Image.new("1", (10_001, 10_000)).save(held, "PNG")
    with pytest.raises(ImageError, match="million pixels"):
        image.loads(held.getvalue())


def test_a_network_name_too_long_for_a_file_is_no_network() -> None:
    with pytest.raises(ShouxieError, match="no network"):
        spec("n" * 300)


def _onnx(nodes: bytes, tensor: bytes = b"") -> bytes:
    return field_varint(1, 8) + field_bytes(7, nodes + tensor)


def _node(kind: str, *inputs: str, extra: bytes = b"") -> bytes:
    names = b"".join(field_bytes(1, name.encode()) for name in inputs)
    return field_bytes(1, names + field_bytes(2, b"y") + field_bytes(4, kind.encode()) + extra)


def _tensor(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], code: int) -> bytes:
    sizes = b"".join(field_varint(1, size) for size in array.shape)
    return field_bytes(
        5, sizes + field_varint(2, code) + field_bytes(8, b"w") + field_bytes(9, array.tobytes())
    )


WIDE = _tensor(np.full((500, 500), 1e300), 11)
ONNX: dict[str, Callable[[], bytes]] = {
    "many layers": lambda: _onnx(_node("Conv", "x", "w") * 60_000, WIDE),
    "many operations": lambda: _onnx(_node("Relu") * 300_000),
    "many tensors": lambda: _onnx(_node("Relu"), _tensor(np.zeros(0, np.float32), 1) * 300_000),
    "a flag without a value": lambda: _onnx(
        _node("Gemm", "x", "w", extra=field_bytes(5, field_bytes(1, b"transB") + field_bytes(8, b""))), WIDE
    ),
    "numbers that float32 cannot hold": lambda: _onnx(_node("Conv", "x", "w"), WIDE),
    "numbers in a field of bytes": lambda: _onnx(_node("Conv", "x", "w"), field_varint(5, 1)),
}


@pytest.mark.parametrize("name", ONNX)
def test_onnx(name: str, tmp_path: Path) -> None:
    path = tmp_path / "hostile.onnx"
    path.write_bytes(ONNX[name]())
    begun = time.process_time()
    try:
        layers = groups(read_onnx(path))
    except ModelError:
        layers = []
    assert time.process_time() - begun < SECONDS
    assert len({id(layer.weight.base) for layer in layers}) <= 1, (
        "a weight is held once, however often it is used"
    )


def test_a_model_with_many_foreign_tensors_is_refused_in_a_few_words() -> None:
    weights = {f"t{i}": np.zeros(1, np.float32) for i in range(2_000)}
    text = seeds.card_text()
    with pytest.raises(ModelError, match="weights do not fit") as caught:
        model.loads(bytes(save(weights, {model.KEY: f"{model._digest(text, dict(weights))} {text}"})))
    assert len(str(caught.value)) < 2_000


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3", "F8_E5M2", "BOOL", "U64"])
def test_a_model_with_numbers_of_another_kind_is_refused(kind: str) -> None:
    size = {"BF16": 2, "U64": 8}.get(kind, 1)
    facts = {
        "__metadata__": {model.KEY: "0 {}"},
        "a": {"dtype": kind, "shape": [1], "data_offsets": [0, size]},
    }
    header = json.dumps(facts).encode()
    with pytest.raises(ModelError):
        model.loads(struct.pack("<Q", len(header)) + header + bytes(size))


def test_a_model_whose_header_nests_deeply_is_refused() -> None:
    header = b'{"__metadata__":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    with pytest.raises(ModelError, match="not a shouxie model"):
        model.loads(struct.pack("<Q", len(header)) + header)
