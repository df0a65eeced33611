"""The report's tables: headline figures, definitions, label files, lengths, confidence, charset."""

from __future__ import annotations

from collections.abc import Sequence

from shouxie.score.breakdown import Coverage, Group
from shouxie.score.evaluation import Evaluation
from shouxie.score.figures import OutOfCharset
from shouxie.score.intervals import Interval
from shouxie.score.markup import Markup, bar, join, percent, tag, visible

COLUMNS = {
    "cer": "CER",
    "ar": "AR",
    "cr": "CR",
    "line_accuracy": "line accuracy",
    "similarity": "similarity",
}
NORMALISED = {
    "raw": "raw",
    "nfkc": "nfkc: width folded, no white space",
    "letters": "letters: letters and digits alone, lower case",
}
PICTURES = "pictures"
"""Title of a column that takes the room that is left."""

DEFINITIONS = {
    "CER": "Character error rate: (S + D + I) / N over the whole set, with N characters in the truth and S "
    "substitutions, D deletions and I insertions of a shortest edit script. It can exceed 100 %.",
    "AR": "Accurate rate: (N − S − D − I) / N = 1 − CER.",
    "CR": "Correct rate: (N − S − D) / N. Insertions cost nothing.",
    "line accuracy": "Lines that are right to the last character, of all lines.",
    "similarity": "Mean over lines of 1 − (S + D + I) / max(length of truth, length of prediction).",
    "acc, norm_edit_dis": "PaddleOCR's names and formulas for line accuracy and similarity, with its 1e-5 "
    "below the fraction bar, so that its published figures compare; but on the raw truth of every line.",
    "raw, nfkc, letters": "What was done to truth and prediction alike before counting; without a name, "
    "nothing.",
    "95 %": "Percentile bootstrap over lines. Lines of one writer are alike: for another writer the true "
    "spread is wider. Where every line is right, or none is, it has no width, however few the lines are.",
    "every line": "An unreadable or missing picture counts as an empty reading; characters outside the "
    "charset count as errors; no line is too long. A character is a Unicode code point.",
    "lines/s": "Wall time from picture files to text, with decoding and scoring, without loading the model.",
}


def heading(english: str, chinese: str) -> Markup:
    """A section's title in both languages."""
    return tag("h2", english, tag("span", chinese, lang="zh"))


def table(columns: Sequence[str], rows: Sequence[Sequence[Markup]], *, words: int = 1) -> Markup:
    """A table that scrolls sideways if it must; the first ``words`` columns are text, the others numbers."""
    kinds = [None if i < words else "rest" if c == PICTURES else "n" for i, c in enumerate(columns)]
    head = tag("tr", *(tag("th", c, class_=kind) for c, kind in zip(columns, kinds, strict=True)))
    body = join(*(tag("tr", *row) for row in rows))
    return tag("div", tag("table", tag("thead", head), tag("tbody", body)), class_="wide")


def number(value: float, digits: int = 0) -> Markup:
    """A table cell with a plain number."""
    return tag("td", f"{value:,.{digits}f}", class_="n")


def rate(key: str, interval: Interval) -> Markup:
    """A table cell with a rate over its interval."""
    return tag("td", percent(key, interval.value), tag("small", span(interval)), class_="n")


def span(interval: Interval) -> str:
    """The interval in words."""
    return f"{100 * interval.low:.2f} – {100 * interval.high:.2f}".replace("-", "−")


def cards(evaluation: Evaluation) -> Markup:
    """The headline figures."""
    figures = evaluation.figures
    shown = [
        ("CER", "raw.cer", figures["raw"]["cer"]),
        ("Line accuracy", "raw.line_accuracy", figures["raw"]["line_accuracy"]),
        ("AR", "raw.ar", figures["raw"]["ar"]),
        ("CR", "raw.cr", figures["raw"]["cr"]),
        ("CER letters", "letters.cer", figures["letters"]["cer"]),
        ("acc (PaddleOCR)", "paddleocr.acc", figures["paddleocr"]["acc"]),
        ("norm_edit_dis (PaddleOCR)", "paddleocr.norm_edit_dis", figures["paddleocr"]["norm_edit_dis"]),
    ]
    outside = evaluation.out_of_charset
    if outside:
        shown.append(("Outside the charset", "out_of_charset.share", outside.share))
    boxes = [_card(name, percent(key, i.value), f"95 %: {span(i)}") for name, key, i in shown]
    if evaluation.lines_per_second:
        boxes.append(
            _card("Lines per second", f"{evaluation.lines_per_second:,.1f}", "model loading excluded")
        )
    return tag("div", *boxes, class_="cards")


def figures_table(evaluation: Evaluation) -> Markup:
    """Every rate under every normalisation, with the counts it comes from."""
    rows = []
    for name, figures in evaluation.figures.items():
        if name == "paddleocr":
            continue
        counts = evaluation.counts[name]
        rates = [rate(f"{name}.{key}", figures[key]) for key in COLUMNS]
        rows.append([tag("td", NORMALISED.get(name, name)), *rates, *(number(n) for n in counts)])
    return table(["Normalisation", *COLUMNS.values(), "N", "S", "D", "I"], rows)


def definitions() -> Markup:
    """What each name means, folded away."""
    items = [join(tag("dt", name), tag("dd", text)) for name, text in DEFINITIONS.items()]
    return tag("details", tag("summary", "Definitions"), tag("dl", *items))


def groups(first: str, key: str, members: Sequence[Group]) -> Markup:
    """A table of groups of lines with a bar for CER."""
    top = max((g.figures["cer"].high for g in members), default=1.0)
    rows = [
        [
            tag("td", group.name, class_="path"),
            number(group.lines),
            number(group.characters),
            *(
                rate(f"{key}.{i}.{name}", group.figures[name])
                for name in ("line_accuracy", "ar", "cr", "cer")
            ),
            tag("td", bar(*group.figures["cer"], top)),
        ]
        for i, group in enumerate(members)
    ]
    return table([first, "lines", "characters", "line accuracy", "AR", "CR", "CER", ""], rows)


def coverage(points: Sequence[Coverage]) -> Markup:
    """What remains of the errors if only the surest lines are kept: curve and table."""
    rows = [
        [
            tag("td", percent(f"by_confidence.{i}.share", p.share, digits=1), class_="n"),
            number(p.lines),
            tag("td", f"≥ {p.threshold:.4f}", class_="n"),
            tag("td", percent(f"by_confidence.{i}.cer", p.cer), class_="n"),
            tag("td", percent(f"by_confidence.{i}.line_accuracy", p.line_accuracy), class_="n"),
        ]
        for i, p in enumerate(points)
    ]
    numbers = table(["kept", "lines", "confidence", "CER", "line accuracy"], rows, words=0)
    return tag("div", _curve(points), numbers, class_="beside") if len(points) > 1 else numbers


def outside_charset(outside: OutOfCharset, *, most: int = 200) -> Markup:
    """The characters that the model cannot write, with their counts."""
    if not outside.counts:
        return tag("p", "Every character of the truth is in the model's charset.")
    text = join(
        percent("out_of_charset.share", outside.share.value),
        f" of the reference characters, in {outside.lines:,} lines, are outside the model's charset. Each is "
        "one error that no prediction can avoid; without these errors, over the other characters, CER is ",
        percent("out_of_charset.cer_within", outside.cer_within.value),
        f" (95 %: {span(outside.cer_within)}).",
    )
    items = [
        tag("li", tag("span", visible(c), lang="zh"), tag("small", f"U+{ord(c):04X} × {n:,}"))
        for c, n in list(outside.counts.items())[:most]
    ]
    more = len(outside.counts) - most
    rest = tag("p", f"… and {more:,} more.", class_="note") if more > 0 else Markup("")
    return join(tag("p", text), tag("ul", *items, class_="outside"), rest)


def _card(name: str, value: str, note: str) -> Markup:
    return tag("div", tag("h3", name), tag("strong", value), tag("small", note), class_="card")


def _curve(points: Sequence[Coverage]) -> Markup:
    left, width, height = 48, 540, 170
    top = max(max(p.cer for p in points), 1e-3) * 1.1
    spots = [(left + width * p.share, 12 + height * (1 - p.cer / top)) for p in points]
    grid = []
    for part in (0.0, 0.5, 1.0):
        y = 12 + height * (1 - part)
        grid.append(tag("line", class_="grid", x1=left, x2=left + width, y1=y, y2=y))
        grid.append(tag("text", f"{100 * top * part:.1f} %", x=left - 6, y=y + 4, text_anchor="end"))
        x = left + width * part
        grid.append(tag("text", f"{100 * part:.0f} %", x=x, y=height + 30, text_anchor="middle"))
    grid.append(tag("text", "CER over the share of lines kept, surest first", x=left, y=height + 48))
    line = tag("polyline", class_="curve", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in spots))
    dots = [tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=3) for x, y in spots]
    label = "CER over the share of lines kept"
    return tag("svg", *grid, line, *dots, class_="chart", viewBox="0 0 620 226", role="img", aria_label=label)
