"""Anomalies from a 35-day window, and from a climatology, against pytesmo: ten years, daily and hourly."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from vadose.stats import windows

from .table import Row, best_of

POINTS = 20


def run() -> list[Row]:
    from pytesmo.time_series.anomaly import calc_anomaly, calc_climatology

    rng = np.random.default_rng(0)
    rows = []
    for name, step, count, goal in (("daily", "D", 3653, 5), ("hourly", "h", 87_672, 100)):
        time = pd.date_range("2010-01-01", periods=count, freq=step)
        values = 0.25 + 0.05 * rng.standard_normal((POINTS, count))
        values[rng.random(values.shape) < 0.1] = np.nan
        position = np.asarray((time - time[0]) / pd.Timedelta(1, "D"))
        peer_series = pd.Series(values[0], index=time).dropna()
        peer = best_of(lambda s=peer_series: calc_anomaly(s))
        ours = best_of(lambda v=values, p=position: windows.moving_anomaly(v, position=p)) / POINTS
        one = best_of(lambda v=values[0], p=position: windows.moving_anomaly(v, position=p))
        rows.append(
            Row(
                f"35-day anomaly, {name}, {POINTS} series",
                "series",
                ours,
                "pytesmo calc_anomaly",
                peer,
                goal,
                "10 % missing",
            )
        )
        rows.append(Row(f"35-day anomaly, {name}, 1 series", "series", one, "pytesmo calc_anomaly", peer))
    time = pd.date_range("2010-01-01", periods=3653)
    year_day = np.asarray(time.dayofyear)
    day = np.where(~time.is_leap_year & (year_day >= 60), year_day + 1, year_day)
    values = 0.25 + 0.05 * rng.standard_normal((POINTS, 3653))
    values[:, (day < 60) | (day > 330)] = np.nan  # frozen every winter
    series = pd.Series(values[0], index=time)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = best_of(lambda: calc_climatology(series.dropna(), moving_avg_clim=35))
    ours = best_of(lambda: windows.climatology(values, day)) / POINTS
    rows.append(Row("climatology, winters missing", "series", ours, "pytesmo calc_climatology", peer))
    return rows
