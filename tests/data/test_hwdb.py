"""HWDB files: exact against a real one, byte-layout round trips, cuts and damage."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shouxie.data.hwdb import ILLEGIBLE, Ink, read_dgrl, read_gnt
from shouxie.errors import DataError
from tests.data.hwdb_files import dgrl, gnt, page, scribble

Reader = Callable[[Path], Iterator[Ink]]


def same(a: Sequence[Ink], b: Sequence[Ink]) -> bool:
    return len(a) == len(b) and all(
        (x.text, x.number, x.top, x.left) == (y.text, y.number, y.top, y.left)
        and np.array_equal(x.pixels, y.pixels)
        for x, y in zip(a, b, strict=True)
    )


def until_fault(read: Reader, path: Path) -> tuple[list[Ink], DataError | None]:
    """What a reader gives before its fault, and the fault."""
    seen: list[Ink] = []
    try:
        for line in read(path):
            seen.append(line)  # noqa: PERF402 - a comprehension would lose them at the fault
    except DataError as fault:
        return seen, fault
    return seen, None


def test_real_page_is_exact(realink: Path) -> None:
    folder = realink / "hwdb"
    rows = [row.split("\t") for row in (folder / "labels.tsv").read_text("utf-8").splitlines()]
    lines = list(read_dgrl(folder / "006-P16.dgrl"))
    assert [line.text for line in lines] == [text for _, text in rows]
    for line, (name, _) in zip(lines, rows, strict=True):
        assert np.array_equal(line.pixels, np.asarray(Image.open(folder / name)))


def test_real_page_writes_back_to_the_same_bytes(realink: Path) -> None:
    path = realink / "hwdb" / "006-P16.dgrl"
    assert dgrl(list(read_dgrl(path))) == path.read_bytes()


GB = st.sampled_from("一龥啊座,1A·—“”。～Ａａ㈱" + ILLEGIBLE)


@settings(max_examples=60)
@given(
    texts=st.lists(st.text(GB, max_size=6), min_size=0, max_size=4),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    illustration=st.binary(max_size=9),
    length=st.integers(2, 4),
)
def test_dgrl_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str],
    size: tuple[int, int],
    illustration: bytes,
    length: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "page.dgrl"
    lines = page(*texts, height=size[0], width=size[1])
    path.write_bytes(dgrl(lines, illustration=illustration, code_length=length))
    assert same(list(read_dgrl(path)), lines)


def test_gnt_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "a.gnt"
    characters = [Ink(t, scribble(i, 4, 3 + i), i) for i, t in enumerate("啊A,丂" + ILLEGIBLE)]
    path.write_bytes(gnt(characters))
    assert same(list(read_gnt(path)), characters)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"A\0", "A"),
        (b"\xff\xff", ILLEGIBLE),
        (b"\0\0", ILLEGIBLE),
        (b"\xff\0", ILLEGIBLE),
        (b"\xaa\xa1", ILLEGIBLE),  # private use
        (b"\n\0", ILLEGIBLE),
        (b"\xa8\xbf", "ǹ"),  # in GB 18030, not in GBK
        (b"AB", ILLEGIBLE),  # two characters in the place of one
    ],
)
def test_codes(tmp_path: Path, raw: bytes, text: str) -> None:
    path = tmp_path / "a.gnt"
    path.write_bytes(struct.pack("<I2sHH", 11, raw, 1, 1) + b"\x07")
    assert [c.text for c in read_gnt(path)] == [text]


def test_dgrl_cut_at_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "page.dgrl"
    lines = page("一二", "", "三,")
    ends = [len(dgrl(lines[:n])) for n in range(len(lines) + 1)]
    whole = dgrl(lines)
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        seen, fault = until_fault(read_dgrl, path)
        assert same(seen, lines[: max(0, sum(end <= cut for end in ends) - 1)])
        assert fault is not None
        assert (f"cut off at byte {cut}" in str(fault)) == (cut > 0)


def test_gnt_cut_at_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.gnt"
    characters = [Ink(t, scribble(i, 2, 3), i) for i, t in enumerate("一二三")]
    whole = gnt(characters)
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        seen, fault = until_fault(read_gnt, path)
        assert same(seen, characters[: cut // 16])
        assert (fault is None) == (cut > 0 and cut % 16 == 0)


@pytest.mark.parametrize(
    ("read", "whole"),
    [(read_dgrl, dgrl(page("一二", "三"))), (read_gnt, gnt(page(*"一二三")))],
    ids=["dgrl", "gnt"],
)
def test_damage_gives_only_our_errors(tmp_path: Path, read: Reader, whole: bytes) -> None:
    rng, path = random.Random(1), tmp_path / "damaged"
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        path.write_bytes(data)
        _, fault = until_fault(read, path)
        assert fault is None or str(path) in str(fault)


@pytest.mark.parametrize("count", [-1, -(2**31), 2**31 - 1])
@pytest.mark.parametrize("field", ["page", "lines", "characters", "height", "width"])
def test_hostile_sizes_take_no_memory(tmp_path: Path, field: str, count: int) -> None:
    path = tmp_path / "page.dgrl"
    header = 73
    at = {"page": 0, "lines": 8, "characters": 12, "height": 12 + 4 + 4 + 8, "width": 12 + 4 + 4 + 12}[field]
    data = bytearray(dgrl(page("一二")))
    struct.pack_into("<i", data, header + at, count)
    path.write_bytes(data)
    tracemalloc.start()
    try:
        seen, fault = until_fault(read_dgrl, path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert (fault is None) == (field == "page" and count > 0)
    assert len(seen) == (field in ("page", "lines") and count > 0)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (dgrl(page("一"), bits=1), "1 bits per pixel"),
        (dgrl(page("一"), encoding=b"UNICODE"), "UNICODE"),
        (dgrl(page("一")) + b"more", "4 bytes after the last"),
        (b"\x89PNG\r\n\x1a\n" + bytes(90), "header of"),
        (b"", "empty"),
    ],
    ids=["bits", "encoding", "more", "picture", "empty"],
)
def test_what_is_wrong_is_said(tmp_path: Path, data: bytes, fault: str) -> None:
    path = tmp_path / "page.dgrl"
    path.write_bytes(data)
    with pytest.raises(DataError, match=fault):
        list(read_dgrl(path))


def test_missing_file(tmp_path: Path) -> None:
    for read in (read_dgrl, read_gnt):
        with pytest.raises(DataError, match="No such file"):
            list(read(tmp_path / "none"))


def test_picture_without_pixels_is_given_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "page.dgrl"
    lines = [Ink("一", np.zeros((0, 2**20), np.uint8), 0), *page("", "二")[1:]]
    path.write_bytes(dgrl(lines))
    assert same(list(read_dgrl(path)), lines)
