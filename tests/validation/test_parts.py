"""One scoring path: the whole, parts of time, anomalies."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import validation
from vadose.errors import ConfigError
from vadose.schema import STATUS

RNG = np.random.default_rng(5)
TIME = pd.date_range("2014-01-01", "2018-12-31")
UNIT = {"units": "m3 m-3"}


def pairs(estimate, reference, time=TIME):
    estimate, reference = np.atleast_2d(estimate), np.atleast_2d(reference)
    sides = {"estimate": (("cell", "time"), estimate, UNIT), "reference": (("cell", "time"), reference, UNIT)}
    return xr.Dataset(sides, {"time": time})


@pytest.fixture(scope="module")
def seasonal():
    """The seasons of both sides are opposite, their storms are the same."""
    season = 0.1 * np.sin(2 * np.pi * np.arange(TIME.size) / 365.25)
    storms = 0.03 * RNG.standard_normal((3, TIME.size))
    return pairs(0.3 + season + storms, 0.25 - season + storms)


def test_the_whole_and_the_parts_are_those_of_the_single_functions(seasonal):
    got = validation.score_parts(seasonal, by=["season", "year"])
    whole, seasons = validation.score(seasonal), validation.score_by_period(seasonal, by="season")
    for name in ("r", "bias", "ubrmse_upper", "status", "n"):
        assert np.array_equal(got[name].sel(subset="all"), whole[name])
        assert np.array_equal(got[name].sel(subset="JJA"), seasons[name].sel(subset="JJA"))
    assert got.subset.values.tolist() == ["all", "DJF", "MAM", "JJA", "SON", *map(str, range(2014, 2019))]
    assert got.n.dtype == "int64" and got.status.dtype == got.anomaly_status.dtype == "int8"


@pytest.mark.parametrize("method", ["window", "climatology", "dekad"])
def test_anomalies_see_the_storms_through_the_seasons(seasonal, method):
    got = validation.score_parts(seasonal, by=["season"], anomaly=[method])
    kind = next(v for v in got["values"].values if v != "soil moisture")
    whole = got.sel(subset=kind)
    assert (got.r.sel(subset="all") < 0).all() and (whole.r > 0.9).all()
    assert (whole.n == TIME.size).all() and whole.bias.isnull().all() and (whole.status == 0).all()
    summer = got.sel(subset=f"{kind} JJA")
    assert (summer.n == 5 * 92).all() and str(summer.part.values) == "JJA"


def test_anomalies_are_made_before_the_split_so_that_seasons_lose_no_edge(seasonal):
    made = validation.anomalies(seasonal, method="window")
    winter = made.isel(time=np.flatnonzero(TIME.month.isin([12, 1, 2])))
    alone = validation.anomalies(seasonal.isel(time=np.flatnonzero(TIME.month.isin([12, 1, 2]))), method="window")
    edge = pd.Timestamp("2015-12-01")
    assert abs(float(winter.estimate.sel(time=edge)[0] - alone.estimate.sel(time=edge)[0])) > 1e-4


def test_climatology_has_one_calendar_for_leap_and_common_years():
    march = np.where((TIME.month == 3) & (TIME.day == 1), 1.0, 0.0)
    made = validation.anomalies(pairs(march, march), method="climatology").estimate[0]
    firsts = made.values[march == 1]
    assert np.ptp(firsts) < 1e-12  # a calendar shifted by a day in leap years would tell them apart


def test_too_few_years_are_said_and_counted(seasonal):
    short = seasonal.isel(time=slice(0, 500))
    made = validation.anomalies(short, method="climatology", min_years=3)
    assert made.estimate.isnull().all() and (made.n_without_anomaly == 500).all()
    got = validation.score_parts(short, anomaly=["climatology"])
    assert (got.status.sel(subset="climatology anomalies") == STATUS["too_few_years"]).all()
    assert (got.status.sel(subset="all") == STATUS["ok"]).all()


def test_lazy_equals_eager(seasonal):
    options = {"by": ["season"], "anomaly": ["window", "dekad"], "ci": "neff"}
    eager = validation.score_parts(seasonal, **options)
    lazy = validation.score_parts(seasonal.chunk(cell=1), **options)
    assert lazy.r.chunks
    for name in ("r", "r_lower", "n", "status"):
        assert np.array_equal(lazy[name], eager[name], equal_nan=True)


def test_intervals_of_anomalies_by_season_are_of_their_own_memory():
    """35-day anomalies of AR(1) noise: p < 0.05 in about 5 % of cells, in every season too."""
    from scipy import signal, stats

    def noise():
        white = RNG.standard_normal((300, TIME.size))
        return signal.lfilter([1.0], [1.0, -0.6], white, axis=-1)

    made = validation.anomalies(pairs(noise(), noise()), method="window")
    got = validation.score_by_period(made, by="season")
    for season in got.subset.values:
        false = int((got.p_value.sel(subset=season) < 0.05).sum())
        assert false <= stats.binom.ppf(1 - 1e-4, 300, 0.065), season


def test_unknown_kinds_are_refused(seasonal):
    with pytest.raises(ConfigError, match=r"anomalies.*monthly"):
        validation.anomalies(seasonal, method="monthly")
    with pytest.raises(ConfigError, match="by"):
        validation.score_parts(seasonal, by=["week"])
