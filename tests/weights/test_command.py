"""``shouxie weights``."""

from __future__ import annotations

from pathlib import Path

import pytest
import tyro

from shouxie.cli.weights import COMMANDS
from shouxie.weights.model import load_model


def run(*arguments: str) -> int:
    status: int = tyro.extras.subcommand_cli_from_dict(COMMANDS, args=list(arguments))
    return status


def test_import_and_show(tmp_path: Path, released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine.safetensors"
    assert run("import", str(released), str(out)) == 0
    said = capsys.readouterr().out
    assert "6624 characters" in said
    assert "the source run by" in said
    assert "stored as float16" in said
    assert load_model(out).card.name == "mine"

    assert run("show", str(out)) == 0
    said = capsys.readouterr().out
    for fact in ("svtr_lcnet", "6624 characters", "2,652,257", "fp16", "NOASSERTION", "SHA-256", "5.4 MB"):
        assert fact in said


@pytest.mark.parametrize("verb", ["import", "show"])
def test_help_has_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(verb, "--help")
    assert stopped.value.code == 0
    assert f"shouxie weights {verb}" in capsys.readouterr().out
