"""HTML from values: text is escaped because only ``tag`` makes markup."""

from __future__ import annotations

import unicodedata
from html import escape

VOID = frozenset(("meta", "img", "br", "line", "rect", "circle", "polyline"))
"""Elements written without an end tag; those of SVG close themselves."""


class Markup(str):
    """HTML that is already escaped."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """An element.

    Args:
        name: of the element; those in ``VOID`` take no children.
        children: markup as it is, any other string escaped.
        attributes: ``class_`` gives ``class``, ``data_figure`` gives ``data-figure``; None leaves one out.
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{pairs}/>" if name not in ("meta", "img", "br") else f"<{name}{pairs}>")
    return Markup(f"<{name}{pairs}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Pieces one after another, each escaped unless it is markup."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children))


def visible(character: str) -> str:
    """A character as something that can be seen: spaces as signs, controls as their code points."""
    if character == " ":
        return "␣"
    if character == "\u3000":
        return "▭"
    if unicodedata.category(character)[0] in "CZ":
        return f"U+{ord(character):04X}"
    return character if not unicodedata.combining(character) else f"◌{character}"


def percent(key: str, value: float, *, digits: int = 2) -> Markup:
    """A rate as a percentage; its ``<data>`` element carries the rate itself, as the JSON has it."""
    shown = f"{100 * value:.{digits}f} %".replace("-", "−")
    return tag("data", shown, value=round(value, 6), data_figure=key)


def bar(value: float, low: float, high: float, top: float) -> Markup:
    """A bar of ``value`` with its interval as a whisker, on a scale from 0 to ``top``."""
    width, top = 120, top or 1.0
    at = [round(width * min(1.0, max(0.0, v / top)), 1) for v in (value, low, high)]
    return tag(
        "svg",
        tag("rect", class_="track", width=width, height=10, rx=2),
        tag("rect", class_="fill", width=at[0], height=10, rx=2),
        tag("line", class_="whisker", x1=at[1], x2=max(at[2], at[1] + 0.5), y1=5, y2=5),
        class_="bar",
        viewBox=f"0 0 {width} 10",
        width=width,
        height=10,
        aria_hidden="true",
    )
