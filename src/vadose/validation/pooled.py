"""Scores over all cells of a match-up at once, and their spread over cells: two different things."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from .. import schema
from ..errors import SchemaError
from .metrics import METRICS, blank_errors, describe
from .score import check_options, check_pairs, name_no_overlap, regular_position


def score_pooled(
    pairs: xr.Dataset, *, ci: str = "bootstrap", level: float = 0.95, min_n: int = 20, n_boot: int = 1000, seed: int = 0
) -> xr.Dataset:
    """Score all pairs of all cells as one sample.

    Parameters
    ----------
    pairs : xarray.Dataset
        From :func:`vadose.matchup.match`.
    ci : {"bootstrap", "none"}
        Intervals from blocks of days resampled with all their cells, or none.
    level, min_n, n_boot, seed
        As in :func:`score`.

    Returns
    -------
    xarray.Dataset
        Scalars: the metrics (no anomalies), ``_lower`` and ``_upper`` for those made of moments, ``n_cells`` and
        ``status``.

    Notes
    -----
    Choice: p-values are left out, because independence of cells cannot be assumed; the interval tells the same.
    This reads all pairs: memory is twice their size.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> truth = 0.25 + 0.05 * rng.standard_normal((3, 200))
    >>> unit = {"units": "m3 m-3"}
    >>> pairs = xr.Dataset({"estimate": (("cell", "time"), truth + 0.02, unit),
    ...                     "reference": (("cell", "time"), truth, unit)},
    ...                    {"time": pd.date_range("2019-01-01", periods=200)})
    >>> s = score_pooled(pairs)
    >>> int(s.n), round(float(s.bias), 3), round(float(s.bias_lower), 3)
    (600, 0.02, 0.02)
    """
    from ..stats import pooled
    from ..stats.pairs import scores

    check_pairs(pairs)
    check_options(ci=ci, level=level, min_n=min_n)
    if ci not in ("bootstrap", "none"):
        raise SchemaError("ci", found=repr(ci), needed="'bootstrap' or 'none' for pooled scores")
    x = pairs["estimate"].transpose("cell", "time").values.astype(float)
    y = pairs["reference"].transpose("cell", "time").values.astype(float)
    plain = scores(x.ravel(), y.ravel(), ci="none", min_n=min_n)
    drop = ("p_value", "spearman_p", "kendall_p", "bias_p", "n_eff_r", "n_eff_bias")
    values = {k: np.asarray(v) for k, v in plain.items() if k in METRICS and k not in drop}
    ok = np.isfinite(x) & np.isfinite(y)
    if ci == "bootstrap" and int(plain["status"]) == 0:
        position = regular_position(pairs.indexes["time"])
        bounds = pooled.bootstrap_days(x, y, position=position, level=level, n_boot=n_boot, seed=seed)
        length = int(bounds.pop("block_length"))
    else:
        bounds = {f"{m}_{s}": np.array(np.nan) for m in pooled.MOMENT_METRICS for s in ("lower", "upper")}
        length = None
    out = xr.Dataset({k: ((), v) for k, v in {**values, **bounds}.items()})
    out["n"] = out["n"].astype("int64")
    out["status"] = name_no_overlap(xr.DataArray(np.int8(plain["status"])), pairs)
    out["n_cells"] = ((), int(ok.any(axis=1).sum()), {"units": "1", "long_name": "cells with any pair"})
    out = blank_errors(out, pairs["estimate"].attrs.get("units", "m3 m-3"))
    return schema.stamp(
        describe(out, level=level), title="Scores of all cells together", product=pairs.attrs.get("product", ""),
        inputs=[pairs.attrs.get("title", "pairs")], simulated=schema.is_simulated(pairs), ci=ci, level=level,
        block_length=length, seed=seed if ci == "bootstrap" else None,
    )  # fmt: skip


def summarize(scores: xr.Dataset) -> xr.Dataset:
    """Median and quartiles of every metric over the cells that have it.

    Parameters
    ----------
    scores : xarray.Dataset
        From :func:`score` (dim ``cell``) or :func:`score_spatial` (dim ``time``).

    Returns
    -------
    xarray.Dataset
        Scalars ``<metric>_median``, ``_q25``, ``_q75``, ``_count``; and ``n_cells``, ``n_cells_ok``, ``n_pairs``.
        Correlations are also averaged on Fisher's z scale (``r_fisher_mean``).

    Examples
    --------
    >>> s = summarize(xr.Dataset({"r": ("cell", [0.2, 0.4, np.nan]), "n": ("cell", [5, 5, 0])}))
    >>> round(float(s.r_median), 2), int(s.r_count), int(s.n_cells)
    (0.3, 2, 3)
    """
    dim = "cell" if "cell" in scores.dims else "time"
    out: dict[str, xr.Variable] = {}
    for name in METRICS:
        if name not in scores or name in ("n", "anomaly_n", "anomaly_35d_n"):
            continue
        values = scores[name].values.astype(float)
        valid = values[np.isfinite(values)]
        units, text = METRICS[name]
        quantiles = np.quantile(valid, [0.5, 0.25, 0.75]) if valid.size else np.full(3, np.nan)
        for suffix, words, q in zip(("median", "q25", "q75"), ("median", "lower quartile", "upper quartile"), quantiles,
                                    strict=True):  # fmt: skip
            out[f"{name}_{suffix}"] = xr.Variable((), q, {"units": units, "long_name": f"{words} over {dim}s: {text}"})
        out[f"{name}_count"] = xr.Variable((), valid.size, {"units": "1", "long_name": f"{dim}s with {text}"})
    if "r" in scores:
        r = np.clip(scores["r"].values.astype(float), -0.999999, 0.999999)
        r = r[np.isfinite(r)]
        mean = np.tanh(np.arctanh(r).mean()) if r.size else np.nan
        attrs = {"units": "1", "long_name": f"mean Pearson correlation over {dim}s, on Fisher's z scale"}
        out["r_fisher_mean"] = xr.Variable((), mean, attrs)
    if "n" in scores:
        n = scores["n"].values
        counts = {"n_cells": n.size, "n_cells_ok": int((scores["status"] == 0).sum()) if "status" in scores else n.size,
                  "n_pairs": int(n.sum())}  # fmt: skip
        for k, v in counts.items():
            out[k] = xr.Variable((), v, {"units": "1", "long_name": k.replace("_", " ")})
    return xr.Dataset(out).assign_attrs(simulated=scores.attrs["simulated"] if schema.is_simulated(scores) else "false")


def tidy(parts: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Put the results of several products into one dataset.

    Parameters
    ----------
    parts : mapping
        Label -> result of :func:`score` (concatenated along ``cell``, with ``product`` per cell), or of
        :func:`score_pooled` or :func:`summarize` (along a new dim ``product``).

    Raises
    ------
    SchemaError
        If there is nothing to combine.
    """
    if not parts:
        raise SchemaError("results", found="no products", needed="at least one")
    simulated = any(schema.is_simulated(p) for p in parts.values())
    if any("cell" in p.dims for p in parts.values()):
        labelled = [p.drop_vars("cell", errors="ignore").assign_coords(product=("cell", np.full(p.sizes["cell"], k)))
                    for k, p in parts.items()]  # fmt: skip
        out = xr.concat(labelled, "cell", data_vars="all", coords="different", compat="equals", join="outer",
                        combine_attrs="drop_conflicts")  # fmt: skip
        return out.assign_attrs(simulated="true" if simulated else "false")
    out = xr.concat(list(parts.values()), xr.IndexVariable("product", list(parts)), combine_attrs="drop_conflicts")
    return out.assign_attrs(simulated="true" if simulated else "false")
