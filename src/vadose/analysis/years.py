"""The time axis in years, and annual means."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods
from ..errors import ConfigError, SchemaError

#: Mean length of a Gregorian year [d].
YEAR = 365.2425


@dataclass(frozen=True)
class YearAxis:
    """Times for a trend.

    Attributes
    ----------
    time : ndarray
        Rising times from 0 at the first sample, in steps of a year over ``per_year``.
    per_year : int
        Steps in a year: 1 for annual, 12 for monthly, 36 for dekadal times; 1 (and ``time`` in years) for others.
    regular : bool
        Whether the calendar gives whole steps.
    period : str
        First and last day, or year.
    """

    time: np.ndarray
    per_year: int
    regular: bool
    period: str

    @property
    def steps(self) -> int:
        """Samples that a series without gaps would have; for irregular times the samples there are."""
        return int(self.time[-1]) + 1 if self.regular and self.time.size else self.time.size


def year_axis(da: xr.DataArray, dim: str = "time") -> YearAxis:
    """Read the time axis of an array, by the calendar where it has whole months or dekads.

    Parameters
    ----------
    da : xarray.DataArray
        With a coordinate of datetime64, or of whole years, along ``dim``.
    dim : str
        Name of the dimension.

    Raises
    ------
    SchemaError
        If there is no such axis, it is chunked, or times do not rise.

    Notes
    -----
    Choice: stamps on one day of the month, or on the last days of months, count months, all equally long; stamps on the
    first days of dekads count dekads; others are days over 365.2425.

    Examples
    --------
    >>> da = xr.DataArray([1.0, 2.0], dims="time", coords={"time": pd.to_datetime(["2000-01-01", "2003-01-01"])})
    >>> year_axis(da).time.tolist(), year_axis(da).steps
    ([0.0, 3.0], 4)
    """
    where = str(da.name or "array")
    if dim not in da.dims or dim not in da.coords:
        raise SchemaError(f"{where}: {dim}", found=f"dims {tuple(map(str, da.dims))}", needed=f"a time axis {dim!r}")
    if len(da.chunksizes.get(dim, ())) > 1:
        raise SchemaError(f"{where}: {dim}", found=f"{len(da.chunksizes[dim])} chunks", needed="one chunk",
                          do=f"Rechunk it: da.chunk({dim}=-1).")  # fmt: skip
    axis = da[dim].to_numpy()
    if axis.dtype.kind in "iu" and dim == "year":
        return _axis(axis.astype(float), 1, f"{axis.min()}/{axis.max()}" if axis.size else "", f"{where}: {dim}")
    if axis.dtype.kind != "M":
        raise SchemaError(f"{where}: {dim}", found=f"{axis.dtype} values",
                          needed="datetime64, or a dimension 'year' of whole years")  # fmt: skip
    t = pd.DatetimeIndex(axis)
    if t.isna().any():
        raise SchemaError(f"{where}: {dim}", found="missing times", needed="a time for each sample")
    label = f"{t[0].date()}/{t[-1].date()}" if len(t) else ""
    clock = t - t.normalize()
    same_clock = len(set(clock)) <= 1
    if same_clock and (len(set(t.day)) <= 1 or bool(t.is_month_end.all())):
        months = 12.0 * t.year.to_numpy() + t.month.to_numpy() - 1
        if (np.diff(months) % 12 == 0).all():
            return _axis(months / 12, 1, label, f"{where}: {dim}")
        return _axis(months, 12, label, f"{where}: {dim}")
    if same_clock and bool((periods.start_of(t, "dekad") == t).all()):
        return _axis(36.0 * t.year.to_numpy() + periods.dekad_of_year(t) - 1, 36, label, f"{where}: {dim}")
    days = (t - t[0]) / pd.Timedelta(1, "D")
    return _axis(np.asarray(days, float) / YEAR, 1, label, f"{where}: {dim}", regular=False)


def _axis(time: np.ndarray, per_year: int, label: str, where: str, *, regular: bool = True) -> YearAxis:
    if (np.diff(time) <= 0).any():
        raise SchemaError(where, found="times that do not rise", needed="ascending times without repetition",
                          do="Sort by time and drop duplicates.")  # fmt: skip
    return YearAxis(time - time[0] if time.size else time, per_year, regular, label)


def annual_means(da: xr.DataArray, *, min_months: int = 12, min_days: int = 1) -> xr.DataArray:
    """Mean of the monthly means of each calendar year.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Monthly or finer values; lazy stays lazy.
    min_months : int
        Fewest months with a mean; other years are NaN. Fewer than 12 let the seasonal cycle into the differences
        between years where the missing months change.
    min_days : int
        Fewest values for the mean of a month.

    Returns
    -------
    xarray.DataArray, dims (time, ...)
        Annual means on 1 January [unit of ``da``]; every year between the first and the last.

    Raises
    ------
    ConfigError
        If ``min_months`` is not 1..12.
    SchemaError
        If time is chunked, unsorted, or not datetime64.

    Notes
    -----
    Choice: months count equally, whatever their number of values.

    Examples
    --------
    >>> t = pd.date_range("2000-01-01", periods=24, freq="MS")
    >>> da = xr.DataArray(np.arange(24.0), dims="time", coords={"time": t}, attrs={"units": "kg m-2"})
    >>> annual_means(da).values.tolist()
    [5.5, 17.5]
    """
    if not 1 <= min_months <= 12:
        raise ConfigError("min_months", found=f"{min_months}", needed="1 to 12")
    if min_days < 1:
        raise ConfigError("min_days", found=f"{min_days}", needed="at least 1")
    year_axis(da)
    monthly = periods.composite(da, "month", min_count=min_days)["mean"]
    annual = periods.composite(monthly, "year", min_count=min_months)["mean"]
    return annual.rename(da.name).assign_attrs(da.attrs, cell_methods="time: mean within months time: mean over months")


def least_samples(axis: YearAxis, min_valid: float) -> int:
    """Fewest valid samples for a trend: the share of all steps, and at least 3."""
    if not 0 < min_valid <= 1:
        raise ConfigError("min_valid", found=f"{min_valid}", needed="a share above 0 and up to 1, such as 0.7")
    return max(3, math.ceil(min_valid * axis.steps - 1e-9))
