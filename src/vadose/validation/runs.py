"""Two runs of a validation, compared on the cells that both have."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .categories import CORRELATIONS
from .metrics import METRICS

#: Metrics compared by default.
COMPARED = ("r", "bias", "ubrmse", "rmse", "anomaly_r")


def compare_runs(
    a: xr.Dataset, b: xr.Dataset, *, metrics: tuple[str, ...] = COMPARED, level: float = 0.95, min_cells: int = 3
) -> xr.Dataset:
    """Differences of the scores of two runs, product by product, paired on common cells.

    Parameters
    ----------
    a, b : xarray.Dataset, dim cell or dims (cell, product, subset)
        Scores of a validation (``scores.nc``) with coordinates ``product`` and ``stations`` per cell, or those of
        :func:`vadose.validation.evaluate`, of which the subset ``all`` is compared.
    metrics : tuple of str
        Metrics to compare; those that one run lacks are left out.
    level : float
        Level of the intervals [1].
    min_cells : int
        Fewest common cells of an interval.

    Returns
    -------
    xarray.Dataset
        Dims (product, metric): ``a`` and ``b``, medians over common cells; ``difference``, the mean of b minus a, with
        ``_lower``, ``_upper`` and ``p_value`` (paired t; correlations on Fisher's z scale); ``n_common`` cells with a
        value in both, ``n_changed`` of which differ; ``status``. (product): ``only_a``, ``only_b``, cells of one run
        alone; products of one run alone have no common cell.

    Raises
    ------
    SchemaError
        If a dataset has no product or stations per cell.
    ConfigError
        If no metric is in both, or an option is out of range.

    Notes
    -----
    Choice: a cell is known by product and stations, so that a run on another grid is compared by the places that both
    judge. Cells are taken as independent; neighbours are not quite.

    Examples
    --------
    >>> def make(r): return xr.Dataset({"r": ("cell", r)}, {"product": ("cell", ["p"] * 3),
    ...                                                    "stations": ("cell", ["s1", "s2", "s3"])})
    >>> got = compare_runs(make([0.5, 0.6, 0.7]), make([0.6, 0.7, 0.8]))
    >>> round(float(got.difference.sel(product="p", metric="r")), 3), int(got.n_common.sel(product="p", metric="r"))
    (0.1, 3)
    """
    from scipy import stats

    a, b = _per_cell(a), _per_cell(b)
    for name, run in (("a", a), ("b", b)):
        for label in ("product", "stations"):
            if label not in run.coords or run[label].dims != ("cell",):
                raise SchemaError(f"run {name}", found=f"coordinates {sorted(map(str, run.coords))}", needed=f"{label} "
                                  "per cell", do="Give the scores.nc of a validation.")  # fmt: skip
    names = [m for m in metrics if m in a and m in b]
    if not names:
        raise ConfigError("metrics", found=f"{list(metrics)}", needed=f"some of {[str(v) for v in a if v in b]}")
    if not 0 < level < 1 or min_cells < 3:
        raise ConfigError("level, min_cells", found=f"{level}, {min_cells}", needed="a share, and at least 3 cells")
    keys = [_keys(run) for run in (a, b)]
    products = list(dict.fromkeys([*a["product"].values.astype(str), *b["product"].values.astype(str)]))
    shape = (len(products), len(names))
    out = {
        k: np.full(shape, np.nan) for k in ("a", "b", "difference", "difference_lower", "difference_upper", "p_value")
    }
    n, changed, status = np.zeros(shape, int), np.zeros(shape, int), np.full(shape, STATUS["no_overlap"], "int8")
    alone = np.zeros((2, len(products)), int)
    for i, product in enumerate(products):
        own = [{s: at for (p, s), at in k.items() if p == product} for k in keys]
        both = [s for s in own[0] if s in own[1]]
        alone[:, i] = len(own[0]) - len(both), len(own[1]) - len(both)
        for j, metric in enumerate(names):
            x, y = (np.asarray(run[metric], float)[[o[s] for s in both]] for run, o in zip((a, b), own, strict=True))
            known = np.isfinite(x) & np.isfinite(y)
            x, y = x[known], y[known]
            d = y - x
            n[i, j], changed[i, j] = d.size, int((d != 0).sum())
            if not both:
                continue
            status[i, j] = STATUS["ok" if d.size >= min_cells else "too_few_cells"]
            if not d.size:
                continue
            out["a"][i, j], out["b"][i, j], out["difference"][i, j] = np.median(x), np.median(y), d.mean()
            if d.size < min_cells:
                continue
            half = stats.t.ppf(0.5 + 0.5 * level, d.size - 1) * d.std(ddof=1) / np.sqrt(d.size)
            out["difference_lower"][i, j], out["difference_upper"][i, j] = d.mean() - half, d.mean() + half
            if np.ptp(d) == 0:
                out["p_value"][i, j] = 1.0 if d[0] == 0 else 0.0
                continue
            if metric in CORRELATIONS:
                x, y = (np.arctanh(np.clip(v, -0.999999, 0.999999)) for v in (x, y))
            out["p_value"][i, j] = stats.ttest_rel(y, x).pvalue
    dims = ("product", "metric")
    words = {"a": "median of run A", "b": "median of run B", "difference": "mean of B minus A",
             "p_value": "p-value of the paired t test",
             "difference_lower": f"lower {100 * level:g} % bound of the difference",
             "difference_upper": f"upper {100 * level:g} % bound of the difference"}  # fmt: skip
    got = xr.Dataset({k: (dims, v, {"units": "1" if k == "p_value" else "see coordinate unit", "long_name": words[k]})
                      for k, v in out.items()})  # fmt: skip
    got["n_common"] = dims, n, {"units": "1", "long_name": "cells with a value in both runs"}
    got["n_changed"] = dims, changed, {"units": "1", "long_name": "common cells whose value differs"}
    got["status"] = dims, status, schema.status_attrs()
    for k, v in (("only_a", alone[0]), ("only_b", alone[1])):
        got[k] = "product", v, {"units": "1", "long_name": f"cells of run {k[-1].upper()} alone"}
    got = got.assign_coords(product=products, metric=names, unit=("metric", [METRICS[m][0] for m in names]))
    return schema.stamp(got, title="Two runs compared", level=level, min_cells=min_cells,
                        inputs=[str(r.attrs.get("title", "scores")) for r in (a, b)],
                        simulated=schema.is_simulated(a) or schema.is_simulated(b))  # fmt: skip


def _per_cell(run: xr.Dataset) -> xr.Dataset:
    """Scores (cell, product, subset) with the product along ``cell``, all pairs of each."""
    if not {"cell", "product"} <= set(run.dims):
        return run
    whole = run.sel(subset="all", drop=True) if "subset" in run.dims else run
    keep = [v for v in whole.data_vars if set(whole[v].dims) == {"cell", "product"}]
    plain = whole[keep]
    plain = plain.drop_vars([c for c in plain.coords if c not in ("product", "stations")])
    parts = [plain.isel(product=i, drop=True) for i in range(plain.sizes["product"])]
    names = np.repeat(plain["product"].values.astype(str), plain.sizes["cell"])
    return xr.concat(parts, "cell", coords="different", compat="equals").assign_coords(
        product=("cell", names)).assign_attrs(run.attrs)  # fmt: skip


def _keys(run: xr.Dataset) -> dict[tuple[str, str], int]:
    """Position of each cell by product and stations; the same stations twice are told apart by their order."""
    found: dict[tuple[str, str], int] = {}
    for at, (product, stations) in enumerate(zip(run["product"].values, run["stations"].values, strict=True)):
        key, again = (str(product), str(stations)), 1
        while key in found:
            again += 1
            key = (str(product), f"{stations} #{again}")
        found[key] = at
    return found
