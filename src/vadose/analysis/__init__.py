"""Statements about the Earth, one file per question.

Trends, agreement of products, breaks, seasons, attribution, coupling.
"""

from __future__ import annotations

from .agreement import agreement
from .annual import annual_series
from .attribution import attribute_variability, compare_periods, contribution_summary
from .breaks import break_point, spread_change
from .coupling import coupling, join_depths
from .coupling_table import coupling_table
from .ecosystems import classes_on, ecosystem_map
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
    "NOAH_LIMITS", "SEASONS", "agreement", "annual_means", "annual_series", "annual_storage", "attribute_variability",
    "break_point", "cell_weights", "classes_on", "compare_periods", "contribution_summary", "coupling",
    "coupling_table", "ecosystem_map", "field_significance", "join_depths", "layer_storage", "mean_storage",
    "period_difference", "screen_storage", "sea_level", "spread_change", "trend", "trend_summary", "wetness_seasons",
]  # fmt: skip
