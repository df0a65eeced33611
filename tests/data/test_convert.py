"""Conversion: nothing lost, nothing doubled, the same result however often it was interrupted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shouxie.data import convert as module
from shouxie.data.convert import convert
from shouxie.data.hwdb import ILLEGIBLE, Ink
from shouxie.data.labels import read_labels, write_labels
from shouxie.errors import DataError, InputError, OutputError, UsageError
from shouxie.image import load
from tests.data.hwdb_files import dgrl, gnt, page


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "hwdb"
    (folder / "sub").mkdir(parents=True)
    (folder / "b.dgrl").write_bytes(dgrl(page("一二", "三,")))
    (folder / "sub" / "a.DGRL").write_bytes(dgrl(page("四" + ILLEGIBLE)))
    (folder / "c.gnt").write_bytes(gnt(page("五", "六")))
    return folder


def test_real_page_gives_the_published_lines(realink: Path, tmp_path: Path) -> None:
    result = convert([realink / "hwdb" / "006-P16.dgrl"], tmp_path)
    assert (result.written, result.faults) == (10, 0)
    assert (tmp_path / "labels.tsv").read_bytes() == (realink / "hwdb" / "labels.tsv").read_bytes()
    for sample in read_labels(tmp_path / "labels.tsv"):
        theirs = np.asarray(Image.open(realink / "hwdb" / sample.name))
        assert np.array_equal(np.asarray(Image.open(sample.paths[0])), theirs)


def test_names_and_pixels(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = convert([source], out)
    assert (result.written, result.illegible, result.faults) == (5, 1, 0)
    samples = list(read_labels(out / "labels.tsv"))
    assert [(s.name, s.text) for s in samples] == [
        ("images/b_00.png", "一二"),
        ("images/b_01.png", "三,"),
        ("images/c_00000.png", "五"),
        ("images/c_00001.png", "六"),
        ("images/sub-a_00.png", "四" + ILLEGIBLE),
    ]
    assert np.array_equal(np.asarray(Image.open(samples[1].paths[0])), page("", "三,")[1].pixels)
    assert sorted(contents(out)) == sorted(["labels.tsv", *(s.name for s in samples)])


def test_converting_again_is_idempotent(source: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    convert([source], whole)
    convert([whole / "labels.tsv"], out)
    before = contents(out)
    result = convert([whole / "labels.tsv"], out)
    assert (result.written, result.kept) == (0, 5)
    assert contents(out) == before
    for a, b in zip(read_labels(whole / "labels.tsv"), read_labels(out / "labels.tsv"), strict=True):
        assert a.text == b.text
        assert np.array_equal(load(a.paths[0]), load(b.paths[0]))


@pytest.mark.parametrize("stop", range(5))
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError("disk full")])
def test_interrupted_and_resumed_is_as_never_interrupted(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: int, error: BaseException
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    convert([source], whole)
    png, calls = module._png, iter(range(99))

    def failing(*args: object) -> bytes:
        if next(calls) == stop:
            raise error
        return png(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_png", failing)
    with pytest.raises((KeyboardInterrupt, OutputError)):
        convert([source], out)
    assert len(list(read_labels(out / "labels.tsv"))) == stop
    monkeypatch.undo()
    result = convert([source], out)
    assert (result.written, result.kept) == (5 - stop, stop)
    assert contents(out) == contents(whole)


def test_killed_while_writing_a_label(source: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    convert([source], whole)
    labels = (whole / "labels.tsv").read_bytes()
    for cut in range(0, len(labels), 7):
        (out / "images").mkdir(parents=True, exist_ok=True)
        (out / "labels.tsv.part").write_bytes(labels[:cut])
        convert([source], out)
        assert contents(out) == contents(whole)
        (out / "labels.tsv").unlink()


def test_a_bad_file_costs_only_itself(source: Path, tmp_path: Path) -> None:
    (source / "a.dgrl").write_bytes(b"no dgrl file at all")
    data = (source / "b.dgrl").read_bytes()
    (source / "b.dgrl").write_bytes(data[:-1])
    (source / "d.dgrl").write_bytes(dgrl([Ink("七", np.zeros((0, 4), np.uint8), 0), *page("", "八")[1:]]))
    (tmp_path / "empty").mkdir()
    write_labels(tmp_path / "mine.tsv", [("none.png", "九"), (["hwdb/x.png", "hwdb/x.png"], "十")])
    Image.new("RGB", (9, 5), (1, 2, 3)).save(source / "x.png")
    faults: list[InputError] = []
    result = convert(
        [source, tmp_path / "none", tmp_path / "empty", tmp_path / "mine.tsv"],
        tmp_path / "out",
        on_fault=faults.append,
    )
    named = [Path(f.path).name for f in faults]
    assert named == ["none", "empty", "a.dgrl", "b.dgrl", "d.dgrl", "none.png"]
    assert result.faults == 6
    texts = [(s.text, len(s.paths)) for s in read_labels(tmp_path / "out" / "labels.tsv")]
    assert texts == [("一二", 1), ("五", 1), ("六", 1), ("八", 1), ("四" + ILLEGIBLE, 1), ("十", 2)]
    with pytest.raises(DataError, match="header"):
        convert([source], tmp_path / "strict")


def test_another_text_under_a_name_is_a_fault_and_the_first_stays(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    convert([source / "b.dgrl"], out)
    before = contents(out)
    (source / "b.dgrl").write_bytes(dgrl(page("另", "三,")))
    faults: list[InputError] = []
    convert([source / "b.dgrl"], out, on_fault=faults.append)
    assert "another text" in str(faults[0])
    assert len(faults) == 1
    assert contents(out) == before


def test_a_lost_picture_is_written_again(source: Path, tmp_path: Path) -> None:
    convert([source], tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "images" / "b_01.png").unlink()
    assert convert([source], tmp_path / "out").written == 1
    assert contents(tmp_path / "out") == before


def test_names_that_would_meet(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="same name"):
        convert([source, source / "b.dgrl"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
