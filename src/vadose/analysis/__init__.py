"""Statements about the Earth, one file per question: trends, agreement of products, breaks, seasons, attribution."""

from __future__ import annotations

from .agreement import agreement
from .attribution import attribute_variability, compare_periods, contribution_summary
from .breaks import break_point, spread_change
from .cell_summary import cell_summary
from .drydown import dekad_totals, drydown, effective_precipitation
from .events import dry_rules, drydown_events, drydown_timescale
from .memory import memory
from .sea_level import sea_level
from .seasonal import cycle_values, peak_lag, seasonal_cycle
from .storage import NOAH_LIMITS, layer_storage, screen_storage
from .summary import field_significance, trend_summary
from .trends import trend
from .weights import cell_weights
from .wetness import SEASONS, wetness_seasons
from .years import annual_means

__all__ = [
    "NOAH_LIMITS", "SEASONS", "agreement", "annual_means", "attribute_variability", "break_point", "cell_summary",
    "cell_weights", "compare_periods", "contribution_summary", "cycle_values", "dekad_totals", "dry_rules", "drydown",
    "drydown_events", "drydown_timescale", "effective_precipitation", "field_significance", "layer_storage", "memory",
    "peak_lag", "screen_storage", "sea_level", "seasonal_cycle", "spread_change", "trend", "trend_summary",
    "wetness_seasons",
]  # fmt: skip
