"""What the coupling of production to soil water reads: settings, seasons of the layers, annual series, classes."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

import dask
import pydantic
import xarray as xr
from pydantic import Field

from .. import analysis, periods, schema
from ..errors import ConfigError
from ..grid import Grid
from ..regrid import to_grid
from ..store import Library
from .extents import crop_period
from .settings import Strict

#: Bytes of seasons up to which they are held in memory.
HELD = 500_000_000


class Source(Strict):
    """A variable of a dataset of the library; written in short as ``dataset`` or ``dataset:variable``."""

    dataset: str
    variable: str | None = None

    @pydantic.model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            name, _, variable = value.partition(":")
            return {"dataset": name, "variable": variable or None}
        return value


class CouplingConfig(Strict):
    """Which datasets to couple, and how."""

    title: str = "Coupling of primary production to soil water"
    layers: Source = Source(dataset="twin/truth")
    gpp: Source = Source(dataset="twin/gpp", variable="gpp")
    land_cover: Source | None = Source(dataset="twin/land", variable="land_cover")
    precipitation: Source | None = Source(dataset="twin/truth", variable="precipitation")
    temperature: Source | None = Source(dataset="twin/truth", variable="air_temperature")
    period: str | None = None
    by: Literal["total", "layer"] = "total"
    min_years: Annotated[int, Field(ge=5)] = 10
    min_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    test: Literal["student", "n_eff"] = "student"
    area: Literal["cos", "cell", "pixel"] = "cos"
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    fdr: bool = False
    depths: tuple[tuple[float, float], ...] = ((0.1, 1.0), (1.0, 2.0))

    @pydantic.field_validator("period", mode="before")
    @classmethod
    def _period_as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @pydantic.field_validator("period")
    @classmethod
    def _period_can_be_read(cls, value: str | None) -> str | None:
        periods.parse_period(value)
        return value


def monthly_layers(ds: xr.Dataset, settings: CouplingConfig) -> xr.Dataset:
    """Monthly layers of the period, with their bounds."""
    name = settings.layers.variable or schema.primary(ds)
    if name not in ds or "layer" not in ds[name].dims or "layer_bnds" not in ds.variables:
        raise ConfigError(f"layers: {settings.layers.dataset}", found=f"variables {sorted(map(str, ds.variables))}",
                          needed=f"{name} (time, layer, lat, lon) with layer_bnds")  # fmt: skip
    da = crop_period(ds[name], settings.period, where="layers")
    monthly = periods.composite(da.chunk(time=-1), "month")["mean"].assign_attrs(da.attrs)
    out = xr.Dataset({name: monthly.chunk(time=-1, layer=-1)}, attrs=ds.attrs)
    return out.assign_coords(layer_bnds=ds["layer_bnds"].load())


def kept_seasons(layers: xr.Dataset, settings: CouplingConfig, own: Library, snapshot: str) -> xr.Dataset:
    """Seasonal storage, from the own library where the same was made before."""
    parts = [snapshot, settings.layers.model_dump(), settings.period, settings.by]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]
    name = f"seasons-{key}"
    if name not in own.names():
        screened = analysis.screen_storage(layers)
        water = screened["swc"].assign_attrs(units="kg m-2").chunk(time=-1, layer=-1)
        seasons = analysis.wetness_seasons(water, by=settings.by)[["storage"]]
        seasons = seasons.assign_coords(layer_bnds=layers["layer_bnds"])
        if seasons.nbytes <= HELD:  # read once for both
            seasons, screened = dask.compute(seasons, screened[["n_out_of_range"]])
        count = int(screened["n_out_of_range"].sum())
        kept = {k: v for k, v in layers.attrs.items() if k in ("grid", "product", "simulated")}
        own.write(name, seasons.assign_attrs(kept, n_out_of_range=count), layout="plain",
                  message="seasonal storage")  # fmt: skip
    seasons = own.open(name).chunk(year=-1)
    return seasons.load() if seasons.nbytes <= HELD else seasons


def annual_on(role: str, opened: dict[str, xr.Dataset], sources: dict[str, Source], grid: Grid,
            settings: CouplingConfig) -> xr.DataArray:  # fmt: skip
    """Annual values of a variable on the grid of the layers, in memory: every test needs them."""
    da = crop_period(variable_of(role, opened, sources), settings.period, where=role)
    if Grid.of(da) != grid:
        da = to_grid(da.chunk(lat=-1, lon=-1).transpose(..., "lat", "lon"), grid, method="area")
    marks = {k: v for k, v in opened[role].attrs.items() if k == "simulated"}
    annual = analysis.annual_series(da.chunk(time=-1), min_share=settings.min_share)
    return annual.assign_attrs(marks).load()


def variable_of(role: str, opened: dict[str, xr.Dataset], sources: dict[str, Source]) -> xr.DataArray:
    """The variable of a role, with the grid of its dataset."""
    ds, source = opened[role], sources[role]
    usual = {"gpp": "gpp", "land_cover": "land_cover", "precipitation": "precipitation",
             "temperature": "air_temperature"}  # fmt: skip
    name = source.variable or usual[role]
    if name not in ds:
        raise ConfigError(f"{role}: {source.dataset}", found=f"variables {list(map(str, ds.data_vars))}",
                          needed=name, do=f"Name the variable: {role}: {source.dataset}:VARIABLE.")  # fmt: skip
    return ds[name].assign_attrs({"grid": ds.attrs["grid"]} if "grid" in ds.attrs else {})


def planted(opened: dict[str, xr.Dataset], classes: xr.DataArray | None) -> dict[str, Any]:
    """What the twin planted: strength by ecosystem, and the share of the roots in each layer."""
    attrs = opened["gpp"].attrs
    if classes is None or not {"simulated", "strength", "root_share"} <= set(attrs):
        return {}
    return {"strength": json.loads(attrs["strength"]), "root_share": json.loads(attrs["root_share"])}
