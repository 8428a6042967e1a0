"""Stations in kilometres: dense networks with training lists of the products that have learnt from them."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..grid import Grid
from ..landclass import KOEPPEN, texture_class
from ..schema import VARIABLES, flag_attrs
from . import kilometre_land as mosaic
from . import stations
from .kilometre_sizes import KILOMETRE, MISMATCH
from .noise import uniform

#: Edge of a tile [degrees], candidate sites in it, and the chance that one has a station. Choice: 7 per 10 km × 10 km,
#: as in watershed networks.
TILE, SITES, OCCUPIED = 0.1, 12, 0.6

#: Chance that the sites of a tile from the sixth on stand together in one 1 km cell, as at validation sites. Choice.
CLUSTERED = 0.15


@dataclass(frozen=True)
class Points:
    """Stations of a region; arrays of shape (station,)."""

    tile_row: np.ndarray
    tile_col: np.ndarray
    site: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    row: np.ndarray
    """Row of the station's cell."""
    col: np.ndarray
    other: np.ndarray
    """Share of its cell with another land cover than its own [1]."""

    @property
    def names(self) -> np.ndarray:
        """Name of each station."""
        return np.array([f"K{r:04d}{c:04d}{k:02d}" for r, c, k in zip(self.tile_row, self.tile_col, self.site)], str)

    @property
    def networks(self) -> np.ndarray:
        """Network of each station: blocks of 0.2° × 0.2°."""
        which = (self.tile_row // 2 + 3 * (self.tile_col // 2)) % 7
        return np.array([f"KMNET-{k + 1}" for k in which], str)

    @property
    def keys(self) -> np.ndarray:
        """Keys of the random numbers, as :func:`vadose.twin.stations.measure` takes them."""
        zero = np.zeros_like(self.site)
        return np.stack([self.tile_row * 16 + self.site, self.tile_col, zero, zero], axis=1)


def find(grid: Grid, land: dict[str, np.ndarray], fine: np.ndarray, seed: int) -> Points:
    """The stations of a region: none on lakes.

    Parameters
    ----------
    grid : Grid
        1 km cells.
    land, fine
        From :func:`vadose.twin.kilometre_land.describe`.
    seed : int
        Seed of the simulated Earth.
    """
    west, south, east, north = grid.bbox
    rows = np.arange(np.floor((90 - north) / TILE + 1e-6), np.ceil((90 - south) / TILE - 1e-6)).astype(int)
    cols = np.arange(np.floor((west + 180) / TILE + 1e-6), np.ceil((east + 180) / TILE - 1e-6)).astype(int)
    r, c, k = (a.ravel() for a in np.meshgrid(rows, cols, np.arange(SITES), indexing="ij"))
    draw = uniform(seed, "1km/sites", r * SITES + k, c, (0, 1, 2))
    shared = uniform(seed, "1km/clusters", r, c, (0, 1, 2))
    y, x = draw[:, 0], draw[:, 1]
    together = (shared[:, 0] < CLUSTERED) & (k >= 5)
    cell = 10  # 1 km cells along a tile
    y = np.where(together, (np.floor(cell * shared[:, 1]) + 0.05 + 0.9 * y) / cell, y)
    x = np.where(together, (np.floor(cell * shared[:, 2]) + 0.05 + 0.9 * x) / cell, x)
    lat, lon = 90 - (r + y) * TILE, (c + x) * TILE - 180
    row, col = grid.nearest(lat, lon)
    at = mosaic.grid_of_classes(grid).nearest(lat, lon)
    inside = (row >= 0) & (at[0] >= 0) & ((draw[:, 2] < OCCUPIED) | together)
    inside &= (land["land_cover"][row, col] != mosaic.LAKE) & (fine[at] != mosaic.LAKE)
    other = 1 - mosaic.share_of_class(fine)[at]
    return Points(*(a[inside] for a in (r, c, k, lat, lon, row, col, other)))


def measure(theta: np.ndarray, frozen: np.ndarray, wilting: np.ndarray, points: Points, day: np.ndarray,
            seed: int) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """What the stations report, shape (sensor, time): soil moisture [m3 m-3] and flag.

    Choice: beside the errors of every station (:class:`vadose.twin.error_sizes.Station`) that of standing on a land
    cover which is not that of the whole cell.
    """
    slow = stations.slow(seed, "1km/mismatch", points.keys[:, 0], points.keys[:, 1], day, 40)
    seen = np.maximum(theta + MISMATCH * points.other[:, None] * slow, 0.01)
    return stations.measure(seen, frozen, wilting, points.keys, day, seed)


def network(points: Points, land: dict[str, np.ndarray], arrays: dict, time: xr.Variable, seed: int) -> xr.Dataset:
    """Canonical stations of 0 to 5 cm, dims (sensor, time); attribute ``training_lists`` (JSON) by product."""
    row, col = points.row, points.col
    zero = np.zeros(row.size)
    coords = {
        "sensor": np.array([f"{a}/{b}/0-0.05m" for a, b in zip(points.networks, points.names)], str),
        "network": points.networks, "station": points.names,
        "instrument": np.full(row.size, "simulated probe"),
        "lat": points.lat, "lon": points.lon, "elevation": land["elevation"][row, col].astype("float32"),
        "depth_from": zero, "depth_to": zero + 0.05, "land_cover": land["land_cover"][row, col],
        "climate": np.array(["", *KOEPPEN], str)[land["climate"][row, col]],
        "texture": texture_class(land["sand"][row, col], land["clay"][row, col]),
        "porosity": land["porosity"][row, col].astype("float32"),
    }  # fmt: skip
    units = {"lat": "degrees_north", "lon": "degrees_east", "elevation": "m", "depth_from": "m", "depth_to": "m",
             "land_cover": "1", "porosity": "m3 m-3"}  # fmt: skip
    data = {
        k: (("sensor", "time"), v, flag_attrs() if k == "flag" else VARIABLES[k].attrs()) for k, v in arrays.items()
    }
    ds = xr.Dataset(data, {k: ("sensor", v, {"units": units[k]} if k in units else {}) for k, v in coords.items()})
    lists = {k: v for k, (v, _) in training(points, seed).items()}
    return ds.assign_coords(time=time).assign_attrs(training_lists=json.dumps(lists))


def training(points: Points, seed: int) -> dict[str, tuple[dict[str, list], np.ndarray]]:
    """Training list of each product that has one, and the positions of its stations.

    Choice: 30 % of the entries are in lower case, and 20 % have another name and a position 22 m off.
    """
    out = {}
    network, station = points.networks, points.names
    for product, sizes in KILOMETRE.items():
        if not sizes.trained:
            continue
        draw = uniform(seed, f"1km/training/{product}", points.keys[:, 0], points.keys[:, 1], (0, 1))
        known = np.flatnonzero(draw[:, 0] < sizes.trained)
        renamed, lower = draw[known, 1] < 0.2, draw[known, 1] > 0.7
        names = [f"{s}-new" if a else s.lower() if b else s for s, a, b in zip(station[known].tolist(), renamed, lower)]
        out[product] = {"network": network[known].tolist(), "station": names,
                        "lat": (points.lat[known] + np.where(renamed, 2e-4, 0.0)).round(6).tolist(),
                        "lon": points.lon[known].round(6).tolist()}, known  # fmt: skip
    return out
