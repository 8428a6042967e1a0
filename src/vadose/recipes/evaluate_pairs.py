"""Products of an evaluation beside the stations of their depth."""

from __future__ import annotations

from typing import Any

import xarray as xr

from .. import matchup, schema, validation
from ..errors import ConfigError
from ..store import Library
from .config import EvaluateConfig, ProductConfig
from .inputs import open_product, within_depth


def open_products(config: EvaluateConfig, product: ProductConfig, library: Library | None) -> dict[str, xr.Dataset]:
    """The product, with those of its depth where all are matched on common cells."""
    if config.match.cells == "own":
        if config.match.temporal_reference is not None:
            raise ConfigError("match.temporal_reference", found="cells of each product's own grid",
                              needed="`cells: common` beside it")  # fmt: skip
        return {product.label: open_product(config, product, library)}
    same = [p for p in config.products if depth_of(config, p) == depth_of(config, product)]
    return {p.label: open_product(config, p, library) for p in same}


def depth_of(config: EvaluateConfig, product: ProductConfig) -> tuple[float, float]:
    """Depth [m] of the sensors that judge a product."""
    return product.depth or config.stations.depth


def options_of(config: EvaluateConfig, product: ProductConfig) -> dict[str, Any]:
    """How a product is matched."""
    return dict(variable=product.variable, layer=product.layer, t_value=product.t_value,
                max_distance=product.max_distance or config.match.max_distance)  # fmt: skip


def common_pairs(config: EvaluateConfig, labels: list[str], opened: dict[str, xr.Dataset], chosen: xr.Dataset) -> dict:
    """Match-ups of some products on common cells."""
    wanted = {p.label: p for p in config.products if p.label in labels}
    hours = dict.fromkeys(labels, config.match.local_hours) if config.match.local_hours else {}
    leader = config.match.temporal_reference
    choices = validation.Evaluation(window=config.match.window, local_hours=hours,
                                    temporal_reference=leader if leader in wanted else None,
                                    options={k: options_of(config, p) for k, p in wanted.items()})  # fmt: skip
    return dict(validation.matchups({k: opened[k] for k in labels}, chosen, config=choices))


def pairs_of(config: EvaluateConfig, product: ProductConfig, opened: dict[str, xr.Dataset], stations: xr.Dataset
           ) -> dict[str, xr.Dataset]:  # fmt: skip
    """Match-up of a product, lazy where it is; with those of its depth where all are matched on common cells."""
    chosen = within_depth(stations, depth_of(config, product))
    if config.match.cells == "own":
        found = matchup.match(opened[product.label], chosen, window=config.match.window,
                              local_hours=config.match.local_hours, **options_of(config, product))  # fmt: skip
        return {product.label: found}
    same = [p.label for p in config.products if depth_of(config, p) == depth_of(config, product)]
    gridded = sorted(same, key=lambda p: schema.form(opened[p]) != "grid")  # the first gives the cells
    return common_pairs(config, gridded, opened, chosen)
