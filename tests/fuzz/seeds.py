"""Small whole files of every format, to be broken."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
from PIL import Image

from shouxie.net.graph import Spec, spec
from shouxie.weights.model import Card
from shouxie.weights.sequence import Floats
from shouxie.weights.wire import field_bytes, field_varint, varint

from ..weights.paddle_files import NAMES, nested, record
from ..weights.paddle_files import pdparams as archive

NETWORK = "svtr_lcnet"
CHARACTERS = ("一", "二", "三")

TINY = Spec(
    NETWORK,
    48,
    8,
    {
        "stem.conv.weight": (2, 3, 3, 3),
        **{f"stem.norm.{part}": (2,) for part in ("weight", "bias", "running_mean", "running_var")},
        "norm.weight": (2,),
        "norm.bias": (2,),
        "head.fc.weight": (None, 2),
        "head.fc.bias": (None,),
    },
)
"""A network with one layer of each kind."""

OPERATIONS = (
    ("Conv", "conv2d", {"W": "Filter"}, ("stem.conv.weight",)),
    (
        "BatchNormalization",
        "batch_norm",
        {"W": "Scale", "B": "Bias", "M": "Mean", "V": "Variance"},
        ("stem.norm.weight", "stem.norm.bias", "stem.norm.running_mean", "stem.norm.running_var"),
    ),
    ("LayerNormalization", "layer_norm", {"W": "Scale", "B": "Bias"}, ("norm.weight", "norm.bias")),
    ("MatMul", "matmul_v2", {"W": "Y"}, ("head.fc.weight",)),
    ("Add", "elementwise_add", {"W": "Y"}, ("head.fc.bias",)),
)
"""Operation in ONNX, in Paddle, its slots, its weights."""


def weights(*, linear_first_in: bool = False) -> dict[str, Floats]:
    """Weights of ``TINY``; linear ones as (in, out) for exported graphs."""
    rng = np.random.default_rng(1)
    classes = len(CHARACTERS) + 1
    made = {name: rng.uniform(0.1, 1, TINY.shape(name, classes)).astype(np.float32) for name in TINY.shapes}
    if linear_first_in:
        made["head.fc.weight"] = np.ascontiguousarray(made["head.fc.weight"].T)
    return made


def card_text() -> str:
    """The card of a model file of ``TINY``."""
    card = Card(
        name="tiny",
        network=NETWORK,
        charset=CHARACTERS,
        precision="fp32",
        licence="Apache-2.0",
        provenance=("made up",),
        training="none",
    )
    return card.model_dump_json()


def pictures(file_format: str) -> list[bytes]:
    """Small pictures in a few modes."""
    rng = np.random.default_rng(2)
    noise = rng.integers(0, 256, (11, 23, 4), np.uint8)
    noise[2:8, 3:9] = 255
    rgba = Image.fromarray(noise)
    found = []
    for mode in ("RGB", "L", "P", "RGBA", "1", "CMYK"):
        for options in _options(file_format, mode):
            held = io.BytesIO()
            try:
                rgba.convert(mode).save(held, file_format, **options)
            except (OSError, ValueError, KeyError):
                continue
            found.append(held.getvalue())
    return found


def _options(file_format: str, mode: str) -> list[dict[str, Any]]:
    if file_format == "TIFF":
        packers = {
            "1": ["group4"],
            "RGB": ["tiff_lzw", "tiff_deflate", "jpeg"],
            "L": ["packbits", "tiff_deflate"],
        }
        return [{"compression": name} for name in (None, *packers.get(mode, ()))]
    if file_format in ("JPEG", "PNG", "WEBP"):
        turned = Image.Exif()
        turned[0x0112] = 6
        return [{"exif": turned}, {"progressive": True, "lossless": True}]
    return [{}]


def sixteen_bit() -> list[bytes]:
    """16-bit grey and 32-bit pictures."""
    rng = np.random.default_rng(3)
    found = []
    for file_format, kind in (
        ("PNG", np.uint16),
        ("TIFF", np.uint16),
        ("TIFF", np.int32),
        ("TIFF", np.float32),
    ):
        held = io.BytesIO()
        Image.fromarray(rng.integers(0, 65536, (9, 21)).astype(kind)).save(held, file_format)
        found.append(held.getvalue())
    return found


def labels() -> bytes:
    """A label file with what label files may have."""
    rows = ["a.png\t一二三", "图/b.jpg\t价格 25.80 元，OK", '["c.png", "d.png"]\t好', "e.png\t", "f.png\t𠮷 "]
    return ("\ufeff" + "\r\n".join(rows) + "\n\n").encode()


def onnx() -> bytes:
    """An ONNX file of ``TINY`` as exporters write it."""
    parts = []
    last = "x"
    for kind, _, _, names in OPERATIONS:
        node = [field_bytes(1, name.encode()) for name in (last, *names)]
        last = f"{kind}.out"
        epsilon = field_bytes(1, b"epsilon") + varint(2 << 3 | 5) + struct.pack("<f", 1e-5)
        node += [field_bytes(2, last.encode()), field_bytes(4, kind.encode()), field_bytes(5, epsilon)]
        parts.append(field_bytes(1, b"".join(node)))
    for name, array in weights(linear_first_in=True).items():
        tensor = [field_varint(1, size) for size in array.shape]
        tensor += [field_varint(2, 1), field_bytes(8, name.encode()), field_bytes(9, array.tobytes())]
        parts.append(field_bytes(5, b"".join(tensor)))
    entry = field_bytes(1, b"character") + field_bytes(2, "\n".join(CHARACTERS).encode())
    return field_varint(1, 8) + field_bytes(7, b"".join(parts)) + field_bytes(14, entry)


def pdmodel() -> bytes:
    """Paddle's program of ``TINY``."""
    parts = []
    for name, array in weights(linear_first_in=True).items():
        desc = field_varint(1, 5) + b"".join(field_varint(2, size) for size in array.shape)
        kind = field_varint(1, 7) + field_bytes(3, field_bytes(1, desc))
        parts.append(
            field_bytes(3, field_bytes(1, name.encode()) + field_bytes(2, kind) + field_varint(3, 1))
        )
    last = "x"
    for _, operation, slots, names in OPERATIONS:
        op = [_slot(1, slot, name) for slot, name in zip(("X", *slots.values()), (last, *names), strict=True)]
        last = f"{operation}.out"
        epsilon = (
            field_bytes(1, b"epsilon") + field_varint(2, 1) + varint(4 << 3 | 5) + struct.pack("<f", 1e-5)
        )
        op += [_slot(2, "Out", last), field_bytes(3, operation.encode()), field_bytes(4, epsilon)]
        parts.append(field_bytes(4, b"".join(op)))
    return field_bytes(1, field_varint(1, 0) + b"".join(parts))


def _slot(number: int, slot: str, name: str) -> bytes:
    return field_bytes(number, field_bytes(1, slot.encode()) + field_bytes(2, name.encode()))


def small_spec() -> Spec:
    """The real network with all its layers, each of them at most two wide."""
    real = spec(NETWORK)
    shapes = {name: tuple(size and min(size, 2) for size in shape) for name, shape in real.shapes.items()}
    return Spec(real.network, real.height, real.step, shapes)


def pdparams() -> list[bytes]:
    """Training archives of ``small_spec``, of both names and old and new pickles."""
    shapes = small_spec().shapes.values()
    arrays = {
        name: np.ones([size or 4 for size in shape], np.float32)
        for name, shape in zip(NAMES, shapes, strict=True)
    }
    arrays = {
        name: np.asfortranarray(array.T) if array.ndim == 2 else array for name, array in arrays.items()
    }
    return [archive(arrays, protocol=2), archive(nested(arrays)), archive(nested(arrays), numpy1=True)]


def pdiparams() -> bytes:
    """The parameters of ``pdmodel`` and ``pir``."""
    return b"".join(record(array) for _, array in sorted(weights(linear_first_in=True).items()))


def pir() -> bytes:
    """Paddle 3's program of ``TINY``."""
    numbers: dict[str, int] = {"x": 1}
    ops: list[dict[str, object]] = []
    for name, array in weights(linear_first_in=True).items():
        numbers[name] = len(numbers) + 1
        kind = {"#": "0.t_dtensor", "D": [{"#": "0.t_f32"}, list(array.shape), "NCHW", [], 0]}
        ops.append({"#": "p", "A": [0, 0, 1, name], "O": {"%": numbers[name], "TT": kind}})
    last = "x"
    orders = {"batch_norm": ("running_mean", "running_var", "weight", "bias")}
    renamed = {"elementwise_add": "add", "matmul_v2": "matmul", "batch_norm": "batch_norm_"}
    for _, operation, _, names in OPERATIONS:
        order = [f"stem.norm.{part}" for part in orders[operation]] if operation in orders else names
        given = [{"%": numbers[name]} for name in (last, *order)]
        last = f"{operation}.out"
        numbers[last] = len(numbers) + 1
        attributes = [{"N": "epsilon", "AT": {"#": "0.a_f32", "D": 1e-5}}]
        outs = [{"%": numbers[last]}]
        ops.append({"#": f"1.{renamed.get(operation, operation)}", "I": given, "O": outs, "A": attributes})
    return json.dumps(
        {"base_code": {"magic": "pir"}, "program": {"regions": [{"blocks": [{"ops": ops}]}]}}
    ).encode()
