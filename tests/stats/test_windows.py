"""Windows, climatologies and filters against naive loops and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import VadoseError
from vadose.stats import windows

RNG = np.random.default_rng(11)


def naive(values, position, window, min_obs):
    out = np.full(len(values), np.nan)
    for i, t in enumerate(position):
        inside = values[(np.abs(position - t) <= window / 2 + 1e-7) & ~np.isnan(values)]
        if inside.size >= min_obs and not np.isnan(values[i]):
            out[i] = values[i] - inside.mean()
    return out


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 80), st.integers(0, 10**6), st.sampled_from([1.0, 3.0, 7.5, 35.0]), st.integers(1, 4))
def test_moving_anomaly_equals_a_naive_loop(n, seed, window, min_obs):
    rng = np.random.default_rng(seed)
    position = np.sort(rng.choice([0.25, 1.0, 3.3]) * rng.integers(0, 60, n))
    values = np.where(rng.random(n) < 0.3, np.nan, rng.normal(300.0, 0.01, n))
    got = windows.moving_anomaly(values, position=position, window=window, min_obs=min_obs)
    np.testing.assert_allclose(got, naive(values, position, window, min_obs), atol=1e-11)


def test_window_ends_are_inside():
    values = np.zeros(36)
    values[0], values[35] = 36.0, 36.0
    got = windows.moving_mean(values, window=35.0)
    assert got[17] == pytest.approx(36.0 / 35.0)  # days 0..34
    hourly = np.zeros(24 * 36)
    hourly[0] = 1.0
    mean = windows.moving_mean(hourly, position=np.arange(24 * 36) / 24.0, window=35.0)
    assert mean[420] == pytest.approx(1.0 / 841.0)  # 17.5 d = 420 h on either side, the first hour just inside
    assert abs(mean[421]) < 1e-12


def test_precision_far_from_zero_over_a_long_record():
    values = 1e6 + np.sin(np.arange(90_000) / 50.0)
    got = windows.moving_anomaly(values, position=np.arange(90_000) / 24.0)
    expected = values[45_000] - np.mean(values[45_000 - 420 : 45_000 + 421])
    assert got[45_000] == pytest.approx(expected, abs=2e-9)


def test_anomaly_of_a_shifted_series_is_the_same():
    values = RNG.normal(size=(3, 200))
    np.testing.assert_allclose(windows.moving_anomaly(values + 5.0), windows.moving_anomaly(values), atol=1e-13)


def test_rows_and_shapes():
    values = RNG.normal(size=(2, 3, 50)).astype(np.float32)
    got = windows.moving_anomaly(values)
    assert got.shape == values.shape and got.dtype == np.float64
    np.testing.assert_array_equal(got[1, 2], windows.moving_anomaly(values[1, 2]))
    assert np.isnan(windows.moving_anomaly(np.full(5, np.nan))).all()


def days_of_years(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Calendar day on which 1 March is always 61, and year, for every day of the years."""
    time = np.arange(f"{first}-01-01", f"{last + 1}-01-01", dtype="datetime64[D]")
    year = time.astype("datetime64[Y]")
    day = (time - year).astype(int) + 1
    number = year.astype(int) + 1970
    common = ~((number % 4 == 0) & ((number % 100 != 0) | (number % 400 == 0)))
    return np.where(common & (day >= 60), day + 1, day), number


def test_climatology_has_no_leap_year_shift():
    day, _ = days_of_years(2001, 2012)
    step = (day >= 61).astype(float)  # jumps on 1 March of every year
    clim = windows.climatology(step, day, before=1.0, after=1)
    assert clim.shape == (366,)
    np.testing.assert_allclose(clim[:60], 0.0, atol=1e-12)
    np.testing.assert_allclose(clim[60:], 1.0, atol=1e-12)
    np.testing.assert_allclose(windows.climatology_anomaly(step, day, climatology=clim), 0.0, atol=1e-12)


def test_climatology_recovers_a_smooth_season():
    day, _ = days_of_years(2001, 2010)
    season = np.cos(2 * np.pi * (np.arange(1, 367) - 20) / 366.0)
    clim = windows.climatology(season[day - 1] + RNG.normal(0, 0.1, day.size), day)
    damped = np.sin(35 * np.pi / 366) / (35 * np.sin(np.pi / 366))
    np.testing.assert_allclose(clim, damped * season, atol=0.06)


def test_climatology_is_circular_and_leaves_far_gaps():
    values = np.where(np.arange(1, 367) == 1, 5.0, np.nan)
    clim = windows.climatology(values, np.arange(1, 367))
    assert clim[366 - 17] == 5.0 and clim[17] == 5.0
    assert np.isnan(clim[18]) and np.isnan(clim[366 - 18])


def test_dekad_anomaly_by_hand():
    dekad, year = np.tile(np.arange(1, 37), 4), np.repeat(np.arange(2000, 2004), 36)
    values = dekad + 10.0 * (year - 2000)
    got = windows.dekad_climatology_anomaly(values, dekad, year)
    np.testing.assert_allclose(got, 10.0 * (year - 2000) - 15.0, atol=1e-12)
    two = np.where(year < 2002, values, np.nan)
    assert np.isnan(windows.dekad_climatology_anomaly(two, dekad, year)).all()
    assert np.isfinite(windows.dekad_climatology_anomaly(two, dekad, year, min_years=2)[:72]).all()


def test_exponential_filter_equals_its_definition():
    position = np.sort(RNG.random(60) * 100)
    values = RNG.random(60)
    got = windows.exponential_filter(values, position=position, t_value=12.0)
    for i in (0, 1, 30, 59):
        weight = np.exp(-(position[i] - position[: i + 1]) / 12.0)
        assert got[i] == pytest.approx(np.sum(weight * values[: i + 1]) / weight.sum(), rel=1e-12)


def test_exponential_filter_passes_over_gaps():
    values, position = RNG.random(30), np.arange(30.0)
    gap = values.copy()
    gap[[0, 7, 8, 29]] = np.nan
    keep = ~np.isnan(gap)
    got = windows.exponential_filter(gap, position=position, t_value=5.0)
    assert np.isnan(got[~keep]).all()
    np.testing.assert_allclose(got[keep], windows.exponential_filter(gap[keep], position=position[keep], t_value=5.0))


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: windows.moving_anomaly(np.zeros(3), window=0.0), "window"),
        (lambda: windows.moving_anomaly(np.zeros(3), position=[2, 1, 0]), "position"),
        (lambda: windows.moving_anomaly(np.zeros(3), position=[2, 1]), "position"),
        (lambda: windows.climatology(np.zeros(3), [0, 1, 2]), "day_of_year"),
        (lambda: windows.climatology(np.zeros(3), [1, 2]), "day_of_year"),
        (lambda: windows.climatology(np.zeros(3), [1, 2, 3], after=4), "after"),
        (lambda: windows.climatology_anomaly(np.zeros(1), [1], climatology=np.zeros(365)), "climatology"),
        (lambda: windows.dekad_climatology_anomaly(np.zeros(1), [37], [2000]), "dekad"),
        (lambda: windows.exponential_filter(np.zeros(1), t_value=0.0), "t_value"),
    ],
)
def test_bad_input_is_named(call, names):
    with pytest.raises(VadoseError, match=names):
        call()
