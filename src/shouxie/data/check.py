"""Look at training data before any training: every fault named, with its file and line."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from pathlib import Path

from shouxie.charset import Charset
from shouxie.data.labels import Sample, read_labels
from shouxie.data.measure import MIN_CANVAS, STEP, fitted_width, picture_size, steps_needed, time_steps
from shouxie.data.report import FAULTS, Finding, Part, Report, quantiles
from shouxie.errors import DataError, ImageError
from shouxie.image import HEIGHT, load

OnLine = Callable[[int], None]
"""Is told after every sample how many are done."""


def check(
    labels: Iterable[str | PathLike[str]],
    *,
    charset: Charset | None = None,
    delimiter: str = "\t",
    root: str | PathLike[str] | None = None,
    step: int = STEP,
    canvas: int = MIN_CANVAS,
    height: int = HEIGHT,
    thorough: bool = False,
    examples: int = 5,
    on_line: OnLine | None = None,
) -> Report:
    """Check label files and their pictures; nothing stops it, everything is in the report.

    Args:
        labels: label files; training and test files together show what they share.
        charset: characters a network can write; without one no character is outside.
        delimiter: what stands between path and text.
        root: folder of relative picture paths; each label file's own folder if not given.
        step: pixels of network input a time step.
        canvas: least width of network input, in pixels.
        height: the network's height, in pixels.
        thorough: decode every picture, not its header alone: finds pictures cut off, takes longer.
        examples: places kept for each kind of finding.
        on_line: told after every sample how many are done.
    """
    scan = _Scan(charset, step, canvas, height, thorough, examples)
    done = 0
    for path in labels:
        scan.open(str(path))
        for sample in read_labels(path, delimiter=delimiter, root=root, on_fault=scan.bad_line):
            scan.add(sample)
            done += 1
            if on_line is not None:
                on_line(done)
    return scan.report()


class _Tally:
    """Counts of one label file while it is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.characters: Counter[str] = Counter()
        self.lengths: list[int] = []
        self.widths: list[int] = []
        self.faults: Counter[str] = Counter()

    def part(self) -> Part:
        return Part(
            self.name,
            len(self.lengths),
            self.characters.total(),
            len(self.characters),
            len(self.widths),
            quantiles(self.lengths),
            quantiles(self.widths),
            dict(self.faults),
        )


class _Scan:
    """One pass over the samples; pictures of equal size in bytes are compared at the end."""

    def __init__(
        self, charset: Charset | None, step: int, canvas: int, height: int, thorough: bool, examples: int
    ) -> None:
        self._charset, self._step, self._canvas, self._height = charset, step, canvas, height
        self._thorough, self._examples = thorough, examples
        self._tallies: list[_Tally] = []
        self._findings: dict[str, Finding] = {}
        self._outside: dict[str, Finding] = {}
        self._paths: dict[Path, tuple[Sample, int | None]] = {}
        self._sizes: dict[int, list[tuple[Path, Sample, int]]] = defaultdict(list)
        self._texts: dict[str, tuple[int, str]] = {}

    def open(self, name: str) -> None:
        """Begin a label file."""
        self._tallies.append(_Tally(name))

    def bad_line(self, fault: DataError) -> None:
        """Take a line that broke the format."""
        self._find("line", str(fault))

    def add(self, sample: Sample) -> None:
        """Take a sample."""
        tally = self._tallies[-1]
        tally.lengths.append(len(sample.text))
        tally.characters.update(sample.text)
        self._check_text(sample)
        for path in sample.paths:
            width = self._check_picture(path, sample)
            if width is None:
                continue
            tally.widths.append(width)
            steps, needed = time_steps(width, step=self._step, canvas=self._canvas), steps_needed(sample.text)
            if needed > steps:
                self._find("long", f"{sample.place}: {needed} steps needed, {steps} there ({width} px)")

    def report(self) -> Report:
        """Compare pictures of the same size in bytes, and sum up."""
        self._same_pictures()
        total = _Tally("total")
        for tally in self._tallies:
            total.characters.update(tally.characters)
            total.lengths += tally.lengths
            total.widths += tally.widths
            total.faults.update(tally.faults)
        outside = dict(sorted(self._outside.items(), key=lambda item: (-item[1].count, item[0])))
        return Report(
            [tally.part() for tally in self._tallies],
            total.part(),
            self._findings,
            outside,
            _width_pairs(total.characters),
            None if self._charset is None else len(self._charset),
        )

    def _find(self, kind: str, example: str, tally: int = -1) -> None:
        self._findings.setdefault(kind, Finding()).add(example, self._examples)
        if kind in FAULTS:
            self._tallies[tally].faults[kind] += 1

    def _check_text(self, sample: Sample) -> None:
        text = sample.text
        if not text:
            self._find("empty", sample.place)
            return
        if self._charset is not None and (missing := self._charset.missing(text)):
            self._find("oov", f"{sample.place}: {' '.join(map(repr, missing))}")
            for character in missing:
                finding = self._outside.setdefault(character, Finding())
                finding.add(sample.place, self._examples)
                finding.count += text.count(character) - 1
        if strange := [c for c in dict.fromkeys(text) if _is_strange(c)]:
            self._find("control", f"{sample.place}: " + " ".join(f"U+{ord(c):04X}" for c in strange))
        if text != text.strip():
            self._find("edges", f"{sample.place}: {text!r}")
        file = len(self._tallies) - 1
        first_file, place = self._texts.setdefault(text, (file, sample.place))
        if first_file != file:
            self._find("text", f"{sample.place}: as {place}: {text!r}")

    def _check_picture(self, path: Path, sample: Sample) -> int | None:
        """The picture's width at the network's height, in pixels; None if it is missing or broken."""
        if path in self._paths:
            first, width = self._paths[path]
            self._find("path", f"{sample.place}: {path} as {first.place}{_other_text(first, sample)}")
            return width
        self._paths[path] = sample, None
        try:
            size = picture_size(path)
            if self._thorough:
                load(path)
            self._sizes[path.stat().st_size].append((path, sample, len(self._tallies) - 1))
        except (ImageError, OSError) as error:
            missing = isinstance(error.__cause__ or error, (FileNotFoundError, NotADirectoryError))
            self._find("missing" if missing else "unreadable", f"{sample.place}: {error}")
            return None
        width = fitted_width(size, height=self._height)
        self._paths[path] = sample, width
        return width

    def _same_pictures(self) -> None:
        for pictures in self._sizes.values():
            if len(pictures) == 1:
                continue
            seen: dict[bytes, tuple[Path, Sample]] = {}
            for path, sample, tally in pictures:
                try:
                    digest = hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
                except OSError as error:
                    self._find("unreadable", f"{sample.place}: {path}: {error.strerror}", tally)
                    continue
                first_path, first = seen.setdefault(digest, (path, sample))
                if first_path != path:
                    other = _other_text(first, sample)
                    self._find(
                        "picture", f"{sample.place}: {path} is {first_path} of {first.place}{other}", tally
                    )


def _other_text(first: Sample, sample: Sample) -> str:
    return "" if first.text == sample.text else f", with another text: {sample.text!r}, {first.text!r}"


def _is_strange(character: str) -> bool:
    return unicodedata.category(character)[0] in "CM" or character == "\ufffd"


def _width_pairs(counts: Counter[str]) -> dict[str, tuple[int, int]]:
    """Full-width character and its half-width twin to the counts of both, where both are in use."""
    twins: Sequence[tuple[str, str]] = [
        ("\u3000", " "),
        *((chr(c), chr(c - 0xFEE0)) for c in range(0xFF01, 0xFF5F)),
    ]
    return {
        full + half: (counts[full], counts[half]) for full, half in twins if counts[full] and counts[half]
    }
