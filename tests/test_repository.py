"""The whole tree is clean for the linter and the type checker, and the documents' commands work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BY_CI = "python3 -m venv"
"""Commands that make an environment: ``.ci/run`` runs them, taken from README.md."""


def blocks() -> list[tuple[str, str, str]]:
    """(document, language, text) of every block; the translation's are compared with the original's."""
    return [
        (str(document.relative_to(ROOT)), language, text)
        for document in DOCUMENTS
        for language, text in BLOCK.findall(document.read_text("utf-8"))
    ]


@pytest.mark.parametrize(
    "command",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=["lint", "format", "types"],
)
def test_the_tree_is_clean(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader of the documents stands: a copy of the samples, with the command installed."""
    folder = tmp_path_factory.mktemp("documents")
    shutil.copytree(ROOT / "samples", folder / "samples")
    command = folder / "bin" / "shouxie"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m shouxie "$@"\n')
    command.chmod(0o755)
    return folder


@pytest.mark.parametrize(("document", "language", "text"), blocks())
def test_every_command_in_the_documents_works(copy: Path, document: str, language: str, text: str) -> None:
    if BY_CI in text:
        assert text in (ROOT / "README.md").read_text("utf-8")
        assert "<!-- command:" in (ROOT / "README.md").read_text("utf-8").split(text)[0][-40:]
        return
    program = ["bash", "-euc", text] if language == "bash" else [sys.executable, "-c", text]
    environment = {**os.environ, "PATH": f"{copy / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        program, cwd=copy, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, f"{document}: {done.stdout}{done.stderr}"
    assert done.stdout


def test_the_translation_has_the_same_commands() -> None:
    def commands(name: str) -> list[str]:
        found = BLOCK.findall((ROOT / name).read_text("utf-8"))
        return [text for language, text in found if language == "bash"]

    assert commands("README.md") == commands("README.zh.md")


def test_documents_link_to_files_that_are_there() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
