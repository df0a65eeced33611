"""The contact sheet: what is drawn, what is wrapped, what is red."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from shouxie.data.labels import Sample
from shouxie.data.show import GAP, RED, draw, sheet, wrap

FONT = ImageFont.load_default(16)


def samples(folder: Path, *widths: int) -> list[Sample]:
    found = []
    for i, width in enumerate(widths):
        path = folder / f"{i}.png"
        Image.new("RGB", (width, 48), (0, i, 99)).save(path)
        found.append(Sample((path,), f"text {i}", folder / "labels.tsv", i + 1, path.name))
    return found


def has(image: Image.Image, colour: tuple[int, int, int]) -> int:
    return int((np.asarray(image) == colour).all(axis=2).sum())


def test_draw_is_by_seed_in_order_and_without_repeats(tmp_path: Path) -> None:
    all_of_them = samples(tmp_path, *[48] * 30)
    chosen = draw(all_of_them, count=9, seed=1)
    assert chosen == draw(all_of_them, count=9, seed=1) != draw(all_of_them, count=9, seed=2)
    assert [s.line for s in chosen] == sorted({s.line for s in chosen})
    assert draw(all_of_them, count=99, seed=1) == all_of_them
    odd = draw(all_of_them, count=99, seed=1, keep=lambda s: s.line % 2 == 1)
    assert [s.line for s in odd] == list(range(1, 31, 2))


def test_every_picture_is_on_the_sheet(tmp_path: Path) -> None:
    page = sheet(samples(tmp_path, 48, 300, 96, 48, 48, 48, 200), font=FONT)
    assert [has(page, (0, i, 99)) for i in range(7)] == [48 * w for w in (48, 300, 96, 48, 48, 48, 200)]
    assert page.getpixel((GAP, GAP)) == (0, 0, 99)


def test_wide_pictures_are_squeezed_to_the_sheet(tmp_path: Path) -> None:
    page = sheet(samples(tmp_path, 4000), font=FONT)
    assert page.width <= 1600
    assert has(page, (0, 0, 99)) > 700 * 8


def test_bad_pictures_are_red(tmp_path: Path) -> None:
    good = samples(tmp_path, 48)[0]
    bad = Sample((tmp_path / "none.png",), "text", good.source, 2, "none.png")
    assert has(sheet([good], font=FONT), RED) == 0
    assert has(sheet([good, bad], font=FONT), RED) > 48 * 48
    assert has(sheet([], font=FONT), RED) == 0


@settings(max_examples=30)
@given(text=st.text(st.characters(codec="latin-1"), max_size=40), width=st.integers(30, 200))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrap(text, width, FONT)
    assert "".join(lines) == "".join(c if c.isprintable() else "\ufffd" for c in text)
    assert all(FONT.getlength(line) <= width for line in lines if len(line) > 1)


def test_the_package_has_a_font_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("shouxie.show")
    assert has(sheet(samples(tmp_path, 48)), (0, 0, 99)) == 48 * 48
