"""What the configuration of a validation may say; anything else is refused with its place in the file."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from .. import matchup, periods, products
from ..grid import check_bbox
from .settings import Strict, absolute, check, dump, read

__all__ = [
    "CollocationConfig", "EvaluateConfig", "MatchConfig", "ProductConfig", "ScoreConfig", "StationConfig", "dump",
    "load", "validate",
]  # fmt: skip

#: Label of the reference in collocations.
STATIONS = "stations"

Depth = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]
Hours = tuple[Annotated[float, Field(ge=0, le=24)], Annotated[float, Field(ge=0, le=24)]]
Bbox = tuple[float, float, float, float]


class ProductConfig(Strict):
    """One product to judge: files of a catalogue product, or a dataset of the library."""

    label: str
    id: str | None = None
    paths: list[str] = Field(default_factory=list)
    dataset: str | None = None
    flags: Literal["recommended", "usable", "none"] = "recommended"
    variable: str | None = None
    layer: int | None = None
    t_value: float | None = None
    depth: Depth | None = None
    max_distance: Annotated[float, Field(gt=0)] | None = None
    note: str = ""

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> ProductConfig:
        if bool(self.dataset) == bool(self.id):
            raise ValueError("give either `id` with `paths`, or `dataset` (a name in the library)")
        if self.id and not self.paths:
            raise ValueError("`paths` is needed with `id`")
        if self.id:
            products.get(self.id)
        if self.dataset and (self.paths or self.flags != "recommended"):
            raise ValueError("`paths` and `flags` go with `id`: a dataset of the library is taken as it was ingested")
        return self


class StationConfig(Strict):
    """The reference stations."""

    path: str | None = None
    dataset: str | None = None
    depth: Depth = (0.0, 0.05)
    flags: tuple[str, ...] | None = ("G",)
    local_hours: Hours | None = None
    min_count: Annotated[int, Field(ge=1)] = 1

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> StationConfig:
        if bool(self.dataset) == bool(self.path):
            raise ValueError("give either `path` (archive, folder or file) or `dataset` (a name in the library)")
        if self.dataset and (self.flags != ("G",) or self.local_hours is not None or self.min_count != 1):
            raise ValueError("`flags`, `local_hours` and `min_count` go with `path`: a dataset of the library holds "
                             "means that are made already")  # fmt: skip
        return self


class MatchConfig(Strict):
    """How product and stations are paired."""

    cells: Literal["own", "common"] = "own"
    window: str = "12h"
    temporal_reference: str | None = None
    local_hours: Hours | None = None
    max_distance: Annotated[float, Field(gt=0)] | None = None

    @pydantic.field_validator("window")
    @classmethod
    def _window_is_a_duration(cls, value: str) -> str:
        matchup.check_window(value)
        return value


class ScoreConfig(Strict):
    """How pairs are scored."""

    by: tuple[Literal["season", "month", "dekad", "year"], ...] = ()
    anomalies: tuple[Literal["window", "climatology", "dekad"], ...] = ()
    scaling: Literal["mean_std", "min_max", "linear", "cdf"] | None = None
    scale_after_split: bool = False
    ci: Literal["neff", "bootstrap", "iid", "none"] = "neff"
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    min_n: Annotated[int, Field(ge=2)] = 20
    min_years: Annotated[int, Field(ge=1)] = 3
    min_cells: Annotated[int, Field(ge=3)] = 20
    n_boot: Annotated[int, Field(ge=100)] = 1000
    seed: int = 0


class CollocationConfig(Strict):
    """Three labels whose errors are told apart; ``stations`` is the reference."""

    products: Annotated[list[str], Field(min_length=3, max_length=3)]
    min_n: Annotated[int, Field(ge=3)] = 100
    n_boot: Annotated[int, Field(ge=100)] = 1000

    @pydantic.field_validator("products")
    @classmethod
    def _three_different(cls, value: list[str]) -> list[str]:
        if len(set(value)) < 3:
            raise ValueError(f"three different products are needed, found {', '.join(value)}")
        return value


class EvaluateConfig(Strict):
    """A validation: products against stations."""

    title: str = "Validation of soil-moisture products"
    products: Annotated[list[ProductConfig], Field(min_length=1)]
    stations: StationConfig
    match: MatchConfig = MatchConfig()
    score: ScoreConfig = ScoreConfig()
    collocations: list[CollocationConfig] = Field(default_factory=list)
    qa4sm: bool = False
    bbox: Bbox | None = None
    period: str | None = None
    library: str | None = None
    out: str = "out"
    notes: list[str] = Field(default_factory=list)

    @pydantic.field_validator("period", mode="before")
    @classmethod
    def _period_as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | datetime.date) else value  # YAML reads 2017 as a number

    @pydantic.field_validator("period")
    @classmethod
    def _period_can_be_read(cls, value: str | None) -> str | None:
        periods.parse_period(value)
        return value

    @pydantic.field_validator("bbox")
    @classmethod
    def _bbox_is_a_box(cls, value: Bbox | None) -> Bbox | None:
        return None if value is None else check_bbox(value)

    @pydantic.model_validator(mode="after")
    def _unique_labels(self) -> EvaluateConfig:
        labels = [p.label for p in self.products]
        if twice := sorted({x for x in labels if labels.count(x) > 1}):
            raise ValueError(f"labels must be unique, found twice: {', '.join(twice)}")
        if STATIONS in labels:
            raise ValueError(f"`{STATIONS}` is the name of the reference: give the product another label")
        leader = self.match.temporal_reference
        if leader is not None and leader not in labels:
            raise ValueError(f"`match.temporal_reference` is {leader!r}; needed one of {', '.join(labels)}")
        for collocation in self.collocations:
            if unknown := [p for p in collocation.products if p not in (*labels, STATIONS)]:
                raise ValueError(f"collocations name unknown labels: {', '.join(unknown)}")
        if not self.library and (self.stations.dataset or any(p.dataset for p in self.products)):
            raise ValueError("`library` is needed where a `dataset` is named")
        return self


def load(path: str | Path, *, variables: dict[str, str] | None = None) -> EvaluateConfig:
    """Read and check a YAML configuration; relative paths in it are relative to the file's folder.

    ``variables`` are values for ``{name}`` placeholders in its strings, such as ``{data}``. Faults are raised as
    :class:`vadose.errors.ConfigError`, each with its place.
    """
    return _resolve(read(path, EvaluateConfig, variables=variables), Path(path).parent)


def validate(raw: dict[str, Any], *, where: str, base: Path | None = None) -> EvaluateConfig:
    """Check a configuration given as a mapping; see :func:`load`."""
    config = check(raw, EvaluateConfig, where=where)
    return config if base is None else _resolve(config, base)


def _resolve(config: EvaluateConfig, base: Path) -> EvaluateConfig:
    products = [p.model_copy(update={"paths": [absolute(x, base) for x in p.paths]}) for p in config.products]
    stations = config.stations.model_copy(update={"path": absolute(config.stations.path, base)})
    update = {"products": products, "stations": stations, "library": absolute(config.library, base),
              "out": absolute(config.out, base)}  # fmt: skip
    return config.model_copy(update=update)
