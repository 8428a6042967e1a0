"""Products matched with stations on the cells of one grid, so that all are judged by the same places."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..grid import Grid
from ..matchup import REASONS, find_places, match
from .anomalies import ANOMALIES
from .conditional import PERIODS
from .independence import independent
from .scaling import METHODS, scale
from .score import check_options
from .stations import core_cells, strict_cells

#: Labels of a cell, taken from its sensors.
LABELS = ("network", "land_cover", "climate", "texture")


@dataclass(frozen=True)
class Evaluation:
    """How products are judged.

    Parameters
    ----------
    grid : Grid, optional
        Cells whose stations are averaged; default the grid of the first product.
    window : str
        Largest time difference, inclusive.
    temporal_reference : str, optional
        Product whose dates count: the others are judged where it has a pair in the cell too. Default: each product has
        the dates of the stations. Which side of one pair leads does not matter, because pairs are one to one.
    local_hours : mapping
        Product name -> hours of local solar time that its values must have.
    options : mapping
        Product name -> further arguments of :func:`vadose.matchup.match` (variable, layer, t_value, max_distance).
    training : mapping
        Product name -> table of the stations it was trained on.
    landcover : xarray.DataArray, optional
        Fine class map; adds the subsets ``core`` and ``extra``.
    threshold : float
        Land-cover area ratio of core cells [1].
    strict : int, optional
        Adds the subset ``strict``: cells with more stations than this.
    by : sequence of str
        Splits of time among season, month, dekad, year; each adds its subsets.
    anomalies : sequence of str
        Kinds of :func:`vadose.validation.anomalies` to score beside the values.
    scaling : str, optional
        As in :func:`vadose.validation.scale`.
    scaling_reference : str, optional
        Product to which products and stations are scaled; by default products are scaled to the stations.
    scale_after_split : bool
        Whether scaling is fitted within each split of time.
    ci, level, min_n, min_years, n_boot, seed
        As in :func:`vadose.validation.score`.
    """

    grid: Grid | None = None
    window: str = "12h"
    temporal_reference: str | None = None
    local_hours: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    options: Mapping[str, Mapping] = field(default_factory=dict)
    training: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    landcover: xr.DataArray | None = None
    threshold: float = 0.82
    strict: int | None = None
    by: Sequence[str] = ()
    anomalies: Sequence[str] = ()
    scaling: str | None = None
    scaling_reference: str | None = None
    scale_after_split: bool = False
    ci: str = "neff"
    level: float = 0.95
    min_n: int = 20
    min_years: int = 3
    n_boot: int = 1000
    seed: int = 0


def matchups(
    products: Mapping[str, xr.Dataset], stations: xr.Dataset, *, config: Evaluation | None = None
) -> dict[str, xr.Dataset]:
    """Match every product with its independent stations, on the cells of one grid.

    Parameters
    ----------
    products, stations, config
        As in :func:`vadose.validation.evaluate`.

    Returns
    -------
    dict of str to xarray.Dataset
        Match-ups by product, all with the same cells, times and coordinates per cell: input of
        :func:`vadose.validation.composite`, ``stability``, ``score_by_wetness`` and, as DataArrays, of
        ``triple_collocation``.

    Examples
    --------
    >>> grid = Grid.regular(1.0).crop((0, 0, 2, 1))
    >>> t = pd.date_range("2020-06-01", periods=3)
    >>> sm = xr.DataArray(np.full((3, 1, 2), 0.3), dims=("time", "lat", "lon"), attrs={"units": "m3 m-3"})
    >>> product = schema.with_grid(xr.Dataset({"sm": sm}).assign_coords(time=t), grid)
    >>> per = {"network": ["N"] * 2, "station": ["A", "B"], "lat": [0.5] * 2, "lon": [0.5, 1.5],
    ...        "depth_from": [0.0] * 2, "depth_to": [0.05] * 2}
    >>> stations = xr.Dataset({"sm": (("sensor", "time"), np.full((2, 3), 0.25), {"units": "m3 m-3"})},
    ...                       {"time": t, **{k: ("sensor", v) for k, v in per.items()}}, {"step": "day"})
    >>> matchups({"p": product}, stations)["p"].n_matched.values.tolist()
    [3, 3]
    """
    config = config or Evaluation()
    _check(products, config)
    schema.check(stations, "stations")
    grid = config.grid or Grid.of(next(iter(products.values())))
    lat, lon = stations["lat"].values.astype(float), stations["lon"].values.astype(float)
    row, col = np.full(lat.size, -1), np.full(lat.size, -1)
    known = np.isfinite(lat) & np.isfinite(lon)
    row[known], col[known] = grid.nearest(lat[known], lon[known])
    flat = np.where(row >= 0, row * grid.shape[1] + col, -1)
    cells = np.unique(flat[flat >= 0])
    if not cells.size:
        raise SchemaError("stations", found=f"no station on {grid} {tuple(round(b, 3) for b in grid.bbox)}",
                          needed="at least one", do="Check the region, or give config.grid.")  # fmt: skip
    place = np.where(flat >= 0, np.searchsorted(cells, flat), -1)
    coords = _describe_cells(stations, place, grid, cells, config)
    names = _station_names(stations)
    outside = ", ".join(sorted(set(names[place < 0])))
    out = {}
    for name, ds in products.items():
        use, lost, unmatched = place.copy(), [], "[]"
        if name in config.training:
            verdict = independent(stations, config.training[name])
            bad = ~verdict["selected"].values
            use[bad] = -1
            lost = sorted(set(names[bad]))
            unmatched = verdict.attrs["unmatched"]
        reference, members = _cell_means(stations, use, cells.size)
        pairs = _match_cells(ds, reference, members, cells.size, name, config)
        pairs = pairs.assign_coords(coords).assign_coords(
            n_stations_used=("cell", _count_stations(names, use, cells.size), {"units": "1"}))  # fmt: skip
        pairs.attrs["unmatched"] = unmatched
        pairs.attrs.update(dropped=json.dumps(lost, ensure_ascii=False), sensors_outside=outside, grid=grid.to_attr(),
                           product=name)  # fmt: skip
        out[name] = pairs
    if config.temporal_reference is not None:
        out = _at_dates_of(out, config.temporal_reference)
    if config.scaling and not config.scale_after_split:
        to = out[config.scaling_reference]["estimate"] if config.scaling_reference else None
        return {k: scale(p, method=config.scaling, min_n=config.min_n, to=to) for k, p in out.items()}
    return out


def _at_dates_of(pairs: dict[str, xr.Dataset], leader: str) -> dict[str, xr.Dataset]:
    """Pairs at the dates that one product has in each cell; the others are counted as excluded."""
    times = pairs[leader]["time"].values
    keep = pairs[leader]["estimate"].notnull()
    out = {}
    for name, ds in pairs.items():
        if not np.array_equal(ds["time"].values, times):
            raise ConfigError("temporal_reference", found=f"{leader} and {name} with times of different steps",
                              needed="products of one step", do="Composite the finer one first.")  # fmt: skip
        lost = (ds["estimate"].notnull() & ~keep).sum("time")
        excluded = xr.DataArray(np.array(REASONS) == "estimate_excluded", dims="reason")
        paired = [v for v in ("estimate", "reference", "time_difference") if v in ds]
        new = {v: ds[v].where(keep).assign_attrs(ds[v].attrs) for v in paired}
        new["n_matched"] = (ds["n_matched"] - lost).assign_attrs(ds["n_matched"].attrs)
        dropped = (ds["n_dropped"] + xr.where(excluded, lost, 0)).transpose(*ds["n_dropped"].dims)
        new["n_dropped"] = dropped.assign_attrs(ds["n_dropped"].attrs)
        out[name] = ds.assign(new)
    return out


def _check(products: Mapping[str, xr.Dataset], config: Evaluation) -> None:
    if not products:
        raise ConfigError("products", found="none", needed="at least one")
    check_options(ci=config.ci, level=config.level, min_n=config.min_n)
    for label, table in (
        ("training", config.training),
        ("options", config.options),
        ("local_hours", config.local_hours),
    ):
        if unknown := sorted(set(table) - set(products)):
            raise ConfigError(label, found=f"{unknown}", needed=f"names of products: {list(products)}")
    if unknown := [b for b in config.by if b not in PERIODS]:
        raise ConfigError("by", found=f"{unknown}", needed=f"some of {list(PERIODS)}")
    if unknown := [a for a in config.anomalies if a not in ANOMALIES]:
        raise ConfigError("anomalies", found=f"{unknown}", needed=f"some of {list(ANOMALIES)}")
    if config.scaling is not None and config.scaling not in METHODS:
        raise ConfigError("scaling", found=repr(config.scaling), needed=f"one of {list(METHODS)}")
    if config.temporal_reference is not None and config.temporal_reference not in products:
        raise ConfigError("temporal_reference", found=f"{config.temporal_reference!r}",
                          needed=f"one of {list(products)}")  # fmt: skip
    third = config.scaling_reference
    if third is not None and (third not in products or not config.scaling or config.scale_after_split):
        raise ConfigError("scaling_reference", found=f"{third!r}", needed=f"one of {list(products)}, with scaling "
                          "before the split")  # fmt: skip
    first = next(iter(products.values()))
    if config.grid is None and schema.form(first) != "grid":
        raise ConfigError("grid", found="a first product without a grid", needed="config.grid")


def _station_names(stations: xr.Dataset) -> np.ndarray:
    return np.char.add(np.char.add(stations["network"].values.astype(str), ":"), stations["station"].values.astype(str))


def _count_stations(names: np.ndarray, place: np.ndarray, count: int) -> np.ndarray:
    return np.array([np.unique(names[place == c]).size for c in range(count)])


def _describe_cells(stations, place, grid: Grid, cells: np.ndarray, config: Evaluation) -> dict:
    names = _station_names(stations)
    members = [np.flatnonzero(place == c) for c in range(cells.size)]
    coords: dict = {
        "cell": np.arange(cells.size),
        "cell_lat": ("cell", grid.lat[cells // grid.shape[1]], {"units": "degrees_north"}),
        "cell_lon": ("cell", grid.lon[cells % grid.shape[1]], {"units": "degrees_east"}),
        "stations": ("cell", np.array([", ".join(np.unique(names[m])) for m in members])),
        "n_stations": ("cell", _count_stations(names, place, cells.size), {"units": "1"}),
    }
    for label in LABELS:
        if label in stations.coords:
            values = stations[label].values
            common = [pd.Series(values[m]).mode().iloc[0] for m in members]
            coords[label] = ("cell", np.array(common), stations[label].attrs)
    if config.landcover is not None:
        verdict = core_cells(stations, config.landcover, grid=grid, threshold=config.threshold)
        coords["lc_area"] = (
            "cell",
            np.array([verdict["lc_area_cell"].values[m].max() for m in members]),
            {"units": "1"},
        )
        at = int(np.argmin(np.abs(verdict["threshold"].values - config.threshold)))
        coords["core"] = ("cell", np.array([verdict["core"].values[at, m].any() for m in members]))
    if config.strict is not None:
        verdict = strict_cells(stations, grid=grid, more_than=config.strict)
        coords["strict"] = ("cell", np.array([verdict["selected"].values[m].any() for m in members]))
    return coords


def _cell_means(stations: xr.Dataset, place: np.ndarray, count: int) -> tuple[xr.Dataset, np.ndarray]:
    """One sensor per cell that has any: the mean over its stations of the mean over their sensors."""
    names, name = _station_names(stations), schema.primary(stations)
    bare = stations[name].reset_coords(drop=True).drop_vars("sensor", errors="ignore")
    rows = []
    for c in range(count):
        members = np.flatnonzero(place == c)
        if not members.size:
            continue
        row = {k: float(np.mean(stations[k].values[members])) for k in ("lat", "lon")}
        row |= {"depth_from": float(np.min(stations["depth_from"].values[members])),
                "depth_to": float(np.max(stations["depth_to"].values[members]))}  # fmt: skip
        if "porosity" in stations.coords:
            known = stations["porosity"].values[members].astype(float)
            row["porosity"] = float(np.nanmean(known)) if np.isfinite(known).any() else np.nan
        rows.append(row | {"network": "cell", "station": str(c), "cell_number": c})
    if not rows:
        return stations.isel(sensor=[]), np.zeros(0, int)
    table = pd.DataFrame(rows)
    numbers = table.pop("cell_number").to_numpy()
    text = {k: ("sensor", table[k].to_numpy(str)) for k in ("network", "station")}
    coords = text | {k: ("sensor", table[k].to_numpy(float)) for k in table.columns if k not in text}
    means = _two_means(bare, names, place).assign_attrs(stations[name].attrs)
    out = xr.Dataset({name: means}).assign_coords(coords)
    keep = [v for v in ("time_bnds",) if v in stations]
    return out.assign({v: stations[v] for v in keep}).assign_attrs(stations.attrs), numbers


def _two_means(values: xr.DataArray, names: np.ndarray, place: np.ndarray) -> xr.DataArray:
    """Mean over the stations of each used cell of the mean over their sensors, dims (sensor, time)."""
    used = np.flatnonzero(place >= 0)
    station = np.unique(names[used], return_inverse=True)[1]
    pair, first = np.unique(place[used] * names.size + station, return_index=True)
    station = np.searchsorted(pair, place[used] * names.size + station)
    cells, cell = np.unique(place[used][first], return_inverse=True)

    def mean(v: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
        ok = np.isfinite(v)
        total, n = np.zeros((count, *v.shape[1:])), np.zeros((count, *v.shape[1:]))
        np.add.at(total, group, np.where(ok, v, 0.0))
        np.add.at(n, group, ok)
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)

    def kernel(v: np.ndarray) -> np.ndarray:
        per_station = mean(np.moveaxis(v, -1, 0).astype(float)[used], station, pair.size)
        return np.moveaxis(mean(per_station, cell, cells.size), 0, -1).astype(v.dtype)

    lined = values.chunk(sensor=-1) if values.chunks else values
    out = xr.apply_ufunc(
        kernel, lined.rename(sensor="member"), input_core_dims=[["member"]], output_core_dims=[["sensor"]],
        dask="parallelized", output_dtypes=[values.dtype],
        dask_gufunc_kwargs={"output_sizes": {"sensor": cells.size}},
    )  # fmt: skip
    return out.transpose("sensor", "time")


def _match_cells(ds, reference, members, count: int, name: str, config: Evaluation) -> xr.Dataset:
    """Pairs per evaluation cell; cells that share a coarse product cell are matched in turn, not merged."""
    options = {"window": config.window, **config.options.get(name, {})}
    if name in config.local_hours:
        options["local_hours"] = config.local_hours[name]
    keep = ["estimate", "reference", "n_estimate", "n_reference", "n_matched", "n_dropped"]
    parts, numbers = [], []
    if members.size:
        variable = options.get("variable") or schema.primary(ds)
        home = find_places(ds, variable, reference, options.get("max_distance")).cell_of_sensor
        turn = np.zeros(home.size, int)
        for h in np.unique(home[home >= 0]):
            same = np.flatnonzero(home == h)
            turn[same] = np.arange(same.size)
        for t in np.unique(turn[home >= 0]):
            chosen = np.flatnonzero((turn == t) & (home >= 0))
            got = match(ds, reference.isel(sensor=chosen), **options)
            order = [int(s.split(":")[1]) for s in got["stations"].values]
            parts.append(got[keep].reset_coords(drop=True))
            numbers.extend(order)
    if not parts:
        time, reasons = reference["time"], list(REASONS)
        empty = xr.DataArray(np.full((count, time.size), np.nan, "f4"), {"time": time}, ("cell", "time"),
                             attrs={"units": "m3 m-3"})  # fmt: skip
        zero = xr.DataArray(np.zeros(count, "int64"), dims="cell", attrs={"units": "1"})
        lost = xr.DataArray(np.zeros((count, len(reasons)), "int64"), {"reason": reasons}, ("cell", "reason"))
        return xr.Dataset({"estimate": empty, "reference": empty, "n_estimate": zero, "n_reference": zero,
                           "n_matched": zero, "n_dropped": lost})  # fmt: skip
    joined = xr.concat(parts, "cell", data_vars="all", combine_attrs="drop_conflicts") if len(parts) > 1 else parts[0]
    joined = joined.assign_coords(cell=np.array(numbers))
    whole = joined.reindex(cell=np.arange(count), fill_value={k: 0 for k in keep[2:]} | {k: np.nan for k in keep[:2]})
    for k in keep:
        whole[k].attrs = parts[0][k].attrs
    return whole.chunk(time=-1) if whole["estimate"].chunks else whole
