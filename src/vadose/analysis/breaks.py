"""Is a trend a jump between sensors?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .years import least_samples, year_axis


def break_point(da: xr.DataArray, *, dim: str = "time", min_valid: float = 0.7, min_n: int = 10) -> xr.Dataset:
    """Most likely change of level of every cell (Pettitt's test).

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Annual means or anomalies, with ``units``; lazy stays lazy.
    dim : str
        Time dimension.
    min_valid : float
        Least share of steps that hold a value.
    min_n : int
        Fewest values in any case.

    Returns
    -------
    xarray.Dataset
        ``last_before`` (time of the last value before the change, NaT or -1 for none), ``shift`` (mean after less mean
        before) [unit of ``da``], ``k``, ``p_value`` [1], ``n`` [1], ``status``.

    Raises
    ------
    SchemaError
        If units or the time axis are missing or unusable.

    Notes
    -----
    :func:`vadose.stats.breaks.pettitt`. A steady trend also gives a small p: test the detrended series to tell a jump.

    Examples
    --------
    >>> da = xr.DataArray([1.0] * 6 + [2.0] * 6, dims="year", coords={"year": range(2000, 2012)}, attrs={"units": "1"})
    >>> got = break_point(da, dim="year")
    >>> int(got.last_before), float(got["shift"])
    (2005, 1.0)
    """
    from ..stats import breaks

    axis = year_axis(da, dim)
    units = units_of(da)
    least = max(min_n, least_samples(axis, min_valid))
    names = ("index", "k", "p_value", "shift", "n", "status")

    def kernel(x: np.ndarray) -> np.ndarray:
        got = breaks.pettitt(x, min_n=least)
        return np.stack([np.asarray(got[k], float) for k in names], axis=-1)

    stacked = apply_over(kernel, da, dim, len(names))
    out = xr.Dataset({k: stacked.isel(statistic=i) for i, k in enumerate(names)})
    stamps = da[dim].to_numpy()
    nothing = np.datetime64("NaT") if stamps.dtype.kind == "M" else -1
    stamps = np.append(stamps, nothing)

    def to_time(index: np.ndarray) -> np.ndarray:
        return stamps[np.where(np.isnan(index), len(stamps) - 1, index).astype(int)]

    when = xr.apply_ufunc(to_time, out["index"], dask="parallelized", output_dtypes=[stamps.dtype])
    out = out.drop_vars("index").assign(
        last_before=when, n=out["n"].astype("int32"), status=out["status"].astype("int8")
    )
    texts = {"k": "Pettitt's K", "p_value": "p-value of no change", "n": "number of values"}
    for name, text in texts.items():
        out[name].attrs = {"units": "1", "long_name": text}
    out["shift"].attrs = {"units": units, "long_name": "mean after less mean before the change"}
    out["last_before"].attrs = {"long_name": "time of the last value before the change"}
    out["status"].attrs = schema.status_attrs()
    return schema.stamp(out, title="Most likely change of level", simulated=schema.is_simulated(da), period=axis.period)


def spread_change(da: xr.DataArray, *, changes: Sequence[str], dim: str = "time", min_n: int = 5) -> xr.Dataset:
    """Whether the spread differs between the segments that declared changes of sensor cut out (Fligner-Killeen).

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Anomalies, best detrended, with ``units``; lazy stays lazy.
    changes : sequence of str
        Dates (or years for dim ``"year"``) on which a new segment begins.
    dim : str
        Time dimension.
    min_n : int
        Fewest values in a segment that counts.

    Returns
    -------
    xarray.Dataset
        ``statistic``, ``p_value``, ``segments`` (number compared), ``n`` [1], ``status``.

    Raises
    ------
    ConfigError
        If a change lies outside the record or cannot be read.
    SchemaError
        If units or the time axis are missing or unusable.

    Examples
    --------
    >>> x = np.tile([-1.0, 0.0, 1.0, 2.0, -2.0], 8) * np.repeat([1, 10], 20)
    >>> da = xr.DataArray(x, dims="year", coords={"year": range(1980, 2020)}, attrs={"units": "1"})
    >>> bool(spread_change(da, changes=["2000"], dim="year").p_value < 0.001)
    True
    """
    from ..stats import breaks

    axis = year_axis(da, dim)
    units_of(da)
    segment = segments_of(da[dim].to_numpy(), changes)
    names = ("statistic", "p_value", "segments", "n", "status")

    def kernel(x: np.ndarray) -> np.ndarray:
        got = breaks.fligner_killeen(x, segment, min_n=min_n)
        return np.stack([np.asarray(got[k], float) for k in names], axis=-1)

    stacked = apply_over(kernel, da, dim, len(names))
    out = xr.Dataset({k: stacked.isel(statistic=i) for i, k in enumerate(names)})
    out = out.assign({k: out[k].astype("int8" if k == "status" else "int32") for k in ("segments", "n", "status")})
    texts = {"statistic": "Fligner-Killeen statistic", "p_value": "p-value of equal spread",
             "segments": "segments compared", "n": "number of values"}  # fmt: skip
    for name, text in texts.items():
        out[name].attrs = {"units": "1", "long_name": text}
    out["status"].attrs = schema.status_attrs()
    return schema.stamp(out, title="Equality of spread between segments", simulated=schema.is_simulated(da),
                        changes=", ".join(map(str, changes)), period=axis.period)  # fmt: skip


def apply_over(kernel, da: xr.DataArray, dim: str, size: int) -> xr.DataArray:
    """Apply a kernel that puts ``size`` numbers in the place of time."""
    return xr.apply_ufunc(
        kernel, da, input_core_dims=[[dim]], output_core_dims=[["statistic"]], dask="parallelized",
        output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"statistic": size}}, keep_attrs=False,
    )  # fmt: skip


def units_of(da: xr.DataArray) -> str:
    """Units of an array, which must have some."""
    if not da.attrs.get("units"):
        raise SchemaError(str(da.name or "array"), found="no units", needed="a units attribute",
                          do="Set da.attrs['units'], e.g. 'kg m-2'.")  # fmt: skip
    return str(da.attrs["units"])


def segments_of(stamps: np.ndarray, changes: Sequence[str]) -> np.ndarray:
    """Segment of each time, cut by declared changes."""
    if isinstance(changes, str) or not len(changes):
        raise ConfigError("changes", found=repr(changes), needed="a list of dates, such as ['2002-06-19']")
    try:
        at = [pd.Timestamp(str(c)) if stamps.dtype.kind == "M" else int(c) for c in changes]
    except ValueError as err:
        raise ConfigError("changes", found=repr(list(changes)), needed="dates, or years for dim 'year'") from err
    edges = np.sort(np.asarray(at, dtype=stamps.dtype))
    if len(stamps) and (edges.min() <= stamps[0] or edges.max() > stamps[-1]):
        raise ConfigError("changes", found=f"{list(map(str, changes))}",
                          needed=f"dates after {stamps[0]} and up to {stamps[-1]}")  # fmt: skip
    return np.searchsorted(edges, stamps, side="right").astype(np.int64)
