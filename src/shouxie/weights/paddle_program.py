"""Paddle's exported programs: ``inference.pdmodel`` or ``inference.json`` with ``inference.pdiparams``."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shouxie.errors import ModelError
from shouxie.net.graph import Spec
from shouxie.weights.paddle_pir import parse_pir
from shouxie.weights.paddle_wire import Operation, parse_params, parse_program
from shouxie.weights.sequence import BATCH_NORM_EPS, Floats, Group, as_floats, assign

PROGRAM, PARAMS, PIR = ".pdmodel", ".pdiparams", ".json"
_STEM = "inference"
MAX_OPERATIONS = 20_000
"""A recogniser has some 300; more would only take time."""

_PASSING = frozenset(("assign", "cast", "reshape2", "squeeze2", "unsqueeze2"))
_CONVS = frozenset(("conv2d", "depthwise_conv2d", "conv2d_fusion", "fused_conv2d"))
_LINEARS = {"matmul_v2": ("Y", "trans_y"), "matmul": ("Y", "transpose_Y"), "mul": ("Y", ""), "fc": ("W", "")}


def from_program(path: str | Path, spec: Spec) -> dict[str, NDArray[np.float32]]:
    """Weights of an exported program by the network's own names.

    Args:
        path: the ``.pdmodel`` (Paddle 3: ``.json``), the ``.pdiparams`` or the folder that holds both.
        spec: the network.

    Raises:
        ModelError: a file is missing or damaged, they do not belong together, or they are no such recogniser.
    """
    program, _ = partners(path)
    try:
        return assign(program_groups(path), spec)
    except ValueError as error:
        raise ModelError(program, str(error), "is it a PP-OCRv3 recogniser?") from error


def program_groups(path: str | Path) -> list[Group]:
    """The program's layers in the order of use, in Paddle's own shapes. Errors as ``from_program``."""
    program_path, params_path = partners(path)
    try:
        data = _read(program_path)
        program = parse_pir(data) if program_path.suffix == PIR else parse_program(memoryview(data))
    except (ValueError, struct.error) as error:
        raise ModelError(program_path, f"not a Paddle program that can be read ({error})") from error
    if not program.operations or not program.variables:
        raise ModelError(program_path, "not a Paddle program: it has no layers with weights")
    try:
        constants = parse_params(memoryview(_read(params_path)), program.variables)
    except ValueError as error:
        mend = f"is it complete, and does it belong to {program_path.name}?"
        raise ModelError(params_path, str(error), mend) from error
    if len(program.operations) > MAX_OPERATIONS:
        raise ModelError(program_path, "its program has more operations than any recogniser's")
    return _groups(program.operations, {name: as_floats(array) for name, array in constants.items()})


def partners(path: str | Path) -> tuple[Path, Path]:
    """The program and the ``.pdiparams`` that belong to either of them or to a folder.

    Raises:
        ModelError: one is missing.
    """
    path = Path(path)
    if path.is_dir():
        stems = {file.stem for file in path.iterdir() if file.suffix in (PROGRAM, PIR)}
        path = path / (stems.pop() if len(stems) == 1 else _STEM)
    program, params = path.with_suffix(PROGRAM), path.with_suffix(PARAMS)
    newer = path.with_suffix(PIR)
    if newer.is_file() and (path.suffix == PIR or not program.is_file()):
        program = newer
    for file in (program, params):
        if not file.is_file():
            raise ModelError(file, "no such file", f"{PROGRAM} or {PIR} and {PARAMS} stand side by side")
    return program, params


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(path, error.strerror or str(error)) from error


def _groups(operations: list[Operation], constants: dict[str, Floats]) -> list[Group]:
    found: list[Group] = []
    made_by: dict[str, Group] = {}
    for op in operations:
        given = [name for names in op.inputs.values() for name in names]
        results = [name for names in op.outputs.values() for name in names]
        if op.kind in _PASSING and given and given[0] in constants:
            constants.update((name, constants[given[0]]) for name in op.outputs.get("Out", ()))
            continue
        held = {s: constants[names[0]] for s, names in op.inputs.items() if names and names[0] in constants}
        group = _group(op, held)
        if group is not None:
            found.append(group)
        elif op.kind == "elementwise_add" and held:
            group = next((made_by[name] for name in given if name in made_by), None)
            if group is None or group.bias is not None:
                continue
            group.bias = next(iter(held.values())).ravel()
        if group is not None:
            made_by.update((name, group) for name in results)
    return found


def _group(op: Operation, held: dict[str, Floats]) -> Group | None:
    bias = held.get("Bias")
    if op.kind in _CONVS and "Filter" in held:
        return Group("conv", held["Filter"], bias)
    if op.kind == "batch_norm" and {"Scale", "Mean", "Variance"} <= held.keys():
        scale, mean, variance = (held[slot] for slot in ("Scale", "Mean", "Variance"))
        return Group("batch_norm", scale, bias, mean, variance, op.floats.get("epsilon", BATCH_NORM_EPS))
    if op.kind == "layer_norm" and "Scale" in held:
        return Group("layer_norm", held["Scale"], bias, eps=op.floats.get("epsilon", 1e-5))
    slot, transposed = _LINEARS.get(op.kind, ("", ""))
    if slot in held and held[slot].ndim == 2:
        weight = held[slot]
        return Group("linear", weight.T if op.flags.get(transposed) else weight, bias)
    return None
