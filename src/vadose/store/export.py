"""Datasets as files for other programs: NetCDF, GeoTIFF, CSV and plain Zarr.

NetCDF
    One file, CF-1.11, compressed, any form. Instants are whole seconds since 1970 where nothing is lost by it.
GeoTIFF
    Cloud-optimised; one file per variable (``out.tif`` becomes ``out_sm.tif``, ``out_flag.tif`` where there are
    several) and per layer (``out_sm_layer0.tif``), one band per time with the time as its description. Overviews of
    real numbers are averages, of integers nearest neighbours; missing is NaN. EASE-Grid 2.0 comes in EPSG:6933 metres,
    regular grids in EPSG:4326. Instants are seconds since 1970.
CSV
    One row per time and place, one column per variable, preceded by lines that begin with ``#`` and give title and
    units. Rows in which every variable is missing are left out.
Zarr
    A version 3 group in a folder, chunked for its form, read by ``xarray.open_zarr``.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import GridError, LibraryError, SchemaError
from ..grid import check_bbox
from ..periods import parse_period
from .repository import translated

FORMATS = {"netcdf": (".nc", ".nc4"), "geotiff": (".tif", ".tiff"), "csv": (".csv", ".csv.gz"), "zarr": (".zarr",)}


#: Frames of fewer cells are not worth a chunk, which is a file, each.
SMALL_FRAME = 65_536


def export(ds: xr.Dataset, path: str | Path, *, format: str | None = None, variables: list[str] | None = None,
           period: str | tuple | None = None, bbox: tuple[float, float, float, float] | None = None,
           where: str = "dataset") -> list[Path]:  # fmt: skip
    """Write a dataset, or a part of it, to files.

    Parameters
    ----------
    ds : xarray.Dataset
        Canonical dataset, or any for NetCDF and Zarr.
    path : str or path
        File to make; it must not exist.
    format : {"netcdf", "geotiff", "csv", "zarr"}, optional
        By default after the ending of the path.
    variables : list of str, optional
        Variables to keep.
    period, bbox
        See :func:`select`.
    where : str
        Name of the dataset, for messages.

    Returns
    -------
    list of Path
        The files made. None remains where writing fails.

    Raises
    ------
    LibraryError
        If nothing is left to export, the path exists, or the format cannot hold the dataset.
    """
    path = Path(path)
    kind = _format(path, format)
    ds = select(ds, variables=variables, period=period, bbox=bbox, where=where)
    if not path.parent.is_dir():
        raise LibraryError(path, found="no such folder", needed="an existing folder", do=f"Make {path.parent} first.")
    with translated(path, "written"):
        if kind == "geotiff":
            from .rasters import write_geotiffs

            return write_geotiffs(ds, path, where=where, chosen=variables is not None)
        refuse_existing(path)
        part = path.with_name(f".part-{path.name}")  # half a file looks like a whole one, also after a kill
        try:
            _remove(part)
            {"netcdf": _netcdf, "csv": _csv, "zarr": _zarr}[kind](ds, part)
            part.rename(path)
        except BaseException as err:
            _remove(part)
            if isinstance(err, RuntimeError) and "NetCDF" in str(err):  # so it reports a full disk, among others
                raise LibraryError(path, found=f"a file that cannot be written ({err})", needed="room and permission",
                                   do="Free space on the disk, or choose another place.") from err  # fmt: skip
            raise
    return [path]


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def select(ds: xr.Dataset, *, variables: list[str] | None = None, period: str | tuple | None = None,
           bbox: tuple[float, float, float, float] | None = None, where: str = "dataset") -> xr.Dataset:  # fmt: skip
    """A part of a canonical dataset; lazy stays lazy.

    Parameters
    ----------
    ds : xarray.Dataset
        With ``time`` where a period is asked for, ``lat`` and ``lon`` where a box is.
    variables : list of str, optional
        Variables to keep.
    period : str or tuple, optional
        Both ends included, see :func:`vadose.periods.parse_period`.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees]; cells whose centre lies in it.
    where : str
        Name of the dataset, for messages.

    Raises
    ------
    LibraryError
        If a variable does not exist or nothing is left.

    Examples
    --------
    >>> times = np.array(["2020-01-01", "2021-01-01"], "datetime64[ns]")
    >>> ds = xr.Dataset({"sm": ("time", [0.1, 0.2])}, {"time": times})
    >>> select(ds, period="2021").sm.values.tolist()
    [0.2]
    """
    if variables is not None:
        if unknown := [v for v in variables if v not in ds.data_vars]:
            raise LibraryError(where, found=f"no variable {', '.join(unknown)}",
                               needed=f"some of {sorted(map(str, ds.data_vars))}")  # fmt: skip
        ds = ds.drop_vars([v for v in ds.data_vars if v not in variables])  # ds[[...]] would lose layer_bnds
    keep: dict[Any, np.ndarray] = {}
    if (span := parse_period(period)) is not None:
        time = _coordinate(ds, "time", "period", where)
        keep[time.dims[0]] = (time.values >= span[0]) & (time.values < span[1])
    if bbox is not None:
        west, south, east, north = check_bbox(bbox)
        lat, lon = _coordinate(ds, "lat", "bbox", where), _coordinate(ds, "lon", "bbox", where)
        for axis, low, high in ((lat, south, north), (lon, west, east)):
            inside = (axis.values >= low) & (axis.values <= high)
            keep[axis.dims[0]] = keep.get(axis.dims[0], np.True_) & inside
    for dim, mask in keep.items():
        if not mask.any():
            raise LibraryError(where, found=f"nothing within period {period!r} and bbox {bbox}",
                               needed="a period and a box that overlap the dataset")  # fmt: skip
        ds = ds.isel({dim: np.flatnonzero(mask)})
    return ds


def refuse_existing(path: Path) -> None:
    """Refuse to write over something."""
    if path.exists():
        raise LibraryError(path, found="an existing file", needed="a new path", do="Remove it, or choose another name.")


def _coordinate(ds: xr.Dataset, name: str, argument: str, where: str) -> xr.DataArray:
    if name not in ds.coords or ds[name].ndim != 1:
        raise LibraryError(where, found=f"no one-dimensional coordinate {name!r}",
                           needed=f"one, to select by {argument}")  # fmt: skip
    return ds[name]


def _format(path: Path, format: str | None) -> str:
    if format is not None:
        if format not in FORMATS:
            raise LibraryError("format", found=repr(format), needed=f"one of {list(FORMATS)}")
        return format
    for kind, endings in FORMATS.items():
        if path.name.lower().endswith(endings):
            return kind
    known = ", ".join(e for v in FORMATS.values() for e in v)
    raise LibraryError(path, found=f"ending {path.suffix!r}", needed=f"one of {known}", do="Or pass format=.")


# ----------------------------------------------------------------------------------------------------- NetCDF
def _netcdf(ds: xr.Dataset, path: Path) -> None:
    variables, encoding = {}, {}
    for name, var in ds.variables.items():
        variables[name] = _cf(str(name), var)
        settings: dict[str, Any] = {"_FillValue": None}
        if var.dtype.kind == "f":
            settings["_FillValue"] = np.array(np.nan, var.dtype)
        if var.ndim and var.dtype.kind in "fiubmM":
            # one frame per chunk suits both maps and streaming; short axes stay whole
            chunks = [1 if d == "time" and var.ndim > 2 else min(n, 4096) for d, n in var.sizes.items()]
            settings |= {"zlib": True, "complevel": 4, "shuffle": True, "chunksizes": [max(1, c) for c in chunks]}
        if "_FillValue" in variables[name].attrs:
            settings.pop("_FillValue")
        encoding[name] = settings
    out = xr.Dataset({k: variables[k] for k in ds.data_vars}, {k: variables[k] for k in ds.coords},
                     {k: _simple(v) for k, v in ds.attrs.items()})  # fmt: skip
    unlimited = [d for d in ("time", "obs") if d in out.dims]
    out.attrs["Conventions"] = schema.CONVENTIONS
    out.to_netcdf(path, engine="netcdf4", format="NETCDF4", encoding=encoding, unlimited_dims=unlimited)


def _cf(name: str, var: xr.Variable) -> xr.Variable:
    """Variable with types and attributes that NetCDF has."""
    data: Any = var._data if var.chunks is not None else var.values
    attrs = {k: _simple(v) for k, v in var.attrs.items()}
    if var.dtype.kind in "mM":
        unit, whole = np.datetime_data(var.dtype)[0], False
        if unit == "ns" and var.chunks is None:
            whole = bool((var.values.view("int64")[~np.isnat(var.values)] % 10**9 == 0).all())
        words = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
        # an attribute "units" of the source would contradict the one that makes numbers instants
        attrs["units"] = words["s" if whole else unit] + (" since 1970-01-01" if var.dtype.kind == "M" else "")
        if var.dtype.kind == "M":
            attrs["calendar"] = "proleptic_gregorian"
        if name != "time":  # a coordinate variable may not have missing values
            attrs["_FillValue"] = np.int64(np.iinfo("int64").min)
        data = (data.astype(f"{var.dtype.kind}8[s]") if whole else data).view("int64")
    elif var.dtype.kind == "b":
        data = data.astype("int8")
        attrs |= {"flag_values": np.array([0, 1], "int8"), "flag_meanings": "false true"}
    elif var.dtype.kind in "UOT":
        data = np.asarray(data).astype(object)  # the library of the format takes no lazy text
    elif var.dtype == np.float16:
        data = data.astype("float32")
    return xr.Variable(var.dims, data, attrs)


def _simple(value: Any) -> Any:
    """Attribute that NetCDF has: text, numbers, and lists of them; the rest becomes JSON text."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind in "iuf":
        return value
    if isinstance(value, np.generic) and value.dtype.kind in "mM":
        return str(value)
    if isinstance(value, str | int | float | np.integer | np.floating):
        return value
    plain = value.tolist() if isinstance(value, np.ndarray) else value
    if isinstance(plain, list | tuple) and plain and all(type(v) in (int, float) for v in plain):
        return np.asarray(plain)
    return json.dumps(plain, ensure_ascii=False, default=str)


# -------------------------------------------------------------------------------------------------- CSV, Zarr
def _csv(ds: xr.Dataset, path: Path) -> None:
    import gzip

    try:
        kind = schema.form(ds)
    except SchemaError:
        kind = "result"
    if "layer_bnds" in ds.variables:
        ds = ds.assign_coords(depth_from=("layer", ds["layer_bnds"].values[:, 0]),
                              depth_to=("layer", ds["layer_bnds"].values[:, 1])).drop_vars("layer_bnds")  # fmt: skip
    names = [str(v) for v in ds.data_vars]
    if not names:
        raise LibraryError(path, found="no variables", needed="at least one")
    step_dim = next((d for d in ("time", "obs") if d in ds.dims), None)
    size = ds.sizes[step_dim] if step_dim else 1
    # rows are made a slab of about a million at a time
    per_step = max(int(np.prod([n for d, n in ds.sizes.items() if d != step_dim])), 1)
    step = max(1, 1_000_000 // per_step)
    opener: Any = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        file.write(f"# {ds.attrs.get('title') or 'vadose'}\n")
        for name in names:
            file.write(f"# {name}: {ds[name].attrs.get('units') or '-'}\n")
        for start in range(0, max(size, 1), step):
            slab = ds.isel({step_dim: slice(start, start + step)}) if step_dim else ds
            order = {"stations": ["sensor", "time"]}.get(kind)
            frame = slab.to_dataframe(dim_order=order if order and step_dim else None).reset_index()
            frame = frame.drop(columns=[c for c in ("obs",) if c in frame and c not in ds.coords])
            lead = [c for c in ("network", "station", "sensor", "time", "layer", "depth_from", "depth_to", "lat", "lon")
                    if c in frame.columns]  # fmt: skip
            rest = [c for c in frame.columns if c not in lead and c not in names]
            frame = frame.dropna(subset=names, how="all")[[*lead, *rest, *names]]
            frame.to_csv(file, index=False, header=start == 0)


def _zarr(ds: xr.Dataset, path: Path) -> None:
    import zarr

    from . import arrays
    from .layouts import copies

    try:
        kind = schema.form(schema.check(ds))
    except (SchemaError, GridError):
        kind = "result"
    store = zarr.storage.LocalStore(path)
    small = kind == "grid" and ds.sizes["lat"] * ds.sizes["lon"] < SMALL_FRAME
    part = "series" if small else copies("plain", kind)[0]
    encoded = arrays.create(store, "", ds, layout=part, form=kind)
    arrays.fill(store, "", encoded)
