"""Charset: the characters a recogniser can write, and the class ids that stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from shouxie.errors import InputError, UsageError

BLANK = 0
"""The CTC blank's class id, as in PaddleOCR. Character ``i`` of a charset is class ``i + 1``."""


class Charset:
    """An ordered set of characters. Class 0 is the CTC blank, class ``i + 1`` is ``characters[i]``.

    Args:
        characters: each a non-empty string, no two alike. Almost always single code points.

    Raises:
        UsageError: empty, doubled or missing characters.
    """

    def __init__(self, characters: Iterable[str]) -> None:
        self.characters: tuple[str, ...] = tuple(characters)
        if not self.characters:
            raise UsageError("a charset needs at least one character")
        self._ids = {character: i + 1 for i, character in enumerate(self.characters)}
        if "" in self._ids:
            raise UsageError(f"charset entry {self._ids['']} is empty")
        if len(self._ids) != len(self.characters):
            seen: set[str] = set()
            twice = next(c for c in self.characters if c in seen or seen.add(c))  # type: ignore[func-returns-value]
            raise UsageError(f"charset has {twice!r} more than once")

    def __len__(self) -> int:
        return len(self.characters)

    def __contains__(self, character: str) -> bool:
        return character in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Charset) and self.characters == other.characters

    def __hash__(self) -> int:
        return hash(self.characters)

    def __repr__(self) -> str:
        return f"Charset({len(self)} characters)"

    @property
    def classes(self) -> int:
        """Number of a network's output classes: the characters and the blank."""
        return len(self.characters) + 1

    def encode(self, text: str) -> list[int]:
        """Class ids of ``text``. A character outside the charset is an error, never dropped.

        Raises:
            UsageError: names the characters that the charset lacks.
        """
        missing = self.missing(text)
        if missing:
            raise UsageError(f"not in the charset: {' '.join(missing)}")
        return [self._ids[character] for character in text]

    def decode(self, ids: Sequence[int]) -> str:
        """Text of class ids; blanks give nothing (repeats are not merged: that is CTC's job)."""
        return "".join(self.characters[i - 1] for i in ids if i != BLANK)

    def missing(self, text: str) -> list[str]:
        """The characters of ``text`` that the charset lacks, each once, in order of appearance."""
        return list(dict.fromkeys(c for c in text if c not in self._ids))

    @classmethod
    def from_paddle_dict(cls, path: str | Path, *, space: bool = True) -> Charset:
        """Read a PaddleOCR dictionary file: one character a line, UTF-8.

        Args:
            path: for example ``ppocr_keys_v1.txt``.
            space: append U+0020, as PaddleOCR does with ``use_space_char: true``.
        """
        try:
            text = Path(path).read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(path, "not UTF-8", "save the dictionary as UTF-8") from error
        except OSError as error:
            raise InputError(path, error.strerror or str(error)) from error
        lines = [line.rstrip("\r") for line in text.split("\n")]
        if lines and lines[-1] == "":
            lines.pop()
        if not lines:
            raise InputError(path, "the dictionary is empty")
        if "" in lines:
            raise InputError(path, "empty line", "one character a line", line=lines.index("") + 1)
        return cls.from_lines(lines, space=space)

    @classmethod
    def from_lines(cls, lines: Sequence[str], *, space: bool = True) -> Charset:
        """A charset from dictionary entries, with U+0020 appended if ``space`` and it is not there yet."""
        return cls([*lines, " "] if space and " " not in lines else lines)
