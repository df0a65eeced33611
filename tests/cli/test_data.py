"""``shouxie data``: status, what is printed and where, and that help needs nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tyro
from PIL import Image, ImageFont

from shouxie.cli.data import COMMANDS
from shouxie.data import show as module
from shouxie.data.labels import read_labels, write_labels
from shouxie.errors import UsageError
from tests.data.hwdb_files import dgrl, page


def run(*args: str | Path) -> int:
    status = tyro.extras.subcommand_cli_from_dict(COMMANDS, prog="shouxie data", args=[*map(str, args)])
    assert isinstance(status, int)
    return status


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    for i in range(3):
        Image.new("L", (60 + i, 48), i).save(tmp_path / f"{i}.png")
    write_labels(tmp_path / "labels.tsv", [(f"{i}.png", "一二三"[i]) for i in range(3)])
    return tmp_path / "labels.tsv"


def test_check_says_what_is_wrong(labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys, report = tmp_path / "keys.txt", tmp_path / "report.json"
    assert run("check", labels) == 0
    assert "not checked" in capsys.readouterr().out
    keys.write_text("一\n三\n", "utf-8")
    assert run("check", labels, "--charset", keys, "--json", report) == 1
    printed = capsys.readouterr()
    assert f"{labels}:2: '二'" in printed.out
    assert printed.err == ""
    assert list(json.loads(report.read_bytes())["outside"]) == ["二"]


def test_convert_goes_past_bad_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.dgrl").write_bytes(dgrl(page("一")))
    (tmp_path / "bad.dgrl").write_bytes(dgrl(page("二", "三"))[:-1])
    assert run("convert", tmp_path, "--out", tmp_path / "out") == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"shouxie: {tmp_path / 'bad.dgrl'}: cut off at byte")
    assert printed.err.count("\n") == 1
    assert [s.text for s in read_labels(tmp_path / "out" / "labels.tsv")] == ["二", "一"]
    (tmp_path / "bad.dgrl").unlink()
    assert run("convert", tmp_path, "--out", tmp_path / "out") == 0
    assert "1 were there already" in capsys.readouterr().out


def test_show_draws_a_sheet(
    labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = module.sheet
    monkeypatch.setattr(module, "sheet", lambda chosen: sheet(chosen, font=ImageFont.load_default(16)))
    assert run("show", labels, "--out", tmp_path / "a.png", "--count", "2") == 0
    assert "2 of 3 samples" in capsys.readouterr().out
    with Image.open(tmp_path / "a.png") as drawn:
        assert drawn.format == "PNG"
    labels.write_bytes(labels.read_bytes() + b"no tab\n")
    assert run("show", labels, "--out", tmp_path / "a.png") == 1
    assert f"shouxie: {labels}:4: " in capsys.readouterr().err
    with pytest.raises(UsageError, match="no sample"):
        run("show", labels, "--out", tmp_path / "b.png", "--only", "long")
    with pytest.raises(UsageError, match="needs --model"):
        run("show", labels, "--out", tmp_path / "b.png", "--only", "oov")


def test_other_delimiter(tmp_path: Path) -> None:
    Image.new("L", (60, 48)).save(tmp_path / "a.png")
    (tmp_path / "labels.csv").write_text("a.png,一\n", "utf-8")
    assert run("check", tmp_path / "labels.csv", "--delimiter", ",") == 0
    assert run("check", tmp_path / "labels.csv", "--delimiter", "\\t") == 1


def test_nothing_given_is_wrong_usage(tmp_path: Path) -> None:
    for verb in (("check",), ("convert", "--out", tmp_path), ("show", "--out", tmp_path / "a.png")):
        with pytest.raises(UsageError, match="no file"):
            run(*verb)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys, shouxie.cli.data; print(*{'numpy', 'cv2', 'PIL', 'torch', 'openvino'} & {*sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
