"""The Protocol Buffers wire format, as much as ONNX and Paddle files need.

Source: Protocol Buffers documentation, "Encoding": varints, length-delimited and fixed-size fields.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(value: int) -> bytes:
    """``value`` (not negative) as a base-128 varint."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field_varint(number: int, value: int) -> bytes:
    """Field ``number`` holding an integer."""
    return varint(number << 3 | VARINT) + varint(value)


def field_bytes(number: int, value: bytes) -> bytes:
    """Field ``number`` holding bytes, a string or a message."""
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def read_varint(data: memoryview, at: int) -> tuple[int, int]:
    """The varint at ``at`` and the position after it.

    Raises:
        ValueError: it runs past the end or is longer than 64 bits.
    """
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("broken integer")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of one message: (number, value); a view on the bytes for all but varints.

    Raises:
        ValueError: the bytes are no message.
    """
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = read_varint(data, at)
            yield number, value
            continue
        if kind == BYTES:
            size, at = read_varint(data, at)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind}")
        if size > len(data) - at:
            raise ValueError("message is cut off")
        yield number, data[at : at + size]
        at += size


def integers(value: int | memoryview) -> Iterator[int]:
    """The numbers of a repeated integer field, packed or not."""
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        number, at = read_varint(value, at)
        yield number


def nested(value: int | memoryview) -> memoryview:
    """The bytes of a field.

    Raises:
        ValueError: it holds a number.
    """
    if isinstance(value, int):
        raise ValueError("a number where bytes are due")
    return value


def text(value: int | memoryview) -> str:
    """The string in a field. Raises ValueError as ``nested`` does, or if it is not UTF-8."""
    return bytes(nested(value)).decode()
