"""What texture says about how soil holds and passes water, and where roots draw it."""

from __future__ import annotations

import numpy as np

#: Coefficients of Saxton and Rawls (2006), table 1, for the terms S, C, OM, S·OM, C·OM, S·C, 1
#: (sand and clay as fractions, organic matter in %).
SAXTON_RAWLS = {
    "wilting": (-0.024, 0.487, 0.006, 0.005, -0.013, 0.068, 0.031),
    "field": (-0.251, 0.195, 0.011, 0.006, -0.027, 0.452, 0.299),
    "drainable": (0.278, 0.034, 0.022, -0.018, -0.027, -0.584, 0.078),
}

#: β of Jackson et al. (1996) by IGBP class. Choice: 0.970 for mixed forest, between their conifers and deciduous
#: trees; 0.950 for wetland, urban and ice, which they do not name.
ROOT_BETA = {
    1: 0.976, 2: 0.962, 3: 0.943, 4: 0.966, 5: 0.970, 6: 0.964, 7: 0.978, 8: 0.972, 9: 0.972, 10: 0.952,
    11: 0.950, 12: 0.961, 13: 0.950, 14: 0.961, 15: 0.950, 16: 0.975,
}  # fmt: skip


def water_limits(sand, clay, *, organic_matter=2.5) -> dict[str, np.ndarray]:
    """Wilting point, field capacity, porosity and saturated conductivity from texture.

    Parameters
    ----------
    sand, clay : array_like
        Weight shares [%].
    organic_matter : array_like
        Weight share [%], at most 8.

    Returns
    -------
    dict of ndarray
        ``wilting_point``, ``field_capacity``, ``porosity`` [m3 m-3] and ``saturated_conductivity`` [mm h-1],
        float64; NaN where an input is NaN.

    Notes
    -----
    Equations 1 to 3, 5, 15, 16 and 18 of Saxton and Rawls (2006), for soils of at most 60 % clay, without their density
    and gravel corrections.

    References
    ----------
    Saxton, K. E. & Rawls, W. J. (2006). Soil water characteristic estimates by texture and organic matter for
    hydrologic solutions. Soil Science Society of America Journal 70, 1569-1578.
    https://doi.org/10.2136/sssaj2005.0117

    Examples
    --------
    Their table 3 gives a loam (40 % sand, 20 % clay) 14, 28 and 46 % of volume and 15.5 mm per hour.

    >>> {name: round(float(v), 2) for name, v in water_limits(40, 20).items()}
    {'wilting_point': 0.14, 'field_capacity': 0.28, 'porosity': 0.46, 'saturated_conductivity': 15.48}
    """
    s, c = np.asarray(sand, dtype=float) / 100, np.asarray(clay, dtype=float) / 100
    om = np.asarray(organic_matter, dtype=float)
    terms = (s, c, om, s * om, c * om, s * c, 1.0)
    first = {name: sum(k * t for k, t in zip(row, terms)) for name, row in SAXTON_RAWLS.items()}
    wilting = first["wilting"] + (0.14 * first["wilting"] - 0.02)
    field = first["field"] + (1.283 * first["field"] ** 2 - 0.374 * first["field"] - 0.015)
    drainable = first["drainable"] + (0.636 * first["drainable"] - 0.107)
    porosity = field + drainable - 0.097 * s + 0.043
    slope = (np.log(field) - np.log(wilting)) / (np.log(1500.0) - np.log(33.0))
    conductivity = 1930 * (porosity - field) ** (3 - slope)
    return {"wilting_point": wilting, "field_capacity": field, "porosity": porosity,
            "saturated_conductivity": conductivity}  # fmt: skip


def root_shares(beta, bounds) -> np.ndarray:
    """Share of the roots in each layer.

    Parameters
    ----------
    beta : array_like, shape (...)
        Extinction of Jackson et al. (1996) per centimetre [1], in (0, 1); see :data:`ROOT_BETA`.
    bounds : array_like, shape (layer, 2)
        Upper and lower depth of each layer [m].

    Returns
    -------
    ndarray, shape (..., layer)
        Shares [1] that sum to 1 over the layers, float64.

    Notes
    -----
    Cumulative share above depth d: Y = 1 − β^d, d in cm. Choice: roots below the lowest layer are shared out in
    proportion.

    References
    ----------
    Jackson, R. B. et al. (1996). A global analysis of root distributions for terrestrial biomes. Oecologia 108,
    389-411. https://doi.org/10.1007/BF00333714

    Examples
    --------
    >>> root_shares(0.95, [(0.0, 0.1), (0.1, 0.4), (0.4, 1.0), (1.0, 2.0)]).round(3).tolist()
    [0.401, 0.47, 0.123, 0.006]
    """
    depth = 100 * np.asarray(bounds, dtype=float)
    beta = np.asarray(beta, dtype=float)[..., None]
    share = beta ** depth[:, 0] - beta ** depth[:, 1]
    return share / share.sum(axis=-1, keepdims=True)
