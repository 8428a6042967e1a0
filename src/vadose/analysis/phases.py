"""The time axis as a circle: which part of the year has gone by, and which dekad or day that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods
from ..errors import SchemaError
from .years import YEAR, year_axis

#: Days gone by at the start of each dekad of a common year, and at its end.
DEKAD_STARTS = np.array([d for m in np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
                         for d in (m, m + 10, m + 20)] + [365])  # fmt: skip


@dataclass(frozen=True)
class PhaseAxis:
    """Times as phases.

    Attributes
    ----------
    phase : ndarray
        Part of the year gone by at the middle of each sample [1].
    year : ndarray of int
        Years gone by since the first time, see :func:`phase_axis`.
    kind : {"dekads", "calendar"}
        What the phase counts: 36 equal dekads, or days of the true year.
    place : ndarray
        Rising position: dekads, months, or days from the first sample.
    step : float
        Distance of neighbouring positions [d].
    per_year : int
        36, 12, or 1 for days and other times.
    period : str
        First and last day.
    """

    phase: np.ndarray
    year: np.ndarray
    kind: str
    place: np.ndarray
    step: float
    per_year: int
    period: str


def phase_axis(da: xr.DataArray, dim: str = "time") -> PhaseAxis:
    """Read the time axis of an array as phases of the year.

    Raises
    ------
    SchemaError
        If the axis is missing, chunked, annual, no datetime64, or does not rise.

    Notes
    -----
    Choice: stamps on the first days of dekads stand for whole dekads, 36 equal parts of a year as in METHODS 5.5;
    monthly stamps for the middle of their month, midnights for the middle of their day, both on the true calendar;
    other stamps are instants. Choice: the second year begins 1.1 years after the first time and the others each a year
    later, so that twelve months from August to August are one year.

    Examples
    --------
    >>> t = pd.to_datetime(["2001-01-01", "2001-01-11", "2001-07-01"])
    >>> got = phase_axis(xr.DataArray(np.zeros(3), dims="time", coords={"time": t}))
    >>> (36 * got.phase).round(6).tolist(), got.kind
    ([0.5, 1.5, 18.5], 'dekads')
    """
    axis = year_axis(da, dim)
    where = f"{da.name or 'array'}: {dim}"
    if da[dim].dtype.kind != "M":
        raise SchemaError(where, found="years", needed="datetime64 within the year",
                          do="A yearly cycle needs dekadal, monthly or daily values.")  # fmt: skip
    t = pd.DatetimeIndex(da[dim].values)
    if axis.regular and axis.per_year == 1 and len(t) > 1:
        raise SchemaError(where, found="one value a year", needed="dekadal, monthly or daily values")
    gone = np.asarray((t - t[0]) / pd.Timedelta(YEAR, "D"), dtype=float) if len(t) else np.zeros(0)
    year = np.maximum(np.floor(gone - 0.1), 0).astype(np.int64)
    if axis.per_year == 36:
        return PhaseAxis((periods.dekad_of_year(t) - 0.5) / 36, year, "dekads", np.rint(axis.time).astype(np.int64),
                         YEAR / 36, 36, axis.period)  # fmt: skip
    if axis.regular:
        start = periods.start_of(t, "month")
        middle = start + (periods.next_start(start, "month") - start) / 2
        return PhaseAxis(_phase(middle), year, "calendar", np.rint(axis.time).astype(np.int64), YEAR / 12, 12,
                         axis.period)  # fmt: skip
    daily = bool((t == t.normalize()).all())
    middle = t + pd.Timedelta(12, "h") if daily else t
    days = np.asarray((t - t[0]) / pd.Timedelta(1, "D"), dtype=float) if len(t) else np.zeros(0)
    return PhaseAxis(_phase(middle), year, "calendar", np.rint(days).astype(np.int64) if daily else days, 1.0, 1,
                     axis.period)  # fmt: skip


def _phase(t: pd.DatetimeIndex) -> np.ndarray:
    start = pd.DatetimeIndex(t.to_numpy().astype("datetime64[Y]"))
    end = pd.DatetimeIndex(start.to_numpy().astype("datetime64[Y]") + np.timedelta64(1, "Y"))
    # rounded, so that a day has one phase in all years of a length
    return np.asarray((t - start) / (end - start), dtype=float).round(12) % 1.0


def to_dekad(phase, kind: str):
    """Dekad of the year of a phase: whole in the middle of a dekad, 0.5 at New Year.

    Examples
    --------
    >>> float(to_dekad(0.5 / 36, "dekads")), float(to_dekad(31 / 365, "calendar"))
    (1.0, 3.5)
    """
    turn = np.asarray(phase, dtype=float)
    gone = 36 * turn if kind == "dekads" else np.interp(365 * turn, DEKAD_STARTS, np.arange(37.0))
    return gone + 0.5


def to_day(phase, kind: str):
    """Day of a common year of a phase: whole at noon, 1 is 1 January.

    Examples
    --------
    >>> float(to_day(0.5 / 365, "calendar")), float(to_day(3 / 36, "dekads"))
    (1.0, 31.5)
    """
    turn = np.asarray(phase, dtype=float)
    return (np.interp(36 * turn, np.arange(37.0), DEKAD_STARTS) if kind == "dekads" else 365 * turn) + 0.5


def need_array(da: object, what: str, *, units: bool = True) -> str:
    """Raise SchemaError unless given an array with units; returns the unit."""
    if not isinstance(da, xr.DataArray):
        raise SchemaError(what, found=type(da).__name__, needed="a DataArray", do="Pick a variable: ds['sm'].")
    unit = str(da.attrs.get("units") or "")
    if units and not unit:
        raise SchemaError(str(da.name or what), found="no units", needed="a units attribute",
                          do="Set da.attrs['units'], e.g. 'm3 m-3'.")  # fmt: skip
    return unit
