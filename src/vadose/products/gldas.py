"""GLDAS-2.1 Noah: 3-hourly (or monthly) images and cell time series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from ..errors import InputFileError
from ..grid import Grid
from ..units import storage_to_content
from .assemble import assemble
from .catalogue import get
from .cells import Cells, index_cells, layout
from .decode import attribute, check_units, get_variable, open_netcdf
from .images import Images, index_images
from .layers import stack_layers

#: Layer name in the files -> bounds [m].
LAYERS = {"0_10cm": (0.0, 0.1), "10_40cm": (0.1, 0.4), "40_100cm": (0.4, 1.0), "100_200cm": (1.0, 2.0)}

_FILLS = (-9999.0,)


def open_gldas_noah(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """GLDAS-2.1 Noah soil moisture of all layers in the files.

    Parameters
    ----------
    paths : sequence of Path
        Images (``GLDAS_NOAH*.nc4``) or cell files.
    bbox, period, flags
        As in :func:`vadose.products.open`.

    Returns
    -------
    xarray.Dataset
        ``sm`` [m3 m-3], dims (time, layer, lat, lon), and where the files have them ``soil_temperature`` [K] of the
        same layers and ``swe`` [kg m-2].

    Raises
    ------
    InputFileError
        If a file is damaged, of another product, or in other units.

    Notes
    -----
    Storage [kg m-2] divided by 1000 kg m-3 and the layer's thickness. The model carries no quality flags; frozen soil
    and snow can be told from ``soil_temperature`` and ``swe``. Times are as in the files: instants, or the start
    of the month.
    """
    product = get("gldas_noah")
    with open_netcdf(paths[0]) as nc:
        kind = layout(nc)
        suffix = next((m[1] for n in nc.variables if (m := re.fullmatch(r"SoilMoi0_10cm(_inst|_tavg)", n))), "_inst")
        names = {k: f"SoilMoi{k}{suffix}" for k in LAYERS if f"SoilMoi{k}{suffix}" in nc.variables}
        temperature = [f"SoilTMP{k}{suffix}" for k in names if f"SoilTMP{k}{suffix}" in nc.variables]
    moisture = list(names.values()) or [f"SoilMoi0_10cm{suffix}"]
    optional = [*(temperature if len(temperature) == len(names) else ()), f"SWE{suffix}"]

    def identity(nc: Any, path: Path) -> tuple[str, str]:
        for name in moisture:
            check_units(get_variable(nc, name, path), path, "kg m-2", assume="kg m-2")
        title = f"{attribute(nc, 'title')} {path.name}"
        if "CLSM" in title or "VIC" in title:
            raise InputFileError(path.name, found="a GLDAS file of another land-surface model", needed="GLDAS Noah")
        return "GLDAS Noah", _version(title, path)

    index: Images | Cells
    common: dict[str, Any] = {
        "parent": _grid, "identity": identity, "bbox": bbox, "period": period, "optional": optional,
        "fills": {n: _FILLS for n in (*moisture, *optional)}, "do": "Is this a GLDAS Noah file?",
    }  # fmt: skip
    if kind:
        index = index_cells(paths, moisture, **common)
    else:
        index = index_images(paths, moisture, name_date=r"\.A(\d{8})\.", **common)
    bounds = [LAYERS[k] for k in names]
    values = stack_layers(index, moisture, lambda storage, i: storage_to_content(storage, bounds[i][1] - bounds[i][0]))
    extras = {}
    if len(temperature) == len(names):
        extras["soil_temperature"] = stack_layers(index, temperature)
    if f"SWE{suffix}" in index.codings:
        extras["swe"] = index.variable(f"SWE{suffix}")
    return assemble(
        product, values, unit="m3 m-3", flags=flags, inputs=index.paths, grid=index.grid, layers=bounds,
        extras=extras, version=index.identity[1],
    )  # fmt: skip


def _version(title: str, path: Path) -> str:
    """``"2.1"`` from the title, the file name (``.021.nc4``) or the folder."""
    if match := re.search(r"GLDAS[-_ ]?v?(2\.\d)", title):
        return match[1]
    if match := re.search(r"\.02(\d)\.nc4?$", path.name):
        return f"2.{match[1]}"
    folders = " ".join(p.name for p in list(path.resolve().parents)[:3])
    return match[1] if (match := re.search(r"v(2\.\d)", folders)) else "unknown"


def _grid(lat: Any, lon: Any, where: str) -> Grid:
    quarter = Grid.regular(0.25)
    row, col = quarter.nearest(lat, lon, pairwise=False)
    on_it = abs(quarter.lat[row] - lat).max() < 1e-3 and abs(quarter.lon[col] - lon).max() < 1e-3
    return quarter if on_it else Grid.regular(1.0)
