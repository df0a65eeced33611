"""The data report: what a check found, printed and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shouxie.atomic import writing

if TYPE_CHECKING:
    from rich.console import Console

FAULTS = {
    "line": "lines that break the label format",
    "empty": "empty texts",
    "missing": "missing pictures",
    "unreadable": "unreadable pictures",
    "oov": "lines with characters outside the charset",
    "long": "lines too long for CTC (more characters than time steps)",
    "path": "pictures listed more than once",
    "picture": "pictures of the same content",
}
"""Kinds of findings that make a report bad."""

HINTS = {
    "text": "texts that stand in several label files",
    "control": "texts with control, invisible, combining or private characters",
    "edges": "texts that begin or end with white space",
}
"""Kinds of findings to look at."""

QUANTILES = {"least": 0.0, "5 %": 0.05, "median": 0.5, "95 %": 0.95, "most": 1.0}


@dataclass
class Finding:
    """How often something was found, and the first places."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str, limit: int) -> None:
        """Count one more; its place is kept while there are fewer than ``limit``."""
        self.count += 1
        if len(self.examples) < limit:
            self.examples.append(example)


@dataclass
class Part:
    """Figures of one label file, or of all.

    Attributes:
        name: the label file, ``"total"`` for all.
        lines: samples, without lines that break the format.
        characters: of all texts.
        distinct: different characters.
        pictures: that could be measured.
        lengths: quantiles of the text length, in characters.
        widths: quantiles of the picture width at the network's height, in pixels.
        faults: kind of ``FAULTS`` to count.
    """

    name: str
    lines: int
    characters: int
    distinct: int
    pictures: int
    lengths: dict[str, int]
    widths: dict[str, int]
    faults: dict[str, int]


@dataclass
class Report:
    """What a check of label files found.

    Attributes:
        files: one part a label file.
        total: all together.
        findings: kinds of ``FAULTS`` and ``HINTS`` with their first places.
        outside: characters outside the charset, most frequent first.
        pairs: characters that stand in the texts in both full and half width, with both counts.
        charset: number of characters checked against, None without a charset.
    """

    files: list[Part]
    total: Part
    findings: dict[str, Finding]
    outside: dict[str, Finding]
    pairs: dict[str, tuple[int, int]]
    charset: int | None

    @property
    def ok(self) -> bool:
        """Whether there is no fault (hints are none)."""
        return not any(kind in FAULTS for kind in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {"ok": self.ok, **asdict(self)}

    def write_json(self, path: Path) -> None:
        """Write the report as JSON, UTF-8.

        Raises:
            OutputError: the file cannot be written.
        """
        with writing(path, "w") as file:
            # A label's lone parts (paths from damaged names) must not stop the report.
            text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1)
            file.write(text.encode("utf-8", "backslashreplace").decode() + "\n")

    def print(self, console: Console, *, outside: int = 30) -> None:
        """Print tables of the figures, then every kind of finding with its first places.

        Args:
            console: where to.
            outside: how many characters outside the charset to name.
        """
        console.print(_figures([*self.files, self.total] if len(self.files) > 1 else self.files))
        for kind, title in {**FAULTS, **HINTS}.items():
            finding = self.findings.get(kind)
            if finding:
                style = "red" if kind in FAULTS else "yellow"
                console.print(f"{finding.count} {title}", style=style, markup=False, highlight=False)
                _places(console, finding)
        for character, finding in list(self.outside.items())[:outside]:
            _say(
                console, f"  {character!r} U+{ord(character[0]):04X} x {finding.count}: {finding.examples[0]}"
            )
        if len(self.outside) > outside:
            _say(console, f"  … and {len(self.outside) - outside} characters more")
        for pair, (full, half) in self.pairs.items():
            _say(
                console, f"full and half width both in use: {pair[0]} x {full}, {pair[1]} x {half}", "yellow"
            )
        if self.charset is None:
            _say(console, "characters were not checked: no model and no charset given", "yellow")
        _say(console, "no faults" if self.ok else "faults found", "green" if self.ok else "red")


def quantiles(values: Sequence[int]) -> dict[str, int]:
    """The ``QUANTILES`` of whole numbers, each one of them; empty for none."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return {name: ordered[round(share * last)] for name, share in QUANTILES.items()} if ordered else {}


def _figures(parts: Sequence[Part]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in ("file", "lines", "characters", "distinct", "pictures"):
        table.add_column(column, justify="left" if column == "file" else "right", overflow="fold")
    table.add_column("length " + " / ".join(QUANTILES), justify="right")
    table.add_column("width, px", justify="right")
    table.add_column("faults", justify="right")
    for part in parts:
        numbers = (part.lines, part.characters, part.distinct, part.pictures)
        spread = (" / ".join(map(str, values.values())) or "-" for values in (part.lengths, part.widths))
        table.add_row(Text(part.name), *map(str, numbers), *spread, str(sum(part.faults.values())))
    return table


def _places(console: Console, finding: Finding) -> None:
    for example in finding.examples:
        _say(console, f"  {example}")
    if finding.count > len(finding.examples) > 0:
        _say(console, f"  … and {finding.count - len(finding.examples)} more")


def _say(console: Console, line: str, style: str = "") -> None:
    console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)
