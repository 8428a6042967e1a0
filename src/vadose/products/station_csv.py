"""A plain CSV table of your own stations: one line per value.

::

    # units: m3 m-3
    station,lat,lon,depth_from,depth_to,time,soil_moisture,flag
    Hollow Farm,47.05,15.10,0.0,0.05,2020-06-01T00:00,0.231,G
    Hollow Farm,47.05,15.10,0.0,0.05,2020-06-01T01:00,0.230,G

Columns, in any order:

===================================  ==========================================================================
``station``                          name
``lat``, ``lon``                     degrees north and east; one position per sensor
``depth_from``, ``depth_to``         m below ground
``time``                             ISO 8601; UTC where no offset is given
a variable                           ``soil_moisture`` [m3 m-3], ``soil_temperature``, ``surface_temperature`` or
                                     ``air_temperature`` [degC], ``precipitation`` or ``snow_water_equivalent`` [mm];
                                     an empty cell, nan or -9999 is a missing value
``network``, ``instrument``          optional names
``elevation``                        optional, m
``flag``                             optional ISMN flags; without the column every value counts as G, with it an empty
                                     cell counts as U (not checked)
===================================  ==========================================================================

Lines starting with ``#`` are comments. ``# units: %`` says that soil moisture is in percent of volume; without it,
values whose median exceeds 1 are refused, because a unit is never guessed.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import InputFileError
from .ismn_flags import BITS, text_bits
from .ismn_header import VARIABLES

if TYPE_CHECKING:
    from .ismn_lines import Series

REQUIRED = ("station", "lat", "lon", "depth_from", "depth_to", "time")
_NUMBERS = ("lat", "lon", "depth_from", "depth_to", "elevation")
_PERCENT = ("%", "percent", "vol%", "vol.%", "vol. %")
_SEE = "The format is described in vadose.products.station_csv."


def is_station_csv(path: str | os.PathLike) -> bool:
    """Whether a file is a text table rather than an ISMN file, by its first lines."""
    file = Path(path)
    if not file.is_file() or file.suffix.lower() == ".stm":
        return False
    with open(file, "rb") as handle:
        start = handle.read(4096)
    if start[:2] == b"PK" or b"\0" in start:
        return False
    lines = [la for la in start.decode("utf-8-sig", "replace").splitlines() if la.strip() and not la.startswith("#")]
    return file.suffix.lower() in (".csv", ".txt") or (bool(lines) and "," in lines[0])


def read_station_csv(path: str | os.PathLike, *, variable: str) -> tuple[pd.DataFrame, list[Series]]:
    """Read a table of stations.

    Parameters
    ----------
    path : path
        CSV file in the format of this module.
    variable : str
        Column to read, such as ``"soil_moisture"``.

    Returns
    -------
    index : pandas.DataFrame
        One row per sensor, columns as in :func:`vadose.products.ismn_index.index_stations`.
    records : list of Series
        The record of each row.

    Raises
    ------
    InputFileError
        If a column is missing, a time, number, position or depth cannot be right, or the unit is not as declared; the
        message names the first line at fault.
    """
    from .ismn_lines import Series

    table, units = _read(path, variable)
    values = _percent(path, table[variable].to_numpy(), units) if variable == "soil_moisture" else table[variable]
    values = np.where(np.asarray(values, float) > -999.0, values, np.nan)
    minutes = _times(path, table)
    bits = text_bits(table["flag"]) if "flag" in table else np.full(len(table), 1 << BITS["G"], dtype="uint32")
    keys = ["network", "station", "depth_from", "depth_to", "instrument"]
    rows, records = [], []
    for key, group in table.groupby(keys, sort=True, dropna=False):
        for name in ("lat", "lon", "elevation"):
            if group[name].nunique() > 1:
                at = int(np.flatnonzero(group[name].to_numpy() != group[name].iloc[0])[0])
                where = f"{path}, line {group['line'].iloc[at]}: {name}"
                found = f"{group[name].iloc[at]:g} after {group[name].iloc[0]:g} for the same sensor"
                do = "Give other sensors another name."
                raise InputFileError(where, found=found, needed="one position per sensor", do=do)
        at = group.index.to_numpy()
        first = group.iloc[0]
        times = minutes[at].astype("datetime64[m]").astype("datetime64[s]")
        rows.append({
            **dict(zip(keys, key)), "variable": variable, "lat": first["lat"], "lon": first["lon"],
            "elevation": first["elevation"], "start": times.min(), "end": times.max(), "end_exact": True,
            "format": "csv", "file": Path(path).name, "problem": "",
        })  # fmt: skip
        records.append(Series(minutes[at], values[at], bits[at]))
    return pd.DataFrame(rows).rename(columns={"instrument": "sensor"}), records


def _read(path: str | os.PathLike, variable: str) -> tuple[pd.DataFrame, str]:
    """The table with numbers as numbers, a column ``line``, and the declared units."""
    try:
        text = Path(path).read_text("utf-8-sig")
    except UnicodeDecodeError as err:
        do = "Save the table as UTF-8."
        raise InputFileError(path, found=f"text that is not UTF-8 ({err})", needed="a UTF-8 CSV table", do=do) from err
    lines = text.splitlines()
    units = [la.partition(":")[2].strip() for la in lines if la.startswith("#") and "units:" in la]
    numbered = [(i, la) for i, la in enumerate(lines, 1) if la.strip() and not la.startswith("#")]
    if len(numbered) < 2:
        raise InputFileError(path, found="no data line", needed="a header and one line per value", do=_SEE)
    try:
        table = pd.read_csv(io.StringIO("\n".join(la for _, la in numbered)), dtype=str, keep_default_na=False,
                            skipinitialspace=True)  # fmt: skip
    except (pd.errors.ParserError, ValueError) as err:
        raise InputFileError(path, found=f"a table that cannot be read ({err})", needed="comma separated columns",
                             do=_SEE) from err  # fmt: skip
    table.columns = [str(c).strip().lower() for c in table.columns]
    if missing := [c for c in REQUIRED if c not in table]:
        raise InputFileError(path, found=f"the columns {list(table.columns)} without {missing}",
                             needed=f"{list(REQUIRED)} and a variable", do=_SEE)  # fmt: skip
    if variable not in table:
        there = [v for v in VARIABLES.values() if v in table]
        raise InputFileError(path, found=f"the variables {there}", needed=f"{variable!r}", do=_SEE)
    if not isinstance(table.index, pd.RangeIndex):
        raise InputFileError(path, found="lines with more columns than the header", needed="equal columns", do=_SEE)
    table["line"] = [i for i, _ in numbered[1:]]
    for name in ("network", "instrument"):
        table[name] = table[name].str.strip() if name in table else ""
    if "elevation" not in table:
        table["elevation"] = ""
    for name in (*_NUMBERS, variable):
        table[name] = _numbers(path, table, name, empty=name in ("elevation", variable))
    for name, low, high in (("lat", -90, 90), ("lon", -180, 180), ("depth_from", -10, 20), ("depth_to", -10, 20)):
        _refuse(path, table, name, ~table[name].between(low, high), f"a number within {low}..{high}")
    _refuse(path, table, "depth_to", table["depth_to"] < table["depth_from"], "depth_to not above depth_from")
    _refuse(path, table, "station", table["station"].str.strip() == "", "a name")
    return table, units[0] if units else ""


def _numbers(path: str | os.PathLike, table: pd.DataFrame, name: str, *, empty: bool) -> pd.Series:
    text = table[name].fillna("").str.strip()
    blank = text.str.lower().isin(["", "nan", "na"])
    out = pd.to_numeric(text.where(~blank, "nan"), errors="coerce").astype(float)
    _refuse(path, table, name, out.isna() & (~blank if empty else True), "a number")
    return out


def _times(path: str | os.PathLike, table: pd.DataFrame) -> np.ndarray:
    times = pd.to_datetime(table["time"].str.strip(), format="ISO8601", utc=True, errors="coerce")
    _refuse(path, table, "time", times.isna(), "ISO 8601 in UTC, such as 2020-06-01T13:00")
    return times.dt.tz_convert(None).to_numpy().astype("datetime64[m]").astype("int64")


def _percent(path: str | os.PathLike, values: np.ndarray, units: str) -> np.ndarray:
    """Soil moisture in m3 m-3, by the declared unit, which the values must not contradict."""
    known = values[np.isfinite(values) & (values > -999.0)]
    median = float(np.median(known)) if known.size else np.nan
    percent = units.lower() in _PERCENT
    if units and not percent and units not in ("m3 m-3", "m3/m3", "m^3 m^-3", "m³ m⁻³"):
        raise InputFileError(f"{path}: units", found=repr(units), needed="'m3 m-3' or '%'")
    if percent and median <= 1:
        do = "Remove '# units: %' if the values are m3 m-3."
        raise InputFileError(
            path, found=f"a median of {median:g} declared as percent", needed="a median above 1", do=do
        )
    if not percent and median > 1:
        do = "If the values are percent, add the line '# units: %' at the top."
        raise InputFileError(path, found=f"soil moisture with a median of {median:g}", needed="m3 m-3, 0 to 1", do=do)
    return values / 100 if percent else values


def _refuse(path: str | os.PathLike, table: pd.DataFrame, name: str, bad: pd.Series, needed: str) -> None:
    """Raise for the first line where ``bad`` is true."""
    if bad.any():
        row = table[bad].iloc[0]
        more = f" (and {int(bad.sum()) - 1} more)" if bad.sum() > 1 else ""
        found = repr(row[name]) if isinstance(row[name], str) else f"{row[name]:g}"
        raise InputFileError(f"{path}, line {row['line']}: {name}", found=found + more, needed=needed)
