"""MODIS MCD12C1: yearly IGBP land cover of the majority of each 0.05° cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from .. import landclass, schema
from ..errors import InputFileError
from ..grid import Grid
from .rasters import check_single, read_classes

MISSING = 255
SDS = "Majority_Land_Cover_Type_1"
_HDF4 = b"\x0e\x03\x13\x01"


def open_mcd12c1(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open the MCD12C1 land-cover map, from the original HDF4 file or a GeoTIFF of its first layer.

    Parameters
    ----------
    paths : sequence of Path
        One file.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : None
        A static map has none.
    flags : str
        Checked, without effect: the map has no flags.

    Returns
    -------
    xarray.Dataset
        Shape ``static``: ``land_cover`` (uint8, IGBP 0-16 as in :data:`vadose.landclass.IGBP`, 255 missing).

    Raises
    ------
    InputFileError
        If the file is damaged, of another product (MCD12Q1 has water = 17), or HDF4 and ``pyhdf`` is not installed.

    Notes
    -----
    Read at once: 26 MB for the globe. The coordinate system written in the GeoTIFF ("unknown, Clarke 1866") is
    an artefact of its conversion; the grid is plain latitude and longitude on WGS 84.
    """
    schema.check_rule(flags)
    path = check_single(paths, what="MCD12C1", period=period)
    with path.open("rb") as head:
        is_hdf4 = head.read(4) == _HDF4
    grid = Grid.regular(0.05)
    if is_hdf4:
        part = grid if bbox is None else grid.crop(bbox)
        codes = _read_hdf4(path, grid)[slice(*part.rows), slice(*part.cols)]
    else:
        codes, part, _ = read_classes(path, what="MCD12C1", grid=grid, bbox=bbox)
    strange = np.setdiff1d(np.unique(codes), [*landclass.IGBP, MISSING])
    if strange.size:
        do = "In MCD12Q1 water is 17; this reader takes MCD12C1." if 17 in strange else ""
        raise InputFileError(path.name, found=f"class codes {strange.tolist()}", needed="IGBP codes 0 to 16", do=do)
    attrs = schema.VARIABLES["land_cover"].attrs() | {
        "flag_values": np.asarray(list(landclass.IGBP), "uint8"),
        "flag_meanings": " ".join(re.sub(r"[ /]", "_", name) for name in landclass.IGBP.values()),
    }
    da = xr.DataArray(codes, dims=("lat", "lon"), attrs=attrs)
    da.encoding["_FillValue"] = np.uint8(MISSING)
    ds = schema.with_grid(xr.Dataset({"land_cover": da}), part)
    year = re.search(r"\.A(\d{4})\d{3}\.(\d{3})\.", path.name)
    ds = schema.stamp(ds, title="MODIS MCD12C1 land cover (IGBP majority class)", product="mcd12c1",
                      version=year[2] if year else "", inputs=[path.name], flag_rule="none",
                      reference_year=int(year[1]) if year else None)  # fmt: skip
    return schema.check(ds, "static")


def _read_hdf4(path: Path, grid: Grid) -> np.ndarray:
    try:
        from pyhdf.error import HDF4Error
        from pyhdf.SD import SD
    except ImportError as err:
        raise InputFileError(path.name, found="an HDF4 file, and no HDF4 library", needed="the package pyhdf",
                             do="pip install 'vadose[hdf4]', or convert the file to GeoTIFF.") from err  # fmt: skip
    try:
        file = SD(str(path))
        try:
            names = sorted(file.datasets())
            if SDS not in names:
                raise InputFileError(path.name, found=f"data sets {names[:8]}", needed=SDS,
                                     do="Is it a file of another product?")  # fmt: skip
            codes = np.asarray(file.select(SDS).get())
        finally:
            file.end()
    except HDF4Error as err:
        raise InputFileError(path.name, found=f"an HDF4 file that cannot be read ({err})",
                             needed="a complete MCD12C1 file", do="Fetch it again.") from err  # fmt: skip
    if codes.shape != grid.shape or codes.dtype != np.uint8:
        raise InputFileError(f"{path.name}: {SDS}", found=f"{codes.dtype} of shape {codes.shape}",
                             needed=f"uint8 of shape {grid.shape}")  # fmt: skip
    return codes
