"""Products against stations, from data to scores, on common cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from .common_cells import Evaluation, matchups
from .parts import score_parts


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
        independent station in a cell, or the cell is not of the subset); coordinates of ``subset`` as in
        :func:`vadose.validation.score_parts`. (cell, product): the counts of the match-up,
        ``n_estimate``, ``n_reference``, ``n_matched``, ``n_dropped`` (by reason). Coordinates per cell: ``cell_lat``,
        ``cell_lon``, ``stations``, ``n_stations``, ``network``, ``land_cover``, ``climate``, ``texture`` (the most
        frequent of its sensors), ``lc_area`` [1] where a land-cover map is given. Attribute ``dropped`` (JSON): per
        product, the training stations that were not used; ``unmatched`` (JSON): those of its training list that no
        sensor is; ``sensors_outside``: those without a cell.

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
    ``all``, ``core``, ``extra``, ``strict``, one per part of time, and one per kind of anomaly. Core and extra are
    decided by all stations of a cell, so they mean the same cells for every product.

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
    out = evaluate_matchups(matchups(products, stations, config=config), config=config)
    inputs = [*(str(p.attrs.get("title", k)) for k, p in products.items()), stations.attrs.get("title", "stations")]
    return schema.stamp(out, title=out.attrs["title"], inputs=inputs)


def evaluate_matchups(pairs: Mapping[str, xr.Dataset], *, config: Evaluation | None = None) -> xr.Dataset:
    """Score match-ups that are made already, as :func:`vadose.validation.evaluate` does.

    Parameters
    ----------
    pairs : mapping of str to xarray.Dataset
        From :func:`vadose.validation.matchups` with the same choices.
    config : Evaluation, optional
        Choices; see there.

    Returns
    -------
    xarray.Dataset
        As of :func:`vadose.validation.evaluate`.
    """
    config = config or Evaluation()
    first = next(iter(pairs.values()))
    subsets = _subsets(first, config)
    options: dict[str, Any] = {k: getattr(config, k) for k in (
        "by", "scaling", "scale_after_split", "ci", "level", "min_n", "min_years", "n_boot", "seed")}  # fmt: skip
    parts = [score_parts(p, members=subsets, anomaly=config.anomalies, **options) for p in pairs.values()]
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
        inputs=list(pairs), dropped=json.dumps(dropped, ensure_ascii=False),
        unmatched=json.dumps({k: json.loads(p.attrs["unmatched"]) for k, p in pairs.items()}, ensure_ascii=False),
        sensors_outside=first.attrs["sensors_outside"],
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
