"""Statements about the Earth, one file per question: trends, agreement of products, breaks, seasons, attribution."""

from __future__ import annotations

from .agreement import agreement
from .attribution import attribute_variability, compare_periods, contribution_summary
from .breaks import break_point, spread_change
from .period_difference import period_difference
from .sea_level import sea_level
from .storage import NOAH_LIMITS, layer_storage, screen_storage
from .storage_series import annual_storage, mean_storage
from .summary import field_significance, trend_summary
from .trends import trend
from .weights import cell_weights
from .wetness import SEASONS, wetness_seasons
from .years import annual_means

__all__ = [
    "NOAH_LIMITS", "SEASONS", "agreement", "annual_means", "annual_storage", "attribute_variability", "break_point",
    "cell_weights", "compare_periods", "contribution_summary", "field_significance", "layer_storage", "mean_storage",
    "period_difference", "screen_storage", "sea_level", "spread_change", "trend", "trend_summary", "wetness_seasons",
]  # fmt: skip
