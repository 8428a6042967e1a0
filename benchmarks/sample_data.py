"""Where the real sample data lies."""

from __future__ import annotations

import os
from pathlib import Path


def find_sample_data() -> Path | None:
    """``VADOSE_TEST_DATA``, else ``shared/data`` beside the repository or beside a folder above it."""
    if named := os.environ.get("VADOSE_TEST_DATA"):
        return Path(named)
    folders = (p / "shared" / "data" for p in Path(__file__).resolve().parents)
    return next((f for f in folders if f.is_dir()), None)
