"""Observations with a time and a place each: swaths and ragged series in the canonical shape.

A reader hands over one dictionary of columns per file, cut to the box and the period at once, so that the memory
held is that of the observations kept plus one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import units
from ..errors import InputFileError
from ..grid import check_bbox, wrap_longitude
from ..periods import parse_period
from .assemble import assemble
from .catalogue import Product
from .decode import Coding, attribute, check_units, get_variable

#: Columns that become coordinates rather than variables.
COORDINATES = ("time", "lat", "lon", "location", "overpass")

_PLACE_ATTRS = {
    "time": {"standard_name": "time", "long_name": "time of observation (UTC)"},
    "lat": {"standard_name": "latitude", "units": "degrees_north"},
    "lon": {"standard_name": "longitude", "units": "degrees_east"},
    "location": {"long_name": "number of the point in the provider's grid"},
}


def read_column(nc: Any, name: str, path: str | Path, *, to: str = "", assume: str = "",
                fills: Iterable[float] = (), index: Any = ..., dtype: str = "float32") -> np.ndarray:  # fmt: skip
    """Read a variable of an open file: fill values missing, scaled, in the wanted unit.

    Parameters
    ----------
    nc : netCDF4.Dataset
        From :func:`vadose.products.decode.open_netcdf`.
    name : str
        Variable; ``"group/name"`` for one in a group.
    path : path
        Named in errors.
    to : str, optional
        Canonical unit; without it the values keep theirs.
    assume : str
        The provider's documented unit, where the file declares none.
    fills : iterable of float
        Stored values that mean missing, beside those the file declares.
    index : slice or array
        Part to read.
    dtype : str
        Type of the result; an integer type returns stored values untouched.

    Returns
    -------
    ndarray
        In native byte order.
    """
    variable = get_variable(nc, name, path)
    stored = np.asarray(variable[index])
    stored = stored.astype(stored.dtype.newbyteorder("="), copy=False)
    values = Coding.of(variable, fills=fills, dtype=dtype).decode(stored)
    if to:
        check_units(variable, path, to, assume=assume)
        values = units.convert(values, attribute(variable, "units") or assume, to).astype(dtype, copy=False)
    return values


def cut(columns: Mapping[str, np.ndarray], *, bbox=None, period=None) -> dict[str, np.ndarray]:
    """Keep the observations inside a box and a period.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (obs,)
        With ``time``, ``lat`` and ``lon``; longitudes may run 0..360.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it; half-open at the end of the last day.

    Returns
    -------
    dict
        The columns, longitudes in −180..180; observations without a time are kept here and counted later.

    Examples
    --------
    >>> c = {"time": np.array(["2020-01-01", "2020-01-02"], "M8[ns]"), "lat": np.zeros(2), "lon": np.array([350., 10.])}
    >>> cut(c, bbox=(-20, -5, 0, 5))["lon"].tolist(), cut(c, period="2020-01-02")["lon"].tolist()
    ([-10.0], [10.0])
    """
    out = dict(columns)
    out["lon"] = wrap_longitude(out["lon"])
    out["lat"] = np.asarray(out["lat"], dtype="float64")
    keep = np.ones(out["time"].shape, dtype=bool)
    if bbox is not None:
        west, south, east, north = check_bbox(bbox)
        keep &= (out["lat"] >= south) & (out["lat"] <= north) & (out["lon"] >= west) & (out["lon"] <= east)
    if (span := parse_period(period)) is not None:
        keep &= (out["time"] >= span[0]) & (out["time"] < span[1])
    return out if keep.all() else {name: values[keep] for name, values in out.items()}


def observe(
    product: Product,
    parts: Sequence[Mapping[str, np.ndarray]],
    *,
    name: str,
    unit: str,
    flags: str,
    inputs: Sequence[Path],
    depth: tuple[float, float],
    valid: tuple[float, float] | None = None,
    own: Mapping[str, Mapping[str, Any]] | None = None,
    version: str = "",
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Join the columns of all files, sort them by time, and assemble the canonical dataset.

    Parameters
    ----------
    product : Product
        Catalogue entry.
    parts : sequence of mappings
        From :func:`cut`: the columns of each file, all with ``time``, ``lat``, ``lon``, ``flag`` (canonical bits)
        and ``name``; others are coordinates, canonical variables, or named in ``own``.
    name : {"sm", "saturation"}
        The soil-moisture column, in ``unit``, NaN where missing.
    unit : str
        Unit of it and of its uncertainty.
    flags : {"recommended", "usable", "none"}
        Flag rule.
    inputs : sequence of Path
        Files read.
    depth : (from, to)
        Layer sensed [m].
    valid : (low, high), optional
        The provider's range, in ``unit``, where it is narrower than the canonical one.
    own : mapping
        Provider column -> attributes; kept as they are.
    version, attrs
        Provenance.

    Returns
    -------
    xarray.Dataset
        Shape ``observations``, in memory: it holds the observations kept and no more than one file beside.

    Raises
    ------
    InputFileError
        If no observation lies in the box and period.

    Notes
    -----
    Every observation with a time is kept, also where soil moisture is missing: ``flag`` says why. The attribute
    ``n_without_time`` counts those the file gives no time.
    """
    own = own or {}
    if not any(p["time"].size for p in parts):
        raise InputFileError(Path(inputs[0]).name, found="no observation in the box and period",
                             needed="at least one observation")  # fmt: skip
    columns = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    order = np.argsort(columns["time"], kind="stable")  # NaT sorts last
    timed = int((~np.isnat(columns["time"])).sum())
    n_without_time = columns["time"].size - timed
    columns = {k: v[order[:timed]] for k, v in columns.items()}
    coords = {k: ("obs", columns.pop(k), {**_PLACE_ATTRS.get(k, {}), **own.get(k, {})}) for k in COORDINATES
              if k in columns}  # fmt: skip

    def labelled(key: str) -> xr.DataArray:
        return xr.DataArray(columns.pop(key), dims="obs", coords=coords)

    values = labelled(name)
    if valid is not None:
        # infinity lies outside the canonical range too: such values are flagged and counted with the others
        beyond = (values < valid[0] * (1 - 1e-6)) | (values > valid[1] * (1 + 1e-6))
        values = values.where(~beyond, np.inf)
    uncertainty = labelled(f"{name}_uncertainty") if f"{name}_uncertainty" in columns else None
    flag = labelled("flag")
    extras = {k: labelled(k) for k in [k for k in columns if k not in own]}
    ds = assemble(product, values, unit=unit, flags=flags, inputs=inputs, name=name, flag=flag,
                  uncertainty=uncertainty, extras=extras, depth=depth, version=version,
                  attrs={"n_without_time": np.int32(n_without_time), **(attrs or {})})  # fmt: skip
    for key in [k for k in own if k in columns]:
        ds[key] = labelled(key).assign_attrs(own[key])
    ds["time"].attrs.update(_PLACE_ATTRS["time"])
    return ds
