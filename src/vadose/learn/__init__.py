"""Learning from rows without knowing what they mean: NumPy arrays in and out.

``import vadose.learn`` is cheap; numba and torch are imported by the functions that need them.
"""

from __future__ import annotations

from . import conformal, splits, zone_networks, zone_networks_torch
from .conformal import CrossConformal, SplitConformal, error_quantile
from .importance import contributions
from .splits import LastPeriod, LeaveGroupsOut, RandomRows, SpatialBlocks
from .zone_networks import ZoneNetworks

__all__ = [
    "CrossConformal", "LastPeriod", "LeaveGroupsOut", "RandomRows", "SpatialBlocks", "SplitConformal", "ZoneNetworks",
    "conformal", "contributions", "error_quantile", "splits", "zone_networks", "zone_networks_torch",
]  # fmt: skip
