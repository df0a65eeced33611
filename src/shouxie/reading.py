"""What reading gives: a text, how sure it is, and where every character stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Box(NamedTuple):
    """A rectangle in pixels of the original picture; right and bottom are exclusive."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Alternative:
    """Another reading of one character, with its probability."""

    text: str
    confidence: float


@dataclass(frozen=True)
class Character:
    """One character of a line.

    Attributes:
        text: the character.
        confidence: 0 to 1; the highest probability that the network gives it at any of its time steps.
        box: its horizontal extent in the picture, over the picture's full height.
        alternatives: other classes at the same time step, best first.
    """

    text: str
    confidence: float
    box: Box
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class Reading:
    """One line, read.

    Attributes:
        text: the characters joined.
        confidence: 0 to 1; the arithmetic mean of the characters' confidences, 0 for an empty text.
        characters: in reading order.
        path: the file it came from, empty for a picture from memory.
        error: why the picture could not be read; None when it was.
    """

    text: str
    confidence: float
    characters: tuple[Character, ...] = ()
    path: str = ""
    error: Exception | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON: path, text, confidence, characters with box and alternatives."""
        return {
            "path": self.path,
            "text": self.text,
            "confidence": round(self.confidence, 6),
            "characters": [
                {
                    "text": c.text,
                    "confidence": round(c.confidence, 6),
                    "box": [round(v, 2) for v in c.box],
                    "alternatives": [[a.text, round(a.confidence, 6)] for a in c.alternatives],
                }
                for c in self.characters
            ],
            **({"error": str(self.error)} if self.error else {}),
        }
