"""What the recipe multisource-trends may be told, and what it takes where it is told nothing."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import pydantic
import xarray as xr
from pydantic import Field

from .. import analysis, landclass, schema
from ..errors import ConfigError, GridError, SchemaError, VadoseError
from ..grid import Grid
from ..store import Library
from .one_layer import one_layer
from .settings import Strict
from .trend_test import TrendTest, check_correctable

#: Groupings of a map of classes, by the word in the settings.
GROUPINGS = {"land_cover": landclass.LAND_COVER, "ecosystem": landclass.ECOSYSTEMS}


class Layered(Strict):
    """A variable of a dataset of the library, and which of its layers, 0 the top."""

    dataset: str
    variable: str | None = None
    layer: int = 0


class TrendProduct(Layered):
    """A product, the variable of its own rain (in the same dataset) and the dates its sensors changed."""

    precipitation: str | None = None
    breaks: tuple[str, ...] = ()
    storage: bool = False


class ClassMap(Strict):
    """A map of classes on the grid of the products, as it is or in the groups of a paper."""

    dataset: str
    variable: str
    group: Literal["none", "land_cover", "ecosystem", "climate"] = "none"


class TrendsConfig(Strict):
    """The settings of multisource-trends."""

    title: str = "Trends of soil moisture by product"
    products: dict[str, TrendProduct] = Field(default_factory=dict)
    periods: tuple[str, ...] = ()
    grid: Annotated[float, Field(gt=0)] | None = None
    regions: dict[str, ClassMap] = Field(default_factory=dict)
    latitude: bool = True
    precipitation: Layered | None = None
    truth: Layered | None = None
    stations: str | None = None
    area: Literal["cos", "cell", "pixel"] = "cos"
    mask: Literal["common", "own"] = "common"
    min_months: Annotated[int, Field(ge=1, le=12)] = 12
    min_valid: Annotated[float, Field(gt=0, le=1)] = 0.7
    min_years: Annotated[int, Field(ge=3)] = 10
    threshold: Annotated[float, Field(gt=0)] | None = None
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    fdr: bool = False
    test: TrendTest = "ar1"
    bias_corrected: bool = False

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> TrendsConfig:
        if "reference" in self.products:
            raise ValueError("a product cannot be called 'reference'")
        check_correctable(self.test, self.bias_corrected)
        return self


def complete(config: TrendsConfig, library: Library) -> TrendsConfig:
    """The settings with everything filled in that a library offers by itself.

    Products: every gridded dataset with soil moisture ``sm`` but the simulated truth; of a simulated library also the
    truth, its rain as the independent record, its land as regions, and its stations. Periods: all whole years.
    """
    names = library.names()
    more: dict = {}
    if not config.products:
        maps = [n for n in names if n not in ("twin/truth", "twin/airborne") and _is_map(library, n)]
        more["products"] = {n.removeprefix("twin/").replace("_", " "): _product(library.open(n), n) for n in maps}
        if not more["products"]:
            raise ConfigError(f"{library.url}", found="no gridded dataset with soil moisture 'sm'",
                              needed="at least one", do="Ingest products first: vadose ingest.")  # fmt: skip
    if "twin/truth" in names:
        if config.truth is None:
            more["truth"] = Layered(dataset="twin/truth", variable="sm")
        if config.precipitation is None:
            more["precipitation"] = Layered(dataset="twin/truth", variable="precipitation")
    if "twin/land" in names and not config.regions:
        more["regions"] = {"land cover": ClassMap(dataset="twin/land", variable="land_cover", group="ecosystem"),
                           "climate": ClassMap(dataset="twin/land", variable="climate", group="climate")}  # fmt: skip
    if "twin/stations" in names and config.stations is None:
        more["stations"] = "twin/stations"
    config = config.model_copy(update=more)
    return config if config.periods else config.model_copy(update={"periods": (_all_years(config, library),)})


def read_array(library: Library, source: Layered, *, where: str) -> xr.DataArray:
    """The variable of a dataset, one layer of it, on dims (time, lat, lon)."""
    ds = library.open(source.dataset)
    name = source.variable or schema.primary(ds)
    if name not in ds:
        raise SchemaError(f"{where}: {source.dataset}", found=f"variables {list(ds.data_vars)}", needed=repr(name))
    da = one_layer(ds[name], source.layer, where=f"{where}: {source.dataset}")
    return da.assign_attrs({k: v for k, v in ds.attrs.items() if k in ("simulated", "grid", "product")})


def read_classes(library: Library, source: ClassMap, *, grid: Grid | None = None) -> xr.DataArray:
    """A map of classes by name, on another grid by the class with the most area in each cell."""
    ds = library.open(source.dataset)
    if source.variable not in ds:
        raise SchemaError(source.dataset, found=f"variables {list(ds.data_vars)}", needed=repr(source.variable))
    da = ds[source.variable]
    if grid is not None and Grid.of(da) != grid:
        try:
            da = analysis.classes_on(da.chunk(lat=-1, lon=-1), grid).compute()
        except GridError as err:
            raise GridError(f"regions: {source.dataset}", found=f"a map over {Grid.of(da).bbox}",
                            needed=f"one that overlaps the products, {grid.bbox}") from err  # fmt: skip
    if source.group == "none":
        return da
    if source.group != "climate":
        return da.copy(data=landclass.group(da.values, GROUPINGS[source.group])).drop_attrs()
    known = ["", *landclass.KOEPPEN]
    letters = [known[int(c)] if 0 <= c < len(known) else "" for c in da.values.ravel()]
    words = {k: v.replace("+", " and ") for k, v in landclass.CLIMATE.items()} | {"": ""}
    groups = np.array([words[g] for g in landclass.group_climate(letters)])
    return da.copy(data=groups.reshape(da.shape)).drop_attrs()


def _product(ds: xr.Dataset, name: str) -> TrendProduct:
    own = "precipitation" if "precipitation" in ds else None
    return TrendProduct(dataset=name, variable="sm", precipitation=own, storage="layer" in ds["sm"].dims)


def _is_map(library: Library, name: str) -> bool:
    ds = library.open(name)
    try:
        return "sm" in ds and schema.form(ds) == "grid"
    except VadoseError:
        return False


def _all_years(config: TrendsConfig, library: Library) -> str:
    """The whole years of the longest product."""
    first, last = 9999, 0
    for product in config.products.values():
        time = library.open(product.dataset).indexes["time"]
        if len(time):
            first, last = min(first, time[0].year), max(last, time[-1].year)
    return f"{first}/{last}"
