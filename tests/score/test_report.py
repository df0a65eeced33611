from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from shouxie.charset import Charset
from shouxie.score import Evaluation, write_report
from shouxie.score.markup import VOID, join, tag, visible

from .samples import reading, sample, unreadable

EVIL = '<script>alert("1")</script>&'


class Page(HTMLParser):
    """Checks that tags balance; gathers text, attributes and the figures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def scored(tmp_path: Path) -> Evaluation:
    (tmp_path / "images").mkdir()
    noise = np.random.default_rng(1).integers(0, 255, (90, 400, 3), np.uint8)
    for number in (1, 2, 3):
        cv2.imwrite(str(tmp_path / f"images/{number}.png"), noise)
    pairs = [
        (sample("已经龘", 1, folder=tmp_path), reading("己经", 0.9, width=100, height=90)),
        (sample(EVIL, 2, folder=tmp_path, source="<b>.tsv"), reading("<img src=x onerror=y>", 0.8)),
        (sample("好 的", 3, folder=tmp_path), reading("好 的", 0.7)),
        (sample("失", 4, folder=tmp_path), unreadable("<i>images/4.png")),
    ]
    return Evaluation.of(
        pairs, charset=Charset("已己经"), seconds=lambda: 2.0, model="<m>", faults=["l.tsv:1: <u>"]
    )


def page(scored: Evaluation, folder: Path, **limits: int) -> Page:
    return Page(write_report(scored, folder, **limits).read_text("utf-8"))


def test_balanced_escaped_and_self_contained(scored: Evaluation, tmp_path: Path) -> None:
    path = write_report(scored, tmp_path / "report")
    assert path == tmp_path / "report" / "index.html"
    html = path.read_text("utf-8")
    found = Page(html)
    names = {name for name, _ in found.seen}
    assert not names & {"script", "link", "iframe", "object", "u"}
    assert "http" not in html
    assert "url(" not in html
    assert "@import" not in html
    images = [attributes for name, attributes in found.seen if name == "img"]
    assert images
    for attributes in images:
        assert re.fullmatch(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=]+", attributes["src"] or "")
        assert int(attributes["height"] or 0) <= 56
        assert not any(key.startswith("on") for key in attributes)
    assert any(attributes["alt"] == EVIL for attributes in images)


def test_hostile_texts_are_shown(scored: Evaluation, tmp_path: Path) -> None:
    text = page(scored, tmp_path).text
    for shown in ("<b>.tsv", "<m>", "l.tsv:1: <u>", "<i>images/4.png: the file is empty"):
        assert any(shown in piece for piece in text)


def test_numbers_are_the_jsons(scored: Evaluation, tmp_path: Path) -> None:
    scored.write_json(tmp_path / "e.json")
    data = json.loads((tmp_path / "e.json").read_text("utf-8"))
    data.update(data["figures"])
    keys = set()
    for name, attributes in page(scored, tmp_path).seen:
        if name != "data":
            continue
        key = attributes["data-figure"] or ""
        value = data
        for step in key.split("."):
            value = value[int(step) if step.isdigit() else step]
        if isinstance(value, dict):
            value = value["value"]
        assert float(attributes["value"] or "nan") == value, key
        keys.add(key)
    assert {"raw.cer", "nfkc.cr", "letters.ar", "paddleocr.acc", "out_of_charset.share"} <= keys
    assert {"sources.1.cer", "by_length.0.cer", "by_confidence.0.cer", "out_of_charset.cer_within"} <= keys


def test_shown_percentages_are_their_values(scored: Evaluation, tmp_path: Path) -> None:
    html = write_report(scored, tmp_path).read_text("utf-8")
    shown = re.findall(r'<data value="([^"]+)" data-figure="[^"]+">([^<]+) %</data>', html)
    assert len(shown) > 20
    for value, text in shown:
        assert 100 * float(value) == pytest.approx(float(text.replace("−", "-")), abs=0.0501)


def test_pictures_are_limited(scored: Evaluation, tmp_path: Path) -> None:
    def count(**limits: int) -> int:
        return sum(name == "img" for name, _ in page(scored, tmp_path, **limits).seen)

    assert count(confusions=0, worst=0, sure=0) == 0
    assert count(confusions=0, worst=1, sure=0) == 1
    assert count(confusions=1, examples=1, worst=0, sure=0) == 1


def test_a_page_without_pictures_boxes_or_lines(tmp_path: Path) -> None:
    gone = Evaluation.of([(sample("已", 1), reading("己"))])
    assert not any(name == "img" for name, _ in page(gone, tmp_path).seen)
    assert "None." in page(Evaluation.of([]), tmp_path).text


def test_markup() -> None:
    assert tag("td", "a<b", join(tag("b", "&"), "&"), class_="x", data_figure='"') == (
        '<td class="x" data-figure="&quot;">a&lt;b<b>&amp;</b>&amp;</td>'
    )
    assert tag("img", alt="x", width=None) == '<img alt="x">'
    assert [visible(c) for c in " \u3000\u200b好\u0301"] == ["␣", "▭", "U+200B", "好", "◌\u0301"]
