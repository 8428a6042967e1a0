"""What each input contributes: how much worse the networks get when it is disturbed."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from .inputs import Inputs
from .networks import part, stack
from .plan import Plan
from .train import gather, training_sets


def feature_columns(plan: Plan, products: tuple[str, ...]) -> dict[str, list[int]]:
    """Columns of each input: a product's own and that of its neighbourhood, then factors; see :meth:`Table.inputs`."""
    k = len(products)
    looks = 2 if plan.context else 1
    columns = {p: [i + k * j for j in range(looks)] for i, p in enumerate(products)}
    return columns | {f: [k * looks + i] for i, f in enumerate(plan.factors)}


def contributions(plan: Plan, library: Any, *, name: str = "fused", repeats: int = 5, seed: int = 0) -> xr.Dataset:
    """Share of each input in the skill of each independent network.

    Parameters
    ----------
    plan : Plan
        The plan, as trained.
    library : vadose.store.Library
        Where the networks lie.
    name : str
        Name of the fusion.
    repeats : int
        Disturbances of each input.
    seed : int
        Seed of the disturbances.

    Returns
    -------
    xarray.Dataset
        Dims (network, input): ``contribution`` [1], which sums to 1 over inputs (NaN for inputs a network does not
        have), and ``mse_rise`` [m6 m-6]; (network): ``mse`` [m6 m-6] and ``n`` rows.

    Raises
    ------
    ConfigError
        If nothing has been trained, or there are no networks of zones.

    Notes
    -----
    METHODS 2.5, after section 5.1 of Chen et al. (2021, doi:10.5194/essd-13-1-2021): an error drawn evenly from ± the
    input's standard deviation is added to one input at a time. Choice: the standard deviation is that of the zone,
    for which each network was trained; a rise below zero counts as zero. A product is disturbed together with what lies
    around it. Rows are the sample kept from training.
    """
    inputs = Inputs(plan, library, name)
    rng = np.random.default_rng(seed)
    features = [*dict.fromkeys(p for r in plan.rounds for p in r.predictors), *plan.factors]
    labels: list[str] = []
    rises, scores = [], []
    for round_ in plan.rounds:
        for set_name, step in training_sets(plan, round_):
            blocks = [inputs.networks(set_name, b.name) for b in inputs.zones.blocks(plan.zones.block)]
            for c in plan.combinations(round_, step):
                rows = gather(blocks, c.label)
                fit = stack(p for b in blocks if (p := part(b, f"{c.label}/0/")))
                if fit is None:
                    continue
                labels.append(f"{set_name}:{c.label}")
                rise = np.full(len(features), np.nan)
                X, y, zone = rows["X"].astype("float64"), rows["y"].astype("float64"), rows["zone"]
                good = np.isfinite(fit.predict(X, zone))
                X, y, zone = X[good], y[good], zone[good]
                mse = float(np.mean((fit.predict(X, zone) - y) ** 2)) if y.size else np.nan
                order = np.argsort(fit.zones_)
                scale = fit.scale_[order[np.searchsorted(fit.zones_[order], zone)]]
                for f, columns in feature_columns(plan, c.products).items():
                    worse = []
                    for _ in range(repeats if y.size else 0):
                        other = X.copy()
                        other[:, columns] += scale[:, columns] * rng.uniform(-1, 1, (y.size, 1))
                        worse.append(np.mean((fit.predict(other, zone) - y) ** 2) - mse)
                    rise[features.index(f)] = np.mean(worse) if worse else np.nan
                rises.append(rise)
                scores.append((mse, y.size))
    if not labels:
        raise ConfigError(name, found="no networks of zones", needed="a plan trained with local zones")
    table = np.array(rises)
    positive = np.maximum(table, 0.0)
    total = np.nansum(positive, axis=1, keepdims=True)
    share = np.where(total > 0, positive / np.where(total > 0, total, 1.0), np.nan)
    both, one = ("network", "input"), ("network",)
    ds = xr.Dataset(
        {
            "contribution": (both, share, {"units": "1", "long_name": "share of the rise of the squared error"}),
            "mse_rise": (both, table, {"units": "m6 m-6", "long_name": "rise of the mean squared error"}),
            "mse": (one, [s[0] for s in scores], {"units": "m6 m-6", "long_name": "mean squared error"}),
            "n": (one, [s[1] for s in scores], {"units": "1", "long_name": "number of rows"}),
        },
        {"network": labels, "input": features},
    )
    example = inputs.dataset(plan.dataset(plan.products[plan.rounds[0].predictors[0]].dataset))
    return schema.stamp(ds, title=f"Contributions of inputs ({plan.name})", product=name,
                        simulated=schema.is_simulated(example))  # fmt: skip
