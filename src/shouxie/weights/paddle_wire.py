"""The two formats of Paddle's exported programs: what a program says, and its parameters.

A program is a Protocol Buffers message. Its parameters are the persistable variables, joined in the order of
their sorted names; their file itself names none of them. Only bytes are parsed; nothing is run.
Sources: Paddle's ``framework.proto`` (2.6) for the field numbers; ``SerializeToStream`` in its
``lod_tensor.cc`` and ``tensor_util.cc`` for the records.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shouxie.weights.wire import fields, integers, nested, text

Array = NDArray[np.generic]

_LOD_TENSOR = 7
_TYPES = {0: "?", 1: "<i2", 2: "<i4", 3: "<i8", 4: "<f2", 5: "<f4", 6: "<f8", 20: "u1", 21: "i1"}


@dataclass
class Operation:
    """One operation of a program."""

    kind: str = ""
    inputs: dict[str, list[str]] = field(default_factory=dict)
    outputs: dict[str, list[str]] = field(default_factory=dict)
    floats: dict[str, float] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)


@dataclass
class Program:
    """Operations in the order of execution; persistable variables with their shapes."""

    operations: list[Operation]
    variables: dict[str, tuple[int, ...]]


def parse_program(data: memoryview) -> Program:
    """The first block of a program.

    Raises:
        ValueError, struct.error: the bytes are no program.
    """
    blocks = [nested(value) for number, value in fields(data) if number == 1]
    if not blocks:
        raise ValueError("it has no block")
    program = Program([], {})
    for number, value in fields(blocks[0]):
        if number == 3:
            name, shape = _variable(nested(value))
            if shape is not None:
                program.variables[name] = shape
        elif number == 4:
            program.operations.append(_operation(nested(value)))
    return program


def parse_params(data: memoryview, variables: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """The parameters (views on the bytes) of a program with these variables.

    Raises:
        ValueError: too short, too long, damaged, or of other shapes.
    """
    arrays: dict[str, Array] = {}
    at = 0
    for name in sorted(variables):
        try:
            arrays[name], at = _record(data, at)
        except (ValueError, struct.error) as error:
            place = f"parameter {len(arrays) + 1} of {len(variables)}, {name[:80]}"
            raise ValueError(f"it ends or breaks at {place} ({error})") from error
        if arrays[name].shape != variables[name]:
            shapes = f"{arrays[name].shape} here and {variables[name]} in the program"
            raise ValueError(f"{name[:80]} is {shapes}")
    if at != len(data):
        raise ValueError(f"{len(data) - at} bytes are left after the program's {len(variables)} parameters")
    return arrays


def _record(data: memoryview, at: int) -> tuple[Array, int]:
    """One parameter (a view on the bytes) and the position after it."""
    version, levels = struct.unpack_from("<IQ", data, at)
    if version or levels > 8:
        raise ValueError("not a tensor record")
    at += 12
    for _ in range(levels):  # offsets of variable-length sequences: a recogniser's parameters have none
        [length] = struct.unpack_from("<Q", data, at)
        if length > len(data) - at:
            raise ValueError("its data are cut off")
        at += 8 + length
    version, size = struct.unpack_from("<Ii", data, at)
    at += 8
    if version or not 0 < size <= len(data) - at:
        raise ValueError("not a tensor record")
    kind, shape = _tensor_desc(data[at : at + size])
    at += size
    if kind not in _TYPES:
        raise ValueError(f"data type {kind}")
    if min(shape, default=0) < 0:
        raise ValueError("impossible shape")
    dtype = np.dtype(_TYPES[kind])
    end = at + math.prod(shape) * dtype.itemsize
    if end > len(data):
        raise ValueError("its data are cut off")
    return np.frombuffer(data[at:end], dtype).reshape(shape), end


def _variable(data: memoryview) -> tuple[str, tuple[int, ...] | None]:
    """A variable's name, and its shape if it is a stored tensor."""
    name, stored = "", False
    kind: int | memoryview = -1
    shape: tuple[int, ...] = ()
    for number, value in fields(data):
        if number == 1:
            name = text(value)
        elif number == 3:
            stored = bool(value)
        elif number == 2:
            for part, inner in fields(nested(value)):
                if part == 1:
                    kind = inner
                elif part == 3:
                    for piece, desc in fields(nested(inner)):
                        shape = _tensor_desc(nested(desc))[1] if piece == 1 else shape
    return name, shape if stored and kind == _LOD_TENSOR else None


def _operation(data: memoryview) -> Operation:
    op = Operation()
    for number, value in fields(data):
        if number == 3:
            op.kind = text(value)
        elif number in (1, 2):
            slot, names = "", []
            for part, inner in fields(nested(value)):
                if part == 1:
                    slot = text(inner)
                elif part == 2:
                    names.append(text(inner))
            (op.inputs if number == 1 else op.outputs)[slot] = names
        elif number == 4:
            _attribute(nested(value), op)
    return op


def _attribute(data: memoryview, op: Operation) -> None:
    name = ""
    for number, value in fields(data):
        if number == 1:
            name = text(value)
        elif number == 4:
            [op.floats[name]] = struct.unpack("<f", nested(value))
        elif number == 10:
            op.flags[name] = bool(value)


def _tensor_desc(data: memoryview) -> tuple[int, tuple[int, ...]]:
    """Data type and shape; a size of -1 (open) stays -1."""
    kind, sizes = -1, list[int]()
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2:
            sizes.extend(v - (1 << 64) if v >> 63 else v for v in integers(value))
    if len(sizes) > 8:
        raise ValueError("impossible shape")
    return kind, tuple(sizes)
