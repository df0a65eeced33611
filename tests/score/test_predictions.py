from __future__ import annotations

from pathlib import Path

import pytest

from shouxie.data.labels import Sample
from shouxie.errors import DataError, OutputError
from shouxie.reading import Reading
from shouxie.score import Evaluation, join, read_predictions, write_predictions

from .samples import evaluation, reading, sample, unreadable


def test_what_is_written_reads_back(tmp_path: Path) -> None:
    pairs = [(sample(" 你 好", 1), reading(" 你 好", 0.25)), (sample("一", 2), unreadable())]
    file = tmp_path / "p.tsv"
    write_predictions(file, Evaluation.of(pairs).lines)
    assert file.read_bytes().decode() == "images/1.png\t 你 好\t0.250000\nimages/2.png\t\t0.000000\n"
    found = read_predictions(file)
    assert found["images/1.png"] == [Reading(" 你 好", 0.25, path="images/1.png")]
    assert found["images/2.png"][0].text == ""


def test_a_text_that_tsv_cannot_hold_keeps_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "p.tsv"
    file.write_text("old")
    with pytest.raises(OutputError, match="tab"):
        write_predictions(file, evaluation([("一", "一"), ("好", "a\tb")]).lines)
    assert file.read_text() == "old"


def test_peers_files(tmp_path: Path) -> None:
    file = tmp_path / "p.tsv"
    file.write_bytes(b"\xef\xbb\xbfa.png\tx\r\nb.png\ty\tsure\textra\nc.png\tz\t1.5\n\n")
    found = read_predictions(file)
    assert {name: [(r.text, r.confidence) for r in readings] for name, readings in found.items()} == {
        "a.png": [("x", 0.0)],
        "b.png": [("y", 0.0)],
        "c.png": [("z", 0.0)],
    }


@pytest.mark.parametrize(("data", "fault"), [(b"a.png\tx\nno tab\n", ":2: no tab"), (b"\xff\xfe\t", "UTF-8")])
def test_broken_files_are_named(tmp_path: Path, data: bytes, fault: str) -> None:
    file = tmp_path / "p.tsv"
    file.write_bytes(data)
    with pytest.raises(DataError, match=fault):
        read_predictions(file)
    with pytest.raises(DataError, match="No such file"):
        read_predictions(tmp_path / "none.tsv")


def texts(samples: list[Sample], readings: dict[str, list[Reading]]) -> list[tuple[str, bool]]:
    return [(r.text, r.error is None) for _, r in join(samples, readings, "p.tsv")]


def test_a_missing_prediction_is_an_empty_reading() -> None:
    two = [sample("一", 1), sample("二", 2)]
    assert texts(two, {"images/2.png": [reading("二")], "images/9.png": [reading("九")]}) == [
        ("", False),
        ("二", True),
    ]


def test_equal_names() -> None:
    here, there = sample("一", 1, folder=Path("a")), sample("二", 1, folder=Path("b"))
    one, two = reading("一"), reading("二")
    assert texts([here, there], {"images/1.png": [one, two]}) == [("一", True), ("二", True)]
    assert texts([here, here], {"images/1.png": [one]}) == [("一", True), ("一", True)]
    with pytest.raises(DataError, match="1 predictions for 2 label lines"):
        texts([here, there], {"images/1.png": [one]})
