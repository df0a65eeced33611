"""``shouxie export``: a model as ONNX, for any other program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro


def export(
    model: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="MODEL")],
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT.onnx")],
    *,
    precision: Literal["fp32", "fp16"] = "fp32",
    k: int = 1,
) -> int:
    """Write a model as an ONNX file that decodes in its graph, and prove that it computes the same.

    Input x: (N, 3, 48, W) float32, BGR, (value / 255 - 0.5) / 0.5, padded on the right with 0. Outputs
    probabilities and ids: (N, T, k), best first, id 0 the CTC blank. Charset and preprocessing stand in the
    file's metadata.

    Example: shouxie export ppocrv3 ppocrv3.onnx --precision fp16

    Args:
        model: Name of a model in the box, or a model file.
        out: File to write.
        precision: fp16 computes in half precision inside (for GPUs and phones); input and output stay fp32.
        k: Classes per time step in the output.
    """
    from shouxie.export import export_onnx
    from shouxie.weights.model import load_model

    proof = export_onnx(load_model(model), out, precision=precision, k=k)
    for width, bound, same in proof.widths:
        print(
            f"width {width:5}: probabilities differ by at most {bound:.1e}, {same:.2%} of best classes equal"
        )
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, {precision}, parity proven against {proof.against}")
    return 0
