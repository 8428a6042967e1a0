"""NASA Land Information System, Noah-MP: ``LIS_HIST`` files on a latitude/longitude grid, or a stack of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ..errors import InputFileError
from .assemble import assemble
from .catalogue import get
from .decode import Coding, attribute, check_units, get_variable, open_netcdf
from .images import index_images

_NAME = "SoilMoist_inst"


def open_lis_noahmp(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """LIS Noah-MP soil moisture of all layers in the files.

    Parameters
    ----------
    paths : sequence of Path
        ``LIS_HIST_*.nc`` files, or files in which one layer is stacked in time.
    bbox, period, flags
        As in :func:`vadose.products.open`.

    Returns
    -------
    xarray.Dataset
        ``sm`` [m3 m-3], dims (time, layer, lat, lon).

    Raises
    ------
    InputFileError
        If a file is damaged, of another product, on a projected grid, or does not say how thick its layers are.

    Notes
    -----
    The 2-D coordinates are missing where there is no land, so the axes are rebuilt from the south-west corner and the
    spacing in the attributes, and checked against every coordinate that is present. A file without a layer
    dimension holds the top layer.
    """
    product = get("lis_noahmp")

    def identity(nc: Any, path: Path) -> tuple[float, ...]:
        check_units(get_variable(nc, _NAME, path), path, "m3 m-3")
        return _thicknesses(nc, path)

    with open_netcdf(paths[0], needed=[_NAME], do="Is this a LIS history file?") as nc:
        dims = nc.variables[_NAME].dimensions
    rows, cols = dims[-2:]
    roles = {"time": "time", "SoilMoist_profiles": "layer", rows: "lat", cols: "lon"}
    index = index_images(paths, [_NAME], roles=roles, axes=_axes, identity=identity, fills={_NAME: (-9999.0,)},
                         bbox=bbox, period=period, do="Is this a LIS history file?")  # fmt: skip
    values = index.variable(_NAME)
    thickness = np.asarray(index.identity) / 100
    if "layer" not in values.dims:
        values = values.expand_dims("layer", axis=1)
    if values.sizes["layer"] > len(thickness):
        raise InputFileError(paths[0].name, found=f"{values.sizes['layer']} layers, {len(thickness)} thicknesses",
                             needed="SOIL_LAYER_THICKNESSES for every layer")  # fmt: skip
    edges = np.round(np.concatenate([[0.0], np.cumsum(thickness)]), 6)
    layers = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))[: values.sizes["layer"]]
    return assemble(
        product, values, unit="m3 m-3", flags=flags, inputs=index.paths, grid=index.grid, layers=layers,
        version="Noah-MP",
    )  # fmt: skip


def _thicknesses(nc: Any, path: Path) -> tuple[float, ...]:
    if "SOIL_LAYER_THICKNESSES" not in nc.ncattrs():
        raise InputFileError(path.name, found="no attribute SOIL_LAYER_THICKNESSES", needed="layer thicknesses [cm]")
    return tuple(float(t) for t in np.ravel(nc.getncattr("SOIL_LAYER_THICKNESSES")))


def _axes(nc: Any, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Axes [degrees] from corner and spacing, checked against the coordinates that are present."""
    projection = attribute(nc, "MAP_PROJECTION")
    if projection and projection != "EQUIDISTANT CYLINDRICAL":
        raise InputFileError(path.name, found=f"map projection {projection}", needed="EQUIDISTANT CYLINDRICAL")
    shape = get_variable(nc, _NAME, path).shape[-2:]
    out = []
    for axis, (name, corner, step) in enumerate(
        [("lat", "SOUTH_WEST_CORNER_LAT", "DY"), ("lon", "SOUTH_WEST_CORNER_LON", "DX")]
    ):
        variable = get_variable(nc, name, path)
        given = Coding.of(variable, fills=(-9999.0,), dtype="float64").decode(variable[...])
        if {corner, step} <= set(nc.ncattrs()):
            rebuilt = float(nc.getncattr(corner)) + float(nc.getncattr(step)) * np.arange(shape[axis])
        else:
            rebuilt = _fit(given, axis, shape[axis], path)
        along = rebuilt if given.ndim == 1 else np.expand_dims(rebuilt, 1 - axis)
        off = np.abs(given - along)
        if np.isfinite(off).any() and np.nanmax(off) > 1e-3:
            found = f"values up to {np.nanmax(off):.3g}° off the regular axis"
            raise InputFileError(f"{path.name}: {name}", found=found,
                                 needed=f"{rebuilt[0]:g} to {rebuilt[-1]:g} in equal steps")  # fmt: skip
        out.append(rebuilt)
    return out[0], out[1]


def _fit(given: np.ndarray, axis: int, size: int, path: Path) -> np.ndarray:
    line = given if given.ndim == 1 else np.nanmean(np.where(np.isfinite(given).any(1 - axis, keepdims=True), given, 0),
                                                    axis=1 - axis)  # fmt: skip
    have = np.isfinite(line) if given.ndim == 1 else np.isfinite(given).any(axis=1 - axis)
    at = np.flatnonzero(have)
    if len(at) < 2:
        raise InputFileError(path.name, found="neither corner attributes nor coordinates", needed="two coordinates")
    step = (line[at[-1]] - line[at[0]]) / (at[-1] - at[0])
    return line[at[0]] + step * (np.arange(size) - at[0])
