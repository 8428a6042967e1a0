"""Rain that leaves hold back and never reaches the ground."""

from __future__ import annotations

import numpy as np

#: Water that one layer of leaves can hold [mm per unit of leaf area index] (Dickinson 1984).
LEAF_STORAGE = 0.2


def canopy_interception(precipitation, leaf_area_index, *, demand=0.0, wet_hours=0.0, storms=1.0,
                        leaf_storage: float = LEAF_STORAGE) -> np.ndarray:  # fmt: skip
    """Interception of rain by a canopy, the modified Merriam equation.

    Parameters
    ----------
    precipitation : array_like
        Rain of the step [mm], ≥ 0.
    leaf_area_index : array_like
        One-sided leaf area per ground area [1].
    demand : array_like
        Potential evapotranspiration [mm day-1], the rate at which wet leaves dry.
    wet_hours : array_like
        Hours of the step in which it rains [h].
    storms : array_like
        Number of storms in the step that fill the canopy anew [1].
    leaf_storage : float
        Water held per unit of leaf area index [mm].

    Returns
    -------
    ndarray
        Interception of the step [mm], float64, between 0 and the rain; NaN where an input is NaN.

    Notes
    -----
    I = N·S·(1 − exp(−P/(N·S))) + K·E·t (Kozak et al. 2007, after Merriam 1960), with storage S = leaf_storage · LAI,
    K = LAI (evaporating leaf area over ground area), E·t = demand · wet_hours/24 and N = storms; I ≤ P. METHODS 5.6.
    Choice: S of 0.2 mm per unit of LAI, no evaporation during rain unless hours are given, one storm per step. A sum
    over ten days in one step counts too little: use daily rain, or give the number of storms.

    References
    ----------
    Merriam, R. A. (1960). A note on the interception loss equation. Journal of Geophysical Research 65, 3850-3851.
    https://doi.org/10.1029/JZ065i011p03850
    Kozak, J. A. et al. (2007). Modelling crop canopy and residue rainfall interception effects on soil hydrological
    components for semi-arid agriculture. Hydrological Processes 21, 229-241. https://doi.org/10.1002/hyp.6235
    Dickinson, R. E. (1984). Modeling evapotranspiration for three-dimensional global climate models. Geophysical
    Monograph 29, 58-72. https://doi.org/10.1029/GM029p0058

    Examples
    --------
    Five layers of leaves hold 1 mm; a downpour fills them, a shower of 1 mm leaves 1 − 1/e in them.

    >>> canopy_interception([0.0, 1.0, 100.0], 5.0).round(3).tolist()
    [0.0, 0.632, 1.0]
    """
    rain, leaves, demand, hours, storms = np.broadcast_arrays(
        *(np.asarray(a, dtype=float) for a in (precipitation, leaf_area_index, demand, wet_hours, storms))
    )
    storage = leaf_storage * leaves * storms
    filled = storage * -np.expm1(-rain / np.where(storage > 0, storage, 1.0))
    filled = np.where(np.isnan(storage), np.nan, np.where(storage > 0, filled, 0.0))
    drying = leaves * demand * hours / 24
    return np.minimum(filled + drying, rain)
