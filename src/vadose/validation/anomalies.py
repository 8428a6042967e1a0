"""Anomalies of matched pairs, as a step of its own, before any split by season."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods
from ..errors import ConfigError
from .score import check_pairs

#: Kind of anomaly -> what it is the departure from.
ANOMALIES = {
    "window": "the 35-day moving mean",
    "climatology": "the mean course of the year by calendar day",
    "dekad": "the mean of the dekad of the year",
}
#: Longest lag whose covariances enter the intervals of scores of anomalies [d].
MEMORY = 70.0


def anomalies(pairs: xr.Dataset, *, method: str, min_years: int = 3) -> xr.Dataset:
    """Replace both sides of the pairs by their anomalies.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match`; lazy stays lazy.
    method : {"window", "climatology", "dekad"}
        Departures from the 35-day moving mean; from the mean course of the year by calendar day (5-day means, mean over
        the years, 35-day circular mean); from the mean of the same dekad of the year.
    min_years : int
        Fewest years with pairs behind a climatology (``"climatology"``, ``"dekad"``); fewer give NaN.

    Returns
    -------
    xarray.Dataset
        The pairs with anomalies as ``estimate`` and ``reference`` [unit of each]; ``n_without_anomaly`` per cell counts
        the pairs that have none; attribute ``anomalies`` names the method, so that scores know the memory it leaves.

    Raises
    ------
    ConfigError
        If the method is unknown.
    SchemaError
        If ``pairs`` is no match-up, or time is chunked.

    Notes
    -----
    METHODS 4.2 and 4.9; kernels in :mod:`vadose.stats.windows`. Choice: only matched values enter the means, so that
    both sides lose the same part of time; anomalies are made of the whole series and split by season afterwards, so
    that no window ends at a season's edge. Bias of anomalies is near 0 by construction and says nothing.

    Examples
    --------
    >>> time = pd.date_range("2018-01-01", "2020-12-31")
    >>> season = 0.1 * np.sin(2 * np.pi * time.day_of_year.to_numpy() / 365.25)
    >>> storm = np.where(np.arange(time.size) % 50 == 0, 0.1, 0.0)
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), (0.3 + season + storm)[None], {"units": "m3 m-3"}),
    ...                     "reference": (("cell", "time"), (0.2 - season + storm)[None], {"units": "m3 m-3"})},
    ...                    {"time": time})
    >>> r = lambda p: round(float(xr.corr(p.estimate, p.reference)), 2)
    >>> r(pairs), r(anomalies(pairs, method="window")) > 0.95
    (-0.92, True)
    """
    from ..stats import windows

    check_pairs(pairs)
    if method not in ANOMALIES:
        raise ConfigError("anomalies", found=repr(method), needed=f"one of {list(ANOMALIES)}")
    if min_years < 1:
        raise ConfigError("min_years", found=f"{min_years}", needed="at least 1 year")
    time = pairs.indexes["time"]
    days = np.asarray((time - time[0]) / pd.Timedelta(1, "D"), float) if len(time) else np.zeros(0)
    year, dekad = time.year.to_numpy(), periods.dekad_of_year(time)
    leap = time.is_leap_year | (time.day_of_year < 60)
    calendar = time.day_of_year.to_numpy() + np.where(leap, 0, 1)

    def one(v: np.ndarray) -> np.ndarray:
        if method == "window":
            return windows.moving_anomaly(v, position=days, window=35.0)
        if method == "dekad":
            return windows.dekad_climatology_anomaly(v, dekad, year, min_years=min_years)
        mean = windows.climatology(v, calendar, position=days)
        there = [np.isfinite(v[..., year == y]).any(axis=-1) for y in np.unique(year)]
        enough = np.sum(there, axis=0) >= min_years
        return np.where(np.expand_dims(enough, -1), windows.climatology_anomaly(v, calendar, climatology=mean), np.nan)

    def kernel(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        both = np.isfinite(x) & np.isfinite(y)
        return one(np.where(both, x, np.nan)), one(np.where(both, y, np.nan))

    sides = xr.apply_ufunc(
        kernel, pairs["estimate"].astype(float), pairs["reference"].astype(float), input_core_dims=[["time"], ["time"]],
        output_core_dims=[["time"], ["time"]], dask="parallelized", output_dtypes=[float, float], keep_attrs=False,
    )  # fmt: skip
    out = pairs.copy()
    for name, da in zip(("estimate", "reference"), sides, strict=True):
        units = pairs[name].attrs.get("units", "m3 m-3")
        out[name] = da.transpose(*pairs[name].dims).assign_attrs(
            units=units, long_name=f"departure of the {name} from {ANOMALIES[method]}")  # fmt: skip
    lost = (pairs["estimate"].notnull() & pairs["reference"].notnull() & out["estimate"].isnull()).sum("time")
    out["n_without_anomaly"] = lost.assign_attrs(units="1", long_name="pairs without a mean to depart from")
    return out.assign_attrs(title=f"{pairs.attrs.get('title', 'pairs')}, anomalies", anomalies=method)
