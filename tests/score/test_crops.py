from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from shouxie.score import LineScore, score_line
from shouxie.score.breakdown import Place
from shouxie.score.crops import crop_uri, line_uri

from .samples import reading, sample

GREYS = (40, 120, 200)


@pytest.fixture
def line(tmp_path: Path) -> LineScore:
    """A line of three characters, 100 x 100 px each, of one grey each."""
    (tmp_path / "images").mkdir()
    picture = np.repeat(np.array(GREYS, np.uint8), 100)[None].repeat(100, axis=0)
    cv2.imwrite(str(tmp_path / "images/1.png"), picture)
    return score_line(sample("甲乙丙", folder=tmp_path), reading("甲乙丙", width=100, height=100))


def pixels(found: tuple[str, int, int] | None) -> NDArray[np.uint8]:
    assert found is not None
    data = base64.b64decode(found[0].partition(",")[2])
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert picture.shape == (found[2], found[1])
    return np.asarray(picture, np.uint8)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_crop_shows_its_character(line: LineScore, position: int) -> None:
    crop = pixels(crop_uri(line, Place(0, position), missing=False))
    inner = crop[:, crop.shape[1] * 3 // 10 : crop.shape[1] * 7 // 10]
    assert inner.mean() == pytest.approx(GREYS[position], abs=4)
    assert crop.shape[0] == 48


@pytest.mark.parametrize(("position", "greys"), [(0, {40}), (1, {40, 120}), (2, {120, 200}), (3, {200})])
def test_the_gap_where_a_character_is_missing(line: LineScore, position: int, greys: set[int]) -> None:
    crop = pixels(crop_uri(line, Place(0, position), missing=True))
    middle = crop[20]
    assert {min(GREYS, key=lambda g: abs(g - int(edge))) for edge in (middle[2], middle[-3])} == greys


def test_a_line_is_scaled_down_never_up(line: LineScore) -> None:
    assert pixels(line_uri(line)).shape == (56, 168)
    small = np.full((20, 50), 9, np.uint8)
    cv2.imwrite(str(line.path.with_name("2.png")), small)
    other = score_line(sample("甲", 2, folder=line.path.parents[1]), reading("甲"))
    assert pixels(line_uri(other)).shape == (20, 50)


def test_no_picture_no_crop(line: LineScore) -> None:
    gone = score_line(sample("甲", 9, folder=line.path.parents[1]), reading("甲"))
    assert line_uri(gone) is None
    assert crop_uri(gone, Place(0, 0), missing=False) is None
    unboxed = score_line(sample("甲", 1, folder=line.path.parents[1]), reading(""))
    assert crop_uri(unboxed, Place(0, 0), missing=True) is None
