"""Level by kriging and gain by triple collocation: closed forms, laws and known truths."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.fusion import Stations, station_level
from vadose.fusion.interannual import at_dekads
from vadose.fusion.station_gain import gain_of, moments, year_nodes
from vadose.fusion.station_level import Level, Places, covariance

MODEL = Stations(common=0.02, near=0.015, reach=300.0, slope=0.2, representativeness=0.06)


def places(n, seed=0, *, mean=None):
    rng = np.random.default_rng(seed)
    m = rng.uniform(0.05, 0.45, n) if mean is None else np.full(n, mean)
    return Places(rng.uniform(30, 50, n), rng.uniform(-10, 20, n), m)


def test_the_prior_is_what_it_says():
    a = Places(np.array([0.0]), np.array([0.0]), np.array([0.15]))
    b = Places(np.array([0.0]), np.array([np.degrees(300 / 6371.0088)]), np.array([0.40]))  # 300 km along the equator
    assert covariance(a, b, MODEL)[0, 0] == pytest.approx(0.02**2 + 0.015**2 / np.e + 0.04 * -0.10 * 0.15)


def test_one_station_far_away_tells_what_all_the_earth_shares():
    one = Places(np.array([0.0]), np.array([0.0]), np.array([0.25]))
    far = Places(np.array([0.0]), np.array([180.0]), np.array([0.25]))
    value, sd = Level.fit(one, np.array([0.05]), MODEL).at(far)
    share = 0.02**2 / (0.02**2 + 0.015**2 + 0.06**2)
    assert value[0] == pytest.approx(0.05 * share)
    assert sd[0] ** 2 == pytest.approx(0.02**2 * (1 - share) + 0.015**2)


def test_two_pixels_of_other_wetness_by_hand():
    model = Stations(common=0.0, near=0.0, slope=0.2, representativeness=0.06)
    one = Places(np.array([10.0]), np.array([10.0]), np.array([0.15]))
    two = Places(np.array([10.0, -60.0]), np.array([10.0, 100.0]), np.array([0.15, 0.40]))
    value, sd = Level.fit(one, np.array([-0.08]), model).at(two)
    k = 0.04 * np.array([0.01, -0.10 * 0.15])  # where it is dry, and where it is wet: of other sign
    weight = k / (0.04 * 0.01 + 0.0036)
    np.testing.assert_allclose(value, -0.08 * weight)
    np.testing.assert_allclose(sd**2, 0.04 * np.array([0.01, 0.0225]) - weight * k)


def test_an_offset_of_all_is_recovered_with_many_stations():
    rng = np.random.default_rng(3)
    at, where = places(800), places(50, seed=1)
    value, sd = Level.fit(at, 0.03 + 0.06 * rng.standard_normal(800), MODEL).at(where)
    assert np.abs(value - 0.03).mean() < 0.008
    assert np.abs(value.mean() - 0.03) < 0.005
    assert (sd < 0.017).all()


def test_errors_of_the_model_are_as_large_as_stated():
    """Level errors drawn from the prior: the z-scores of places and of stations left out have a spread of 1."""
    rng = np.random.default_rng(5)
    at, where = places(60, 1), places(40, 2)
    both = Places(*(np.concatenate([getattr(p, k) for p in (at, where)]) for k in ("lat", "lon", "mean")))
    root = np.linalg.cholesky(covariance(both, both, MODEL) + 1e-12 * np.eye(100))
    z, out = [], []
    for _ in range(60):
        error = root @ rng.standard_normal(100)
        d = error[:60] + 0.06 * rng.standard_normal(60)
        fit = Level.fit(at, d, MODEL)
        value, sd = fit.at(where)
        z.append((error[60:] - value) / sd)
        predicted, spread = fit.left_out(d)
        out.append((d - predicted) / spread)
    assert np.sqrt(np.mean(np.square(z))) == pytest.approx(1, abs=0.1)
    assert np.sqrt(np.mean(np.square(out))) == pytest.approx(1, abs=0.05)


def test_leaving_one_out_is_fitting_without_it():
    rng = np.random.default_rng(2)
    at, d = places(12), 0.05 * rng.standard_normal(12)
    predicted, sd = Level.fit(at, d, MODEL).left_out(d)
    for i in range(12):
        rest = np.arange(12) != i
        value, spread = Level.fit(at.at(rest), d[rest], MODEL).at(at.at(np.array([i])))
        assert predicted[i] == pytest.approx(value[0], abs=1e-12)
        assert sd[i] ** 2 == pytest.approx(spread[0] ** 2 + 0.06**2)


def test_pieces_give_what_the_whole_gives(monkeypatch):
    at, where = places(30), places(200, 4)
    fit = Level.fit(at, np.linspace(-0.1, 0.1, 30), MODEL)
    whole = fit.at(where)
    monkeypatch.setattr(station_level, "PAIRS", 30 * 7)
    for a, b in zip(whole, fit.at(where)):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def _triples(gain, *, stations=12, years=8, seed=0, noise=0.02):
    rng = np.random.default_rng(seed)
    numbers = np.arange(36 * years)
    truth = 0.03 * rng.standard_normal((numbers.size, stations))
    seen = [g * truth + noise * rng.standard_normal(truth.shape) for g in (gain, 0.6, 1.3, 1.0)]
    for x in seen:
        x[rng.random(x.shape) < 0.2] = np.nan
    season = 0.1 * np.sin(2 * np.pi * numbers / 36)[:, None]
    return numbers, [x + season * k for k, x in enumerate(seen)]


def test_the_gain_of_a_triple_is_recovered_whatever_the_noise():
    for gain in (0.8, 1.2):
        numbers, (target, a, b, station) = _triples(gain)
        sums = moments(target, a, station, numbers) + moments(target, b, station, numbers)
        got = gain_of(sums, spread=0.15)
        assert got.seen == pytest.approx(gain, abs=3 * got.seen_error) and got.seen_error < 0.04
        assert abs(np.log(got.value)) < abs(np.log(got.seen))  # towards 1
        wide = gain_of(sums, spread=10.0)
        assert wide.value == pytest.approx(got.seen, rel=1e-4)
        assert gain_of(sums, spread=0.0).value == 1.0
        share = 0.15**2 / (0.15**2 + (got.seen_error / got.seen) ** 2)
        assert np.log(got.value) == pytest.approx(share * np.log(got.seen))


def test_the_error_of_the_gain_is_that_of_repetition():
    found = []
    for seed in range(30):
        numbers, (target, a, _, station) = _triples(0.8, seed=seed, years=4)
        found.append(gain_of(moments(target, a, station, numbers), spread=0.15))
    spread = np.std([g.seen for g in found])
    assert np.mean([g.seen_error for g in found]) == pytest.approx(spread, rel=0.35)


def test_five_stations_count_less_than_their_error_says():
    gains = np.array([0.7, 0.75, 0.8, 0.85, 0.9])
    got = gain_of(np.stack([gains, np.ones(5)]), spread=0.15)
    means = np.array([np.log(np.delete(gains, i).mean()) for i in range(5)])
    s = np.sqrt(4 / 5 * ((means - means.mean()) ** 2).sum() * 4 / 2)  # the jackknife's, by Student's t of 4 degrees
    assert got.seen == pytest.approx(0.8) and got.seen_error == pytest.approx(0.8 * s)
    assert np.log(got.value) == pytest.approx(0.15**2 / (0.15**2 + s**2) * np.log(0.8))
    assert got.error == pytest.approx(got.value * 0.15 * s / np.sqrt(0.15**2 + s**2))


def test_without_enough_data_the_gain_is_one():
    numbers, (target, a, _, station) = _triples(0.8)
    few = np.full_like(target, np.nan)
    few[:35] = target[:35]
    assert not moments(few, a, station, numbers).any()
    constant = np.full_like(a, 0.2)
    assert not moments(target, constant, station, numbers).any()
    four = moments(target, a, station, numbers)
    four[:, 4:] = 0
    for sums in (four, np.zeros((2, 0)), -moments(target, a, station, numbers)):
        got = gain_of(sums, spread=0.15)
        assert got.value == 1.0 and got.error == 0.15 and np.isnan(got.seen)


def test_the_course_over_years_has_the_yearly_means_of_the_record():
    rng = np.random.default_rng(1)
    numbers = np.arange(72000, 72000 + 36 * 7)
    record = 0.2 + 0.05 * np.sin(2 * np.pi * numbers / 36)[:, None] + 0.02 * rng.standard_normal((numbers.size, 3))
    years = np.unique(numbers // 36)

    def yearly(x):
        x = x.reshape(7, 36, -1).mean(axis=1)
        return x - x.mean(axis=0)

    course = at_dekads(year_nodes(record, numbers), years, numbers)
    np.testing.assert_allclose(yearly(course), yearly(record), atol=1e-12)
    np.testing.assert_allclose(course.mean(axis=0), 0, atol=1e-12)
    moved = record + (1 / 0.8 - 1) * course
    np.testing.assert_allclose(yearly(moved), yearly(record) / 0.8, atol=1e-12)


def test_years_without_values_are_bridged_and_empty_cells_stay():
    numbers = np.arange(36 * 5)
    record = np.repeat([1.0, 2.0, np.nan, 4.0, 5.0], 36)[:, None] * np.array([1.0, np.nan])
    nodes = year_nodes(record, numbers)
    means = at_dekads(nodes, np.arange(5), numbers).reshape(5, 36, 2).mean(axis=1)
    np.testing.assert_allclose(means[:, 0], [-2, -1, 0, 1, 2], atol=1e-9)
    assert (nodes[:, 1] == 0).all()
    assert year_nodes(np.ones((0, 2)), np.arange(0)).shape == (0, 2)
