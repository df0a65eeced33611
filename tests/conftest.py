"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def realink() -> Path:
    """Folder with a small set of real handwriting; tests that need it are skipped where it is not."""
    named = os.environ.get("SHOUXIE_REALINK")
    folder = Path(named) if named else Path(__file__).parents[2] / "shared" / "realink"
    if not folder.is_dir():
        pytest.skip("no real handwriting here (SHOUXIE_REALINK names its folder)")
    return folder
