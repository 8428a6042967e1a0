"""What ``evaluate-1km`` reads: products, stations that may judge, training lists, maps and flights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .. import landclass, schema, twin, validation
from ..errors import ConfigError, InputFileError
from ..grid import Grid
from ..products.frm import read_frm_classification
from ..store import Library
from .evaluate_1km_settings import Evaluate1kmConfig, FlightConfig, MapConfig, StrataConfig
from .inputs import open_product, open_stations, within_depth

GROUPS: dict[str, dict] = {"land_cover": landclass.LAND_COVER, "texture": landclass.TEXTURE}


def make_twin(config: Evaluate1kmConfig, library: Library, folder: Path) -> None:
    """The simulated region in the library and its training lists as files, unless they are there."""
    assert config.twin is not None
    if f"{twin.PREFIX_1KM}stations" not in library.names():  # the last to be written
        for name in library.names():
            if name.startswith(twin.PREFIX_1KM):
                library.delete(name)
        twin.create_1km(library, **config.twin.model_dump())
    lists = json.loads(library.open(f"{twin.PREFIX_1KM}stations").attrs["training_lists"])
    (folder / "training").mkdir(parents=True, exist_ok=True)
    for name, table in lists.items():
        pd.DataFrame(table).to_csv(folder / "training" / f"{name}.csv", index=False)


def products_of(config: Evaluate1kmConfig, library: Library | None) -> dict[str, xr.Dataset]:
    """Products by label, lazy."""
    return {p.label: open_product(config, p, library) for p in config.products}


def training_lists(config: Evaluate1kmConfig) -> dict[str, pd.DataFrame]:
    """Tables of the training stations by product."""
    out = {}
    for label, path in config.training.items():
        try:
            out[label] = pd.read_csv(path, dtype={"network": str, "station": str}, comment="#")
        except (OSError, ValueError) as err:
            raise InputFileError(path, found=f"no readable table ({err})",
                                 needed="a CSV file with network and station, or lat and lon") from err  # fmt: skip
        if not ({"network", "station"} <= set(out[label]) or {"lat", "lon"} <= set(out[label])):
            raise InputFileError(path, found=f"the columns {list(map(str, out[label]))}",
                                 needed="network and station, or lat and lon")  # fmt: skip
    return out


def judges(config: Evaluate1kmConfig, library: Library | None) -> tuple[xr.Dataset, pd.DataFrame]:
    """Stations that pass all rules, and a table of the sensors that do not, with the reasons."""
    stations = within_depth(open_stations(config, library), config.stations.depth).compute()
    verdicts = []
    if config.water is not None:
        verdicts.append(validation.dry_cells(stations, static_map(config.water, library), limit=config.water_limit))
    if config.frm is not None:
        verdicts.append(validation.representative(stations, read_frm_classification(config.frm)))
    if config.time_stable is not None:
        verdicts.append(validation.time_stable(stations, max_error=config.time_stable))
    table = validation.dropped(*verdicts)
    return (validation.select(stations, *verdicts) if verdicts else stations), table


def dropped_by_product(stations: xr.Dataset, lists: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Training stations that are not used for each product, with the reason."""
    parts = [validation.dropped(validation.independent(stations, table)).assign(product=label)
             for label, table in lists.items()]  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else validation.dropped().assign(product=[])


def static_map(where: MapConfig, library: Library | None) -> xr.DataArray:
    """A map (lat, lon), from the library or a file."""
    if where.dataset is not None:
        assert library is not None
        ds = library.open(where.dataset)
    else:
        ds = _open_file(str(where.path), where.variable)
    if where.variable not in ds:
        found = f"variables {[str(v) for v in ds.data_vars]}"
        raise ConfigError(str(where.dataset or where.path), found=found, needed=repr(where.variable))
    return ds[where.variable]


def campaigns(flight: FlightConfig, library: Library | None) -> dict[str, xr.Dataset]:
    """The campaigns of an entry: one per name in the coordinate ``campaign`` along time where there is one."""
    if flight.dataset is not None:
        assert library is not None
        ds = library.open(flight.dataset)
    else:
        ds = _open_file(str(flight.path), "sm")
    if "campaign" not in ds.coords:
        return {flight.campaign: ds.assign_attrs(campaign=flight.campaign)}
    names = ds["campaign"].values.astype(str)
    return {n: ds.isel(time=np.flatnonzero(names == n)).drop_vars("campaign").assign_attrs(campaign=n)
            for n in dict.fromkeys(names.tolist())}  # fmt: skip


def with_strata(ds: xr.Dataset, strata: StrataConfig) -> xr.Dataset:
    """Land cover, climate and texture of the cells as categories in words."""
    out = ds
    for name in ("land_cover", "climate", "texture"):
        if name not in ds.coords or ds[name].dims != ("cell",):
            continue
        values, grouped = ds[name].values, getattr(strata, name) == "paper-002"
        if name == "climate":
            words = landclass.group_climate(values) if grouped else values.astype(str)
        elif grouped:
            words = landclass.group(values, GROUPS[name])
        elif name == "land_cover":
            words = np.array([landclass.IGBP.get(int(v), "") for v in values], str)
        else:
            words = values.astype(str)
        out = out.assign_coords({name: ("cell", words, {"long_name": name.replace("_", " ")})})
    return out


def _open_file(path: str, variable: str) -> xr.Dataset:
    """A NetCDF or GeoTIFF file in degrees on its grid, lazy."""
    try:
        if Path(path).suffix.lower() in (".tif", ".tiff"):
            raster = xr.open_dataarray(path, engine="rasterio", chunks={}).isel(band=0, drop=True)
            ds = raster.rename(y="lat", x="lon").to_dataset(name=variable)
        else:
            ds = xr.open_dataset(path, chunks={})
    except (OSError, ValueError, IndexError) as err:
        raise InputFileError(
            path, found=f"no readable map ({str(err)[:80]})", needed="NetCDF or GeoTIFF in degrees"
        ) from err
    if not {"lat", "lon"} <= set(ds.dims):
        raise InputFileError(path, found=f"dims {tuple(map(str, ds.dims))}", needed="lat and lon in degrees")
    ds = ds.sortby("lat", ascending=False)
    return schema.with_grid(ds, Grid.infer(ds["lat"].values, ds["lon"].values, where=path))
