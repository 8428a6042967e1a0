"""Statements about the Earth, one file per question.

Trends, agreement of products, breaks, seasons, attribution, coupling.
"""

from __future__ import annotations

from .agreement import agreement
from .annual import annual_series
from .attribution import attribute_variability, compare_periods, contribution_summary
from .break_trends import break_trend
from .breaks import break_point, spread_change
from .cell_summary import cell_summary
from .change import change
from .common import common_annual_means, common_trends
from .compare import compare_trends
from .coupling import coupling, join_depths
from .coupling_table import coupling_table
from .depth import best_pairs, depth_table, station_depths, surface_to_depth
from .drought import drought, swdi
from .drought_events import drought_area, drought_events, flash_drought
from .drydown import dekad_totals, drydown, effective_precipitation
from .ecosystems import classes_on, ecosystem_map
from .events import dry_rules, drydown_events, drydown_timescale
from .forcing import annual_totals, discrepancy_by_region, forcing_discrepancy
from .memory import memory
from .period_difference import period_difference
from .sea_level import sea_level
from .seasonal import cycle_values, peak_lag, seasonal_cycle
from .station_trends import station_trends
from .storage import NOAH_LIMITS, layer_storage, screen_storage
from .storage_series import annual_storage, mean_storage
from .summary import field_significance, trend_summary
from .trend_errors import trend_errors
from .trends import trend
from .water_index import best_time_scale, soil_water_index
from .weights import cell_weights
from .wetness import SEASONS, wetness_seasons
from .years import annual_means

__all__ = [
    "NOAH_LIMITS",
    "SEASONS",
    "agreement",
    "annual_means",
    "annual_series",
    "annual_storage",
    "annual_totals",
    "attribute_variability",
    "best_pairs",
    "best_time_scale",
    "break_point",
    "break_trend",
    "cell_summary",
    "cell_weights",
    "change",
    "classes_on",
    "common_annual_means",
    "common_trends",
    "compare_periods",
    "compare_trends",
    "contribution_summary",
    "coupling",
    "coupling_table",
    "cycle_values",
    "dekad_totals",
    "depth_table",
    "discrepancy_by_region",
    "drought",
    "drought_area",
    "drought_events",
    "dry_rules",
    "drydown",
    "drydown_events",
    "drydown_timescale",
    "ecosystem_map",
    "effective_precipitation",
    "field_significance",
    "flash_drought",
    "forcing_discrepancy",
    "join_depths",
    "layer_storage",
    "mean_storage",
    "memory",
    "peak_lag",
    "period_difference",
    "screen_storage",
    "sea_level",
    "seasonal_cycle",
    "soil_water_index",
    "spread_change",
    "station_depths",
    "station_trends",
    "surface_to_depth",
    "swdi",
    "trend",
    "trend_errors",
    "trend_summary",
    "wetness_seasons",
]
