"""One file is a model: weights, charset, preprocessing, network, training statement and licence.

The file is a safetensors file (numbers only, nothing in it can be executed) whose header carries a JSON card.
A SHA-256 over card and tensors tells a damaged file from a whole one before anything is computed with it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shouxie.atomic import writing
from shouxie.charset import Charset
from shouxie.errors import ModelError, ShouxieError
from shouxie.net.graph import spec

BOX = Path(__file__).parent.parent / "assets" / "models"
SUFFIX = ".safetensors"
KEY = "shouxie"
"""The header's one entry: the checksum, a space, the card as JSON. (Several would come in random order.)"""

Array = NDArray[np.generic]


class Card(BaseModel):
    """A model's facts. Every field is stored; an unknown one is an error.

    Attributes:
        format: version of this layout.
        name: what the model is called.
        network: its network's name in the registry.
        charset: the characters of classes 1, 2, … in order.
        height: picture height in pixels; resizing is bilinear and keeps the aspect ratio.
        channels: order of the colour channels.
        normalisation: from a pixel's value x to the network's input.
        min_width: narrower lines are padded to this width on the right, as in training.
        precision: how the weights are stored.
        bf16: whether reading was measured not to suffer from bfloat16 arithmetic.
        licence: SPDX name of the weights' licence.
        provenance: where the weights come from, step by step.
        training: what they were trained on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    network: str
    charset: tuple[str, ...]
    height: Literal[48] = 48
    channels: Literal["BGR"] = "BGR"
    normalisation: Literal["(x / 255 - 0.5) / 0.5"] = "(x / 255 - 0.5) / 0.5"
    min_width: int = Field(320, ge=8, le=4096)
    precision: Literal["fp32", "fp16"] = "fp16"
    bf16: bool = False
    licence: str
    provenance: tuple[str, ...]
    training: str


@dataclass(frozen=True)
class Model:
    """A card and the weights it speaks of (name to array, as in the network's state dict)."""

    card: Card
    weights: Mapping[str, Array]

    @cached_property
    def charset(self) -> Charset:
        """The characters that the model can write."""
        return Charset(self.card.charset)


def load_model(source: str | Path) -> Model:
    """Load a model by its name in the box or from a file.

    Raises:
        ModelError: missing, damaged, not a model, or a charset or weights that do not fit the network.
    """
    path = locate(source)
    try:
        return loads(path.read_bytes(), path)
    except OSError as error:
        raise ModelError(path, error.strerror or str(error)) from error


def locate(source: str | Path) -> Path:
    """The file behind a model's name; a path is returned as it is.

    Raises:
        ModelError: neither a name in the box nor a file.
    """
    boxed = BOX / f"{source}{SUFFIX}"
    if isinstance(source, str) and source in box_names():
        return boxed
    if not os.path.isfile(source):  # noqa: PTH113 - pathlib's raises where a name is too long
        names = ", ".join(box_names())
        raise ModelError(source, "no such model", f"give a file, or one of the names in the box: {names}")
    return Path(source)


def box_names() -> list[str]:
    """Names of the models in the package."""
    return sorted(p.stem for p in BOX.glob(f"*{SUFFIX}"))


def loads(data: bytes, name: str | Path = "model") -> Model:
    """As ``load_model``, from the file's bytes; ``name`` stands in errors."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size]) if size <= len(data) else {}
        digest, _, card_text = header["__metadata__"][KEY].partition(" ")
        weights: dict[str, Array] = dict(load(data))
    except (KeyError, ValueError, AttributeError, TypeError, RecursionError, SafetensorError) as error:
        raise ModelError(name, "not a shouxie model", "see 'shouxie weights import'") from error
    if _digest(card_text, weights) != digest:
        raise ModelError(name, "the file is damaged (its checksum does not fit)", "fetch it again")
    try:
        model = Model(Card.model_validate_json(card_text), weights)
        check(model)
    except ValidationError as error:
        fault = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ModelError(
            name, f"its card is not valid: {fault}", "was it made by a newer version?"
        ) from error
    except ModelError:
        raise
    except ShouxieError as error:
        raise ModelError(name, str(error)) from error
    return model


def dumps(model: Model) -> bytes:
    """The model as the bytes of a file."""
    from safetensors.numpy import save

    check(model)
    card_text = model.card.model_dump_json()
    weights = {name: np.ascontiguousarray(array) for name, array in model.weights.items()}
    return bytes(save(weights, {KEY: f"{_digest(card_text, weights)} {card_text}"}))


def save_model(model: Model, path: str | Path) -> None:
    """Write a model file; what stood there before is kept if that fails."""
    data = dumps(model)
    with writing(path) as file:
        file.write(data)


def half(weights: Mapping[str, Array]) -> dict[str, Array]:
    """Weights for storing in half precision: matrices and kernels as float16, vectors stay float32.

    Vectors (batch-norm variances, biases) are 1 % of the size and have the range that float16 lacks.
    """
    return {n: a.astype(np.float16 if a.ndim > 1 else np.float32) for n, a in weights.items()}


def check(model: Model) -> None:
    """Compare weights with the network, strictly.

    Raises:
        ModelError: a missing or extra tensor, a wrong shape or type, a value that is not finite.
    """
    card = model.card
    expected = spec(card.network)
    if any(set(character) & set("\n\r\t") for character in card.charset):
        raise ModelError(card.name, "a character of its charset is a tab or a line break")
    missing = expected.shapes.keys() - model.weights.keys()
    extra = model.weights.keys() - expected.shapes.keys()
    if missing or extra:
        fault = f"missing: {_listed(missing)}" if missing else f"extra: {_listed(extra)}"
        raise ModelError(card.name, f"weights do not fit network {card.network!r}; {fault}")
    for name, array in model.weights.items():
        shape = expected.shape(name, model.charset.classes)
        if array.shape != shape:
            fits = f"{name} is {array.shape}, but {len(card.charset)} characters and a blank need {shape}"
            raise ModelError(card.name, fits, "the charset and the weights belong to different models")
        if array.dtype not in (np.float16, np.float32):
            raise ModelError(card.name, f"{name} is {array.dtype}, not float16 or float32")
        if not np.isfinite(array).all():
            raise ModelError(card.name, f"{name} has values that are not finite", "the training diverged")


def _listed(names: Set[str]) -> str:
    shown = ", ".join(name[:100] for name in sorted(names)[:8])
    return shown + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _digest(card_text: str, weights: Mapping[str, Array]) -> str:
    hasher = hashlib.sha256(card_text.encode())
    for name in sorted(weights):
        array = weights[name]
        hasher.update(f"{name} {array.dtype} {array.shape}".encode())
        hasher.update(np.ascontiguousarray(array).data)
    return hasher.hexdigest()
