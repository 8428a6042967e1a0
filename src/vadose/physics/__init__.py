"""Physics: published formulas and water balances on bare NumPy arrays.

Arrays in, arrays out, the time axis last; units are stated in every docstring. No labels, no lazy arrays.
"""

from __future__ import annotations

from .evapotranspiration import bare_soil_share, extraterrestrial_radiation, potential_oudin
from .interception import LEAF_STORAGE, canopy_interception
from .koeppen import koeppen_class
from .snow import DEGREE_DAY_FACTOR, Snow, degree_day
from .soil_hydraulics import ROOT_BETA, root_shares, water_limits
from .water_balance import LAYER_BOUNDS, Balance, bucket
from .water_cloud import SoilSignal, from_decibel, soil_backscatter, to_decibel, total_backscatter

__all__ = [
    "DEGREE_DAY_FACTOR",
    "LAYER_BOUNDS",
    "LEAF_STORAGE",
    "ROOT_BETA",
    "Balance",
    "Snow",
    "SoilSignal",
    "bare_soil_share",
    "bucket",
    "canopy_interception",
    "degree_day",
    "extraterrestrial_radiation",
    "from_decibel",
    "koeppen_class",
    "potential_oudin",
    "root_shares",
    "soil_backscatter",
    "to_decibel",
    "total_backscatter",
    "water_limits",
]
