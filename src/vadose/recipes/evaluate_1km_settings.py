"""What the settings of the recipe ``evaluate-1km`` may say, beside those of every validation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pydantic
from pydantic import Field

from .config import Bbox, EvaluateConfig
from .settings import Strict, absolute, read

Share = Annotated[float, Field(ge=0, le=1)]

#: Sides of a collocation that are no product.
STATIONS = "stations"


class MapConfig(Strict):
    """A map without time: a dataset of the library, or a NetCDF or GeoTIFF file in degrees."""

    dataset: str | None = None
    path: str | None = None
    variable: str = "land_cover"

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> MapConfig:
        if bool(self.dataset) == bool(self.path):
            raise ValueError("give either `dataset` (a name in the library) or `path` (a NetCDF or GeoTIFF file)")
        return self


class CoreConfig(Strict):
    """Which cells their stations stand for, from a fine land-cover map."""

    map: MapConfig
    threshold: Share = 0.82
    sensitivity: tuple[Share, ...] = (0.70, 0.75, 0.80, 0.85)


class FlightConfig(Strict):
    """An airborne campaign: a dataset of the library, or a NetCDF file, with soil moisture (time, lat, lon)."""

    campaign: str
    dataset: str | None = None
    path: str | None = None
    local_time: bool = False
    window: str = "12h"
    method: Literal["cubic", "bilinear", "area", "nearest"] = "cubic"

    @pydantic.model_validator(mode="after")
    def _one_source(self) -> FlightConfig:
        if bool(self.dataset) == bool(self.path):
            raise ValueError("give either `dataset` (a name in the library) or `path` (a NetCDF file)")
        return self


class StrataConfig(Strict):
    """Categories of cells: the groups of paper 002, or the classes of the stations as they are."""

    land_cover: Literal["paper-002", "class"] = "paper-002"
    climate: Literal["paper-002", "class"] = "paper-002"
    texture: Literal["paper-002", "class"] = "paper-002"
    more_than: Annotated[int, Field(ge=1)] = 5


class CompositeConfig(Strict):
    """How products are merged, with weights from other cells than those that judge."""

    by: Literal["error", "best", "equal"] = "best"
    strata: Literal["land_cover", "climate", "texture"] | None = "land_cover"
    groups: str | None = None
    folds: Annotated[int, Field(ge=2)] = 5


class TwinConfig(Strict):
    """The simulated region that is made where the library has none."""

    region: Bbox = (-104.0, 19.0, -103.28, 19.72)
    years: tuple[int, int] = (2015, 2019)
    seed: int = 15


class Evaluate1kmConfig(EvaluateConfig):
    """Paper 002 as settings."""

    training: dict[str, str] = Field(default_factory=dict)
    """Product label -> CSV file of the stations it was trained on."""
    core: CoreConfig | None = None
    strict: Annotated[int, Field(ge=0)] | None = 5
    water: MapConfig | None = None
    water_limit: Share = 0.05
    frm: str | None = None
    """CSV file of FRM classes; only representative sensors are used."""
    time_stable: Annotated[float, Field(gt=0)] | None = None
    """Largest standard error of estimate of a station against its network [m3 m-3]."""
    scaling: Literal["mean_std", "min_max", "linear", "cdf"] | None = None
    scaling_reference: str | None = None
    """Product to which products and stations are scaled; the stations where none is named."""
    scale_after_split: bool = False
    strata: StrataConfig = StrataConfig()
    collocation: list[tuple[str, str, str]] = Field(default_factory=list)
    """Triples of product labels and ``stations``."""
    flights: list[FlightConfig] = Field(default_factory=list)
    block_period: Annotated[float, Field(ge=2)] | None = None
    composite: CompositeConfig | None = CompositeConfig()
    twin: TwinConfig | None = None

    @pydantic.model_validator(mode="after")
    def _known_labels(self) -> Evaluate1kmConfig:
        labels = [p.label for p in self.products]
        if unknown := sorted(set(self.training) - set(labels)):
            raise ValueError(f"`training` names {', '.join(unknown)}, which is no product")
        if self.collocations:
            raise ValueError("`collocations` is of other recipes; here `collocation` holds the triples")
        if own := [p.label for p in self.products if p.depth]:
            raise ValueError(f"`depth` of {', '.join(own)}: here `stations.depth` holds for all products")
        if same := [t for t in self.collocation if len(set(t)) < 3]:
            raise ValueError(f"`collocation` needs three different sides, found {', '.join(same[0])}")
        named = {name for triple in self.collocation for name in triple}
        if unknown := sorted(named - {*labels, STATIONS}):
            raise ValueError(f"`collocation` names {', '.join(unknown)}; needed product labels or `stations`")
        datasets = [m.dataset for m in (self.core and self.core.map, self.water, *self.flights) if m]
        if not self.library and (any(datasets) or self.twin):
            raise ValueError("`library` is needed where a `dataset` is named or a twin is made")
        return self


def load(path: str | Path, *, variables: dict[str, str]) -> Evaluate1kmConfig:
    """Read and check the settings; relative paths are relative to the file's folder."""
    config, base = read(path, Evaluate1kmConfig, variables=variables), Path(path).parent
    update: dict = {
        "products": [p.model_copy(update={"paths": [absolute(x, base) for x in p.paths]}) for p in config.products],
        "stations": config.stations.model_copy(update={"path": absolute(config.stations.path, base)}),
        "training": {k: absolute(v, base) for k, v in config.training.items()},
        "flights": [f.model_copy(update={"path": absolute(f.path, base)}) for f in config.flights],
        "frm": absolute(config.frm, base), "library": absolute(config.library, base),
    }  # fmt: skip
    if config.core:
        where = config.core.map.model_copy(update={"path": absolute(config.core.map.path, base)})
        update["core"] = config.core.model_copy(update={"map": where})
    if config.water:
        update["water"] = config.water.model_copy(update={"path": absolute(config.water.path, base)})
    return config.model_copy(update=update)
