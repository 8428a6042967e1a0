"""What stations of one or several libraries say of a record: one row for each, its gain and the error of its years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from . import dekads
from .anomalies import YEAR, valid_mean
from .inputs import FEWEST_COMMON, Inputs
from .interannual import at_dekads
from .simulate import Progress
from .station_gain import FEWEST_STATIONS, Gain, damping, gain_of, nodes_of, own_variance, pair_sums, year_nodes, yearly
from .station_level import Level, Places
from .station_years import Drift, year_differences
from .stations import FATES, Station, Stations, TooFewStations, explain, find, series


@dataclass
class Network:
    """Stations that may be used, library by library, and what became of each station."""

    every: Sequence[Inputs]
    settings: Stations
    chosen: list[list[Station]]
    fates: dict[Any, str]

    @classmethod
    def of(cls, every: Sequence[Inputs], settings: Stations) -> Network:
        """Look at the stations of several libraries; no series is read. A station in two of them counts once."""
        fates: dict[Any, str] = {}
        chosen: list[list[Station]] = []
        for inputs in every:
            full = inputs.plan.dataset(settings.dataset)
            there = full in inputs.library.names()
            part = find(inputs.dataset(full), inputs.grid, settings) if there else []
            chosen.append([s for s in part if s.fate == "" and fates.get(s.key) != ""])
            for s in part:
                if FATES.index(s.fate) <= FATES.index(fates.get(s.key, FATES[-1])):
                    fates[s.key] = s.fate
        return cls(every, settings, chosen, fates)

    def names(self) -> list[list[Any]]:
        """What tells one choice of stations from another."""
        return sorted([*s.key, len(s.sensors)] for part in self.chosen for s in part)

    def refuse(self) -> TooFewStations:
        """The error that says how many stations there are and why they do not suffice."""
        where = f"stations of {', '.join(i.library.url for i in self.every)}"
        if not self.fates:
            full = self.every[0].plan.dataset(self.settings.dataset)
            return TooFewStations(where, found=f"no dataset {full!r} with a station",
                                  needed=f"at least {FEWEST_STATIONS} stations",
                                  do="Write stations into the library, or name their dataset.")  # fmt: skip
        low, high = self.settings.depth
        return TooFewStations(where, found=f"{explain(self.fates)} that can be used",
                              needed=f"at least {FEWEST_STATIONS} with a sensor within {low:g}-{high:g} m and "
                              f"{FEWEST_COMMON} dekads in common with the record",
                              do="Widen `depth` or `share`, or give further libraries.")  # fmt: skip

    def rows(self, progress: Progress | None = None, *, years: bool = True) -> tuple[xr.Dataset, Gain]:
        """One row for each station that can be used, and the gain of the record's years (1 if years are to stay).

        Raises
        ------
        TooFewStations
            If there are fewer than three.
        """
        parts = []
        if sum(map(len, self.chosen)) < FEWEST_STATIONS:
            raise self.refuse()
        for i, (inputs, part) in enumerate(zip(self.every, self.chosen)):
            if progress:
                progress("reading at the stations", i, len(self.every))
            if part:
                seen = read(inputs, part, inputs.plan.dataset(self.settings.dataset))
                enough = seen.common >= FEWEST_COMMON
                self.fates |= {s.key: FATES[1] for s, e in zip(part, enough) if not e}
                parts.append(seen.only(np.flatnonzero(enough)))
        if sum(len(p.stations) for p in parts) < FEWEST_STATIONS:
            raise self.refuse()
        found = years_gain(parts, self.settings) if years else Gain()
        return table(parts, found, self.settings, drift=years), found


@dataclass(frozen=True)
class Seen:
    """Stations and what lies in their cells, shape (time, stations) [m3 m-3].

    ``damped``, shape (stations,), is what :func:`vadose.fusion.station_gain.damping` says of the record there.
    """

    stations: list[Station]
    numbers: np.ndarray
    measured: np.ndarray
    record: np.ndarray
    damped: np.ndarray

    @property
    def common(self) -> np.ndarray:
        """Dekads that station and record have; shape (stations,)."""
        return (np.isfinite(self.measured) & np.isfinite(self.record)).sum(axis=0)

    def only(self, at: np.ndarray) -> Seen:
        """Some of the stations."""
        return Seen([self.stations[i] for i in at], self.numbers, self.measured[:, at], self.record[:, at],
                    self.damped[at])  # fmt: skip


def read(inputs: Inputs, stations: list[Station], full: str) -> Seen:
    """Stations, and the record in their cells, zone by zone."""
    zones = inputs.zones
    ds = inputs.dataset(inputs.name).transpose("time", "lat", "lon")
    numbers = dekads.ordinals(ds["time"].values)
    measured = series(inputs.dataset(full), stations, numbers)
    record, damped = np.full(measured.shape, np.nan), np.ones(len(stations))
    place = [(int(zones.row[s.row]), int(zones.col[s.col])) for s in stations]
    for zone in sorted(set(place)):
        mine = np.array([k for k, p in enumerate(place) if p == zone])
        rows, cols = zones.pixel_rows(zone[0], zone[0] + 1), zones.pixel_cols(zone[1], zone[1] + 1)
        where = [[getattr(stations[k], name) for k in mine] for name in ("row", "col")]
        at = np.searchsorted(rows, where[0]), np.searchsorted(cols, where[1])
        here = ds[["sm", "sm_uncertainty"]].isel(lat=rows, lon=cols).compute(scheduler="synchronous")
        record[:, mine], sigma = (here[v].values[:, *at].astype("float64") for v in here.data_vars)
        variance = own_variance(valid_mean(sigma**2), inputs.level_variance(rows, cols)[at])
        damped[mine] = damping(record[:, mine], variance, numbers)
    return Seen(stations, numbers, measured, record, damped)


def years_gain(parts: Sequence[Seen], settings: Stations) -> Gain:
    """Gain of the record's years beyond what noise damps, from all pairs of stations."""
    years = _years(parts)
    both: list[list[np.ndarray]] = [[], []]
    for p in parts:
        common = np.isfinite(p.measured) & np.isfinite(p.record)
        for out, x in zip(both, (with_years(p.record, p.numbers, p.damped), p.measured)):
            out.append(_among(years, yearly(np.where(common, x, np.nan), p.numbers), p.numbers))
    return gain_of(pair_sums(*(np.hstack(x) for x in both)), *_places(parts), spread=settings.gain_spread)


def table(parts: Sequence[Seen], gain: Gain, settings: Stations, *, drift: bool = True) -> xr.Dataset:
    """Rows of stations: what they differ from the record by, and what the others predict of it.

    Differences year by year are from the record with its years as the gain says, the mean difference is from that
    record with the error of its years taken away too; without ``drift`` there are none by year.
    """
    every = [s for p in parts for s in p.stations]
    lat, lon = _places(parts)
    sm = {"units": "m3 m-3"}
    coords = {"network": ("site", np.array([s.network for s in every], dtype=str)),
              "station": ("site", np.array([s.name for s in every], dtype=str)),
              "station_lat": ("site", lat, {"units": "degrees_north"}),
              "station_lon": ("site", lon, {"units": "degrees_east"})}  # fmt: skip
    out = xr.Dataset(coords=coords)
    records = [with_years(p.record, p.numbers, gain.of_years(p.damped)) for p in parts]
    if drift:
        years = _years(parts)
        apart = [_among(years, year_differences(p.measured, r, p.numbers), p.numbers) for p, r in zip(parts, records)]
        fit = Drift.fit(lat, lon, years, np.hstack(apart), settings)
        words = {"drift_seen": "station less record, year by year",
                 "drift_predicted": "the same as the other stations predict it"}  # fmt: skip
        for (name, text), values in zip(words.items(), (np.hstack(apart), fit.predicted())):
            out[name] = ("seen_year", "site"), values, sm | {"long_name": text}
        out = out.assign_coords(seen_year=years)
        records = [r + at_dekads(drift_nodes(fit, *_places([p]), p.numbers)[0], np.unique(p.numbers // YEAR), p.numbers)
                   for p, r in zip(parts, records)]  # fmt: skip
    places = Places(lat, lon, np.concatenate([valid_mean(p.record) for p in parts]))
    d = np.concatenate([valid_mean(p.measured - r) for p, r in zip(parts, records)])
    predicted, sd = Level.fit(places, d, settings).left_out(d)
    common = np.concatenate([p.common for p in parts])
    data = {
        "n": (common, {"units": "1", "long_name": "dekads in common with the record"}),
        "mean": (places.mean, sm | {"long_name": "mean of the record in the station's cell"}),
        "difference": (d, sm | {"long_name": "mean of station less record"}),
        "predicted": (predicted, sm | {"long_name": "difference as the other stations predict it"}),
        "predicted_sd": (sd, sm | {"long_name": "standard deviation of the error of that prediction"}),
    }
    return out.assign({k: ("site", v, a) for k, (v, a) in data.items()})


def _years(parts: Sequence[Seen]) -> np.ndarray:
    return np.unique(np.concatenate([p.numbers // YEAR for p in parts]))


def _places(parts: Sequence[Seen]) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of all stations."""
    every = [s for p in parts for s in p.stations]
    return np.array([s.lat for s in every]), np.array([s.lon for s in every])


def _among(years: np.ndarray, values: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Values of the years of some dekads, shape (years of them, stations), among all years; NaN in the others."""
    out = np.full((years.size, values.shape[1]), np.nan)
    out[np.searchsorted(years, np.unique(numbers // YEAR))] = values
    return out


def with_years(record: np.ndarray, numbers: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """A record whose differences between years are 1/gain (cells) times as large; shape (time, cells)."""
    return record + (1 / gain - 1) * at_dekads(year_nodes(record, numbers), np.unique(numbers // YEAR), numbers)


def drift_nodes(drift: Drift, lat: np.ndarray, lon: np.ndarray,
                numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Error of a record's years as a course, nodes at the middles of the years of some dekads; (years, places).

    Before and after the years of the stations it is held. Beside it the variance that goes with it, shape (places,).
    """
    at = np.searchsorted(drift.years, np.unique(numbers // YEAR))
    error, taken = drift.at(lat, lon)
    return nodes_of(error[np.minimum(at, drift.years.size - 1)], numbers), taken


def level_of(rows: xr.Dataset, settings: Stations) -> Level:
    """The level that rows of stations show."""
    places = Places(*(rows[k].values.astype("float64") for k in ("station_lat", "station_lon", "mean")))
    return Level.fit(places, rows["difference"].values, settings)


def drift_of(rows: xr.Dataset, settings: Stations) -> Drift:
    """The error of the record's years that rows of stations show."""
    lat, lon = (rows[k].values.astype("float64") for k in ("station_lat", "station_lon"))
    seen = rows["drift_seen"].transpose("seen_year", "site")
    return Drift.fit(lat, lon, seen["seen_year"].values, seen.values.astype("float64"), settings)


#: What rows of stations differ from a record by -> the same as the other stations predict it.
PREDICTED = {"difference": "predicted", "drift_seen": "drift_predicted"}


def rms_left(rows: xr.Dataset, name: str) -> tuple[float, float]:
    """Root mean square of what stations differ by, and of what is left when the others' prediction is taken away.

    Parameters
    ----------
    rows : Dataset
        From :func:`table`, or a calibration.
    name : {"difference", "drift_seen"}
        Mean over time, or year by year.

    Returns
    -------
    tuple of float
        Both [m3 m-3]; NaN where no station has any.

    Examples
    --------
    >>> rows = xr.Dataset({"difference": ("site", [0.03, -0.03]), "predicted": ("site", [0.01, -0.01])})
    >>> [round(x, 6) for x in rms_left(rows, "difference")]
    [0.03, 0.02]
    """
    before, after = (float((x**2).mean() ** 0.5) for x in (rows[name], rows[name] - rows[PREDICTED[name]]))
    return before, after
