"""Pickles of NumPy arrays, read without running anything.

``pickle.load`` executes whatever a file asks for. This reader walks the opcodes with ``pickletools`` and
keeps its own small stack: there is no opcode here that calls something, only the few constructions that
arrays are made of, rebuilt as our own objects. Sizes that a file claims are compared with the bytes it has;
nothing is allocated by them.

Sources: ``pickletools`` (Python library) for the opcodes; ``ndarray.__reduce__`` and ``dtype.__reduce__`` for
what NumPy writes.
"""

from __future__ import annotations

import math
import pickletools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]

MAX_OPCODES = 200_000
"""A training archive has about 20,000; a longer stream is something else."""

_RECONSTRUCT, _NDARRAY, _DTYPE, _ENCODE, _DICT = "_reconstruct", "ndarray", "dtype", "encode", "OrderedDict"
_BYTES = "bytes"
_NAMES = {
    "numpy.core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": _RECONSTRUCT,
    "numpy ndarray": _NDARRAY,
    "numpy dtype": _DTYPE,
    "_codecs encode": _ENCODE,
    "collections OrderedDict": _DICT,
    "__builtin__ bytes": _BYTES,
}
_CODES = frozenset(("b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"))
_VALUES = frozenset(
    [
        f"BIN{kind}"
        for kind in ("INT", "INT1", "INT2", "FLOAT", "STRING", "BYTES", "BYTES8", "UNICODE", "UNICODE8")
    ]
    + ["LONG1", "SHORT_BINSTRING", "SHORT_BINBYTES", "SHORT_BINUNICODE"]
)
_CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_PUTS, _GETS = ("BINPUT", "LONG_BINPUT", "MEMOIZE"), ("BINGET", "LONG_BINGET")
_EMPTIES = ("EMPTY_DICT", "EMPTY_LIST")
_COLLECTORS = ("TUPLE", "SETITEMS", "APPENDS", "SETITEM", "APPEND")
_NAMERS, _MAKERS = ("GLOBAL", "STACK_GLOBAL"), ("REDUCE", "BUILD")
_KNOWN = frozenset(("MARK", "PROTO", "FRAME", *_VALUES, *_CONSTANTS, *_TUPLES, *_PUTS, *_GETS, *_EMPTIES)) | {
    *_COLLECTORS,
    *_NAMERS,
    *_MAKERS,
}
_OPCODES = {opcode.code.encode("latin1"): opcode for opcode in pickletools.opcodes}


class RefusedError(ValueError):
    """The file asks for something that arrays do not need."""


@dataclass(frozen=True)
class _Global:
    """One of the names in ``_NAMES``; a mark on the stack, never the thing itself."""

    name: str


@dataclass
class _Dtype:
    code: str


@dataclass
class _Held:
    """An array under construction."""

    array: Array | None = None


def load_arrays(data: bytes) -> dict[str, Any]:
    """The dictionary in a pickle; arrays become NumPy arrays (views on the bytes), read-only.

    Raises:
        RefusedError: it wants to run something; the message names what.
        ValueError: cut off, damaged, or no dictionary.
    """
    machine = _Machine()
    try:
        for count, (name, argument) in enumerate(_instructions(BytesIO(data))):
            if count > MAX_OPCODES:
                raise RefusedError("it has more instructions than weights need")
            machine.step(name, argument)
        result = machine.stack.pop()
    except (IndexError, KeyError, TypeError, AttributeError, struct.error, OverflowError) as error:
        raise ValueError("it is damaged") from error
    if not isinstance(result, dict):
        raise ValueError("it holds no dictionary of arrays")
    return {key: _finished(value) for key, value in result.items()}


def _instructions(stream: BytesIO) -> Iterator[tuple[str, Any]]:
    """Name and argument of each opcode up to STOP; a refused one's argument is not even decoded."""
    while code := stream.read(1):
        opcode = _OPCODES.get(code)
        if opcode is None:
            raise ValueError("it is no pickle, or damaged")
        if opcode.name == "STOP":
            return
        if opcode.name not in _KNOWN:
            raise RefusedError(f"it uses the instruction {opcode.name}")
        if opcode.name == "GLOBAL":  # pickletools would undo escapes, which there are none of
            module, name = (stream.readline().rstrip(b"\n").decode() for _ in range(2))
            yield opcode.name, f"{module} {name}"
        else:
            yield opcode.name, opcode.arg.reader(stream) if opcode.arg else None
    raise ValueError("it is cut off")


class _Machine:
    """The stack, the memo and what each opcode does to them."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.encoded: dict[int, tuple[str, bytes]] = {}

    def step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in _VALUES:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            self._tuple(_TUPLES[name])
        elif name in _PUTS:
            self.memo[len(self.memo) if argument is None else argument] = stack[-1]
        elif name in _GETS:
            stack.append(self.memo[argument])
        elif name in _EMPTIES:
            stack.append({} if name == "EMPTY_DICT" else [])
        elif name == "MARK":
            self.marks.append(stack)
            self.stack = []
        elif name in _COLLECTORS:
            self._collect(name)
        elif name in _NAMERS:
            self._global(argument)
        elif name in _MAKERS:
            argument, target = stack.pop(), stack.pop()
            stack.append(self._reduce(target, argument) if name == "REDUCE" else _build(target, argument))

    def _tuple(self, size: int) -> None:
        items = tuple(self.stack[-size:])
        if len(items) != size:
            raise ValueError("it is damaged")
        self.stack[-size:] = [items]

    def _collect(self, name: str) -> None:
        if name in ("SETITEM", "APPEND"):
            size = 2 if name == "SETITEM" else 1
            items = self.stack[-size:]
            del self.stack[-size:]
        else:
            items, self.stack = self.stack, self.marks.pop()
        if name == "TUPLE":
            self.stack.append(tuple(items))
        elif name.startswith("APPEND"):
            _expect(self.stack[-1], list).extend(items)
        else:
            keys = [_expect(key, str) for key in items[::2]]  # a nested tuple as a key takes for ever to hash
            _expect(self.stack[-1], dict).update(zip(keys, items[1::2], strict=True))

    def _global(self, argument: str | None) -> None:
        if argument is None:
            name, module = _expect(self.stack.pop(), str), _expect(self.stack.pop(), str)
            argument = f"{module} {name}"
        if argument not in _NAMES:
            _refuse(argument)
        self.stack.append(_Global(_NAMES[argument]))

    def _reduce(self, target: object, arguments: Any) -> object:
        """What the call ``target(*arguments)`` would have made, as far as arrays are made so."""
        _expect(arguments, tuple)
        name = _expect(target, _Global).name
        if name == _RECONSTRUCT and arguments and arguments[0] == _Global(_NDARRAY):
            return _Held()
        if name == _DTYPE and arguments and isinstance(arguments[0], str):
            code = arguments[0].lstrip("<|")
            if code not in _CODES:
                raise RefusedError(f"it has an array of type {arguments[0][:20]!r}, not numbers")
            return _Dtype(code)
        if name == _ENCODE and len(arguments) == 2 and arguments[1] in ("latin1", "latin-1"):
            text = _expect(arguments[0], str)
            if id(text) not in self.encoded:  # memoised text is encoded once, however often it is named
                self.encoded[id(text)] = text, text.encode("latin1")
            return self.encoded[id(text)][1]
        if name in (_DICT, _BYTES) and arguments == ():  # protocol 2 writes b"" as a call of bytes
            return {} if name == _DICT else b""
        return _refuse(name)


def _build(target: object, state: Any) -> object:
    if not isinstance(target, (_Dtype, _Held)):
        raise RefusedError("it sets the inner state of something that is no array")
    _expect(state, tuple)
    if isinstance(target, _Dtype):
        if state[1] not in ("<", "|"):
            raise RefusedError("it has an array whose byte order is not little-endian")
        return target
    _, shape, dtype, fortran, raw = state
    kind = np.dtype(f"<{_expect(dtype, _Dtype).code}")
    raw = raw.encode("latin1") if isinstance(raw, str) else _expect(raw, bytes)
    sizes = [_expect(size, int) for size in _expect(shape, tuple)[:9]]
    if len(sizes) > 8 or any(not 0 <= size < 1 << 40 for size in sizes):
        raise ValueError("it has an array with an impossible shape")
    if math.prod(sizes) * kind.itemsize != len(raw):
        raise ValueError(f"it has an array of shape {tuple(sizes)} whose data are {len(raw)} bytes")
    target.array = np.frombuffer(raw, kind).reshape(sizes, order="F" if fortran is True else "C")
    return target


def _finished(value: object) -> object:
    """Arrays for their holders, also in pairs (name, array), which ``paddle.save`` may write."""
    if isinstance(value, _Held):
        if value.array is None:
            raise ValueError("it has an array without data")
        return value.array
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], _Held):
        return _finished(value[1])
    return value


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"it has a {type(value).__name__} where a {kind.__name__} is due")
    return value


def _refuse(name: str) -> NoReturn:
    raise RefusedError(f"it wants to run {'.'.join(name[:80].split())}")
