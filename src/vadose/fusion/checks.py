"""Whether a plan can run: first against itself, then against a library, before any value is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ConfigError
from ..grid import Grid
from . import dekads

if TYPE_CHECKING:
    from .plan import Factor, Plan, Round, SubStep


def check_names(plan: Plan) -> None:
    """Refuse a plan that names what it does not define; raises :class:`ConfigError`."""
    where = f"plan {plan.name}"
    known = set(plan.products)
    done: list[str] = []
    rounds, steps = [r.name for r in plan.rounds], [s.name for _, s in plan.steps()]
    for label, listed in (("rounds", rounds), ("sub-steps", steps)):
        if twice := sorted({n for n in listed if listed.count(n) > 1}):
            raise ConfigError(where, found=f"{label} {', '.join(twice)} twice", needed="names that are unique")
    for r in plan.rounds:
        at = f"{where}: round {r.name}"
        if not r.predictors:
            raise ConfigError(at, found="no predictor", needed=f"some of the products {sorted(known)}")
        for role, names, allowed in (
            ("predictor", r.predictors, known),
            ("product in masked_by", r.masked_by or (), set(r.predictors)),
            ("target", r.targets, known | {f"sim-{n}" for n in done}),
        ):
            if unknown := sorted(set(names) - allowed):
                raise ConfigError(at, found=f"unknown {role} {', '.join(unknown)}", needed=f"some of {sorted(allowed)}")
        if not r.targets:
            raise ConfigError(at, found="no target", needed="a product or an earlier round (sim-1)")
        if both := sorted(set(r.targets) & set(r.predictors)):
            raise ConfigError(at, found=f"{', '.join(both)} as target and predictor", needed="one of the two roles")
        for s in r.substeps:
            _check_sources(plan, r, s)
        done.append(r.name)
    for name, p in plan.products.items():
        if p.porosity and p.porosity not in plan.factors:
            raise ConfigError(f"{where}: product {name}", found=f"unknown porosity {p.porosity!r}",
                              needed=f"one of the factors {sorted(plan.factors)}")  # fmt: skip
    if plan.mask.frozen_from and plan.mask.frozen_from not in known:
        raise ConfigError(f"{where}: mask", found=f"unknown product {plan.mask.frozen_from!r}",
                          needed=f"one of {sorted(known)}")  # fmt: skip


def _check_sources(plan: Plan, r: Round, s: SubStep) -> None:
    from .plan import span

    at = f"plan {plan.name}: round {r.name}, sub-step {s.name}"
    for label, (first, last) in (("simulate", s.simulate), ("train", s.train)):
        if dekads.of_label(first) > dekads.of_label(last):
            raise ConfigError(at, found=f"{label} {first}-{last}", needed="a first dekad before the last")
    if unknown := sorted(set(s.sources) - set(plan.factors)):
        raise ConfigError(at, found=f"a source for {', '.join(unknown)}", needed=f"factors {sorted(plan.factors)}")
    for name, factor in plan.factors.items():
        chosen = s.sources.get(name)
        if not factor.sources:
            if chosen:
                raise ConfigError(at, found=f"source {chosen!r} for {name}", needed="none: the factor has one variable")
            continue
        if chosen not in factor.sources:
            raise ConfigError(at, found=f"source {chosen!r} for {name}", needed=f"one of {sorted(factor.sources)}")
        source = factor.sources[chosen]
        used = span(s.simulate) | span(s.train)
        if source.period and (missing := used - span(source.period)):
            raise ConfigError(at, found=f"{name} from {chosen}, which has no {dekads.runs(missing)}",
                              needed=f"a source with all of {dekads.runs(used)}")  # fmt: skip
        for seam in source.seams:
            if min(used) < dekads.of_label(seam) <= max(used):
                raise ConfigError(
                    at,
                    found=f"{name} from {chosen}, which changes its sensor at {seam}",
                    needed=f"one sensor for {dekads.runs(used)}",
                    do="Split the sub-step, or take another source.",
                )


def check_plan(plan: Plan, library: Any) -> None:
    """Refuse a plan that cannot run with a library; see :meth:`vadose.fusion.Plan.check`."""
    names = set(library.names())
    have: dict[str, frozenset[int]] = {}
    grids: dict[str, Grid] = {}
    for label, dataset, variables in _needed(plan):
        full = plan.dataset(dataset)
        at = f"plan {plan.name}: {label}"
        if full not in names:
            raise ConfigError(at, found=f"no dataset {full!r} in {library.url}", needed=_use_of(plan, label),
                              do="Ingest it, or load the plan with another prefix.")  # fmt: skip
        ds = library.open(full)
        if lost := sorted(set(variables) - set(map(str, ds.data_vars))):
            raise ConfigError(
                at, found=f"no {', '.join(lost)} in {full}", needed=f"one of {sorted(map(str, ds.data_vars))}"
            )
        if "time" not in ds.variables and label.startswith("product "):
            raise ConfigError(at, found=f"no time in {full}", needed=f"dekads; {_use_of(plan, label)}")
        grids[label] = Grid.of(ds)
        if label.startswith("product "):
            numbers = dekads.ordinals(ds["time"].values)
            if np.unique(numbers).size < numbers.size:
                raise ConfigError(
                    at,
                    found=f"several times in dekad {dekads.label_of(numbers[:-1][np.diff(numbers) == 0][0])}",
                    needed="one value per dekad",
                    do="Composite it to dekads first.",
                )
            have[label.removeprefix("product ")] = frozenset(numbers.tolist())
    first = next(iter(grids))
    for label, grid in grids.items():
        if grid != grids[first]:
            raise ConfigError(f"plan {plan.name}: {label}", found=str(grid) + f" {_box(grid)}",
                              needed=f"the grid of {first}: {grids[first]} {_box(grids[first])}; "
                                     f"{_use_of(plan, label)}",
                              do="Regrid it with vadose.regrid first.")  # fmt: skip
    check_time(plan, have)


def check_time(plan: Plan, have: dict[str, frozenset[int]]) -> None:
    """Refuse rounds that cannot learn or leave dekads out.

    Parameters
    ----------
    plan : Plan
        The plan.
    have : dict
        Product -> dekads of its dataset.
    """
    from .plan import span

    exist = {p: plan.product_dekads(p) & have.get(p, frozenset()) for p in plan.products}
    simulated: dict[str, frozenset[int]] = {}
    for r in plan.rounds:
        at = f"plan {plan.name}: round {r.name}"
        spans = {t: exist[t] if t in plan.products else simulated[t] for t in r.targets}
        target = frozenset().union(*spans.values())
        for s in r.substeps:
            where = f"{at}, sub-step {s.name}"
            subsets = [c.products for c in plan.combinations(r, s)]
            train, simulate = span(s.train), span(s.simulate)
            able = [c for c in subsets if train.intersection(target, *(exist[p] for p in c))]
            said = "; ".join(f"{p} {dekads.runs(exist[p])}" for p in r.predictors)
            if not able:
                raise ConfigError(
                    where,
                    found="no overlap of target and predictors in the training period "
                    f"{'-'.join(s.train)} (targets: {'; '.join(f'{t} {dekads.runs(d)}' for t, d in spans.items())}; "
                    f"predictors: {said})",
                    needed="a dekad that a target and an admissible combination share",
                )
            lost = simulate - frozenset().union(*(frozenset.intersection(*(exist[p] for p in c)) for c in able))
            if lost:
                found = f"no predictor with a network for {dekads.runs(lost)} (predictors: {said})"
                raise ConfigError(where, found=found,
                                  needed=f"predictors for every dekad of {'-'.join(s.simulate)}",
                                  do="Shorten the simulation, or add a product.")  # fmt: skip
        own = plan.round_dekads(r)
        for other, theirs in simulated.items():
            if own & theirs:
                raise ConfigError(
                    at,
                    found=f"{dekads.runs(own & theirs)}, which round {other.removeprefix('sim-')} simulates too",
                    needed="rounds that do not overlap",
                )
        simulated[f"sim-{r.name}"] = own
    every = frozenset().union(*simulated.values())
    if gap := frozenset(range(min(every), max(every) + 1)) - every:
        ends = "; ".join(f"round {k.removeprefix('sim-')} {dekads.runs(v)}" for k, v in simulated.items())
        raise ConfigError(
            f"plan {plan.name}",
            found=f"a gap between rounds: {dekads.runs(gap)} ({ends})",
            needed="rounds that follow each other without a gap",
        )


def _needed(plan: Plan) -> list[tuple[str, str, list[str]]]:
    """What the plan reads: what it is, its dataset, its variables."""
    used = {p for r in plan.rounds for p in (*r.predictors, *r.targets)} & set(plan.products)
    frozen = plan.mask.frozen_from
    out = [(f"product {p}", plan.products[p].dataset, [plan.products[p].variable]) for p in plan.products
           if p in used or p == frozen]  # fmt: skip
    chosen = {(f, v) for _, s in plan.steps() for f, v in s.sources.items()}
    for name, factor in plan.factors.items():
        out += [(f"factor {name}", d, [v]) for d, v in _variables(factor, {v for f, v in chosen if f == name})]
    layers = {"zones.climate": plan.zones.climate, "mask.thawed": plan.mask.thawed,
              "mask.land_cover": plan.mask.land_cover}  # fmt: skip
    return out + [(label, layer.dataset, [layer.variable]) for label, layer in layers.items() if layer]


def _use_of(plan: Plan, label: str) -> str:
    """In words: what the plan reads a product for, and when."""
    kind, _, name = label.partition(" ")
    if kind != "product":
        return "every dataset of the plan"
    period = plan.products[name].period
    roles = [f"a {role} of round {r.name}" for r in plan.rounds
             for role, names in (("target", r.targets), ("predictor", r.predictors)) if name in names]  # fmt: skip
    return f"{name} for {'-'.join(period) if period else 'all dekads'}, {', '.join(roles) or 'the mask'}"


def _variables(factor: Factor, chosen: set[str]) -> list[tuple[str, str]]:
    if factor.variable:
        return [(factor.dataset, factor.variable)]
    return [(s.dataset or factor.dataset, s.variable) for k, s in factor.sources.items() if k in chosen]


def _box(grid: Grid) -> tuple[float, ...]:
    return tuple(round(b, 3) for b in grid.bbox)
