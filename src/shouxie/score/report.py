"""The error report: one HTML page with its pictures inside, no script and nothing fetched."""

from __future__ import annotations

from importlib.resources import files
from os import PathLike
from pathlib import Path

from shouxie.atomic import writing
from shouxie.score import gallery, sections
from shouxie.score.evaluation import Evaluation
from shouxie.score.markup import Markup, join, tag

CONFUSIONS = 50
EXAMPLES = 6
WORST = 40
SURE = 20
"""Pictures in the page at most: CONFUSIONS * EXAMPLES characters and WORST + SURE lines, about 2 MB."""


def write_report(
    evaluation: Evaluation,
    directory: str | PathLike[str],
    *,
    confusions: int = CONFUSIONS,
    examples: int = EXAMPLES,
    worst: int = WORST,
    sure: int = SURE,
) -> Path:
    """Write ``index.html`` into ``directory``; a folder that is missing is made.

    Args:
        confusions: rows of the confusion table.
        examples: pictures in each of them.
        worst: lines with the most errors.
        sure: lines that are wrong in spite of a high confidence.

    Returns:
        the page's path.

    Raises:
        OutputError: it cannot be written.
    """
    page = Path(directory) / "index.html"
    parts = [
        _head(evaluation),
        _figures(evaluation),
        sections.heading("Confusions", "混淆的字"),
        tag("p", "Characters taken for one another, as they were written.", class_="note"),
        gallery.confusion_table(evaluation, most=confusions, examples=examples),
        sections.heading("Lines with the most errors", "错误最多的行"),
        gallery.key(),
        gallery.gallery(gallery.worst_lines(evaluation.lines, worst)),
        sections.heading("Sure but wrong", "自信却错的行"),
        tag("p", "Highest confidence first: hard cases, or faults of the label itself.", class_="note"),
        gallery.gallery(gallery.sure_but_wrong(evaluation.lines, sure)),
        _missing(evaluation),
        tag("footer", "Written by shouxie evaluate. The page holds everything it shows."),
    ]
    with writing(page, "w") as file:
        file.write(
            "<!DOCTYPE html>\n" + _html(f"Evaluation of {evaluation.model or 'predictions'}", join(*parts))
        )
    return page


def _html(title: str, body: Markup) -> Markup:
    style = Markup(files("shouxie.score").joinpath("report.css").read_text("utf-8"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", style),
    )
    return tag("html", head, tag("body", tag("main", body)), lang="en")


def _head(evaluation: Evaluation) -> Markup:
    counts = evaluation.counts["raw"]
    wrong = sum(line.edits["raw"].errors > 0 for line in evaluation.lines)
    text = (
        f"{len(evaluation.lines):,} lines with {counts.reference:,} characters; {counts.errors:,} errors in "
        f"{wrong:,} lines; unreadable pictures, counted as empty: {len(evaluation.unreadable):,}."
    )
    title = tag("h1", evaluation.model or "Predictions", " ", tag("span", "evaluation · 评测", class_="soft"))
    return tag("header", title, tag("p", text, class_="soft"), sections.cards(evaluation))


def _figures(evaluation: Evaluation) -> Markup:
    outside = evaluation.out_of_charset
    parts = [
        sections.heading("Figures", "指标"),
        sections.figures_table(evaluation),
        sections.definitions(),
        sections.heading("By label file", "按标注文件"),
        sections.groups("label file", "sources", evaluation.sources),
        sections.heading("By length", "按行长"),
        sections.groups("characters in the line", "by_length", evaluation.lengths),
        sections.heading("By confidence", "按置信度"),
        tag("p", "The errors that remain if only the surest lines are kept.", class_="note"),
        sections.coverage(evaluation.coverage),
    ]
    if outside:
        parts += [
            sections.heading("Outside the charset", "字符集之外的字"),
            sections.outside_charset(outside),
        ]
    return join(*parts)


def _missing(evaluation: Evaluation) -> Markup:
    parts = []
    if evaluation.unreadable:
        parts += [
            sections.heading("Unreadable pictures", "无法读取的图片"),
            gallery.unreadable(evaluation.unreadable),
        ]
    if evaluation.faults:
        faults = [tag("li", tag("code", fault)) for fault in evaluation.faults[:500]]
        parts += [
            sections.heading("Faulty label lines", "有误的标注行"),
            tag("p", "Without a truth they cannot be scored.", class_="note"),
            tag("ul", *faults),
        ]
    return join(*parts)
