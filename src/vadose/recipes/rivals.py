"""The records that must stand beside a fusion: merges and learners on the same inputs, kept in the library."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

import xarray as xr

from .. import fusion
from ..errors import ConfigError

#: Baseline -> what it is called in tables; the merges first (METHODS 2.7). TC: triple collocation. The forest also
#: takes location and season. Networks as published learn from the target alone and have no later stages
#: (:meth:`vadose.fusion.Plan.published`); the other global network has the plan's target and years.
BASELINES = {
    "tc": "CDF matching, TC weights",
    "equal": "CDF matching, equal weights",
    "lr": "linear regression",
    "qm": "quantile mapping",
    "copula": "Gaussian copula",
    "published": "local networks, as published",
    "published-global": "one global network, as published",
    "global-network": "one global network",
    "random-forest": "random forest",
}

#: Those that look after what they find of themselves in the library.
NETWORKS = ("published", "published-global", "global-network")

#: Why a baseline is absent.
NOT_INSTALLED = "not installed"


def make_rivals(plan: fusion.Plan, library: Any, *, name: str = "fused", which: Sequence[str] = tuple(BASELINES),
                others: Sequence[Any] = (),
                progress: Callable[[str, int, int], None] | None = None) -> dict[str, xr.Dataset | str]:  # fmt: skip
    """Every baseline of a fused record, made once and kept as ``<name>.rivals/<baseline>``.

    Parameters
    ----------
    plan : Plan
        The plan, as trained.
    library : vadose.store.Library
        Where products and the record lie.
    name : str
        Name of the record.
    which : sequence of str
        Some of :data:`BASELINES`.
    others : sequence of vadose.store.Library
        Further regions that the global network learns from.
    progress : callable, optional
        Called with a label, the number done and the number in all.

    Returns
    -------
    dict
        Baseline -> its record, or the reason why there is none.

    Raises
    ------
    ConfigError
        If a baseline is unknown, or one of another plan lies under its name.

    Notes
    -----
    Merges take the products as they are and the plan's first target as reference, which is averaged too.
    """
    if unknown := sorted(set(which) - set(BASELINES)):
        raise ConfigError("baselines", found=", ".join(unknown), needed=f"some of {', '.join(BASELINES)}")
    out: dict[str, xr.Dataset | str] = {}
    for i, kind in enumerate(which):
        if progress:
            progress(BASELINES[kind], i, len(which))
        full = rival_name(name, kind)
        if kind == "random-forest" and importlib.util.find_spec("sklearn") is None:
            out[kind] = NOT_INSTALLED
        elif full in library.names() and kind not in NETWORKS:
            out[kind] = _same_plan(library.open(full), plan, full)
        elif kind == "published":
            out[kind] = fusion.fuse(plan.published(), library, name=full)
        elif kind in NETWORKS:
            own = plan if kind == "global-network" else plan.published()
            out[kind] = fusion.global_network(own, library, others=others, name=full)
        elif kind == "random-forest":
            out[kind] = fusion.random_forest(plan, library, name=full, trained=name)
        else:
            library.write(full, _merge(plan, library, kind), message=f"merge {full}")
            out[kind] = library.open(full)
    return out


def rival_name(name: str, kind: str) -> str:
    """Dataset that holds a baseline of a record."""
    return f"{name}.rivals/{kind}"


def _merge(plan: fusion.Plan, library: Any, method: str) -> xr.Dataset:
    used = plan.used_products()
    products = {k: library.open(plan.dataset(plan.products[k].dataset)) for k in used}
    sensors = {k: plan.products[k].sensor for k in used}
    target = products[plan.rounds[0].targets[0]]
    return fusion.merge(products, reference=target, method=method, sensors=sensors).assign_attrs(
        plan=plan.name, plan_digest=plan.digest()
    )


def _same_plan(ds: xr.Dataset, plan: fusion.Plan, where: str) -> xr.Dataset:
    if ds.attrs.get("plan_digest") != plan.digest():
        raise ConfigError(where, found="a baseline of another plan", needed=f"one of this plan ({plan.digest()})",
                          do="Delete it with `vadose library rm`, or take another name.")  # fmt: skip
    return ds
