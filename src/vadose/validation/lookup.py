"""Which product is best where: the look-up table of paper 002."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .categories import category_labels
from .compare import per_product
from .metrics import METRICS

#: How a metric is ranked: larger is better, smaller is better, nearer to zero is better.
BETTER = {
    "r": "larger", "spearman": "larger", "kendall": "larger", "nse": "larger", "kge": "larger", "anomaly_r": "larger",
    "anomaly_r_35d": "larger", "r2_pearson": "larger", "r2_sse": "larger", "rmse": "smaller", "ubrmse": "smaller",
    "mse": "smaller", "bias": "nearer",
}  # fmt: skip


def lookup(
    scores: xr.Dataset,
    *,
    by: Sequence[str] | Mapping[str, Sequence],
    metric: str = "r",
    more_than: int = 5,
    alpha: float = 0.05,
) -> xr.Dataset:
    """Best product for every combination of categories.

    Parameters
    ----------
    scores : xarray.Dataset, dims (product, cell)
        One value of the metric per product and cell.
    by : sequence of str, or mapping
        Coordinates per cell, such as ``["land_cover", "texture", "climate"]``, or names with labels per cell.
    metric : str
        Metric that decides.
    more_than : int
        A product counts in a combination with more cells than this.
    alpha : float
        Level of significance.

    Returns
    -------
    xarray.Dataset
        Dims (stratum,): the coordinates of ``by``, ``best`` (product, "" for none), ``value`` (its median), ``n``
        (its cells), ``significant`` (bool), ``p_value`` (the largest of the tests against the others), ``status``; and
        (stratum, product): ``median``, ``count``, ``p_other``, ``p_other_fdr``.

    Raises
    ------
    SchemaError
        If a coordinate or the metric is missing.
    ConfigError
        If no category is named or an option is out of range.

    Notes
    -----
    METHODS 4.4, paper 002 Fig. 9: the best product has the best median over its cells; it is significantly better where
    a one-sample, one-sided t test of its values against the median of *each* other product has p < ``alpha``; errors
    are compared by their negative, biases by their negative absolute value. Choice: ``significant`` uses the p-values
    of the paper, ``p_other_fdr`` controls the false discovery rate over the whole table. With one eligible product
    there is no test: not significant.

    Examples
    --------
    >>> r = np.array([[0.60, 0.62, 0.61, 0.63, 0.60, 0.62], [0.40, 0.44, 0.50, 0.45, 0.41, 0.40]])
    >>> s = xr.Dataset({"r": (("product", "cell"), r)}, {"product": ["a", "b"], "climate": ("cell", ["B"] * 6)})
    >>> got = lookup(s, by=["climate"])
    >>> got.best.values.tolist(), got.n.values.tolist(), got.significant.values.tolist()
    (['a'], [6], [True])
    """
    from scipy import stats

    from ..stats.multiple import fdr

    names = [str(b) for b in by]
    if not names or not 0 < alpha < 1 or more_than < 1:
        raise ConfigError("by, alpha or more_than", found=f"{names}, {alpha}, {more_than}",
                          needed="at least one category, a level between 0 and 1, at least 1 cell")  # fmt: skip
    labels = [category_labels(scores, {k: by[k]} if isinstance(by, Mapping) else k)[1] for k in names]
    values = per_product(scores, metric)
    known = np.all([v != "" for v in labels], axis=0)
    strata = sorted({tuple(v[i] for v in labels) for i in np.flatnonzero(known)})
    if not strata:
        raise SchemaError("by", found="no cell with all labels", needed="at least one")
    members = [np.flatnonzero(np.all([v == s for v, s in zip(labels, stratum, strict=True)], axis=0))
               for stratum in strata]  # fmt: skip
    sign = BETTER.get(metric, "larger")
    products = values.sizes["product"]

    def kernel(v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rank = v if sign == "larger" else -np.abs(v)
        table, best = np.full((len(strata), products, 4), np.nan), np.full((len(strata), 4), np.nan)
        table[..., 1] = 0
        for s, cells in enumerate(members):
            best[s] = -1, np.nan, 0, STATUS["too_few_cells"]
            fine = [np.isfinite(v[p, cells]) for p in range(products)]
            table[s, :, 1] = [f.sum() for f in fine]
            middle = np.array(
                [np.median(rank[p, cells[f]]) if f.sum() > more_than else np.nan for p, f in enumerate(fine)]
            )
            table[s, :, 0] = [np.median(v[p, cells[f]]) if f.sum() > more_than else np.nan for p, f in enumerate(fine)]
            if np.isnan(middle).all():
                continue
            top = int(np.nanargmax(middle))
            own = rank[top, cells[fine[top]]]
            for p in range(products):
                if p != top and np.isfinite(middle[p]):
                    flat = np.ptp(own) == 0
                    table[s, p, 2] = (0.0 if own[0] > middle[p] else 1.0) if flat else stats.ttest_1samp(
                        own, middle[p], alternative="greater").pvalue  # fmt: skip
            tests = table[s, :, 2]
            worst = np.nanmax(tests) if np.isfinite(tests).any() else np.nan
            best[s] = top, worst, own.size, STATUS["ok"]
        table[..., 3] = fdr(table[..., 2])
        return table, best

    table, best = xr.apply_ufunc(
        kernel, values.rename(product="p"), input_core_dims=[["p", "cell"]],
        output_core_dims=[["stratum", "product", "number"], ["stratum", "number"]], dask="parallelized",
        output_dtypes=[float, float],
        dask_gufunc_kwargs={"output_sizes": {"stratum": len(strata), "product": products, "number": 4}},
    )  # fmt: skip
    units, text = METRICS.get(metric, ("1", metric))
    titles = np.array(["", *map(str, scores["product"].values)])
    index = best.isel(number=0).astype(int)
    name = xr.apply_ufunc(lambda i: titles[i + 1], index, dask="parallelized", output_dtypes=[titles.dtype])
    median = table.isel(number=0)
    chosen = median.where(xr.DataArray(np.arange(products), dims="product") == index).max("product")
    p = best.isel(number=1)
    out = xr.Dataset({
        "best": name.assign_attrs(long_name="product with the best median"),
        "value": chosen.assign_attrs(units=units, long_name=f"its median over cells: {text}"),
        "n": best.isel(number=2).astype("int64").assign_attrs(units="1", long_name="its cells"),
        "p_value": p.assign_attrs(units="1", long_name="largest p-value against the other products"),
        "significant": (p < alpha).assign_attrs(long_name=f"better than every other product, p < {alpha:g}"),
        "status": best.isel(number=3).astype("int8").assign_attrs(schema.status_attrs()),
        "median": median.assign_attrs(units=units, long_name=f"median over cells: {text}"),
        "count": table.isel(number=1).astype("int64").assign_attrs(units="1", long_name="cells with a value"),
        "p_other": table.isel(number=2).assign_attrs(units="1", long_name="p-value of the best against this product"),
        "p_other_fdr": table.isel(number=3).assign_attrs(
            units="1", long_name="the same, false discovery rate controlled over the table"),
    })  # fmt: skip
    strata_coords = {k: ("stratum", np.array([s[i] for s in strata])) for i, k in enumerate(names)}
    return schema.stamp(
        out.assign_coords({"product": scores["product"].values, **strata_coords}), metric=metric, alpha=alpha,
        title=f"Best product by {', '.join(names)}", inputs=[scores.attrs.get("title", "scores")],
        simulated=schema.is_simulated(scores), more_than=more_than,
    )  # fmt: skip
