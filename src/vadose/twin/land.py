"""Geography of the simulated Earth: relief, soil, land cover and the seasons of its leaves."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from ..physics import water_limits
from .cells import Cells
from .noise import smooth

#: Relief below this many standard deviations is sea: 12 % of the Earth. Choice: less sea than on the real Earth, so
#: that a small region nearly always has land.
SEA_LEVEL = -1.17

#: A cell counts as land where less than this share of it is water.
WATER_LIMIT = 0.5

#: Lowest and highest leaf area index by IGBP class. Choice: rounded, in the range of the classes of Asner et al.
#: (2003), https://doi.org/10.1046/j.1466-822X.2003.00026.x
LEAF_AREA = {
    0: (0.0, 0.0), 1: (2.5, 4.5), 2: (4.5, 5.5), 3: (0.8, 4.0), 4: (0.8, 5.0), 5: (1.5, 5.0), 6: (0.5, 2.0),
    7: (0.2, 1.0), 8: (1.2, 3.5), 9: (0.6, 2.5), 10: (0.4, 2.0), 11: (1.0, 3.5), 12: (0.3, 4.0), 13: (0.5, 1.5),
    14: (0.5, 3.5), 15: (0.0, 0.0), 16: (0.0, 0.15),
}  # fmt: skip

#: Share of the ground under trees and under other plants by IGBP class [%]. Choice: within the classes' definitions.
COVER = {
    0: (0, 0), 1: (70, 25), 2: (80, 15), 3: (65, 30), 4: (65, 30), 5: (65, 30), 6: (15, 60), 7: (5, 35), 8: (40, 50),
    9: (18, 65), 10: (5, 75), 11: (15, 60), 12: (5, 75), 13: (10, 25), 14: (15, 70), 15: (0, 0), 16: (0, 5),
}  # fmt: skip

#: Day of the year with the highest sun of the northern hemisphere, plus the lag of the seasons.
WARMEST_DAY = 200


def describe(cells: Cells, seed: int) -> dict[str, np.ndarray]:
    """Everything about the cells that does not change with time.

    Parameters
    ----------
    cells : Cells
        Where.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    dict of ndarray, shape (rows, columns)
        ``elevation`` [m], ``water_fraction`` [1], ``sand``, ``clay`` [%], the soil limits of
        :func:`vadose.physics.water_limits`, ``land_cover`` (IGBP code, uint8), ``wetness`` [1] (0 desert,
        1 rainforest), ``mean_temperature`` [degC], ``lushness`` [1] (scales leaf area), ``tree_cover``,
        ``non_tree_vegetation`` and ``topographic_complexity`` [%].

    Notes
    -----
    Choice: all of it is invented. Only the soil limits follow a published relation; the rest are smooth random fields
    bent into plausible ranges by latitude.
    """
    relief = _mix(cells, seed, "relief", ((6.0, 0.8), (1.5, 0.5), (0.5, 0.33)))
    above = relief - SEA_LEVEL
    lakes = np.clip(0.2 * (smooth(seed, "lakes", cells, spacing=0.5) - 1.5), 0, 0.4)
    water = np.where(above < 0.15, np.clip(0.5 - above / 0.3, 0, 1), lakes)
    elevation = np.where(above > 0, 350 * np.expm1(0.6 * np.maximum(above, 0)), 0.0)

    sand = 5 + 78 * ndtr(_mix(cells, seed, "sand", ((4.0, 0.8), (0.5, 0.6))))
    clay = (100 - sand) * (0.15 + 0.48 * ndtr(_mix(cells, seed, "clay", ((4.0, 0.8), (0.5, 0.6)))))

    lat = cells.lat[:, None]
    # wet at the equator and near 50°, dry near 25° and at the poles
    wetness = ndtr(0.8 * _mix(cells, seed, "wetness", ((12.0, 0.8), (2.0, 0.6))) + 0.6 * np.cos(2 * np.pi * lat / 50))
    temperature = 28 - 0.0085 * lat**2 - 0.0065 * elevation
    cover = _land_cover(wetness, temperature, ndtr(_mix(cells, seed, "cover", ((1.5, 0.7), (0.5, 0.7)))))
    cover = np.where(water < WATER_LIMIT, cover, 0).astype("uint8")
    tree, other = (np.array([COVER[k][i] for k in sorted(COVER)], dtype=float)[cover] for i in (0, 1))
    tree = np.clip(tree * (0.7 + 0.6 * ndtr(smooth(seed, "trees", cells, spacing=0.5))), 0, 90)
    rough = 0.5 * smooth(seed, "roughness", cells, spacing=0.5) + np.log1p(np.maximum(elevation, 0) / 300)
    return {
        "elevation": elevation,
        "water_fraction": water,
        "sand": sand,
        "clay": clay,
        **water_limits(sand, clay),
        "land_cover": cover,
        "tree_cover": tree * (1 - water),
        "non_tree_vegetation": np.minimum(other, 100 - tree) * (1 - water),
        "topographic_complexity": 100 * -np.expm1(-0.08 * np.exp(rough)),
        "wetness": wetness,
        "mean_temperature": temperature,
        "lushness": 0.7 + 0.6 * ndtr(smooth(seed, "lushness", cells, spacing=1.0)),
    }


def leaf_area_index(cells: Cells, land: dict[str, np.ndarray], day_of_year: np.ndarray) -> np.ndarray:
    """Leaf area index through the year.

    Parameters
    ----------
    cells : Cells
        Where.
    land : dict
        From :func:`describe`.
    day_of_year : ndarray, shape (time,)
        1 to 366.

    Returns
    -------
    ndarray, shape (rows, columns, time)
        Leaf area index [1], float64: between the limits of :data:`LEAF_AREA` times the cell's lushness.

    Notes
    -----
    One cosine a year that peaks with the warmth of the hemisphere; its swing fades linearly to zero from 30° to the
    equator.
    """
    low, high = (np.array([LEAF_AREA[k][i] for k in sorted(LEAF_AREA)]) for i in (0, 1))
    low, high = low[land["land_cover"]], high[land["land_cover"]]
    swing = np.clip(cells.lat / 30, -1, 1)[:, None, None] * season(day_of_year)
    return (land["lushness"] * (low + high) / 2)[..., None] + (land["lushness"] * (high - low) / 2)[..., None] * swing


def season(day_of_year: np.ndarray) -> np.ndarray:
    """Warmth of the northern hemisphere [1], 1 at its warmest day, −1 half a year later."""
    return np.cos(2 * np.pi * (np.asarray(day_of_year, dtype=float) - WARMEST_DAY) / 365.25)


def _mix(cells: Cells, seed: int, field: str, parts: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Smooth fields of several lattice distances [degrees], weighted to unit variance."""
    total = sum(weight**2 for _, weight in parts) ** 0.5
    return sum(w / total * smooth(seed, f"{field}/{s:g}", cells, spacing=s) for s, w in parts)


def _land_cover(wetness: np.ndarray, temperature: np.ndarray, choice: np.ndarray) -> np.ndarray:
    """IGBP class by climate; ``choice`` [1] picks among the classes of one climate."""
    w, t, u = wetness, temperature, choice
    rules = [
        (t < -10, np.where(w < 0.3, 16, 7)),
        (w < 0.2, np.where(u < 0.5, 16, 7)),
        (w < 0.4, np.select([u < 0.25, u < 0.75], [7, 10], 12)),
        (w < 0.65, np.select([u < 0.4, u < 0.6, (u < 0.8) & (t > 15), u < 0.8], [12, 10, 9, 5], 14)),
        (t > 20, np.select([u < 0.6, u < 0.8], [2, 8], 12)),
        (t > 5, np.select([u < 0.4, u < 0.7], [4, 5], 12)),
    ]
    return np.select([rule for rule, _ in rules], [value for _, value in rules], np.where(u < 0.7, 1, 3))
