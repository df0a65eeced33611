from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from shouxie.charset import Charset
from shouxie.score.evaluation import Evaluation

from .samples import evaluation

texts = st.text("你好龘们己Ab1a ，,①１Ａ\u3000é", max_size=10)
pairs = st.lists(st.tuples(texts, texts), min_size=1, max_size=15)


def test_gold_with_characters_outside_the_charset() -> None:
    """The vanished characters: dropped from the truth, this line would score 100 %."""
    scored = evaluation([("你龘好龘们", "你好们")], Charset("你好们"))
    raw, outside = scored.figures["raw"], scored.out_of_charset
    assert raw["cer"].value == 0.4
    assert raw["ar"].value == raw["cr"].value == 0.6
    assert raw["line_accuracy"].value == 0
    assert scored.figures["paddleocr"]["acc"].value == 0
    assert scored.figures["paddleocr"]["norm_edit_dis"].value == 1 - 0.4 / 1.00001
    assert outside is not None
    assert outside.counts == {"龘": 2}
    assert outside.share.value == 0.4
    assert outside.cer_within.value == 0
    assert outside.lines == 1


def test_rates_by_hand() -> None:
    """Eight characters; one substitution, two deletions, one insertion; one of three lines right."""
    figures = evaluation([("手写汉字", "手与"), ("你好", "你好"), ("行行", "行行了")]).figures["raw"]
    assert figures["cer"].value == 4 / 8
    assert figures["ar"].value == 1 - 4 / 8
    assert figures["cr"].value == 1 - 3 / 8
    assert figures["line_accuracy"].value == pytest.approx(1 / 3)
    assert figures["similarity"].value == pytest.approx((1 / 4 + 1 + 2 / 3) / 3)


def test_errors_beyond_the_charset_by_hand() -> None:
    """Ten characters, two outside; three errors, so one could have been avoided among eight characters."""
    scored = evaluation(
        [("一二龘四五", "一二三四五"), ("六七龘九十", "六七九土")], Charset("一二三四五六七八九十土")
    )
    outside = scored.out_of_charset
    assert outside is not None
    assert scored.figures["raw"]["cer"].value == 0.3
    assert outside.share.value == 0.2
    assert outside.cer_within.value == 1 / 8


@given(pairs)
@settings(max_examples=40)
def test_charset_bounds_the_error(lines: list[tuple[str, str]]) -> None:
    """No prediction written in the charset beats the share of the characters outside."""
    charset = Charset("好们己bA1")
    written = [(truth, "".join(c for c in read if c in charset)) for truth, read in lines]
    scored = evaluation(written, charset)
    outside = scored.out_of_charset
    assert outside is not None
    assert outside.share.value <= scored.figures["raw"]["cer"].value
    assert outside.cer_within.value >= 0
    unavoidable = sum(outside.counts.values())
    counts = scored.counts["raw"]
    expected = (counts.errors - unavoidable) / max(1, counts.reference - unavoidable)
    assert outside.cer_within.value == pytest.approx(expected)


def outside_nfkc(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def outside_letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


@pytest.mark.parametrize(("name", "fold"), [("nfkc", outside_nfkc), ("letters", outside_letters)])
@given(lines=pairs)
@settings(max_examples=40)
def test_formulas_under_normalisation(
    name: str, fold: Callable[[str], str], lines: list[tuple[str, str]]
) -> None:
    folded = [(fold(t), fold(p)) for t, p in lines]
    distance = [Levenshtein.distance(t, p) for t, p in folded]
    figures = evaluation(lines).figures[name]
    assert figures["cer"].value == sum(distance) / max(1, sum(len(t) for t, _ in folded))
    assert figures["line_accuracy"].value == pytest.approx(sum(t == p for t, p in folded) / len(lines))
    near = [1 - d / max(len(t), len(p), 1) for d, (t, p) in zip(distance, folded, strict=True)]
    assert figures["similarity"].value == pytest.approx(sum(near) / len(lines))


@given(pairs, st.randoms())
@settings(max_examples=40)
def test_properties(lines: list[tuple[str, str]], shuffler: object) -> None:
    scored = evaluation(lines)
    for figures in (scored.figures[name] for name in ("raw", "nfkc", "letters")):
        assert figures["ar"].value <= figures["cr"].value <= 1
        assert figures["ar"].value == 1 - figures["cer"].value
        assert (figures["cer"].value == 0) == (figures["line_accuracy"].value == 1)
    assert (scored.figures["raw"]["cer"].value == 0) == all(t == p for t, p in lines)
    turned = evaluation(sorted(lines, key=lambda _: shuffler.random()))  # type: ignore[attr-defined]
    assert rounded(turned) == rounded(scored)


def rounded(scored: Evaluation) -> object:
    return scored.to_dict()["figures"]
