"""The time axis as slots of the year: days, dekads or months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods
from ..errors import ConfigError, SchemaError
from .years import year_axis

#: Steps in which drought is told, with their slots in a year and mean length [d].
STEPS = {"day": (366, 1.0), "dekad": (36, 365.2425 / 36), "month": (12, 365.2425 / 12)}


@dataclass(frozen=True)
class SlotAxis:
    """Times by year and slot.

    Attributes
    ----------
    step : str
        ``"day"``, ``"dekad"`` or ``"month"``.
    slot, year : ndarray of int, shape (time,)
        Slot of the year from 0, and year. The calendar of days has 366; 1 March is always slot 60.
    position : ndarray of int, shape (time,)
        Steps since the first time; a step that is missing leaves a gap.
    period : str
        First and last day.
    """

    step: str
    slot: np.ndarray
    year: np.ndarray
    position: np.ndarray
    period: str

    @property
    def slots(self) -> int:
        """Slots of a year."""
        return STEPS[self.step][0]

    @property
    def days(self) -> float:
        """Mean length of a step [d]."""
        return STEPS[self.step][1]

    def steps_of(self, days: float, name: str) -> int:
        """Whole steps in a number of days, at least 1, rounded.

        Raises
        ------
        ConfigError
            If the number is not positive.
        """
        if not days > 0:
            raise ConfigError(name, found=f"{days}", needed="days above 0")
        return max(1, round(days / self.days))


def slot_axis(da: xr.DataArray, dim: str = "time") -> SlotAxis:
    """Read the time axis of daily, dekadal or monthly values.

    Parameters
    ----------
    da : xarray.DataArray
        With datetime64 along ``dim``, one value a step at most.
    dim : str
        Name of the dimension.

    Raises
    ------
    SchemaError
        If there is no such axis, it is chunked, does not rise, or is neither daily, dekadal nor monthly.

    Examples
    --------
    >>> da = xr.DataArray([1.0, 2.0], dims="time", coords={"time": pd.to_datetime(["2001-03-01", "2004-03-01"])})
    >>> slot_axis(da.isel(time=[0])).slot.tolist(), slot_axis(da.assign_coords(
    ...     time=pd.to_datetime(["2004-02-28", "2004-03-01"]))).slot.tolist()
    ([60], [58, 60])
    """
    axis = year_axis(da, dim)
    where = f"{da.name or 'array'}: {dim}"
    if da[dim].dtype.kind != "M":
        raise SchemaError(where, found="years", needed="daily, dekadal or monthly times")
    t = pd.DatetimeIndex(da[dim].values)
    year = t.year.to_numpy().astype(np.int64)
    if axis.regular and axis.per_year in (12, 36) and len(t) > 1:
        step = "month" if axis.per_year == 12 else "dekad"
        slot = t.month.to_numpy() - 1 if step == "month" else periods.dekad_of_year(t) - 1
        position = np.round(axis.time).astype(np.int64)
        return SlotAxis(step, slot.astype(np.int64), year, position, axis.period)
    days = t.normalize()
    if (np.diff(days.to_numpy()) <= np.timedelta64(0)).any() or (axis.regular and len(t) > 1):
        found = "annual times" if axis.regular else "several values a day"
        raise SchemaError(where, found=found, needed="daily, dekadal or monthly times",
                          do="Average with vadose.periods.composite.")  # fmt: skip
    leap = t.is_leap_year
    slot = t.day_of_year.to_numpy() - 1 + ((t.month.to_numpy() > 2) & ~leap)
    number = days.to_numpy().astype("datetime64[D]").astype(np.int64)
    return SlotAxis("day", slot.astype(np.int64), year, number - number[:1].sum(), axis.period)
