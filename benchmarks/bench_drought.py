"""Drought percentiles of thirty years of days, against a grouped rank with xarray, and events."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from vadose import analysis

from .table import Row, best_of

YEARS, HALF = 30, 15


def _record(cells: int) -> xr.DataArray:
    rng = np.random.default_rng(0)
    time = pd.date_range("1991-01-01", f"{1990 + YEARS}-12-31")
    x = 0.25 + 0.05 * rng.standard_normal((time.size, cells, cells), dtype="f4")
    lat = 50.0 - 0.25 * np.arange(cells)
    return xr.DataArray(x, dims=("time", "lat", "lon"), attrs={"units": "m3 m-3"}, name="sm",
                        coords={"time": time, "lat": lat, "lon": 0.25 * np.arange(cells)})  # fmt: skip


def _grouped(da: xr.DataArray) -> xr.DataArray:
    """Weibull percentiles as users write them: windows as a new dimension, ranked by calendar day."""
    near = da.rolling(time=2 * HALF + 1, center=True).construct("window")

    def rank(block: xr.DataArray) -> xr.DataArray:
        pool = block.stack(sample=("time", "window"))
        whole = xr.concat([block.isel(window=HALF, drop=True).rename(time="sample").drop_vars("sample"),
                           pool.drop_vars(["sample", "time", "window"])], "sample")  # fmt: skip
        own = whole.rank("sample").isel(sample=slice(block.sizes["time"]))
        return (100 * own / (whole.notnull().sum("sample") + 1)).rename(sample="time").assign_coords(time=block.time)

    return near.groupby("time.dayofyear").map(rank)


def _check(da: xr.DataArray) -> str:
    """With the own season in the pool both rank the same values; raises where they differ."""
    part = da[:, :1, :1]
    ours = analysis.drought(part, leave_out=False, window=2 * HALF + 1).percentile
    theirs = _grouped(part).sortby("time")
    # far from leap days and New Year, where the peer's calendar shifts, and but for the centre that it counts twice
    inner = (ours.time.dt.month > 4) & (ours.time.dt.month < 12) & ~ours.time.dt.is_leap_year
    apart = float(np.abs(ours - theirs).where(inner).max())
    assert apart < 1.5, apart
    return f"largest difference {apart:.2f} % (the peer ranks the value once more, and shifts a day after leap days)"


def run() -> list[Row]:
    da = _record(20)
    small = da[:, :2, :2]
    ours = best_of(lambda: analysis.drought(da)) / 400
    peer = best_of(lambda: _grouped(small), repeats=1) / 4
    rows = [Row(f"drought percentile, index, anomaly, {YEARS} years of days", "cell", ours, "xarray grouped rank", peer,
                10.0, note=_check(da))]  # fmt: skip
    percentile = analysis.drought(da).percentile
    seconds = best_of(lambda: analysis.drought_events(percentile)) / 400
    rows.append(Row(f"drought events with flash rule, {YEARS} years of days", "cell", seconds))
    return rows
