"""One product against many, each on the cells and dates that both have: in time and in space."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS
from .categories import CORRELATIONS
from .metrics import METRICS
from .score import check_pairs, regular_position, score
from .spatial import score_spatial

#: Metrics compared, as in Tables 3 and 4 of Chen et al. (2021).
COMPARED = ("r", "rmse", "bias", "ubrmse", "anomaly_r")
VIEWS = ("time", "space")
_FIELDS = ("difference", "difference_lower", "difference_upper", "p_value", "p_wilcoxon")


def head_to_head(
    pairs: Mapping[str, xr.Dataset],
    *,
    candidate: str,
    common: str = "pair",
    level: float = 0.95,
    min_n: int = 20,
    min_years: int = 3,
    min_cells: int = 20,
) -> xr.Dataset:
    """Compare a candidate with every other product on common cells and dates.

    Parameters
    ----------
    pairs : mapping of str to xarray.Dataset
        Match-ups on the same cells and times, from :func:`vadose.validation.matchups`.
    candidate : str
        The product to compare with all others.
    common : {"pair", "all"}
        Samples that the two have, or samples that all products have.
    level : float
        Level of the intervals [1].
    min_n, min_years : int
        As in :func:`vadose.validation.score`, per cell in time.
    min_cells : int
        Fewest cells of a date in space.

    Returns
    -------
    xarray.Dataset
        Dims (view, other, metric, side): ``mean`` and ``median`` of the metric over cells (view ``time``) or dates
        (``space``), for ``candidate`` and ``other``. (view, other, metric): ``difference`` (mean of candidate minus
        other; of absolute values for the bias) with bounds, ``p_value`` (paired t), ``p_wilcoxon`` and both adjusted
        over the view with ``_fdr``; ``better`` (1 candidate, -1 other, 0 undecided at 1 - level after adjustment),
        ``n`` cells or dates. (view, other): ``status``; (other): ``n_pairs``. The anomaly correlation has no spatial
        view.

    Raises
    ------
    ConfigError
        If the candidate is unknown or alone, or ``common`` is.
    SchemaError
        If the match-ups have different cells or times.

    Notes
    -----
    METHODS 4.3, 4.4; Tables 3 and 4 of paper 003. Choice: correlations are tested on Fisher's z scale; the bias by its
    size, since a bias nearer 0 is better; dates follow each other, so that the t test over dates uses the effective
    sample size of their differences, and Wilcoxon's is given over cells only. Cells are taken as independent.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> truth = 0.25 + 0.05 * rng.standard_normal((25, 200))
    >>> unit, time = {"units": "m3 m-3"}, pd.date_range("2020-01-01", periods=200)
    >>> def make(noise): return xr.Dataset(
    ...     {"estimate": (("cell", "time"), truth + noise * rng.standard_normal(truth.shape), unit),
    ...      "reference": (("cell", "time"), truth, unit)}, {"time": time})
    >>> got = head_to_head({"good": make(0.01), "poor": make(0.05)}, candidate="good")
    >>> got.better.sel(metric="ubrmse", other="poor").values.tolist(), got.n.sel(metric="r").values.tolist()
    ([1, 1], [[25], [200]])
    """
    from ..stats.multiple import fdr

    others = _check(pairs, candidate, common)
    there = {k: (p["estimate"].notnull() & p["reference"].notnull()) for k, p in pairs.items()}
    everyone = there[candidate]
    for name in others:
        everyone = everyone & there[name]
    shape = (len(VIEWS), len(others), len(COMPARED))
    centre = np.full((2, *shape, 2), np.nan)
    tests = np.full((len(_FIELDS), *shape), np.nan)
    count, status, used = np.zeros(shape, int), np.zeros(shape[:2], "int8"), np.zeros(len(others), int)
    for j, other in enumerate(others):
        mask = everyone if common == "all" else there[candidate] & there[other]
        both = [_masked(pairs[k], mask) for k in (candidate, other)]
        used[j] = int(mask.sum())
        for i, view in enumerate(VIEWS):
            if view == "time":
                scores = [score(b, ci="none", min_n=min_n, min_years=min_years) for b in both]
            else:
                scores = [score_spatial(b, level=level, min_cells=min_cells) for b in both]
            position = None if view == "time" else regular_position(scores[0].indexes["time"])
            for m, metric in enumerate(COMPARED):
                if metric not in scores[0]:
                    continue
                a, b = (np.asarray(s[metric], float) for s in scores)
                known = np.isfinite(a) & np.isfinite(b)
                count[i, j, m] = known.sum()
                if known.any():
                    centre[:, i, j, m] = [[f(v[known]) for v in (a, b)] for f in (np.mean, np.median)]
                    tests[:, i, j, m] = _tests(a[known], b[known], metric, level, None if position is None else
                                               position[known])  # fmt: skip
            found = count[i, j, 0]
            few = "no_overlap" if not used[j] else "too_few_pairs" if view == "time" and not found else "too_few_cells"
            status[i, j] = STATUS["ok" if found >= 3 else few]
    adjusted = np.stack([np.stack([fdr(t[i]) for i in range(len(VIEWS))]) for t in tests[3:]])
    clear = adjusted[0] <= 1.0 - level
    side = np.array([1 if m in CORRELATIONS else -1 for m in COMPARED])
    better = np.where(clear, np.sign(np.nan_to_num(tests[0])) * side, 0).astype("int8")
    dims = ("view", "other", "metric")
    words = {"mean": "mean over cells or dates", "median": "median over cells or dates"}
    out = xr.Dataset({k: ((*dims, "side"), centre[i], {"units": "see coordinate unit", "long_name": w})
                      for i, (k, w) in enumerate(words.items())})  # fmt: skip
    for k, values in (*zip(_FIELDS, tests, strict=True), ("p_value_fdr", adjusted[0]), ("p_wilcoxon_fdr", adjusted[1])):
        unit = "1" if k.startswith("p_") else "see coordinate unit"
        out[k] = dims, values, {"units": unit, "long_name": k.replace("_", " ")}
    out["better"] = (
        dims,
        better,
        {"units": "1", "flag_values": [-1, 0, 1], "flag_meanings": "other undecided candidate"},
    )
    out["n"] = dims, count, {"units": "1", "long_name": "cells or dates with both"}
    out["status"] = dims[:2], status, schema.status_attrs()
    out["n_pairs"] = "other", used, {"units": "1", "long_name": "common pairs"}
    out = out.assign_coords(view=list(VIEWS), other=others, metric=list(COMPARED), side=["candidate", "other"],
                            unit=("metric", [METRICS[m][0] for m in COMPARED]))  # fmt: skip
    return schema.stamp(
        out, title=f"{candidate} against {', '.join(others)}", simulated=any(map(schema.is_simulated, pairs.values())),
        inputs=[str(p.attrs.get("title", k)) for k, p in pairs.items()], candidate=candidate, common=common,
        level=level, min_n=min_n, min_cells=min_cells,
    )  # fmt: skip


def _masked(pairs: xr.Dataset, mask: xr.DataArray) -> xr.Dataset:
    """Both sides where the mask is true, units kept."""
    sides = {k: pairs[k].where(mask).assign_attrs(pairs[k].attrs) for k in ("estimate", "reference")}
    return xr.Dataset(sides, attrs=pairs.attrs)


def _check(pairs: Mapping[str, xr.Dataset], candidate: str, common: str) -> list[str]:
    if candidate not in pairs or len(pairs) < 2:
        raise ConfigError("candidate", found=repr(candidate), needed=f"one of {list(pairs)}, and another product")
    if common not in ("pair", "all"):
        raise ConfigError("common", found=repr(common), needed="'pair' or 'all'")
    first = pairs[candidate]
    for name, p in pairs.items():
        check_pairs(p)
        if p.sizes["cell"] != first.sizes["cell"] or not p.indexes["time"].equals(first.indexes["time"]):
            raise SchemaError(name, found=f"{p.sizes['cell']} cells, {p.sizes['time']} times",
                              needed=f"those of {candidate}: {first.sizes['cell']} cells, {first.sizes['time']} times",
                              do="Match all with vadose.validation.matchups.")  # fmt: skip
    return [name for name in pairs if name != candidate]


def _tests(a: np.ndarray, b: np.ndarray, metric: str, level: float, position: np.ndarray | None) -> list[float]:
    """Mean difference with bounds, p of the paired t, p of Wilcoxon's test."""
    from scipy import stats

    from ..stats.pairs import scores

    if metric == "bias":
        a, b = np.abs(a), np.abs(b)
    d = a - b
    if d.size < 3:
        return [float(d.mean()), np.nan, np.nan, np.nan, np.nan]
    z = (np.arctanh(np.clip(v, -0.999999, 0.999999)) if metric in CORRELATIONS else v for v in (a, b))
    za, zb = z
    if position is not None:
        plain = scores(a, b, position=position, level=level, min_n=3, ranks=False)
        tested = scores(za, zb, position=position, level=level, min_n=3, ranks=False)
        return [float(plain["bias"]), float(plain["bias_lower"]), float(plain["bias_upper"]), float(tested["bias_p"]),
                np.nan]  # fmt: skip
    half = stats.t.ppf(0.5 + 0.5 * level, d.size - 1) * d.std(ddof=1) / np.sqrt(d.size)
    if np.ptp(d) == 0:
        return [float(d.mean()), float(d.mean()), float(d.mean()), 1.0 if d[0] == 0 else np.nan, np.nan]
    return [float(d.mean()), float(d.mean() - half), float(d.mean() + half), float(stats.ttest_rel(za, zb).pvalue),
            float(stats.wilcoxon(za, zb).pvalue)]  # fmt: skip
