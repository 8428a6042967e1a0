"""Which grid cells their stations stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..grid import Grid
from .verdicts import make_verdict, name_keys

#: Thresholds of the land-cover area ratio of paper 002's sensitivity analysis.
SENSITIVITY = (0.70, 0.75, 0.80, 0.85)


def core_cells(
    stations: xr.Dataset,
    landcover: xr.DataArray,
    *,
    grid: Grid | None = None,
    threshold: float = 0.82,
    sensitivity: Sequence[float] = SENSITIVITY,
    min_coverage: float = 0.5,
) -> xr.Dataset:
    """Which sensors stand for their grid cell, by the share of the cell that has the station's land cover.

    Parameters
    ----------
    stations : xarray.Dataset
        Canonical ``stations``.
    landcover : xarray.DataArray, dims (lat, lon)
        Class map finer than ``grid`` (WorldCover for 1 km cells); lazy is read around the stations only. Missing are
        NaN, the ``_FillValue`` or the largest value of the integer type.
    grid : Grid, optional
        Cells of the product; by default global cells of 0.01°, about the 1 km of paper 002.
    threshold : float
        Smallest ratio of a core cell [1].
    sensitivity : sequence of float
        Further thresholds to report.
    min_coverage : float
        Smallest share of a cell that must have a class [1].

    Returns
    -------
    xarray.Dataset
        A verdict (``selected`` = core; ``status`` ``no_data`` where there is no ratio): per sensor also
        ``lc_area`` [1], ``lc_area_cell`` [1], ``cell`` (number of the
        grid cell, -1 outside), ``map_class``; ``core`` (threshold, sensor).

    Raises
    ------
    SchemaError, ConfigError
        If an input is not canonical or a number is not a share.

    Notes
    -----
    METHODS 4.1; LC-area (Peng et al. 2025, as used in paper 002): sub-cells with the class found at the station, over
    all classified sub-cells of the grid cell. Choice: a cell is judged by the mean over its stations, so that all
    stations of a cell, whose mean is its reference, are core or extra together.

    Examples
    --------
    >>> fine, cells = Grid.regular(45), Grid.regular(90)
    >>> codes = np.full((4, 8), 10, "u1"); codes[0, 1] = 12
    >>> per = {"network": ["N", "N"], "station": ["A", "B"], "lat": [80.0, 10.0], "lon": [-170.0, 10.0],
    ...        "depth_from": [0.0] * 2, "depth_to": [0.05] * 2}
    >>> stations = xr.Dataset(coords={"time": pd.date_range("2020", periods=0), **{k: ("sensor", v) for k, v in
    ...                               per.items()}})
    >>> stations["sm"] = ("sensor", "time"), np.zeros((2, 0)), {"units": "m3 m-3"}
    >>> got = core_cells(stations, xr.DataArray(codes, fine.coords(), ("lat", "lon")), grid=cells)
    >>> got.lc_area.values.tolist(), got.selected.values.tolist(), got.core.sel(threshold=0.75).values.tolist()
    ([0.75, 1.0], [False, True], [True, True])
    """
    schema.check(stations, "stations")
    grid = grid or Grid.regular(0.01)
    for name, value in (
        ("threshold", threshold),
        ("min_coverage", min_coverage),
        *(("sensitivity", v) for v in sensitivity),
    ):
        if not 0 <= value <= 1:
            raise ConfigError(name, found=f"{value}", needed="a share from 0 to 1")
    if set(landcover.dims) != {"lat", "lon"}:
        raise SchemaError("landcover", found=f"dims {landcover.dims}", needed="one class map, dims (lat, lon)")
    fine = Grid.of(landcover.to_dataset(name="land_cover"))
    lat, lon = stations["lat"].values.astype(float), stations["lon"].values.astype(float)
    known = np.isfinite(lat) & np.isfinite(lon)
    row, col, at_row, at_col = (np.full(lat.size, -1) for _ in range(4))
    row[known], col[known] = grid.nearest(lat[known], lon[known])
    at_row[known], at_col[known] = fine.nearest(lat[known], lon[known])
    n = lat.size
    share, code = np.full(n, np.nan), np.full(n, -1)
    reason = np.full(n, "", dtype="U60")
    reason[~known] = "no coordinates"
    reason[known & (row < 0)] = "outside the grid"
    reason[known & (row >= 0) & (at_row < 0)] = "outside the land-cover map"
    blocks: dict[tuple[int, int], np.ndarray] = {}
    data = landcover.transpose("lat", "lon")
    for i in np.flatnonzero(reason == ""):
        place = int(row[i]), int(col[i])
        if place not in blocks:
            blocks[place] = _classes_in(data, fine, grid, *place)
        codes = blocks[place]
        at = _codes(data.isel(lat=[at_row[i]], lon=[at_col[i]]))[0, 0]
        if at < 0:
            reason[i] = "no land-cover class at the station"
        elif codes.size == 0 or (codes >= 0).mean() < min_coverage:
            reason[i] = "land-cover map does not cover the cell"
        else:
            code[i], share[i] = at, (codes == at).sum() / (codes >= 0).sum()
    cell = np.where(row >= 0, row * grid.shape[1] + col, -1)
    mean = _mean_of_stations(stations, share, cell)
    found = np.isfinite(mean) & (reason == "")
    reason[found & ~_reaches(mean, threshold)] = f"land-cover area ratio below {threshold:g}"
    out = make_verdict(stations, reason, "land-cover area ratio", judged=found, threshold=threshold,
                       grid=grid.to_attr())  # fmt: skip
    values = {"lc_area": (share, "land-cover area ratio of the station"),
              "lc_area_cell": (mean, "land-cover area ratio, mean over the stations of the cell")}  # fmt: skip
    for name, (v, text) in values.items():
        out[name] = ("sensor", v, {"units": "1", "long_name": text})
    out["cell"] = ("sensor", cell, {"units": "1", "long_name": "number of the grid cell, row by row"})
    out["map_class"] = ("sensor", code, {"units": "1", "long_name": "land-cover class at the station, -1 for none"})
    levels = np.unique(np.asarray([*sensitivity, threshold], float))
    core = np.stack([found & _reaches(mean, v) for v in levels])
    out["core"] = (("threshold", "sensor"), core, {"long_name": "core at this threshold"})
    return out.assign_coords(threshold=levels)


def _reaches(share: np.ndarray, threshold: float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return share >= threshold - 1e-12


def _classes_in(data: xr.DataArray, fine: Grid, grid: Grid, row: int, col: int) -> np.ndarray:
    """Codes of the fine cells whose centres lie in a coarse cell; -1 for missing."""
    north, south = sorted(grid.lat_edges[row : row + 2])[::-1]
    west, east = grid.lon_edges[col : col + 2]
    rows = np.flatnonzero((fine.lat <= north) & (fine.lat > south))
    cols = np.flatnonzero((fine.lon >= west) & (fine.lon < east))
    if not rows.size or not cols.size:
        return np.empty(0, int)
    return _codes(data.isel(lat=slice(rows[0], rows[-1] + 1), lon=slice(cols[0], cols[-1] + 1)))


def _codes(da: xr.DataArray) -> np.ndarray:
    values = np.asarray(da)
    fill = da.attrs.get("_FillValue", da.encoding.get("_FillValue"))
    gap = ~np.isfinite(values) if values.dtype.kind == "f" else values == np.iinfo(values.dtype).max
    if fill is not None:
        gap = gap | (values == fill)
    return np.where(gap, -1, np.where(gap, 0, values).astype(int))


def _mean_of_stations(stations: xr.Dataset, share: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Mean over the stations (not sensors) of each cell, per sensor."""
    name = np.char.add(np.char.add(stations["network"].values.astype(str), ":"), stations["station"].values.astype(str))
    table = pd.DataFrame({"cell": cell, "name": name, "share": share})
    per_cell = table.groupby(["cell", "name"])["share"].mean().groupby("cell").mean()
    return np.where(cell >= 0, per_cell.reindex(cell).to_numpy(float), np.nan)


def strict_cells(stations: xr.Dataset, *, grid: Grid, more_than: int = 5) -> xr.Dataset:
    """Which sensors lie in grid cells with many stations.

    Parameters
    ----------
    stations : xarray.Dataset
        Canonical ``stations``.
    grid : Grid
        Cells of the product.
    more_than : int
        The cell must have more stations than this (paper 002: 5).

    Returns
    -------
    xarray.Dataset
        A verdict; per sensor also ``n_stations`` of its cell and ``cell``.

    Examples
    --------
    >>> per = {"network": ["N"] * 3, "station": ["A", "B", "B"], "lat": [1.0, 2.0, 2.0], "lon": [1.0] * 3,
    ...        "depth_from": [0.0] * 3, "depth_to": [0.05] * 3}
    >>> stations = xr.Dataset(coords={"time": pd.date_range("2020", periods=0), **{k: ("sensor", v) for k, v in
    ...                               per.items()}})
    >>> stations["sm"] = ("sensor", "time"), np.zeros((3, 0)), {"units": "m3 m-3"}
    >>> strict_cells(stations, grid=Grid.regular(90), more_than=1).n_stations.values.tolist()
    [2, 2, 2]
    """
    schema.check(stations, "stations")
    if more_than < 0:
        raise ConfigError("more_than", found=f"{more_than}", needed="a number of stations, 0 or more")
    lat, lon = stations["lat"].values.astype(float), stations["lon"].values.astype(float)
    known = np.isfinite(lat) & np.isfinite(lon)
    row, col = np.full(lat.size, -1), np.full(lat.size, -1)
    row[known], col[known] = grid.nearest(lat[known], lon[known])
    cell = np.where(row >= 0, row * grid.shape[1] + col, -1)
    names = pd.Series(name_keys(stations["network"].values, stations["station"].values))
    counts = names.groupby(cell).nunique().reindex(cell).to_numpy()
    counts = np.where(cell >= 0, counts, 0).astype(int)
    reason = np.where(counts > more_than, "", f"at most {more_than} stations in the cell").astype("U60")
    reason[cell < 0] = "outside the grid"
    reason[~known] = "no coordinates"
    out = make_verdict(stations, reason, "number of stations in the cell", more_than=more_than, grid=grid.to_attr())
    out["n_stations"] = ("sensor", counts, {"units": "1", "long_name": "stations in the grid cell"})
    out["cell"] = ("sensor", cell, {"units": "1", "long_name": "number of the grid cell, row by row"})
    return out


def dry_cells(stations: xr.Dataset, water_fraction: xr.DataArray, *, limit: float = 0.05) -> xr.Dataset:
    """Which sensors lie in cells with little open water.

    Parameters
    ----------
    stations : xarray.Dataset
        Canonical ``stations``.
    water_fraction : xarray.DataArray, dims (lat, lon) or (time, lat, lon)
        Share of the cell under water [1]; with time, the mean over years of the largest value of each year counts.
    limit : float
        Largest share allowed [1] (paper 003: 0.05).

    Returns
    -------
    xarray.Dataset
        A verdict; per sensor also ``water_fraction`` [1]. A cell without a value is dropped, since it may be water.

    Examples
    --------
    >>> water = xr.DataArray([[0.0, 0.2, 0.0, 0.0], [0.0] * 4], Grid.regular(90).coords(), ("lat", "lon"))
    >>> per = {"network": ["N"] * 2, "station": ["A", "B"], "lat": [1.0, 1.0], "lon": [-100.0, -50.0],
    ...        "depth_from": [0.0] * 2, "depth_to": [0.05] * 2}
    >>> stations = xr.Dataset(coords={"time": pd.date_range("2020", periods=0), **{k: ("sensor", v) for k, v in
    ...                               per.items()}})
    >>> stations["sm"] = ("sensor", "time"), np.zeros((2, 0)), {"units": "m3 m-3"}
    >>> dry_cells(stations, water).selected.values.tolist()
    [True, False]
    """
    schema.check(stations, "stations")
    if not 0 <= limit <= 1:
        raise ConfigError("limit", found=f"{limit}", needed="a share from 0 to 1")
    if not {"lat", "lon"} <= set(water_fraction.dims) <= {"time", "lat", "lon"}:
        raise SchemaError("water_fraction", found=f"dims {water_fraction.dims}", needed="([time,] lat, lon)")
    lat, lon = stations["lat"].values.astype(float), stations["lon"].values.astype(float)
    known = np.isfinite(lat) & np.isfinite(lon)
    row, col = np.full(lat.size, -1), np.full(lat.size, -1)
    row[known], col[known] = Grid.of(water_fraction.to_dataset(name="w")).nearest(lat[known], lon[known])
    at = water_fraction.isel(lat=xr.DataArray(row, dims="sensor"), lon=xr.DataArray(col, dims="sensor"))
    if "time" in at.dims:
        at = at.groupby("time.year").max("time").mean("year")
    share = np.where(row >= 0, np.asarray(at, float), np.nan)
    reason = np.full(lat.size, "", dtype="U60")
    reason[share > limit + 1e-9] = f"more than {100 * limit:g} % open water"
    reason[np.isnan(share)] = "water fraction not known"
    reason[~known] = "no coordinates"
    out = make_verdict(stations, reason, "open water", limit=limit)
    out["water_fraction"] = ("sensor", share, {"units": "1", "long_name": "share of the cell under open water"})
    return out
