"""The stages of ``evaluate-1km``: each takes what the ones before it made and returns tidy tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema, validation
from ..store import Library
from . import evaluate_1km_inputs as inputs
from .evaluate_1km_contests import collocation, composite, conditions, contests
from .evaluate_1km_exposure import exposure
from .evaluate_1km_maps import against_flights, against_truth
from .evaluate_1km_settings import Evaluate1kmConfig

Step = Callable[[int, int, str], None]

#: Categories of cells that are looked at, where the stations have them.
STRATA = ("land_cover", "climate", "texture")


@dataclass
class Result:
    """All results of the evaluation, tidy."""

    stations: xr.Dataset
    dropped: pd.DataFrame
    """Sensors that failed a rule, and training stations by product."""
    pairs: dict[str, xr.Dataset]
    scores: xr.Dataset
    """(cell, product, subset)."""
    pooled: dict[str, xr.Dataset]
    """By kind of cell: (product,)."""
    by: tuple[str, ...] = ()
    tables: dict[str, Any] = field(default_factory=dict)
    """By name: datasets, written as CSV and drawn where they are there."""
    spatial: dict[str, xr.Dataset] = field(default_factory=dict)
    campaigns: dict[str, xr.Dataset] = field(default_factory=dict)
    maps: dict[str, dict[str, xr.Dataset]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    verdicts: pd.DataFrame | None = None
    flights: list[dict[str, Any]] = field(default_factory=list)
    """Campaigns in words."""
    collocations: list[xr.Dataset] = field(default_factory=list)
    """One per triplet, cell by cell."""
    simulated: bool = False


def compute(config: Evaluate1kmConfig, library: Library | None, *, step: Step) -> Result:
    """Run all stages that the settings and the data allow."""
    step(1, 10, "stations")
    stations, failed = inputs.judges(config, library)
    lists = inputs.training_lists(config)
    trained = inputs.dropped_by_product(stations, lists)
    products = inputs.products_of(config, library)
    step(2, 10, "matching and scoring")
    settings = _settings(config, library, lists)
    pairs = {
        k: inputs.with_strata(v.compute(), config.strata)
        for k, v in validation.matchups(products, stations, config=settings).items()
    }
    scores = validation.evaluate_matchups(pairs, config=settings).compute()
    by = tuple(b for b in STRATA if b in scores.coords and (scores[b].values != "").any())
    result = Result(
        stations,
        pd.concat([failed.assign(product=""), trained], ignore_index=True),
        pairs,
        scores,
        _pooled(pairs, config),
        by,
        sources={k: str(v.attrs.get("title", k)) for k, v in products.items()},
        simulated=any(map(schema.is_simulated, [stations, *products.values()])),
    )
    step(3, 10, "what the training stations would have said")
    exposure(result, products, stations, settings)
    step(4, 10, "by land cover, climate, texture, wetness and time")
    conditions(result, config)
    step(5, 10, "product against product")
    contests(result, config)
    step(6, 10, "collocation")
    collocation(result, config)
    step(7, 10, "composite")
    composite(result, config)
    step(8, 10, "flights")
    against_flights(result, products, config, library)
    against_truth(result, products, config, library)
    return result


def _settings(config: Evaluate1kmConfig, library: Library | None, lists: dict) -> validation.Evaluation:
    s = config.score
    hours = {p.label: config.match.local_hours for p in config.products if config.match.local_hours}
    options = {
        p.label: {
            k: v
            for k, v in (
                ("variable", p.variable),
                ("layer", p.layer),
                ("t_value", p.t_value),
                ("max_distance", p.max_distance or config.match.max_distance),
            )
            if v is not None
        }
        for p in config.products
    }
    core = config.core
    return validation.Evaluation(
        window=config.match.window,
        temporal_reference=config.match.temporal_reference,
        local_hours=hours,
        options=options,
        training=lists,
        strict=config.strict,
        landcover=inputs.static_map(core.map, library) if core else None,
        threshold=core.threshold if core else 0.82,
        by=s.by or ("season",),
        anomalies=s.anomalies,
        scaling=config.scaling or s.scaling,
        scaling_reference=config.scaling_reference,
        scale_after_split=config.scale_after_split or s.scale_after_split,
        min_years=s.min_years,
        ci=s.ci,
        level=s.level,
        min_n=s.min_n,
        n_boot=s.n_boot,
        seed=s.seed,
    )


def _pooled(pairs: dict[str, xr.Dataset], config: Evaluate1kmConfig) -> dict[str, xr.Dataset]:
    """Pooled scores (Fig. 2) of all, core, extra and strict cells."""
    kinds = [k for k in ("core", "strict") if k in next(iter(pairs.values())).coords]
    out = {}
    for kind in ("all", *kinds, *(["extra"] if "core" in kinds else [])):
        parts = {k: _chosen(p, kind) for k, p in pairs.items()}
        if any(p.sizes["cell"] for p in parts.values()):
            s = config.score
            out[kind] = validation.tidy(
                {
                    k: validation.score_pooled(p, level=s.level, min_n=s.min_n, n_boot=s.n_boot, seed=s.seed)
                    for k, p in parts.items()
                }
            )
    return out


def _chosen(pairs: xr.Dataset, kind: str) -> xr.Dataset:
    if kind == "all":
        return pairs
    inside = pairs["core" if kind == "extra" else kind].values.astype(bool)
    return pairs.isel(cell=np.flatnonzero(~inside if kind == "extra" else inside))
