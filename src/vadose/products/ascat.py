"""ASCAT soil moisture: H SAF time series (H113, H119) and EUMETSAT level-2 swaths, as degree of saturation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import InputFileError
from .assemble import assemble
from .catalogue import get
from .cells import index_ragged
from .decode import attribute, check_units, get_variable, open_netcdf, read_times
from .observations import cut, observe, read_column

#: Nominal layer sensed at C band [m].
DEPTH = (0.0, 0.05)

#: ``conf_flag``: bad surface state, topography > 50 %, wetland > 50 %, noise > 50 %, sensitivity < 1 dB.
CONFIDENCE_BITS = {1: "frozen_or_snow", 2: "complex_topography", 4: "water", 8: "low_weight", 16: "low_weight"}
#: ``proc_flag``: every documented bit says that soil moisture was set to missing.
PROCESSING_BITS = dict.fromkeys((1, 2, 4, 8), "retrieval_failed")
#: Surface state: 0 unknown, 1 unfrozen; 2 frozen, 3 melting or surface water, 4 permanent ice are refused.
SSF_BEST = 1
MISSING_BYTE = 127

#: ``proc_flag1`` of the swath product: 1 too few parameters around; 2 low sensitivity, 4 azimuthal noise, 8 and 16
#: backscatter triplet out of range. Bits 5-7 occur in files although their definition says "not set".
SWATH_BITS = {1: "retrieval_failed", 2: "not_recommended", 4: "not_recommended", 8: "not_recommended",
              16: "not_recommended"}  # fmt: skip
#: Choice: a percentage above 50 of these swath fields raises a flag, the limit that H SAF uses in ``conf_flag``.
SWATH_PERCENT = {"snow_cover_probability": "frozen_or_snow", "frozen_soil_probability": "frozen_or_snow",
                 "wetland_flag": "water", "topography_flag": "complex_topography",
                 "soil_moisture_error": "low_weight"}  # fmt: skip
PERCENT_LIMIT = 50.0

_DIRECTION = {"long_name": "orbit direction", "flag_values": np.array([0, 1], "int8"),
              "flag_meanings": "ascending descending"}  # fmt: skip
_SATELLITE = {"long_name": "satellite", "flag_values": np.array([1, 2, 3, 4, 5], "int8"),
              "flag_meanings": "ers-1 ers-2 metop-a metop-b metop-c"}  # fmt: skip
_CORRECTION = {"long_name": "correction flags", "flag_masks": np.array([1, 2, 4, 8], "int8"),
               "flag_meanings": "set_to_0 set_to_100 wet_correction subsurface_correction"}  # fmt: skip
_SWATH_CORRECTION = {
    "long_name": "correction flags",
    "flag_masks": np.array([1, 2, 4, 8, 16], "uint8"),
    "flag_meanings": "set_to_0 set_to_100 wet_reference_corrected dry_reference_corrected sand_corrected",
}


def open_ascat_h113(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open H SAF ASCAT CDR v4 12.5 km (H113) cell files.

    Parameters
    ----------
    paths : sequence of Path
        Contiguous ragged cell files.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.

    Returns
    -------
    xarray.Dataset
        Shape ``observations``, lazy: ``saturation``, ``saturation_uncertainty`` [1], ``flag``, ``corr_flag``,
        ``dir``, ``sat_id``; ``location`` is the WARP5 grid point.

    Raises
    ------
    InputFileError
        If a file is damaged, or not of this product.

    Notes
    -----
    127 is masked before scaling. Surface states above 1 (frozen, melting, ice) become ``frozen_or_snow``; the bits
    of ``proc_flag`` and ``conf_flag`` are mapped by :data:`PROCESSING_BITS` and :data:`CONFIDENCE_BITS`.
    """
    return _open_series("ascat_h113", "H113", (127.0,), paths, bbox, period, flags)


def open_ascat_h119(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open H SAF ASCAT CDR v7 12.5 km (H119) cell files.

    Parameters
    ----------
    paths, bbox, period, flags
        As in :func:`open_ascat_h113`.

    Returns
    -------
    xarray.Dataset
        As :func:`open_ascat_h113`.

    Raises
    ------
    InputFileError
        If a file is damaged, or not of this product.

    Notes
    -----
    65535 (655.35 when scaled) is masked before scaling.
    """
    return _open_series("ascat_h119", "H119", (65535.0,), paths, bbox, period, flags)


def _open_series(product: str, name: str, fills: tuple[float, ...], paths: Sequence[Path], bbox, period,
                 flags: str) -> xr.Dataset:  # fmt: skip
    def identity(nc: Any, path: Path) -> str:
        told = f"{attribute(nc, 'product_id')} {attribute(nc, 'id')} {attribute(nc, 'product_name')}"
        if name not in told:
            raise InputFileError(path.name, found=told.strip() or "no product id", needed=f"an {name} cell file",
                                 do="Open H113 and H119 files under their own product.")  # fmt: skip
        for variable in ("sm", "sm_noise"):
            check_units(get_variable(nc, variable, path), path, "1")
        return attribute(nc, "software")

    bits = ["proc_flag", "conf_flag", "ssf"]
    own = {"corr_flag": _CORRECTION, "dir": _DIRECTION, "sat_id": _SATELLITE}
    index = index_ragged([Path(p) for p in paths], ["sm", "sm_noise", *bits], optional=list(own), identity=identity,
                         fills={"sm": fills, "sm_noise": fills}, dtypes=dict.fromkeys([*bits, *own], "int8"),
                         bbox=bbox, period=period, do=f"Is it an {name} cell file?")  # fmt: skip
    flag = xr.apply_ufunc(map_series_flags, *[index.variable(n) for n in bits], dask="parallelized",
                          output_dtypes=["uint16"])  # fmt: skip
    ds = assemble(get(product), index.variable("sm"), unit="%", flags=flags, inputs=index.paths, name="saturation",
                  flag=flag, uncertainty=index.variable("sm_noise"), depth=DEPTH, version=name,
                  attrs={"software_provider": index.identity})  # fmt: skip
    for column, attrs in own.items():
        if column in index.codings:
            ds[column] = index.variable(column).assign_attrs(attrs)
    return ds


def map_series_flags(processing: np.ndarray, confidence: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Canonical flags from ``proc_flag``, ``conf_flag`` and ``ssf`` of the H SAF series.

    Examples
    --------
    >>> zero = np.zeros(4, "i1")
    >>> map_series_flags(zero, np.array([0, 2, 16, 127], "i1"), np.array([1, 1, 0, 2], "i1")).tolist()
    [0, 64, 1024, 1]
    """
    out = schema.map_bits(_known(processing), PROCESSING_BITS) | schema.map_bits(_known(confidence), CONFIDENCE_BITS)
    frozen = (np.asarray(state) > SSF_BEST) & (np.asarray(state) != MISSING_BYTE)
    return (out | np.where(frozen, np.uint16(schema.FLAGS["frozen_or_snow"]), np.uint16(0))).astype("uint16")


def _known(bits: np.ndarray) -> np.ndarray:
    return np.where(np.asarray(bits) == MISSING_BYTE, 0, bits)


def open_ascat_l2(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open EUMETSAT ASCAT level-2 soil-moisture swaths (NetCDF, 25 km or 12.5 km).

    Parameters
    ----------
    paths : sequence of Path
        Orbit files.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.

    Returns
    -------
    xarray.Dataset
        Shape ``observations``: ``saturation``, ``saturation_uncertainty`` [1], ``flag``, ``corr_flags``,
        ``as_des_pass``. Nodes over sea are kept, flagged ``missing``; ``time`` is that of the line of nodes.

    Raises
    ------
    InputFileError
        If a file is damaged or of another product or unit.

    Notes
    -----
    Eager, file by file: about 3 MB per 25 km orbit. ``soil_moisture`` declares no fill value: 65535 is masked
    before scaling, 255 in the flag bytes. ``proc_flag2`` repeats ``proc_flag1`` and is left out.
    """
    needed = ["soil_moisture", "utc_line_nodes", "proc_flag1", "latitude", "longitude"]
    parts, versions = [], []
    for path in paths:
        with open_netcdf(path, needed=needed, do="Is it an EUMETSAT ASCAT level-2 soil-moisture file?") as nc:
            parts.append(cut(_read_swath(nc, Path(path)), bbox=bbox, period=period))
            versions.append(f"{attribute(nc, 'processor_major_version')}.{attribute(nc, 'product_minor_version')}")
    own = {"as_des_pass": _DIRECTION, "corr_flags": _SWATH_CORRECTION}
    return observe(get("ascat_l2"), parts, name="saturation", unit="%", flags=flags, inputs=paths, depth=DEPTH,
                   own=own, version=", ".join(dict.fromkeys(versions)))  # fmt: skip


def _read_swath(nc: Any, path: Path) -> dict[str, np.ndarray]:
    shape = nc.variables["soil_moisture"].shape
    if len(shape) != 2:
        raise InputFileError(f"{path.name}: soil_moisture", found=f"shape {shape}", needed="(rows, nodes)")

    def column(name: str, **how: Any) -> np.ndarray:
        return np.broadcast_to(read_column(nc, name, path, **how), shape).ravel()

    def per_row(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, shape[1])

    out = {
        "time": per_row(read_times(nc, path, name="utc_line_nodes")),
        "lat": column("latitude", dtype="float64"),
        "lon": column("longitude", dtype="float64"),
        "saturation": _percent(nc, "soil_moisture", path),
        "saturation_uncertainty": _percent(nc, "soil_moisture_error", path),
        "as_des_pass": per_row(read_column(nc, "as_des_pass", path, dtype="int8")),
        "corr_flags": column("corr_flags", dtype="uint8"),
    }
    processing = column("proc_flag1", dtype="uint8")
    flag = schema.map_bits(np.where(processing == 255, 0, processing), SWATH_BITS)
    for name, meaning in SWATH_PERCENT.items():
        if name not in nc.variables:
            continue
        percent = out["saturation_uncertainty"] if name == "soil_moisture_error" else column(name, fills=(255.0,))
        with np.errstate(invalid="ignore"):
            flag[percent > PERCENT_LIMIT] |= np.uint16(schema.FLAGS[meaning])
    return {**out, "flag": flag}


def _percent(nc: Any, name: str, path: Path) -> np.ndarray:
    check_units(get_variable(nc, name, path), path, "1")
    return read_column(nc, name, path, fills=(65535.0,)).ravel()
