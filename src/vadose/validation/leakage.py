"""Does a product look better at the stations it was trained on than it should?"""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .categories import CORRELATIONS
from .compare import per_product
from .metrics import METRICS

#: Largest correlation that is told from 1.
TOP = 0.999999


def leakage(
    trained: xr.Dataset, unseen: xr.Dataset, *, metric: str = "r", peers: str = "peers", by: str | None = None,
    alpha: float = 0.05, more_than: int = 5,
) -> xr.Dataset:  # fmt: skip
    r"""Compare products with their peers at the stations they were trained on and at stations they have not seen.

    Parameters
    ----------
    trained, unseen : xarray.Dataset, dims (product, cell)
        The metric from stations on each product's training list, and from all others; missing where there are none.
        The cells need not be the same. With it ``peers``: what other products reach at the same stations, such as the
        median of those that were not trained there.
    metric : str
        A correlation, such as ``r``: larger is better.
    peers : str
        Name of the peers' metric.
    by : str, optional
        Variable or coordinate of both datasets, dims (product, cell), with categories within which cells are compared,
        such as land cover; cells of category "" are left out.
    alpha : float
        Level of the test.
    more_than : int
        Both sides need more cells than this.

    Returns
    -------
    xarray.Dataset
        Dim ``product``: ``trained``, ``unseen``, ``peers_trained``, ``peers_unseen`` (medians over cells), ``excess``
        (difference in differences on Fisher's z scale), ``n_trained``, ``n_unseen`` (cells used), ``p_value``
        (one-sided), ``p_value_fdr``, ``suspect`` (bool) and ``status`` (``too_few_cells``).

    Raises
    ------
    SchemaError
        If the products differ or a variable is missing.
    ConfigError
        If an option is out of range or the metric is no correlation.

    Notes
    -----
    Beyond METHODS 4.1, which drops training stations: this asks whether dropping them mattered. Training stations are
    often at easier places, where every product is better. So the lead over the peers is compared, not the score:
    :math:`d = z(R) - z(R_{peers})` at training stations against others, since ease is shared by all products at a
    place. A product may also be better than its peers on one land cover; hence the comparison within categories
    :math:`g`: :math:`\delta = \sum w_g(\bar d_{trained,g} - \bar d_{unseen,g}) / \sum w_g` with
    :math:`w_g = n_t n_u / (n_t + n_u)`, over categories with two cells on both sides. The test is Welch's, with
    Satterthwaite's degrees of freedom over all categories; false discoveries are controlled over products. Choice: a
    product is suspect where the adjusted p-value is below ``alpha``.

    Examples
    --------
    >>> easy, hard = [0.90, 0.92, 0.91, 0.93, 0.90, 0.92], [0.60, 0.64, 0.62, 0.61, 0.63, 0.62]
    >>> names = {"product": ["leaky", "honest"]}
    >>> def make(r, others): return xr.Dataset({"r": (("product", "cell"), r), "peers": (("product", "cell"), others)},
    ...                                        names)
    >>> got = leakage(make([easy, easy], [hard, easy]), make([hard, hard], [hard, hard]))
    >>> got.suspect.values.tolist(), got.excess.values.round(2).tolist()
    ([True, False], [0.83, 0.0])
    """
    from ..stats.multiple import fdr

    if metric not in CORRELATIONS or not 0 < alpha < 1 or more_than < 1:
        raise ConfigError("metric, alpha or more_than", found=f"{metric}, {alpha}, {more_than}",
                          needed=f"one of {list(CORRELATIONS)}, a level between 0 and 1, at least 1 cell")  # fmt: skip
    names = trained["product"].values
    if names.tolist() != unseen["product"].values.tolist():
        raise SchemaError("unseen", found=f"products {unseen['product'].values.tolist()}",
                          needed=f"{names.tolist()}, in this order")  # fmt: skip
    sides = [_side(s, where, metric, peers, by) for where, s in (("trained", trained), ("unseen", unseen))]
    rows = []
    for i in range(len(names)):
        own, others, groups = zip(*((r[i], p[i], g[i]) for r, p, g in sides), strict=True)
        excess, p, counts = _excess(own, others, groups, more_than)
        rows.append([*map(_median, (*own, *others)), excess, p, *counts])
    table = np.array(rows, float)
    adjusted = fdr(table[:, 5])
    units, text = METRICS.get(metric, ("1", metric))
    values = {
        "trained": (table[:, 0], units, f"median at training stations: {text}"),
        "unseen": (table[:, 1], units, f"median at stations not trained on: {text}"),
        "peers_trained": (table[:, 2], units, f"median of the peers at the product's training stations: {text}"),
        "peers_unseen": (table[:, 3], units, f"median of the peers at the other stations: {text}"),
        "excess": (table[:, 4], "1", "lead over the peers at training stations minus that elsewhere, Fisher's z"),
        "p_value": (table[:, 5], "1", "one-sided p-value of Welch's test within categories"),
        "p_value_fdr": (adjusted, "1", "the same, false discovery rate controlled over products"),
    }
    out = xr.Dataset({k: ("product", v, {"units": u, "long_name": t}) for k, (v, u, t) in values.items()})
    for i, side in enumerate(("trained", "unseen")):
        out[f"n_{side}"] = ("product", table[:, 6 + i].astype("int64"), {"units": "1", "long_name": f"cells, {side}"})
    out["suspect"] = ("product", adjusted < alpha, {"long_name": "further ahead where it was trained than by chance"})
    few = table[:, 6:8].min(axis=1) <= more_than
    out["status"] = ("product", np.where(few, STATUS["too_few_cells"], STATUS["ok"]).astype("int8"),
                     schema.status_attrs())  # fmt: skip
    return schema.stamp(out.assign_coords(product=names), title="Scores at training stations and elsewhere",
                        inputs=[trained.attrs.get("title", "scores")], metric=metric, alpha=alpha, by=by or "",
                        simulated=schema.is_simulated(trained) or schema.is_simulated(unseen))  # fmt: skip


def _side(ds: xr.Dataset, where: str, metric: str, peers: str, by: str | None) -> tuple[np.ndarray, ...]:
    """Metric, that of the peers, and categories, each (product, cell)."""
    if missing := [v for v in (peers, by) if v is not None and v not in ds]:
        raise SchemaError(where, found=f"no {', '.join(missing)}", needed=f"{metric}, {peers} and the categories")
    own, others = (np.asarray(per_product(ds, v), float) for v in (metric, peers))
    if by is None:
        return own, others, np.full(own.shape, "all")
    groups = ds[by].broadcast_like(ds[metric]).transpose("product", "cell").values
    return own, others, np.where([[isinstance(v, str) for v in row] for row in groups], groups, "").astype(str)


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else np.nan


def _excess(own, others, groups, more_than: int) -> tuple[float, float, tuple[int, int]]:
    """Difference in differences over categories, its one-sided p-value, and the cells of both sides."""
    from scipy import stats

    ahead = [np.arctanh(np.clip(a, -TOP, TOP)) - np.arctanh(np.clip(b, -TOP, TOP)) for a, b in zip(own, others)]
    count, parts = np.zeros(2, int), []
    for name in np.unique(groups[0][groups[0] != ""]):
        x, y = (d[np.isfinite(d) & (g == name)] for d, g in zip(ahead, groups))
        if min(x.size, y.size) < 2:
            continue
        count += x.size, y.size
        weight = x.size * y.size / (x.size + y.size)
        parts.append((weight, x.mean() - y.mean(), x.var(ddof=1) / x.size, y.var(ddof=1) / y.size, x.size, y.size))
    sizes = int(count[0]), int(count[1])
    if min(sizes) <= more_than:
        return np.nan, np.nan, sizes
    w, d, a, b, m, n = np.array(parts).T
    w = w / w.sum()
    excess, variance = float(w @ d), float(w**2 @ (a + b))
    if variance == 0:
        return excess, float(excess <= 0), sizes
    freedom = variance**2 / np.sum(w**4 * (a**2 / (m - 1) + b**2 / (n - 1)))
    return excess, float(stats.t.sf(excess / np.sqrt(variance), freedom)), sizes
