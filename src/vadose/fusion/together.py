"""One plan trained on several libraries at once: networks that have seen many regions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ..errors import ConfigError
from .inputs import Inputs
from .networks import check_digest, check_mark, networks_name
from .plan import Plan
from .train import Progress, train_all, training_sets


def train_together(plan: Plan, libraries: Sequence[Any], *, name: str = "fused",
                   progress: Progress | None = None) -> list[str]:  # fmt: skip
    """Train a plan on several libraries: the wide networks learn from the rows of all.

    Parameters
    ----------
    plan : Plan
        The plan; it is checked with every library first.
    libraries : sequence of vadose.store.Library
        Regions of one Earth at one resolution; their order changes nothing.
    name : str
        Name of the fusion, the same in every library.
    progress : callable, optional
        Called with a label, the number done and the number in all.

    Returns
    -------
    list of str
        Names of the datasets that hold the networks, library by library for each training set.

    Raises
    ------
    ConfigError
        If there is no library or one stands twice, resolutions differ, the plan cannot run with one of them, or
        networks of another plan or of other libraries lie under this name.

    Notes
    -----
    Round by round: the blocks of every library give their rows (and local networks, where the plan has them), the
    networks of climate classes and of all zones are trained on all rows together and written into every library, and
    each library simulates the round that the next one learns from. Afterwards :func:`vadose.fusion.fuse` of one
    library finds its networks trained. An interrupted training goes on where its last commit stood and gives the same
    numbers.
    """
    return train_joined(together(plan, libraries, name=name), progress=progress)


def train_joined(every: Sequence[Inputs], *, progress: Progress | None = None) -> list[str]:
    """:func:`train_together` for readers that :func:`together` gave."""
    for inputs in every:
        inputs.plan.check(inputs.library)
    return train_all(every, progress=progress, mark=_mark(every))


def is_trained(library: Any, every: Sequence[Inputs]) -> bool:
    """Whether a library, one of ``every``, holds all wide networks that were learnt from these.

    Raises
    ------
    ConfigError
        If networks of another plan or of other libraries lie under the name.
    """
    own = next(i for i in every if i.library.url == library.url)
    names, mark = set(library.names()), _mark(every)
    for round_ in own.plan.rounds:
        for set_name, _ in training_sets(own.plan, round_):
            wide = networks_name(own.name, set_name, "wide")
            if wide not in names:
                return False
            networks = library.open(wide)
            check_digest(networks, own.digest, where=wide)
            check_mark(networks, mark, where=f"{wide} in {library.url}")
    return True


def _mark(every: Sequence[Inputs]) -> str:
    grids = "\n".join(i.grid.to_attr() for i in every)
    return hashlib.sha256(grids.encode()).hexdigest()[:16]


def together(plan: Plan, libraries: Sequence[Any], *, name: str) -> list[Inputs]:
    """Readers of several libraries that may be learnt from together, from north to south and west to east."""
    if not libraries:
        raise ConfigError("libraries", found="none", needed="at least one library")
    urls = [library.url for library in libraries]
    if twice := sorted({u for u in urls if urls.count(u) > 1}):
        raise ConfigError("libraries", found=f"{', '.join(twice)} twice", needed="each library once")
    every = []
    for library in libraries:
        first_product = plan.products[plan.rounds[0].predictors[0]].dataset
        if plan.dataset(first_product) not in library.names():
            plan.check(library)  # says what is missing
        every.append(Inputs(plan, library, name))
    first = every[0]
    for other in every[1:]:
        kinds = [(i.grid.kind, i.grid.name, i.grid.registration) for i in (first, other)]
        if kinds[0] != kinds[1]:
            raise ConfigError("libraries", found=f"{other.grid} in {other.library.url}",
                              needed=f"the grid of {first.library.url}: {first.grid}",
                              do="Regrid it with vadose.regrid first.")  # fmt: skip
    return sorted(every, key=lambda i: (i.grid.rows, i.grid.cols, i.library.url))
