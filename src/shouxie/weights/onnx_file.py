"""Reading ONNX files: nodes, constants and metadata, and from them a recogniser's layers in order of use.

Only bytes are parsed here; nothing of the file is run. Source: onnx.proto3 for the field numbers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shouxie.errors import ModelError
from shouxie.weights.sequence import Floats, Group, as_floats
from shouxie.weights.wire import fields, integers, nested, text

Array = NDArray[np.generic]

_TYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8"}
_PASSING = frozenset(("Identity", "Cast", "Reshape", "Unsqueeze", "Squeeze", "Dropout"))


MAX_PARTS = 100_000
"""Operations, constants and names of a graph; a recogniser has about 1,000. In memory an operation takes a
hundred times its shortest bytes."""


@dataclass
class Node:
    """One operation of a graph."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    floats: dict[str, float] = field(default_factory=dict)
    ints: dict[str, list[int]] = field(default_factory=dict)
    tensor: Array | None = None


@dataclass
class OnnxFile:
    """What an importer needs of an ONNX file."""

    nodes: list[Node]
    constants: dict[str, Array]
    metadata: dict[str, str]


def read_onnx(path: str | Path) -> OnnxFile:
    """Parse an ONNX file.

    Raises:
        ModelError: missing, cut off or not ONNX; weights in a second file.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ModelError(path, error.strerror or str(error)) from error
    try:
        parsed = _model(memoryview(data))
    except (ValueError, TypeError, struct.error, OverflowError, MemoryError) as error:
        raise ModelError(path, f"not an ONNX file that can be read ({error})", "is it complete?") from error
    if not parsed.nodes:
        raise ModelError(path, "not an ONNX file: it has no graph")
    return parsed


def groups(file: OnnxFile) -> list[Group]:
    """The trained layers in the order in which the graph uses them.

    Takes the forms that paddle2onnx has written over the years: constants as nodes or initialisers, batch
    norm apart or folded into its convolution, layer norm whole or written out, ``MatMul`` + ``Add`` or
    ``Gemm``.
    """
    constants = {name: as_floats(array) for name, array in file.constants.items() if array.dtype.kind == "f"}
    found: dict[int, Group] = {}
    made_by: dict[str, Group] = {}
    for node in file.nodes:
        if node.kind in _PASSING and node.inputs and node.inputs[0] in constants:
            constants[node.outputs[0]] = constants[node.inputs[0]]
            continue
        group = _group(node, constants, made_by)
        if group is not None:
            found[id(group)] = group
        source = group or (made_by.get(node.inputs[0]) if node.kind == "Identity" and node.inputs else None)
        if source is not None:
            made_by[node.outputs[0]] = source
    return [g for g in found.values() if g.kind != "layer_norm" or g.bias is not None]


def _group(node: Node, constants: dict[str, Floats], made_by: dict[str, Group]) -> Group | None:
    held = [constants[name] for name in node.inputs if name in constants]
    if node.kind == "Conv" and held:
        return Group("conv", held[0], held[1] if len(held) > 1 else None)
    if node.kind == "BatchNormalization" and len(held) == 4:
        scale, shift, mean, variance = held
        return Group("batch_norm", scale, shift, mean, variance, node.floats.get("epsilon", 1e-5))
    if node.kind == "LayerNormalization" and len(held) == 2:
        return Group("layer_norm", held[0], held[1], eps=node.floats.get("epsilon", 1e-5))
    if node.kind in ("MatMul", "Gemm") and held and held[0].ndim == 2:
        weight = held[0].T if node.ints.get("transB") == [1] else held[0]
        return Group("linear", weight, held[1].ravel() if len(held) > 1 else None)
    vectors = [a for a in held if a.size > 1]
    if node.kind == "Mul" and vectors:
        return Group("layer_norm", vectors[0].ravel())
    if node.kind == "Add" and vectors:
        before = next((made_by[name] for name in node.inputs if name in made_by), None)
        if before is not None and before.bias is None:
            before.bias = vectors[0].ravel()
            return before
    return None


def _model(data: memoryview) -> OnnxFile:
    graph: memoryview | None = None
    metadata: dict[str, str] = {}
    for number, value in fields(data):
        if number == 7:
            graph = nested(value)
        elif number == 14:
            entry = {n: text(v) for n, v in fields(nested(value))}
            metadata[entry.get(1, "")] = entry.get(2, "")
    file = OnnxFile([], {}, metadata)
    for count, (number, value) in enumerate(fields(graph) if graph is not None else ()):
        if count > MAX_PARTS:
            raise ValueError("its graph has more parts than any recogniser's")
        if number == 1:
            node = _node(nested(value))
            if node.kind == "Constant" and node.outputs and node.tensor is not None:
                file.constants[node.outputs[0]] = node.tensor
            elif node.kind != "Constant" and node.outputs:
                file.nodes.append(node)
        elif number == 5:
            name, array = _tensor(nested(value))
            file.constants[name] = array
    return file


def _node(data: memoryview) -> Node:
    node = Node("", [], [])
    for number, value in fields(data):
        if number in (1, 2):
            (node.inputs if number == 1 else node.outputs).append(text(value))
        elif number == 4:
            node.kind = text(value)
        elif number == 5:
            _attribute(nested(value), node)
    return node


def _attribute(data: memoryview, node: Node) -> None:
    name = ""
    for number, value in fields(data):
        if number == 1:
            name = text(value)
        elif number == 2:
            [node.floats[name]] = struct.unpack("<f", nested(value))
        elif number == 3 and isinstance(value, int):
            node.ints[name] = [value]
        elif number == 8:
            node.ints.setdefault(name, []).extend(integers(value))
        elif number == 5:
            _, node.tensor = _tensor(nested(value))


def _tensor(data: memoryview) -> tuple[str, Array]:
    dims: list[int] = []
    name, kind, raw = "", 0, memoryview(b"")
    loose: list[int] = []
    for number, value in fields(data):
        if number == 1:
            dims.extend(integers(value))
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 4:
            raw = nested(value)  # float_data, packed
        elif number == 7:
            loose.extend(integers(value))  # int64_data
        elif number == 8:
            name = text(value)
        elif number == 9:
            raw = nested(value)
        elif number == 13:
            raise ValueError("its weights stand in a second file; save it with the weights inside")
    if kind not in _TYPES:
        raise ValueError(f"tensor {name!r} has a data type that no recogniser uses")
    if loose and not raw:
        return name, np.array([v - (1 << 64) if v >> 63 else v for v in loose], np.int64).reshape(dims)
    return name, np.frombuffer(raw, np.dtype(_TYPES[kind])).reshape(dims)
