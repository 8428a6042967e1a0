"""Stages of ``evaluate-1km`` on matched pairs: conditions, contests, collocation and the composite."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import products, validation
from .evaluate_1km_settings import STATIONS, Evaluate1kmConfig

if TYPE_CHECKING:
    from .evaluate_1km_stages import Result

METRICS = ("r", "bias", "rmse", "ubrmse")


def conditions(result: Result, config: Evaluate1kmConfig) -> None:
    """Spread by category, scores by wetness, stability, courses and the threshold of core cells."""
    whole = result.scores.sel(subset="all")
    more = config.strata.more_than
    for name in result.by:
        result.tables[f"by_{name}"] = validation.by_category(whole, by=name, metrics=METRICS, more_than=more)
    index = xr.IndexVariable("product", list(result.pairs))

    def each(function: Callable[[xr.Dataset], xr.Dataset]) -> xr.Dataset:
        return xr.concat(
            [function(p) for p in result.pairs.values()],
            index,
            combine_attrs="drop_conflicts",
            join="outer",
            coords="minimal",
            compat="override",
        )

    s = config.score
    result.tables["wetness"] = each(lambda p: validation.score_by_wetness(p, min_n=s.min_n, n_boot=100, seed=s.seed))
    yearly = each(lambda p: validation.stability(p, min_n=s.min_n))
    ends = [f"{m}_per_decade" for m in ("r", "bias", "ubrmse")]
    label = {"all": ["all cells"] * yearly.sizes["cell"]}
    result.tables["stability"] = validation.by_category(yearly, by=label, metrics=ends).isel(category=0, drop=True)
    result.tables["years"] = yearly[["r", "bias", "ubrmse"]].median("cell", keep_attrs=True)
    enough = {k: p for k, p in result.pairs.items() if int((p["n_matched"] > 0).sum()) >= s.min_cells}
    result.spatial = {k: validation.score_spatial(p, min_cells=s.min_cells) for k, p in enough.items()}
    if result.spatial:
        for along in ("dekad", "year"):
            keep = [f"{m}_by_{along}" for m in ("r", "bias", "ubrmse")]
            result.tables[f"spatial_{along}"] = xr.concat(
                [v[keep] for v in result.spatial.values()],
                xr.IndexVariable("product", list(result.spatial)),
                join="outer",
                combine_attrs="drop_conflicts",
            )
    if config.core is not None:
        levels = sorted({*config.core.sensitivity, config.core.threshold})
        area = next(iter(result.pairs.values()))["lc_area"].values
        parts = [
            validation.tidy(
                {
                    k: validation.score_pooled(p.isel(cell=np.flatnonzero(area >= v - 1e-12)), ci="none", min_n=s.min_n)
                    for k, p in result.pairs.items()
                }
            )
            for v in levels
        ]
        axis = xr.Variable("threshold", levels, {"units": "1", "long_name": "least land-cover ratio of core cells"})
        result.tables["sensitivity"] = (
            xr.concat(parts, axis, combine_attrs="drop_conflicts")
            .assign_coords(threshold=axis)
            .transpose("product", "threshold", ...)
        )


def contests(result: Result, config: Evaluate1kmConfig) -> None:
    """Tests between products, and the best of each category."""
    whole, more = result.scores.sel(subset="all"), config.strata.more_than
    if whole.sizes["product"] > 1:
        result.tables["tests"] = xr.concat(
            [validation.compare(whole, metric=m) for m in METRICS],
            xr.IndexVariable("metric", list(METRICS)),
            combine_attrs="drop_conflicts",
        )
    for name in result.by:
        result.tables[f"best_{name}"] = validation.lookup(whole, by=[name], more_than=more)
    if len(result.by) > 1:
        result.tables["lookup"] = validation.lookup(whole, by=list(result.by), more_than=more)


def collocation(result: Result, config: Evaluate1kmConfig) -> None:
    """Triple collocation of every triple asked for, cell by cell."""
    ids = {p.label: p.id for p in config.products}
    families = {k: products.get(v).family if v else "" for k, v in ids.items()} | {STATIONS: ""}
    parts, names = [], []
    for triple in config.collocation:
        first = next(result.pairs[t] for t in triple if t != STATIONS)
        sides = [first["reference"] if side == STATIONS else result.pairs[side]["estimate"] for side in triple]
        got = validation.triple_collocation(
            *(d.reset_coords(drop=True).drop_vars("cell", errors="ignore") for d in sides), products=triple,
            families=[families[t] for t in triple], level=config.score.level, n_boot=200, seed=config.score.seed,
        )  # fmt: skip
        result.collocations.append(got.assign_coords({k: first[k] for k in ("cell_lat", "cell_lon", "stations")}))
        names.append(" | ".join(triple))
        parts.append(
            got.rename(product="side")
            .assign_coords(side=[0, 1, 2])
            .reset_coords(drop=True)
            .assign(name=("side", list(triple)))
        )
    if parts:
        result.tables["collocation"] = xr.concat(
            parts, xr.IndexVariable("triplet", names), combine_attrs="drop_conflicts"
        )


def composite(result: Result, config: Evaluate1kmConfig) -> None:
    """A merge of the products that are no suspects, scored beside them on cells that set no weight."""
    wanted = config.composite
    if wanted is None or len(result.pairs) < 2:
        return
    suspects = result.tables.get("leakage")
    leaky = set() if suspects is None else set(suspects["product"].values[suspects["suspect"].values].astype(str))
    fair = {k: p for k, p in result.pairs.items() if k not in leaky}
    if len(fair) < 2 or next(iter(fair.values())).sizes["cell"] < 2 * wanted.folds:
        return
    first, folds = next(iter(fair.values())), wanted.folds
    groups = wanted.groups if wanted.groups in first.coords else None
    if groups is not None:
        folds = min(folds, np.unique(first[groups].values).size)
        groups, folds = (None, wanted.folds) if folds < 2 else (groups, folds)
    strata = wanted.strata if wanted.strata in result.by else None
    merged = validation.composite(fair, by=wanted.by, groups=groups, strata=strata, folds=folds, seed=config.score.seed)
    merged = merged.assign_attrs(product="composite")
    s = config.score
    result.tables["composite"] = validation.tidy(
        {
            k: validation.score_pooled(p, min_n=s.min_n, n_boot=s.n_boot, seed=s.seed)
            for k, p in {"composite": merged, **fair}.items()
        }
    )
    cells = {k: validation.score(p, ci="none", min_n=s.min_n) for k, p in {"composite": merged, **fair}.items()}
    result.tables["composite_cells"] = validation.tidy({k: validation.summarize(v) for k, v in cells.items()})
    result.tables["weights"] = merged[["weight", "shift"]].reset_coords(drop=True)
