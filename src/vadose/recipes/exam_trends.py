"""Trends of a record beside those of the truth: of cells, of a region, of regions with a trend of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from .. import analysis, fusion
from ..fusion.anomalies import FEWEST, YEAR, anomalies
from ..stats.recovery import recovered_slope
from ..twin.imposed import TREND_BLOCK


def over_time(kernel: Callable[..., np.ndarray], values: xr.DataArray, **output: Any) -> xr.DataArray:
    """What a kernel of (time, cells) and dekads makes of each cell, lazily."""
    numbers = fusion.dekads.ordinals(values["time"].values)

    def cells(x: np.ndarray) -> np.ndarray:
        return kernel(x.reshape(-1, x.shape[-1]).T.astype("float64"), numbers).T.reshape(*x.shape[:-1], -1)

    whole = values.chunk(time=-1) if values.chunks else values
    return xr.apply_ufunc(cells, whole, input_core_dims=[["time"]], dask="parallelized", output_dtypes=["float64"],
                          **output)  # fmt: skip


def apart(values: xr.DataArray) -> xr.DataArray:
    """Differences from the mean of each dekad of the year, cell by cell."""
    return over_time(anomalies, values, output_core_dims=[["time"]]).transpose("time", ...)


def yearly(values: xr.DataArray) -> xr.Dataset:
    """Sums and counts over years of differences from the mean of each dekad of the year.

    Without that mean a year with more snow would differ from others by the season of the dekads it lacks.

    Parameters
    ----------
    values : DataArray
        Dims (time, ...), dekads [m3 m-3]; NaN is missing.

    Returns
    -------
    Dataset
        ``total`` [m3 m-3] and ``count`` [1], dims (..., year).
    """
    years = np.unique(values["time"].dt.year.values)

    def kernel(x: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        differences = anomalies(x, numbers)
        first = np.searchsorted(numbers // YEAR, years)
        good = np.isfinite(differences)
        parts = np.where(good, differences, 0.0), good.astype("float64")
        return np.concatenate([np.add.reduceat(part, first, axis=0) for part in parts])

    sizes = {"output_sizes": {"part": 2 * years.size}}
    both = over_time(kernel, values, output_core_dims=[["part"]], dask_gufunc_kwargs=sizes).compute()
    parts = (both.isel(part=slice(i * years.size, (i + 1) * years.size)).rename(part="year") for i in range(2))
    return xr.Dataset(dict(zip(("total", "count"), parts))).assign_coords(year=years)


def cell_slopes(sums: xr.Dataset) -> xr.DataArray:
    """Slope of the yearly means of each cell by least squares [m3 m-3 yr-1]; a year counts with at least 12 dekads."""
    return _slope((sums["total"] / sums["count"]).where(sums["count"] >= FEWEST))


def region_slope(sums: xr.Dataset) -> float:
    """The same of a region whose cells come and go with the snow: every pixel-dekad counts alike.

    A year counts with at least 12 dekads a cell; NaN where fewer than seven in ten years do.
    """
    where = ["lat", "lon"]
    cells = int((sums["count"] > 0).any("year").sum())
    total, count = (sums[k].sum(where) for k in ("total", "count"))
    return float(_slope((total / count).where(count >= FEWEST * cells)))


def _slope(annual: xr.DataArray) -> xr.DataArray:
    return analysis.trend(annual.assign_attrs(units="m3 m-3"), dim="year", method="ols", level=None)["slope"]


def trends_of(sm: xr.DataArray, truth: xr.DataArray) -> tuple[dict[str, float], xr.Dataset]:
    """Slopes of yearly means of record and truth where both are, by least squares: of the region, and of each cell."""
    reference = truth.sel(time=sm["time"])
    both = sm.notnull() & reference.notnull()
    sums = {k: yearly(v.where(both)) for k, v in (("fused", sm), ("truth", reference))}
    return {k: region_slope(v) for k, v in sums.items()}, xr.Dataset({k: cell_slopes(v) for k, v in sums.items()})


def regional(slopes: xr.Dataset) -> xr.Dataset:
    """Mean slopes of cells over the regions to which the simulated Earth gives a trend of their own.

    Means over any other region mix trends of both signs, and what is left of them is mostly chance.

    Parameters
    ----------
    slopes : Dataset, dims (lat, lon)
        Slopes of records and truth [m3 m-3 yr-1].

    Returns
    -------
    Dataset, dim (region)
        The same, and ``cells`` [1], the number of cells that have all of them.

    Examples
    --------
    >>> row = xr.DataArray([[1.0, 3.0, 5.0]], {"lat": [45.0], "lon": [1.5, 2.5, 3.5]}, ("lat", "lon"))
    >>> found = regional(xr.Dataset({"fused": row, "truth": 2 * row}))
    >>> found["truth"].values.tolist(), found["cells"].values.tolist()
    ([2.0, 8.0], [1, 2])
    """
    row, col = (np.floor(x / TREND_BLOCK) for x in (90 - slopes["lat"].values, slopes["lon"].values + 180))
    values = slopes.to_dataarray().transpose("variable", "lat", "lon").values
    good = np.isfinite(values).all(axis=0)
    places = np.stack(np.meshgrid(row, col, indexing="ij"))[:, good]
    _, region, cells = np.unique(places, axis=1, return_inverse=True, return_counts=True)
    means = [np.bincount(region.ravel(), v) / cells for v in values[:, good]]
    data = {k: ("region", m, {"units": "m3 m-3 yr-1"}) for k, m in zip(slopes.data_vars, means)}
    return xr.Dataset({**data, "cells": ("region", cells, {"units": "1"})})


def by_cell(slopes: xr.Dataset) -> xr.Dataset:
    """Slopes as :func:`regional` gives them, with each cell that has all of them as a region of its own."""
    return slopes.stack(region=["lat", "lon"]).dropna("region").assign(cells=1.0)


def slope_over(parts: Sequence[xr.Dataset], record: str = "fused", *, scale: np.ndarray | float = 1.0,
               intercept: bool = False) -> tuple[float, float]:  # fmt: skip
    """Slope of a record's trends on the true ones over all boxes, and its standard error.

    Parameters
    ----------
    parts : sequence of Dataset, dim (region)
        Of each box, with the record, ``truth`` and ``cells``, which weigh.
    record : str
        Which.
    scale : ndarray, shape (parts,), or float
        By what the true ones are multiplied in each box.
    intercept : bool
        Whether the line has one, or goes through the origin.

    Returns
    -------
    tuple of float
        As :func:`vadose.stats.recovery.recovered_slope`; the error leaves out one box at a time.
    """
    group = np.repeat(np.arange(len(parts)), [p.sizes["region"] for p in parts])
    true, found, cells = (np.concatenate([np.broadcast_to(p[k].values, p.sizes["region"]) for p in parts])
                          for k in ("truth", record, "cells"))  # fmt: skip
    factor = np.broadcast_to(scale, len(parts))[group]
    return recovered_slope(factor * true, found, groups=group, weights=cells, intercept=intercept)
