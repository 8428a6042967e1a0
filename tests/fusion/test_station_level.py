"""Level by kriging and gain by pairs of stations: closed forms, laws and known truths."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.fusion import Stations, station_level
from vadose.fusion.interannual import at_dekads
from vadose.fusion.station_gain import Gain, damping, gain_of, lines, own_variance, pair_sums, year_nodes
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
    scale = (20 + 0.05**2 / (0.02**2 + 0.015**2 + 0.06**2)) / 21
    assert sd[0] ** 2 == pytest.approx(scale * (0.02**2 * (1 - share) + 0.015**2))


def test_two_pixels_of_other_wetness_by_hand():
    model = Stations(common=0.0, near=0.0, slope=0.2, representativeness=0.06)
    one = Places(np.array([10.0]), np.array([10.0]), np.array([0.15]))
    two = Places(np.array([10.0, -60.0]), np.array([10.0, 100.0]), np.array([0.15, 0.40]))
    value, sd = Level.fit(one, np.array([-0.08]), model).at(two)
    k = 0.04 * np.array([0.01, -0.10 * 0.15])  # where it is dry, and where it is wet: of other sign
    weight = k / (0.04 * 0.01 + 0.0036)
    np.testing.assert_allclose(value, -0.08 * weight)
    scale = (20 + 0.08**2 / (0.04 * 0.01 + 0.0036)) / 21
    np.testing.assert_allclose(sd**2, scale * (0.04 * np.array([0.01, 0.0225]) - weight * k))


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
    whole = Level.fit(at, d, MODEL)
    predicted, sd = whole.left_out(d)
    for i in range(12):
        rest = np.arange(12) != i
        part = Level.fit(at.at(rest), d[rest], MODEL)
        value, spread = part.at(at.at(np.array([i])))
        assert predicted[i] == pytest.approx(value[0], abs=1e-12)
        assert sd[i] ** 2 / whole.scale == pytest.approx(spread[0] ** 2 / part.scale + 0.06**2)


def test_sizes_that_are_all_too_large_or_too_small_are_found():
    """Differences twice or half as large as stated: with many stations the variance is right within a tenth."""
    at, where = places(600, 1), places(1, 2)
    root = np.linalg.cholesky(covariance(at, at, MODEL) + 0.06**2 * np.eye(600))
    draw = root @ np.random.default_rng(4).standard_normal(600)
    fits = [Level.fit(at, f * draw, MODEL) for f in (0.5, 1.0, 2.0)]
    for f, fit in zip((0.5, 1.0, 2.0), fits):
        assert fit.scale == pytest.approx(f**2, rel=0.15)
        np.testing.assert_allclose(fit.at(where)[0], f * fits[1].at(where)[0])
    few = Level.fit(at.at(slice(0, 5)), 2 * draw[:5], MODEL)
    assert 1 < few.scale < 2  # five stations are not believed against twenty


def test_pieces_give_what_the_whole_gives(monkeypatch):
    at, where = places(30), places(200, 4)
    fit = Level.fit(at, np.linspace(-0.1, 0.1, 30), MODEL)
    whole = fit.at(where)
    monkeypatch.setattr(station_level, "PAIRS", 30 * 7)
    for a, b in zip(whole, fit.at(where)):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def _years(gain, *, tiles=8, each=5, years=16, seed=0, noise=0.006):
    """Yearly means of a record and of stations in some tiles, each with its own weather."""
    rng = np.random.default_rng(seed)
    weather = np.repeat(0.01 * rng.standard_normal((years, tiles)), each, axis=1)
    record = gain * weather + noise * rng.standard_normal(weather.shape)
    station = weather + noise * rng.standard_normal(weather.shape)
    for x in (record, station):
        x[rng.random(x.shape) < 0.1] = np.nan
    lat = np.repeat(10.0 * np.arange(tiles) - 35, each) + rng.uniform(0, 1, tiles * each)
    return record, station, lat, rng.uniform(0, 1, lat.size)


def test_pair_sums_by_plain_loops():
    record, station, _, _ = _years(0.7, tiles=2, each=3)
    station[3:, 1] = np.nan  # three years with the others at most
    got = pair_sums(record, station)
    for i in range(6):
        for j in range(6):
            both = np.isfinite(record[:, i]) & np.isfinite(station[:, i]) & np.isfinite(station[:, j])
            if i == j or both.sum() < 4:
                assert (got[:, i, j] == 0).all()
                continue
            y = station[both, j] - station[both, j].mean()
            np.testing.assert_allclose(got[:, i, j], [record[both, i] @ y, station[both, i] @ y], atol=1e-15)
    assert (got[:, 1] == 0).all() and (got[:, 0, 2] != 0).all()


def test_the_gain_of_the_years_is_recovered_whatever_the_noise():
    for gain in (0.7, 1.2):
        record, station, lat, lon = _years(gain)
        sums = pair_sums(record, station)
        got = gain_of(sums, lat, lon, spread=0.3)
        assert got.n == 40
        assert got.seen == pytest.approx(gain, abs=3 * got.seen_error) and got.seen_error < 0.08
        assert abs(np.log(got.value)) < abs(np.log(got.seen))  # towards 1
        assert gain_of(sums, lat, lon, spread=10.0).value == pytest.approx(got.seen, rel=1e-3)
        assert gain_of(sums, lat, lon, spread=0.0).value == 1.0
        share = 0.3**2 / (0.3**2 + (got.seen_error / got.seen) ** 2)
        assert np.log(got.value) == pytest.approx(share * np.log(got.seen))
        # a regression on the noisy record or station would not do
        plain = np.nansum(record * station) / np.nansum(np.where(np.isfinite(record), station, np.nan) ** 2)
        assert plain < 0.85 * gain


def test_the_error_of_the_gain_is_that_of_repetition():
    found = []
    for seed in range(40):
        record, station, lat, lon = _years(0.8, seed=seed)
        found.append(gain_of(pair_sums(record, station), lat, lon, spread=0.3))
    spread = np.std([np.log(g.seen) for g in found])
    by_t = np.sqrt(7 / 5)  # of eight tiles
    assert np.mean([g.seen_error / g.seen for g in found]) == pytest.approx(by_t * spread, rel=0.35)


def test_five_stations_count_less_than_their_error_says():
    """Too few tiles, so single stations are left out in turn."""
    shared = np.outer([1.0, 2, 3, 4, 5], [1.0, 2, 3, 4, 5]) * (1 - np.eye(5))
    own = np.array([0.7, 0.75, 0.8, 0.85, 0.9])[:, None] * shared
    place = np.linspace(41, 42, 5)
    got = gain_of(np.stack([own, shared]), place, place, spread=0.3)
    left = [np.log(own[np.ix_(k, k)].sum() / shared[np.ix_(k, k)].sum())
            for k in (np.arange(5)[np.arange(5) != i] for i in range(5))]  # fmt: skip
    s = np.sqrt(4 / 5 * ((np.array(left) - np.mean(left)) ** 2).sum() * 4 / 2)  # by Student's t of 4 degrees
    seen = own.sum() / shared.sum()
    assert got.seen == pytest.approx(seen) and got.seen_error == pytest.approx(seen * s)
    assert np.log(got.value) == pytest.approx(0.3**2 / (0.3**2 + s**2) * np.log(seen))
    assert got.error == pytest.approx(got.value * 0.3 * s / np.sqrt(0.3**2 + s**2))


def test_without_enough_data_the_gain_is_one():
    record, station, lat, lon = _years(0.8, tiles=1, each=6)
    sums = pair_sums(record, station)
    few = np.where(np.arange(16)[:, None] < 3, station, np.nan)  # three years
    four = sums.copy()
    four[:, 4:], four[:, :, 4:] = 0, 0
    alone = np.linspace(-40, 40, 6)  # no neighbour
    cases = [(pair_sums(record, few), lat), (four, lat), (-sums, lat), (sums, alone), (np.zeros((2, 6, 6)), lat)]
    for some, at in cases:
        got = gain_of(some, at, lon, spread=0.3)
        assert got.value == 1.0 and got.error == 0.3 and np.isnan(got.seen)
    none = gain_of(np.zeros((2, 0, 0)), lat[:0], lon[:0], spread=0.3)
    assert none.value == 1.0 and none.n == 0


def test_noise_damps_as_the_correlation_of_a_conditional_mean():
    rng = np.random.default_rng(3)
    numbers = np.arange(36 * 16)
    truth = 0.05 * rng.standard_normal((numbers.size, 2000))
    season = 0.1 * np.sin(2 * np.pi * numbers / 36)[:, None]
    noise = np.repeat([0.02, 0.05], 1000)
    share = 0.05**2 / (0.05**2 + noise**2)
    record = season + share * (truth + noise * rng.standard_normal(truth.shape))
    left = truth - (record - season)
    got = damping(record, (left**2).mean(axis=0), numbers)
    for half in (slice(1000), slice(1000, None)):  # √λ is the correlation with the truth
        alike = np.corrcoef(truth[:, half].ravel(), (record - season)[:, half].ravel())[0, 1]
        assert got[half].mean() == pytest.approx(alike, rel=0.02)
    assert damping(record[:, :2], np.array([0.0, 9.0]), numbers).tolist() == [1.0, 0.5]  # neither more nor less
    assert damping(np.full((72, 1), np.nan), np.array([np.nan]), np.arange(72)).tolist() == [1.0]
    assert own_variance(np.array([1.0, 1.0]), np.array([0.2, 0.9])).tolist() == [0.8, 0.3]


def test_a_cell_whose_years_are_damped_more_is_stretched_more():
    gain = Gain(0.9, 0.1, 0.8, 0.1, 12)
    np.testing.assert_allclose(gain.of_years(np.array([0.5, 1.0])), [0.45, 0.9])
    assert Gain(error=0.5, n=4).of_years(np.array([0.5, 1.0])).tolist() == [1.0, 1.0]  # stations tell of no gain


def test_lines_are_those_of_least_squares():
    nodes = np.random.default_rng(0).standard_normal((12, 2, 3))
    flat = nodes.reshape(12, -1)
    fitted = [np.polyval(np.polyfit(np.arange(12), y, 1), np.arange(12)) for y in flat.T]
    np.testing.assert_allclose(lines(nodes).reshape(12, -1).T, fitted, atol=1e-12)
    assert (lines(nodes[:9]) == 0).all()  # a line of few years is weather


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
