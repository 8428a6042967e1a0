"""Scores of matched pairs per cell, with intervals that are honest under autocorrelation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods, schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .metrics import blank_errors, describe

CI = ("neff", "bootstrap", "iid", "none")


def score(
    pairs: xr.Dataset,
    *,
    ci: str = "neff",
    level: float = 0.95,
    min_n: int = 20,
    min_years: int = 3,
    n_boot: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    """Score every cell of a match-up over time (temporal validation).

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match`: ``estimate`` and ``reference`` (cell, time); lazy stays lazy.
    ci : {"neff", "bootstrap", "iid", "none"}
        Intervals: effective sample size (default), moving-block bootstrap, independent samples (as older tools;
        too narrow under autocorrelation), or none.
    level : float
        Nominal coverage.
    min_n : int
        Fewest pairs for a number; fewer give NaN and a status.
    min_years : int
        Fewest years behind a dekad's climatology for ``anomaly_r``.
    n_boot, seed : int
        Resamples and seed of the bootstrap.

    Returns
    -------
    xarray.Dataset
        Dim ``cell``: the metrics of :data:`vadose.validation.METRICS`, their ``_lower`` and ``_upper`` bounds,
        ``status``, ``anomaly_status`` and ``anomaly_35d_status``; coordinates and counts of the pairs.

    Raises
    ------
    SchemaError
        If ``pairs`` is no match-up, or time is chunked.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    Equations and intervals: docs/methods.md; kernels in :mod:`vadose.stats.pairs`. Anomalies are departures of the
    matched values from their own mean of the same dekad-of-year (at least ``min_years`` years), and from their own
    35-day moving mean; their intervals and p-values come from all lagged covariances up to 70 days
    (:func:`vadose.stats.filtered.correlation_bounds`). Choice: where fewer than half of the pairs have a climatology
    the anomaly correlation is missing (``too_few_years``), since it would speak of a few dekads only.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = 0.25 + 0.05 * rng.standard_normal((1, 400))
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), truth + 0.02, {"units": "m3 m-3"}),
    ...                     "reference": (("cell", "time"), truth, {"units": "m3 m-3"})},
    ...                    {"time": pd.date_range("2019-01-01", periods=400)})
    >>> s = score(pairs)
    >>> round(float(s.r[0]), 6), round(float(s.bias[0]), 6), int(s.n[0]), int(s.status[0])
    (1.0, 0.02, 400, 0)
    """
    check_pairs(pairs)
    check_options(ci=ci, level=level, min_n=min_n)
    time = pairs.indexes["time"]
    options = dict(position=regular_position(time), ci=ci, level=level, min_n=min_n, n_boot=n_boot, seed=seed)
    axes = _time_axes(time)

    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        results = _all_scores(x, y, axes, min_years, options)
        return np.stack([np.asarray(results[k], dtype=float) for k in names], axis=-1)

    nothing = np.full((0, len(time)), np.nan)
    names = list(_all_scores(nothing, nothing, axes, min_years, options))
    stacked = xr.apply_ufunc(
        kernel, pairs["estimate"].astype(float), pairs["reference"].astype(float),
        input_core_dims=[["time"], ["time"]], output_core_dims=[["metric"]],
        dask="parallelized", output_dtypes=[float], dask_gufunc_kwargs={"output_sizes": {"metric": len(names)}},
    )  # fmt: skip
    out = xr.Dataset({k: stacked.isel(metric=i) for i, k in enumerate(names)})
    integers = {k: out[k].astype("int8" if k.endswith("status") else "int64") for k in names
                if k in ("n", "anomaly_n", "anomaly_35d_n") or k.endswith("status")}  # fmt: skip
    out = blank_errors(out.assign(integers), pairs["estimate"].attrs.get("units", "m3 m-3"))
    for name in ("n_estimate", "n_reference", "n_matched", "n_dropped"):
        if name in pairs:
            out[name] = pairs[name]
    out["status"] = name_no_overlap(out["status"], pairs)
    return schema.stamp(
        describe(out, level=level), title=f"Scores of {pairs.attrs.get('product') or 'a product'} against stations",
        product=pairs.attrs.get("product", ""), version=pairs.attrs.get("product_version", ""),
        inputs=[pairs.attrs.get("title", "pairs")], simulated=schema.is_simulated(pairs),
        ci=ci, level=level, min_n=min_n, min_years=min_years, seed=seed if ci == "bootstrap" else None,
    )  # fmt: skip


def name_no_overlap(status: xr.DataArray, pairs: xr.Dataset) -> xr.DataArray:
    """Tell values that never met (``no_overlap``) from values that do not exist (``no_data``)."""
    if not {"n_estimate", "n_reference"} <= set(pairs):
        return status
    others = [d for d in pairs["n_estimate"].dims if d not in status.dims]
    there = (pairs["n_estimate"].sum(others) > 0) & (pairs["n_reference"].sum(others) > 0)
    apart = there & (status == STATUS["no_data"])
    return xr.where(apart, np.int8(STATUS["no_overlap"]), status).astype("int8")


def _all_scores(x, y, axes: dict, min_years: int, options: dict) -> dict[str, np.ndarray]:
    """All scores of arrays (..., time): raw values and both kinds of anomaly."""
    from ..stats import windows
    from ..stats.pairs import scores

    out = scores(x, y, **options)
    both = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(both, x, np.nan), np.where(both, y, np.nan)
    anomalies = {
        "": [windows.dekad_climatology_anomaly(v, axes["dekad"], axes["year"], min_years=min_years) for v in (x, y)],
        "_35d": [windows.moving_anomaly(v, position=axes["days"], window=35.0) for v in (x, y)],
    }
    for kind, (a, b) in anomalies.items():
        part = scores(a, b, **options)
        if options["ci"] in ("neff", "bootstrap"):
            part |= _honest(a, b, part, kind, axes, options)
        few = part["n"] < 0.5 * out["n"]
        for name, key in ((f"anomaly_r{kind}{side}", f"r{side}") for side in ("", "_lower", "_upper")):
            out[name] = np.where(few, np.nan, part[key])
        out[f"anomaly{kind}_p"], out[f"anomaly{kind}_n"] = np.where(few, np.nan, part["p_value"]), part["n"]
        blank = few & (np.asarray(out["status"]) == STATUS["ok"])
        out[f"anomaly{kind}_status"] = np.where(blank, STATUS["too_few_years"], part["status"])
    return out


def _honest(a, b, part: dict, kind: str, axes: dict, options: dict) -> dict[str, np.ndarray]:
    """p-value, and bounds where they are analytic, of anomalies, whose memory is not that of the values."""
    years: np.ndarray | float = np.inf
    if not kind:
        valid = np.isfinite(a) & np.isfinite(b)
        groups = [axes["year"] == y for y in np.unique(axes["year"])]
        years = np.sum([valid[..., g].any(axis=-1) for g in groups], axis=0)
    near = 1 if kind else max(round(10.0 / axes["step"]), 1)
    return filtered_bounds(a, b, part, position=options["position"], reach=reach_of(axes["step"]), near=near,
                           years=years, ci=options["ci"], level=options["level"])  # fmt: skip


def reach_of(step: float) -> int:
    """Longest lag [steps of ``step`` days] whose covariances count for anomalies: twice their window of 35 days."""
    return min(max(int(np.ceil(2 * 35.0 / step)), 3), 400)


def memory_of(pairs: xr.Dataset, time: pd.DatetimeIndex) -> int:
    """Longest lag [steps] that counts for pairs that are anomalies; 0 for values."""
    return reach_of(_time_axes(time)["step"]) if "anomalies" in pairs.attrs else 0


def filtered_bounds(a, b, part: dict, *, position, reach: int, ci: str, level: float, near: int = 1,
                    years: np.ndarray | float = np.inf) -> dict[str, np.ndarray]:  # fmt: skip
    """p-value of R, and its bounds where they are analytic, of series that a filter has shaped."""
    from ..stats.filtered import correlation_bounds

    got = correlation_bounds(a, b, part["r"], position=position, reach=reach, near=near, years=years, level=level)
    names = ("p_value",) if ci == "bootstrap" else ("p_value", "r_lower", "r_upper")
    return {k: got[k] for k in names} | {"n_eff_r": got["n_eff"]}


def _time_axes(time: pd.DatetimeIndex) -> dict[str, Any]:
    days = (time - time[0]) / pd.Timedelta(1, "D") if len(time) else np.zeros(0)
    step = float(np.diff(days).min()) if len(time) > 1 else 1.0
    return {"days": np.asarray(days, float), "dekad": periods.dekad_of_year(time), "year": time.year.to_numpy(),
            "step": step}  # fmt: skip


def regular_position(time: pd.DatetimeIndex) -> np.ndarray:
    """Place of each time on the regular axis of its smallest step, so that gaps keep their length.

    Starts of months and of dekads count as such: their lengths in days differ.

    Examples
    --------
    >>> regular_position(pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-05"])).tolist()
    [0, 1, 4]
    >>> regular_position(pd.to_datetime(["2019-01-01", "2019-02-01", "2020-02-01"])).tolist()
    [0, 1, 13]
    """
    if len(time) > 1 and (time == time.normalize()).all() and (time[1:] - time[:-1]).min() >= pd.Timedelta(8, "D"):
        if (time.day == 1).all():
            months = (time.year * 12 + time.month).to_numpy()
            return (months - months[0]) // np.diff(months).min()
        if time.day.isin([1, 11, 21]).all():
            dekads = time.year.to_numpy() * 36 + periods.dekad_of_year(time)
            return (dekads - dekads[0]) // np.diff(dekads).min()
    ns = time.to_numpy().astype("datetime64[ns]").astype("int64")
    steps = np.diff(ns)
    if not steps.size:
        return np.zeros(ns.size, dtype="int64")
    return np.rint((ns - ns[0]) / steps.min()).astype("int64")


def check_pairs(pairs: xr.Dataset) -> xr.Dataset:
    """Refuse what is not a match-up; reads no data."""
    where = str(pairs.attrs.get("title", "pairs"))
    for name in ("estimate", "reference"):
        if name not in pairs or set(pairs[name].dims) != {"cell", "time"}:
            found = f"{name} with dims {pairs[name].dims}" if name in pairs else f"no variable {name!r}"
            raise SchemaError(where, found=found, needed="estimate and reference with dims (cell, time)",
                              do="Make pairs with vadose.matchup.match.")  # fmt: skip
        chunks = pairs[name].chunksizes.get("time", ())
        if len(chunks) > 1:
            raise SchemaError(f"{where}: {name}", found=f"time in {len(chunks)} chunks", needed="one chunk",
                              do="Rechunk time to one chunk: pairs.chunk(time=-1).")  # fmt: skip
    return pairs


def check_options(*, ci: str, level: float, min_n: int) -> None:
    """Refuse options outside their range."""
    if ci not in CI:
        raise ConfigError("ci", found=repr(ci), needed=f"one of {list(CI)}")
    if not 0 < level < 1:
        raise ConfigError("level", found=f"{level}", needed="a coverage between 0 and 1, such as 0.95")
    if min_n < 2:
        raise ConfigError("min_n", found=f"{min_n}", needed="at least 2 pairs")
