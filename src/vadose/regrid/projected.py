"""Projected rasters onto a grid."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from ..errors import ConfigError, GridError, SchemaError
from ..grid import EASE2, Grid
from .to_grid import CELL_METHODS, METHODS, check_coverage, check_target

#: Our names -> those of GDAL.
RESAMPLING = {"area": "average", "nearest": "nearest", "cubic": "cubic", "mode": "mode", "bilinear": "bilinear"}


def from_projected(da: xr.DataArray, grid: Grid, *, method: str = "area", min_coverage: float = 0.5) -> xr.DataArray:
    """Bring a raster with a coordinate reference system onto a grid.

    Parameters
    ----------
    da : xarray.DataArray, dims (..., y, x)
        Floating values, NaN or the raster's nodata value missing, with a CRS that ``da.rio.crs`` knows. Lazy data
        stay lazy; ``y`` and ``x`` must be one chunk each.
    grid : Grid
        Target: regular or EASE-Grid 2.0, or a crop of one. Crop it: the result covers all of it.
    method : {"area", "nearest", "cubic", "mode", "bilinear"}
        As :func:`vadose.regrid.to_grid`.
    min_coverage : float
        Smallest valid share of a target cell, 0 to 1; below it the result is missing. Not used by ``nearest``.

    Returns
    -------
    xarray.DataArray, dims (..., lat, lon)
        Coordinates of ``grid``; floating dtype, units and attributes kept; NaN outside the raster.

    Raises
    ------
    ConfigError
        If the method is unknown or ``min_coverage`` is not in [0, 1].
    SchemaError
        If the raster has no ``y``, ``x`` or CRS, is chunked along them, or is not floating.
    GridError
        If the grid is rectilinear (it has no affine transform), or the raster lies outside it.

    Notes
    -----
    Reprojected by GDAL (``rasterio.warp``) in float64. Pixels are weighted by their area in the projection of the
    grid, degrees for a regular one. ``cubic`` and ``bilinear`` widen their kernel where the grid is coarser, as
    :func:`vadose.regrid.to_grid` does, but near holes and edges renormalise it over the valid pixels. The valid share
    is the average of the raster's valid mask, counting what lies outside the raster as not valid; for this the raster
    is held in memory with a margin of one target cell around it, twice, in float64.
    """
    if method not in METHODS:
        raise ConfigError("method", found=repr(method), needed=f"one of {list(METHODS)}")
    check_coverage(min_coverage)
    check_target(grid)
    name = str(da.name or "raster")
    crs, transform = _georeference(da, name)
    target_crs, target_transform = _affine(grid)
    padding = _padding(da, crs, transform, grid, target_crs, name)
    kept = {k: c for k, c in da.coords.items() if not {"x", "y"} & set(c.dims) and k != "spatial_ref"}
    nodata = da.rio.nodata
    out = xr.apply_ufunc(
        _warp, da.variable,
        kwargs={"shape": grid.shape, "source": (crs, transform), "target": (target_crs, target_transform),
                "method": method, "min_coverage": min_coverage, "padding": padding,
                "nodata": None if nodata is None or np.isnan(nodata) else float(nodata)},
        input_core_dims=[["y", "x"]], output_core_dims=[["lat", "lon"]], dask="parallelized",
        output_dtypes=[da.dtype], keep_attrs="drop",
        dask_gufunc_kwargs={"output_sizes": dict(zip(("lat", "lon"), grid.shape))},
    )  # fmt: skip
    result = xr.DataArray(out, coords={**kept, **grid.coords()}, name=da.name, attrs=da.attrs)
    for stale in ("grid_mapping", "_FillValue", "missing_value"):
        result.attrs.pop(stale, None)
    cell_methods = f"{da.attrs.get('cell_methods', '')} {CELL_METHODS[method]}".strip()
    text = f"{method} from {crs.split('[')[0] if len(crs) > 40 else crs}, min_coverage {min_coverage:g}"
    return result.assign_attrs(cell_methods=cell_methods, grid=grid.to_attr(), regrid=text)


def _georeference(da: xr.DataArray, name: str) -> tuple[str, tuple[float, ...]]:
    import rioxarray  # noqa: F401  (registers .rio)

    if da.dims[-2:] != ("y", "x"):
        raise SchemaError(name, found=f"dims {da.dims}", needed="dims (..., y, x)",
                          do="For canonical (lat, lon) data use regrid.to_grid.")  # fmt: skip
    if da.dtype.kind != "f":
        raise SchemaError(name, found=f"dtype {da.dtype}", needed="floating values with NaN where missing",
                          do='Use .astype("float32") and mask the nodata value.')  # fmt: skip
    if da.rio.crs is None:
        raise SchemaError(name, found="no coordinate reference system", needed="a CRS",
                          do="Set it: da.rio.write_crs('EPSG:...').")  # fmt: skip
    for dim in ("y", "x"):
        if len(da.chunksizes.get(dim, ())) > 1:
            raise SchemaError(name, found=f"{len(da.chunksizes[dim])} chunks along {dim}", needed="one",
                              do="Rechunk y and x to one chunk: .chunk(y=-1, x=-1).")  # fmt: skip
        if dim not in da.coords or da.sizes[dim] < 2:
            raise SchemaError(name, found=f"{da.sizes[dim]} pixels along {dim}, no coordinate or a single one",
                              needed="at least two pixels with their centres")  # fmt: skip
    return da.rio.crs.to_string(), tuple(da.rio.transform(recalc=True))[:6]


def _affine(grid: Grid) -> tuple[str, tuple[float, ...]]:
    """CRS and affine transform of a grid."""
    if grid.kind == "ease2":
        size, rows, cols = EASE2[grid.name]
        west, north = (grid.cols[0] - cols / 2) * size, (rows / 2 - grid.rows[0]) * size
        return "EPSG:6933", (size, 0.0, west, 0.0, -size, north)
    if grid.kind == "regular":
        step = grid.resolution
        return "EPSG:4326", (step, 0.0, float(grid.lon[0]) - step / 2, 0.0, -step, float(grid.lat[0]) + step / 2)
    raise GridError("grid", found=str(grid), needed="a regular or EASE-Grid 2.0 grid")


def _padding(da: xr.DataArray, crs: str, transform: tuple[float, ...], grid: Grid, target_crs: str,
             name: str) -> int:  # fmt: skip
    """Pixels of a target cell: so many missing ones around the raster make its edge count as missing."""
    from rasterio.errors import RasterioError
    from rasterio.warp import transform_bounds

    height, width = da.sizes["y"], da.sizes["x"]
    dx, _, x0, _, dy, y0 = transform
    corners = sorted((x0, x0 + dx * width)), sorted((y0, y0 + dy * height))
    try:
        box = transform_bounds(crs, target_crs, corners[0][0], corners[1][0], corners[0][1], corners[1][1])
        west, south, east, north = transform_bounds(target_crs, "EPSG:4326", *box)
    except RasterioError as err:
        raise SchemaError(name, found=f"a CRS that cannot be transformed ({err})", needed="a CRS known to PROJ",
                          do="Set it: da.rio.write_crs('EPSG:...').") from err  # fmt: skip
    w, s, e, n = grid.bbox
    apart_in_longitude = west <= east and all(east + k <= w or west + k >= e for k in (-360, 0, 360))
    if north <= s or south >= n or apart_in_longitude:
        found = f"{tuple(round(b, 3) for b in (west, south, east, north))}, outside {grid}"
        raise GridError(name, found=found, needed=f"a raster that overlaps {tuple(round(b, 3) for b in grid.bbox)}")
    size = EASE2[grid.name][0] if grid.kind == "ease2" else grid.resolution
    pixel = min((box[2] - box[0]) / width, (box[3] - box[1]) / height)
    return 2 + math.ceil(size / pixel) if pixel > 0 else 2


def _warp(values: np.ndarray, *, shape, source, target, method: str, min_coverage: float, padding: int,
          nodata: float | None) -> np.ndarray:  # fmt: skip
    from affine import Affine
    from rasterio.enums import Resampling
    from rasterio.warp import reproject

    (crs, transform), (target_crs, target_transform) = source, target
    start = Affine(*transform) @ Affine.translation(-padding, -padding)
    out = np.empty((*values.shape[:-2], *shape), dtype=values.dtype)

    def project(frame: np.ndarray, resampling: str, gap: float | None) -> np.ndarray:
        result = np.full(shape, np.nan if gap is not None else 0.0)
        reproject(
            frame, result, src_transform=start, src_crs=crs, src_nodata=gap, dst_transform=Affine(*target_transform),
            dst_crs=target_crs, dst_nodata=gap, resampling=Resampling[resampling], init_dest_nodata=True,
        )  # fmt: skip
        return result

    for index in np.ndindex(values.shape[:-2]):
        frame = values[index].astype("f8")
        if nodata is not None:
            frame = np.where(frame == nodata, np.nan, frame)
        frame = np.pad(frame, padding, constant_values=np.nan)
        result = project(frame, RESAMPLING[method], np.nan)
        if method != "nearest":
            share = project(np.isfinite(frame).astype("f8"), "average", None)
            result = np.where((share >= min_coverage - 1e-6) & (share > 0), result, np.nan)
        out[index] = result
    return out
