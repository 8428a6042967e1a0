"""In-situ stations: ISMN downloads and plain CSV tables as one canonical station dataset.

The plain CSV format for your own stations is described in :mod:`vadose.products.station_csv`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from .. import schema
from ..errors import ConfigError
from ..periods import parse_period, parse_step
from .ismn_archive import Archive
from .ismn_flags import check_flags, flag_mask
from .ismn_index import build_index, index_stations, read_series
from .ismn_static import Static, describe_sensor, read_static
from .station_csv import is_station_csv, read_station_csv
from .station_select import Selection, Source

__all__ = ["VARIABLE_MAP", "index_stations", "open_stations"]


@dataclass(frozen=True)
class Target:
    """Canonical name of a station variable and how it gets there."""

    name: str
    offset: float = 0.0
    total: bool = False
    above_ground: bool = False


#: Variable of the provider -> canonical variable.
VARIABLE_MAP = {
    "soil_moisture": Target("sm"),
    "soil_temperature": Target("soil_temperature", offset=273.15),
    "surface_temperature": Target("surface_temperature", offset=273.15, above_ground=True),
    "air_temperature": Target("air_temperature", above_ground=True),
    "precipitation": Target("precipitation", total=True, above_ground=True),
    "snow_water_equivalent": Target("swe", above_ground=True),
}


def open_stations(
    path: str | os.PathLike,
    *,
    variable: str = "soil_moisture",
    depth: tuple[float, float] | None = (0.0, 0.05),
    flags: str | Iterable[str] | None = ("G",),
    step: str = "1D",
    local_hours: tuple[float, float] | None = None,
    min_count: int = 1,
    period: str | tuple | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    depth_tolerance: float = 2e-3,
    strict: bool = False,
) -> xr.Dataset:
    r"""Open station data as a canonical dataset of daily or hourly means.

    Parameters
    ----------
    path : path
        ISMN zip archive, the folder it was unpacked to, one ``.stm`` file, or a CSV table of your own stations;
        recognised by content.
    variable : {"soil_moisture", "soil_temperature", "surface_temperature", "air_temperature", "precipitation",
        "snow_water_equivalent"}
        What to read.
    depth : (float, float) or None
        Interval [m]; a sensor belongs to it when it lies inside as a whole. None takes all depths. Variables measured
        at or above the ground are taken at any height.
    flags : str, iterable of str or None
        ISMN flags accepted; a value with several flags needs all of them accepted. None accepts every value.
    step : {"1D", "1h"}
        Length of the means.
    local_hours : (float, float), optional
        Keep values whose local solar time [h] lies in this window, both ends included; ``(22, 2)`` spans midnight.
    min_count : int
        Fewest values for a mean.
    period : str or (start, stop), optional
        As in :func:`vadose.periods.parse_period`; a sensor without a record in it is left out and counted in the
        attribute ``sensors_outside_period``.
    bbox : (west, south, east, north), optional
        Keep the sensors inside [degrees].
    depth_tolerance : float
        Slack of ``depth`` [m].
    strict : bool
        Raise on the first unreadable line or file instead of warning.

    Returns
    -------
    xarray.Dataset
        dims (sensor, time). The variable (``sm`` [m3 m-3], ``soil_temperature`` and ``surface_temperature`` [K],
        ``air_temperature`` [degC], ``precipitation`` [mm per step], ``swe`` [kg m-2]; float32) and ``nobs``, the number
        of values behind each mean; per sensor ``n_read`` and where those values went (``n_kept``, ``n_duplicates``,
        ``n_dropped_period``, ``n_dropped_fill``, ``n_dropped_flag``, ``n_dropped_range``, ``n_dropped_hours``: they add
        up to ``n_read``) and ``n_bad_lines``. Coordinates per sensor: :data:`vadose.schema.STATION_COORDS`,
        ``porosity`` [m3 m-3], ``land_cover_cci``, ``file``.

    Raises
    ------
    InputFileError
        If nothing can be read from the path, or it lacks the variable, the depth, the box or the period; the message
        lists what is there.
    ConfigError
        If an argument cannot be used as given.

    Warns
    -----
    UserWarning
        Names the files and lines that could not be read; everything else is returned.

    Notes
    -----
    Choice: ``depth_tolerance`` is 2 mm, so that sensors at 2 and 4 inches (0.0508 and 0.1016 m: SCAN, SNOTEL, USCRN)
    count as 5 and 10 cm. Choice: without ``local_hours`` days are UTC; with them see
    :func:`vadose.products.station_means.bin_series`. Precipitation is summed over the values present: compare ``nobs``
    with the values expected, or raise ``min_count``. Sensors that replaced each other at one depth stay apart.

    Memory: 8 bytes per sensor and step, and one file at a time while reading; 3000 sensors over 20 years take 0.2 GB
    daily and 4 GB hourly.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> table = pathlib.Path(tempfile.mkdtemp()) / "own.csv"
    >>> _ = table.write_text(
    ...     "station,lat,lon,depth_from,depth_to,time,soil_moisture\n"
    ...     "Mill,47.0,15.0,0.0,0.05,2020-06-01T00:00,0.20\n"
    ...     "Mill,47.0,15.0,0.0,0.05,2020-06-01T12:00,0.30\n"
    ... )
    >>> ds = open_stations(table)
    >>> ds.sizes["sensor"], round(ds.sm.item(), 3), ds.nobs.item()
    (1, 0.25, 2)
    """
    from .station_dataset import build_dataset
    from .station_means import Rule, check_hours

    provider, target = _target(variable)
    spec = schema.VARIABLES[target.name]
    assert spec.valid_range is not None
    unit = parse_step(step)
    if unit not in ("day", "hour"):
        do = "Average the daily means with vadose.periods.composite."
        raise ConfigError("step", found=repr(step), needed="'1D' or '1h'", do=do)
    if min_count < 1:
        raise ConfigError("min_count", found=str(min_count), needed="a whole number from 1")
    names = check_flags(flags)
    span = parse_period(period)
    limits = None
    if span is not None:
        start, stop = (int(t.astype("datetime64[m]").astype("int64")) for t in span)
        limits = (start, stop)
    rule = Rule(
        name=target.name, step=unit, local_hours=check_hours(local_hours), min_count=min_count, mask=flag_mask(names),
        valid_range=spec.valid_range, offset=target.offset, period=limits, total=target.total,
    )  # fmt: skip
    layer = None if depth is None or target.above_ground else _check_depth(depth)
    chosen = Selection(provider, layer, depth_tolerance, bbox, strict)
    notes = {
        "flag_rule": "all values" if names is None else f"only {', '.join(names)}",
        "period": None if period is None else str(period),
    }
    if is_station_csv(path):
        index, records = read_station_csv(path, variable=provider)
        source = Source(str(path), "station CSV", index, lambda r: records[r.name], lambda r: Static())
        return build_dataset(source, chosen, rule, notes)
    with Archive(path) as archive:
        tables: dict[str | None, list[list[str]]] = {}

        def describe(row: pd.Series) -> Static:
            table = archive.static_of(row["file"])
            if table not in tables:
                tables[table] = read_static(archive, row["file"])
            return describe_sensor(tables[table], row["depth_from"], row["depth_to"])

        source = Source(str(path), "ISMN", build_index(archive), lambda r: read_series(archive, r), describe)
        return build_dataset(source, chosen, rule, notes)


def _target(variable: str) -> tuple[str, Target]:
    """Provider's name and target of a variable given by either name."""
    for provider, target in VARIABLE_MAP.items():
        if variable in (provider, target.name):
            return provider, target
    raise ConfigError("variable", found=repr(variable), needed=f"one of {list(VARIABLE_MAP)}")


def _check_depth(depth: tuple[float, float]) -> tuple[float, float]:
    try:
        low, high = (float(d) for d in depth)
    except (TypeError, ValueError) as err:
        raise ConfigError("depth", found=repr(depth), needed="two depths in m, such as (0, 0.05), or None") from err
    if not low <= high:
        raise ConfigError("depth", found=repr(depth), needed="the upper depth first, such as (0, 0.05)")
    if high > 20:
        raise ConfigError("depth", found=repr(depth), needed="depths in m", do="Divide centimetres by 100.")
    return low, high
