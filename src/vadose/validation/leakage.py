"""Does a product look better at the stations it was trained on than elsewhere?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .categories import CORRELATIONS
from .compare import per_product
from .metrics import METRICS


def leakage(
    trained: xr.Dataset, unseen: xr.Dataset, *, metric: str = "r", alpha: float = 0.05, more_than: int = 5,
    larger_than: float = 0.2,
) -> xr.Dataset:  # fmt: skip
    """Compare the scores of products at their training stations with those at stations they have not seen.

    Parameters
    ----------
    trained, unseen : xarray.Dataset, dims (product, cell)
        The metric from stations on each product's training list, and from all others; missing where there are none.
        The cells need not be the same.
    metric : str
        A correlation, such as ``r``: larger is better.
    alpha : float
        Level of the test.
    more_than : int
        Both sides need more cells than this.
    larger_than : float
        Smallest difference of the medians that counts [unit of the metric].

    Returns
    -------
    xarray.Dataset
        Dim ``product``: ``trained``, ``unseen`` (medians over cells), ``difference``, ``n_trained``, ``n_unseen``,
        ``p_value`` (one-sided Welch test), ``p_value_fdr``, ``suspect`` (bool) and ``status`` (``too_few_cells``).

    Raises
    ------
    SchemaError
        If the products differ or the metric is missing.
    ConfigError
        If an option is out of range or the metric is no correlation.

    Notes
    -----
    Beyond METHODS 4.1, which drops training stations: this asks whether dropping them mattered. Correlations are
    compared on Fisher's z scale; false discoveries are controlled over products. Choice: a product is suspect where
    the adjusted p-value is below ``alpha`` and the difference above ``larger_than``, since training stations are often
    at easier places: a small difference proves nothing.

    Examples
    --------
    >>> r = np.array([[0.90, 0.92, 0.91, 0.93, 0.90, 0.92], [0.60, 0.64, 0.62, 0.61, 0.63, 0.62]])
    >>> seen = xr.Dataset({"r": (("product", "cell"), r)}, {"product": ["leaky", "honest"]})
    >>> other = xr.Dataset({"r": (("product", "cell"), r[[1, 1]])}, {"product": ["leaky", "honest"]})
    >>> got = leakage(seen, other)
    >>> got.suspect.values.tolist(), got.difference.values.round(3).tolist()
    ([True, False], [0.295, 0.0])
    """
    from scipy import stats

    from ..stats.multiple import fdr

    if metric not in CORRELATIONS or not 0 < alpha < 1 or more_than < 1:
        raise ConfigError("metric, alpha or more_than", found=f"{metric}, {alpha}, {more_than}",
                          needed=f"one of {list(CORRELATIONS)}, a level between 0 and 1, at least 1 cell")  # fmt: skip
    a, b = (np.asarray(per_product(s, metric)) for s in (trained, unseen))
    names = trained["product"].values
    if a.shape[0] != b.shape[0] or (names != unseen["product"].values).any():
        raise SchemaError("unseen", found=f"products {unseen['product'].values.tolist()}",
                          needed=f"{names.tolist()}, in this order")  # fmt: skip
    table = np.full((len(names), 5), np.nan)
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        x, y = x[np.isfinite(x)], y[np.isfinite(y)]
        table[i, :2] = x.size, y.size
        table[i, 2:4] = [np.median(v) if v.size else np.nan for v in (x, y)]
        if min(x.size, y.size) > more_than:
            z = [np.arctanh(np.clip(v, -0.999999, 0.999999)) for v in (x, y)]
            table[i, 4] = stats.ttest_ind(*z, equal_var=False, alternative="greater").pvalue
    units, text = METRICS.get(metric, ("1", metric))
    adjusted = fdr(table[:, 4])
    difference = table[:, 2] - table[:, 3]
    suspect = (adjusted < alpha) & (difference > larger_than)
    values = {
        "trained": (table[:, 2], units, f"median at training stations: {text}"),
        "unseen": (table[:, 3], units, f"median at stations not trained on: {text}"),
        "difference": (difference, units, f"of the medians: {text}"),
        "p_value": (table[:, 4], "1", "one-sided p-value of Welch's test"),
        "p_value_fdr": (adjusted, "1", "the same, false discovery rate controlled over products"),
    }
    out = xr.Dataset({k: ("product", v, {"units": u, "long_name": t}) for k, (v, u, t) in values.items()})
    for i, side in enumerate(("trained", "unseen")):
        out[f"n_{side}"] = ("product", table[:, i].astype("int64"), {"units": "1", "long_name": f"cells, {side}"})
    out["suspect"] = ("product", suspect, {"long_name": "better where it was trained than chance explains"})
    few = table[:, :2].min(axis=1) <= more_than
    out["status"] = ("product", np.where(few, STATUS["too_few_cells"], STATUS["ok"]).astype("int8"),
                     schema.status_attrs())  # fmt: skip
    return schema.stamp(out.assign_coords(product=names), title="Scores at training stations and elsewhere",
                        inputs=[trained.attrs.get("title", "scores")], metric=metric, alpha=alpha,
                        simulated=schema.is_simulated(trained) or schema.is_simulated(unseen))  # fmt: skip
