"""Land of the simulated Earth in kilometres: a mosaic of fields, woods and soils on steep relief."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.special import ndtr

from ..grid import Grid
from ..physics import water_limits
from . import land as geography
from .cells import Cells
from .noise import smooth

#: Sub-cells along each edge of a 1 km cell. Choice: 100 m, where WorldCover has 10 m, to keep the map small.
SUBCELLS = 10

#: Highest relief [m]. Choice: as on a volcanic island, so that a small region has all climates of the papers.
RELIEF = 4200.0

#: Share of the land and IGBP class of the mosaic; towns and lakes are cut into it.
MOSAIC = ((0.28, 12), (0.55, 5), (0.80, 10), (1.0, 16))
TOWN, LAKE = 13, 0


def describe(cells: Cells, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Everything about 1 km cells that does not change with time, and the land cover of their sub-cells.

    Parameters
    ----------
    cells : Cells
        Where; cells of 0.01°.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    land : dict of ndarray, shape (rows, columns)
        As :func:`vadose.twin.land.describe`.
    fine : ndarray of uint8, shape (10 rows, 10 columns)
        IGBP class of the sub-cells, of which the most frequent is the cell's ``land_cover``.

    Notes
    -----
    Choice: mean temperature at sea level is that of the coarse simulated Earth; relief, wetness, soils and land cover
    have details of 1 to 20 km of their own, independent of each other, so that any region of about half a degree has
    every stratum. There is no sea.
    """
    land = geography.describe(cells, seed)
    warm = land["mean_temperature"] + 0.0065 * land["elevation"]
    elevation = RELIEF * ndtr(1.6 * smooth(seed, "1km/relief", cells, spacing=0.18) - 0.4)
    wetness = ndtr(0.9 * smooth(seed, "1km/wetness", cells, spacing=0.2) + 0.8)
    sand = 4 + 86 * ndtr(1.4 * _mix(cells, seed, "1km/sand", ((0.08, 0.85), (0.03, 0.53))))
    clay = (100 - sand) * (0.12 + 0.6 * ndtr(1.4 * _mix(cells, seed, "1km/clay", ((0.08, 0.85), (0.03, 0.53)))))
    fine = _cover(_sub(cells), seed)
    cover = _most_frequent(fine)
    tree, other = (np.array([geography.COVER[k][i] for k in sorted(geography.COVER)], float)[cover] for i in (0, 1))
    land |= {
        "elevation": elevation, "water_fraction": np.where(cover == LAKE, 1.0, 0.0), "sand": sand, "clay": clay,
        **water_limits(sand, clay), "land_cover": cover, "tree_cover": tree, "non_tree_vegetation": other,
        "wetness": wetness, "mean_temperature": warm - 0.0065 * elevation,
    }  # fmt: skip
    return land, fine


def share_of_class(fine: np.ndarray) -> np.ndarray:
    """Share of each sub-cell's class in its 1 km cell, shape of ``fine`` [1].

    Examples
    --------
    >>> fine = np.full((10, 10), 5, "u1"); fine[:, :4] = 12
    >>> share_of_class(fine)[0, [0, 9]].tolist()
    [0.4, 0.6]
    """
    out = np.zeros(fine.shape)
    for code in np.unique(fine):
        out = np.where(fine == code, np.kron(_count(fine == code), np.ones((SUBCELLS, SUBCELLS))), out)
    return out / SUBCELLS**2


def flown(cells: Cells, fine: np.ndarray) -> np.ndarray:
    """Where an aircraft sees soil: neither town nor lake in most of the 3 km around, shape of the cells, bool."""
    bad = _count((fine == TOWN) | (fine == LAKE)) / SUBCELLS**2
    return uniform_filter(bad, 3, mode="nearest") < 0.5


def grid_of_classes(grid: Grid) -> Grid:
    """The grid of the sub-cells."""
    return Grid.regular(grid.resolution / SUBCELLS).crop(grid.bbox)


def _sub(cells: Cells) -> Cells:
    rows, cols = ((a[:, None] * SUBCELLS + np.arange(SUBCELLS)).ravel() for a in (cells.rows, cells.cols))
    return Cells(cells.n_lat * SUBCELLS, rows, cols)


def _cover(cells: Cells, seed: int) -> np.ndarray:
    u = ndtr(_mix(cells, seed, "1km/cover", ((0.1, 0.8), (0.05, 0.57), (0.005, 0.2))))
    out = np.full(u.shape, MOSAIC[-1][1], "uint8")
    for limit, code in reversed(MOSAIC[:-1]):
        out[u < limit] = code
    out[smooth(seed, "1km/towns", cells, spacing=0.04) > 2.3] = TOWN
    out[smooth(seed, "1km/lakes", cells, spacing=0.04) > 2.5] = LAKE
    return out


def _count(where: np.ndarray) -> np.ndarray:
    rows, cols = where.shape[0] // SUBCELLS, where.shape[1] // SUBCELLS
    return where.reshape(rows, SUBCELLS, cols, SUBCELLS).sum(axis=(1, 3))


def _most_frequent(fine: np.ndarray) -> np.ndarray:
    codes = np.unique(fine)
    return codes[np.argmax([_count(fine == c) for c in codes], axis=0)]


def _mix(cells: Cells, seed: int, field: str, parts: tuple[tuple[float, float], ...]) -> np.ndarray:
    total = sum(weight**2 for _, weight in parts) ** 0.5
    return sum(w / total * smooth(seed, f"{field}/{s:g}", cells, spacing=s) for s, w in parts)
