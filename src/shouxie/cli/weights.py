"""``shouxie weights``: released weights into a model file, and what a model file holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

if TYPE_CHECKING:
    from shouxie.weights.model import Model

SAMPLE = 40


def import_(
    src: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="SRC")],
    out: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="OUT")],
    *,
    name: str | None = None,
    charset: Path | None = None,
    precision: Literal["fp16", "fp32"] = "fp16",
    prefix: str | None = None,
    licence: str = "NOASSERTION",
) -> int:
    """Turn released PP-OCRv3 weights into a model file.

    Nothing in the source is executed while it is read. Before the file is written, the imported network runs
    beside its source and must give the same probabilities; the difference is printed.

    Example: shouxie weights import ch_PP-OCRv3_rec_infer/ ppocrv3.safetensors --charset ppocr_keys_v1.txt

    Args:
        src: ONNX file, .pdparams, inference.pdmodel or inference.json beside its .pdiparams, or their folder.
        out: The model file to write (.safetensors).
        name: What the model is called; the file's name if not given.
        charset: Dictionary file, one character a line; needed unless an ONNX file carries its characters.
        precision: How weights are stored; fp16 halves the file, and its effect is measured and printed.
        prefix: Which network of a .pdparams with several to take: Student (if not given) or Teacher.
        licence: SPDX name of the weights' licence; that of PaddleOCR's own is Apache-2.0.
    """
    from shouxie.charset import Charset
    from shouxie.weights.importing import import_weights
    from shouxie.weights.model import save_model

    result = import_weights(
        src,
        name=name or out.stem,
        charset=Charset.from_paddle_dict(charset, space=False) if charset else None,
        precision=precision,
        prefix=prefix,
        licence=licence,
    )
    save_model(result.model, out)
    widths = ", ".join(map(str, result.widths))
    print(f"{out}: {result.model.card.name}, {len(result.model.charset)} characters")
    print(f"compared with {result.against}, pictures {widths} pixels wide:")
    print(f"  probabilities differ by at most {result.bound:.1e}")
    if result.halving:
        same = f"{result.halving.same:.1%} of the time steps keep their best class"
        print(f"  stored as float16: at most {result.halving.bound:.1e} more; {same}")
    return 0


def show(file: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="FILE")]) -> int:
    """Say what a model file holds and where it comes from.

    Example: shouxie weights show ppocrv3

    Args:
        file: A model file, or the name of a model in the box.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from shouxie.weights.model import load_model, locate

    table = Table(box=box.SIMPLE, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    model = load_model(file)
    for fact, value in _facts(model).items():
        table.add_row(fact, Text(value))
    table.add_row("file", Text(f"{locate(file)}, {locate(file).stat().st_size / 1e6:.1f} MB"))
    Console().print(table)
    return 0


def _facts(model: Model) -> dict[str, str]:
    card = model.card
    # characters that do not print (U+3000, U+200B …) would leave the sample unreadable
    sample = "".join(c for c in card.charset if c.isprintable() and not c.isspace())[:SAMPLE]
    return {
        "name": card.name,
        "network": card.network,
        "pictures": f"{card.height} pixels high, {card.channels}, at least {card.min_width} wide",
        "charset": f"{len(card.charset)} characters: {sample} …",
        "parameters": f"{sum(array.size for array in model.weights.values()):,}",
        "precision": card.precision,
        "licence": card.licence,
        "provenance": "\n".join(card.provenance),
        "training": card.training,
    }


COMMANDS: dict[str, Callable[..., int]] = {"import": import_, "show": show}
