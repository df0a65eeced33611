"""A thousand broken files of each format in every run; twenty thousand and the largest pictures when slow."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from shouxie.errors import ShouxieError
from shouxie.weights.importing import import_weights

from . import bombs
from .mutate import flip_bits, mutate
from .run import MEMORY, Tally, case, hunt, read, whole
from .targets import TARGETS


@pytest.fixture(scope="module")
def tallies() -> dict[str, Tally]:
    """What comes of reading a thousand of each."""
    return hunt(TARGETS, 1_000, seed=1)


@pytest.mark.parametrize("name", TARGETS)
def test_whole_files_are_accepted(name: str, tmp_path: Path) -> None:
    for data in whole(name):
        assert read(name, data, tmp_path) == ("accepted", "")


@pytest.mark.parametrize("name", TARGETS)
def test_a_thousand_broken_files(name: str, tallies: dict[str, Tally]) -> None:
    assert not tallies[name].offences
    assert sum(tallies[name].counts.values()) == 1_000


def test_cases_are_the_same_in_every_run_and_differ_from_each_other() -> None:
    cases = [case("labels", 1, number) for number in range(50)]
    assert cases == [case("labels", 1, number) for number in range(50)]
    assert len(set(cases)) > 40
    assert mutate(b"", Random(1), []) == mutate(b"", Random(1), [])


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_twenty_thousand_broken_files(name: str) -> None:
    assert not hunt([name], 20_000, seed=2)[name].offences


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "file_format"), bombs.LARGEST)
def test_the_largest_pictures_fit_into_memory(mode: str, file_format: str, tmp_path: Path) -> None:
    path = tmp_path / f"large.{file_format.lower()}"
    bombs.write(path, mode, file_format)
    assert bombs.peak(path) < MEMORY


@pytest.mark.slow
def test_released_weights_with_a_few_wrong_bits(released: Path, tmp_path: Path) -> None:
    data = released.read_bytes()
    path = tmp_path / "broken.onnx"
    for number in range(8):
        broken = bytearray(data)
        flip_bits(broken, Random(number))
        path.write_bytes(broken)
        try:
            result = import_weights(path, name="broken")
        except ShouxieError:
            continue
        assert result.bound <= 1e-4
