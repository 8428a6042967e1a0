"""Which products a plan finds in a library, when they are there, and what each sub-step can learn from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from . import dekads
from .plan import Plan, span


def availability(plan: Plan, library: Any) -> xr.Dataset:
    """Periods of a plan's products in a library, and their overlap with targets; reads times only.

    Parameters
    ----------
    plan : Plan
        The plan.
    library : vadose.store.Library
        Where the products may lie; what is missing is shown as missing, not refused.

    Returns
    -------
    xarray.Dataset
        Dim (product): ``dataset``, ``sensor``, ``said`` (period of the plan) and ``found`` (dekads of the library that
        the plan allows) as text, ``n_dekads`` [1]. Dims (substep, product): ``n_train``, dekads of the training period
        that the product shares with a target, and ``n_simulate``, dekads of the simulated period that it has [1]; -1
        where a product has no part in a sub-step. (substep): ``train`` and ``simulate`` as text.

    Examples
    --------
    >>> import tempfile
    >>> from vadose.store import Library
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     got = availability(Plan.load("rsssm"), Library(folder))
    >>> str(got.found.sel(product="smap_e").item()), int(got.n_train.sel(substep="1-1", product="tmi_lprm"))
    ('missing', -1)
    """
    names = set(library.names())
    have: dict[str, frozenset[int]] = {}
    found: list[str] = []
    for name, product in plan.products.items():
        full = plan.dataset(product.dataset)
        have[name] = frozenset()
        if full not in names:
            found.append("missing")
            continue
        ds = library.open(full)
        if "time" in ds.variables:
            have[name] = frozenset(dekads.ordinals(ds["time"].values).tolist()) & plan.product_dekads(name)
        found.append(dekads.runs(have[name]))
    steps = list(plan.steps())
    n_train, n_simulate = np.full((2, len(steps), len(plan.products)), -1)
    for i, (r, s) in enumerate(steps):
        target = frozenset().union(*(have[t] if t in have else plan.target_dekads(t) for t in r.targets))
        for j, name in enumerate(plan.products):
            if name in r.predictors:
                n_train[i, j] = len(span(s.train) & target & have[name])
                n_simulate[i, j] = len(span(s.simulate) & have[name])
            elif name in r.targets:
                n_train[i, j] = len(span(s.train) & have[name])
    one, both = ("product",), ("substep", "product")
    count = {"units": "1"}
    return xr.Dataset(
        {
            "dataset": (one, [plan.dataset(p.dataset) for p in plan.products.values()]),
            "sensor": (one, [p.sensor for p in plan.products.values()]),
            "said": (one, ["-".join(p.period) if p.period else "any" for p in plan.products.values()]),
            "found": (one, found),
            "n_dekads": (one, [len(h) for h in have.values()], {**count, "long_name": "dekads in the library"}),
            "train": (("substep",), ["-".join(s.train) for _, s in steps]),
            "simulate": (("substep",), ["-".join(s.simulate) for _, s in steps]),
            "n_train": (both, n_train, {**count, "long_name": "dekads to learn from"}),
            "n_simulate": (both, n_simulate, {**count, "long_name": "dekads to simulate from"}),
        },
        {"product": list(plan.products), "substep": [s.name for _, s in steps]},
    )
