"""A model as an ONNX file for other programs, proven to compute the same. Needs the extra ``onnx``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shouxie.atomic import writing
from shouxie.errors import ModelError, UsageError
from shouxie.net.graph import filled, spec
from shouxie.runtime.base import Frames, open_runtime
from shouxie.weights.model import Model

WIDTHS = (160, 320, 641, 1280, 2000)
BOUNDS = {"fp32": 1e-4, "fp16": 5e-2}
"""Largest difference of a probability that an export may show. Half precision has 11 bits in every product;
what it may cost is stated by the share of best classes that stay the same."""
SAME = {"fp32": 0.999, "fp16": 0.98}
"""Least share of time steps whose best class is the same."""
_KEPT_FLOAT32 = ("Softmax", "TopK", "LayerNormalization", "Cast")


@dataclass(frozen=True)
class Proof:
    """What the comparison showed.

    Attributes:
        against: the runtime that the file was compared with.
        widths: for each width in pixels: largest difference of a probability, share of equal best classes.
    """

    against: str
    widths: tuple[tuple[int, float, float], ...]


def export_onnx(
    model: Model, out: str | Path, *, precision: Literal["fp32", "fp16"] = "fp32", k: int = 1
) -> Proof:
    """Write ``out`` and compare it, in ONNX Runtime, with the model in the default runtime.

    Args:
        model: what to export.
        out: the file; written only if the comparison holds.
        precision: of weights and arithmetic inside the file. Input and output are float32 in both.
        k: classes per time step in the output, best first.

    Raises:
        UsageError: the extra ``onnx`` is not installed, or ``k`` does not fit.
        ModelError: the exported graph computes something else; nothing is written.
    """
    if not 1 <= k <= model.charset.classes:
        raise UsageError(f"k is {k}; the model has {model.charset.classes} classes")
    data = _half(_graph(model, k)) if precision == "fp16" else _graph(model, k)
    proof = prove(model, data, k=k)
    for width, bound, same in proof.widths:
        if bound > BOUNDS[precision] or same < SAME[precision]:
            fault = f"at width {width} the export differs by {bound:.1e} ({same:.2%} of best classes equal)"
            raise ModelError(out, fault, "nothing was written; please report this with the model")
    with writing(out) as file:
        file.write(data)
    return proof


def metadata(model: Model) -> dict[str, str]:
    """What an exported file says of itself; every value is a string.

    ``character`` is the charset joined by newlines, as RapidOCR and PaddleX expect it: a final space, which
    they add themselves, is left out.
    """
    card = model.card
    listed = card.charset[:-1] if card.charset[-1] == " " else card.charset
    facts = card.model_dump(mode="json", exclude={"charset", "precision"})
    return {
        "character": "\n".join(listed),
        "charset": json.dumps(card.charset, ensure_ascii=False),
        "blank": "0",
        "step": str(spec(card.network).step),
        **{key: value if isinstance(value, str) else json.dumps(value) for key, value in facts.items()},
    }


def prove(model: Model, data: bytes, *, k: int) -> Proof:
    """Compare an ONNX file's bytes with the model at ``WIDTHS``, on seeded strokes and noise."""
    session = _session(data)
    reference = open_runtime(model, "auto", precision="fp32", k=k)
    rows = []
    for width in WIDTHS:
        x = probe(width, model.card.height)
        got = Frames(*session.run(["probabilities", "ids"], {"x": x}))
        want = reference.infer(x)
        equal = got.ids[:, :, 0] == want.ids[:, :, 0]
        bound = float(np.abs(got.probabilities[:, :, 0] - want.probabilities[:, :, 0])[equal].max(initial=0))
        rows.append((width, bound, float(equal.mean())))
    return Proof(reference.name, tuple(rows))


def probe(width: int, height: int) -> NDArray[np.float32]:
    """(2, 3, height, width): dark strokes on a light ground, and noise; seeded by the width."""
    import cv2

    rng = np.random.default_rng(width)
    strokes = np.full((height, width, 3), 235, np.uint8)
    for _ in range(width // 8):
        at = rng.integers((0, 4), (width, height - 4))
        to = np.clip(at + rng.integers(-16, 17, 2), 0, (width - 1, height - 1))
        cv2.line(strokes, (int(at[0]), int(at[1])), (int(to[0]), int(to[1])), (60, 40, 40), 2, cv2.LINE_AA)
    noise = rng.uniform(-1, 1, (height, width, 3))
    return np.stack([strokes / 127.5 - 1, noise]).astype(np.float32).transpose(0, 3, 1, 2).copy()


def _graph(model: Model, k: int) -> bytes:
    return filled(model.card.network, model.weights, k=k, metadata=metadata(model))


def _session(data: bytes):  # type: ignore[no-untyped-def]
    try:
        import onnxruntime
    except ImportError as error:
        raise UsageError("exporting needs ONNX Runtime; pip install 'shouxie[onnx]'") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _half(data: bytes) -> bytes:
    try:
        import onnx
        from onnxruntime.transformers.float16 import convert_float_to_float16
        from onnxruntime.transformers.onnx_model import OnnxModel
    except ImportError as error:
        raise UsageError("exporting in fp16 needs ONNX; pip install 'shouxie[onnx]'") from error
    model = onnx.load_from_string(data)
    half = convert_float_to_float16(model, keep_io_types=True, op_block_list=list(_KEPT_FLOAT32))
    OnnxModel(half).topological_sort()
    return bytes(half.SerializeToString())
