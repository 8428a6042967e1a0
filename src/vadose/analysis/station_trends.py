"""Trends at stations, each over its own years."""

from __future__ import annotations

import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .trends import trend
from .years import annual_means, year_axis

_VALUES = ("slope", "slope_lower", "slope_upper", "intercept", "p_value", "z", "s")


def station_trends(
    stations: xr.Dataset,
    *,
    variable: str = "sm",
    depth: tuple[float, float] | None = None,
    period: str | tuple | None = None,
    min_years: int = 10,
    min_valid: float = 0.7,
    min_months: int = 12,
    min_days: int = 10,
    method: str = "sen",
    test: str | None = "ar1",
    bias_corrected: bool = False,
    level: float | None = 0.95,
) -> xr.Dataset:
    """Trend of every sensor over the years it measured, by the estimators of :func:`trend`.

    Parameters
    ----------
    stations : xarray.Dataset, dims (sensor, time)
        From ``vadose.products.open_stations``: hourly or daily values; lazy stays lazy.
    variable : str
        Variable, with ``units``.
    depth : (float, float), optional
        Keep sensors within these depths [m].
    period : str or tuple, optional
        Whole years to keep.
    min_years : int
        Fewest years with an annual mean.
    min_valid : float
        Least share of the years from a sensor's first to its last that have one.
    min_months, min_days : int
        See :func:`annual_means`: a year needs so many months, a month so many values.
    method, test, bias_corrected, level
        See :func:`trend`.

    Returns
    -------
    xarray.Dataset, dims (sensor)
        As :func:`trend`, with ``first_year``, ``last_year`` (0 where there is none) and ``coverage`` [1]; ``n`` is the
        number of annual means. What has too little is NaN with ``status`` ``too_few_years`` or ``no_data``; nothing is
        dropped.

    Raises
    ------
    SchemaError
        If it is no station dataset, or has no such variable or no sensor at these depths.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    A sensor is a record of its own: where it was replaced, the next one is another row. Choice: they are not joined,
    since a replaced sensor shifts the level.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> t = pd.date_range("2000-01-01", "2011-12-31", freq="D")
    >>> sm = np.vstack([0.01 * (t.year - 2000), np.where(t.year < 2006, 0.01 * (t.year - 2000), np.nan)])
    >>> coords = {k: ("sensor", ["a", "b"]) for k in ("network", "station")}
    >>> coords |= {k: ("sensor", [0.0, 0.1]) for k in ("lat", "lon", "depth_from", "depth_to")}
    >>> ds = xr.Dataset({"sm": (("sensor", "time"), sm, {"units": "m3 m-3"})}, coords | {"time": t})
    >>> got = station_trends(ds)
    >>> got.slope.values.round(6).tolist(), got.n.values.tolist(), got.last_year.values.tolist()
    ([0.01, nan], [12, 6], [2011, 2005])
    """
    from .common import whole_years

    schema.check(stations, "stations")
    if variable not in stations:
        raise SchemaError("stations", found=f"variables {list(stations.data_vars)}", needed=repr(variable))
    if min_years < 3:
        raise ConfigError("min_years", found=f"{min_years}", needed="at least 3")
    if not 0 < min_valid <= 1:
        raise ConfigError("min_valid", found=f"{min_valid}", needed="a share above 0 and up to 1, such as 0.7")
    if depth is not None:
        low, high = depth
        keep = (stations["depth_from"] >= low - 1e-9) & (stations["depth_to"] <= high + 1e-9)
        if not keep.any():
            raise SchemaError("stations", found=f"no sensor within {low}-{high} m", needed="a sensor at this depth",
                              do="Choose another depth.")  # fmt: skip
        stations = stations.isel(sensor=keep.values.nonzero()[0])
    da = stations[variable]
    if period is not None:
        first, last = whole_years(period)
        da = da.sel(time=slice(f"{first}-01-01", f"{last}-12-31"))
        if not da.sizes["time"]:
            raise ConfigError("period", found=f"{period!r}, which the stations do not reach", needed="years with data")
    annual = annual_means(da, min_months=min_months, min_days=min_days)
    axis = year_axis(annual)
    years = annual["time"].dt.year
    some = annual.notnull()
    any_year = some.any("time")
    begin = years.where(some).min("time").fillna(0).astype("int32")
    end = years.where(some).max("time").fillna(0).astype("int32")
    out = trend(annual, method=method, test=test, bias_corrected=bias_corrected, level=level,
                min_valid=3 / max(axis.steps, 3))  # fmt: skip
    span = xr.where(any_year, end - begin + 1, 1)
    coverage = (out["n"] / span).where(any_year)
    enough = (out["n"] >= min_years) & (coverage >= min_valid - 1e-9)
    few = xr.where(out["n"] > 0, schema.STATUS["too_few_years"], schema.STATUS["no_data"])
    attrs = {k: out[k].attrs for k in (*_VALUES, "status")}
    out = out.assign({k: out[k].where(enough) for k in _VALUES})
    out = out.assign(status=out["status"].where(enough, few).astype("int8"))
    for name, kept in attrs.items():
        out[name].attrs = kept
    out["first_year"], out["last_year"], out["coverage"] = begin, end, coverage
    for name, text in (("first_year", "first year with an annual mean"), ("last_year", "last year with an annual mean"),
                       ("coverage", "share of the years between them with one")):  # fmt: skip
        out[name].attrs = {"units": "1", "long_name": text}
    return out.assign_attrs(
        title=f"Trends at stations of {da.attrs.get('long_name', variable)}", min_years=min_years, min_valid=min_valid,
        min_months=min_months, min_days=min_days, **{k: stations.attrs[k] for k in ("inputs",) if k in stations.attrs},
    )  # fmt: skip
