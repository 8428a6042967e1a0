"""CMIP6 ``mrsos``: moisture in the upper 10 cm of the soil, on the model's own grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import InputFileError
from ..grid import Grid
from ..units import storage_to_content
from .assemble import assemble
from .catalogue import get
from .decode import Coding, attribute, check_units, get_variable, open_netcdf
from .images import index_images

#: Depth of the layer that ``mrsos`` is defined for [m].
DEPTH = (0.0, 0.1)


def open_cmip6_mrsos(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """CMIP6 moisture in the upper soil column as volumetric soil moisture.

    Parameters
    ----------
    paths : sequence of Path
        ``mrsos`` files of one model, experiment and member; a ``landmask.nc`` or ``sftlf_*.nc`` in the folder of the
        first one is applied.
    bbox, period, flags
        As in :func:`vadose.products.open`.

    Returns
    -------
    xarray.Dataset
        ``sm`` [m3 m-3], dims (time, lat, lon), layer 0-0.1 m; ``flag`` is ``water`` outside the land mask.

    Raises
    ------
    InputFileError
        If a file is damaged, of another variable or model, or the mask does not fit.

    Notes
    -----
    Storage [kg m-2] divided by 1000 kg m-3 and 0.1 m. Choice: a cell is land where the mask is 1, or where ``sftlf``
    is at least 50 %. Over water the models write zero or tiny negative numbers, which the rule ``"none"`` keeps.
    """
    product = get("cmip6_mrsos")

    def identity(nc: Any, path: Path) -> tuple[str, ...]:
        check_units(get_variable(nc, "mrsos", path), path, "kg m-2")
        return tuple(attribute(nc, n) for n in ("source_id", "experiment_id", "variant_label"))

    index = index_images(paths, ["mrsos"], parent=lambda lat, lon, where: Grid.rectilinear(lat, lon, name="model"),
                         identity=identity, fills={"mrsos": (1e20,)}, bbox=bbox, period=period,
                         do="Is this a CMIP6 mrsos file?")  # fmt: skip
    storage = index.variable("mrsos")
    values = storage_to_content(storage, DEPTH[1] - DEPTH[0])
    mask = _find_mask(paths[0].parent)
    flag, attrs = None, {}
    if mask is not None:
        land = _read_mask(mask, index.grid, paths[0])
        water = np.where(land, 0, schema.FLAGS["water"]).astype("uint16")
        flag = xr.zeros_like(values, dtype="uint16") + xr.DataArray(water, dims=("lat", "lon"))
        attrs = {"land_mask": mask.name}
    model, experiment, member = index.identity
    return assemble(
        product, values, unit="m3 m-3", flags=flags, inputs=index.paths, grid=index.grid, flag=flag, depth=DEPTH,
        version=" ".join(p for p in index.identity if p) or "unknown", attrs=attrs,
        title=" ".join(["CMIP6 mrsos", model, experiment, member]).strip(),
    )  # fmt: skip


def _find_mask(folder: Path) -> Path | None:
    return next((p for name in ("landmask.nc", "sftlf_*.nc") for p in sorted(folder.glob(name))), None)


def _read_mask(path: Path, grid: Grid, data: Path) -> np.ndarray:
    """Land (bool) on the cells of the grid."""
    with open_netcdf(path, needed=["lat", "lon"]) as nc:
        name = next((n for n in ("landmask", "sftlf") if n in nc.variables), "")
        if not name:
            raise InputFileError(path.name, found=f"variables {list(nc.variables)}", needed="landmask or sftlf")
        variable = nc.variables[name]
        values = Coding.of(variable, fills=(1e20,)).decode(variable[...])
        lat, lon = np.asarray(nc.variables["lat"][:]), np.asarray(nc.variables["lon"][:])
        percent = name == "sftlf" and attribute(variable, "units") in ("%", "percent", "")
    if values.shape != (len(lat), len(lon)):
        raise InputFileError(f"{path.name}: {name}", found=f"shape {values.shape}", needed="(lat, lon)")
    row, col = Grid.rectilinear(lat, lon).locate(np.repeat(grid.lat, len(grid.lon)), np.tile(grid.lon, len(grid.lat)),
                                                 where=f"{path.name} for {data.name}")  # fmt: skip
    mask = Grid.rectilinear(lat, lon)
    there = np.empty(mask.shape)
    r, c = mask.locate(lat, lon, where=path.name, pairwise=False)
    there[np.ix_(r, c)] = values
    limit = 50.0 if percent else 0.5
    return (there[row, col] >= limit).reshape(grid.shape)
