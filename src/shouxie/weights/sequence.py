"""Trained parameters in the order in which a graph uses them, laid onto a network's own names.

Released graphs name their tensors after counters that differ from export to export; only the order of use
is the same in all of them. So an importer turns its file into a list of groups (one per convolution, batch
norm, linear layer or layer norm), and ``assign`` walks that list along the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from shouxie.net.graph import Spec

Kind = Literal["conv", "batch_norm", "linear", "layer_norm"]
Floats = NDArray[np.float32]

BATCH_NORM_EPS = 1e-5


@dataclass
class Group:
    """The parameters of one layer.

    Attributes:
        kind: what the layer is.
        weight: conv (out, in / groups, kh, kw); linear (in, out), as Paddle stores it; norms (C,).
        bias: (out,) or None.
        mean: batch norm's running mean (C,).
        variance: batch norm's running variance (C,).
        eps: a norm's epsilon.
    """

    kind: Kind
    weight: Floats
    bias: Floats | None = None
    mean: Floats | None = None
    variance: Floats | None = None
    eps: float | None = None


def as_floats(array: NDArray[np.generic]) -> Floats:
    """In float32; what is too large for it becomes infinite, which no model may have."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(array, np.float32)


def assign(groups: Sequence[Group], spec: Spec) -> dict[str, Floats]:
    """Weights by the network's own names.

    A convolution into which an exporter has folded its batch norm gets a batch norm that changes nothing but
    adds the bias.

    Raises:
        ValueError: the groups are not those of the network; the message names the layer.
    """
    weights: dict[str, Floats] = {}
    rest = iter(groups)
    layers = list(_layers(spec))
    held: Group | None = None
    for name, kind in layers:
        group = _identity_norm(held) if held is not None else next(rest, None)
        held = None
        if group is None or group.kind != kind:
            raise ValueError(f"{name}: expected a {kind}, found {group.kind if group else 'the end'}")
        weights.update(_tensors(name, group, spec))
        folded = kind == "conv" and f"{name}.bias" not in spec.shapes and group.bias is not None
        held = group if folded else None
    left = sum(1 for _ in rest)
    if left:
        raise ValueError(f"{left} more layers than the network has")
    return {name: weights[name] for name in spec.shapes}


def _layers(spec: Spec) -> Iterator[tuple[str, Kind]]:
    """The network's layers in the order of use, which is that of its state dict."""
    for tensor, shape in spec.shapes.items():
        layer, _, part = tensor.rpartition(".")
        if part != "weight":
            continue
        if f"{layer}.running_mean" in spec.shapes:
            yield layer, "batch_norm"
        else:
            kinds: dict[int, Kind] = {4: "conv", 2: "linear", 1: "layer_norm"}
            yield layer, kinds[len(shape)]


def _identity_norm(conv: Group) -> Group:
    """A batch norm that adds the bias of ``conv``: variance 1 - eps makes its divisor 1."""
    channels = len(conv.weight)
    ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    return Group("batch_norm", ones, conv.bias, zeros, ones - np.float32(BATCH_NORM_EPS), BATCH_NORM_EPS)


def _tensors(name: str, group: Group, spec: Spec) -> Iterator[tuple[str, Floats]]:
    weight = group.weight.T if group.kind == "linear" else group.weight
    parts = {"weight": weight, "bias": group.bias, "running_mean": group.mean, "running_var": group.variance}
    for part, array in parts.items():
        tensor = f"{name}.{part}"
        if tensor not in spec.shapes:
            continue
        if array is None:
            raise ValueError(f"{tensor} is missing")
        expected = spec.shapes[tensor]
        fits = len(expected) == array.ndim and all(
            e in (None, a) for e, a in zip(expected, array.shape, strict=True)
        )
        if not fits:
            raise ValueError(f"{tensor} has shape {array.shape}, the network needs {expected}")
        yield tensor, np.ascontiguousarray(array, np.float32)
