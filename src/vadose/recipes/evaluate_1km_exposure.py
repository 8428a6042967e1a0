"""Stage of ``evaluate-1km``: what the training stations would have said of each product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import schema, validation
from ..errors import SchemaError
from ..grid import Grid

if TYPE_CHECKING:
    from .evaluate_1km_stages import Result

#: Products are compared within these categories.
BY = "land_cover"


def exposure(
    result: Result, products: Mapping[str, xr.Dataset], stations: xr.Dataset, settings: validation.Evaluation
) -> None:
    """Lead over the other products at training stations beside that elsewhere: who has learnt the answers by heart."""
    lists = settings.training
    first = next(iter(products.values()))
    if len(products) < 2 or schema.form(first) != "grid":
        return
    sides: dict[str, list[xr.Dataset]] = {"trained": [], "unseen": []}
    known = []
    for label, table in lists.items():
        on_list = ~validation.independent(stations, table)["selected"].values
        if not on_list.any():
            continue
        there = replace(settings, grid=Grid.of(first), training={k: v for k, v in lists.items() if k != label},
                        landcover=None, strict=None)  # fmt: skip
        try:
            pairs = validation.matchups(products, stations.isel(sensor=np.flatnonzero(on_list)), config=there)
        except SchemaError:  # none of its training stations lies on the grid
            continue
        scored = [validation.score(p.compute(), ci="none", min_n=settings.min_n)["r"] for p in pairs.values()]
        r = xr.concat([s.reset_coords(drop=True) for s in scored], xr.IndexVariable("product", list(pairs)))
        place = _categories(result, next(iter(pairs.values())))
        sides["trained"].append(_lead(r, label, place))
        whole = result.scores["r"].sel(subset="all").reset_coords(drop=True)
        place = result.scores[BY].values if BY in result.by else np.full(whole.sizes["cell"], "all")
        sides["unseen"].append(_lead(whole, label, place))
        known.append(label)
    if not known:
        return
    index = xr.IndexVariable("product", known)
    marked = {"simulated": "true" if result.simulated else "false"}
    both = [
        xr.concat(parts, index, join="outer", fill_value={"r": np.nan, "peers": np.nan, "category": ""})
        .drop_vars("cell")
        .assign_attrs(marked)
        for parts in sides.values()
    ]
    result.tables["leakage"] = validation.leakage(*both, by="category")


def _categories(result: Result, pairs: xr.Dataset) -> np.ndarray:
    """Category of the cells of other match-ups, by the cell of the evaluation that it is, else by none."""
    if BY not in result.by:
        return np.full(pairs.sizes["cell"], "all")
    names = result.scores[BY].values.astype(str)
    where = zip(result.scores["cell_lat"].values, result.scores["cell_lon"].values, strict=True)
    known = dict(zip(where, names, strict=True))
    return np.array([known.get(at, "") for at in zip(pairs["cell_lat"].values, pairs["cell_lon"].values, strict=True)])


def _lead(r: xr.DataArray, label: str, place: np.ndarray) -> xr.Dataset:
    """Score of a product, median of the others, and category, per cell."""
    others = r.sel(product=[str(p) for p in r["product"].values if str(p) != label])
    return xr.Dataset(
        {"r": r.sel(product=label, drop=True), "peers": others.median("product"), "category": ("cell", place)},
        {"cell": np.arange(r.sizes["cell"])},
    )
