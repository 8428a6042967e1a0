"""Which cell of a product each sensor belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..grid import Grid, distance

#: Observations of one place further apart than this belong to different overpasses; orbits take 95 to 102 minutes.
OVERPASS = np.timedelta64(30, "m")

#: Largest distance [m] from a station to an observation's location where the product has no cells.
OBSERVATION_DISTANCE = 25_000.0


@dataclass(frozen=True)
class Places:
    """Product cells that hold sensors.

    Attributes
    ----------
    cell_of_sensor : ndarray of int, shape (sensor,)
        Index of the cell, −1 where the sensor lies in none.
    lat, lon : ndarray, shape (cell,)
        Cell centres [degrees].
    index : dict of ndarray
        How to take the cells from the product: ``{"lat": rows, "lon": cols}``, ``{"location": ids}`` or, for swaths,
        ``{"obs": positions}`` with ``bounds`` telling which of them belong to which cell.
    bounds : ndarray of int, shape (cell + 1,), optional
        First position of each cell.
    """

    cell_of_sensor: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    index: dict[str, np.ndarray]
    bounds: np.ndarray | None = None


def find(estimate: xr.Dataset, variable: str, stations: xr.Dataset, max_distance: float | None) -> Places:
    """Assign every sensor to the product cell that contains it, or to the nearest location.

    Parameters
    ----------
    estimate : xarray.Dataset
        Canonical ``grid`` or ``observations``.
    variable : str
        Soil-moisture variable; with ``max_distance`` only cells where it has a value count.
    stations : xarray.Dataset
        Canonical ``stations``.
    max_distance : float or None
        For grids: None takes the containing cell, whatever it holds; a distance [m] takes the nearest cell
        centre with any valid value within it. For observations: the limit, by default 25 km.

    Notes
    -----
    The nodes of a swath lie elsewhere in every orbit. Choice: where the provider does not number them, each station
    is a cell of its own and takes, of every overpass, the nearest node with a value.
    """
    if max_distance is not None and not max_distance > 0:
        raise ConfigError("max_distance", found=f"{max_distance} m", needed="a distance above 0 m, or None")
    lat, lon = stations["lat"].values.astype(float), stations["lon"].values.astype(float)
    if schema.form(estimate) == "grid":
        return _in_grid(estimate, variable, lat, lon, max_distance)
    limit = max_distance or OBSERVATION_DISTANCE
    if "location" in estimate.coords:
        return _among_locations(estimate, lat, lon, limit)
    return _among_nodes(estimate, variable, lat, lon, limit)


def _in_grid(ds: xr.Dataset, variable: str, lat, lon, max_distance: float | None) -> Places:
    grid = Grid.of(ds)
    row, col = grid.nearest(lat, lon)
    if max_distance is not None:
        row, col = _nearest_with_data(ds[variable], grid, lat, lon, row, col, max_distance)
    found = row >= 0
    flat = row * grid.shape[1] + col
    cells, inverse = np.unique(flat[found], return_inverse=True)
    cell_of_sensor = np.full(lat.size, -1)
    cell_of_sensor[found] = inverse
    rows, cols = cells // grid.shape[1], cells % grid.shape[1]
    return Places(cell_of_sensor, grid.lat[rows], grid.lon[cols], {"lat": rows, "lon": cols})


def _nearest_with_data(da: xr.DataArray, grid: Grid, lat, lon, row, col, max_distance: float):
    """Nearest cell with any valid value; this has to read the neighbourhood of the sensors."""
    reach_lat = np.degrees(max_distance / 6371008.8) * 1.01
    near = np.zeros(grid.shape, bool)
    for la, lo in zip(lat, lon, strict=True):
        reach_lon = min(180.0, reach_lat / max(np.cos(np.radians(la)), 1e-3))
        near |= (np.abs(grid.lat - la) <= reach_lat)[:, None] & (np.abs(grid.lon - lo) <= reach_lon)[None, :]
    rows, cols = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
    row, col = np.full(lat.size, -1), np.full(lat.size, -1)
    if not rows.size or not cols.size:
        return row, col
    others = [d for d in da.dims if d not in ("lat", "lon")]
    alive = da.isel(lat=rows, lon=cols).notnull().any(others).transpose("lat", "lon").values
    r, c = np.nonzero(alive)
    if r.size:
        apart = distance(lat[:, None], lon[:, None], grid.lat[rows[r]][None], grid.lon[cols[c]][None])
        best = apart.argmin(axis=1)
        ok = apart[np.arange(lat.size), best] <= max_distance
        row[ok], col[ok] = rows[r[best[ok]]], cols[c[best[ok]]]
    return row, col


def _among_locations(ds: xr.Dataset, lat, lon, max_distance: float) -> Places:
    unique, first = np.unique(ds["location"].values, return_index=True)
    at_lat, at_lon = ds["lat"].values[first].astype(float), ds["lon"].values[first].astype(float)
    cell_of_sensor = np.full(lat.size, -1)
    known = np.isfinite(at_lat) & np.isfinite(at_lon)
    if known.any():
        apart = distance(lat[:, None], lon[:, None], at_lat[known][None], at_lon[known][None])
        best = apart.argmin(axis=1)
        ok = apart[np.arange(lat.size), best] <= max_distance
        places = np.flatnonzero(known)[best]
        used, inverse = np.unique(places[ok], return_inverse=True)
        cell_of_sensor[ok] = inverse
    else:
        used = np.array([], dtype=int)
    return Places(cell_of_sensor, at_lat[used], at_lon[used], {"location": unique[used]})


def _among_nodes(ds: xr.Dataset, variable: str, lat, lon, max_distance: float) -> Places:
    """Of every overpass, the nearest node of a swath that has a value; every station place is a cell."""
    spots, spot_of_sensor = np.unique(np.stack([lat, lon], axis=1), axis=0, return_inverse=True)
    spot_of_sensor = spot_of_sensor.ravel()
    node_lat, node_lon = ds["lat"].values.astype(float), ds["lon"].values.astype(float)
    time, valid = ds["time"].values, ds[variable].notnull().values
    reach = np.degrees(max_distance / 6371008.8) * 1.01
    taken: list[np.ndarray] = []
    number = np.full(len(spots), -1)
    inside = np.zeros(len(spots), bool)
    for i, (la, lo) in enumerate(spots):
        near = np.flatnonzero(np.abs(node_lat - la) <= reach)
        apart = distance(la, lo, node_lat[near], node_lon[near])
        within = apart <= max_distance
        inside[i] = within.any()
        near, apart = near[within & valid[near]], apart[within & valid[near]]
        if not inside[i]:
            continue
        overpass = np.cumsum(np.diff(time[near], prepend=time[near[:1]]) > OVERPASS)
        order = np.lexsort((apart, overpass))
        _, first = np.unique(overpass[order], return_index=True)
        number[i] = len(taken)
        taken.append(np.sort(near[order[first]]))
    bounds = np.cumsum([0, *(t.size for t in taken)])
    obs = np.concatenate(taken) if taken else np.array([], dtype=int)
    return Places(number[spot_of_sensor], spots[inside, 0], spots[inside, 1], {"obs": obs}, bounds)
