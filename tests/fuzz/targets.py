"""Every format that is read: files to break, and what reads them to the end."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from unittest.mock import patch

from safetensors import SafetensorError
from safetensors.numpy import load, save

from shouxie import image
from shouxie.data.hwdb import read_dgrl, read_gnt
from shouxie.data.labels import read_labels
from shouxie.errors import DataError, ModelError
from shouxie.net.graph import Spec, spec
from shouxie.weights import model
from shouxie.weights.onnx_file import groups, read_onnx
from shouxie.weights.paddle_params import from_pdparams
from shouxie.weights.paddle_program import from_program
from shouxie.weights.sequence import Floats, assign

from ..data import hwdb_files
from . import seeds

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "JPEG2000", "PPM", "AVIF")


@dataclass(frozen=True)
class Target:
    """A format.

    Attributes:
        seeds: whole files.
        read: reads bytes, with a folder for files; it returns, or raises ``ShouxieError``.
    """

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Path], object]


def _picture(data: bytes, _: Path) -> object:
    return image.fit(image.loads(data))


def _sealed_png(data: bytes, folder: Path) -> object:
    """A PNG whose chunks have checksums that fit again, so that faults reach the decoder."""
    fixed, at = bytearray(data), 8
    while at + 12 <= len(fixed):
        end = at + 8 + int.from_bytes(fixed[at : at + 4], "big")
        if end + 4 > len(fixed):
            break
        fixed[end : end + 4] = zlib.crc32(fixed[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return _picture(bytes(fixed), folder)


def _dgrl(data: bytes, folder: Path) -> object:
    return list(read_dgrl(_file(folder / "page.dgrl", data)))


def _gnt(data: bytes, folder: Path) -> object:
    return list(read_gnt(_file(folder / "characters.gnt", data)))


def _labels(data: bytes, folder: Path) -> object:
    path = _file(folder / "labels.tsv", data)
    faults: list[DataError] = []
    list(read_labels(path, on_fault=faults.append))
    return list(read_labels(path))


def _onnx(data: bytes, folder: Path) -> None:
    path = _file(folder / "model.onnx", data)
    layers = groups(read_onnx(path))
    try:
        weights = assign(layers, seeds.TINY)
    except ValueError as error:
        raise ModelError(path, str(error)) from error
    _check(weights)


def _pdparams(data: bytes, folder: Path) -> object:
    return from_pdparams(_file(folder / "best.pdparams", data), seeds.small_spec())


def _program(name: str, data: bytes, folder: Path) -> None:
    whole = {".pdmodel": seeds.pdmodel, ".json": seeds.pir, ".pdiparams": seeds.pdiparams}
    path = _file(folder / f"inference{name}", data)
    for suffix in (".pdiparams",) if name != ".pdiparams" else (".pdmodel",):
        _file(folder / f"inference{suffix}", whole[suffix]())
    _check(from_program(path, seeds.TINY))


def _model(data: bytes, _: Path) -> object:
    with _tiny():
        return model.loads(data)


def _card(data: bytes, _: Path) -> object:
    """A card that is not what it was, under a checksum that fits."""
    return _model(_sealed(data.decode("utf-8", "replace")), _)


def _tensors(data: bytes, folder: Path) -> object:
    """Tensors that are not what they were, under a checksum that fits if they can be read at all."""
    try:
        size = int.from_bytes(data[:8], "little")
        old, _, text = json.loads(data[8 : 8 + size])["__metadata__"][model.KEY].partition(" ")
        data = data.replace(old.encode(), model._digest(text, load(data)).encode(), 1)
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError, BufferError):
        pass
    return _model(data, folder)


@lru_cache
def _sealed(card_text: str) -> bytes:
    weights = seeds.weights()
    return bytes(save(weights, {model.KEY: f"{model._digest(card_text, dict(weights))} {card_text}"}))


def _check(weights: dict[str, Floats]) -> None:
    with _tiny():
        model.check(model.Model(model.Card.model_validate_json(seeds.card_text()), weights))


@contextmanager
def _tiny() -> Iterator[None]:
    """The network's name stands for a tiny one, so that a case takes no longer than its parsing."""

    def known(network: str) -> Spec:
        return seeds.TINY if network == seeds.NETWORK else spec(network)

    with patch.object(model, "spec", known):
        yield


def _file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _pages() -> list[bytes]:
    lines = hwdb_files.page("一二三", "价格25元", "\ufffd好")
    return [hwdb_files.dgrl(lines), hwdb_files.dgrl(lines, code_length=4, illustration=b"")]


TARGETS: dict[str, Target] = {
    **{name.lower(): Target(partial(seeds.pictures, name), _picture) for name in FORMATS},
    "png-sealed": Target(partial(seeds.pictures, "PNG"), _sealed_png),
    "sixteen-bit": Target(seeds.sixteen_bit, _picture),
    "dgrl": Target(_pages, _dgrl),
    "gnt": Target(lambda: [hwdb_files.gnt(hwdb_files.page("一", "二", "三"))], _gnt),
    "labels": Target(lambda: [seeds.labels()], _labels),
    "onnx": Target(lambda: [seeds.onnx()], _onnx),
    "pdparams": Target(seeds.pdparams, _pdparams),
    "pdmodel": Target(lambda: [seeds.pdmodel()], partial(_program, ".pdmodel")),
    "pir": Target(lambda: [seeds.pir()], partial(_program, ".json")),
    "pdiparams": Target(lambda: [seeds.pdiparams()], partial(_program, ".pdiparams")),
    "model": Target(lambda: [_sealed(seeds.card_text())], _model),
    "model-card": Target(lambda: [seeds.card_text().encode()], _card),
    "model-tensors": Target(lambda: [_sealed(seeds.card_text())], _tensors),
}
