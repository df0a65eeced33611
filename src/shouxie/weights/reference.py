"""SVTR_LCNet's forward pass in plain NumPy, on a released file's own tensors in their own shapes.

It knows nothing of our names and of how they are laid out, so that what it computes can tell a wrong mapping
from a right one. Slow, exact (float64) and meant for one small picture.
Sources: as ``shouxie.net``: arXiv 2206.03001 and 2205.00159; Paddle's documentation of each operation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from shouxie.weights.sequence import BATCH_NORM_EPS, Group, Kind

Doubles = NDArray[np.float64]

_STRIDES = ((1, 1),) * 3 + ((2, 1), (1, 1), (2, 1)) + ((1, 1),) * 5 + ((2, 1), (1, 2))
_EXCITED = (11, 12)
_HEADS = 8


def reference_softmax(
    source: Sequence[Group], x: NDArray[np.floating], *, pool_rows: int = 2
) -> NDArray[np.float32]:
    """Class probabilities.

    Args:
        source: layers in the order of use; linear weights (in, out).
        x: pictures (N, 3, 48, W), normalised.
        pool_rows: height of the last pool's kernel. The released weights were trained with 2, which drops the
            third of three rows.

    Returns:
        (N, T, classes).

    Raises:
        ValueError: the layers are not those of the network.
    """
    layers = _Layers(source)
    z = _backbone(np.asarray(x, np.float64), layers)
    z = z[:, :, :pool_rows, : z.shape[3] // 2 * 2]
    z = z.reshape(*z.shape[:3], -1, 2).mean(axis=(2, 4))[:, :, None]
    z = _neck(z, layers)[:, :, 0].transpose(0, 2, 1)
    return _softmax(_linear(z, layers.take("linear"))).astype(np.float32)


class _Layers:
    """The source's layers, taken one by one."""

    def __init__(self, source: Sequence[Group]) -> None:
        self.rest = list(source)[::-1]

    def take(self, kind: Kind) -> Group:
        group = self.rest.pop() if self.rest else None
        if group is None or group.kind != kind:
            raise ValueError(f"expected a {kind}, found {group.kind if group else 'the end'}")
        return group

    def conv_norm(self, x: Doubles, stride: tuple[int, int] = (1, 1)) -> Doubles:
        """Convolution and batch norm, which an exporter may have folded into a convolution with bias."""
        conv = self.take("conv")
        y = _conv(x, conv, stride)
        if conv.bias is not None:
            return y
        norm = self.take("batch_norm")
        assert norm.mean is not None
        assert norm.variance is not None
        scale = norm.weight / np.sqrt(_doubles(norm.variance) + (norm.eps or BATCH_NORM_EPS))
        return (y - _channels(norm.mean)) * _channels(scale) + _channels(norm.bias)


def _backbone(x: Doubles, layers: _Layers) -> Doubles:
    z = _hard_swish(layers.conv_norm(x, (2, 2)))
    for i, stride in enumerate(_STRIDES):
        z = _hard_swish(layers.conv_norm(z, stride))
        if i in _EXCITED:
            gate = _conv(z.mean(axis=(2, 3), keepdims=True), layers.take("conv"))
            gate = _conv(np.maximum(gate, 0), layers.take("conv"))
            z = z * np.clip(gate / 6 + 0.5, 0, 1)
        z = _hard_swish(layers.conv_norm(z))
    return z


def _neck(x: Doubles, layers: _Layers) -> Doubles:
    z = _swish(layers.conv_norm(_swish(layers.conv_norm(x))))
    z = z[:, :, 0].transpose(0, 2, 1)
    for _ in range(2):
        z = z + _attention(_layer_norm(z, layers.take("layer_norm")), layers)
        inner = _layer_norm(z, layers.take("layer_norm"))
        z = z + _linear(_swish(_linear(inner, layers.take("linear"))), layers.take("linear"))
    z = _layer_norm(z, layers.take("layer_norm"), 1e-6)
    z = _swish(layers.conv_norm(z.transpose(0, 2, 1)[:, :, None]))
    z = _swish(layers.conv_norm(np.concatenate((x, z), axis=1)))
    return _swish(layers.conv_norm(z))


def _attention(x: Doubles, layers: _Layers) -> Doubles:
    n, t, c = x.shape
    qkv = _linear(x, layers.take("linear")).reshape(n, t, 3, _HEADS, c // _HEADS)
    q, k, v = qkv.transpose(2, 0, 3, 1, 4)
    weights = _softmax(q @ k.swapaxes(2, 3) * (c // _HEADS) ** -0.5)
    return _linear((weights @ v).transpose(0, 2, 1, 3).reshape(n, t, c), layers.take("linear"))


def _conv(x: Doubles, conv: Group, stride: tuple[int, int] = (1, 1)) -> Doubles:
    w = _doubles(conv.weight)
    rows, columns = w.shape[2:]
    up, left = rows // 2, columns // 2
    padded = np.pad(x, ((0, 0), (0, 0), (up, up), (left, left)))
    windows = sliding_window_view(padded, (rows, columns), axis=(2, 3))[:, :, :: stride[0], :: stride[1]]
    if w.shape[1] == 1:
        y: Doubles = np.einsum("nchwij,cij->nchw", windows, w[:, 0])
    else:
        y = np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
    return y if conv.bias is None else y + _channels(conv.bias)


def _linear(x: Doubles, linear: Group) -> Doubles:
    y: Doubles = x @ _doubles(linear.weight)
    return y if linear.bias is None else y + linear.bias


def _layer_norm(x: Doubles, norm: Group, eps: float = 1e-5) -> Doubles:
    x = x - x.mean(axis=-1, keepdims=True)
    x = x / np.sqrt(np.square(x).mean(axis=-1, keepdims=True) + (norm.eps or eps))
    return _doubles(x * norm.weight + (0 if norm.bias is None else norm.bias))


def _channels(vector: NDArray[np.floating] | None) -> Doubles:
    """(C,) as (C, 1, 1)."""
    return _doubles(0 if vector is None else vector)[..., None, None]


def _doubles(values: ArrayLike) -> Doubles:
    return np.asarray(values, np.float64)


def _softmax(x: Doubles) -> Doubles:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return _doubles(e / e.sum(axis=-1, keepdims=True))


def _hard_swish(x: Doubles) -> Doubles:
    return _doubles(x * np.clip(x + 3, 0, 6) / 6)


def _swish(x: Doubles) -> Doubles:
    return _doubles(x / (1 + np.exp(-x)))
