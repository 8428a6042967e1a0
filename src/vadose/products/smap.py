"""SMAP passive soil moisture: level-2 half orbits, level-3 daily grids (36 km and 9 km), and cell time series."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, InputFileError
from ..grid import Grid
from .assemble import assemble
from .catalogue import get
from .cells import index_cells, index_ragged, layout
from .decode import Coding, TimeCoding, attribute, check_units, get_variable, open_netcdf
from .images import Images, index_images
from .observations import cut, observe, read_column
from .paths import folder_version

#: ``retrieval_qual_flag``: a bit that is SET means NOT. Values 0 and 8 are recommended; bit 3 (no freeze/thaw
#: retrieval) says nothing about soil moisture.
RETRIEVAL_BITS = {1: "not_recommended", 2: "retrieval_failed", 4: "retrieval_failed"}
RETRIEVAL_MISSING = 65534

#: The provider's valid range [m3 m-3] and the layer an L-band radiometer senses [m].
VALID = (0.02, 0.5)
DEPTH = (0.0, 0.05)

#: SMAP seconds count from here, without leap seconds (``tb_time_utc`` of the files agrees to 1 ms).
EPOCH = TimeCoding.parse("seconds since 2000-01-01 12:00:00")

#: Choice: ``surface_flag`` is passed on and not mapped to canonical bits: ``retrieval_qual_flag`` weighs those
#: conditions by their extent already, and recommended retrievals carry some of the bits.
SURFACE_ATTRS = {
    "long_name": "SMAP surface conditions",
    "flag_masks": 2 ** np.arange(12, dtype="uint16"),
    "flag_meanings": "static_water_body radar_water_body coastal_proximity urban_area precipitation snow_or_ice "
    "permanent_snow_or_ice radiometer_frozen_ground model_frozen_ground mountainous_terrain dense_vegetation "
    "nadir_region",
}
OVERPASS_ATTRS = {"long_name": "overpass", "flag_values": np.array([1, 2], "uint8"),
                  "flag_meanings": "AM_descending PM_ascending"}  # fmt: skip

_L2_NAME = re.compile(r"SMAP_L2_SM_P(_E)?_(\d{5}_[AD])_\d{8}T\d{6}_R(\d{5})_(\d{3})\.h5$")
L2_GROUP = "Soil_Moisture_Retrieval_Data"


def map_retrieval(quality: np.ndarray) -> np.ndarray:
    """Canonical flags from ``retrieval_qual_flag``.

    Examples
    --------
    >>> map_retrieval(np.array([0, 8, 1, 7, 65534], "u2")).tolist()
    [0, 0, 4, 12, 4096]
    """
    quality = np.asarray(quality)
    absent = quality == RETRIEVAL_MISSING
    mapped = schema.map_bits(np.where(absent, 0, quality), RETRIEVAL_BITS)
    return np.where(absent, np.uint16(schema.FLAGS["missing"]), mapped).astype("uint16")


def _mark_range(sm: xr.DataArray) -> xr.DataArray:
    """Values beyond the provider's range as infinity, so that they are flagged and counted as out of range."""
    beyond = (sm < VALID[0] * (1 - 1e-6)) | (sm > VALID[1] * (1 + 1e-6))
    return sm.where(~beyond, np.float32(np.inf))


def _decode_seconds(seconds: np.ndarray) -> np.ndarray:
    return EPOCH.decode(seconds)


# ------------------------------------------------------------------------------------------------- level 2
def open_smap_l2(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open SMAP L2_SM_P half orbits (HDF5).

    Parameters
    ----------
    paths : sequence of Path
        ``SMAP_L2_SM_P_*.h5`` files; of several runs of one half orbit the highest is read.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.

    Returns
    -------
    xarray.Dataset
        Shape ``observations``: ``sm``, ``flag``, ``surface_flag``, ``surface_temperature``,
        ``vegetation_water_content``; coordinates ``time``, ``lat``, ``lon``, ``location`` (row · 964 + column of
        the 36 km EASE-Grid 2.0) and ``overpass``.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product, or its grid indices lie off the grid.

    Notes
    -----
    Eager, file by file: about 2 MB per half orbit read, of which only the cells inside box and period stay.
    ``soil_moisture`` is the baseline algorithm of the release. ``soil_moisture_error`` holds fill values only and
    is left out.
    """
    paths, superseded = _latest(paths, _L2_NAME, "SMAP_L2_SM_P_ooooo_A|D_YYYYMMDDThhmmss_Rnnnnn_nnn.h5")
    parts, versions = [], []
    for path in paths:
        with open_netcdf(path, needed=[f"{L2_GROUP}/soil_moisture"], do="Is it a SMAP L2_SM_P file?") as nc:
            parts.append(cut(_read_half_orbit(nc, Path(path)), bbox=bbox, period=period))
            versions.append(_version(nc, Path(path)))
    return observe(get("smap_l2"), parts, name="sm", unit="m3 m-3", flags=flags, inputs=paths, depth=DEPTH,
                   valid=VALID, own={"surface_flag": SURFACE_ATTRS, "overpass": OVERPASS_ATTRS},
                   version=", ".join(dict.fromkeys(versions)),
                   attrs={"location_grid": Grid.ease2("M36").to_attr(), **superseded})  # fmt: skip


def _read_half_orbit(nc: Any, path: Path) -> dict[str, np.ndarray]:
    def column(name: str, **how: Any) -> np.ndarray:
        return read_column(nc, f"{L2_GROUP}/{name}", path, **how)

    grid = Grid.ease2("M36")
    row, col = (column(f"EASE_{axis}_index", dtype="int64") for axis in ("row", "column"))
    if row.size and not (row.min() >= 0 and row.max() < grid.shape[0] and col.min() >= 0 and col.max() < grid.shape[1]):
        raise InputFileError(path.name, found=f"EASE indices up to row {row.max()}, column {col.max()}",
                             needed=f"indices of the {grid}")  # fmt: skip
    lat, lon = column("latitude", dtype="float64"), column("longitude", dtype="float64")
    grid.locate(lat, lon, where=f"{path.name}: latitude, longitude")  # the 9 km product has other indices
    if not (np.allclose(grid.lat[row], lat, atol=1e-3) and np.allclose(grid.lon[col], lon, atol=1e-3)):
        raise InputFileError(path.name, found="EASE indices that do not belong to its coordinates",
                             needed=f"indices of the {grid}")  # fmt: skip
    overpass = {"D": 1, "A": 2}[_L2_NAME.search(path.name)[2][-1]]  # type: ignore[index]
    return {
        "time": _decode_seconds(column("tb_time_seconds", fills=(-9999.0,), dtype="float64")),
        "lat": grid.lat[row], "lon": grid.lon[col], "location": row * grid.shape[1] + col,
        "overpass": np.full(row.size, overpass, "uint8"),
        "sm": column("soil_moisture", to="m3 m-3", fills=(-9999.0,)),
        "flag": map_retrieval(column("retrieval_qual_flag", dtype="uint16")),
        "surface_flag": column("surface_flag", dtype="uint16"),
        "surface_temperature": column("surface_temperature", to="K", fills=(-9999.0,)),
        "vegetation_water_content": column("vegetation_water_content", to="kg m-2", fills=(-9999.0,)),
    }  # fmt: skip


def _version(nc: Any, path: Path) -> str:
    """Data version from the metadata, else the composite release from the file name."""
    node = nc.groups.get("Metadata")
    node = node.groups.get("DatasetIdentification") if node is not None else None
    if node is not None and (version := attribute(node, "ECSVersionID")):
        return version
    release = re.search(r"_(R\d{5})_", path.name)
    return release[1] if release else ""


# ------------------------------------------------------------------------------------------------- level 3
def open_smap_l3(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open SMAP level-3 soil moisture: native HDF5, or cell time series in either layout.

    Parameters
    ----------
    paths : sequence of Path
        SPL3SMP or SPL3SMP_E files (:func:`open_smap_l3_native`), or cell files.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.

    Returns
    -------
    xarray.Dataset
        Lazy. Shape ``grid`` from native files and from orthogonal cells (version 5, one overpass, no flags);
        shape ``observations`` from indexed ragged cells (version 9), with ``overpass`` and ``surface_flag``;
        their ``location`` counts cells row by row from the south-west, as the files do.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product, or of another kind than the first.
    """
    paths = [Path(p) for p in paths]
    if paths[0].suffix.lower() in (".h5", ".hdf5"):
        return open_smap_l3_native(paths, bbox=bbox, period=period, flags=flags)
    with open_netcdf(paths[0], needed=["soil_moisture"], do="Is it a SMAP level-3 file?") as nc:
        kind = layout(nc)
    if kind == "ortho":
        return _open_ortho(paths, bbox, period, flags)
    if kind == "indexed":
        return _open_indexed(paths, bbox, period, flags)
    raise InputFileError(paths[0].name, found=f"layout {kind or 'unknown'}", needed="orthogonal or indexed cells",
                         do="Native SPL3SMP files end in .h5.")  # fmt: skip


def _identify(nc: Any, path: Path) -> tuple[str, str]:
    check_units(get_variable(nc, "soil_moisture", path), path, "m3 m-3")
    return attribute(nc, "overpass"), folder_version(path)


def _open_ortho(paths: list[Path], bbox, period, flags: str) -> xr.Dataset:
    cells = index_cells(paths, ["soil_moisture"], parent=Grid.ease2("M36"), identity=_identify,
                        fills={"soil_moisture": (-9999.0,)}, bbox=bbox, period=period)  # fmt: skip
    return assemble(get("smap_l3"), _mark_range(cells.variable("soil_moisture")), unit="m3 m-3", flags=flags,
                    inputs=cells.paths, grid=cells.grid, depth=DEPTH, version=cells.identity[1],
                    attrs={"overpass": cells.identity[0]} if cells.identity[0] else None)  # fmt: skip


def _open_indexed(paths: list[Path], bbox, period, flags: str) -> xr.Dataset:
    needed = ["soil_moisture", "retrieval_qual_flag", "surface_flag", "Overpass"]
    extras = {"surface_temperature": "K", "vegetation_water_content": "kg m-2"}
    index = index_ragged(paths, needed, optional=list(extras), identity=_identify,
                         fills={n: (-9999.0,) for n in ("soil_moisture", *extras)},
                         dtypes={"retrieval_qual_flag": "uint16", "surface_flag": "uint16", "Overpass": "uint8"},
                         bbox=bbox, period=period)  # fmt: skip
    grid = Grid.ease2("M36")
    row, col = grid.locate(index.lat, index.lon, where=paths[0].name)
    index = replace(index, lat=grid.lat[row], lon=grid.lon[col])  # the files hold float32 centres
    flag = xr.apply_ufunc(map_retrieval, index.variable("retrieval_qual_flag"), dask="parallelized",
                          output_dtypes=["uint16"])  # fmt: skip
    ds = assemble(get("smap_l3"), _mark_range(index.variable("soil_moisture")), unit="m3 m-3", flags=flags,
                  inputs=index.paths, flag=flag, depth=DEPTH,
                  extras={n: index.variable(n) for n in extras if n in index.codings}, extra_units=extras,
                  version=index.identity[1], attrs={"location_grid": grid.to_attr()})  # fmt: skip
    ds["surface_flag"] = index.variable("surface_flag").assign_attrs(SURFACE_ATTRS)
    return ds.assign_coords(overpass=index.variable("Overpass").assign_attrs(OVERPASS_ATTRS))


# ------------------------------------------------------------------------------------------ level 3, native
_L3_NAME = re.compile(r"SMAP_L3_SM_P(_E)?_(\d{8})_R(\d{5})_(\d{3})\.h5$")
_GROUPS = {"am": ("Soil_Moisture_Retrieval_Data_AM", "", 6), "pm": ("Soil_Moisture_Retrieval_Data_PM", "_pm", 18)}
_L3_NAMES = ("soil_moisture", "retrieval_qual_flag", "surface_flag", "surface_temperature", "tb_time_seconds")
_GRIDS = {(406, 964): "M36", (1624, 3856): "M09"}


def open_smap_l3_native(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended",
                        overpass: str = "both") -> xr.Dataset:  # fmt: skip
    """Open native SPL3SMP (36 km) or SPL3SMP_E (9 km) daily HDF5 files.

    Parameters
    ----------
    paths : sequence of Path
        ``SMAP_L3_SM_P_*.h5`` or ``SMAP_L3_SM_P_E_*.h5`` files; of several runs of one day the highest is read.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.
    overpass : {"both", "am", "pm"}
        Which overpasses.

    Returns
    -------
    xarray.Dataset
        Shape ``grid``, lazy: ``sm``, ``flag``, ``surface_flag``, ``surface_temperature``, ``t0``. ``time`` is the
        day of the product plus the nominal local solar hour of the overpass, 06:00 (AM) or 18:00 (PM);
        ``t0`` is the time of observation in UTC. ``overpass`` (1 AM, 2 PM) is a coordinate of ``time``.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product, named otherwise, or its EASE indices are not those of its grid.
    """
    if overpass not in ("both", "am", "pm"):
        raise ConfigError("overpass", found=repr(overpass), needed="'both', 'am' or 'pm'")
    paths, superseded = _latest(paths, _L3_NAME, "SMAP_L3_SM_P[_E]_YYYYMMDD_Rnnnnn_nnn.h5, which tells the day")
    stacks = []
    for kind in ("am", "pm") if overpass == "both" else (overpass,):
        stacks.append(_read_overpass(kind, paths, bbox, period))
    grid = stacks[0][1]
    merged = {k: xr.concat([s[0][k] for s in stacks], "time", join="exact").sortby("time") for k in stacks[0][0]}
    with open_netcdf(paths[-1]) as nc:
        version = _version(nc, paths[-1])
    product = get("smap_l3" if grid.name == "M36" else "smap_l3_e")
    attrs = {"status": "provisional: layout from documentation", **superseded}
    ds = assemble(product, _mark_range(merged["sm"]), unit="m3 m-3", flags=flags, inputs=paths, grid=grid,
                  flag=merged["flag"], extras={k: merged[k] for k in ("surface_temperature", "t0")}, depth=DEPTH,
                  version=version, attrs=attrs)  # fmt: skip
    ds["surface_flag"] = merged["surface_flag"].drop_attrs().assign_attrs(SURFACE_ATTRS)
    hours = ds["time"].dt.hour.values
    ds = ds.assign_coords(overpass=("time", np.where(hours < 12, 1, 2).astype("uint8"), OVERPASS_ATTRS))
    ds["time"].attrs["comment"] = "day plus nominal local solar hour of the overpass; t0 has the UTC time"
    return ds


def _latest(paths: Sequence[Path], pattern: re.Pattern[str], needed: str) -> tuple[list[Path], dict[str, str]]:
    """The highest run of each granule, in the order of their names, and an attribute naming the runs it replaces.

    ``pattern`` has the groups kind (empty or ``_E``), granule, release and counter.
    """
    best: dict[tuple[str, str], tuple[tuple[int, int], Path]] = {}
    replaced = []
    for path in map(Path, paths):
        match = pattern.search(path.name)
        if match is None:
            raise InputFileError(path.name, found="another file name", needed=needed)
        key, run = (match[1] or "", match[2]), (int(match[3]), int(match[4]))
        if key in best:
            older, newer = sorted([best[key], (run, path)])
            replaced.append(older[1].name)
            best[key] = newer
        else:
            best[key] = (run, path)
    if len({kind for kind, _ in best}) > 1:
        raise InputFileError("paths", found="36 km and enhanced 9 km files together", needed="one grid at a time")
    return [best[key][1] for key in sorted(best)], {"superseded": ", ".join(sorted(replaced))} if replaced else {}


def _read_overpass(kind: str, paths: list[Path], bbox, period) -> tuple[dict[str, xr.DataArray], Grid]:
    group, suffix, hour = _GROUPS[kind]
    names = {k: f"{group}/{k}{suffix}" for k in _L3_NAMES}

    def times(nc: Any, path: Path) -> np.ndarray:
        day = _L3_NAME.search(path.name)[2]  # type: ignore[index]
        day = np.datetime64(f"{day[:4]}-{day[4:6]}-{day[6:]}", "ns")
        return np.array([day + np.timedelta64(hour, "h")])

    checked: list[Path] = []

    def axes(nc: Any, path: Path) -> tuple[np.ndarray, np.ndarray]:
        shape = get_variable(nc, names["soil_moisture"], path).shape
        if shape not in _GRIDS:
            raise InputFileError(path.name, found=f"grids of shape {shape}", needed=f"one of {list(_GRIDS)}")
        grid = Grid.ease2(_GRIDS[shape])
        if not checked:  # the indices cost a full read: once per overpass is enough
            _check_indices(nc, path, group, suffix)
            checked.append(path)
        return grid.lat, grid.lon

    def identity(nc: Any, path: Path) -> str:
        check_units(get_variable(nc, names["soil_moisture"], path), path, "m3 m-3")
        check_units(get_variable(nc, names["surface_temperature"], path), path, "K")
        return _version(nc, path)[:3]  # releases differ within a version, versions must not

    with open_netcdf(paths[0], needed=names.values(), do="Is it a SPL3SMP or SPL3SMP_E file?") as nc:
        dims = get_variable(nc, names["soil_moisture"], paths[0]).dimensions
        shape = get_variable(nc, names["soil_moisture"], paths[0]).shape
    if shape not in _GRIDS:
        raise InputFileError(paths[0].name, found=f"grids of shape {shape}", needed=f"one of {list(_GRIDS)}")
    grid = Grid.ease2(_GRIDS[shape])
    images: Images = index_images(
        paths, list(names.values()), parent=grid, roles={dims[0]: "lat", dims[1]: "lon"}, times=times, axes=axes,
        identity=identity,
        fills={names["soil_moisture"]: (-9999.0,), names["surface_temperature"]: (-9999.0,),
               names["tb_time_seconds"]: (-9999.0,)},
        dtypes={names["retrieval_qual_flag"]: "uint16", names["surface_flag"]: "uint16",
                names["tb_time_seconds"]: "float64"},
        bbox=bbox, period=period,
    )  # fmt: skip
    flag = xr.apply_ufunc(map_retrieval, images.variable(names["retrieval_qual_flag"]), dask="parallelized",
                          output_dtypes=["uint16"])  # fmt: skip
    t0 = xr.apply_ufunc(_decode_seconds, images.variable(names["tb_time_seconds"]), dask="parallelized",
                        output_dtypes=["datetime64[ns]"])  # fmt: skip
    return {
        "sm": images.variable(names["soil_moisture"]), "flag": flag, "t0": t0,
        "surface_flag": images.variable(names["surface_flag"]),
        "surface_temperature": images.variable(names["surface_temperature"]),
    }, images.grid  # fmt: skip


def _check_indices(nc: Any, path: Path, group: str, suffix: str) -> None:
    """The stored row and column of every observed cell must be its place in the array."""
    for axis, name in ((0, "EASE_row_index"), (1, "EASE_column_index")):
        variable = get_variable(nc, f"{group}/{name}{suffix}", path)
        stored = np.asarray(variable[...])
        fills = [*Coding.of(variable).fills, RETRIEVAL_MISSING]
        place = np.arange(stored.shape[axis])
        place = place[:, None] if axis == 0 else place[None, :]
        wrong = (stored != place) & ~np.isin(stored, fills)
        if wrong.any():
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise InputFileError(f"{path.name}: {name}{suffix}", found=f"{int(stored[at])} at {at}",
                                 needed=f"{at[axis]}, or fill",
                                 do="The file is not laid out as SPL3SMP version 8 or later.")  # fmt: skip
