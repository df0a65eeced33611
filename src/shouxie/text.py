"""Unicode normalisation for scoring and search. Reading itself never changes a character."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable


def raw(text: str) -> str:
    """The text as it is."""
    return text


def nfkc(text: str) -> str:
    """NFKC (full-width folds to half-width, circled digits to digits), white space dropped."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def letters(text: str) -> str:
    """Letters and digits alone, after NFKC and lower-casing; no punctuation, symbols or white space."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


NORMALISATIONS: dict[str, Callable[[str], str]] = {"raw": raw, "nfkc": nfkc, "letters": letters}
"""Name to function; a figure computed under one names it (``CER nfkc``)."""
