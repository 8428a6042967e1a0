"""A composite of products, judged on cells that did not set its weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .score import check_pairs


def composite(
    pairs: Mapping[str, xr.Dataset],
    *,
    by: str = "error",
    groups: str | None = None,
    strata: str | None = None,
    folds: int = 5,
    more_than: int = 5,
    seed: int = 0,
) -> xr.Dataset:
    """Merge products with weights learnt on other cells, and return pairs that can be scored like any product's.

    Parameters
    ----------
    pairs : mapping of str to xarray.Dataset
        Match-ups by product, on the same cells and times, in m3 m-3.
    by : {"error", "best", "equal"}
        Weights by inverse error variance; all weight to the product with the best median R (the look-up table's
        choice); the same for all.
    groups : str, optional
        Coordinate per cell, such as ``network``: cells of one group are never split between learning and judging.
    strata : str, optional
        Coordinate per cell, such as ``land_cover``: weights are learnt per stratum, those of all cells serve where a
        stratum has too few.
    folds : int
        Parts of the cells; each is judged with weights of the others.
    more_than : int
        A stratum sets weights with more learning cells than this.
    seed : int
        Of the division into folds.

    Returns
    -------
    xarray.Dataset
        A match-up (cell, time): ``estimate`` [m3 m-3], ``reference``; ``weight`` (product, cell) [1] as used where all
        products are there, ``shift`` (product, cell) [m3 m-3] taken off, ``fold`` (cell).

    Raises
    ------
    SchemaError
        If cells, times or units differ, or a coordinate is missing.
    ConfigError
        If an option cannot be used, or there are fewer groups than folds.

    Notes
    -----
    METHODS 4.4. Weights w_i are proportional to 1 / median over the learning cells of ubRMSE_i², after the median bias
    of the learning cells is taken off each product; at each time they are shared among the products that have a value.
    Choice: the mean square error against stations includes the stations' own error, which lets weights lean to equal
    ones; :func:`weights_from_collocation` is free of it. The reference is that of the first product where it is valid
    for any. Lazy pairs are read to learn the weights.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> truth = 0.25 + 0.05 * rng.standard_normal((20, 300))
    >>> unit, time = {"units": "m3 m-3"}, pd.date_range("2020-01-01", periods=300)
    >>> pairs = {k: xr.Dataset({"estimate": (("cell", "time"), truth + s * rng.standard_normal(truth.shape), unit),
    ...                         "reference": (("cell", "time"), truth, unit)}, {"time": time})
    ...          for k, s in (("a", 0.02), ("b", 0.04))}
    >>> got = composite(pairs)
    >>> got.weight.mean("cell").values.round(2).tolist()
    [0.8, 0.2]
    """
    estimate, reference, first = _stack(pairs)
    if by not in ("error", "best", "equal"):
        raise ConfigError("by", found=repr(by), needed="'error', 'best' or 'equal'")
    fold = _folds(first, groups, folds, seed)
    stratum = np.full(fold.size, "", dtype="U1") if strata is None else _coordinate(first, strata)
    bias, error, r = _per_cell(estimate, reference)
    count = estimate.sizes["product"]
    weight, shift = np.full((count, fold.size), np.nan), np.full((count, fold.size), np.nan)
    for f in range(folds):
        learning = fold != f
        for s in np.unique(stratum[fold == f]):
            own = learning & (stratum == s)
            cells = own if strata is not None and own.sum() > more_than else learning
            target = (fold == f) & (stratum == s)
            learnt, off = _learn(bias[:, cells], error[:, cells], r[:, cells], by)
            weight[:, target], shift[:, target] = learnt[:, None], off[:, None]
    names = list(map(str, pairs))
    w = xr.DataArray(weight, {"product": names}, ("product", "cell"))
    b = xr.DataArray(shift, {"product": names}, ("product", "cell"))
    merged = merge(estimate, w, shift=b)
    out = first.drop_vars([v for v in first.data_vars if v not in ("estimate", "reference")])
    unit = {"units": "m3 m-3"}
    known = reference.where(merged.notnull()).transpose("cell", "time")
    out = out.assign(
        estimate=merged.transpose("cell", "time").assign_attrs(unit, long_name="soil moisture, composite"),
        reference=known.assign_attrs(unit, long_name="soil moisture"),
    )  # fmt: skip
    out["weight"] = w.assign_attrs(units="1", long_name="weight of the product, learnt on other cells")
    out["shift"] = b.assign_attrs(unit, long_name="bias taken off the product, learnt on other cells")
    out["fold"] = ("cell", fold, {"units": "1", "long_name": "part of the cells that was judged together"})
    return schema.stamp(
        out, title=f"Composite of {', '.join(names)}", product="composite",
        inputs=[p.attrs.get("title", k) for k, p in pairs.items()], weights=by, folds=folds, seed=seed,
        groups=groups or "", strata=strata or "", simulated=any(schema.is_simulated(p) for p in pairs.values()),
    )  # fmt: skip


def merge(estimate: xr.DataArray, weight: xr.DataArray, *, shift: xr.DataArray | None = None) -> xr.DataArray:
    """Weighted mean over the products that have a value.

    Parameters
    ----------
    estimate : xarray.DataArray, dims (product, ...)
        Products in one unit; lazy stays lazy.
    weight : xarray.DataArray, dims (product, ...)
        Weights [1]; NaN and 0 leave a product out.
    shift : xarray.DataArray, optional
        Taken off each product first [unit of the estimate].

    Returns
    -------
    xarray.DataArray
        Without ``product``; NaN where no product with weight has a value.

    Examples
    --------
    >>> x = xr.DataArray([[1.0, np.nan], [3.0, 3.0]], dims=("product", "time"))
    >>> merge(x, xr.DataArray([0.75, 0.25], dims="product")).values.tolist()
    [1.5, 3.0]
    """
    values = estimate if shift is None else estimate - shift
    w = weight.fillna(0.0).where(values.notnull(), 0.0)
    total = w.sum("product")
    merged = (w * values.fillna(0.0)).sum("product") / total.where(total > 0)
    return merged.assign_attrs(units=estimate.attrs.get("units", ""), long_name="weighted mean of the products")


def weights_from_collocation(collocation: xr.Dataset) -> xr.DataArray:
    """Weights of the products of a triple collocation, those without an estimate left out.

    Parameters
    ----------
    collocation : xarray.Dataset
        From :func:`vadose.validation.triple_collocation`; with a ``station`` record as third product, drop it from the
        result and divide by the sum.

    Returns
    -------
    xarray.DataArray, dims (product, ...)
        1 / err_std_ref², of sum 1 [1]; NaN where no product has an error.

    Examples
    --------
    >>> c = xr.Dataset({"err_std_ref": (("product", "cell"), [[0.01, np.nan], [0.02, 0.03]])}, {"product": ["a", "b"]})
    >>> weights_from_collocation(c).values.round(2).tolist()
    [[0.8, 0.0], [0.2, 1.0]]
    """
    strength = (1.0 / collocation["err_std_ref"] ** 2).fillna(0.0)
    total = strength.sum("product")
    return (strength / total.where(total > 0)).assign_attrs(units="1", long_name="weight of the best linear merge")


def _stack(pairs: Mapping[str, xr.Dataset]) -> tuple[xr.DataArray, xr.DataArray, xr.Dataset]:
    if len(pairs) < 2:
        raise ConfigError("pairs", found=f"{len(pairs)} products", needed="at least two")
    for name, p in pairs.items():
        check_pairs(p)
        if (unit := p["estimate"].attrs.get("units")) != "m3 m-3":
            raise SchemaError(name, found=f"units {unit!r}", needed="m3 m-3", do="Scale it first: validation.scale.")
    parts = [p[["estimate", "reference"]].reset_coords(drop=True) for p in pairs.values()]
    if len({p.sizes["cell"] for p in parts}) > 1 or any(
        not p.indexes["time"].equals(parts[0].indexes["time"]) for p in parts
    ):
        raise SchemaError("pairs", found="other cells or times", needed="the same for all products",
                          do="Use vadose.validation.evaluate, which makes them common.")  # fmt: skip
    index = xr.IndexVariable("product", list(pairs))
    estimate = xr.concat([p["estimate"].drop_vars("cell", errors="ignore") for p in parts], index)
    reference = parts[0]["reference"].drop_vars("cell", errors="ignore")
    for p in parts[1:]:
        reference = reference.fillna(p["reference"].drop_vars("cell", errors="ignore"))
    return estimate.astype(float).assign_attrs(units="m3 m-3"), reference.astype(float), next(iter(pairs.values()))


def _coordinate(pairs: xr.Dataset, name: str) -> np.ndarray:
    if name not in pairs.coords or pairs[name].dims != ("cell",):
        have = [str(c) for c in pairs.coords if pairs[c].dims == ("cell",)]
        raise SchemaError("groups or strata", found=f"no coordinate {name!r} per cell", needed=f"one of {have}")
    return pairs[name].values.astype(str)


def _folds(pairs: xr.Dataset, groups: str | None, folds: int, seed: int) -> np.ndarray:
    label = np.arange(pairs.sizes["cell"]).astype(str) if groups is None else _coordinate(pairs, groups)
    names, which = np.unique(label, return_inverse=True)
    if not 2 <= folds <= names.size:
        raise ConfigError("folds", found=f"{folds} for {names.size} groups of cells", needed="2 up to the groups")
    order = np.random.default_rng(seed).permutation(names.size)
    part = np.empty(names.size, int)
    part[order] = np.arange(names.size) % folds
    return part[which]


def _per_cell(estimate: xr.DataArray, reference: xr.DataArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bias, unbiased mean square error and correlation per product and cell."""
    from ..stats.pairs import scores

    x = np.asarray(estimate.transpose("product", "cell", "time"))
    y = np.asarray(reference.transpose("cell", "time"))
    got = scores(x, y[None], ci="none", ranks=False)
    return got["bias"], got["ubrmse"] ** 2, got["r"]


def _learn(bias: np.ndarray, error: np.ndarray, r: np.ndarray, by: str) -> tuple[np.ndarray, np.ndarray]:
    known = np.isfinite(error).any(axis=1)
    middle = [np.array([np.median(v[np.isfinite(v)]) if k else np.nan for v, k in zip(t, known, strict=True)])
              for t in (bias, error, r)]  # fmt: skip
    if not known.any():
        return np.full(known.size, np.nan), np.zeros(known.size)
    if by == "best":
        w = (np.arange(known.size) == np.nanargmax(middle[2])).astype(float)
    elif by == "equal":
        w = known.astype(float)
    else:
        w = np.where(known, 1.0 / np.maximum(middle[1], 1e-12), 0.0)
    return w / w.sum(), np.where(known, middle[0], 0.0)
