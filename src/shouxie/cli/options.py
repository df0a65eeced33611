"""Options that several verbs share. Imports nothing heavy."""

from __future__ import annotations


def unescaped(delimiter: str) -> str:
    """A delimiter typed as ``\\t`` is a tab."""
    return delimiter.replace("\\t", "\t")
