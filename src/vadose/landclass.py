"""Land-cover, climate and soil-texture classes and the groupings the papers use."""

from __future__ import annotations

import numpy as np

#: IGBP classes as coded in MCD12C1 (water is 0 there, 17 in MCD12Q1).
IGBP = {
    0: "water", 1: "evergreen needleleaf forest", 2: "evergreen broadleaf forest",
    3: "deciduous needleleaf forest", 4: "deciduous broadleaf forest", 5: "mixed forest",
    6: "closed shrubland", 7: "open shrubland", 8: "woody savanna", 9: "savanna", 10: "grassland",
    11: "permanent wetland", 12: "cropland", 13: "urban", 14: "cropland/natural mosaic",
    15: "snow and ice", 16: "barren",
}  # fmt: skip

#: Paper 001, four ecosystems; classes 0, 13, 15, 16 are excluded.
ECOSYSTEMS = {
    "forest": (1, 2, 3, 4, 5),
    "shrubland": (6, 7, 8, 9, 11),
    "grassland": (10,),
    "cropland": (12, 14),
}

#: Paper 002, four groups that cover everything. Choice: shrublands and savannas, which 002 does not list,
#: go with "others".
LAND_COVER = {
    "cropland": (12, 14),
    "forest": (1, 2, 3, 4, 5),
    "grassland": (10,),
    "others": (0, 6, 7, 8, 9, 11, 13, 15, 16),
}

#: Köppen-Geiger classes in the order of Beck et al. (2018), codes 1-30; 0 is ocean.
KOEPPEN = (
    "Af", "Am", "Aw", "BWh", "BWk", "BSh", "BSk", "Csa", "Csb", "Csc", "Cwa", "Cwb", "Cwc", "Cfa", "Cfb", "Cfc",
    "Dsa", "Dsb", "Dsc", "Dsd", "Dwa", "Dwb", "Dwc", "Dwd", "Dfa", "Dfb", "Dfc", "Dfd", "ET", "EF",
)  # fmt: skip

#: Paper 002 groups climates as A, B, C and D+E.
CLIMATE = {"A": "tropical", "B": "arid", "C": "temperate", "D+E": "cold and polar"}

#: USDA texture classes -> the four groups of paper 002. Choice: each class joins the nearest of the four names.
TEXTURE = {
    "clay": ("clay", "silty clay", "sandy clay"),
    "loam": ("loam", "silt loam", "silt", "clay loam", "silty clay loam", "sandy clay loam"),
    "sandy loam": ("sandy loam",),
    "sand": ("sand", "loamy sand"),
}


def group(classes, grouping: dict[str, tuple]) -> np.ndarray:
    """Name of the group that each class belongs to, ``""`` where it belongs to none.

    Parameters
    ----------
    classes : array_like
        Class codes or names.
    grouping : dict
        One of :data:`ECOSYSTEMS`, :data:`LAND_COVER`, :data:`TEXTURE`.

    Examples
    --------
    >>> group([1, 10, 16], ECOSYSTEMS).tolist()
    ['forest', 'grassland', '']
    """
    classes = np.asarray(classes)
    out = np.full(classes.shape, "", dtype=f"U{max(map(len, grouping))}")
    for name, members in grouping.items():
        out[np.isin(classes, members)] = name
    return out


def group_climate(koeppen) -> np.ndarray:
    """Group of paper 002 (A, B, C, D+E) from Köppen-Geiger class names; ``""`` for anything else.

    Examples
    --------
    >>> group_climate(["Cfb", "Dfc", "ET", "W"]).tolist()
    ['C', 'D+E', 'D+E', '']
    """
    first = np.asarray([str(k)[:1] for k in np.ravel(koeppen)], dtype="U1").reshape(np.shape(koeppen))
    return np.where(np.isin(first, ("D", "E")), "D+E", np.where(np.isin(first, ("A", "B", "C")), first, ""))


def texture_class(sand, clay) -> np.ndarray:
    """USDA texture class from sand and clay content.

    Parameters
    ----------
    sand, clay : array_like
        Weight shares [%]; silt is the rest. NaN or impossible shares give ``""``.

    Notes
    -----
    Boundaries of the Soil Survey Manual (USDA Handbook 18, 2017, table 3-3).

    Examples
    --------
    >>> texture_class([90, 40, 10, 20, 65], [5, 20, 60, 15, 10]).tolist()
    ['sand', 'loam', 'clay', 'silt loam', 'sandy loam']
    """
    sand, clay = np.broadcast_arrays(np.asarray(sand, float), np.asarray(clay, float))
    silt = 100 - sand - clay
    rules = [
        ("sand", silt + 1.5 * clay < 15),
        ("loamy sand", (silt + 1.5 * clay >= 15) & (silt + 2 * clay < 30)),
        ("sandy loam", ((clay >= 7) & (clay < 20) & (sand > 52) & (silt + 2 * clay >= 30))
         | ((clay < 7) & (silt < 50) & (silt + 2 * clay >= 30))),
        ("loam", (clay >= 7) & (clay < 27) & (silt >= 28) & (silt < 50) & (sand <= 52)),
        ("silt loam", ((silt >= 50) & (clay >= 12) & (clay < 27)) | ((silt >= 50) & (silt < 80) & (clay < 12))),
        ("silt", (silt >= 80) & (clay < 12)),
        ("sandy clay loam", (clay >= 20) & (clay < 35) & (silt < 28) & (sand > 45)),
        ("clay loam", (clay >= 27) & (clay < 40) & (sand > 20) & (sand <= 45)),
        ("silty clay loam", (clay >= 27) & (clay < 40) & (sand <= 20)),
        ("sandy clay", (clay >= 35) & (sand > 45)),
        ("silty clay", (clay >= 40) & (silt >= 40)),
        ("clay", (clay >= 40) & (sand <= 45) & (silt < 40)),
    ]  # fmt: skip
    known = np.isfinite(sand) & np.isfinite(clay) & (sand >= 0) & (clay >= 0) & (silt >= -0.5)
    out = np.full(sand.shape, "", dtype="U15")
    for name, rule in rules:
        out[known & rule & (out == "")] = name
    return out
