"""Learning from rows without knowing what they mean: NumPy arrays in and out.

``import vadose.learn`` is cheap; numba and torch are imported by the functions that need them.
"""

from __future__ import annotations

from . import zone_networks
from .zone_networks import ZoneNetworks

__all__ = ["ZoneNetworks", "zone_networks"]
