"""Released Paddle and ONNX weights into a model file, with proof that they compute the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from shouxie.charset import Charset
from shouxie.errors import ModelError, UsageError
from shouxie.net.graph import spec
from shouxie.weights.model import Array, Card, Model, check, half
from shouxie.weights.onnx_file import groups, read_onnx
from shouxie.weights.paddle_params import pdparams_groups
from shouxie.weights.paddle_program import partners, program_groups
from shouxie.weights.parity import WIDTHS, Kind, classes_of, difference, own_softmax, pictures, prove
from shouxie.weights.sequence import Floats, Group, assign

CHARACTERS = "character"
"""Metadata key under which ONNX exports of PaddleOCR's recognisers carry their characters."""


@dataclass(frozen=True)
class Halving:
    """What storing in half precision changes.

    Attributes:
        bound: largest difference of a class probability.
        same: share of time steps whose best class stays the same.
    """

    bound: float
    same: float


@dataclass(frozen=True)
class ImportResult:
    """A model and the proof that it computes what its source does.

    Attributes:
        model: the model, in the precision asked for.
        bound: largest difference of a class probability between source and float32 weights.
        against: what was compared with.
        widths: widths of the pictures that were compared.
        halving: what half precision changes; None in float32.
    """

    model: Model
    bound: float
    against: str
    widths: tuple[int, ...]
    halving: Halving | None


@dataclass(frozen=True)
class _Source:
    kind: Kind
    files: tuple[Path, ...]
    layers: Sequence[Group]
    characters: tuple[str, ...] | None = None


def import_weights(
    source: str | Path,
    *,
    name: str,
    network: str = "svtr_lcnet",
    charset: Charset | None = None,
    precision: Literal["fp16", "fp32"] = "fp16",
    prefix: str | None = None,
    licence: str = "NOASSERTION",
    training: str = "not known: imported weights",
) -> ImportResult:
    """Turn a released recogniser into a model, and prove that it computes the same.

    Args:
        source: an ONNX file, a ``.pdparams``, an ``inference.pdmodel`` or ``.json`` with its ``.pdiparams``,
            or their folder.
        name: what the model shall be called.
        network: the network that the weights belong to.
        charset: its characters; those in the file's metadata if not given. A space is appended if the number
            of classes says that the network has one more.
        precision: how to store the weights.
        prefix: which of several networks in a ``.pdparams`` to take; ``Student`` if not given.
        licence: SPDX name of the weights' licence.
        training: what they were trained on.

    Raises:
        ModelError: the source cannot be read, is no such network, has no characters or does not compute the
            same once imported.
    """
    path = Path(source)
    found = _open(path, prefix)
    try:
        weights: Mapping[str, Array] = assign(found.layers, spec(network))
    except ValueError as error:
        raise ModelError(path, str(error), f"is it a network of the kind {network}?") from error
    characters = _fitting(path, charset.characters if charset else found.characters, weights, network)
    card = Card(
        name=name,
        network=network,
        charset=characters,
        precision=precision,
        licence=licence,
        provenance=tuple(f"imported from {file.name}, SHA-256 {_sha256(file)}" for file in found.files),
        training=training,
    )
    check(Model(card, weights))
    stored = weights if precision == "fp32" else _halved(path, weights)
    inputs = pictures(spec(network).height, WIDTHS)
    ours = own_softmax(network, weights, inputs)
    bound, against = prove(found.files[0], found.kind, found.layers, inputs, ours)
    halving = None if precision == "fp32" else _halving(ours, own_softmax(network, stored, inputs))
    return ImportResult(Model(card, stored), bound, against, WIDTHS, halving)


def _open(path: Path, prefix: str | None) -> _Source:
    kind = detect(path)
    if prefix is not None and kind != "params":
        raise UsageError(f"{path}: only a .pdparams file has several networks to choose from by prefix")
    if kind == "params":
        return _Source(kind, (path,), pdparams_groups(path, network_prefix=prefix))
    if kind == "program":
        return _Source(kind, partners(path), program_groups(path))
    file = read_onnx(path)
    text = file.metadata.get(CHARACTERS)
    characters = tuple(text.removesuffix("\n").split("\n")) if text else None
    return _Source(kind, (path,), groups(file), characters)


def detect(path: Path) -> Kind:
    """What a file is, by its first bytes.

    Raises:
        ModelError: it cannot be read, or is nothing that can be imported.
    """
    if path.is_dir():
        return "program"
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise ModelError(path, error.strerror or str(error)) from error
    if len(head) > 1 and head[0] == 0x80 and head[1] < 6:
        return "params"
    if head == bytes(16) or head[:1] == b"\x0a" or head.lstrip()[:1] == b"{":
        return "program"  # .pdiparams; ProgramDesc, whose field 1 is a message; PIR, which is JSON
    if head[:1] == b"\x08":
        return "onnx"  # field 1 is a number, the version
    if head[8:10] == b'{"':
        raise ModelError(path, "a safetensors file, not released weights", "is it a model file already?")
    if head[:2] == b"PK":
        raise ModelError(path, "a zip archive", "unpack it; PyTorch files cannot be imported")
    raise ModelError(path, "neither ONNX, .pdparams nor .pdmodel with .pdiparams")


def _fitting(
    path: Path, characters: tuple[str, ...] | None, weights: Mapping[str, Array], network: str
) -> tuple[str, ...]:
    """The characters, with a space at the end if that makes them fit the number of classes."""
    classes = classes_of(network, weights)
    if characters is None:
        fault = f"it has {classes} classes and does not say which characters they are"
        raise ModelError(path, fault, "give its dictionary (--charset ppocr_keys_v1.txt)")
    if len(characters) + 2 == classes and " " not in characters:
        characters = (*characters, " ")
    if len(characters) + 1 != classes:
        count = len(characters)
        fault = f"it has {classes} classes, but {count} characters and a blank are {count + 1}"
        raise ModelError(path, fault, "give the dictionary that it was trained with (--charset)")
    try:
        return Charset(characters).characters
    except UsageError as error:
        raise ModelError(path, str(error), "give its dictionary (--charset)") from error


def _halved(path: Path, weights: Mapping[str, Array]) -> dict[str, Array]:
    with np.errstate(over="ignore"):
        stored = half(weights)
    lost = [name for name, array in stored.items() if not np.isfinite(array).all()]
    if lost:
        raise ModelError(path, f"{lost[0]} has values too large for half precision", "use --precision fp32")
    return stored


def _halving(whole: Sequence[Floats], halves: Sequence[Floats]) -> Halving:
    same = [a.argmax(-1) == b.argmax(-1) for a, b in zip(whole, halves, strict=True)]
    return Halving(difference(whole, halves), float(np.concatenate(same, axis=1).mean()))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
