"""Soil water below the surface, from the surface."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError


def soil_water_index(da: xr.DataArray, *, t_value: float | Sequence[float], dim: str = "time") -> xr.DataArray:
    """Exponential filter of surface soil moisture.

    Parameters
    ----------
    da : xarray.DataArray, dims (time, ...)
        Surface soil moisture with ``units`` at any times; lazy stays lazy.
    t_value : float or sequence of float
        Characteristic time T [d]; several make a dimension ``t_value``.
    dim : str
        Time dimension.

    Returns
    -------
    xarray.DataArray
        Filtered series [unit of ``da``], float32; NaN at missing values.

    Raises
    ------
    SchemaError
        If units or times are missing, or time is chunked or does not rise.
    ConfigError
        If T is not positive.

    Notes
    -----
    :func:`vadose.stats.windows.exponential_filter` on the true time axis: after a gap of many T the filter starts anew
    from the next value, and nothing is filled. The filter needs about 3 T to forget how it began.

    Examples
    --------
    >>> import pandas as pd
    >>> da = xr.DataArray([0.0, 0.3], dims="time", coords={"time": pd.date_range("2001-01-01", periods=2)},
    ...                   attrs={"units": "m3 m-3"})
    >>> soil_water_index(da, t_value=1 / np.log(2)).round(3).values.tolist()
    [0.0, 0.20000000298023224]
    """
    from ..stats.windows import exponential_filter

    days = days_of(da, dim)
    several = np.ndim(t_value) > 0
    values = np.atleast_1d(np.asarray(t_value, float))
    if values.ndim != 1 or not values.size or not (np.isfinite(values) & (values > 0)).all():
        raise ConfigError("t_value", found=f"{t_value}", needed="days above 0")

    def kernel(x: np.ndarray) -> np.ndarray:
        parts = [exponential_filter(x, t_value=float(t), position=days) for t in values]
        return np.stack(parts, axis=-2).astype(np.float32)

    out = xr.apply_ufunc(
        kernel, da, input_core_dims=[[dim]], output_core_dims=[["t_value", dim]], dask="parallelized",
        output_dtypes=[np.float32], dask_gufunc_kwargs={"output_sizes": {"t_value": len(values)}}, keep_attrs=False,
    )  # fmt: skip
    out = out.assign_coords(t_value=("t_value", values, {"units": "day", "long_name": "characteristic time T"}))
    out = out.transpose("t_value", *da.dims) if several else out.isel(t_value=0).transpose(*da.dims)
    keep = {k: da.attrs[k] for k in ("grid", "simulated") if k in da.attrs}
    return out.rename("swi").assign_attrs(keep, units=da.attrs["units"], long_name="soil water index")


def best_time_scale(
    surface: xr.DataArray,
    deep: xr.DataArray,
    *,
    dim: str = "time",
    time_scales: Sequence[float] | None = None,
    min_n: int = 60,
) -> xr.Dataset:
    """Characteristic time T with which the filtered surface correlates best with a deeper record.

    Parameters
    ----------
    surface, deep : xarray.DataArray, dims (time, ...)
        On one time axis, with ``units``; lazy stays lazy.
    dim : str
        Time dimension.
    time_scales : sequence of float, optional
        Rising times tried first [d]; by default 1 to 365.
    min_n : int
        Fewer times at which both are known give NaN.

    Returns
    -------
    xarray.Dataset
        ``t_best`` [d], ``r_best`` [1], ``r`` (..., t_value) at each time tried [1], ``n`` [1] and ``status``
        (``no_overlap``, ``too_few_pairs``, ``zero_variance``; ``not_converged``: the best is the first or last tried,
        and ``t_best`` NaN).

    Raises
    ------
    SchemaError
        If the axes differ or are unusable.
    ConfigError
        If the times tried do not rise.

    Notes
    -----
    :func:`vadose.stats.depth.best_time_scale`.

    Examples
    --------
    >>> import pandas as pd
    >>> da = xr.DataArray(np.random.default_rng(1).random(1000), dims="time", attrs={"units": "m3 m-3"},
    ...                   coords={"time": pd.date_range("2001-01-01", periods=1000)})
    >>> round(float(best_time_scale(da, soil_water_index(da, t_value=9)).t_best), 1)
    9.0
    """
    from ..stats import depth

    days = days_of(surface, dim)
    days_of(deep, dim)
    surface, deep = (da.drop_vars([c for c in da.coords if c not in da.dims]) for da in same_axes(surface, deep))
    grid = np.asarray(depth.TIME_SCALES if time_scales is None else list(time_scales), float)
    if grid.size < 3 or not (grid[0] > 0 and (np.diff(grid) > 0).all()):
        raise ConfigError("time_scales", found=f"{time_scales}", needed="at least 3 rising times above 0 d")

    def kernel(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        got = depth.best_time_scale(x, y, position=days, time_scales=grid, min_n=min_n)
        return got["t_best"], got["r_best"], got["r"], got["n"].astype(np.int32), got["status"]

    parts = xr.apply_ufunc(
        kernel, surface, deep, input_core_dims=[[dim], [dim]], output_core_dims=[[], [], ["t_value"], [], []],
        dask="parallelized", output_dtypes=[float, float, float, np.int32, np.int8], keep_attrs=False,
        dask_gufunc_kwargs={"output_sizes": {"t_value": grid.size}},
    )  # fmt: skip
    out = xr.Dataset(dict(zip(("t_best", "r_best", "r", "n", "status"), parts, strict=True)))
    out = out.assign_coords(t_value=("t_value", grid, {"units": "day", "long_name": "characteristic time T"}))
    out["t_best"].attrs = {"units": "day", "long_name": "characteristic time T of the best correlation"}
    out["r_best"].attrs = {"units": "1", "long_name": "largest correlation of the soil water index"}
    out["r"].attrs = {"units": "1", "long_name": "correlation of the soil water index"}
    out["n"].attrs = {"units": "1", "long_name": "number of pairs"}
    out["status"].attrs = schema.status_attrs()
    simulated = schema.is_simulated(surface) or schema.is_simulated(deep)
    return schema.stamp(out, title="Best characteristic time of the soil water index", simulated=simulated)


def days_of(da: xr.DataArray, dim: str) -> np.ndarray:
    """Days since the first time; raises SchemaError where units or a rising, unchunked time axis are missing."""
    if not isinstance(da, xr.DataArray):
        raise SchemaError("soil moisture", found=type(da).__name__, needed="a DataArray", do="Pick one: ds['sm'].")
    where = str(da.name or "array")
    if not da.attrs.get("units"):
        raise SchemaError(where, found="no units", needed="a units attribute")
    if dim not in da.dims or dim not in da.coords or da[dim].dtype.kind != "M":
        raise SchemaError(f"{where}: {dim}", found=f"dims {tuple(map(str, da.dims))}", needed="an axis of datetime64")
    if len(da.chunksizes.get(dim, ())) > 1:
        raise SchemaError(f"{where}: {dim}", found=f"{len(da.chunksizes[dim])} chunks", needed="one chunk",
                          do=f"Rechunk it: da.chunk({dim}=-1).")  # fmt: skip
    stamps = da[dim].values
    steps = np.diff(stamps)
    if (~(steps > np.timedelta64(0))).any() or np.isnat(stamps).any():
        raise SchemaError(f"{where}: {dim}", found="times that do not rise", needed="ascending times, each once",
                          do="Sort by time and drop duplicates.")  # fmt: skip
    return (stamps - stamps[:1]) / np.timedelta64(1, "D")


def same_axes(one: xr.DataArray, other: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Two arrays whose shared axes are equal.

    Raises
    ------
    SchemaError
        If they differ.
    """
    try:
        one, other = xr.align(one, other, join="exact")
    except ValueError as err:
        raise SchemaError(f"{one.name or 'one'} and {other.name or 'other'}", found="different axes",
                          needed="one time axis and grid", do=f"Select what both have ({err}).") from err  # fmt: skip
    return one, other
