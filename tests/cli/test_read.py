"""``shouxie read`` from the outside: outputs, exit statuses, bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from shouxie.cli import main
from shouxie.image import load
from tests.drawing import line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three readable pictures, one that is cut off, one file that is none."""
    for name, text in {"a": "今天天气很好", "b": "我们去公园", "sub/c": "数学语文"}.items():
        path = tmp_path / "lines" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(line(text)[:, :, ::-1]).save(path)
    cut = (tmp_path / "lines" / "a.png").read_bytes()[:200]
    (tmp_path / "lines" / "b2.png").write_bytes(cut)
    (tmp_path / "lines" / "notes.txt").write_text("no picture")
    return tmp_path / "lines"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    assert isinstance(left.value.code, int)
    return left.value.code


def test_text_has_a_line_for_every_picture(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", folder) == 1
    out, err = capsys.readouterr()
    assert out.split("\n") == ["今天天气很好", "我们去公园", "", "数学语文", ""]
    assert "b2.png" in err
    assert "1 of 4 pictures" in err


def test_tsv_and_json_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", folder / "a.png", folder / "sub", "--format", "tsv") == 0
    rows = [row.split("\t") for row in capsys.readouterr().out.splitlines()]
    assert run("read", folder / "a.png", folder / "sub", "--format", "json", "--alternatives", 2) == 0
    objects = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows] == [str(folder / "a.png"), str(folder / "sub" / "c.png")]
    assert [row[1] for row in rows] == ["今天天气很好", "数学语文"] == [o["text"] for o in objects]
    for row, found in zip(rows, objects, strict=True):
        assert float(row[2]) == pytest.approx(found["confidence"], abs=1e-4)
        assert "".join(c["text"] for c in found["characters"]) == found["text"]
        assert all(len(c["box"]) == 4 and len(c["alternatives"]) == 2 for c in found["characters"])


def test_out_and_patterns(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "texts.txt"
    assert run("read", f"{folder}/[a]*.png", "--out", out) == 0
    assert out.read_text("utf-8") == "今天天气很好\n"
    assert capsys.readouterr().out == ""
    assert list(out.parent.iterdir()) == [out]


def test_show_draws_every_reading(folder: Path, tmp_path: Path) -> None:
    sheets = [tmp_path / "one.png", tmp_path / "all.png"]
    assert run("read", folder / "a.png", "--show", sheets[0]) == 0
    assert run("read", folder, "--show", sheets[1]) == 1
    small, large = (load(sheet) for sheet in sheets)
    assert large.shape[0] > 3 * small.shape[0] - 60
    red = (large[:, :, 2] > 150) & (large[:, :, :2].max(axis=2) < 60)
    assert red.any()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("read", "nowhere.png"), 1, "nowhere.png: no such file"),
        (("read", "no*where"), 1, "matches no file"),
        (("read",), 2, "no picture given"),
        (("read", ".", "--format", "xml"), 2, "xml"),
        (("rd",), 2, "no such verb"),
        (("data", "chek"), 2, "chek"),
        ((), 2, "usage"),
        (("--help",), 0, "usage"),
        (("data", "--help"), 0, "check"),
        (("--version",), 0, "shouxie 0"),
        (("read", "--help"), 0, "--show"),
    ],
)
def test_wrong_usage(
    arguments: tuple[str, ...],
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*arguments) == status
    assert said in "".join(capsys.readouterr())


def test_an_empty_folder_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", tmp_path) == 1
    assert "no pictures in this folder" in capsys.readouterr().err


def test_bad_models_and_runtimes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", folder / "a.png", "--model", folder / "notes.txt") == 1
    assert "not a shouxie model" in capsys.readouterr().err
    assert run("read", folder / "a.png", "--model", "shouxi") == 1
    assert "ppocrv3" in capsys.readouterr().err


def test_a_full_disk_keeps_the_old_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("read", folder / "a.png", "--out", "/dev/full/x") == 1
    out = tmp_path / "old.txt"
    out.write_text("old")
    (tmp_path / "old.txt.part").symlink_to("/dev/full")
    assert run("read", folder / "a.png", "--out", out) == 1
    assert out.read_text() == "old"
    assert "No space left" in capsys.readouterr().err


def test_the_output_may_be_closed_early(folder: Path) -> None:
    command = f"{sys.executable} -m shouxie read {folder}/a.png {folder}/sub | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_models_lists_the_box(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("models") == 0
    assert "ppocrv3" in capsys.readouterr().out


def test_file_names_that_are_no_utf8_cost_nothing(folder: Path) -> None:
    odd = os.fsencode(folder) + b"/\xc4\xe3.png"
    Path(os.fsdecode(odd)).write_bytes((folder / "a.png").read_bytes())
    command = [sys.executable, "-m", "shouxie", "read", str(folder), "--format", "tsv"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 5
    assert "\\udcc4\\udce3.png\t今天天气很好" in done.stdout


def test_names_that_are_too_long_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("read", "x" * 5000) == 1
    assert run("read", "x" * 5000, "--model", "y" * 5000) == 1
    assert "no such file" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_output_is_no_traceback() -> None:
    for verb in ("models", "--help"):
        command = f"{sys.executable} -m shouxie {verb} > /dev/full"
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "No space left" in done.stderr
        assert "Traceback" not in done.stderr
