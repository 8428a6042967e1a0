"""Which stations calibrate a record, and their series at its dekads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pydantic
import xarray as xr
from pydantic import Field

from .. import periods, schema
from ..errors import ConfigError, SchemaError
from ..matchup.match import LEAST_SHARE
from . import dekads
from .anomalies import valid_mean

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]

#: Why a station is not used, from the last thing that is looked at to the first; "" where it is.
FATES = ("", "too few dekads in common with the record", "not among the drawn", "outside the grid",
         "no sensor within the depths")  # fmt: skip


class TooFewStations(ConfigError):
    """Stations that do not suffice to calibrate a record."""


class Stations(pydantic.BaseModel):
    """Stations that calibrate a record, and the model of its errors.

    Attributes
    ----------
    dataset : str
        Canonical stations of the library; the plan's prefix stands before it.
    depth : tuple of float
        Depths [m] that hold a sensor.
    share : float
        Part of the stations that is used [1]. Each is drawn by itself, by a hash of network, name and seed, so that
        further stations change nothing for those that are there; the rest stays independent of the record.
    seed : int
        Another draw.
    common : float
        Standard deviation of the level error that all the Earth shares [m3 m-3].
    near, reach : float
        Standard deviation of the level error that neighbours share [m3 m-3], and the distance over which it falls to
        1/e [km].
    slope : float
        Standard deviation of the level error for each m3 m-3 by which the record's mean differs from 0.25 [1].
    representativeness : float
        Standard deviation of a station's mean about that of its cell [m3 m-3].
    gain_spread : float
        Prior standard deviation of the logarithm of the gain of the record's years beyond what noise damps [1].
    drift_trend, drift_year : float
        Standard deviation of the error that neighbours share of a trend [m3 m-3 yr-1] and of a single year [m3 m-3],
        once the gain is right; 0 leaves trends, or years about them, as they are.
    drift_reach : float
        Distance over which that falls to 1/e [km].
    drift_noise : float
        Standard deviation of a station's yearly mean about that of its cell [m3 m-3].

    Notes
    -----
    Choice: all sizes. ``common`` 0.02: products differ by 0.01 to 0.05 in their mean level over all stations (Chan et
    al. 2018, doi:10.1016/j.rse.2017.08.025, table 7), and the mean of three shares most of its error. ``near`` 0.015
    and ``reach`` 300 km: what is left after it is of soils and climates, which change over some hundred kilometres.
    ``slope`` 0.2: retrievals of too little or too much response turn about their middle, so that they are too wet where
    it is dry or the reverse; 0.2 is a gain off by 20 %. ``representativeness`` 0.06: the mean RMSE of SMAP_E against
    stations is 0.074 and its mean ubRMSE 0.043 (Chen et al. 2021, doi:10.5194/essd-13-1-2021, table 3); sqrt(0.074² −
    0.043²) = 0.06 is mostly the stations' own level. ``gain_spread`` 0.2: beyond what noise damps, boxes of simulated
    Earths scatter by 0.16 about a gain near 1, so that few stations are not to say much else. ``drift_trend``,
    ``drift_year`` and ``drift_noise`` are where pairs of stations begin from, which then say how large they are
    (:func:`vadose.fusion.station_years.shared_and_noise`); ``drift_reach`` 100 km: 60 to 300 km do as well.

    Examples
    --------
    >>> Stations(share=0.5).dataset
    'stations'
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    dataset: str = "stations"
    depth: tuple[NotNegative, NotNegative] = (0.0, 0.05)
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: Annotated[int, Field(ge=0)] = 0
    common: NotNegative = 0.02
    near: NotNegative = 0.015
    reach: Positive = 300.0
    slope: NotNegative = 0.2
    representativeness: Positive = 0.06
    gain_spread: NotNegative = 0.2
    drift_trend: NotNegative = 0.0005
    drift_year: NotNegative = 0.006
    drift_reach: Positive = 100.0
    drift_noise: Positive = 0.009

    @pydantic.model_validator(mode="after")
    def _depths_in_order(self) -> Stations:
        if self.depth[0] > self.depth[1]:
            raise ValueError("`depth` needs the upper depth first")
        return self

    @classmethod
    def of(cls, raw: dict[str, Any], *, where: str = "stations") -> Stations:
        """Check settings given as a mapping; raises :class:`ConfigError` that lists every fault."""
        try:
            return cls.model_validate(raw)
        except pydantic.ValidationError as err:
            needed = "entries as vadose.fusion.Stations knows them"
            raise ConfigError.of_faults(where, err.errors(), needed=needed) from err


def is_drawn(network: str, station: str, *, share: float, seed: int) -> bool:
    """Whether a station is among the share that is used.

    Examples
    --------
    >>> [is_drawn("N", s, share=0.5, seed=0) for s in "ABCD"], is_drawn("N", "A", share=1.0, seed=0)
    ([False, False, True, True], True)
    """
    text = f"{seed}\n{network}\n{station}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") < share * 2**64


@dataclass(frozen=True)
class Station:
    """A station: its sensors in the dataset, the cell that holds it, and why it is not used."""

    network: str
    name: str
    lat: float
    lon: float
    row: int
    col: int
    sensors: tuple[int, ...]
    fate: str = ""

    @property
    def key(self) -> tuple[str, str, float, float]:
        """What tells stations apart, also those of one name."""
        return self.network, self.name, round(self.lat, 5), round(self.lon, 5)


def find(stations: xr.Dataset, grid: Any, settings: Stations) -> list[Station]:
    """Every station of a dataset with the sensors that lie within the depths, in the order of their names.

    Raises
    ------
    SchemaError
        If the dataset is not of stations.
    """
    schema.check(stations, "stations")
    within = schema.within_depth(stations, settings.depth)
    lat, lon = (stations[k].values.astype(float) for k in ("lat", "lon"))
    row, col = grid.nearest(np.where(np.isfinite(lat), lat, 999.0), np.where(np.isfinite(lon), lon, 0.0))
    row = np.where(np.isfinite(lat) & np.isfinite(lon), row, -1)
    groups: dict[tuple[str, str, float, float], list[int]] = {}
    for i, pair in enumerate(zip(stations["network"].values.astype(str), stations["station"].values.astype(str))):
        groups.setdefault((*pair, round(lat[i], 5), round(lon[i], 5)), []).append(i)
    out = []
    for (network, name, _, _), sensors in sorted(groups.items()):
        used = tuple(i for i in sensors if within[i])
        first = sensors[0]
        if not used:
            fate = FATES[4]
        elif row[first] < 0:
            fate = FATES[3]
        elif not is_drawn(network, name, share=settings.share, seed=settings.seed):
            fate = FATES[2]
        else:
            fate = ""
        out.append(Station(network, name, float(lat[first]), float(lon[first]), int(row[first]), int(col[first]),
                           used, fate))  # fmt: skip
    return out


def series(stations: xr.Dataset, chosen: list[Station], numbers: np.ndarray) -> np.ndarray:
    """Mean over each station's sensors at dekads [m3 m-3]; shape (time, stations), NaN where there is none.

    Raises
    ------
    SchemaError
        If the stations' step is neither hours, days nor dekads.
    """
    every = sorted({i for s in chosen for i in s.sensors})
    da = _at_dekads(stations["sm"].isel(sensor=every), str(stations.attrs.get("step", "day")))
    values = np.asarray(da.transpose("sensor", "time").values, "float64")
    have = dekads.ordinals(da["time"].values)
    there = np.isin(numbers, have)
    at = np.searchsorted(have, numbers[there])
    out = np.full((numbers.size, len(chosen)), np.nan)
    for k, one in enumerate(chosen):
        out[there, k] = valid_mean(values[np.searchsorted(every, one.sensors)])[at]
    return out


def _at_dekads(sm: xr.DataArray, step: str) -> xr.DataArray:
    """Means over dekads of which enough hours or days are there, as where stations judge a record."""
    if step == "dekad":
        return sm
    if step not in ("day", "hour"):
        raise SchemaError("stations", found=f"step {step!r}", needed="hours, days or dekads")
    means = periods.composite(sm.drop_vars([c for c in sm.coords if c != "time"], errors="ignore"), "dekad")
    length = np.diff(means["time_bnds"].values, axis=1)[:, 0] / np.timedelta64(1, "D" if step == "day" else "h")
    return means["mean"].where(means["nobs"] >= LEAST_SHARE * xr.DataArray(length.astype(float), dims="time"))


def explain(fates: dict[Any, str]) -> str:
    """How many stations there are, and how many were lost for what.

    Examples
    --------
    >>> explain({"a": "", "b": FATES[3], "c": FATES[3]})
    '1 of 3 stations (2 outside the grid)'
    """
    lost = [f"{n} {why}" for why in FATES[:0:-1] if (n := sum(f == why for f in fates.values()))]
    used = sum(f == "" for f in fates.values())
    return f"{used} of {len(fates)} stations" + (f" ({', '.join(lost)})" if lost else "")
