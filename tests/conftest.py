"""Shared fixtures: where the real sample data lies, and strict alignment everywhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import xarray as xr

xr.set_options(arithmetic_join="exact")

_ROOT = Path(__file__).resolve().parents[1]

#: Files of tests that take minutes: they come first, so that no worker is left alone with one at the end.
LONGEST = ("test_twin_exam_seeds.py", "test_real_sample.py", "test_demo.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


def find_data() -> Path | None:
    """The real sample data: ``VADOSE_TEST_DATA``, else ``shared/data`` beside the repository."""
    if named := os.environ.get("VADOSE_TEST_DATA"):
        return Path(named)
    for base in (_ROOT.parent, *_ROOT.parents):
        if (base / "shared" / "data" / "README.md").exists():
            return base / "shared" / "data"
    return None


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the real sample data; skips where it is absent."""
    folder = find_data()
    if folder is None:
        pytest.skip("real sample data not found: set VADOSE_TEST_DATA or put it at ../shared/data")
    if not folder.is_dir():
        pytest.fail(f"VADOSE_TEST_DATA={folder} is not a folder")
    return folder
