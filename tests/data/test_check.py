"""The data report: every planted fault is found, where it stands and as often as it is there."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.console import Console

from shouxie.charset import Charset
from shouxie.data.check import check
from shouxie.data.labels import write_labels
from shouxie.data.measure import fitted_width, picture_size, steps_needed, time_steps
from shouxie.data.report import Report, quantiles
from shouxie.errors import ImageError
from shouxie.image import fit, load


def save(path: Path, width: int, height: int = 48, *, grey: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (width, height), grey).save(path)
    return path


def printed(report: Report) -> str:
    out = io.StringIO()
    report.print(Console(file=out, width=300))
    return out.getvalue()


def test_clean_data(tmp_path: Path) -> None:
    for i, width in enumerate((48, 100, 400)):
        save(tmp_path / f"{i}.png", width, grey=i)
    write_labels(tmp_path / "a.tsv", [("0.png", "一"), ("1.png", "一二"), ("2.png", "一二三")])
    seen: list[int] = []
    report = check([tmp_path / "a.tsv"], charset=Charset("一二三"), on_line=seen.append)
    assert report.ok
    assert seen == [1, 2, 3]
    assert (report.total.lines, report.total.characters, report.total.distinct) == (3, 6, 3)
    assert report.total.widths == {"least": 48, "5 %": 48, "median": 100, "95 %": 400, "most": 400}
    assert report.findings == {}
    assert "no faults" in printed(report)


def test_every_fault_is_found_once_and_named(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 50, grey=1)
    save(tmp_path / "same.png", 50, grey=1)
    save(tmp_path / "short.png", 100, grey=2)
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "nil.png").touch()
    train, test = tmp_path / "train.tsv", tmp_path / "test.tsv"
    write_labels(
        train,
        [
            ("a.png", "一"),
            ("a.png", "二"),
            ("short.png", "一" * 21),
            ("none.png", "二"),
            ("a.png/b.png", "二"),
            ("text.png", "二"),
            ("nil.png", ""),
            (["none2.png", "text.png"], "二"),
        ],
    )
    train.write_bytes(train.read_bytes() + b"no delimiter\n")
    write_labels(test, [("same.png", "一"), ("short.png", "我们我"), ("x.png", " 二\u200b１1")])
    report = check([train, test], charset=Charset("一二１1 \u200b"))
    found = {kind: (finding.count, finding.examples) for kind, finding in report.findings.items()}
    assert {kind: count for kind, (count, _) in found.items()} == {
        "line": 1, "empty": 1, "missing": 4, "unreadable": 2, "oov": 1, "long": 1, "path": 3, "picture": 1,
        "text": 1, "control": 1, "edges": 1,
    }  # fmt: skip
    assert found["line"][1][0].startswith(f"{train}:9: ")
    assert found["long"][1] == [f"{train}:3: 41 steps needed, 40 there (100 px)"]
    assert (
        found["path"][1][0] == f"{train}:2: {tmp_path / 'a.png'} as {train}:1, with another text: '二', '一'"
    )
    assert found["picture"][1] == [f"{test}:1: {tmp_path / 'same.png'} is {tmp_path / 'a.png'} of {train}:1"]
    assert found["control"][1] == [f"{test}:3: U+200B"]
    assert {c: (f.count, f.examples) for c, f in report.outside.items()} == {
        "我": (2, [f"{test}:2"]),
        "们": (1, [f"{test}:2"]),
    }
    assert report.pairs == {"１1": (1, 1)}
    assert sum(report.total.faults.values()) == sum(sum(p.faults.values()) for p in report.files) == 14
    assert not report.ok
    text = printed(report)
    assert "faults found" in text
    assert all(place in text for _, examples in found.values() for place in examples)
    report.write_json(tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_bytes())["total"]["lines"] == 11


def test_examples_are_limited_and_all_are_counted(tmp_path: Path) -> None:
    write_labels(tmp_path / "a.tsv", [(f"{i}.png", "x") for i in range(9)])
    report = check([tmp_path / "a.tsv", tmp_path / "none.tsv"], examples=2)
    assert (report.findings["missing"].count, len(report.findings["missing"].examples)) == (9, 2)
    assert "… and 7 more" in printed(report)
    assert report.findings["line"].count == 1


def test_a_picture_cut_off_is_found_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 90), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-2000])
    write_labels(tmp_path / "a.tsv", [("a.png", "一")])
    assert check([tmp_path / "a.tsv"]).ok
    assert check([tmp_path / "a.tsv"], thorough=True).findings["unreadable"].count == 1


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_measured_size_is_the_loaded_one(tmp_path: Path, suffix: str, orientation: int) -> None:
    path, exif = tmp_path / f"a{suffix}", Image.Exif()
    exif[0x0112] = orientation
    if suffix == ".bmp":
        Image.new("RGB", (70, 31)).save(path)
    else:
        Image.new("RGB", (70, 31)).save(path, exif=exif)
    pixels = load(path)
    assert picture_size(path) == pixels.shape[:2]
    assert fitted_width(picture_size(path)) == fit(pixels).width


@given(h=st.integers(1, 300), w=st.integers(1, 900))
def test_fitted_width_is_that_of_reading(h: int, w: int) -> None:
    assert fitted_width((h, w)) == fit(np.zeros((h, w, 3), np.uint8)).width


def test_pictures_that_cannot_be_measured(tmp_path: Path) -> None:
    big = tmp_path / "big.bmp"
    save(big, 1, 1)
    data = bytearray(big.read_bytes())
    data[18:26] = (20_000).to_bytes(4, "little") * 2
    big.write_bytes(data)
    for path in (big, tmp_path, tmp_path / "none.png"):
        with pytest.raises(ImageError):
            picture_size(path)


def test_ctc_needs_a_blank_between_equal_neighbours() -> None:
    assert [steps_needed(t) for t in ("", "一", "一一", "一二一", "一一一二二")] == [0, 1, 3, 3, 8]
    assert [time_steps(w) for w in (1, 320, 327, 328)] == [40, 40, 40, 41]


@given(st.lists(st.integers(0, 9), min_size=1))
def test_quantiles_are_values_in_order(values: list[int]) -> None:
    found = list(quantiles(values).values())
    assert found == sorted(found)
    assert {found[0], found[-1]} == {min(values), max(values)}
    assert set(found) <= set(values)
