"""The report's pictures: confused characters, and lines with their differences coloured."""

from __future__ import annotations

from collections.abc import Sequence

from shouxie.charset import Charset
from shouxie.score.breakdown import Confusion
from shouxie.score.crops import crop_uri, line_uri
from shouxie.score.evaluation import Evaluation, LineScore
from shouxie.score.markup import Markup, join, tag, visible
from shouxie.score.metrics import align
from shouxie.score.sections import PICTURES, number, table

MOST_CHARACTERS = 400
"""Of a line in the gallery; a longer one is shown to here, with a note."""


def confusion_table(evaluation: Evaluation, *, most: int, examples: int) -> Markup:
    """The most frequent confusions, each with a few of the characters as they were written."""
    chosen = evaluation.confusions[:most]
    if not chosen:
        return tag("p", "None.")
    errors = max(1, evaluation.counts["raw"].errors)
    rows = [
        [
            _glyph(confusion.truth, evaluation.charset),
            _glyph(confusion.prediction, None),
            number(len(confusion.places)),
            tag("td", f"{100 * len(confusion.places) / errors:.1f} %", class_="n"),
            tag("td", tag("div", *_crops(evaluation, confusion, examples), class_="crops"), class_="rest"),
        ]
        for confusion in chosen
    ]
    left_out = len(evaluation.confusions) - len(chosen)
    note = tag("p", f"{left_out:,} rarer ones are left out.", class_="note") if left_out else Markup("")
    return join(table(["written", "read as", "times", "of all errors", PICTURES], rows, words=2), note)


def worst_lines(lines: Sequence[LineScore], most: int) -> list[LineScore]:
    """The lines with the most errors; of equals the shorter one first, then in order."""
    wrong = [line for line in lines if line.edits["raw"].errors]
    return sorted(wrong, key=lambda line: (-line.edits["raw"].errors, line.edits["raw"].reference))[:most]


def sure_but_wrong(lines: Sequence[LineScore], most: int) -> list[LineScore]:
    """Lines with errors in letters or digits, highest confidence first: hard cases, or faulty labels."""
    wrong = [line for line in lines if line.edits["letters"].errors and line.confidence > 0]
    return sorted(wrong, key=lambda line: -line.confidence)[:most]


def gallery(lines: Sequence[LineScore]) -> Markup:
    """Lines with picture, truth over prediction, and facts."""
    return join(*(_line(line) for line in lines)) if lines else tag("p", "None.")


def key() -> Markup:
    """What the colours mean."""
    return tag(
        "p",
        tag("span", "another character", class_="s"),
        tag("span", "missed", class_="d"),
        tag("span", "not there", class_="i"),
        "Truth above, prediction below.",
        class_="note key",
    )


def unreadable(lines: Sequence[LineScore], *, most: int = 500) -> Markup:
    """The pictures that could not be read, with the reason."""
    rows = [
        [
            tag("td", line.name, class_="path"),
            tag("td", f"{line.source}:{line.line}", class_="path"),
            tag("td", line.error),
        ]
        for line in lines[:most]
    ]
    return table(["picture", "label line", "fault"], rows, words=3)


def _line(line: LineScore) -> Markup:
    raw = line.edits["raw"]
    found = line_uri(line)
    picture = _image(found, line.truth) if found else Markup("")
    facts = (
        f"{line.name} · {raw.substitutions} S, {raw.deletions} D, {raw.insertions} I of {raw.reference} "
        f"characters · confidence {line.confidence:.3f}" + (f" · {line.error}" if line.error else "")
    )
    return tag("div", picture, _pairs(line), tag("p", facts, class_="facts"), class_="line")


def _pairs(line: LineScore) -> Markup:
    head = tag("span", tag("b", "truth"), tag("i", "read"), class_="pair head")
    columns = [head]
    for i, j in align(line.truth, line.prediction):
        if len(columns) > MOST_CHARACTERS:
            columns.append(tag("span", tag("b", "…"), tag("i", "…"), class_="pair"))
            break
        truth = "" if i is None else line.truth[i]
        read = "" if j is None else line.prediction[j]
        kind = "" if truth == read else " s" if truth and read else " d" if truth else " i"
        above, below = (visible(c) if c else "·" for c in (truth, read))
        columns.append(tag("span", tag("b", above), tag("i", below), class_=f"pair{kind}"))
    return tag("div", *columns, class_="pairs", lang="zh")


def _glyph(character: str, charset: Charset | None) -> Markup:
    if not character:
        return tag("td", "nothing", class_="glyph sign")
    lacking = charset is not None and character not in charset
    flag = join(" ", tag("span", "not in charset", class_="flag")) if lacking else Markup("")
    shown = visible(character)
    return tag(
        "td", tag("span", shown, class_=f"glyph{' sign' if shown.startswith('U+') else ''}", lang="zh"), flag
    )


def _crops(evaluation: Evaluation, confusion: Confusion, most: int) -> list[Markup]:
    crops = []
    for place in confusion.places[:most]:
        found = crop_uri(evaluation.lines[place.line], place, missing=not confusion.prediction)
        if found:
            crops.append(_image(found, confusion.truth or confusion.prediction))
    return crops


def _image(found: tuple[str, int, int], alternative: str) -> Markup:
    uri, width, height = found
    return tag("img", src=uri, width=width, height=height, alt=alternative)
