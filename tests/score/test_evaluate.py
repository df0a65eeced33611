from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import tyro

from shouxie.charset import Charset
from shouxie.cli.evaluate import evaluate
from shouxie.errors import UsageError
from shouxie.reading import Reading

from .samples import reading, unreadable

TRUTH = {"1.png": "你龘好龘们", "2.png": "一二三四五六七八九十" * 4, "3.png": "坏图"}


class FakeReader:
    """Reads ``1.png`` without the characters outside its charset, ``2.png`` right, and no other."""

    charset = Charset("你好们一二三四五六七八九十")
    options: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        FakeReader.options = options

    def read(self, sources: Iterable[Path], *, on_error: str = "raise") -> Iterator[Reading]:
        assert on_error == "keep"
        for path in sources:
            text = "".join(c for c in TRUTH[path.name] if c in self.charset)
            yield reading(text, 0.75) if text else unreadable(str(path))


@pytest.fixture
def labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    module = ModuleType("shouxie.reader")
    module.Reader = FakeReader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shouxie.reader", module)
    path = tmp_path / "labels.tsv"
    path.write_text("".join(f"{name}\t{text}\n" for name, text in TRUTH.items()), "utf-8")
    return path


def test_reads_and_writes(labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = {name: tmp_path / name for name in ("p.tsv", "e.json", "report")}
    code = evaluate(
        (labels,), predictions=out["p.tsv"], json=out["e.json"], report=out["report"], batch_size=4
    )
    printed = capsys.readouterr()
    assert code == 1
    assert f"{labels}:3:" in printed.err
    assert "the file is empty" in printed.err
    assert "CER letters" in printed.out
    assert "8.51 %" in printed.out
    assert "acc: 0.3333, norm_edit_dis: 0.5333, fps: " in printed.out
    assert FakeReader.options == {
        "model": "ppocrv3",
        "runtime": "auto",
        "precision": "auto",
        "batch_size": 4,
    }
    data = json.loads(out["e.json"].read_text("utf-8"))
    assert data["figures"]["raw"]["cer"]["value"] == round(4 / 47, 6)
    assert data["counts"]["raw"]["reference"] == 47
    assert out["p.tsv"].read_text("utf-8").splitlines()[2] == "3.png\t\t0.000000"
    assert (out["report"] / "index.html").stat().st_size > 5000


def test_scoring_the_written_file_gives_the_same(labels: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("p.tsv", "a.json", "b.json")]
    evaluate((labels,), predictions=files[0], json=files[1])
    FakeReader.options = {}
    assert evaluate((labels,), from_predictions=files[0], json=files[2]) == 0
    assert FakeReader.options == {}
    first, second = (json.loads(file.read_text("utf-8")) for file in files[1:])
    assert first["figures"] == second["figures"]
    assert first["confusions"] == second["confusions"]
    assert second["lines_per_second"] is None


def test_faulty_label_lines_are_named(labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels.write_text("1.png\t你好们\nno tab here\n", "utf-8")
    assert evaluate((labels,)) == 1
    assert f"{labels}:2: " in capsys.readouterr().err


def test_all_well_is_zero(labels: Path) -> None:
    labels.write_text(f"2.png\t{TRUTH['2.png']}\n", "utf-8")
    assert evaluate((labels,)) == 0


def test_nothing_to_score(labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate((tmp_path / "none.tsv",)) == 1
    assert "none.tsv" in capsys.readouterr().err
    with pytest.raises(UsageError, match="no label file"):
        evaluate(())
    with pytest.raises(UsageError, match="choose one"):
        evaluate((labels,), predictions=tmp_path / "a", from_predictions=tmp_path / "b")


def test_command_line(labels: Path, tmp_path: Path) -> None:
    args = [str(labels), str(labels), "--json", str(tmp_path / "e.json"), "--batch-size", "2"]
    assert tyro.cli(evaluate, args=args) == 1
    assert json.loads((tmp_path / "e.json").read_text("utf-8"))["lines"] == 6
