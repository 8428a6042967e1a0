"""One value a year: totals of amounts, means of the rest."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods
from ..errors import ConfigError, SchemaError
from .years import year_axis

#: Units of amounts that fall or are taken up in a step; everything else is a state or a rate.
AMOUNTS = ("mm", "kg m-2", "g m-2", "g C m-2", "gC m-2", "g(C) m-2", "kg C m-2", "kgC m-2")
HOW = ("total", "mean")


def annual_series(da: xr.DataArray, *, how: str | None = None, min_share: float = 1.0) -> xr.DataArray:
    """One value for each calendar year.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...) or (year, ...)
        Values of any step that is the same all through; annual ones are handed on. Lazy stays lazy.
    how : {"total", "mean"}, optional
        Add the steps up, or average them; by default by the unit: totals of :data:`AMOUNTS`, means of the rest.
    min_share : float
        Least share of a year's steps that must have a value; the others are given the mean of these.

    Returns
    -------
    xarray.DataArray, dims (..., year)
        Float64 [unit of ``da``; of amounts per year, without the year]; NaN for incomplete years. Every year between
        the first and the last.

    Raises
    ------
    SchemaError
        If units or time axis are missing, time is chunked or does not rise.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    Choice: a year has 12 months or 36 dekads, else the whole number of steps, of the median length, that fit into it
    (365 or 366 days; 45 of the 46 steps of eight days, the last of which is cut short).

    Examples
    --------
    >>> t = pd.date_range("2000-01-01", periods=23, freq="MS")
    >>> da = xr.DataArray(np.ones(23), dims="time", coords={"time": t}, attrs={"units": "mm"})
    >>> annual_series(da).values.tolist(), annual_series(da, how="mean", min_share=0.9).values.tolist()
    ([12.0, nan], [1.0, 1.0])
    """
    where = str(da.name or "array")
    if how is not None and how not in HOW:
        raise ConfigError("how", found=repr(how), needed=f"one of {list(HOW)}")
    if not 0 < min_share <= 1:
        raise ConfigError("min_share", found=f"{min_share}", needed="a share above 0 and up to 1")
    if "units" not in da.attrs:
        raise SchemaError(where, found="no units", needed="units", do="Set the units attribute.")
    dim = "year" if "year" in da.dims else "time"
    axis = year_axis(da, dim)
    if dim == "year":
        return da.astype(float).transpose(..., "year")
    t = pd.DatetimeIndex(da["time"].to_numpy())
    if not t.size:
        raise SchemaError(f"{where}: time", found="no time", needed="at least one year")
    if axis.regular and axis.per_year == 1 and t.size > 1:
        years = t.year.to_numpy()
        kept = da.astype(float).assign_coords(time=years).rename(time="year").transpose(..., "year")
        return kept.reindex(year=np.arange(years[0], years[-1] + 1))
    years = np.arange(t[0].year, t[-1].year + 1)
    days = np.array([366 if pd.Timestamp(y, 1, 1).is_leap_year else 365 for y in years])
    if axis.regular and axis.per_year > 1:
        steps = np.full(years.size, axis.per_year)
    else:
        length = float(np.median(np.diff(t) / pd.Timedelta(1, "D"))) if t.size > 1 else 366.0
        steps = np.floor(days / length + 1e-9).astype(int)
    got = periods.composite(da.astype(float), "year")
    full = xr.DataArray(np.maximum(steps, 1), dims="time", coords={"time": got["time"]})
    least = xr.DataArray([max(1, math.ceil(min_share * s - 1e-9)) for s in steps], dims="time", coords=full.coords)
    mean = got["mean"].where(got["nobs"] >= least)
    total = (how or ("total" if da.attrs["units"] in AMOUNTS else "mean")) == "total"
    out = mean * np.maximum(got["nobs"], full) if total else mean
    attrs = {k: v for k, v in da.attrs.items() if k not in ("valid_range", "cell_methods")}
    out = out.assign_attrs(attrs, cell_methods=f"time: {'sum' if total else 'mean'}")
    return out.assign_coords(time=years).rename(time="year").rename(da.name).transpose(..., "year")
