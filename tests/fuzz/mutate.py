"""Ways to break a file, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

Mutator = Callable[[bytearray, Random], None]

MAX_SIZE = 1 << 20
"""Mutated files do not grow beyond this."""

INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 62)
HEAD = 64


def mutate(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """``data`` with one to four faults; ``others`` are files that it may be spliced with."""
    broken = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        if others and random.random() < 0.05:
            splice(broken, random.choice(others), random)
        else:
            random.choice(MUTATORS)(broken, random)
        del broken[MAX_SIZE:]
    return bytes(broken)


def splice(data: bytearray, other: bytes, random: Random) -> None:
    """The beginning of one file and the end of another."""
    data[_place(data, random) :] = other[random.randrange(len(other) + 1) :]


def flip_bits(data: bytearray, random: Random) -> None:
    """Up to eight bits turned over."""
    for _ in range(random.randint(1, 8) if data else 0):
        data[_place(data, random)] ^= 1 << random.randrange(8)


def overwrite(data: bytearray, random: Random) -> None:
    """A few bytes replaced by others."""
    start, stop = _slice(data, random, 16)
    data[start:stop] = random.randbytes(stop - start)


def delete(data: bytearray, random: Random) -> None:
    """A piece taken out."""
    start, stop = _slice(data, random, 256)
    del data[start:stop]


def insert(data: bytearray, random: Random) -> None:
    """A few bytes put in between."""
    start, _ = _slice(data, random, 1)
    data[start:start] = random.randbytes(random.randint(1, 32))


def duplicate(data: bytearray, random: Random) -> None:
    """A piece repeated, once or many times."""
    start, stop = _slice(data, random, 256)
    data[stop:stop] = data[start:stop] * random.choice((1, 1, 2, 10, 200))


def move(data: bytearray, random: Random) -> None:
    """A piece copied over another place."""
    start, stop = _slice(data, random, 64)
    at, _ = _slice(data, random, 1)
    data[at : at + stop - start] = data[start:stop]


def truncate(data: bytearray, random: Random) -> None:
    """The end cut off."""
    del data[random.randrange(len(data) + 1) :]


def zero(data: bytearray, random: Random) -> None:
    """A run of zeros."""
    start, stop = _slice(data, random, 64)
    data[start:stop] = bytes(stop - start)


def fill(data: bytearray, random: Random) -> None:
    """A run of 0xff."""
    start, stop = _slice(data, random, 64)
    data[start:stop] = b"\xff" * (stop - start)


def integer(data: bytearray, random: Random) -> None:
    """A telling integer at an aligned place, little or big endian."""
    width = random.choice((1, 2, 4, 8))
    value = random.choice(INTERESTING) & ((1 << 8 * width) - 1)
    at = _place(data, random) // width * width
    data[at : at + width] = value.to_bytes(width, random.choice(("little", "big")))


def digits(data: bytearray, random: Random) -> None:
    """A number in a text made another: where nothing is written in digits, a byte is overwritten."""
    places = [i for i in range(min(len(data), 4096)) if 0x30 <= data[i] <= 0x39]
    at = random.choice(places) if places else _place(data, random)
    data[at : at + 1] = random.choice((b"-1", b"0", b"1e999", b"NaN", b"99999999999999999999", b"[" * 2000))


MUTATORS: tuple[Mutator, ...] = (
    flip_bits,
    overwrite,
    delete,
    insert,
    duplicate,
    move,
    truncate,
    zero,
    fill,
    integer,
    integer,
    digits,
)


def _place(data: bytearray, random: Random) -> int:
    """An offset; every fourth time near the beginning, where formats keep their sizes."""
    size = min(HEAD, len(data)) if random.random() < 0.25 else len(data)
    return random.randrange(size) if size else 0


def _slice(data: bytearray, random: Random, longest: int) -> tuple[int, int]:
    start = _place(data, random)
    return start, min(len(data), start + random.randint(1, longest))
