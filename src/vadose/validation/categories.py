"""Scores by category of the cells: land cover, climate, texture, any attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .metrics import METRICS

#: Correlations are averaged on Fisher's z scale.
CORRELATIONS = ("r", "spearman", "anomaly_r", "anomaly_r_35d")


def by_category(
    scores: xr.Dataset,
    *,
    by: str | Mapping[str, Sequence],
    metrics: Sequence[str] = ("r", "bias", "rmse", "ubrmse"),
    level: float = 0.95,
    more_than: int = 5,
) -> xr.Dataset:
    """Spread of scores over the cells of each category.

    Parameters
    ----------
    scores : xarray.Dataset, dims (..., cell)
        From :func:`vadose.validation.score` or :func:`vadose.validation.evaluate`.
    by : str or mapping
        Coordinate per cell, such as ``land_cover``, or ``{name: labels per cell}``. The label "" is no category.
    metrics : sequence of str
        Metrics to summarise.
    level : float
        Level of the intervals [1].
    more_than : int
        Categories with at most this many cells are shown with status ``too_few_cells`` (paper 002: 5).

    Returns
    -------
    xarray.Dataset
        Dims (..., category): ``<metric>_median``, ``_q25``, ``_q75``, ``_mean`` with ``_median_lower``,
        ``_median_upper``, ``_mean_lower``, ``_mean_upper``, ``_count``; ``n_cells``; ``status``.

    Raises
    ------
    SchemaError
        If the coordinate or a metric is missing.

    Notes
    -----
    Correlations are averaged on Fisher's z scale. The interval of the mean is Student's, that of the median is between
    order statistics whose ranks are binomial quantiles; both take cells as independent. The median's interval is
    missing with fewer cells than any such pair of ranks needs (6 at 95 %).

    Examples
    --------
    >>> s = xr.Dataset({"r": ("cell", [0.2, 0.4, 0.9])}, {"climate": ("cell", ["B", "B", "C"])})
    >>> got = by_category(s, by="climate", metrics=["r"])
    >>> got.category.values.tolist(), got.r_median.values.round(2).tolist(), got.n_cells.values.tolist()
    (['B', 'C'], [0.3, 0.9], [2, 1])
    >>> round(float(got.r_mean[0]), 4) == round(float(np.tanh((np.arctanh(0.2) + np.arctanh(0.4)) / 2)), 4)
    True
    """
    name, labels = category_labels(scores, by)
    missing = [m for m in metrics if m not in scores]
    if missing or not metrics:
        raise SchemaError("metrics", found=f"{missing or 'none'}", needed=f"some of {[str(v) for v in scores]}")
    groups = sorted(set(labels) - {""})
    members = [np.flatnonzero(labels == g) for g in groups]
    out = xr.Dataset()
    suffixes = ("median", "q25", "q75", "mean", "median_lower", "median_upper", "mean_lower", "mean_upper", "count")
    for metric in metrics:
        units, text = METRICS.get(metric, ("1", metric))

        def kernel(v: np.ndarray, fisher: bool = metric in CORRELATIONS) -> np.ndarray:
            flat = v.reshape(-1, v.shape[-1])
            got = np.stack([[spread(row[m], fisher=fisher, level=level) for m in members] for row in flat])
            return got.reshape(*v.shape[:-1], len(members), len(suffixes))

        values = scores[metric].astype(float)
        values = values.chunk(cell=-1) if values.chunks else values
        if not members:
            raise SchemaError("by", found=f"no label in {name!r}", needed="at least one category")
        stacked = xr.apply_ufunc(
            kernel, values, input_core_dims=[["cell"]], output_core_dims=[["category", "number"]],
            dask="parallelized", output_dtypes=[float],
            dask_gufunc_kwargs={"output_sizes": {"category": len(groups), "number": len(suffixes)}},
        )  # fmt: skip
        for i, suffix in enumerate(suffixes):
            part = stacked.isel(number=i)
            if suffix == "count":
                part = part.astype("int64")
            words = {"q25": "lower quartile", "q75": "upper quartile", "count": "cells with a value"}
            label = words.get(suffix, suffix.replace("_", ", "))
            out[f"{metric}_{suffix}"] = part.assign_attrs(units="1" if suffix == "count" else units,
                                                          long_name=f"{label} over cells: {text}")  # fmt: skip
    out["n_cells"] = ("category", np.array([m.size for m in members]), {"units": "1", "long_name": "cells"})
    few = out[f"{metrics[0]}_count"] <= more_than
    out["status"] = xr.where(few, STATUS["too_few_cells"], STATUS["ok"]).astype("int8")
    out["status"].attrs = schema.status_attrs()
    out = out.assign_coords(category=("category", np.array(groups), {"long_name": name}))
    return schema.stamp(
        out, title=f"Scores by {name}", inputs=[scores.attrs.get("title", "scores")], by=name, level=level,
        simulated=schema.is_simulated(scores), product=scores.attrs.get("product", ""),
    )  # fmt: skip


def category_labels(scores: xr.Dataset, by: str | Mapping[str, Sequence]) -> tuple[str, np.ndarray]:
    """Name and label per cell of a category, as text."""
    if isinstance(by, str):
        if by not in scores.coords or scores[by].dims != ("cell",):
            have = [str(c) for c in scores.coords if scores[c].dims == ("cell",)]
            raise SchemaError("by", found=f"no coordinate {by!r} per cell", needed=f"one of {have} or labels")
        name, values = by, scores[by].values
    else:
        if len(by) != 1:
            raise ConfigError("by", found=f"{len(by)} entries", needed="one name with its labels")
        name, given = next(iter(by.items()))
        values = np.asarray(given)
    if values.shape != (scores.sizes.get("cell", 0),):
        raise SchemaError(
            "by", found=f"labels of shape {values.shape}", needed=f"one per cell ({scores.sizes.get('cell')})"
        )
    return name, np.array(["" if str(v) in ("", "nan", "None") else str(v) for v in values])


def spread(values: np.ndarray, *, fisher: bool, level: float) -> np.ndarray:
    """Median, quartiles, mean, bounds of median and mean, and number of a sample less its NaN.

    Examples
    --------
    >>> spread(np.array([1.0, 2.0, 3.0, np.nan]), fisher=False, level=0.95).round(3).tolist()
    [2.0, 1.5, 2.5, 2.0, nan, nan, -0.484, 4.484, 3.0]
    """
    from scipy.special import stdtrit
    from scipy.stats import binom

    v = np.sort(values[np.isfinite(values)])
    n = v.size
    out = np.full(9, np.nan)
    out[8] = n
    if not n:
        return out
    out[:3] = np.quantile(v, [0.5, 0.25, 0.75])
    w = np.arctanh(np.clip(v, -0.999999, 0.999999)) if fisher else v
    mean, half = w.mean(), np.nan
    if n > 1:
        half = stdtrit(n - 1, 0.5 + level / 2) * w.std(ddof=1) / np.sqrt(n)
        below = int(binom.ppf((1 - level) / 2, n, 0.5)) - 1  # rank whose tail probability is below half of 1 - level
        if below >= 0 and binom.cdf(below, n, 0.5) <= (1 - level) / 2:
            out[4], out[5] = v[below], v[n - 1 - below]
    out[3], out[6], out[7] = np.tanh([mean, mean - half, mean + half]) if fisher else (mean, mean - half, mean + half)
    return out
