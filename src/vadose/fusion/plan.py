"""The plan of a fusion: products, target, quality factors, zones, networks, rounds and sub-steps, from YAML."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml
from pydantic import Field

from ..errors import ConfigError
from . import dekads
from .combinations import Combination, enumerate_subsets, rank

#: What begins the name of a simulated target: ``sim-1`` is what round 1 simulated.
SIMULATED = "sim-"


def _is_dekad(label: str) -> str:
    dekads.of_label(label)
    return label


Dekad = Annotated[str, pydantic.AfterValidator(_is_dekad)]
Period = tuple[Dekad, Dekad]


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class Product(_Strict):
    """A soil-moisture product of the library, at dekads.

    ``quality`` orders networks. ``error`` is the random standard error of a target, which learning averages away.
    ``systematic`` is the standard uncertainty of a product's mean level in a pixel [m3 m-3]; products that state one
    have a say in the level of the target. The plan's ``shared`` is the correlation of these errors between products.
    """

    dataset: str
    variable: str = "sm"
    sensor: str
    period: Period | None = None
    quality: float = 1.0
    masks_frozen: bool = False
    error: Annotated[float, Field(ge=0)] = 0.0
    systematic: Annotated[float, Field(ge=0)] = 0.0
    porosity: str | None = None


class Layer(_Strict):
    """A variable of a dataset of the library."""

    dataset: str
    variable: str


class Source(_Strict):
    """One of several records of a factor."""

    variable: str
    dataset: str | None = None
    period: Period | None = None
    seams: tuple[Dekad, ...] = ()


class Factor(_Strict):
    """A quality-impact factor: one variable, or several sources of which each sub-step names one."""

    dataset: str
    variable: str | None = None
    kind: Literal["number", "class"] = "number"
    sources: dict[str, Source] = Field(default_factory=dict)

    @pydantic.model_validator(mode="after")
    def _one_kind(self) -> Factor:
        if bool(self.variable) == bool(self.sources):
            raise ValueError("give either `variable` or `sources`")
        return self


class Zones(_Strict):
    """How the map is cut, and what stands in for a zone with too few rows.

    ``wide_share`` is the part that the network of all zones has in the value of a zone with a network of its own: what
    few rows teach is mixed with what many do.
    """

    size: Annotated[float, Field(gt=0, le=30)] = 1.0
    windows: tuple[Literal[3, 5, 7], ...] = (3, 5)
    band: Annotated[float, Field(ge=0)] = 2.0
    block: Annotated[int, Field(ge=1)] = 5
    climate: Layer | None = None
    wide: bool = True
    local: bool = True
    wide_share: Annotated[float, Field(ge=0, le=1)] = 0.0

    @pydantic.model_validator(mode="after")
    def _share_of_something(self) -> Zones:
        if self.wide_share and not self.wide:
            raise ValueError("`wide_share` needs `wide: true`")
        return self


class Context(_Strict):
    """The box around a value whose mean is a second input for each predictor; nothing by default."""

    dekads: tuple[Annotated[int, Field(ge=0, le=36)], Annotated[int, Field(ge=0, le=36)]] = (0, 0)
    pixels: Annotated[int, Field(ge=0, le=10)] = 0

    def __bool__(self) -> bool:
        return any(self.dekads) or self.pixels > 0


class Networks(_Strict):
    """How each small network is trained; see :class:`vadose.learn.ZoneNetworks`."""

    hidden: Annotated[int, Field(ge=1)] = 7
    wide_hidden: Annotated[int, Field(ge=1)] = 15
    restarts: Annotated[int, Field(ge=1)] = 1
    members: Annotated[int, Field(ge=1, le=50)] = 3
    seed: Annotated[int, Field(ge=0)] = 0
    max_iter: Annotated[int, Field(ge=1)] = 200
    weight_decay: Annotated[float, Field(ge=0)] = 10.0
    validation_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    min_rows: Annotated[int, Field(ge=10)] = 100
    max_rows: Annotated[int, Field(ge=100)] = 4000
    sample_rows: Annotated[int, Field(ge=1)] = 50


class Mask(_Strict):
    """Where values are withheld or not recommended."""

    frozen_from: str | None = None
    thawed: Layer | None = None
    land_cover: Layer | None = None
    sea: tuple[int, ...] = (0,)
    rainforest: tuple[int, ...] = (2,)
    fill_radius: Annotated[int, Field(ge=0, le=50)] = 5


class SubStep(_Strict):
    """One simulation: the dekads it makes, those it learns from, the sources it uses, and its order of networks."""

    name: str
    simulate: Period
    train: Period
    sources: dict[str, str] = Field(default_factory=dict)
    priority: Literal["predictors", "samples", "error"] = "predictors"


class Round(_Strict):
    """One round: targets (best first), predictors and sub-steps."""

    name: str
    targets: tuple[str, ...]
    predictors: tuple[str, ...]
    masked_by: tuple[str, ...] | None = None
    per_sensor: Literal["any", "all-or-one"] = "any"
    substeps: Annotated[tuple[SubStep, ...], Field(min_length=1)]


class Plan(_Strict):
    """A fusion from beginning to end, as data.

    Load one with :meth:`load`, look at it with :meth:`describe`, and prove that it can run with :meth:`check`.

    Notes
    -----
    The engine knows no product, sensor or year: all of them stand here. ``rsssm`` is the plan of Chen et al. (2021,
    doi:10.5194/essd-13-1-2021).

    ``interannual`` takes differences between years from the products (:mod:`vadose.fusion.interannual`); ``assimilate``
    adds what products of three sensors or more say beyond the networks (:mod:`vadose.fusion.assimilation`).

    Examples
    --------
    >>> plan = Plan.load("rsssm")
    >>> [r.name for r in plan.rounds], sum(len(r.substeps) for r in plan.rounds)
    (['1', '2', '3', '4', '5'], 8)
    """

    name: str
    title: str = ""
    prefix: str = ""
    products: Annotated[dict[str, Product], Field(min_length=1)]
    factors: dict[str, Factor] = Field(default_factory=dict)
    context: Context = Context()
    zones: Zones = Zones()
    networks: Networks = Networks()
    mask: Mask = Mask()
    interannual: bool = False
    assimilate: bool = False
    shared: Annotated[float, Field(ge=0, le=1)] = 0.0
    inherit: Annotated[float, Field(ge=0, le=1)] = 0.5
    denoise_limit: Annotated[float, Field(gt=0)] = 3.0
    rounds: Annotated[tuple[Round, ...], Field(min_length=1)]

    # ---------------------------------------------------------------------------------------------- making
    @classmethod
    def load(cls, which: str | Path, *, prefix: str | None = None) -> Plan:
        """Read a plan.

        Parameters
        ----------
        which : str or path
            Name of a built-in plan (``"rsssm"``) or a YAML file.
        prefix : str, optional
            What stands before every dataset name, such as ``"twin/"``; by default what the plan says.

        Raises
        ------
        ConfigError
            If there is no such plan, the file is no YAML mapping, or an entry is unknown, missing or of the wrong
            kind; every fault is listed with its place.
        """
        built_in = resources.files(__package__).joinpath(f"{which}.yaml")
        if isinstance(which, str) and "/" not in which and "\\" not in which and built_in.is_file():
            text = built_in.read_text(encoding="utf-8")
        else:
            try:
                text = Path(which).read_text(encoding="utf-8")
            except OSError as err:
                raise ConfigError(str(which), found=err.strerror or "no file", needed="a built-in plan or a YAML file",
                                  do="Built in: rsssm.") from err  # fmt: skip
        try:
            raw = yaml.safe_load(text)
        except yaml.YAMLError as err:
            raise ConfigError(str(which), found="text that is not YAML", needed="a YAML mapping", do=str(err)) from err
        if not isinstance(raw, dict):
            raise ConfigError(str(which), found=type(raw).__name__, needed="a YAML mapping with products and rounds")
        return cls.of(raw if prefix is None else {**raw, "prefix": prefix}, where=f"plan {which}")

    @classmethod
    def of(cls, raw: dict[str, Any], *, where: str = "plan") -> Plan:
        """Check a plan given as a mapping; see :meth:`load`."""
        try:
            plan = cls.model_validate(raw)
        except pydantic.ValidationError as err:
            raise ConfigError.of_faults(where, err.errors(), needed="entries as vadose.fusion.Plan knows them") from err
        from .checks import check_names

        check_names(plan)
        return plan

    def used_products(self) -> list[str]:
        """Products that any round learns from or is trained towards, in the order of the rounds.

        Examples
        --------
        >>> Plan.load("rsssm").during("2015D10", "2018D36").used_products()
        ['smap_e', 'ascat_swi', 'smos_ic', 'amsr2_jaxa', 'amsr2_lprm']
        """
        return list(dict.fromkeys(p for r in self.rounds for p in (*r.targets, *r.predictors) if p in self.products))

    def published(self) -> Plan:
        """The same plan without what it adds to Chen et al. (2021): their networks trained towards the target alone.

        Examples
        --------
        >>> plan = Plan.load("rsssm").published()
        >>> plan.assimilate, plan.interannual, plan.zones.wide_share, plan.products["smap_e"].systematic
        (False, False, 0.0, 0.0)
        """
        products = {k: p.model_copy(update={"systematic": 0.0}) for k, p in self.products.items()}
        zones = self.zones.model_copy(update={"wide_share": 0.0})
        return self.model_copy(update={"products": products, "zones": zones, "context": Context(), "shared": 0.0,
                                       "interannual": False, "assimilate": False})  # fmt: skip

    def during(self, first: str, last: str) -> Plan:
        """The same plan for part of its time: periods are cut, rounds and sub-steps without a dekad fall away.

        Parameters
        ----------
        first, last : str
            Dekads, both included.

        Raises
        ------
        ConfigError
            If nothing is left.

        Examples
        --------
        >>> [r.name for r in Plan.load("rsssm").during("2010D16", "2018D36").rounds]
        ['1', '2', '3']
        """
        low, high = dekads.of_label(first), dekads.of_label(last)

        def cut(period: Period) -> Period | None:
            a, b = max(low, dekads.of_label(period[0])), min(high, dekads.of_label(period[1]))
            return (dekads.label_of(a), dekads.label_of(b)) if a <= b else None

        rounds = []
        for r in self.rounds:
            steps = [s.model_copy(update={"simulate": sim, "train": train}) for s in r.substeps
                     if (sim := cut(s.simulate)) and (train := cut(s.train))]  # fmt: skip
            if steps:
                rounds.append(r.model_copy(update={"substeps": tuple(steps)}))
        if not rounds:
            raise ConfigError("period", found=f"{first}-{last}", needed=f"dekads of plan {self.name}")
        kept = {f"{SIMULATED}{r.name}" for r in rounds} | set(self.products)
        rounds = [r.model_copy(update={"targets": tuple(t for t in r.targets if t in kept)}) for r in rounds]
        return self.model_copy(update={"rounds": tuple(rounds)})

    # --------------------------------------------------------------------------------------------- looking
    def check(self, library: Any) -> Plan:
        """Refuse a plan that cannot run with this library, before any value is read; returns the plan.

        Parameters
        ----------
        library : vadose.store.Library
            Where the products lie.

        Raises
        ------
        ConfigError
            If products and targets of a round have no common dekads, a round has no predictor, rounds leave a gap
            or overlap, a dataset is missing or not at dekads, or grids differ. The message names the round, the
            products and their periods.
        """
        from .checks import check_plan

        check_plan(self, library)
        return self

    def describe(self) -> str:
        """The plan as a table: rounds, sub-steps, periods, targets, predictors and number of networks."""
        head = ("step", "simulates", "trained on", "target", "predictors", "order", "networks")
        rows: list[tuple[str, ...]] = []
        for r, s in self.steps():
            n = len(self.combinations(r, s))
            shared = self.set_name(r, s)
            rows.append(
                (
                    s.name,
                    "-".join(s.simulate),
                    "-".join(s.train),
                    " > ".join(r.targets),
                    ", ".join(r.predictors),
                    s.priority,
                    str(n) if shared == s.name else f"those of {shared}",
                )
            )
        width = [max(len(x[i]) for x in [head, *rows]) for i in range(len(head))]
        lines = ["  ".join(x.ljust(w) for x, w in zip(row, width)).rstrip() for row in [head, *rows]]
        title = f"{self.name}: {self.title}" if self.title else self.name
        return "\n".join([title, *lines, f"{len(self.network_names())} independent networks"])

    def steps(self) -> Iterator[tuple[Round, SubStep]]:
        """Every sub-step with its round, in order."""
        for r in self.rounds:
            for s in r.substeps:
                yield r, s

    def round(self, name: str) -> Round:
        """The round of a name; raises :class:`ConfigError` where there is none."""
        for r in self.rounds:
            if r.name == name:
                return r
        raise ConfigError(
            f"plan {self.name}", found=f"no round {name!r}", needed=f"one of {[r.name for r in self.rounds]}"
        )

    def combinations(self, round_: Round, step: SubStep) -> list[Combination]:
        """Admissible combinations that have dekads to learn from, in the sub-step's order of priority."""
        masking = round_.masked_by
        if masking is None:
            masking = tuple(p for p in round_.predictors if self.products[p].masks_frozen)
        sensors = {p: self.products[p].sensor for p in round_.predictors}
        subsets = enumerate_subsets(round_.predictors, masked_by=masking, sensors=sensors, per_sensor=round_.per_sensor)
        window = span(step.train)
        targets = [self.target_dekads(t) for t in round_.targets]
        out = []
        for subset in subsets:
            left = window.intersection(*(self.product_dekads(p) for p in subset))
            samples = places = 0  # dekads that the whole subset and a target share; place of the best target, summed
            for place, target in enumerate(targets):
                shared = left & target
                samples, places, left = samples + len(shared), places + place * len(shared), left - shared
            if samples:
                out.append(
                    Combination(
                        subset,
                        sensors=len({sensors[p] for p in subset}),
                        samples=samples,
                        quality=sum(self.products[p].quality for p in subset),
                        target=-places / samples,
                    )
                )
        return rank(out, step.priority)

    def product_dekads(self, name: str) -> frozenset[int]:
        """Dekads in which a product is said to exist; all there are where the plan gives no period."""
        period = self.products[name].period
        return span(period) if period else ALWAYS

    def target_dekads(self, name: str) -> frozenset[int]:
        """Dekads of a target: a product's, or those a round simulates."""
        if name in self.products:
            return self.product_dekads(name)
        return self.round_dekads(self.round(name.removeprefix(SIMULATED)))

    def round_dekads(self, round_: Round) -> frozenset[int]:
        """Dekads that a round simulates."""
        return frozenset().union(*(span(s.simulate) for s in round_.substeps))

    def set_name(self, round_: Round, step: SubStep) -> str:
        """Name of the training set: sub-steps that learn from the same rows share their networks."""
        for other in round_.substeps:
            if (other.train, other.sources) == (step.train, step.sources):
                return other.name
        return step.name

    def network_names(self) -> dict[str, int]:
        """Every independent network (``"1-1:ascat_swi+smos_ic"``) -> its number in ``source``, from 1."""
        out: dict[str, int] = {}
        for r, s in self.steps():
            set_name = self.set_name(r, s)
            for c in sorted(self.combinations(r, s), key=lambda c: (-len(c.products), c.products)):
                out.setdefault(f"{set_name}:{c.label}", len(out) + 1)
        return out

    def dataset(self, name: str) -> str:
        """Full name of a dataset in the library."""
        return f"{self.prefix}{name}"

    def digest(self) -> str:
        """Fingerprint of everything that decides the numbers of the networks."""
        left = self.model_dump(mode="json", exclude={"title", "mask"})
        left["zones"] = {k: v for k, v in left["zones"].items() if k not in ("block", "band")}
        text = json.dumps(left, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=4096)
def span(period: Period) -> frozenset[int]:
    """Dekads of a period as numbers, both ends included."""
    return frozenset(range(dekads.of_label(period[0]), dekads.of_label(period[1]) + 1))


#: Every dekad of the years 1900 to 2199.
ALWAYS = frozenset(range(1900 * 36, 2200 * 36))
