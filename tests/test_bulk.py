"""Ten thousand lines in one run: bounded memory, and one broken picture costs only itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.drawing import line

TEXTS = ["我们去公园", "今天天气很好", "数学语文英语", "请在此处签名"]


def folder(path: Path, count: int, broken: int) -> Path:
    """``count`` pictures of a few texts in many widths; number ``broken`` is cut off."""
    path.mkdir()
    kinds: list[tuple[Path, str]] = []
    for text in TEXTS:
        for margin in range(4, 14):
            picture = line(text, size=24, margin=margin)
            file = path.parent / f"{path.name}-kind{len(kinds)}.png"
            Image.fromarray(picture[:, :, ::-1]).save(file)
            kinds.append((file, text))
    for i in range(count):
        os.link(kinds[i % len(kinds)][0], path / f"{i:05}.png")
    bad = path / f"{broken:05}.png"
    bad.unlink()
    bad.write_bytes(kinds[0][0].read_bytes()[:100])
    return path


def read(path: Path) -> tuple[list[str], int, str, float]:
    """Texts, exit status, messages and peak memory in MB of ``shouxie read``."""
    program = (
        "import resource, sys\n"
        "from shouxie.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "finally:\n    print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)\n"
    )
    out = path.parent / f"{path.name}.txt"
    command = [sys.executable, "-c", program, "read", str(path), "--out", str(out), "--precision", "fp32"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    *messages, peak = done.stderr.splitlines()
    texts = out.read_text("utf-8").split("\n")[:-1]
    return texts, done.returncode, "\n".join(messages), int(peak.split()[1]) / 1024


def expected(count: int, broken: int) -> list[str]:
    texts = [TEXTS[i % 40 // 10] for i in range(count)]
    texts[broken] = ""
    return texts


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_folder_is_read_whole_and_one_broken_picture_is_named(tmp_path: Path, count: int) -> None:
    texts, status, messages, _ = read(folder(tmp_path / "lines", count, broken=123))
    assert status == 1
    assert messages.count("00123.png") == 1
    assert f"1 of {count} pictures" in messages
    assert texts == expected(count, broken=123)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_lines(tmp_path: Path) -> None:
    small = read(folder(tmp_path / "small", 1_000, broken=5))[3]
    large = read(folder(tmp_path / "large", 10_000, broken=5))[3]
    assert large < small + 100
    assert large < 1_500
