from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("tidy", Path(__file__).parents[1] / "tidy.py")
assert _SPEC and _SPEC.loader
_TIDY = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_TIDY)


@pytest.fixture(scope="session")
def tidy():
    """The module of synthetic tidy datasets."""
    return _TIDY


@pytest.fixture(scope="session")
def pairs(tidy):
    return tidy.pairs()


@pytest.fixture(scope="session")
def tables(tidy, pairs):
    """Scores per cell, pooled scores, summary."""
    return tidy.tables(pairs)


@pytest.fixture(scope="session")
def words():
    """All texts of a figure."""

    def collect(figure) -> list[str]:
        from matplotlib.text import Text

        return [t.get_text() for t in figure.findobj(Text) if t.get_text()]

    return collect
