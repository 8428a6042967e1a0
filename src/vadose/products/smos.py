"""SMOS soil moisture: SMOS-IC, CATDS level 3 (cells and daily images), and ESA level-2 half orbits."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import InputFileError
from ..grid import Grid
from .assemble import assemble
from .catalogue import get
from .cells import index_cells, layout
from .decode import attribute, check_units, get_variable, open_netcdf
from .images import index_images
from .observations import cut, observe, read_column
from .paths import folder_version
from .smos_grid import locate_points

#: Nominal layer an L-band radiometer senses [m].
DEPTH = (0.0, 0.05)

#: ``Science_Flags`` of processor version 700 (level 2) and of the CATDS level 3. Choice: strong topography, snow,
#: frost and ice are mapped; forest, open water in the footprint and the rest are passed on, as the provider
#: retrieves there.
SCIENCE_BITS = {
    8: "complex_topography", 64: "frozen_or_snow", 128: "frozen_or_snow", 256: "frozen_or_snow",
    2048: "frozen_or_snow", 4096: "frozen_or_snow",
}  # fmt: skip
#: ``Confidence_Flags``: 16 no product, 32 out of range, 64 uncertainty beyond its limit. Choice: 128 (fit of the
#: brightness temperatures) is passed on only; it is set on most retrievals of the processor.
CONFIDENCE_BITS = {16: "retrieval_failed", 32: "retrieval_failed", 64: "not_recommended"}

#: Choice: probability of radio-frequency interference above which a retrieval is flagged.
RFI_LIMIT = 0.3
#: SMOS-IC: residual of the brightness temperatures [K] and scene flag up to which a retrieval is recommended.
RMSE_LIMIT, SCENE_LIMIT = 8.0, 1.0

SCIENCE_ATTRS = {
    "long_name": "SMOS science flags",
    "flag_masks": 2 ** np.arange(15, dtype="uint32"),
    "flag_meanings": "non_nominal scene_t barren topography_strong topography_moderate open_water snow_mixed snow_wet "
    "snow_dry forest nominal frost ice wetlands flood_probable",
}
CONFIDENCE_ATTRS = {
    "long_name": "SMOS confidence flags",
    "flag_masks": np.array([2, 4, 16, 32, 64, 128, 256], "uint16"),
    "flag_meanings": "rfi_prone_h rfi_prone_v no_product range dqx chi2_p faraday_rotation_angle",
}

#: Where the positions of level-2 points come from.
COMPUTED = "computed from the ISEA-4H9 grid point numbers"

_DAY = re.compile(r"_(\d{8})T\d{6}_\d{8}T\d{6}_(\d{3})_")
_M25 = Grid.ease2("M25")


def decode_smos_time(days: np.ndarray, seconds: np.ndarray, micros: np.ndarray | float = 0.0) -> np.ndarray:
    """Instants from days since 2000-01-01 and seconds of the day; NaT where the days are missing.

    Examples
    --------
    >>> decode_smos_time(np.array([3804.0, np.nan]), np.array([27447.0, np.nan])).astype("M8[s]").astype(str).tolist()
    ['2010-06-01T07:37:27', 'NaT']
    """
    days, seconds = np.asarray(days, dtype="float64"), np.asarray(seconds, dtype="float64")
    total = days * 86400e6 + seconds * 1e6 + np.asarray(micros, dtype="float64")
    known = np.isfinite(total)
    out = np.datetime64("2000-01-01", "us") + np.where(known, total, 0).round().astype("timedelta64[us]")
    return np.where(known, out.astype("datetime64[ns]"), np.datetime64("NaT", "ns"))


# -------------------------------------------------------------------------------------------------- SMOS-IC
def open_smos_ic(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open SMOS-IC (version 105): cell time series or native daily files.

    Parameters
    ----------
    paths : sequence of Path
        Files of one orbit direction.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.

    Returns
    -------
    xarray.Dataset
        Shape ``grid`` (25 km EASE-Grid 2.0), lazy: ``sm``, ``sm_uncertainty``, ``flag``, ``soil_temperature``,
        ``t0``.

    Raises
    ------
    InputFileError
        If a file is damaged or of another product.

    Notes
    -----
    Recommended: ``Quality_Flag`` 0, residual below 8 K and ``Scene_Flags`` at most 1. The files declare no unit
    for soil moisture; m3 m-3 is documented. Native files are read from their documented layout.
    """
    names = ["Soil_Moisture", "Soil_Moisture_StdError", "RMSE", "Scene_Flags", "Quality_Flag", "Days", "UTC_Seconds",
             "UTC_Microseconds", "Soil_Temperature_Level1"]  # fmt: skip
    variable, source = _index(paths, names, [], "SMOS-IC", bbox, period)
    flag = _lazily(map_ic_flags, "uint16", *[variable(n) for n in ("Quality_Flag", "RMSE", "Scene_Flags")])
    clock = [variable(n) for n in ("Days", "UTC_Seconds", "UTC_Microseconds")]
    t0 = _lazily(decode_smos_time, "datetime64[ns]", *clock)
    return assemble(get("smos_ic"), variable("Soil_Moisture"), unit="m3 m-3", flags=flags, inputs=source.paths,
                    grid=source.grid, flag=flag, uncertainty=variable("Soil_Moisture_StdError"), depth=DEPTH,
                    extras={"soil_temperature": variable("Soil_Temperature_Level1"), "t0": t0},
                    version=source.identity[1])  # fmt: skip


def map_ic_flags(quality: np.ndarray, rmse: np.ndarray, scene: np.ndarray) -> np.ndarray:
    """Canonical flags of SMOS-IC from ``Quality_Flag``, ``RMSE`` [K] and ``Scene_Flags``.

    Examples
    --------
    >>> map_ic_flags(np.array([0.0, 0, 1, 0, 2]), np.array([3.0, 9, 3, 3, 3]), np.array([0.0, 0, 0, 4, 0])).tolist()
    [0, 4, 4, 2048, 4096]
    """
    code = schema.FLAGS
    with np.errstate(invalid="ignore"):
        out = np.where((quality == 1) | (rmse >= RMSE_LIMIT), np.uint16(code["not_recommended"]), np.uint16(0))
        out |= np.where(quality == 2, np.uint16(code["missing"]), np.uint16(0))
        out |= np.where(scene > SCENE_LIMIT, np.uint16(code["other_inconsistency"]), np.uint16(0))
    return out.astype("uint16")


# -------------------------------------------------------------------------------------------------- level 3
def open_smos_l3(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open CATDS level-3 soil moisture: cell time series (version 339) or daily images (CLF31A, CLF31D).

    Parameters
    ----------
    paths : sequence of Path
        Files of one orbit direction.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.

    Returns
    -------
    xarray.Dataset
        Shape ``grid`` (25 km EASE-Grid 2.0), lazy: ``sm``, ``flag``, ``t0``, and where the files have them
        ``sm_uncertainty``, ``vegetation_optical_depth``. ``time`` is the day; images take it from the file name.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product, or an image is not named by its day.

    Notes
    -----
    Flags: ``Science_Flags`` by :data:`SCIENCE_BITS`, and a probability of interference above :data:`RFI_LIMIT`.
    The images are already filtered by the provider and carry no flags.
    """
    needed = ["Soil_Moisture", "Mean_Acq_Time_Days", "Mean_Acq_Time_Seconds"]
    optional = ["Soil_Moisture_Dqx", "Science_Flags", "Rfi_Prob", "Optical_Thickness_Nad"]
    variable, source = _index(paths, needed, optional, "SMOS level 3", bbox, period)
    t0 = _lazily(decode_smos_time, "datetime64[ns]", variable("Mean_Acq_Time_Days"), variable("Mean_Acq_Time_Seconds"))
    extras = {"t0": t0}
    if "Optical_Thickness_Nad" in source.codings:
        extras["vegetation_optical_depth"] = variable("Optical_Thickness_Nad")
    flag = None
    if {"Science_Flags", "Rfi_Prob"} <= set(source.codings):
        flag = _lazily(map_science_flags, "uint16", variable("Science_Flags"), variable("Rfi_Prob"))
    return assemble(get("smos_l3"), variable("Soil_Moisture"), unit="m3 m-3", flags=flags, inputs=source.paths,
                    grid=source.grid, flag=flag, extras=extras, depth=DEPTH, version=source.identity[1],
                    uncertainty=variable("Soil_Moisture_Dqx") if "Soil_Moisture_Dqx" in source.codings else None,
                    )  # fmt: skip


def map_science_flags(science: np.ndarray, interference: np.ndarray) -> np.ndarray:
    """Canonical flags from ``Science_Flags`` and the probability of interference [1]; missing ones say nothing.

    Examples
    --------
    >>> map_science_flags(np.array([1026.0, 8.0, 2048.0, np.nan]), np.array([0.1, 0.1, 0.4, np.nan])).tolist()
    [0, 64, 17, 0]
    """
    with np.errstate(invalid="ignore"):
        bits = np.where(np.isfinite(science), science, 0).astype("int64")
        loud = np.asarray(interference) > RFI_LIMIT
    out = schema.map_bits(bits, SCIENCE_BITS)
    return out | np.where(loud, np.uint16(schema.FLAGS["radio_frequency_interference"]), np.uint16(0))


# --------------------------------------------------------------------------------------- cells and images alike
def _index(paths: Sequence[Path], needed: list[str], optional: list[str], what: str, bbox,
           period) -> tuple[Callable[[str], xr.DataArray], Any]:  # fmt: skip
    """Index cell files or images, whichever the first file is, on the 25 km grid."""
    paths = [Path(p) for p in paths]
    do = f"Is it a {what} file?"

    def identity(nc: Any, path: Path) -> tuple[str, str]:
        for name in needed + optional:
            if name.startswith("Soil_Moisture") and name in nc.variables:
                check_units(get_variable(nc, name, path), path, "m3 m-3", assume="m3 m-3")
        kind = re.search(r"(CLF3\w{2}|CDF3\w{2})", path.name)
        day = _DAY.search(path.name)
        return kind[1] if kind else attribute(nc, "product"), day[2] if day else folder_version(path)

    def times(nc: Any, path: Path) -> np.ndarray:
        day = _DAY.search(path.name)
        if day is None:
            raise InputFileError(path.name, found="another file name",
                                 needed="..._YYYYMMDDThhmmss_YYYYMMDDThhmmss_vvv_..., which tells the day")  # fmt: skip
        return np.array([np.datetime64(f"{day[1][:4]}-{day[1][4:6]}-{day[1][6:]}", "ns")])

    with open_netcdf(paths[0], needed=needed, do=do) as nc:
        is_cell = layout(nc) == "ortho"
    # 32 bits do not fit the mantissa of a float32
    dtypes: dict[str, str] = {n: "float64" for n in ("Science_Flags", "UTC_Microseconds") if n in needed + optional}
    if is_cell:
        source: Any = index_cells(paths, needed, optional=optional, parent=_M25, identity=identity, dtypes=dtypes,
                                  bbox=bbox, period=period, do=do)  # fmt: skip
    else:
        source = index_images(paths, needed, optional=optional, parent=_M25, times=times, identity=identity,
                              dtypes=dtypes, bbox=bbox, period=period, do=do)  # fmt: skip
    return source.variable, source


def _lazily(kernel: Callable[..., np.ndarray], dtype: str, *arrays: xr.DataArray) -> xr.DataArray:
    return xr.apply_ufunc(kernel, *arrays, dask="parallelized", output_dtypes=[dtype])


# -------------------------------------------------------------------------------------------------- level 2
def open_smos_l2(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended",
                 dgg: str | os.PathLike | None = None) -> xr.Dataset:  # fmt: skip
    """Open ESA SMOS level-2 half orbits (SMUDP2 converted to NetCDF).

    Parameters
    ----------
    paths : sequence of Path
        ``SM_*_MIR_SMUDP2_*.nc`` files.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.
    dgg : path, optional
        CSV table of the ISEA-4H9 grid with columns ``id``, ``lat``, ``lon`` [degrees], to use instead of the
        computed positions. The files name their points by number only.

    Returns
    -------
    xarray.Dataset
        Shape ``observations``: ``sm``, ``sm_uncertainty``, ``flag``, ``science_flags``, ``confidence_flags``,
        ``chi_2``, ``rfi_prob``; ``location`` is the grid point number.

    Raises
    ------
    InputFileError
        If a file is damaged or of another product, its numbers are not of the grid, or the table lacks some of them.

    Notes
    -----
    Eager, file by file: about 2 MB per half orbit. Positions are computed from the definition of the grid
    (:mod:`vadose.products.smos_grid`) to about 100 m; the attribute ``position_source`` says where they come from.
    The declared fill value of flags and counts is 0, which is a true value too: they are read as stored.
    Points without a time (day 0) are left out and counted.
    """
    table = None if dgg is None else _read_dgg(Path(dgg))
    parts, versions = [], []
    for path in paths:
        with open_netcdf(path, needed=["Soil_Moisture", "Grid_Point_ID"], do="Is it a SMOS SMUDP2 file?") as nc:
            columns = _read_points(nc, Path(path), table)
            versions.append(attribute(nc, "Fixed_Header:Source:Creator_Version"))
        parts.append(cut(columns, bbox=bbox, period=period))
    own: dict[str, dict[str, Any]] = {"science_flags": SCIENCE_ATTRS, "confidence_flags": CONFIDENCE_ATTRS,
           "chi_2": {"units": "1", "long_name": "goodness of fit of the brightness temperatures"},
           "rfi_prob": {"units": "1", "long_name": "probability of radio-frequency interference"}}  # fmt: skip
    return observe(get("smos_l2"), parts, name="sm", unit="m3 m-3", flags=flags, inputs=paths, depth=DEPTH, own=own,
                   version=", ".join(dict.fromkeys(v for v in versions if v)),
                   attrs={"position_source": COMPUTED if dgg is None else Path(dgg).name})  # fmt: skip


def _read_points(nc: Any, path: Path, table: dict[str, np.ndarray] | None) -> dict[str, np.ndarray]:
    def column(name: str, **how: Any) -> np.ndarray:
        return read_column(nc, name, path, **how)

    point = column("Grid_Point_ID", dtype="int64")
    days, seconds = column("Days", dtype="int64"), column("Seconds", dtype="int64")
    science = column("Science_Flags", dtype="uint32")
    confidence = column("Confidence_Flags", dtype="uint16")
    probability = column("RFI_Prob", dtype="uint8") * _scale(nc, "RFI_Prob")
    lat, lon = _place(point, table, path)
    return {
        "time": decode_smos_time(np.where(days > 0, days, np.nan), seconds),
        "lat": lat, "lon": lon, "location": point,
        "sm": column("Soil_Moisture", to="m3 m-3", assume="m3 m-3", fills=(-999.0,)),
        "sm_uncertainty": column("Soil_Moisture_DQX", to="m3 m-3", assume="m3 m-3", fills=(-999.0,)),
        "flag": map_science_flags(science, probability) | schema.map_bits(confidence, CONFIDENCE_BITS),
        "science_flags": science, "confidence_flags": confidence,
        "chi_2": column("Chi_2", dtype="uint8") * _scale(nc, "Chi_2"),
        "rfi_prob": probability,
    }  # fmt: skip


def _scale(nc: Any, name: str) -> np.float32:
    return np.float32(nc.variables[name].__dict__.get("scale_factor", 1.0))


def _place(point: np.ndarray, table: dict[str, np.ndarray] | None, path: Path) -> tuple[np.ndarray, np.ndarray]:
    if table is None:
        return locate_points(point, where=path.name)
    at = np.minimum(np.searchsorted(table["id"], point), len(table["id"]) - 1)
    absent = table["id"][at] != point
    if absent.any():
        raise InputFileError(path.name, found=f"{int(absent.sum())} grid points that are not in the table",
                             needed=f"all of them, such as {int(point[absent][0])}",
                             do="Is dgg the ISEA-4H9 grid?")  # fmt: skip
    return table["lat"][at], table["lon"][at]


def _read_dgg(path: Path) -> dict[str, np.ndarray]:
    import pandas as pd

    needed = "a CSV table with columns id, lat, lon"
    if not path.is_file():
        raise InputFileError(path.name, found="no such file", needed=needed)
    try:
        frame = pd.read_csv(path, usecols=["id", "lat", "lon"], dtype={"id": "int64", "lat": "f8", "lon": "f8"})
    except (ValueError, UnicodeDecodeError) as err:
        raise InputFileError(path.name, found=f"a table that cannot be read ({err})", needed=needed) from err
    if frame.empty or not (frame["lat"].abs() <= 90).all() or frame["id"].duplicated().any():
        raise InputFileError(path.name, found="no rows, repeated ids or latitudes beyond ±90", needed=needed)
    frame = frame.sort_values("id")
    return {name: frame[name].to_numpy() for name in frame}
