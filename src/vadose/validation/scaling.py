"""Scaling the estimate to the reference, as a step of its own, before or after a split by season."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..errors import ConfigError, SchemaError
from .conditional import period_labels
from .score import check_pairs

METHODS = ("mean_std", "min_max", "linear", "cdf")


def scale(pairs: xr.Dataset, *, method: str, by: str | None = None, min_n: int = 20,
          to: xr.DataArray | None = None) -> xr.Dataset:  # fmt: skip
    """Scale the estimate of every cell to its reference.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match`; lazy stays lazy.
    method : {"mean_std", "min_max", "linear", "cdf"}
        To the mean and standard deviation of the reference; to its extremes; by the best linear prediction; by its
        distribution.
    by : {"season", "month", "dekad", "year"}, optional
        Fit within each part of time (scaling *after* the split); None fits once over all times (*before* a split).
    min_n : int
        Fewest pairs behind a fit; fewer give NaN.
    to : xarray.DataArray, dims (cell, time), optional
        Another scaling reference, such as a model's series at the same cells and times: both sides are scaled to it.

    Returns
    -------
    xarray.Dataset
        The pairs with the scaled ``estimate`` [unit of the reference] and ``n_unscaled`` per cell, pairs that had too
        few companions to be scaled; attributes ``scaling`` and ``scaling_by``.

    Raises
    ------
    ConfigError
        If the method or the split is unknown.
    SchemaError
        If ``pairs`` is no match-up, or time is chunked.

    Notes
    -----
    METHODS 4.9; kernels in :mod:`vadose.stats.rescale`. The reference of the scaling is that of the scores unless
    ``to`` is given; fits use matched pairs only. Scaling uses up what it fits: after mean_std, bias is 0 and RMSE says
    no more than R does. Scaling within seasons also takes away seasonal biases, and with them part of the annual
    cycle's error.

    Examples
    --------
    >>> import pandas as pd
    >>> time = pd.date_range("2020-01-01", periods=366)
    >>> truth = (0.25 + 0.1 * np.sin(np.arange(366.0)))[None]
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), 50.0 * truth + 3.0, {"units": "1"}),
    ...                     "reference": (("cell", "time"), truth, {"units": "m3 m-3"})}, {"time": time})
    >>> got = scale(pairs, method="mean_std")
    >>> bool(np.allclose(got.estimate, truth)), got.estimate.attrs["units"]
    (True, 'm3 m-3')
    """
    from ..stats import rescale

    check_pairs(pairs)
    if method not in METHODS:
        raise ConfigError("method", found=repr(method), needed=f"one of {list(METHODS)}")
    if min_n < 2:
        raise ConfigError("min_n", found=f"{min_n}", needed="at least 2 pairs")
    if to is not None:
        return _scale_both(pairs, to, method, by, min_n)
    time = pairs.indexes["time"]
    labels = np.zeros(len(time), int).astype(str) if by is None else period_labels(time, by)
    parts = [np.flatnonzero(labels == v) for v in sorted(set(labels))]

    def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if method == "cdf":
            got = rescale.cdf_match(x, y, min_per_bin=max(min_n // 2, 1))
            few = (np.isfinite(x) & np.isfinite(y)).sum(axis=-1, keepdims=True) < min_n
            return np.where(few, np.nan, got)
        functions = {"mean_std": rescale.mean_std, "min_max": rescale.min_max, "linear": rescale.linear_regression}
        return functions[method](x, y, min_n=min_n)

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        out = np.full(x.shape, np.nan)
        for part in parts:
            out[..., part] = fit(x[..., part], y[..., part])
        return out

    scaled = xr.apply_ufunc(
        kernel, pairs["estimate"].astype(float), pairs["reference"].astype(float), input_core_dims=[["time"], ["time"]],
        output_core_dims=[["time"]], dask="parallelized", output_dtypes=[float], keep_attrs=False,
    )  # fmt: skip
    lost = (pairs["estimate"].notnull() & pairs["reference"].notnull() & scaled.isnull()).sum("time")
    unit = pairs["reference"].attrs.get("units", "m3 m-3")
    out = pairs.assign(
        estimate=scaled.transpose(*pairs["estimate"].dims).assign_attrs(
            units=unit, long_name="soil moisture, scaled to the reference"),
        n_unscaled=lost.assign_attrs(units="1", long_name="pairs without enough companions to be scaled"),
    )  # fmt: skip
    title = f"{pairs.attrs.get('title', 'pairs')}, scaled"
    return out.assign_attrs(title=title, scaling=method, scaling_by=by or "all times")


def _scale_both(pairs: xr.Dataset, to: xr.DataArray, method: str, by: str | None, min_n: int) -> xr.Dataset:
    """Both sides scaled to a third record; a pair counts as lost where one of them could not be."""
    if to.sizes != pairs["reference"].sizes or not to.indexes["time"].equals(pairs.indexes["time"]):
        raise SchemaError("to", found=f"sizes {dict(to.sizes)}", needed=f"those of the pairs: "
                          f"{dict(pairs['reference'].sizes)}, at the same times")  # fmt: skip
    third = to.reset_coords(drop=True).assign_coords({k: pairs[k] for k in ("cell", "time") if k in pairs.coords})
    sides = {}
    for name in ("estimate", "reference"):
        one = xr.Dataset({"estimate": pairs[name].reset_coords(drop=True), "reference": third}, attrs=pairs.attrs)
        sides[name] = scale(one, method=method, by=by, min_n=min_n)["estimate"]
    paired = pairs["estimate"].notnull() & pairs["reference"].notnull()
    lost = (paired & (sides["estimate"].isnull() | sides["reference"].isnull())).sum("time")
    words = {"units": "1", "long_name": "pairs without enough companions to be scaled"}
    return pairs.assign({**sides, "n_unscaled": lost.assign_attrs(words)}).assign_attrs(
        title=f"{pairs.attrs.get('title', 'pairs')}, scaled", scaling=method, scaling_by=by or "all times")  # fmt: skip
