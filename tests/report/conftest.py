from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_SPEC = importlib.util.spec_from_file_location("demo", Path(__file__).with_name("demo.py"))
assert _SPEC and _SPEC.loader
_DEMO = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_DEMO)


@pytest.fixture(scope="session")
def demo():
    """The module that builds the demonstration report."""
    return _DEMO


@pytest.fixture(scope="session")
def built(demo, tmp_path_factory):
    """The demonstration report on disk, of simulated data."""
    return demo.build().write(tmp_path_factory.mktemp("report") / "report.html")
