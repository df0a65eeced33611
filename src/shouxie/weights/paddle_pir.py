"""``inference.json``: programs of Paddle 3 (PIR), told as operations of the older format.

Source: files that Paddle 3.2 wrote. An operation is an object with its name ``#`` (dialect and kind), inputs
``I`` and outputs ``O`` as numbered values ``%``, and attributes ``A``; one named ``p`` is a parameter.
"""

from __future__ import annotations

import json
from typing import Any

from shouxie.weights.paddle_wire import Operation, Program

_SLOTS = {
    "conv2d": ("conv2d", ("Input", "Filter")),
    "depthwise_conv2d": ("depthwise_conv2d", ("Input", "Filter")),
    "batch_norm_": ("batch_norm", ("X", "Mean", "Variance", "Scale", "Bias")),
    "layer_norm": ("layer_norm", ("X", "Scale", "Bias")),
    "matmul": ("matmul_v2", ("X", "Y")),
    "add": ("elementwise_add", ("X", "Y")),
    "reshape": ("reshape2", ("X",)),
    "assign": ("assign", ("X",)),
    "cast": ("cast", ("X",)),
}


def parse_pir(data: bytes) -> Program:
    """The operations that have parameters, and the parameters.

    Raises:
        ValueError: not such a file.
    """
    try:
        [block] = json.loads(data)["program"]["regions"][0]["blocks"]
        program = Program([], {})
        for op in block["ops"]:
            kind = str(op["#"]).rpartition(".")[2]
            if kind == "p":
                _parameter(op, program)
            elif kind in _SLOTS:
                program.operations.append(_operation(op, *_SLOTS[kind]))
    except (LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("no program in it") from error
    return program


def _parameter(op: dict[str, Any], program: Program) -> None:
    name, shape = str(op["A"][3]), op["O"]["TT"]["D"][1]
    program.variables[name] = tuple(int(size) for size in shape)
    value = [_value(op["O"])]
    program.operations.append(Operation("assign", {"X": [name]}, {"Out": value}))


def _operation(op: dict[str, Any], kind: str, slots: tuple[str, ...]) -> Operation:
    inputs = {slot: [_value(value)] for slot, value in zip(slots, op["I"], strict=False)}
    made = Operation(kind, inputs, {"Out": [_value(value) for value in op["O"]]})
    for attribute in op["A"]:
        name, value = str(attribute["N"]), attribute["AT"].get("D")
        if name == "epsilon":
            made.floats[name] = float(value)
        elif name == "transpose_y":
            made.flags["trans_y"] = bool(value)
    return made


def _value(value: dict[str, Any]) -> str:
    return f"%{int(value['%'])}"
