"""How well the networks learnt: on the rows they saw, and on whole dekads that they did not."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from .inputs import Inputs
from .networks import part
from .plan import Plan
from .train import OWN, training_sets


def training_skill(plan: Plan, library: Any, *, name: str = "fused") -> xr.Dataset:
    """Skill of each independent network against its target.

    Parameters
    ----------
    plan : Plan
        The plan, as trained.
    library : vadose.store.Library
        Where the networks lie.
    name : str
        Name of the fusion.

    Returns
    -------
    xarray.Dataset
        Dim (network): ``rmse_train`` and ``rmse_holdout`` [m3 m-3] over the rows of all zones; ``r2_train`` and
        ``r2_holdout`` [1], the medians over zones; ``n_zones`` with a network, ``n_windows`` of them that learn from
        a window of zones, and ``n_rows``.

    Raises
    ------
    ConfigError
        If there are no networks of zones.

    Notes
    -----
    The hold-out is of whole dekads, so that neighbouring pixels of one map do not leak; as it chose the iteration, it
    is slightly optimistic. R² is 1 − SSE/SST within each zone: it has no share of the differences between zones,
    which make the R² of all pixels together (such as a published 0.95) much larger.
    """
    inputs = Inputs(plan, library, name)
    labels: list[str] = []
    rows: list[list[float]] = []
    members = range(plan.networks.members)
    for round_ in plan.rounds:
        for set_name, step in training_sets(plan, round_):
            blocks = [inputs.networks(set_name, b.name) for b in inputs.zones.blocks(plan.zones.block)]
            for c in plan.combinations(round_, step):
                fits = [f for b in blocks for m in members if (f := part(b, f"{c.label}/{m}/"))]
                if not fits:
                    continue
                wanted = ("loss_train_", "loss_validation_", "n_rows_", "n_validation_", "r2_train_", "r2_validation_")
                seen, held, n, n_held, r2, r2_held = (np.concatenate([f[k] for f in fits]) for k in wanted)
                levels = np.concatenate([b[f"{c.label}/level"] for b in blocks])
                ok = np.isfinite(seen) & np.isfinite(held)
                n_seen = n - n_held
                labels.append(f"{set_name}:{c.label}")
                rows.append([
                    np.sqrt(np.average(seen[ok], weights=n_seen[ok])) if ok.any() else np.nan,
                    np.sqrt(np.average(held[ok], weights=n_held[ok])) if ok.any() else np.nan,
                    np.median(r2[ok]) if ok.any() else np.nan,
                    np.median(r2_held[ok]) if ok.any() else np.nan,
                    levels.size, (levels > OWN).sum(), n.sum() / len(members),
                ])  # fmt: skip
    if not labels:
        raise ConfigError(name, found="no networks of zones", needed="a plan trained with local zones")
    table = np.array(rows, dtype="float64")
    names = {
        "rmse_train": ("m3 m-3", "error on the rows learnt from"),
        "rmse_holdout": ("m3 m-3", "error on whole dekads held back"),
        "r2_train": ("1", "median over zones of R2 on the rows learnt from"),
        "r2_holdout": ("1", "median over zones of R2 on whole dekads held back"),
        "n_zones": ("1", "zones with a network"),
        "n_windows": ("1", "zones whose network learns from a window of zones"),
        "n_rows": ("1", "rows of all zones"),
    }
    ds = xr.Dataset(
        {k: (("network",), table[:, i], {"units": u, "long_name": n}) for i, (k, (u, n)) in enumerate(names.items())},
        {"network": labels},
    )
    example = inputs.dataset(plan.dataset(plan.products[plan.rounds[0].predictors[0]].dataset))
    return schema.stamp(ds, title=f"Training skill ({plan.name})", product=name,
                        simulated=schema.is_simulated(example))  # fmt: skip
