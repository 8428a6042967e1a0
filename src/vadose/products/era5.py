"""ERA5 and ERA5-Land volumetric soil water: native NetCDF of the Climate Data Store and cell time series.

The store has changed its NetCDF several times. Read are: time as ``time`` or ``valid_time``; ``expver`` absent, as a
coordinate along time, or as a dimension of 2 in which each value is present on one side only (final data are
preferred, preliminary fill in); packed integers with a scale per file; longitudes 0 to 360; latitudes in any order;
and zip archives with one NetCDF file per stream, of which those with soil water are read.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..errors import GridError, InputFileError
from ..grid import Grid
from .assemble import assemble
from .catalogue import Product, get
from .cells import Cells, index_cells, layout
from .decode import attribute, check_units, get_variable, open_netcdf, read_times
from .images import Images, index_images
from .layers import stack_layers

#: Layer -> bounds [m] of the IFS land scheme.
LAYERS = {1: (0.0, 0.07), 2: (0.07, 0.28), 3: (0.28, 1.0), 4: (1.0, 2.89)}

_WATER = tuple(f"swvl{n}" for n in LAYERS)


def open_era5(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """ERA5 volumetric soil water.

    Parameters
    ----------
    paths : sequence of Path
        NetCDF or zip files of the Climate Data Store, or cell files.
    bbox, period, flags
        As in :func:`vadose.products.open`.

    Returns
    -------
    xarray.Dataset
        ``sm`` [m3 m-3], dims (time, layer, lat, lon), as many layers as the files have, and ``soil_temperature``
        [K] where all of them are there.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product, or in other units.

    Notes
    -----
    The model has no quality flags. Where preliminary data (expver 5) are among the times, the attribute
    ``preliminary`` says so.
    """
    return _open(paths, get("era5"), 0.25, bbox, period, flags)


def open_era5_land(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """ERA5-Land volumetric soil water, as :func:`open_era5` on the 0.1° grid."""
    return _open(paths, get("era5_land"), 0.1, bbox, period, flags)


def _open(paths: Sequence[Path], product: Product, resolution: float, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    files = _unpack(paths)
    with open_netcdf(files[0]) as nc:
        kind = layout(nc)
        numbers = [n for n, w in zip(LAYERS, _WATER, strict=True) if w in nc.variables] or [1]
        dims = set(nc.dimensions)
    water = [f"swvl{n}" for n in numbers]
    temperature = [f"stl{n}" for n in numbers]
    time = "valid_time" if "valid_time" in dims else "time"
    expvers: set[str] = set()

    def identity(nc: Any, path: Path) -> tuple[str, str]:
        land = bool(re.search(r"ERA5[-_ ]?LAND", attribute(nc, "product") + " " + attribute(nc, "title"), re.I))
        if land and product.id == "era5":
            raise InputFileError(path.name, found="an ERA5-Land file", needed="ERA5", do="Open it as 'era5_land'.")
        if "ERA5" in attribute(nc, "product").upper() and not land and product.id == "era5_land":
            raise InputFileError(path.name, found="an ERA5 file", needed="ERA5-Land", do="Open it as 'era5'.")
        for name in water:
            check_units(get_variable(nc, name, path), path, "m3 m-3", assume="m3 m-3")
        expvers.update(_expvers(nc))
        return product.id, "cells" if kind else "images"

    index: Images | Cells
    if kind:
        index = index_cells(files, water, parent=Grid.regular(resolution, registration="node"), identity=identity,
                            optional=temperature, bbox=bbox, period=period, do=f"Is this {product.title}?")  # fmt: skip
    else:
        lat, lon = ("latitude", "longitude") if "latitude" in dims else ("lat", "lon")
        roles = {time: "time", lat: "lat", lon: "lon", "expver": "layer"}
        index = index_images(files, water, parent=_grid(product, resolution), roles=roles, identity=identity,
                             times=lambda nc, path: read_times(nc, path, name=time), optional=temperature,
                             bbox=bbox, period=period, do=f"Is this {product.title}?")  # fmt: skip
    extras = {}
    if all(t in index.codings for t in temperature):
        extras["soil_temperature"] = _stack(index, temperature)
    attrs = {"expver": " ".join(sorted(expvers))} if expvers else {}
    if any(v.lstrip("0") == "5" for v in expvers):
        attrs["preliminary"] = "true"
    return assemble(
        product, _stack(index, water), unit="m3 m-3", flags=flags, inputs=paths, grid=index.grid,
        layers=[LAYERS[n] for n in numbers], extras=extras, version=product.versions[0], attrs=attrs,
    )  # fmt: skip


def _stack(index: Images | Cells, names: Sequence[str]) -> xr.DataArray:
    return stack_layers(index, names, lambda values, _: _merge_expver(values))


def _merge_expver(values: xr.DataArray) -> xr.DataArray:
    """Final data where present, else preliminary; unchanged without an expver dimension."""
    if "layer" not in values.dims:
        return values
    merged = values.isel(layer=0)
    for i in range(1, values.sizes["layer"]):
        merged = merged.fillna(values.isel(layer=i))
    return merged


def _expvers(nc: Any) -> set[str]:
    if "expver" not in nc.variables:
        return set()
    raw = np.ravel(np.asarray(nc.variables["expver"][...]))
    if raw.dtype.kind == "S" and nc.variables["expver"].ndim and raw.dtype.itemsize == 1:
        raw = np.ravel(np.asarray(nc.variables["expver"][...]).view(f"S{nc.variables['expver'].shape[-1]}"))
    return {v.decode() if isinstance(v, bytes) else str(v) for v in raw.tolist()}


def _grid(product: Product, resolution: float) -> Any:
    def find(lat: np.ndarray, lon: np.ndarray, where: str) -> Grid:
        if product.id == "era5_land":
            return Grid.regular(resolution, registration="node")
        try:
            grid = Grid.infer(lat, lon, where=where)  # the store also delivers coarser grids
        except GridError:
            return Grid.regular(resolution, registration="node")
        if grid.resolution < resolution - 1e-6:
            raise InputFileError(where, found=f"a {grid.resolution:g}° grid", needed="0.25° or coarser for ERA5",
                                 do="Open ERA5-Land files as 'era5_land'.")  # fmt: skip
        return Grid.regular(grid.resolution, registration=grid.registration)

    return find


def _unpack(paths: Sequence[Path]) -> list[Path]:
    """Zip archives replaced by the soil-water files in them, unpacked until the process ends."""
    out: list[Path] = []
    for path in paths:
        if not zipfile.is_zipfile(path):
            if path.suffix.lower() == ".zip":
                raise InputFileError(path.name, found="no zip archive, or a truncated one", needed="a complete zip",
                                     do="Download it again.")  # fmt: skip
            out.append(path)
            continue
        folder = Path(tempfile.mkdtemp(prefix="vadose-era5-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        members = []
        try:
            with zipfile.ZipFile(path) as archive:
                for info in archive.infolist():
                    if info.filename.endswith(".nc"):
                        target = folder / f"{path.stem}_{Path(info.filename).name}"
                        with archive.open(info) as source, target.open("wb") as sink:
                            shutil.copyfileobj(source, sink)
                        members.append(target)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as err:
            raise InputFileError(path.name, found=f"an archive that cannot be unpacked ({err})",
                                 needed="a complete zip and room in the temporary folder") from err  # fmt: skip
        useful = []
        for member in members:
            with open_netcdf(member) as nc:
                if any(w in nc.variables for w in _WATER):
                    useful.append(member)
        if not useful:
            raise InputFileError(path.name, found=f"{[m.name for m in members]} without soil water",
                                 needed=f"a NetCDF file with one of {list(_WATER)}")  # fmt: skip
        out += useful
    return out
