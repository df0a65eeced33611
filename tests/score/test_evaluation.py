from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from shouxie.data.labels import Sample
from shouxie.score import Evaluation, pictures, score_line
from shouxie.score.breakdown import Place

from .samples import evaluation, reading, sample, unreadable


def test_unreadable_pictures_count_and_are_named() -> None:
    """The replaced lines: a neighbour scored in the unreadable line's stead would give 100 %."""
    pairs = [(sample("你好", 1), reading("你好")), (sample("手写", 2), unreadable("images/2.png"))]
    scored = Evaluation.of(pairs)
    assert scored.figures["raw"]["cer"].value == 0.5
    assert scored.figures["raw"]["line_accuracy"].value == 0.5
    assert scored.figures["paddleocr"]["acc"].value == 1 / 2.00001
    assert [(line.name, line.error) for line in scored.unreadable] == [
        ("images/2.png", "images/2.png: the file is empty")
    ]


def test_long_and_empty_lines_count() -> None:
    """The ceiling: a 40-character line is scored whole, and an empty truth is a line too."""
    long = "一二三四五六七八九十" * 4
    scored = evaluation([(long, long[:25]), (long, long), ("", "甲"), ("", "")])
    assert scored.counts["raw"] == (80, 0, 15, 1)
    assert scored.figures["raw"]["cer"].value == 16 / 80
    assert scored.figures["raw"]["line_accuracy"].value == 0.5
    assert len(scored.lines) == 4


def test_spaces_and_case_count_in_the_raw_figures_alone() -> None:
    scored = evaluation([("A Bc", "ab c")])
    assert scored.figures["raw"]["line_accuracy"].value == 0
    assert scored.figures["nfkc"]["line_accuracy"].value == 0
    assert scored.figures["letters"]["line_accuracy"].value == 1


def test_every_picture_of_a_label_line_is_a_line() -> None:
    paths = (Path("root/a.png"), Path("root/b.png"))
    several = Sample(paths, "好", Path("l.tsv"), 7, '["a.png", "b.png"]')
    found = list(pictures([several, sample("一", 8)]))
    assert [(s.name, s.paths, s.line) for s in found[:2]] == [
        ("a.png", (paths[0],), 7),
        ("b.png", (paths[1],), 7),
    ]
    assert found[2] == sample("一", 8)


def test_groups() -> None:
    pairs = [
        (sample("一" * 5, 1, source="a"), reading("一" * 5)),
        (sample("一" * 6, 2, source="b"), reading("一" * 3)),
        (sample("一" * 70, 3, source="a"), reading("一" * 70)),
    ]
    scored = Evaluation.of(pairs)
    assert [(g.name, g.lines, g.characters) for g in scored.sources] == [("a", 2, 75), ("b", 1, 6)]
    assert [g.figures["cer"].value for g in scored.sources] == [0, 0.5]
    assert [(g.name, g.lines) for g in scored.lengths] == [("1–5", 1), ("6–10", 1), ("61+", 1)]
    assert [g.name for g in evaluation([("", "")]).lengths] == ["0"]


def test_coverage_keeps_equal_confidences_together() -> None:
    sure, unsure = reading("好", 0.9), reading("坏", 0.2)
    pairs = [(sample("好", i), sure if i < 6 else unsure) for i in range(10)]
    points = Evaluation.of(pairs).coverage
    assert [(p.threshold, p.lines, p.share, p.cer, p.line_accuracy) for p in points] == [
        (0.9, 6, 0.6, 0, 1),
        (0.2, 10, 1.0, 0.4, 0.6),
    ]
    assert Evaluation.of(reversed(pairs)).coverage == points


def test_confusions_and_where_they_are() -> None:
    scored = evaluation([("已经", "己经"), ("而已", "而己"), ("手写字", "手字"), ("行", "行了")])
    assert [(c.truth, c.prediction, c.places) for c in scored.confusions] == [
        ("已", "己", (Place(0, 0), Place(1, 1))),
        ("", "了", (Place(3, 1),)),
        ("写", "", (Place(2, 1),)),
    ]


def test_boxes_follow_code_points() -> None:
    line = score_line(sample("好的"), reading("好的"))
    assert line.boxes is not None
    assert line.boxes.tolist() == [[0, 0, 20, 30], [20, 0, 40, 30]]
    torn = dataclasses.replace(reading("好的"), text="好的呀")
    assert score_line(sample("好的"), torn).boxes is None


def test_json(tmp_path: Path) -> None:
    pairs = [(sample("你好", 1), reading("你女")), (sample("一", 2), unreadable())]
    scored = Evaluation.of(pairs, seconds=lambda: 0.5, model="m", faults=["l.tsv:9: no tab"])
    scored.write_json(tmp_path / "deep" / "e.json")
    data = json.loads((tmp_path / "deep" / "e.json").read_text("utf-8"))
    assert data == json.loads(json.dumps(scored.to_dict()))
    assert data["figures"]["raw"]["cer"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert data["lines_per_second"] == 4
    assert data["faults"] == ["l.tsv:9: no tab"]
    assert [line["path"] for line in data["unreadable"]] == ["images/2.png"]
    assert data["scored"][0]["substitutions"] == 1
    assert data["out_of_charset"] is None
    assert "scored" not in scored.to_dict(lines=False)


def test_nothing_to_score() -> None:
    empty = Evaluation.of([])
    assert empty.to_dict()["lines"] == 0
    assert empty.figures["raw"]["cer"].value == 0
