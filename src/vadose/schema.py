"""The canonical dataset: names, dimensions, units, ranges, flags, status codes and provenance.

Four shapes of dataset exist; every reader returns one of them and every method takes them:

``grid``
    dims ``(time, lat, lon)`` or ``(time, layer, lat, lon)``; coordinates from a :class:`vadose.grid.Grid`, whose
    text form is the attribute ``grid``. ``layer`` comes with ``layer_bnds (layer, bnds)`` [m].
``observations``
    dim ``obs``, sorted by time; coordinates ``time``, ``lat``, ``lon`` per observation, and ``location`` (an
    integer id) where the provider numbers its points. Swaths and sub-daily series: nothing is averaged away.
``stations``
    dims ``(sensor, time)``; coordinates per sensor: :data:`STATION_COORDS`.
``static``
    dims ``(lat, lon)``: maps without time such as land cover.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from .errors import SchemaError
from .grid import Grid
from .stats.status import STATUS

CONVENTIONS = "CF-1.11"


@dataclass(frozen=True)
class Variable:
    """What a canonical variable must be."""

    units: str
    long_name: str
    valid_range: tuple[float, float] | None = None
    standard_name: str = ""
    dtype: str = "float32"

    def attrs(self) -> dict[str, Any]:
        """CF attributes of the variable."""
        out: dict[str, Any] = {"units": self.units, "long_name": self.long_name}
        if self.standard_name:
            out["standard_name"] = self.standard_name
        if self.valid_range:
            out["valid_range"] = np.asarray(self.valid_range, dtype="float32")
        return out


#: The soil-moisture variables, of which every product has one.
VARIABLES = {
    "sm": Variable("m3 m-3", "volumetric soil moisture", (0.0, 1.0), "volume_fraction_of_condensed_water_in_soil"),
    "saturation": Variable("1", "degree of saturation of the soil pores", (0.0, 1.0)),
    "swc": Variable("kg m-2", "soil water storage of the layer", (0.0, 1e5), "mass_content_of_water_in_soil_layer"),
    "sm_uncertainty": Variable("m3 m-3", "standard uncertainty (1 sigma) of soil moisture", (0.0, 1.0)),
    "saturation_uncertainty": Variable("1", "standard uncertainty (1 sigma) of saturation", (0.0, 1.0)),
    "soil_temperature": Variable("K", "soil temperature", (200.0, 360.0), "soil_temperature"),
    "surface_temperature": Variable("K", "surface temperature", (200.0, 360.0), "surface_temperature"),
    "air_temperature": Variable("degC", "air temperature", (-90.0, 70.0), "air_temperature"),
    "precipitation": Variable("mm", "precipitation amount of the step", (0.0, 2000.0)),
    "swe": Variable("kg m-2", "snow water equivalent", (0.0, 1e5), "lwe_thickness_of_surface_snow_amount"),
    "vegetation_optical_depth": Variable("1", "vegetation optical depth", (0.0, 10.0)),
    "vegetation_water_content": Variable("kg m-2", "vegetation water content", (0.0, 50.0)),
    "leaf_area_index": Variable("1", "one-sided leaf area per ground area", (0.0, 20.0), "leaf_area_index"),
    "potential_evapotranspiration": Variable("mm", "potential evapotranspiration of the step", (0.0, 100.0)),
    "evapotranspiration": Variable("mm", "evapotranspiration of the step", (0.0, 100.0)),
    "runoff": Variable("mm", "surface runoff of the step", (0.0, 2000.0)),
    "recharge": Variable("mm", "drainage below the lowest layer in the step", (0.0, 2000.0)),
    "irrigation": Variable("mm", "water brought to fields in the step", (0.0, 2000.0)),
    "gpp": Variable("g m-2", "gross primary production of the step, as carbon", (0.0, 1000.0)),
    "elevation": Variable("m", "height above sea level", (-500.0, 9000.0), "surface_altitude"),
    "water_fraction": Variable("1", "share of the cell under open water", (0.0, 1.0)),
    "sand": Variable("%", "sand content of the soil by weight", (0.0, 100.0)),
    "clay": Variable("%", "clay content of the soil by weight", (0.0, 100.0)),
    "porosity": Variable("m3 m-3", "soil moisture at saturation", (0.0, 1.0), "soil_porosity"),
    "field_capacity": Variable(
        "m3 m-3",
        "soil moisture at field capacity (-33 kPa)",
        (0.0, 1.0),
        "volume_fraction_of_condensed_water_in_soil_at_field_capacity",
    ),
    "wilting_point": Variable(
        "m3 m-3",
        "soil moisture at wilting point (-1500 kPa)",
        (0.0, 1.0),
        "volume_fraction_of_condensed_water_in_soil_at_wilting_point",
    ),
    "saturated_conductivity": Variable("mm h-1", "saturated hydraulic conductivity", (0.0, 1e4)),
    "tree_cover": Variable("%", "share of the cell under tree crowns", (0.0, 100.0)),
    "non_tree_vegetation": Variable("%", "share of the cell under other plants", (0.0, 100.0)),
    "topographic_complexity": Variable("%", "spread of heights within the cell, scaled to 0-100", (0.0, 100.0)),
    "land_cover": Variable("1", "land-cover class (IGBP)", None, "", "uint8"),
    "climate": Variable("1", "Köppen-Geiger climate class", None, "", "uint8"),
    "t0": Variable("", "time of observation", None, "time", "datetime64[ns]"),
    "nobs": Variable("1", "number of observations", None, "number_of_observations", "int32"),
    "flag": Variable("", "quality flag", None, "quality_flag", "uint16"),
    "n_out_of_range": Variable("1", "values masked because they lie outside the valid range", None, "", "int32"),
}

PRIMARY = ("sm", "saturation", "swc")

#: Bits of the canonical ``flag``; 0 = nothing to report. Readers map provider bits onto these.
FLAGS = {
    "frozen_or_snow": 1,
    "dense_vegetation": 2,
    "not_recommended": 4,
    "retrieval_failed": 8,
    "radio_frequency_interference": 16,
    "water": 32,
    "complex_topography": 64,
    "out_of_range": 128,
    "gap_filled": 256,
    "barren_advisory": 512,
    "low_weight": 1024,
    "other_inconsistency": 2048,
    "missing": 4096,
}

#: Named flag rules: the bits that make a value missing.
#: ``recommended`` keeps what the provider recommends, ``usable`` also keeps attempted but not recommended
#: retrievals, ``none`` applies fill values and valid range only.
FLAG_RULES = {
    "recommended": ~(FLAGS["gap_filled"] | FLAGS["barren_advisory"]) & 0xFFFF,
    "usable": FLAGS["frozen_or_snow"] | FLAGS["retrieval_failed"] | FLAGS["out_of_range"] | FLAGS["missing"]
    | FLAGS["water"],
    "none": 0,
}  # fmt: skip

#: Per-sensor coordinates of a station dataset (all on dim ``sensor``).
STATION_COORDS = (
    "network", "station", "lat", "lon", "elevation", "depth_from", "depth_to",
    "instrument", "land_cover", "climate", "texture",
)  # fmt: skip
STATION_REQUIRED = ("network", "station", "lat", "lon", "depth_from", "depth_to")

#: Slack of depths [m]: probes set at 2 and 4 inches stand for 5 and 10 cm.
DEPTH_SLACK = 2e-3

_DIMS: dict[str, list[tuple[str, ...]]] = {
    "grid": [("time", "lat", "lon"), ("time", "layer", "lat", "lon"), ("time", "t_value", "lat", "lon")],
    "stations": [("sensor", "time")],
    "observations": [("obs",)],
    "static": [("lat", "lon")],
}


def flag_attrs() -> dict[str, Any]:
    """CF attributes of the canonical ``flag``."""
    return {
        "long_name": "quality flag",
        "standard_name": "quality_flag",
        "flag_masks": np.asarray(list(FLAGS.values()), dtype="uint16"),
        "flag_meanings": " ".join(FLAGS),
    }


def status_attrs() -> dict[str, Any]:
    """CF attributes of a ``status`` variable."""
    return {
        "units": "1",
        "long_name": "status of the result",
        "flag_values": np.asarray(list(STATUS.values()), dtype="int8"),
        "flag_meanings": " ".join(STATUS),
    }


def status_name(code: int) -> str:
    """Name of a status code.

    Examples
    --------
    >>> status_name(2)
    'too_few_pairs'
    """
    return list(STATUS)[int(code)]


def map_bits(values: np.ndarray, table: Mapping[int, str]) -> np.ndarray:
    """Translate provider flag bits to canonical flag bits.

    Parameters
    ----------
    values : ndarray of integer
        Provider bit field.
    table : mapping
        Provider bit (1, 2, 4, ...) -> canonical flag name.

    Returns
    -------
    ndarray of uint16
        Canonical flags, same shape.

    Examples
    --------
    >>> map_bits(np.array([0, 1, 3]), {1: "frozen_or_snow", 2: "dense_vegetation"}).tolist()
    [0, 1, 3]
    """
    out = np.zeros(values.shape, dtype="uint16")
    for bit, name in table.items():
        out |= np.where((values & bit) != 0, np.uint16(FLAGS[name]), np.uint16(0))
    return out


def rejected(flag, rule: str):
    """Where a flag rule makes values missing.

    Parameters
    ----------
    flag : array (NumPy, dask or DataArray) of uint16
        Canonical flags.
    rule : {"recommended", "usable", "none"}
        One of :data:`FLAG_RULES`.

    Raises
    ------
    SchemaError
        If the rule is unknown.

    Examples
    --------
    >>> rejected(np.array([0, 1, 4, 256], dtype="uint16"), "usable").tolist()
    [False, True, False, False]
    """
    return (flag & np.uint16(check_rule(rule))) != 0


def check_rule(rule: str) -> int:
    """Bit mask of a named flag rule; raises :class:`SchemaError` for an unknown name."""
    if rule not in FLAG_RULES:
        raise SchemaError("flags", found=repr(rule), needed=f"one of {list(FLAG_RULES)}")
    return FLAG_RULES[rule]


def primary(ds: xr.Dataset) -> str:
    """Name of the soil-moisture variable of a dataset: ``sm``, else ``saturation``, else ``swc``.

    Raises
    ------
    SchemaError
        If it has none of them.
    """
    for name in PRIMARY:
        if name in ds:
            return name
    raise SchemaError(_title(ds), found=f"variables {list(ds.data_vars)}", needed=f"one of {list(PRIMARY)}")


def form(ds: xr.Dataset) -> str:
    """Shape of a canonical dataset: ``"grid"``, ``"observations"``, ``"stations"`` or ``"static"``.

    Examples
    --------
    >>> form(xr.Dataset({"sm": ("obs", [0.1])}, {"time": ("obs", [0]), "lat": ("obs", [1.0]), "lon": ("obs", [1.0])}))
    'observations'
    """
    dims = set(ds.dims)
    if {"sensor", "time"} <= dims:
        return "stations"
    if "obs" in dims and {"time", "lat", "lon"} <= set(ds.coords):
        return "observations"
    if {"time", "lat", "lon"} <= dims:
        return "grid"
    if {"lat", "lon"} <= dims:
        return "static"
    raise SchemaError(_title(ds), found=f"dims {tuple(str(d) for d in ds.dims)}",
                      needed="(time, [layer,] lat, lon), (obs,), (sensor, time) or (lat, lon)")  # fmt: skip


def check(ds: xr.Dataset, expected: str | Iterable[str] | None = None) -> xr.Dataset:
    """Check that a dataset is canonical, and return it unchanged. Reads coordinates, never data.

    Parameters
    ----------
    ds : xarray.Dataset
        Candidate.
    expected : str or iterable of str, optional
        Shape(s) accepted here.

    Raises
    ------
    SchemaError
        Naming the first variable, coordinate or attribute that is not as agreed, what it is and what it must be.
    """
    where, kind = _title(ds), form(ds)
    allowed = [kind] if expected is None else [expected] if isinstance(expected, str) else list(expected)
    if kind not in allowed:
        raise SchemaError(where, found=f"a dataset of shape {kind!r}", needed=f"shape {' or '.join(allowed)}")
    if kind in ("grid", "static"):
        _check_axes(ds, where)
    if kind != "static":
        _check_time(ds, where, kind)
    if kind == "stations":
        for name in STATION_REQUIRED:
            if name not in ds.coords or ds[name].dims != ("sensor",):
                raise SchemaError(where, found=f"no coordinate {name!r} per sensor", needed=f"{STATION_REQUIRED}")
    if "layer" in ds.dims and "layer_bnds" not in ds.variables:
        raise SchemaError(where, found="a layer dimension without bounds", needed="layer_bnds (layer, bnds) in m")
    for name, da in ((str(k), v) for k, v in ds.data_vars.items()):
        spec = VARIABLES.get(name)
        if spec is None:
            continue
        if name in PRIMARY and tuple(map(str, da.dims)) not in _DIMS[kind]:
            raise SchemaError(f"{where}: {name}", found=f"dims {da.dims}", needed=f"one of {_DIMS[kind]}")
        if spec.units and da.attrs.get("units") != spec.units:
            raise SchemaError(f"{where}: {name}", found=f"units {da.attrs.get('units')!r}", needed=repr(spec.units),
                              do="Convert with vadose.units and set the attribute.")  # fmt: skip
    return ds


def within_depth(stations: xr.Dataset, depth: tuple[float, float]) -> np.ndarray:
    """Sensors whose depths lie within an interval [m], with :data:`DEPTH_SLACK`; shape (sensor,), bool.

    A sensor without a depth is not within.

    Examples
    --------
    >>> probes = xr.Dataset({"depth_from": ("sensor", [0.05, 0.1]), "depth_to": ("sensor", [0.051, 0.1])})
    >>> within_depth(probes, (0.0, 0.05)).tolist()
    [True, False]
    """
    low, high = depth
    top, bottom = (stations[k].values.astype(float) for k in ("depth_from", "depth_to"))
    return np.asarray((top >= low - DEPTH_SLACK) & (bottom <= high + DEPTH_SLACK))


def _check_axes(ds: xr.Dataset, where: str) -> None:
    for name, sign in (("lat", -1), ("lon", 1)):
        axis = ds[name].values
        if axis.dtype != np.float64:
            raise SchemaError(
                f"{where}: {name}", found=str(axis.dtype), needed="float64 cell centres from Grid.coords()"
            )
        if axis.size > 1 and not (sign * np.diff(axis) > 0).all():
            order = "north to south" if name == "lat" else "west to east within −180..180"
            raise SchemaError(f"{where}: {name}", found="another order", needed=order)
    if ds["lon"].size and (ds["lon"].min() < -180 or ds["lon"].max() > 180):
        raise SchemaError(f"{where}: lon", found="values beyond ±180", needed="longitudes −180..180")


def _check_time(ds: xr.Dataset, where: str, kind: str) -> None:
    time = ds["time"]
    if not np.issubdtype(time.dtype, np.datetime64):
        raise SchemaError(f"{where}: time", found=str(time.dtype), needed="datetime64 in UTC")
    steps = np.diff(time.values)
    if (steps < np.timedelta64(0)).any():
        raise SchemaError(f"{where}: time", found="unsorted times", needed="ascending times")
    if kind != "observations" and (steps == np.timedelta64(0)).any():
        twice = time.values[1:][steps == np.timedelta64(0)][0]
        raise SchemaError(f"{where}: time", found=f"{twice} more than once", needed="each time once")


def mask_invalid(da: xr.DataArray, name: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Make values outside the valid range missing, and count them.

    Parameters
    ----------
    da : xarray.DataArray
        Values in the canonical unit of ``name``; lazy stays lazy.
    name : str
        A key of :data:`VARIABLES` with a valid range.

    Returns
    -------
    tuple of DataArray
        The masked values (dtype and attributes of the variable) and the number masked, per time where there is
        one, else in all.

    Examples
    --------
    >>> da = xr.DataArray([[0.2, 1.2], [np.nan, -0.1]], dims=("time", "lat"))
    >>> kept, count = mask_invalid(da, "sm")
    >>> count.values.tolist(), kept.isnull().values.tolist()
    ([1, 1], [[False, True], [True, True]])
    """
    spec = VARIABLES[name]
    assert spec.valid_range is not None
    low, high = spec.valid_range
    bad = (da < low) | (da > high)
    # tolerate what a float32 or packed encoding adds to a limit
    slack = 1e-6 * max(abs(low), abs(high), 1e-3)
    bad = bad & ((da < low - slack) | (da > high + slack))
    count = bad.sum([d for d in da.dims if d != "time"]) if "time" in da.dims else bad.sum()
    kept = da.where(~bad).astype(spec.dtype).assign_attrs(spec.attrs())
    return kept, count.astype("int32").assign_attrs(VARIABLES["n_out_of_range"].attrs())


def stamp(ds: xr.Dataset, *, title: str, product: str = "", version: str = "", inputs: Iterable[Any] = (),
          simulated: bool = False, **attrs: Any) -> xr.Dataset:  # fmt: skip
    """Add the provenance attributes that every output carries.

    Parameters
    ----------
    ds : xarray.Dataset
        Any output.
    title : str
        One line for people.
    product, version : str
        Product or recipe id, and its version.
    inputs : iterable
        Files or datasets it was made from; more than 20 are abbreviated to the first and last with the number.
    simulated : bool
        Whether anything in it comes from the twin.
    **attrs
        Further global attributes; None values are left out.

    Returns
    -------
    xarray.Dataset
        The same data with new attributes.
    """
    from . import __version__

    names = [str(i) for i in inputs]
    if len(names) > 20:
        names = [*names[:1], f"... {len(names) - 2} more ...", names[-1]]
    new = {
        "Conventions": CONVENTIONS,
        "title": title,
        "product": product,
        "product_version": version,
        "inputs": json.dumps(names, ensure_ascii=False) if names else "",
        "software": f"vadose {__version__}",
        "date_created": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **attrs,
    }
    if simulated or ds.attrs.get("simulated"):
        new["simulated"] = "true"
    return ds.assign_attrs({k: v for k, v in new.items() if v not in ("", None)})


def is_simulated(ds: xr.Dataset | xr.DataArray) -> bool:
    """Whether the data come from the twin."""
    return str(ds.attrs.get("simulated", "")).lower() == "true"


def with_grid(ds: xr.Dataset, grid: Grid) -> xr.Dataset:
    """Put a grid's coordinates and text form on a dataset with dims ``lat`` and ``lon`` of its shape."""
    return ds.assign_coords(grid.coords()).assign_attrs(grid=grid.to_attr())


def _title(ds: xr.Dataset) -> str:
    return str(ds.attrs.get("title") or ds.attrs.get("product") or "dataset")
