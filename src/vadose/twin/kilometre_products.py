"""What the simulated 1 km products show of the truth: each with the defect of its character."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter

from ..landclass import LAND_COVER
from .cells import Cells
from .kilometre_sizes import (
    FLIGHT_DISTANCE,
    FLIGHT_NOISE,
    GROUPS,
    NOISE_DAYS,
    NOISE_DISTANCE,
    SHOWER_DAYS,
    SHOWER_DISTANCE,
    SHOWERS,
    SPREAD,
    Kilometre,
)  # fmt: skip
from .noise import normal, smooth, uniform
from .stations import slow


def add_showers(theta: np.ndarray, cells: Cells, land: dict[str, np.ndarray], day: np.ndarray, seed: int) -> np.ndarray:
    """Soil moisture with the local showers that the coarse weather lacks, shape (rows, columns, time) [m3 m-3].

    θ·exp(SHOWERS·z − SHOWERS²/2) with z smooth over kilometres and days, below porosity.
    """
    z = smooth(seed, "1km/showers", cells, day, spacing=SHOWER_DISTANCE, days_apart=SHOWER_DAYS)
    return np.clip(theta * np.exp(SHOWERS * z - SHOWERS**2 / 2), 0.01, land["porosity"][..., None])


def observe(name: str, sizes: Kilometre, theta: np.ndarray, cells: Cells, land: dict[str, np.ndarray], day: np.ndarray,
            seed: int) -> np.ndarray:  # fmt: skip
    """Maps of one product.

    Parameters
    ----------
    name : str
        Its name, which gives it random numbers of its own.
    sizes : Kilometre
        Its character.
    theta : ndarray, shape (time, rows, columns)
        True soil moisture, finite everywhere [m3 m-3].
    cells : Cells
        Cells of the whole region.
    land : dict
        From :func:`vadose.twin.kilometre_land.describe`.
    day : ndarray, shape (time,)
        Days since 1970-01-01.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    ndarray, shape (time, rows, columns)
        Soil moisture [m3 m-3], float32; NaN on water and on days without a map.
    """
    theta = np.asarray(theta, float)
    out = 0.25 + sizes.gain * (freeze(theta, land) if sizes.frozen else theta - 0.25)
    if sizes.frozen:
        out = out + between_limits(land) - 0.25
    noise = smooth(seed, f"1km/{name}/noise", cells, day, spacing=NOISE_DISTANCE, days_apart=NOISE_DAYS)
    out = out + noise_size(sizes, land["land_cover"]) * noise.transpose(2, 0, 1) + sizes.offset
    if sizes.blocks:
        out = out + sizes.block_error * coarse_error(f"1km/{name}/blocks", cells, day, seed, width=sizes.blocks)
    if sizes.smoothing:
        out = blur(out, sizes.smoothing)
    seen = uniform(seed, f"1km/{name}/seen", [0], [0], day)[0] < sizes.seen
    there = seen[:, None, None] & (land["land_cover"] != 0)
    return np.where(there, np.clip(out, 0.0, 1.0), np.nan).astype("float32")


def between_limits(land: dict[str, np.ndarray]) -> np.ndarray:
    """Soil moisture half-way between wilting point and field capacity, shape (rows, columns) [m3 m-3]."""
    return (land["wilting_point"] + land["field_capacity"]) / 2


def freeze(theta: np.ndarray, land: dict[str, np.ndarray]) -> np.ndarray:
    """Mean over the region less its typical value: dynamics without a pattern, shape (time, 1, 1)."""
    return theta.mean(axis=(1, 2), keepdims=True) - between_limits(land).mean()


def coarse_error(field: str, cells: Cells, day: np.ndarray, seed: int, *, width: float) -> np.ndarray:
    """Errors of unit variance that coarse cells of ``width`` fine cells share, shape (time, rows, columns).

    Choice: 36 % of the variance lasts, the rest changes over five days.
    """
    row, col = ((a // width).astype(int) for a in (cells.rows, cells.cols))
    rows, at_row = np.unique(row, return_inverse=True)
    cols, at_col = np.unique(col, return_inverse=True)
    r, c = (a.ravel() for a in np.meshgrid(rows, cols, indexing="ij"))
    error = 0.6 * normal(seed, f"{field}/lasting", r, c) + 0.8 * slow(seed, f"{field}/varying", r, c, day, 5)
    return error.T.reshape(len(day), rows.size, cols.size)[:, at_row][:, :, at_col]


def blur(maps: np.ndarray, width: float) -> np.ndarray:
    """Maps through a Gaussian of standard deviation ``width`` cells."""
    return gaussian_filter(maps, (0, width, width), mode="nearest")


def noise_size(sizes: Kilometre, land_cover: np.ndarray) -> np.ndarray:
    """Standard deviation of the noise by land cover, shape of ``land_cover`` [m3 m-3]: gain·SPREAD·sqrt(1/ρ² − 1)."""
    out = np.zeros(land_cover.shape)
    for group, rho in zip(GROUPS, sizes.correlation):
        out[np.isin(land_cover, LAND_COVER[group])] = sizes.gain * SPREAD * np.sqrt(1 / rho**2 - 1)
    return out


def repeat_stations(maps: np.ndarray, seen: np.ndarray, row: np.ndarray, col: np.ndarray) -> np.ndarray:
    """Maps that show, in the cells of training stations, what the stations say.

    Parameters
    ----------
    maps : ndarray, shape (time, rows, columns)
        What the product shows elsewhere.
    seen : ndarray, shape (station, time)
        Values of the training stations, NaN missing [m3 m-3].
    row, col : ndarray of int, shape (station,)
        Their cells.

    Returns
    -------
    ndarray, shape (time, rows, columns)
        Where all stations of a cell are silent, the product's own value is brought to their mean level.

    Examples
    --------
    >>> maps = np.full((2, 1, 2), 0.3)
    >>> repeat_stations(maps, np.array([[0.1, np.nan]]), np.array([0]), np.array([1])).round(3).tolist()
    [[[0.3, 0.1]], [[0.3, 0.1]]]
    """
    out = np.array(maps)
    for r, c in sorted(set(zip(row.tolist(), col.tolist()))):
        own = seen[(row == r) & (col == c)]
        some = np.isfinite(own).any(axis=0)
        if not some.any():
            continue
        mean = np.nansum(own, axis=0) / np.maximum(np.isfinite(own).sum(axis=0), 1)
        level = np.nanmean(mean[some] - out[some, r, c])
        out[:, r, c] = np.where(some, mean, out[:, r, c] + level)
    return out


def fly(theta: np.ndarray, frozen: np.ndarray, seen: np.ndarray, cells: Cells, day: np.ndarray,
        seed: int) -> np.ndarray:  # fmt: skip
    """What an aircraft sees, shape (flight, rows, columns) [m3 m-3], float32; NaN over towns, water and frozen ground.

    Parameters
    ----------
    theta, frozen : ndarray, shape (flight, rows, columns)
        Truth [m3 m-3] and frozen ground.
    seen : ndarray of bool, shape (rows, columns)
        Where it can see soil.
    """
    noise = FLIGHT_NOISE * smooth(seed, "1km/flight", cells, day, spacing=FLIGHT_DISTANCE).transpose(2, 0, 1)
    return np.where(seen & ~frozen, np.clip(theta + noise, 0, 1), np.nan).astype("float32")
