"""What the sections of the report of ``evaluate-1km`` share."""

from __future__ import annotations

import pandas as pd

from ..report import Column, Report
from .evaluate_1km_stages import Result

ORDER = ("cropland", "forest", "grassland", "others", "A", "B", "C", "D+E", "clay", "loam", "sandy loam", "sand")


M3 = "m3 m-3"


def table(
    report: Report,
    frame: pd.DataFrame,
    caption: str,
    *,
    unit: dict[str, str] | None = None,
    digits: int = 3,
    notes: str = "",
) -> None:
    """Add a table; integers stay integers."""
    known = unit or {}
    columns = [
        Column(str(c).replace("_", " "), known.get(str(c), ""), digits if frame[c].dtype.kind == "f" else None)
        for c in frame
    ]
    report.add_table(columns, frame.to_numpy(object).tolist(), caption, notes=notes)


def stars(p: float) -> str:
    """Significance in stars.

    Examples
    --------
    >>> stars(0.0005), stars(0.02), stars(0.2), stars(float("nan"))
    ('***', '*', '', '')
    """
    return "*" * sum(p < limit for limit in (0.05, 0.01, 0.001))


def mark(result: Result) -> dict[str, str]:
    """Attributes that mark simulated data."""
    return {"simulated": "true"} if result.simulated else {}
