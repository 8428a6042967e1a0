"""Stations on the simulated Earth: points that are not their cell, with instruments, outages and quality flags."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import dask.array as da
import numpy as np
import xarray as xr
from scipy.special import ndtri

from ..grid import Grid
from ..landclass import KOEPPEN, texture_class
from ..schema import FLAGS, VARIABLES, flag_attrs, rejected
from . import composites
from .error_sizes import STATION
from .noise import normal, uniform

#: Candidate sites in each 1° × 1° tile, and how many of them have a station on average. Choice: as in dense networks,
#: so that small regions have some.
SITES, DENSITY = 4, 1.4

#: Depths of the sensors at each station [m] (from, to), and the soil layer they stand in.
DEPTHS = ((0.0, 0.05), (0.2, 0.2), (0.5, 0.5))
LAYERS = (0, 1, 2)

#: Number of invented networks.
NETWORKS = 4

#: Invented products and the share of the stations that each was trained on. Choice.
TRAINED = {"trained_1km_a": 0.3, "trained_1km_b": 0.15}


@dataclass(frozen=True)
class Sites:
    """Stations of a region; arrays of shape (station,)."""

    tile_row: np.ndarray
    tile_col: np.ndarray
    site: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    row: np.ndarray
    """Row of the station's cell in the grid asked for."""
    col: np.ndarray

    def __len__(self) -> int:
        return self.lat.size

    def pick(self, keep: np.ndarray) -> Sites:
        """The stations where ``keep`` is true."""
        return Sites(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))

    def shift(self, rows: int, cols: int) -> Sites:
        """The same stations on a grid that begins elsewhere."""
        return replace(self, row=self.row + rows, col=self.col + cols)

    @property
    def keys(self) -> np.ndarray:
        """Tile row, tile column, site and number of the depth of each sensor, shape (sensor, 4)."""
        depths = len(DEPTHS)
        station = np.stack([self.tile_row, self.tile_col, self.site], axis=1)
        return np.column_stack([np.repeat(station, depths, axis=0), np.tile(np.arange(depths), len(self))])

    @property
    def names(self) -> np.ndarray:
        """Name of each station: its tile and site, the same in every region."""
        return np.array([f"S{r:03d}{c:03d}{k}" for r, c, k in zip(self.tile_row, self.tile_col, self.site)], dtype=str)

    @property
    def networks(self) -> np.ndarray:
        """Network of each station: blocks of 4° × 4°."""
        which = (self.tile_row // 4 + 2 * (self.tile_col // 4)) % NETWORKS
        return np.array([f"SIMNET-{k + 1}" for k in which], dtype=str)


def find(grid: Grid, soil: np.ndarray, seed: int, *, density: float = DENSITY) -> Sites:
    """The stations of a region.

    Parameters
    ----------
    grid : Grid
        Regular grid of the region.
    soil : ndarray of bool, shape of the grid
        Where there is soil.
    seed : int
        Seed of the simulated Earth.
    density : float
        Stations per 1° × 1° tile on average, at most :data:`SITES`.

    Returns
    -------
    Sites
        Sorted by name. A site is the same in every region that holds it; a higher density adds some to those there.
    """
    west, south, east, north = grid.bbox
    rows = np.arange(np.floor(90 - north), np.ceil(90 - south)).astype(int)
    cols = np.arange(np.floor(west + 180), np.ceil(east + 180)).astype(int)
    tile_row, tile_col, site = (a.ravel() for a in np.meshgrid(rows, cols, np.arange(SITES), indexing="ij"))
    draw = uniform(seed, "stations/sites", tile_row * SITES + site, tile_col, (0, 1, 2))
    lat, lon = 90 - (tile_row + draw[:, 0]), tile_col + draw[:, 1] - 180
    row, col = grid.nearest(lat, lon)
    inside = (row >= 0) & (draw[:, 2] < density / SITES)
    inside &= soil[np.where(inside, row, 0), np.where(inside, col, 0)]
    return Sites(tile_row, tile_col, site, lat, lon, row, col).pick(inside)


def measure(theta: np.ndarray, frozen: np.ndarray, wilting: np.ndarray, keys: np.ndarray, day: np.ndarray,
            seed: int) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """What sensors in the ground report.

    Parameters
    ----------
    theta : ndarray, shape (sensor, time)
        True soil moisture of the cell and layer [m3 m-3].
    frozen : ndarray of bool, shape (sensor, time)
        Days on which the ground is frozen or under snow.
    wilting : ndarray, shape (sensor,)
        Wilting point of the cell [m3 m-3].
    keys : ndarray of int, shape (sensor, 4)
        Tile row, tile column, site, number of the depth.
    day : ndarray, shape (time,)
        Days since 1970-01-01.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    tuple of ndarray, shape (sensor, time)
        Soil moisture [m3 m-3], missing where the flag rule "recommended" rejects it, and the flag (uint16).

    Notes
    -----
    See :class:`vadose.twin.error_sizes.Station`. The point differs from its cell by a factor and an offset that last,
    and by a part that changes over seasons. Choice: the offset is never so low that the driest soil would have less
    than no water.
    """
    row, col = keys[:, 0] * SITES + keys[:, 2], keys[:, 1] * len(DEPTHS) + keys[:, 3]
    day = np.asarray(day)
    lasting = normal(seed, "stations/point", row, col, (0, 1))
    factor = np.exp(STATION.scale * lasting[:, :1])
    offset = np.maximum(STATION.offset * lasting[:, 1:], -0.5 * wilting[:, None] * factor)
    drift = slow(seed, "stations/slow", row, col, day, 60)
    noise = normal(seed, "stations/noise", row, col, day)
    value = theta * factor + offset + STATION.slow * drift + STATION.noise * noise

    spurious = uniform(seed, "stations/spikes", row, col, day) < STATION.spikes
    value = value + np.where(spurious, STATION.spike * normal(seed, "stations/spike", row, col, day), 0.0)
    # outages strike all depths of a station: the logger is down
    logger = keys[:, 1] * len(DEPTHS)
    absent = slow(seed, "stations/outage", row, logger, day, 20) > ndtri(1 - STATION.outage)
    flag = np.zeros(value.shape, dtype="uint16")
    for name, where in (
        ("missing", absent),
        ("frozen_or_snow", frozen & (keys[:, 3:] == 0)),
        ("other_inconsistency", spurious & ~absent),
        ("out_of_range", ((value < 0) | (value > 1)) & ~absent),
    ):
        flag |= np.where(where, np.uint16(FLAGS[name]), np.uint16(0))
    return np.where(rejected(flag, "recommended"), np.nan, value), flag


def report(sites: Sites, state: dict[str, np.ndarray], land: dict[str, np.ndarray], day: np.ndarray, seed: int,
           starts: np.ndarray | None) -> dict[str, np.ndarray]:  # fmt: skip
    """What all sensors of some stations report.

    Parameters
    ----------
    sites : Sites
        Stations, whose rows and columns are those of ``state`` and ``land``.
    state, land : dict
        From :func:`vadose.twin.truths.years` and :func:`vadose.twin.land.describe`.
    day : ndarray, shape (time,)
        Days since 1970-01-01.
    seed : int
        Seed of the simulated Earth.
    starts : ndarray or None
        Where dekads start, None for days.

    Returns
    -------
    dict of ndarray, shape (sensor, time or dekad)
        ``sm`` [m3 m-3], ``flag``, and of dekads ``nobs``: the mean of the days that quality control keeps, their
        number, and every reason where there is none.
    """
    depths = len(DEPTHS)
    row, col = np.repeat(sites.row, depths), np.repeat(sites.col, depths)
    layer = np.tile(np.asarray(LAYERS), len(sites))
    value, flag = measure(state["sm"][row, col, layer], state["frozen"][row, col], land["wilting_point"][row, col],
                          sites.keys, day, seed)  # fmt: skip
    if starts is None:
        return {"sm": value, "flag": flag}
    mean, nobs = composites.mean(value, starts)
    reasons = np.bitwise_or.reduceat(flag, starts, axis=-1)
    return {"sm": mean, "nobs": nobs, "flag": np.where(nobs > 0, np.uint16(0), reasons)}


def network(sites: Sites, land: dict[str, np.ndarray], arrays: dict[str, da.Array], time: xr.Variable,
            seed: int) -> xr.Dataset:  # fmt: skip
    """The stations of a region and their lazy series.

    Parameters
    ----------
    sites : Sites
        Stations on the grid of ``land``.
    land : dict
        From :func:`vadose.twin.land.describe`, and ``climate`` (Köppen-Geiger code).
    arrays : dict of dask array, shape (sensor, time)
        ``sm``, ``flag`` and, of dekads, ``nobs``; see :func:`report`.
    time : xarray.Variable
        Their times.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    xarray.Dataset, dims (sensor, time)
        Canonical stations, one row per station and depth. The attribute ``training_lists`` (JSON) holds the lists of
        :func:`training_lists`.
    """
    n, depths = len(sites), len(DEPTHS)
    number = np.repeat(np.arange(n), depths)
    depth = np.tile(np.arange(depths), n)
    row, col = sites.row[number], sites.col[number]
    bounds = np.asarray(DEPTHS)[depth]
    network, station = sites.networks[number], sites.names[number]
    coords = {
        "sensor": np.array([f"{a}/{b}/{d[0]:g}-{d[1]:g}m" for a, b, d in zip(network, station, bounds)], dtype=str),
        "network": network,
        "station": station,
        "instrument": np.full(number.size, "simulated probe"),
        "lat": sites.lat[number],
        "lon": sites.lon[number],
        "elevation": land["elevation"][row, col].astype("float32"),
        "depth_from": bounds[:, 0],
        "depth_to": bounds[:, 1],
        "land_cover": land["land_cover"][row, col],
        "climate": np.array(["", *KOEPPEN], dtype=str)[land["climate"][row, col]],
        "texture": texture_class(land["sand"][row, col], land["clay"][row, col]),
        "porosity": land["porosity"][row, col].astype("float32"),
    }
    units = {
        "lat": "degrees_north",
        "lon": "degrees_east",
        "elevation": "m",
        "depth_from": "m",
        "depth_to": "m",
        "land_cover": "1",
        "porosity": "m3 m-3",
    }
    data = {name: (("sensor", "time"), array, flag_attrs() if name == "flag" else VARIABLES[name].attrs())
            for name, array in arrays.items()}  # fmt: skip
    ds = xr.Dataset(
        data,
        {name: ("sensor", values, {"units": units[name]} if name in units else {}) for name, values in coords.items()},
    )
    ds = ds.assign_attrs(training_lists=json.dumps(training_lists(sites, seed)))
    return ds.assign_coords(time=time)


def training_lists(sites: Sites, seed: int) -> dict[str, dict[str, list]]:
    """Stations that invented products were trained on.

    Parameters
    ----------
    sites : Sites
        Stations of a region.
    seed : int
        Seed of the simulated Earth.

    Returns
    -------
    dict
        Product -> columns ``network``, ``station``, ``lat``, ``lon`` of its list, as ``pandas.DataFrame`` takes them.

    Notes
    -----
    Each product knows the share of the stations stated in :data:`TRAINED`. Choice: some are written in lower case, and
    some have another name and a position 20 m off, so that names alone do not find them.
    """
    out = {}
    network, station = sites.networks, sites.names
    for product, share in TRAINED.items():
        draw = uniform(
            seed, f"stations/training/{product}", sites.tile_row * SITES + sites.site, sites.tile_col, (0, 1)
        )
        known = np.flatnonzero(draw[:, 0] < share)
        renamed = draw[known, 1] < 0.2
        lower = draw[known, 1] > 0.7
        names = [f"{s}-new" if r else s.lower() if low else s
                 for s, r, low in zip(station[known].tolist(), renamed, lower)]  # fmt: skip
        away = np.where(renamed, 2e-4, 0.0)
        out[product] = {"network": network[known].tolist(), "station": names,
                        "lat": (sites.lat[known] + away).round(6).tolist(),
                        "lon": sites.lon[known].round(6).tolist()}  # fmt: skip
    return out


def slow(seed: int, field: str, row: np.ndarray, col: np.ndarray, day: np.ndarray, apart: int) -> np.ndarray:
    """Standard normal series that change over ``apart`` days, shape (sensor, time)."""
    x = day / apart
    base = np.floor(x).astype(int)
    first = int(base.min())
    t = x - base
    z = normal(seed, field, row, col, np.arange(first, int(base.max()) + 2))
    # cubic ease between neighbours, scaled to unit variance
    up = t * t * (3 - 2 * t)
    at = base - first
    return ((1 - up) * z[:, at] + up * z[:, at + 1]) / np.hypot(1 - up, up)
