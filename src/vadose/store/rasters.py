"""Maps as cloud-optimised GeoTIFF."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import LibraryError
from ..grid import EASE2, SNAP_TOLERANCE, Grid

if TYPE_CHECKING:
    from rasterio.transform import Affine

#: Bands that a TIFF can count.
MAX_BANDS = 65535

_DTYPES = {"float16": "float32", "bool": "uint8", "int64": "float64", "uint64": "float64"}


def write_geotiffs(ds: xr.Dataset, path: Path, *, where: str, chosen: bool) -> list[Path]:
    """Write every map variable of a dataset, a file each.

    Parameters
    ----------
    ds : xarray.Dataset
        Of form ``grid`` or ``static``.
    path : Path
        File to make, or pattern of the names where there are several.
    where : str
        Name of the dataset, for messages.
    chosen : bool
        Whether the user named the variables; others that are no maps are then an error, else left aside.

    Returns
    -------
    list of Path
        The files made; none remains where writing fails.

    Raises
    ------
    LibraryError
        If the dataset has no maps, too many times, or an irregular grid.
    """
    from .export import refuse_existing

    if schema.form(ds) not in ("grid", "static"):
        raise LibraryError(where, found=f"form {schema.form(ds)!r}", needed="maps for GeoTIFF",
                           do="Export to NetCDF or CSV.")  # fmt: skip
    maps = {str(k): v for k, v in ds.data_vars.items() if {"lat", "lon"} <= set(v.dims) and v.dtype.kind in "fiubmM"}
    if not maps or (chosen and len(maps) < len(ds.data_vars)):
        others = sorted(set(map(str, ds.data_vars)) - set(maps))
        raise LibraryError(where, found=f"{', '.join(others)} without lat and lon", needed="variables that are maps")
    if ds.sizes.get("time", 1) > MAX_BANDS:
        raise LibraryError(where, found=f"{ds.sizes['time']} times", needed=f"at most {MAX_BANDS} bands",
                           do="Choose a period.")  # fmt: skip
    grid = Grid.of(ds)
    crs, transform = georeference(grid, where=where)
    planes: dict[Path, xr.DataArray] = {}
    for name, da in maps.items():
        extra = [d for d in da.dims if d not in ("time", "lat", "lon")]
        stem = path.with_name(f"{path.stem}_{name}{path.suffix}") if len(maps) > 1 else path
        for index in np.ndindex(*(da.sizes[d] for d in extra)):
            label = "".join(f"_{d}{i}" for d, i in zip(extra, index))
            planes[stem.with_name(f"{stem.stem}{label}{stem.suffix}")] = da.isel(dict(zip(extra, index)))
    for target in planes:
        refuse_existing(target)
    made: list[Path] = []
    try:
        for target, da in planes.items():
            made.append(target)
            _write(da, target, crs, transform, ds.attrs)
    except BaseException:
        for target in made:  # half a file looks like a whole one
            target.unlink(missing_ok=True)
        raise
    return made


def georeference(grid: Grid, *, where: str = "grid") -> tuple[str, Affine]:
    """Coordinate reference system and affine transform of a grid.

    Raises
    ------
    LibraryError
        If the cells are not of one size.

    Examples
    --------
    >>> crs, transform = georeference(Grid.ease2("M36"))
    >>> crs, round(transform.a, 3), round(transform.c, 2), round(transform.f, 2)
    ('EPSG:6933', 36032.221, -17367530.45, 7314540.83)
    >>> georeference(Grid.regular(0.25).crop((0, 0, 1, 1)))[1][:6]
    (0.25, 0.0, 0.0, 0.0, -0.25, 1.0)
    """
    from rasterio.transform import Affine

    if grid.kind == "ease2":
        size, rows, cols = EASE2[grid.name]
        west, north = (grid.cols[0] - cols / 2) * size, (rows / 2 - grid.rows[0]) * size
        return "EPSG:6933", Affine(size, 0, west, 0, -size, north)
    lat, lon = grid.lat, grid.lon
    if grid.kind == "regular":
        dx = dy = grid.resolution
    else:
        dx, dy = (float(np.abs(np.diff(a)).mean()) if a.size > 1 else 0.0 for a in (lon, lat))
        even = all(np.ptp(np.diff(a)) <= SNAP_TOLERANCE for a in (lat, lon) if a.size > 1)
        if not (dx and dy and even):
            raise LibraryError(where, found=f"a {grid}", needed="cells of one size for GeoTIFF",
                               do="Regrid it, or export to NetCDF.")  # fmt: skip
    return "EPSG:4326", Affine(dx, 0, float(lon[0]) - dx / 2, 0, -dy, float(lat[0]) + dy / 2)


def _write(da: xr.DataArray, target: Path, crs: str, transform: Affine, about: dict[Any, Any]) -> None:
    import rasterio
    from rasterio.shutil import copy

    stamps = da["time"].values if "time" in da.dims else np.array(["NaT"], "datetime64[s]")
    dtype = "float64" if da.dtype.kind in "mM" else _DTYPES.get(da.dtype.name, da.dtype.name)
    real = np.dtype(dtype).kind == "f"
    profile = {"driver": "GTiff", "height": da.sizes["lat"], "width": da.sizes["lon"], "count": len(stamps),
               "dtype": dtype, "crs": crs, "transform": transform, "compress": "zstd", "bigtiff": "if_safer",
               "tiled": True, "blockxsize": 256, "blockysize": 256}  # fmt: skip
    if real:
        profile["nodata"] = np.nan
    units = "seconds since 1970-01-01" if da.dtype.kind == "M" else str(da.attrs.get("units", ""))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.stem}-") as folder:
        # the COG driver copies a finished raster; frames go into that one at a time
        draft = Path(folder) / "draft.tif"
        with rasterio.open(draft, "w", **profile) as out:
            for band, stamp in enumerate(stamps, start=1):
                frame = da.isel(time=band - 1) if "time" in da.dims else da
                out.write(_numbers(frame.transpose("lat", "lon").values, dtype), band)
                if not np.isnat(stamp):
                    out.set_band_description(band, str(np.datetime_as_string(stamp, unit="s")))
                    out.update_tags(band, time=str(np.datetime_as_string(stamp, unit="s")))
                out.set_band_unit(band, units)
            tags = {k: str(v) for k, v in about.items() if isinstance(v, str | int | float)}
            tags |= {k: da.attrs[k] for k in ("long_name", "standard_name", "flag_meanings") if da.attrs.get(k)}
            for key in ("flag_masks", "flag_values"):
                if key in da.attrs:
                    tags[key] = ",".join(map(str, np.asarray(da.attrs[key]).tolist()))
            out.update_tags(**{**tags, "variable": str(da.name), "units": units})
        copy(draft, target, driver="COG", compress="ZSTD", predictor="YES", bigtiff="IF_SAFER",
             overview_resampling="AVERAGE" if real and da.dtype.kind == "f" else "NEAREST")  # fmt: skip


def _numbers(values: np.ndarray, dtype: str) -> np.ndarray:
    if values.dtype.kind not in "mM":
        return values.astype(dtype)
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[np.datetime_data(values.dtype)[0]]
    return np.where(np.isnat(values), np.nan, values.view("int64") / per_second).astype(dtype)
