"""Product against product on common cells."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .categories import CORRELATIONS
from .metrics import METRICS

_TESTS = ("student", "paired", "wilcoxon")


def compare(scores: xr.Dataset, *, metric: str = "r", min_cells: int = 6) -> xr.Dataset:
    """Test every product against every other over the cells that both have.

    Parameters
    ----------
    scores : xarray.Dataset, dims (product, cell)
        One value of the metric per product and cell.
    metric : str
        Metric to compare.
    min_cells : int
        Fewest common cells for a test.

    Returns
    -------
    xarray.Dataset
        Dims (product, other): ``difference`` (median over common cells of product minus other), ``n_common``, p-values
        ``p_student``, ``p_paired``, ``p_wilcoxon`` and the same adjusted over all pairs with ``_fdr``; ``status``.
        Differences are antisymmetric, p-values symmetric, the diagonal is missing.

    Raises
    ------
    SchemaError
        If the dims are not (product, cell) or the metric is missing.

    Notes
    -----
    Student's t takes the two samples of cells as independent (as paper 002 does); cells are shared, so that the paired
    t and Wilcoxon's signed ranks are the tests to trust. Correlations are compared on Fisher's z scale. False
    discoveries are controlled over the pairs (Benjamini-Hochberg). Neighbouring cells resemble each other: the tests
    still take cells as independent.

    Examples
    --------
    >>> r = np.array([[0.50, 0.60, 0.70, 0.55, 0.65, 0.75], [0.40, 0.50, 0.62, 0.44, 0.54, 0.66]])
    >>> got = compare(xr.Dataset({"r": (("product", "cell"), r)}, {"product": ["a", "b"]}))
    >>> round(float(got.difference[0, 1]), 3), int(got.n_common[0, 1]), round(float(got.p_wilcoxon[0, 1]), 4)
    (0.1, 6, 0.0312)
    >>> bool(got.p_paired[0, 1] < 0.001), bool(got.p_student[0, 1] > 0.05)
    (True, True)
    """
    from scipy import stats

    from ..stats.multiple import fdr

    values = per_product(scores, metric)
    if min_cells < 3:
        raise ConfigError("min_cells", found=f"{min_cells}", needed="at least 3 cells")

    def kernel(v: np.ndarray) -> np.ndarray:
        count = v.shape[0]
        out = np.full((count, count, 3 + len(_TESTS) * 2), np.nan)
        w = np.arctanh(np.clip(v, -0.999999, 0.999999)) if metric in CORRELATIONS else v
        pairs = list(combinations(range(count), 2))
        found = np.full((len(pairs), len(_TESTS)), np.nan)
        out[..., 1] = [[(np.isfinite(a) & np.isfinite(b)).sum() for b in v] for a in v]
        out[..., 2] = STATUS["ok"]
        for k, (i, j) in enumerate(pairs):
            both = np.isfinite(v[i]) & np.isfinite(v[j])
            n = int(both.sum())
            if n:
                out[i, j, 0] = np.median(v[i, both] - v[j, both])
                out[j, i, 0] = -out[i, j, 0]
            a, b = w[i, both], w[j, both]
            d = a - b
            if n < min_cells:
                out[i, j, 2] = out[j, i, 2] = STATUS["too_few_cells"]
            elif np.ptp(d) == 0:
                out[i, j, 2] = out[j, i, 2] = STATUS["zero_variance"]
            else:
                found[k] = (stats.ttest_ind(a, b).pvalue, stats.ttest_rel(a, b).pvalue, stats.wilcoxon(a, b).pvalue)
        adjusted = fdr(found, axis=0) if len(pairs) else found
        for k, (i, j) in enumerate(pairs):
            out[i, j, 3:] = out[j, i, 3:] = np.concatenate([found[k], adjusted[k]])
        return out

    stacked = xr.apply_ufunc(
        kernel, values.rename(product="p"), input_core_dims=[["p", "cell"]],
        output_core_dims=[["product", "other", "number"]], dask="parallelized", output_dtypes=[float],
        dask_gufunc_kwargs={"output_sizes": {
            "product": values.sizes["product"], "other": values.sizes["product"], "number": 3 + 2 * len(_TESTS)}},
    )  # fmt: skip
    units, text = METRICS.get(metric, ("1", metric))
    out = xr.Dataset({
        "difference": stacked.isel(number=0).assign_attrs(
            units=units, long_name=f"median over common cells of product minus other: {text}"),
        "n_common": stacked.isel(number=1).astype("int64").assign_attrs(units="1", long_name="common cells"),
        "status": stacked.isel(number=2).astype("int8").assign_attrs(schema.status_attrs()),
    })  # fmt: skip
    words = {"student": "Student's t test of two independent samples", "paired": "paired t test",
             "wilcoxon": "Wilcoxon signed-rank test"}  # fmt: skip
    for i, test in enumerate(_TESTS):
        for end, shift in (("", 0), ("_fdr", len(_TESTS))):
            more = ", false discovery rate controlled over all pairs" if end else ""
            out[f"p_{test}{end}"] = stacked.isel(number=3 + i + shift).assign_attrs(
                units="1", long_name=f"two-sided p-value of the {words[test]}{more}")  # fmt: skip
    names = scores["product"].values
    out = out.assign_coords(product=names, other=names)
    return schema.stamp(out, title=f"Products compared by {metric}", inputs=[scores.attrs.get("title", "scores")],
                        simulated=schema.is_simulated(scores), metric=metric, min_cells=min_cells)  # fmt: skip


def per_product(scores: xr.Dataset, metric: str) -> xr.DataArray:
    """One metric with dims (product, cell), in one chunk."""
    if metric not in scores:
        raise SchemaError("metric", found=repr(metric), needed=f"one of {[str(v) for v in scores]}")
    values = scores[metric].astype(float)
    if set(values.dims) != {"product", "cell"}:
        raise SchemaError(metric, found=f"dims {values.dims}", needed="(product, cell)",
                          do="Choose one subset first: scores.sel(subset=...).")  # fmt: skip
    values = values.transpose("product", "cell")
    return values.chunk(product=-1, cell=-1) if values.chunks else values
