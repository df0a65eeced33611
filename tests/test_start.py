"""What a process that only reads has to load."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

import shouxie
from tests.drawing import line


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "line.png"
    Image.fromarray(line("今天天气很好")[:, :, ::-1]).save(path)
    return path


def seconds(*command: str) -> float:
    """Wall time of a command: the best of five, since other work on the machine only adds to it."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def test_reading_loads_neither_pytorch_nor_onnx(picture: Path) -> None:
    program = (
        "import sys, shouxie; text = shouxie.read(sys.argv[1]).text; "
        "print(text, *sorted({m.split('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(picture)], check=True, capture_output=True, encoding="utf-8"
    )
    text, *modules = done.stdout.split()
    assert text == "今天天气很好"
    assert not {"torch", "onnx", "onnxruntime", "onnxscript", "tyro"} & set(modules)


def test_import_is_quick() -> None:
    assert seconds("-c", "import shouxie") - seconds("-c", "pass") < 0.3


@pytest.mark.slow
def test_from_process_start_to_text_takes_under_one_and_a_half_seconds(picture: Path) -> None:
    assert seconds("-m", "shouxie", "read", str(picture)) < 1.5


def test_every_public_name_is_there() -> None:
    for name in shouxie.__all__:
        assert getattr(shouxie, name) is not None
    assert set(shouxie.__all__) <= set(dir(shouxie))
    with pytest.raises(AttributeError, match="reed"):
        shouxie.reed  # noqa: B018
