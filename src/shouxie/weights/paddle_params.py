"""``.pdparams``: the training archives of PaddleOCR.

A file may hold two networks (``Student.``, ``Teacher.``, trained together) or one; its recogniser may have
the guiding attention head (``head.sar_head``), which reading does not use, or be a plain chain of backbone,
neck and head. Linear weights are (in, out).
Sources: PaddleOCR's module definitions for the names; Paddle's ``framework/io.py`` for the format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shouxie.errors import ModelError
from shouxie.net.graph import Spec
from shouxie.weights.pickled import RefusedError, load_arrays
from shouxie.weights.sequence import BATCH_NORM_EPS, Group, Kind, as_floats, assign

Array = NDArray[np.generic]

NETWORKS = ("Student", "Teacher")
_UNUSED = ("head.sar_head.",)
_NESTED = "head.ctc_encoder.encoder"
_FINAL_EPS = 1e-6
_PARTS = {
    "conv": ("weight",),
    "biased": ("weight", "bias"),
    "linear": ("weight", "bias"),
    "layer_norm": ("weight", "bias"),
    "batch_norm": ("weight", "bias", "_mean", "_variance"),
}


def read_pdparams(path: str | Path) -> dict[str, Array]:
    """Every array of a ``.pdparams`` file by its name, without running anything that the file asks for.

    Raises:
        ModelError: missing, damaged, or wanting to run something.
    """
    try:
        found = load_arrays(Path(path).read_bytes())
    except OSError as error:
        raise ModelError(path, error.strerror or str(error)) from error
    except RefusedError as error:
        raise ModelError(path, f"{error}, which was refused", "do not trust this file") from error
    except (ValueError, MemoryError) as error:
        raise ModelError(
            path, f"not a .pdparams file that can be read: {error}", "is it complete?"
        ) from error
    arrays = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
    if not arrays:
        raise ModelError(path, "it holds no arrays", "is it a .pdparams file?")
    return arrays


def from_pdparams(
    path: str | Path, spec: Spec, *, network_prefix: str | None = None
) -> dict[str, NDArray[np.float32]]:
    """Weights of a ``.pdparams`` file by the network's own names.

    Args:
        path: the file.
        spec: the network.
        network_prefix: which of several networks to take; ``Student`` if not given.

    Raises:
        ModelError: as ``read_pdparams``; a missing or unexpected tensor, named; a wrong shape.
    """
    try:
        return assign(pdparams_groups(path, network_prefix=network_prefix), spec)
    except ValueError as error:
        raise ModelError(path, str(error), "is it a PP-OCRv3 recogniser?") from error


def pdparams_groups(path: str | Path, *, network_prefix: str | None = None) -> list[Group]:
    """The file's layers in the order of use, in Paddle's own shapes.

    Raises:
        ModelError: as ``from_pdparams``, shapes apart.
    """
    arrays = _one_network(path, read_pdparams(path), network_prefix)
    encoder, fc = _NESTED, "head.ctc_head.fc"
    if any(name.startswith("neck.encoder.") for name in arrays):
        encoder, fc = "neck.encoder", "head.fc"
    layers = list(_layers(encoder, fc))
    expected = {f"{layer}.{part}" for layer, kind in layers for part in _PARTS[kind]}
    missing = expected - arrays.keys()
    if missing:
        raise ModelError(path, f"missing: {_listed(missing)}", "is it a PP-OCRv3 recogniser?")
    extra = {name for name in arrays.keys() - expected if not name.startswith(_UNUSED)}
    if extra:
        raise ModelError(path, f"not expected: {_listed(extra)}", "is it a PP-OCRv3 recogniser?")
    for name in sorted(expected):
        if arrays[name].dtype.kind != "f":
            raise ModelError(path, f"{name} holds {arrays[name].dtype}, not floating-point numbers")
    return [_group(arrays, layer, kind, encoder) for layer, kind in layers]


def _one_network(path: str | Path, arrays: Mapping[str, Array], wanted: str | None) -> dict[str, Array]:
    there = [n for n in NETWORKS if any(name.startswith(f"{n}.") for name in arrays)]
    if wanted is None and not there:
        return dict(arrays)
    prefix = f"{wanted or NETWORKS[0]}."
    chosen = {name.removeprefix(prefix): a for name, a in arrays.items() if name.startswith(prefix)}
    if not chosen:
        mend = f"there is: {', '.join(there)}" if there else "it holds a single network: leave the prefix out"
        raise ModelError(path, f"no network is called {prefix[:-1]!r} in it", mend)
    return chosen


def _layers(encoder: str, fc: str) -> Iterator[tuple[str, str]]:
    """Name and kind (a key of ``_PARTS``) of each layer, in the order of use."""
    yield from _normed("backbone.conv1._conv", "backbone.conv1._batch_norm")
    for i in range(13):
        block = f"backbone.block_list.{i}"
        yield from _normed(f"{block}._depthwise_conv._conv", f"{block}._depthwise_conv._batch_norm")
        if i > 10:
            yield from ((f"{block}._se.conv1", "biased"), (f"{block}._se.conv2", "biased"))
        yield from _normed(f"{block}._pointwise_conv._conv", f"{block}._pointwise_conv._batch_norm")
    for name in ("conv1", "conv2"):
        yield from _normed(f"{encoder}.{name}.conv", f"{encoder}.{name}.norm")
    for j in range(2):
        block = f"{encoder}.svtr_block.{j}"
        for name in ("norm1", "mixer.qkv", "mixer.proj", "norm2", "mlp.fc1", "mlp.fc2"):
            yield f"{block}.{name}", "layer_norm" if name.startswith("norm") else "linear"
    yield f"{encoder}.norm", "layer_norm"
    for name in ("conv3", "conv4", "conv1x1"):
        yield from _normed(f"{encoder}.{name}.conv", f"{encoder}.{name}.norm")
    yield fc, "linear"


def _normed(conv: str, norm: str) -> Iterator[tuple[str, str]]:
    yield conv, "conv"
    yield norm, "batch_norm"


def _group(arrays: Mapping[str, Array], layer: str, kind: str, encoder: str) -> Group:
    weight, *rest = (as_floats(arrays[f"{layer}.{part}"]) for part in _PARTS[kind])
    bias, mean, variance = [*rest, None, None, None][:3]
    eps = _FINAL_EPS if layer == f"{encoder}.norm" else BATCH_NORM_EPS
    kinds: dict[str, Kind] = {"linear": "linear", "layer_norm": "layer_norm", "batch_norm": "batch_norm"}
    return Group(kinds.get(kind, "conv"), weight, bias, mean, variance, eps)


def _listed(names: set[str]) -> str:
    shown = sorted(names)[:5]
    return ", ".join(name[:100] for name in shown) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
