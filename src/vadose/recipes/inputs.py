"""What a validation reads: stations and products, from files or from the library it fills."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from pathlib import Path
from typing import Protocol

import numpy as np
import xarray as xr

from .. import products, schema
from ..errors import ConfigError, SchemaError
from ..store import Library
from .config import ProductConfig, StationConfig
from .extents import crop_grid, crop_period

#: Beginning of the name of station datasets in a library a recipe fills.
STATIONS = "stations"


class Scope(Protocol):
    """Settings that say which stations, where and when."""

    @property
    def bbox(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north."""

    @property
    def period(self) -> str | None:
        """Part of time."""

    @property
    def stations(self) -> StationConfig:
        """The reference."""


def within_depth(stations: xr.Dataset, depth: tuple[float, float]) -> xr.Dataset:
    """Sensors whose depth range lies within an interval [m].

    Raises
    ------
    SchemaError
        If there is none; the depths present are listed.

    Warns
    -----
    UserWarning
        If sensors have no depth: they are left out, and their stations named.
    """
    low, high = depth
    unknown = ~(np.isfinite(stations["depth_from"].values) & np.isfinite(stations["depth_to"].values))
    if unknown.any():
        names = sorted(set(stations["station"].values[unknown].astype(str)))
        warnings.warn(f"{int(unknown.sum())} sensors without a depth are left out, of the stations {', '.join(names)}",
                      UserWarning, stacklevel=2)  # fmt: skip
    keep = schema.within_depth(stations, depth)
    if not keep.any():
        have = sorted({f"{a:g}-{b:g}" for a, b in zip(stations["depth_from"].values, stations["depth_to"].values,
                                                       strict=True)})  # fmt: skip
        raise SchemaError(
            "stations", found=f"sensors at {', '.join(have)} m", needed=f"a sensor within {low:g}-{high:g} m"
        )
    return stations.isel(sensor=np.flatnonzero(keep))


def open_stations(config: Scope, library: Library | None) -> xr.Dataset:
    """Stations of all depths within the configured box and period; parsed once where there is a library."""
    wanted = config.stations
    if wanted.path is None:
        assert library is not None and wanted.dataset is not None
        return _crop_stations(library.open(wanted.dataset), config)
    name = _station_name(wanted)
    if library is not None and name in library.names():
        return _crop_stations(library.open(name), config)
    stations = products.open_stations(wanted.path, depth=None, flags=wanted.flags, local_hours=wanted.local_hours,
                                      min_count=wanted.min_count)  # fmt: skip
    if library is None:
        return _crop_stations(stations, config)
    library.write(name, stations, layout="plain", message="ingest stations")
    return _crop_stations(library.open(name), config)


def _crop_stations(stations: xr.Dataset, config: Scope) -> xr.Dataset:
    if config.bbox:
        west, south, east, north = config.bbox
        lat, lon = stations["lat"].values, stations["lon"].values
        inside = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
        if not inside.any():
            raise ConfigError("bbox", found=f"{config.bbox}, which holds no station", needed="a box with stations")
        stations = stations.isel(sensor=np.flatnonzero(inside))
    return _crop_period(stations, config)


def _crop_period(ds: xr.Dataset, config: Scope) -> xr.Dataset:
    return crop_period(ds, config.period, where=str(ds.attrs.get("title", "the data")))


def open_product(config: Scope, product: ProductConfig, library: Library | None) -> xr.Dataset:
    """One product within the configured box and period; ingested once where there is a library."""
    if product.dataset is not None:
        assert library is not None
        return _crop_period(_crop_box(library.open(product.dataset), config), config)
    assert product.id is not None
    if library is None:
        return products.open(product.id, product.paths, bbox=config.bbox, period=config.period, flags=product.flags)
    name = _source_name(config, product)
    if name not in library.names():
        ds = products.open(product.id, product.paths, bbox=config.bbox, flags=product.flags)
        layout = "series" if schema.form(ds) == "grid" else "plain"
        library.write(name, ds, layout=layout, message=f"ingest {name}")  # one commit: all of it or nothing
    return _crop_period(library.open(name), config)


def _crop_box(ds: xr.Dataset, config: Scope) -> xr.Dataset:
    if config.bbox is None:
        return ds
    kind = schema.form(ds)
    if kind == "observations":
        west, south, east, north = config.bbox
        lat, lon = ds["lat"].values, ds["lon"].values
        inside = np.flatnonzero((lat >= south) & (lat <= north) & (lon >= west) & (lon <= east))
        if not inside.size:
            raise ConfigError("bbox", found=f"{config.bbox}, which holds no observation", needed="a box with data")
        return ds.isel(obs=inside)
    return crop_grid(ds, config.bbox) if kind == "grid" else ds


def _source_name(config: Scope, product: ProductConfig) -> str:
    """Name in the library of what was read for a product: other files, flags or box give another name.

    Layers of one product share it.
    """
    assert product.id is not None
    files = products.expand(product.paths, products.get(product.id).patterns)
    text = f"{product.id}-{product.flags}-{files[0].parent.name}"
    return f"{_plain(text)}-{_digest([product.id, product.flags, config.bbox, *map(_state, files)])}"


def _station_name(wanted: StationConfig) -> str:
    assert wanted.path is not None
    path = Path(wanted.path)
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    return f"{STATIONS}-{_digest([wanted.flags, wanted.local_hours, wanted.min_count, *map(_state, files)])}"


def _state(file: Path) -> list:
    """What changes when a file does."""
    if not file.exists():
        return [str(file.absolute())]
    info = file.stat()
    return [str(file.absolute()), info.st_size, info.st_mtime_ns]


def _digest(parts: list) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:10]


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)
