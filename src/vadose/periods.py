"""When: dekads, months, seasons and years by calendar, and compositing to them.

A *dekad* is days 1-10, 11-20 or 21-end of a month; there are 36 in every year. ``2015D10`` is the tenth dekad
of 2015, 1-10 April. Every hour of every day belongs to exactly one dekad, month and season, leap days and
New Year included.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import xarray as xr

from .errors import ConfigError, SchemaError

SEASONS = ("DJF", "MAM", "JJA", "SON")
STEPS = ("hour", "day", "dekad", "month", "season", "year")


def dekad_of_year(time) -> np.ndarray:
    """Dekad of the year, 1-36.

    Examples
    --------
    >>> dekad_of_year(np.array(["2015-01-10", "2015-04-01", "2016-02-29", "2015-12-31T23"], "M8[h]")).tolist()
    [1, 10, 6, 36]
    """
    t = pd.DatetimeIndex(time)
    return ((t.month - 1) * 3 + np.minimum((t.day - 1) // 10, 2) + 1).to_numpy()


def season_of(time) -> np.ndarray:
    """Season index of :data:`SEASONS`: 0 DJF, 1 MAM, 2 JJA, 3 SON."""
    return (pd.DatetimeIndex(time).month.to_numpy() % 12) // 3


def start_of(time, step: str) -> pd.DatetimeIndex:
    """Start of the period that holds each time.

    Parameters
    ----------
    time : array_like of datetime64
        Instants.
    step : {"hour", "day", "dekad", "month", "season", "year"}
        A season starts on 1 December, March, June or September.

    Raises
    ------
    ConfigError
        If the step is unknown.

    Examples
    --------
    >>> start_of(["2016-02-29T13:00"], "dekad")[0], start_of(["2016-02-29"], "season")[0]
    (Timestamp('2016-02-21 00:00:00'), Timestamp('2015-12-01 00:00:00'))
    """
    t = pd.DatetimeIndex(time)
    if step == "hour":
        return t.floor("h")
    day = t.normalize()
    if step == "day":
        return day
    if step == "dekad":
        return day - pd.to_timedelta(t.day - 1 - np.minimum((t.day - 1) // 10, 2) * 10, unit="D")
    month = t.to_numpy().astype("datetime64[M]")
    if step == "month":
        return pd.DatetimeIndex(month)
    if step == "season":
        return pd.DatetimeIndex(month - (t.month.to_numpy() % 12 % 3).astype("timedelta64[M]"))
    if step == "year":
        return pd.DatetimeIndex(t.to_numpy().astype("datetime64[Y]"))
    raise ConfigError("step", found=repr(step), needed=f"one of {list(STEPS)}")


def next_start(start, step: str) -> pd.DatetimeIndex:
    """Start of the following period, that is the exclusive end of this one."""
    t = pd.DatetimeIndex(start)
    if step in ("hour", "day"):
        return t + pd.Timedelta(1, "h" if step == "hour" else "D")
    if step == "dekad":
        return start_of(t + pd.Timedelta(11, "D"), "dekad")  # from day 1 or 11 or 21: 11 days on lies in the next
    months = {"month": 1, "season": 3, "year": 12}
    if step not in months:
        raise ConfigError("step", found=repr(step), needed=f"one of {list(STEPS)}")
    return pd.DatetimeIndex(t.to_numpy().astype("datetime64[M]") + np.timedelta64(months[step], "M"))


def dekads(first: str, last: str) -> pd.DatetimeIndex:
    """Starts of all dekads from one label to another, both included.

    Examples
    --------
    >>> len(dekads("2003D01", "2018D36"))
    576
    """
    start, stop = parse_dekad(first), parse_dekad(last)
    out = [m + pd.Timedelta(d, "D") for m in pd.date_range(start.replace(day=1), stop, freq="MS") for d in (0, 10, 20)]
    return pd.DatetimeIndex([t for t in out if start <= t <= stop])


def parse_dekad(label: str) -> pd.Timestamp:
    """Start of a dekad from its label.

    Examples
    --------
    >>> parse_dekad("2015D10")
    Timestamp('2015-04-01 00:00:00')
    """
    match = re.fullmatch(r"(\d{4})D(\d{1,2})", str(label))
    if not match or not 1 <= int(match[2]) <= 36:
        raise ConfigError("dekad", found=repr(label), needed="a label such as 2015D10, with D01 to D36")
    month, third = divmod(int(match[2]) - 1, 3)
    return pd.Timestamp(int(match[1]), month + 1, 1 + 10 * third)


def format_dekad(time) -> str:
    """Label of the dekad that holds a time, such as ``"2015D10"``."""
    return f"{pd.Timestamp(time).year}D{int(dekad_of_year([time])[0]):02d}"


def parse_period(period: str | tuple | None) -> tuple[np.datetime64, np.datetime64] | None:
    """Turn a period into a half-open interval of instants.

    Parameters
    ----------
    period : str, (start, stop) or None
        ``"2017"``, ``"2017-06"``, ``"2017-01-01/2018-12-31"`` or a pair; both ends are included as whole years,
        months or days. None means all time.

    Raises
    ------
    ConfigError
        If a date cannot be read or the end precedes the start.

    Examples
    --------
    >>> [str(t.astype("datetime64[D]")) for t in parse_period("2017/2018-06")]
    ['2017-01-01', '2018-07-01']
    """
    if period is None:
        return None
    parts = period.split("/") if isinstance(period, str) else list(period)
    if len(parts) == 1:
        parts = parts * 2
    try:
        first, last = (pd.Period(str(p)) if not isinstance(p, np.datetime64) else pd.Period(p, "D") for p in parts)
        start, stop = first.start_time, (last + 1).start_time
    except ValueError:
        needed = "a date, month or year, or two of them as 'start/stop'"
        raise ConfigError("period", found=repr(period), needed=needed, do="Example: 2017-01-01/2018-12-31.") from None
    if stop <= start:
        raise ConfigError("period", found=f"{period!r} (ends before it starts)", needed="start before stop")
    return start.to_datetime64(), stop.to_datetime64()


def parse_step(step: str) -> str:
    """Read a step in any common spelling: ``"1D"``, ``"daily"``, ``"1h"``, ``"dekad"``, ``"monthly"``."""
    table = {"1h": "hour", "h": "hour", "hourly": "hour", "1d": "day", "d": "day", "daily": "day",
             "dekadal": "dekad", "10d": "dekad", "ms": "month", "1m": "month", "monthly": "month",
             "seasonal": "season", "ys": "year", "1y": "year", "yearly": "year", "annual": "year"}  # fmt: skip
    low = str(step).lower()
    name = table.get(low, low)
    if name not in STEPS:
        raise ConfigError("step", found=repr(step), needed=f"one of {list(STEPS)}")
    return name


def bounds(start, step: str) -> np.ndarray:
    """CF time bounds, shape (time, 2): start and exclusive end of each period."""
    start = pd.DatetimeIndex(start)
    return np.stack([start.to_numpy(), next_start(start, step).to_numpy()], axis=1)


def composite(da: xr.DataArray, step: str, *, min_count: int = 1) -> xr.Dataset:
    """Mean of all valid values per calendar period, with their number.

    Ascending and descending passes count alike.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Any variable; time sorted.
    step : {"day", "dekad", "month", "season", "year"}
        Target periods; every period between the first and the last appears, empty ones as NaN.
    min_count : int
        Fewest valid values for a mean.

    Returns
    -------
    xarray.Dataset
        ``mean`` (same unit) and ``nobs`` [1], dims (time, ...), and ``time_bnds``.

    Raises
    ------
    SchemaError
        If times are unsorted.

    Examples
    --------
    >>> t = pd.date_range("2015-01-01", periods=31)
    >>> da = xr.DataArray(np.arange(31.0), dims="time", coords={"time": t}, attrs={"units": "m3 m-3"})
    >>> composite(da, "dekad")["mean"].values.tolist(), composite(da, "dekad").nobs.values.tolist()
    ([4.5, 14.5, 25.0], [10, 10, 11])
    """
    time = da.indexes["time"]
    if not time.is_monotonic_increasing:
        raise SchemaError("time", found="unsorted times", needed="ascending times", do="Sort by time first.")
    step = parse_step(step)
    starts = start_of(time, step)
    axis = [starts[0]]
    while axis[-1] < starts[-1]:
        axis.append(next_start([axis[-1]], step)[0])
    target = pd.DatetimeIndex(axis)
    first = np.searchsorted(starts, target)  # periods are contiguous runs of the sorted axis
    last = np.searchsorted(starts, target, side="right")
    values = da.transpose("time", ...)

    def reduce(block: np.ndarray) -> np.ndarray:
        valid = np.isfinite(block)
        total = np.concatenate(
            [np.zeros((1, *block.shape[1:])), np.cumsum(np.where(valid, block, 0), axis=0, dtype="f8")]
        )
        count = np.concatenate([np.zeros((1, *block.shape[1:]), "i8"), np.cumsum(valid, axis=0)])
        total, count = total[last] - total[first], count[last] - count[first]
        mean = np.where(count >= max(min_count, 1), total / np.maximum(count, 1), np.nan)
        return np.stack([mean, count], axis=-1)

    out = xr.apply_ufunc(
        lambda b: np.moveaxis(reduce(np.moveaxis(b, -1, 0)), 0, -2), values,
        input_core_dims=[["time"]], output_core_dims=[["period", "kind"]], exclude_dims={"time"},
        dask="parallelized", output_dtypes=[float], keep_attrs=False,
        dask_gufunc_kwargs={"output_sizes": {"period": len(target), "kind": 2}},
    )  # fmt: skip
    out = out.rename(period="time").assign_coords(time=target).transpose("time", ..., "kind")
    mean = out.isel(kind=0, drop=True).astype(da.dtype)
    ds = xr.Dataset({
        "mean": mean.assign_attrs(da.attrs, cell_methods="time: mean"),
        "nobs": out.isel(kind=1, drop=True).astype("int32").assign_attrs(units="1", long_name="number of valid values"),
    })  # fmt: skip
    ds["time_bnds"] = (("time", "bnds"), bounds(target, step))
    return ds
