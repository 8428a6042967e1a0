"""vadose: make, judge and explain global soil-moisture data.

Rooms are imported on first use, so that ``import vadose`` stays fast::

    import vadose
    cci = vadose.products.open("esa_cci", "images/*.nc")
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_ROOMS = (
    "analysis", "errors", "fusion", "grid", "landclass", "learn", "matchup", "periods", "physics", "plots", "products",
    "recipes", "regrid", "report", "schema", "stats", "store", "twin", "units", "validation",
)  # fmt: skip

__all__ = ["__version__", *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'vadose' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
