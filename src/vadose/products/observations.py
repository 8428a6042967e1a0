"""Observations with a time and a place each: assembling swaths and ragged series into the canonical shape.

A reader hands over one dictionary of columns per file, cut to the box and the period at once, so that the memory
held is that of the observations kept plus one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import schema, units
from ..grid import check_bbox, wrap_longitude
from ..periods import parse_period
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


def assemble(parts: Sequence[Mapping[str, np.ndarray]], *, name: str, valid_range: tuple[float, float] | None = None,
             flags: str, depth: tuple[float, float],
             attrs: Mapping[str, Mapping[str, Any]] | None = None) -> xr.Dataset:  # fmt: skip
    """Join the columns of all files, sort by time, apply the valid range and the flag rule.

    Parameters
    ----------
    parts : sequence of mappings
        From :func:`cut`; every one with ``time``, ``lat``, ``lon``, ``flag`` and ``name``.
    name : {"sm", "saturation"}
        The soil-moisture column, in its canonical unit, NaN where missing.
    valid_range : tuple of float, optional
        The provider's range where it is narrower than the canonical one.
    flags : {"recommended", "usable", "none"}
        Rule of :data:`vadose.schema.FLAG_RULES`.
    depth : tuple of float
        Top and bottom of the layer sensed [m].
    attrs : mapping, optional
        Attributes of columns that are not canonical variables.

    Returns
    -------
    xarray.Dataset
        Shape ``observations``. The attribute ``n_without_time`` counts observations left out because the file
        gives them no time.

    Notes
    -----
    Every observation with a time is kept, also where the soil moisture is missing: ``flag`` says why.

    Examples
    --------
    >>> part = {"time": np.array(["2020-01-02", "2020-01-01"], "M8[ns]"), "lat": np.zeros(2), "lon": np.zeros(2),
    ...         "sm": np.array([0.2, 7.0], "f4"), "flag": np.array([0, 0], "u2")}
    >>> ds = assemble([part], name="sm", flags="recommended", depth=(0.0, 0.05))
    >>> ds.sm.values.tolist(), ds.flag.values.tolist(), int(ds.n_out_of_range)
    ([nan, 0.20000000298023224], [128, 0], 1)
    """
    schema.check_rule(flags)
    attrs = attrs or {}
    columns = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    order = np.argsort(columns["time"], kind="stable")  # NaT sorts last
    timed = int((~np.isnat(columns["time"])).sum())
    order = order[:timed]
    n_without_time = columns["time"].size - timed
    columns = {k: v[order] for k, v in columns.items()}

    value = columns.pop(name).astype("float32")
    flag = columns.pop("flag").astype("uint16")
    low, high = valid_range or schema.VARIABLES[name].valid_range  # type: ignore[misc]
    slack = 1e-6 * max(abs(high), 1e-3)
    with np.errstate(invalid="ignore"):
        outside = (value < low - slack) | (value > high + slack)
    flag[np.isnan(value)] |= np.uint16(schema.FLAGS["missing"])
    flag[outside] |= np.uint16(schema.FLAGS["out_of_range"])
    value[outside | schema.rejected(flag, flags)] = np.nan

    spec = schema.VARIABLES[name]
    variables: dict[str, Any] = {
        name: ("obs", value, {**spec.attrs(), "valid_range": np.asarray([low, high], "float32"),
                              "depth_from": depth[0], "depth_to": depth[1]}),
        "flag": ("obs", flag, schema.flag_attrs()),
        "n_out_of_range": ((), np.int32(outside.sum()), schema.VARIABLES["n_out_of_range"].attrs()),
    }  # fmt: skip
    coords: dict[str, Any] = {}
    for key, values in columns.items():
        if key in COORDINATES:
            coords[key] = ("obs", values, {**_PLACE_ATTRS.get(key, {}), **attrs.get(key, {})})
            continue
        known = schema.VARIABLES.get(key)
        if known is not None and known.valid_range is not None:
            values = _blank_outside(values.astype(known.dtype), known.valid_range)
        variables[key] = ("obs", values, {**(known.attrs() if known else {}), **attrs.get(key, {})})
    ds = xr.Dataset(variables, coords)
    return ds.assign_attrs(n_without_time=np.int32(n_without_time), flag_rule=flags)


def _blank_outside(values: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        values[(values < limits[0]) | (values > limits[1])] = np.nan
    return values
