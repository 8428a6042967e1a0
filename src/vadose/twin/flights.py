"""Airborne campaigns: soil moisture at about a kilometre, on a few days, over one site."""

from __future__ import annotations

import dask
import dask.array as da
import numpy as np

from ..grid import Grid
from . import land as geography
from . import truths
from .cells import Cells
from .error_sizes import FLIGHT
from .noise import cellwise, smooth

#: Cell of the flight raster [degrees], edge of the site [degrees], flights in a campaign and days between them. Choice:
#: two campaigns in the middle year of the period, as in SMAPVEX: one while the land dries, one while it wets.
RESOLUTION, EDGE, FLIGHTS, APART = 0.01, 0.4, 8, 3
CAMPAIGNS = {"spring": 130, "autumn": 260}


def site(grid: Grid, soil: np.ndarray) -> Grid:
    """The flight raster: the land cell nearest to the middle of the region and what lies around it.

    Parameters
    ----------
    grid : Grid
        Regular grid of the region.
    soil : ndarray of bool, shape of the grid
        Where there is soil.

    Returns
    -------
    Grid
        Regular grid of 0.01° within the region.
    """
    west, south, east, north = grid.bbox
    lat, lon = np.meshgrid(grid.lat, grid.lon, indexing="ij")
    away = np.hypot(lat - (south + north) / 2, lon - (west + east) / 2)
    r, c = np.unravel_index(np.argmin(np.where(soil, away, np.inf)), away.shape)
    half = EDGE / 2
    y, x = float(lat[r, c]), float(lon[r, c])
    box = max(x - half, west), max(y - half, south), min(x + half, east), min(y + half, north)
    return Grid.regular(RESOLUTION).crop(box)


def dates(years: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Days of the flights since 1970-01-01 and the campaign of each.

    Examples
    --------
    >>> day, campaign = dates((2015, 2017))
    >>> str(day[0].astype("datetime64[D]")), day.size, campaign[-1].item()
    ('2016-05-09', 16, 'autumn')
    """
    year = (years[0] + years[1]) // 2
    new_year = np.datetime64(f"{year:04d}-01-01").astype("datetime64[D]").astype(int)
    day = [new_year + start - 1 + APART * k for start in CAMPAIGNS.values() for k in range(FLIGHTS)]
    return np.array(day), np.repeat(list(CAMPAIGNS), FLIGHTS)


def lazy_array(raster: Grid, grid: Grid, years: tuple[int, int], seed: int, trends: bool = True) -> da.Array:
    """The flights as one lazy array, shape (flight, lat, lon), float32."""
    row, col = (index[:, 0] if k == 0 else index[0] for k, index in enumerate(
        grid.nearest(*np.meshgrid(raster.lat, raster.lon, indexing="ij"))))  # fmt: skip
    day, _ = dates(years)
    task = dask.delayed(fly, pure=True)(Cells.of(raster), Cells.of(grid), row, col, day, truths.days_of(years), seed,
                                        trends)  # fmt: skip
    return da.from_delayed(task, (day.size, *raster.shape), "float32")


def fly(raster: Cells, cells: Cells, row: np.ndarray, col: np.ndarray, flown: np.ndarray, day: np.ndarray,
        seed: int, trends: bool = True) -> np.ndarray:  # fmt: skip
    """Soil moisture of the top layer as seen from the aircraft.

    Parameters
    ----------
    raster : Cells
        The flight raster.
    cells : Cells
        Cells of the region.
    row, col : ndarray of int, shape (raster rows,) and (raster columns,)
        Row and column of the cell that each raster row and column lies in.
    flown : ndarray
        Days of the flights.
    day : ndarray
        All days of the simulation, which decide where the spin-up starts.
    seed : int
        Seed of the simulated Earth.
    trends : bool
        Whether the imposed trends are there.

    Returns
    -------
    ndarray, shape (flight, raster rows, raster columns)
        [m3 m-3], float32; NaN over water, and on days with frost or snow.

    Notes
    -----
    θ of the cell · exp(pattern·z₁ − pattern²/2) + noise·ε, where z₁ is smooth over two kilometres and lasts.
    """
    part = cells.window(slice(row.min(), row.max() + 1), slice(col.min(), col.max() + 1))
    land = geography.describe(part, seed)
    theta, frozen = [], []
    for now, state in truths.years(part, land, day[: int(flown[-1] - day[0]) + 1], seed, trends=trends):
        at = flown[(flown >= now[0]) & (flown <= now[-1])] - now[0]
        theta.append(state["sm"][:, :, 0, at])
        frozen.append(state["frozen"][..., at])
    where = np.ix_(row - row.min(), col - col.min())
    cell, ice = (np.concatenate(a, axis=-1)[where] for a in (theta, frozen))
    pattern = FLIGHT.pattern * smooth(seed, "flights/pattern", raster, spacing=0.02)[..., None]
    seen = cell * np.exp(pattern - FLIGHT.pattern**2 / 2) + FLIGHT.noise * cellwise(
        seed, "flights/noise", raster, flown
    )
    dry = (land["land_cover"] != 0)[where][..., None]
    return np.where(dry & ~ice, np.clip(seen, 0, 1), np.nan).transpose(2, 0, 1).astype("float32")
