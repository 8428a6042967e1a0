"""Products against stations, from data to scores, on common cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from .common_cells import Evaluation, matchups
from .conditional import score_by_period
from .scaling import scale
from .score import score


def evaluate(
    products: Mapping[str, xr.Dataset], stations: xr.Dataset, *, config: Evaluation | None = None
) -> xr.Dataset:
    """Score products against stations on common cells, for all cells, core, extra and strict ones, and parts of time.

    Parameters
    ----------
    products : mapping of str to xarray.Dataset
        Canonical ``grid`` or ``observations`` by name; lazy stays lazy.
    stations : xarray.Dataset
        Canonical ``stations``.
    config : Evaluation, optional
        Choices; see there.

    Returns
    -------
    xarray.Dataset
        Dims (cell, product, subset): the metrics with bounds and ``status`` (``no_station`` where a product has no
        independent station in a cell, or the cell is not of the subset). (cell, product): the counts of the match-up,
        ``n_estimate``, ``n_reference``, ``n_matched``, ``n_dropped`` (by reason). Coordinates per cell: ``cell_lat``,
        ``cell_lon``, ``stations``, ``n_stations``, ``network``, ``land_cover``, ``climate``, ``texture`` (the most
        frequent of its sensors), ``lc_area`` [1] where a land-cover map is given. Attribute ``dropped`` (JSON): per
        product, the training stations that were not used; ``sensors_outside``: those without a cell.

    Raises
    ------
    SchemaError
        If an input is not canonical or no station lies on the grid.
    ConfigError
        If a choice cannot be used or names an unknown product.

    Notes
    -----
    A cell is a cell of one grid for all products, so that products of other resolutions are compared where all are
    judged by the same stations; each product is matched by its own grid at the cell's centre of stations. Subsets:
    ``all``, ``core``, ``extra``, ``strict``, and one per part of time. Core and extra are decided by all stations of a
    cell, so they mean the same cells for every product.

    Examples
    --------
    >>> import pandas as pd
    >>> from vadose.grid import Grid
    >>> grid = Grid.regular(1.0).crop((0, 0, 2, 1))
    >>> t = pd.date_range("2020-06-01", periods=40)
    >>> truth = (0.25 + 0.1 * np.sin(np.arange(40.0)))[:, None, None] * np.ones((1, 1, 2))
    >>> def make(v): return schema.with_grid(xr.Dataset({"sm": (("time", "lat", "lon"), v, {"units": "m3 m-3"})},
    ...                                                 {"time": t}), grid)
    >>> per = {"network": ["N"] * 2, "station": ["A", "B"], "lat": [0.5] * 2, "lon": [0.5, 1.5],
    ...        "depth_from": [0.0] * 2, "depth_to": [0.05] * 2}
    >>> stations = xr.Dataset({"sm": (("sensor", "time"), truth[:, 0].T, {"units": "m3 m-3"})},
    ...                       {"time": t, **{k: ("sensor", v) for k, v in per.items()}}, {"step": "day"})
    >>> trained = pd.DataFrame({"network": ["N"], "station": ["A"]})
    >>> got = evaluate({"good": make(truth + 0.01), "leaky": make(truth)}, stations,
    ...                config=Evaluation(training={"leaky": trained}))
    >>> got.bias.sel(subset="all").values.round(3).tolist()
    [[0.01, nan], [0.01, 0.0]]
    >>> schema.status_name(got.status.sel(subset="all", product="leaky")[0])
    'no_station'
    """
    pairs = matchups(products, stations, config=config)
    config = config or Evaluation()
    first = next(iter(pairs.values()))
    subsets = _subsets(first, config)
    parts = [_score_product(p, subsets, config) for p in pairs.values()]
    out = xr.concat(parts, xr.IndexVariable("product", list(pairs)), combine_attrs="drop_conflicts", coords="minimal",
                    compat="override")  # fmt: skip
    out = out.transpose("cell", "product", "subset", ...)
    for name in ("lc_area", "core", "strict"):
        if name in first.coords:
            out = out.assign_coords({name: first[name]})
    index = xr.IndexVariable("product", list(pairs))
    for name in ("n_estimate", "n_reference", "n_matched", "n_dropped"):
        counts = xr.concat([p[name].reset_coords(drop=True) for p in pairs.values()], index)
        out[name] = counts.transpose("cell", "product", ...).assign_attrs(first[name].attrs)
    dropped = {k: json.loads(p.attrs["dropped"]) for k, p in pairs.items()}
    return schema.stamp(
        out, title=f"Evaluation of {', '.join(pairs)}", simulated=any(schema.is_simulated(p) for p in pairs.values()),
        inputs=[*(str(p.attrs.get("title", k)) for k, p in products.items()), stations.attrs.get("title", "stations")],
        dropped=json.dumps(dropped, ensure_ascii=False), sensors_outside=first.attrs["sensors_outside"],
        grid=first.attrs["grid"], window=config.window, ci=config.ci, level=config.level, min_n=config.min_n,
        scaling=config.scaling or "", seed=config.seed if config.ci == "bootstrap" else None,
    )  # fmt: skip


def _subsets(pairs: xr.Dataset, config: Evaluation) -> dict[str, np.ndarray]:
    subsets = {"all": np.ones(pairs.sizes["cell"], bool)}
    if "core" in pairs.coords:
        core = pairs["core"].values
        subsets |= {"core": core, "extra": ~core}
    if "strict" in pairs.coords:
        subsets["strict"] = pairs["strict"].values
    return subsets


def _score_product(pairs: xr.Dataset, subsets: Mapping[str, np.ndarray], config: Evaluation) -> xr.Dataset:
    """Scores of one product with a dim subset: parts of the cells, then parts of time."""
    options: dict[str, Any] = dict(
        ci=config.ci, level=config.level, min_n=config.min_n, n_boot=config.n_boot, seed=config.seed
    )
    no_station = pairs["n_stations_used"].values == 0
    if config.scaling and config.scale_after_split:
        whole = score(scale(pairs, method=config.scaling, min_n=config.min_n), **options)
    else:
        whole = score(pairs, **options)
    never = (pairs["n_estimate"] > 0) & (pairs["n_reference"] > 0) & (pairs["n_matched"] == 0)
    status = whole["status"].where(
        ~(never & (whole["status"] == schema.STATUS["no_data"])), schema.STATUS["no_overlap"]
    )
    whole["status"] = status.astype("int8").assign_attrs(schema.status_attrs())
    whole = whole.drop_vars([v for v in whole.data_vars if str(v).startswith("n_") and "eff" not in str(v)])
    parts = [_only(whole, member & ~no_station) for member in subsets.values()]
    names = list(subsets)
    for by in config.by:
        split = pairs
        if config.scaling and config.scale_after_split:
            split = scale(pairs, method=config.scaling, by=by, min_n=config.min_n)
        got = score_by_period(split, by=by, **options)
        for label in got["subset"].values:
            parts.append(_only(got.sel(subset=label, drop=True), ~no_station))
            names.append(str(label) if by in ("season", "year") else f"{by} {label}")
    return xr.concat(parts, xr.IndexVariable("subset", names), data_vars="all", coords="minimal", compat="override",
                     join="outer", combine_attrs="drop_conflicts")  # fmt: skip


def _only(scores: xr.Dataset, member: np.ndarray) -> xr.Dataset:
    """Scores of some cells; the others are missing with status ``no_station``."""
    inside = xr.DataArray(member, dims="cell")
    out = scores.copy()
    for name, da in scores.data_vars.items():
        text = str(name)
        if text.endswith("status"):
            out[name] = da.where(inside, schema.STATUS["no_station"]).astype("int8")
        elif da.dtype.kind == "i":
            out[name] = da.where(inside, 0).astype(da.dtype)
        else:
            out[name] = da.where(inside)
        out[name].attrs = da.attrs
    return out
