"""Pairing two datasets in space and time, one to one, with counts of what was lost and why."""

from __future__ import annotations

from .match import check_window, match
from .pairing import REASONS, pair_cells, pair_series, pair_times
from .places import Places
from .places import find as find_places

__all__ = ["REASONS", "Places", "check_window", "find_places", "match", "pair_cells", "pair_series", "pair_times"]
