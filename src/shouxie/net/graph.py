"""A network as the reading path knows it: an ONNX graph without weights, and the weights' names and shapes.

Both are written by ``recipes/graphs.py``. Filling a graph needs neither PyTorch nor the package ``onnx``:
Protocol Buffers merge messages that stand one after the other and join their lists, so weights become
initialisers by appending ``ModelProto { graph { initializer … } }`` to the graph's bytes.
Sources: Protocol Buffers documentation, "Encoding", section on merging; onnx.proto3 for the field numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shouxie.errors import UsageError
from shouxie.weights.wire import field_bytes, field_varint

GRAPHS = Path(__file__).parent / "graphs"

_MODEL_GRAPH, _MODEL_METADATA = 7, 14
_GRAPH_INITIALIZER = 5
_TENSOR_DIMS, _TENSOR_TYPE, _TENSOR_NAME, _TENSOR_RAW = 1, 2, 8, 9
_ENTRY_KEY, _ENTRY_VALUE = 1, 2
_TYPES = {np.dtype("float32"): 1, np.dtype("int64"): 7, np.dtype("float16"): 10}


@dataclass(frozen=True)
class Spec:
    """What a network is made of.

    Attributes:
        network: its name in the registry.
        height: height of the pictures it takes, in pixels.
        step: width of one time step, in pixels.
        shapes: weight name to shape, in state-dict order; None stands for the number of classes.
    """

    network: str
    height: int
    step: int
    shapes: Mapping[str, tuple[int | None, ...]]

    def shape(self, name: str, classes: int) -> tuple[int, ...]:
        """The shape of one weight in a network of so many classes."""
        return tuple(classes if size is None else size for size in self.shapes[name])


@lru_cache
def spec(network: str) -> Spec:
    """The spec of a network that the package has a graph of.

    Raises:
        UsageError: it has none.
    """
    known = sorted(p.stem for p in GRAPHS.glob("*.json"))
    if network not in known:
        raise UsageError(f"no network is called {network[:80]!r}; there are: {', '.join(known)}")
    facts = json.loads((GRAPHS / f"{network}.json").read_text("utf-8"))
    shapes = {name: tuple(shape) for name, shape in facts["shapes"].items()}
    return Spec(network, facts["height"], facts["step"], shapes)


def filled(
    network: str,
    weights: Mapping[str, NDArray[np.generic]],
    *,
    k: int,
    metadata: Mapping[str, str] | None = None,
) -> bytes:
    """An ONNX file: the graph of ``network`` with ``weights`` in it.

    Args:
        network: a name that the package has a graph of.
        weights: name to array, as in the network's state dict; float16 is widened to float32.
        k: how many classes per time step the graph returns, best first.
        metadata: written into ``metadata_props``.

    Returns:
        The file's bytes. Input ``x`` (N, 3, H, W) float32; outputs ``probabilities`` (N, T, k) float32 and
        ``ids`` (N, T, k) int32.
    """
    spec(network)
    tensors = {**weights, "k": np.array([k], dtype=np.int64)}
    parts = [
        (GRAPHS / f"{network}.onnx").read_bytes(),
        field_bytes(_MODEL_GRAPH, b"".join(_initialisers(tensors))),
    ]
    for key, value in (metadata or {}).items():
        entry = field_bytes(_ENTRY_KEY, key.encode()) + field_bytes(_ENTRY_VALUE, value.encode())
        parts.append(field_bytes(_MODEL_METADATA, entry))
    return b"".join(parts)


def _initialisers(tensors: Mapping[str, NDArray[np.generic]]) -> Iterator[bytes]:
    for name, array in tensors.items():
        wide = array.astype(np.float32) if array.dtype == np.float16 else array
        fields = [field_varint(_TENSOR_DIMS, size) for size in wide.shape]
        fields.append(field_varint(_TENSOR_TYPE, _TYPES[wide.dtype]))
        fields.append(field_bytes(_TENSOR_NAME, name.encode()))
        fields.append(field_bytes(_TENSOR_RAW, np.ascontiguousarray(wide).tobytes()))
        yield field_bytes(_GRAPH_INITIALIZER, b"".join(fields))
