"""Scores under conditions: time of year, and wetness of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods, schema
from ..errors import ConfigError, SchemaError
from ..periods import SEASONS
from ..stats.status import STATUS
from .metrics import blank_errors, describe
from .score import check_options, check_pairs, filtered_bounds, memory_of, regular_position

PERIODS = ("season", "month", "dekad", "year")


def score_by_period(
    pairs: xr.Dataset,
    *,
    by: str = "season",
    ci: str = "neff",
    level: float = 0.95,
    min_n: int = 20,
    n_boot: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    """Score every cell within each season, month, dekad or year.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match`; lazy stays lazy.
    by : {"season", "month", "dekad", "year", "all"}
        Subsets of time; each pair belongs to exactly one. ``all`` is one subset.
    ci, level, min_n, n_boot, seed
        As in :func:`vadose.validation.score`.

    Returns
    -------
    xarray.Dataset
        Dims (subset, cell): the metrics (no anomalies) with bounds and ``status``; ``subset`` is ``DJF`` ..., 1-12,
        1-36 or the year as text.

    Notes
    -----
    Subsets follow the calendar of the matched time, leap days and New Year included; a gap between two winters keeps
    its length, so that autocorrelation is not measured across it. To score anomalies or scaled values by season, make
    them first on purpose: :func:`vadose.validation.anomalies`, :func:`vadose.validation.scale`. Intervals of R of
    anomalies follow the memory their filter leaves.

    Examples
    --------
    >>> time = pd.date_range("2019-12-01", "2020-11-30")
    >>> truth = (0.25 + 0.1 * np.sin(np.arange(time.size)))[None]
    >>> wrong = truth + np.where(time.month == 7, 0.31, 0.0)
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), wrong, {"units": "m3 m-3"}),
    ...                     "reference": (("cell", "time"), truth, {"units": "m3 m-3"})}, {"time": time})
    >>> got = score_by_period(pairs)
    >>> got.subset.values.tolist(), got.n.values.ravel().tolist(), round(float(got.bias.sel(subset="JJA")[0]), 4)
    (['DJF', 'MAM', 'JJA', 'SON'], [91, 92, 92, 91], 0.1045)
    """
    from ..stats.pairs import scores

    check_pairs(pairs)
    check_options(ci=ci, level=level, min_n=min_n)
    time = pairs.indexes["time"]
    labels = period_labels(time, by)
    names = ["all"] if by == "all" else list(SEASONS) if by == "season" else sorted(set(labels), key=int)
    reach = memory_of(pairs, time) if ci in ("neff", "bootstrap") else 0
    options: dict[str, Any] = dict(ci=ci, level=level, min_n=min_n, n_boot=n_boot, seed=seed)
    place = regular_position(time)
    parts = [(np.flatnonzero(labels == n)) for n in names]
    nothing = np.full((0, 3), np.nan)
    keys = list(scores(nothing, nothing, **options))

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        out = np.full((*np.broadcast_shapes(x.shape[:-1], y.shape[:-1]), len(parts), len(keys)), np.nan)
        for i, part in enumerate(parts):
            if part.size:
                a, b = x[..., part], y[..., part]
                got = scores(a, b, position=place[part], **options)
                if reach:
                    got |= filtered_bounds(a, b, got, position=place[part], reach=reach, ci=ci, level=level)
                out[..., i, :] = np.stack([np.asarray(got[k], float) for k in keys], axis=-1)
            else:
                out[..., i, keys.index("n")], out[..., i, keys.index("status")] = 0, STATUS["no_overlap"]
        return out

    stacked = xr.apply_ufunc(
        kernel, pairs["estimate"].astype(float), pairs["reference"].astype(float),
        input_core_dims=[["time"], ["time"]], output_core_dims=[["subset", "metric"]], dask="parallelized",
        output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"subset": len(parts), "metric": len(keys)}},
    )  # fmt: skip
    out = xr.Dataset({k: stacked.isel(metric=i) for i, k in enumerate(keys)}).transpose("subset", "cell", ...)
    out = out.assign(n=out["n"].astype("int64"), status=out["status"].astype("int8"))
    out = describe(blank_errors(out, pairs["estimate"].attrs.get("units", "m3 m-3")), level=level)
    out = out.assign_coords(subset=("subset", np.array(names, dtype=str), {"long_name": by}))
    return schema.stamp(
        out, title=f"Scores by {by}", product=pairs.attrs.get("product", ""),
        version=pairs.attrs.get("product_version", ""), inputs=[pairs.attrs.get("title", "pairs")],
        simulated=schema.is_simulated(pairs), by=by, ci=ci, level=level, min_n=min_n,
        seed=seed if ci == "bootstrap" else None,
    )  # fmt: skip


def period_labels(time: pd.DatetimeIndex, by: str) -> np.ndarray:
    """Season, month, dekad or year of each time, as text."""
    if by == "all":
        return np.full(len(time), "all")
    if by not in PERIODS:
        raise ConfigError("by", found=repr(by), needed=f"one of {list(PERIODS)}")
    if by == "season":
        return np.array(SEASONS)[periods.season_of(time)]
    values = {"month": time.month, "year": time.year}.get(by)
    return np.asarray(periods.dekad_of_year(time) if values is None else values).astype(str)


def score_by_wetness(
    pairs: xr.Dataset,
    *,
    edges: Sequence[float] = tuple(np.round(np.arange(0, 0.6001, 0.05), 2)),
    level: float = 0.95,
    min_n: int = 20,
    n_boot: int = 500,
    seed: int = 0,
) -> xr.Dataset:
    """Bias and error by the wetness of the reference, and the dynamic range of both sides.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match`, both sides in m3 m-3.
    edges : sequence of float
        Bins of reference moisture [m3 m-3], the lower edge included, the upper one only in the last bin.
    level : float
        Level of the intervals.
    min_n : int
        Fewest pairs of a bin.
    n_boot, seed : int
        Resamples of blocks of days with all their cells, and their seed.

    Returns
    -------
    xarray.Dataset
        Dim ``bin``: ``n``, ``bias``, ``rmse`` [m3 m-3] with bounds, ``status``, coordinates ``bin_from``, ``bin_to``
        [m3 m-3]; scalars ``estimate_p05``, ``estimate_p95``, ``reference_p05``, ``reference_p95`` [m3 m-3] over all
        pairs, ``range_ratio`` [1] of their differences, and ``n_outside``, pairs beyond the edges.

    Raises
    ------
    ConfigError
        If the edges do not rise.
    SchemaError
        If the estimate is not in m3 m-3.

    Notes
    -----
    Paper 002, Fig. 2e. Sorting by the reference makes any imperfect product look too wet where it is dry and too dry
    where it is wet (regression to the mean); ``range_ratio`` below 1 is what a compressed product alone shows.

    Examples
    --------
    >>> time = pd.date_range("2020-01-01", periods=100)
    >>> truth = np.linspace(0.0, 0.5, 100)[None]
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), 0.5 * truth + 0.1, {"units": "m3 m-3"}),
    ...                     "reference": (("cell", "time"), truth, {"units": "m3 m-3"})}, {"time": time})
    >>> got = score_by_wetness(pairs, edges=(0.0, 0.25, 0.5))
    >>> got.n.values.tolist(), got.bias.values.round(3).tolist(), round(float(got.range_ratio), 3)
    ([50, 50], [0.038, -0.088], 0.5)
    """
    from ..stats import pooled

    check_pairs(pairs)
    check_options(ci="none", level=level, min_n=min_n)
    limits = np.asarray(edges, float)
    if limits.ndim != 1 or limits.size < 2 or not (np.diff(limits) > 0).all():
        raise ConfigError("edges", found=f"{list(edges)}", needed="at least two rising numbers")
    unit = pairs["estimate"].attrs.get("units", "m3 m-3")
    if unit != "m3 m-3":
        raise SchemaError("estimate", found=f"units {unit!r}", needed="m3 m-3",
                          do="Scale it to the reference first: vadose.validation.scale.")  # fmt: skip
    place = regular_position(pairs.indexes["time"])
    count = limits.size - 1
    keys = ("n", "bias", "rmse", "bias_lower", "bias_upper", "rmse_lower", "rmse_upper", "status")

    def kernel(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ok = np.isfinite(x) & np.isfinite(y)
        which = np.searchsorted(limits, np.where(ok, y, np.nan), side="right") - 1
        which = np.where(ok & (y == limits[-1]), count - 1, np.where(ok, which, -1))
        table = np.full((count, len(keys)), np.nan)
        for i in range(count):
            inside = which == i
            n = int(inside.sum())
            table[i, 0], table[i, -1] = n, STATUS["ok" if n >= min_n else "too_few_pairs" if n else "no_overlap"]
            if n < min_n:
                continue
            error = (x - y)[inside]
            table[i, 1:3] = error.mean(), np.sqrt((error**2).mean())
            bounds = pooled.bootstrap_days(np.where(inside, x, np.nan), np.where(inside, y, np.nan), position=place,
                                           level=level, n_boot=n_boot, seed=seed)  # fmt: skip
            table[i, 3:7] = [bounds[k] for k in keys[3:7]]
        whole = np.full(5, np.nan)
        if ok.any():
            whole[:4] = *np.quantile(x[ok], [0.05, 0.95]), *np.quantile(y[ok], [0.05, 0.95])
        whole[4] = (ok & ((which < 0) | (which >= count))).sum()
        return table, whole

    sides = [pairs[v].astype(float).transpose("cell", "time") for v in ("estimate", "reference")]
    sides = [v.chunk(cell=-1) if v.chunks else v for v in sides]
    table, whole = xr.apply_ufunc(
        kernel, *sides, input_core_dims=[["cell", "time"]] * 2, output_core_dims=[["bin", "metric"], ["q"]],
        dask="parallelized", output_dtypes=[float, float],
        dask_gufunc_kwargs={"output_sizes": {"bin": count, "metric": len(keys), "q": 5}},
    )  # fmt: skip
    out = xr.Dataset({k: table.isel(metric=i) for i, k in enumerate(keys)})
    out = describe(out.assign(n=out["n"].astype("int64"), status=out["status"].astype("int8")), level=level)
    ranges = ("estimate_p05", "estimate_p95", "reference_p05", "reference_p95")
    for i, k in enumerate(ranges):
        side, q = k.split("_p")
        out[k] = whole.isel(q=i).assign_attrs(units="m3 m-3", long_name=f"{int(q)}th percentile of the {side}")
    ratio = (out["estimate_p95"] - out["estimate_p05"]) / (out["reference_p95"] - out["reference_p05"])
    out["range_ratio"] = ratio.assign_attrs(units="1", long_name="dynamic range of estimate over reference (5-95 %)")
    out["n_outside"] = whole.isel(q=4).astype("int64").assign_attrs(units="1", long_name="pairs beyond the edges")
    m3 = {"units": "m3 m-3"}
    out = out.assign_coords(bin_from=("bin", limits[:-1], m3), bin_to=("bin", limits[1:], m3))
    return schema.stamp(
        out, title="Scores by wetness of the reference", product=pairs.attrs.get("product", ""), level=level,
        inputs=[pairs.attrs.get("title", "pairs")], simulated=schema.is_simulated(pairs), min_n=min_n, seed=seed,
    )  # fmt: skip
