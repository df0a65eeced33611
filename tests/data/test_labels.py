"""Label files: round trips, line ends, faults that name their line."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shouxie.data.labels import format_row, read_labels, write_labels
from shouxie.errors import DataError, ShouxieError, UsageError

CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n\0")
TEXTS = st.text(CHARACTERS | st.sampled_from(" 　“，,\x0b\x0c\u2028\ufeff"), max_size=9)
NAMES = st.text(CHARACTERS, min_size=1).filter(
    lambda n: n.strip() and "\0" not in n and n[0] not in "[\ufeff"
)
FIELDS = NAMES | st.lists(NAMES, min_size=1, max_size=3)
ROWS = st.lists(st.tuples(FIELDS, TEXTS), max_size=5)


@settings(max_examples=60)
@given(content=ROWS, bom=st.booleans(), crlf=st.booleans(), last_end=st.booleans(), blank=st.integers(0, 2))
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    content: list[tuple[str | list[str], str]],
    bom: bool,
    crlf: bool,
    last_end: bool,
    blank: int,
) -> None:
    path = tmp_path_factory.getbasetemp() / "labels.tsv"
    write_labels(path, content)
    data = path.read_bytes()
    if crlf:
        data = data.replace(b"\n", b"\r\n")
    if not last_end:
        data = data.removesuffix(b"\r\n" if crlf else b"\n")
    path.write_bytes(b"\xef\xbb\xbf" * bom + data + b"\n" * blank * last_end)
    samples = list(read_labels(path))
    expected = [
        (tuple(path.parent / n for n in ([name] if isinstance(name, str) else name)), text)
        for name, text in content
    ]
    assert [(sample.paths, sample.text) for sample in samples] == expected
    assert [sample.line for sample in samples] == list(range(1, len(content) + 1))


@settings(max_examples=60)
@given(
    content=st.lists(st.tuples(NAMES, TEXTS), max_size=4),
    delimiter=st.sampled_from([" ", ",", "::", "aa", "|"]),
)
def test_other_delimiters_read_back_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, content: list[tuple[str, str]], delimiter: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "labels.txt"
    # A name refused is one that would be divided too early, and none else.
    kept = [row for row in content if (row[0] + delimiter).index(delimiter) == len(row[0])]
    for name, text in content:
        with nullcontext() if (name, text) in kept else pytest.raises(DataError, match="holds the delimiter"):
            format_row(path, name, text, 1, delimiter=delimiter)
    write_labels(path, kept, delimiter=delimiter)
    assert [(s.name, s.text) for s in read_labels(path, delimiter=delimiter)] == kept


def test_exactly_one_line_end_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_bytes("a.png\t 一 二  \r\r\nb.png\t\u3000\nc.png\t".encode())
    assert [s.text for s in read_labels(path)] == [" 一 二  \r", "\u3000", ""]


def test_root_and_absolute_paths(tmp_path: Path) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text('a.png\t一\n/b.png\t二\n["c.png", "d.png"]\t三\n', "utf-8")
    samples = list(read_labels(path, root="pictures"))
    assert [s.paths for s in samples] == [
        (Path("pictures/a.png"),),
        (Path("/b.png"),),
        (Path("pictures/c.png"), Path("pictures/d.png")),
    ]
    assert samples[2].name == '["c.png", "d.png"]'


BAD = {
    b"a.png": "no '.t' between",
    b"a.png\t\xb0\xa1": "not UTF-8 .byte 0xb0 at 6",
    b"a.png\tx\ty": "more than one tab",
    b"\ttext": "path is empty",
    b'["a.png\ttext': "not JSON",
    b"[1]\ttext": "no path",
    b"[]\ttext": "list of pictures is empty",
    b"[" * 5000 + b"]\tx": "not JSON",
    b'["\\ud800"]\tx': "surrogate",
    b"a\0.png\tx": "path holds a NUL",
    b"a.png\tx\0": "text holds a NUL",
    b"": "empty line",
}


@pytest.mark.parametrize(("line", "fault"), BAD.items())
def test_faults_name_their_line_and_cost_only_it(tmp_path: Path, line: bytes, fault: str) -> None:
    path = tmp_path / "labels.tsv"
    path.write_bytes(b"1.png\tone\n" + line + b"\n3.png\tthree\n")
    with pytest.raises(DataError, match=fault) as caught:
        list(read_labels(path))
    assert caught.value.line == 2
    assert str(caught.value).startswith(f"{path}:2: ")
    faults: list[DataError] = []
    assert [s.text for s in read_labels(path, on_fault=faults.append)] == ["one", "three"]
    assert [f.line for f in faults] == [2]


def test_whole_file_faults_are_told_once(tmp_path: Path) -> None:
    wide, long = tmp_path / "wide.tsv", tmp_path / "long.tsv"
    wide.write_text("a.png\t一\nb.png\t二\n", "utf-16")
    long.write_bytes(b"a.png\t" + b"x" * (2 << 20))
    none, zipped = tmp_path / "none", tmp_path / "labels.zip"
    zipped.write_bytes(b"PK\3\4\0\0\n" * 9)
    cases = [
        (wide, "UTF-16"),
        (long, "over"),
        (none, "No such"),
        (tmp_path, "directory"),
        (zipped, "text file"),
    ]
    for path, fault in cases:
        faults: list[DataError] = []
        assert list(read_labels(path, on_fault=faults.append)) == []
        assert len(faults) == 1
        with pytest.raises(DataError, match=fault):
            list(read_labels(path))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.png", "x\ty"),
        ("a.png", "x\ny"),
        ("a.png", "x\r"),
        ("a.png", "x\0"),
        ("a\t.png", "x"),
        ("", "x"),
        (" ", "x"),
        ("\ufeffa", "x"),
        ("[1]", "x"),
        ("a.png", "\ud800"),
        ("a.png", "x" * (1 << 20)),
    ],
    ids=range(11),
)
def test_unwritable_rows_are_refused_and_the_old_file_kept(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text("old")
    with pytest.raises(DataError) as caught:
        write_labels(path, [("ok.png", "x"), (name, text)])
    assert caught.value.line == 2
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("delimiter", ["", "\n", "a\r"])
def test_delimiters_that_cannot_divide(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(UsageError):
        list(read_labels(tmp_path / "x", delimiter=delimiter))
    with pytest.raises(UsageError):
        write_labels(tmp_path / "x", [("a", "b")], delimiter=delimiter)


def test_damage_gives_only_our_errors(tmp_path: Path) -> None:
    whole = "\ufeffa.png\t一二\r\n".encode() + json.dumps(["b.png", "c.png"]).encode() + b"\tx\n\n"
    rng, path = random.Random(2), tmp_path / "labels.tsv"
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data)
        faults: list[DataError] = []
        kept = list(read_labels(path, on_fault=faults.append))
        assert len(kept) + len(faults) <= data.count(b"\n") + 1
        if faults:
            with pytest.raises(ShouxieError):
                list(read_labels(path))
