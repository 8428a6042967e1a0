"""Errors of a record's years by kriging: closed forms, sizes that were drawn, and known truths."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.fusion import Stations, station_level
from vadose.fusion.interannual import at_dekads
from vadose.fusion.station_level import correlation
from vadose.fusion.station_rows import drift_nodes
from vadose.fusion.station_years import Drift, Shared, shared_and_noise, station_lines, year_differences

YEARS = np.arange(2003, 2019)
TIME = YEARS - YEARS.mean()
MODEL = Stations(drift_trend=0.0005, drift_year=0.006, drift_reach=100.0, drift_noise=0.009)


def clusters(n, *, each=6, seed=0):
    """Places in clusters of some tens of kilometres, as networks have them."""
    rng = np.random.default_rng(seed)
    lat, lon = (np.repeat(rng.uniform(a, b, n // each), each) for a, b in ((30, 50), (-10, 40)))
    return lat + rng.uniform(0, 0.8, n), lon + rng.uniform(0, 0.8, n)


def drawn(lat, lon, *, trend, year, reach=100.0, seed=0):
    """Errors of the course over years with the covariance that is modelled, less their mean; (years, places)."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(correlation(lat, lon, lat, lon, reach) + 1e-10 * np.eye(lat.size))
    single = year * root @ rng.standard_normal((lat.size, YEARS.size))
    single -= single.mean(axis=1, keepdims=True)
    single -= np.outer(single @ TIME, TIME) / (TIME**2).sum()  # the line is drawn by itself
    line = trend * root @ rng.standard_normal(lat.size)
    return np.outer(TIME, line) + single.T


@pytest.mark.parametrize(("trend", "year", "noise"), [(0.0010, 0.010, 0.006), (0.0003, 0.003, 0.012)])
def test_sizes_are_found_by_pairs_whatever_is_stated(trend, year, noise):
    lat, lon = clusters(600)
    error = drawn(lat, lon, trend=trend, year=year)
    seen = error + noise * np.random.default_rng(1).standard_normal(error.shape)
    fit = Drift.fit(lat, lon, YEARS, seen - seen.mean(axis=0), MODEL)
    assert np.sqrt(fit.line.variance) == pytest.approx(trend, rel=0.15)
    assert np.sqrt(fit.single.variance) == pytest.approx(year * np.sqrt(14 / 16), rel=0.15)
    alike = correlation(lat, lon, lat, lon, 100.0)
    whole = drawn(lat, lon, trend=0, year=year) + noise * np.random.default_rng(2).standard_normal(error.shape)
    left = shared_and_noise(whole, alike, np.ones(600), shared=0.006, noise=0.009)[1]
    assert np.sqrt(left) == pytest.approx(noise, rel=0.15)


def test_few_stations_keep_the_sizes_as_stated():
    d = np.array([[0.05, 0.05]])
    near = np.ones((2, 2))
    v, left = shared_and_noise(d, near, np.ones(2), shared=0.01, noise=0.02)
    assert v == pytest.approx((0.05**2 + 20 * 0.01**2) / 21)
    assert left == pytest.approx((2 * (0.05**2 - v) + 20 * 0.02**2) / 22)
    assert shared_and_noise(d, near, np.ones(2), shared=0.0, noise=0.02)[0] == 0.0  # what is said not to be is not
    against = np.array([[0.5, -0.5]])
    assert shared_and_noise(against, near, np.ones(2), shared=0.01, noise=0.02)[0] == 0.0
    alike = np.array([[0.01, 0.01]])
    assert shared_and_noise(alike, near, np.ones(2), shared=0.1, noise=0.02)[1] == 0.25 * 0.02**2
    none = np.full((3, 2), np.nan)
    assert np.sqrt(shared_and_noise(none, near, np.ones(2), shared=0.01, noise=0.02)) == pytest.approx([0.01, 0.02])


def test_two_stations_by_hand():
    lat, lon = np.zeros(2), np.array([0.0, np.degrees(100 / 6371.0088)])  # 100 km apart
    d = np.array([[0.02, np.nan], [0.01, -0.03]])
    alike = correlation(lat, lon, lat, lon, 100.0)
    fit = Shared.fit(d, alike, worth=np.array([1.0, 4.0]), shared=0.01, noise=0.01)
    v, own = shared_and_noise(d, alike, np.array([1.0, 4.0]), shared=0.01, noise=0.01)
    a = 1 / np.e
    both = np.linalg.inv(np.array([[v + own, v * a], [v * a, v + own / 4]])) @ d[1]
    first = [v * 0.02 / (v + own), v * both[0] + v * a * both[1]]
    second = [v * a * 0.02 / (v + own), v * a * both[0] + v * both[1]]
    np.testing.assert_allclose(fit.at(alike)[0], np.stack([first, second], axis=1))
    other = v * a * np.array([-0.03 / (v + own / 4), 0.01 / (v + own)])
    np.testing.assert_allclose(fit.predicted, [[0, np.nan], other], atol=1e-15)


def test_what_is_added_brings_years_and_trends_nearer_to_the_truth():
    lat, lon = clusters(300)
    error = drawn(lat, lon, trend=0.0008, year=0.008)
    seen = error + 0.008 * np.random.default_rng(2).standard_normal(error.shape)
    seen[:5, ::7] = np.nan  # begin later, with a line of their own years
    seen[5:, 3::70] = np.nan  # too short for a line
    at = np.arange(300) % 6 > 0  # one of each cluster is to be predicted
    fit = Drift.fit(lat[at], lon[at], YEARS, (seen - np.nanmean(seen, axis=0))[:, at], MODEL)
    found = fit.at(lat[~at], lon[~at])[0]
    left = error[:, ~at] - found
    assert left.std() < 0.75 * error[:, ~at].std()
    before, after = (station_lines(YEARS, x)[0] for x in (error[:, ~at], left))
    assert after.std() < 0.6 * before.std()
    assert np.polyfit(before, station_lines(YEARS, found)[0], 1)[0] > 0.6
    predicted = fit.predicted()
    own = np.isfinite(seen[:, at])
    np.testing.assert_array_equal(np.isfinite(predicted), own)
    apart = np.where(own, seen[:, at] - np.nanmean(seen[:, at], axis=0), np.nan)
    assert np.nanstd(apart - predicted) < 0.85 * np.nanstd(apart)


def test_the_variance_that_is_taken_is_what_errors_lose():
    lat, lon = clusters(240)
    at = np.arange(240) % 6 > 1
    lost, taken = [], []
    for seed in range(12):
        error = drawn(lat, lon, trend=0.0008, year=0.008, seed=seed)
        seen = error + 0.008 * np.random.default_rng(100 + seed).standard_normal(error.shape)
        fit = Drift.fit(lat[at], lon[at], YEARS, (seen - seen.mean(axis=0))[:, at], MODEL)
        added, gone = fit.at(lat[~at], lon[~at])
        left = error[:, ~at] - added
        lost.append((error[:, ~at] ** 2).mean() - (left**2).mean())
        taken.append(gone.mean())
    assert np.mean(taken) == pytest.approx(np.mean(lost), rel=0.15)
    one = Drift.fit(np.zeros(1), np.zeros(1), YEARS[:4], np.full((4, 1), np.nan), MODEL)
    assert one.at(np.zeros(1), np.zeros(1))[1][0] == 0.0


def test_a_record_without_errors_of_years_is_hardly_moved():
    lat, lon = clusters(300)
    noise = 0.009 * np.random.default_rng(3).standard_normal((16, 300))
    fit = Drift.fit(lat, lon, YEARS, noise - noise.mean(axis=0), MODEL)
    added = fit.at(lat, lon)[0]
    assert added.std() < 0.0015 and np.abs(station_lines(YEARS, added)[0]).max() < 0.0003


def test_nothing_is_added_where_it_is_stated_that_there_is_none_or_far_away():
    lat, lon = clusters(60)
    seen = drawn(lat, lon, trend=0.001, year=0.01)
    lines = Drift.fit(lat, lon, YEARS, seen, MODEL.model_copy(update={"drift_year": 0.0})).at(lat, lon)[0]
    np.testing.assert_allclose(lines, np.outer(TIME, station_lines(YEARS, lines)[0]), atol=1e-12)
    single = Drift.fit(lat, lon, YEARS, seen, MODEL.model_copy(update={"drift_trend": 0.0})).at(lat, lon)[0]
    assert np.abs(station_lines(YEARS, single)[0]).max() < 1e-5 and single.std() > 0.003
    assert np.abs(Drift.fit(lat, lon, YEARS, seen, MODEL).at(-lat, lon)[0]).max() < 1e-12


def test_a_station_of_few_years_has_no_line_and_of_fewer_none_at_all():
    numbers = np.arange(36 * 12)
    record = np.zeros((numbers.size, 3))
    station = np.repeat(np.arange(12.0), 36)[:, None] * np.ones(3)
    station[36 * 9 :, 1], station[36 * 3 :, 2] = np.nan, np.nan
    got = year_differences(station, record, numbers)
    np.testing.assert_allclose(got[:, 0], np.arange(12) - 5.5)
    np.testing.assert_allclose(got[:9, 1], np.arange(9) - 4.0)
    assert np.isnan(got[9:, 1]).all() and np.isnan(got[:, 2]).all()
    slope, squares = station_lines(np.arange(12), got)
    np.testing.assert_allclose(slope, [1, np.nan, np.nan])
    np.testing.assert_allclose(squares, [143, 60, 0])


def test_years_beyond_those_of_stations_hold_the_last():
    lat, lon = clusters(60)
    fit = Drift.fit(lat, lon, YEARS, drawn(lat, lon, trend=0.001, year=0.01), MODEL)
    numbers = np.arange(36 * 2001, 36 * 2022)
    years = np.unique(numbers // 36)
    nodes, _ = drift_nodes(fit, lat[:4], lon[:4], numbers)
    means = at_dekads(nodes, years, numbers).reshape(years.size, 36, 4).mean(axis=1)
    own = fit.at(lat[:4], lon[:4])[0]
    np.testing.assert_allclose(means, np.concatenate([own[:1], own[:1], own, own[-1:], own[-1:], own[-1:]]), atol=1e-12)


def test_pieces_give_what_the_whole_gives(monkeypatch):
    lat, lon = clusters(60)
    fit = Drift.fit(lat, lon, YEARS, drawn(lat, lon, trend=0.001, year=0.01), MODEL)
    whole = fit.at(lat, lon)
    monkeypatch.setattr(station_level, "PAIRS", 60 * 7)
    for a, b in zip(fit.at(lat, lon), whole):
        np.testing.assert_allclose(a, b, atol=1e-14)
