"""Differences between years: gains free of noise, levels tied by overlaps, and a damped record put right."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.fusion import fuse
from vadose.fusion.anomalies import anomalies
from vadose.fusion.interannual import at_dekads, common_years, correction, correction_name, gains
from vadose.store import Library

from . import world as w

TIME, CELLS = 360, 64


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(0)
    years = np.repeat(rng.standard_normal(10) * 0.02, 36)
    return (0.25 + 0.05 * np.sin(np.arange(TIME) / 36 * 2 * np.pi) + years)[:, None] + 0.02 * rng.standard_normal(
        (TIME, CELLS)
    )


def _seen(truth, gain, noise, seed):
    return 0.1 + gain * truth + noise * np.random.default_rng(seed).standard_normal(truth.shape)


def test_gains_are_not_damped_by_noise(truth):
    values = [_seen(truth, g, n, i) for i, (g, n) in enumerate([(1.0, 0.02), (0.5, 0.03), (1.6, 0.08)])]
    np.testing.assert_allclose(gains(values, np.arange(TIME), "abc", 0), [1, 0.5, 1.6], rtol=0.05)
    # a regression on the noisy third halves its gain
    a, c = (anomalies(values[i], np.arange(TIME)).ravel() for i in (0, 2))
    assert (a @ c) / (c @ c) < 0.8 / 1.6


def test_gains_are_not_damped_by_short_periods(truth):
    values = [_seen(truth, g, 0.01, i) for i, g in enumerate((1.0, 0.7, 1.4))]
    values[0][:270] = np.nan  # two and a half of ten years
    np.testing.assert_allclose(gains(values, np.arange(TIME), "abc", 0), [1, 0.7, 1.4], rtol=0.05)


def test_a_product_that_never_meets_the_target_is_reached_through_others(truth):
    values = [_seen(truth, g, 0.02, i) for i, g in enumerate((1.0, 0.7, 1.4, 0.5))]
    values[0][:180] = np.nan
    values[3][180:] = np.nan
    np.testing.assert_allclose(gains(values, np.arange(TIME), "abcd", 0), [1, 0.7, 1.4, 0.5], rtol=0.1)


def test_a_product_that_meets_nobody_has_no_gain(truth):
    values = [_seen(truth, 1.0, 0.02, i) for i in range(4)]
    values[3][:] = np.nan
    assert np.isnan(gains(values, np.arange(TIME), "abcd", 0)[3])
    assert np.isnan(gains(values[:2], np.arange(TIME), "ab", 0)[1])  # no third product


def test_products_of_one_sensor_are_no_witnesses_for_each_other(truth):
    shared = 0.05 * np.random.default_rng(9).standard_normal(truth.shape)
    values = [truth + 0.02 * np.random.default_rng(i).standard_normal(truth.shape) + s
              for i, s in enumerate((0.0, shared, shared, 0.0))]  # fmt: skip
    np.testing.assert_allclose(gains(values, np.arange(TIME), "abbc", 0), 1, rtol=0.06)
    assert (
        gains(values, np.arange(TIME), "abcd", 0)[1] > 1.5
    )  # taken as independent, their common error looks like signal


def test_levels_do_not_matter_where_products_overlap():
    rng = np.random.default_rng(2)
    course = rng.standard_normal((8, 5))
    means = np.stack([course + 3, course - 1, course + 7])
    means[0, 4:], means[1, :2], means[1, 6:], means[2, :5] = np.nan, np.nan, np.nan, np.nan
    np.testing.assert_allclose(common_years(means, np.ones(3)), course - course.mean(axis=0), atol=1e-12)


def test_a_damped_record_is_put_right(truth):
    numbers = np.arange(TIME)
    products = {k: _seen(truth, g, 0.03, i) for i, (k, g) in enumerate({"t": 1.0, "a": 0.6, "b": 1.5}.items())}
    products["t"][:200] = np.nan
    season = truth - anomalies(truth, numbers)
    damped = season + 0.3 * (truth - season)
    nodes = correction(damped, products, {k: k for k in products}, "t", numbers)
    put_right = damped + at_dekads(nodes, np.arange(10), numbers)

    def years(x):
        return (x - season).reshape(10, 36, -1).mean(axis=(1, 2))

    wanted = years(truth) - years(truth).mean()
    before, after = (np.polyfit(wanted, years(x), 1)[0] for x in (damped, put_right))
    assert before < 0.35
    assert 0.8 < after < 1.15


def test_no_product_means_no_correction():
    record = np.full((72, 3), 0.2)
    nothing = {k: np.full((72, 3), np.nan) for k in "abc"}
    np.testing.assert_array_equal(correction(record, nothing, {k: k for k in "abc"}, "a", np.arange(72)), 0)


def test_the_correction_is_linear_between_years_and_held_at_the_ends():
    nodes = np.array([[0.0], [1.0]])
    got = at_dekads(nodes, np.array([0, 1]), np.array([0, 17, 18, 35, 53, 54, 71]))[:, 0]
    np.testing.assert_allclose(got, [0, 0, 0.5 / 36, 17.5 / 36, 35.5 / 36, 1, 1])
    assert at_dekads(nodes[:1], np.array([0]), np.arange(3)).ravel().tolist() == [0, 0, 0]


def test_a_plan_may_ask_for_it_and_the_correction_is_kept(tmp_path):
    library = Library(str(tmp_path / "library"))
    datasets, _ = w.make()
    w.fill_library(library, datasets)
    plain = fuse(w.plan(), library, name="plain")["sm"].load()
    moved = fuse(w.plan(interannual=True), library, name="moved")["sm"].load()
    nodes = library.open(correction_name("moved"))["correction"]
    assert nodes.attrs["units"] == "m3 m-3"
    apart = (moved - plain).groupby("time.year").mean()
    assert float(np.abs(apart).max()) > 1e-4
    np.testing.assert_allclose(apart.mean(("lat", "lon")), nodes.mean(("lat", "lon")), atol=0.004)


def _anchored(truth, shift, *, blind=(), lost=()):
    """A damped record, its years without the target shifted; the target has the last 160 dekads but in blind cells.

    Lost cells have no record there.
    """
    numbers = np.arange(TIME)
    products = {k: _seen(truth, g, 0.03, i) for i, (k, g) in enumerate({"t": 1.0, "a": 0.6, "b": 1.5}.items())}
    products["t"][:200] = np.nan
    products["t"][:, list(blind)] = np.nan
    season = truth - anomalies(truth, numbers)
    record = season + 0.5 * (truth - season) + np.where(np.arange(TIME) < 180, shift, 0.0)[:, None]
    record[180:, list(lost)] = np.nan
    nodes = correction(record, products, {k: k for k in products}, "t", numbers)
    return record, nodes, record + at_dekads(nodes, np.arange(10), numbers)


def test_the_level_of_the_targets_years_stands_however_others_are_shifted(truth):
    settled = slice(5, 10)  # five years with the target
    _, nodes, _ = _anchored(truth, 0.0)
    np.testing.assert_allclose(nodes[settled].mean(axis=0), 0, atol=1e-12)
    for shift in (0.03, -0.05):
        record, moved, put_right = _anchored(truth, shift)
        np.testing.assert_allclose(moved[settled], nodes[settled], atol=1e-9)
        np.testing.assert_allclose(moved[:5], nodes[:5] - shift, atol=1e-9)  # what was shifted is shifted back
        np.testing.assert_allclose(put_right[216:].mean(axis=0), record[216:].mean(axis=0), atol=0.006)
        early = (put_right - truth)[:144].mean()
        assert abs(early) < 0.25 * abs(shift)


def test_a_cell_that_the_target_never_sees_is_still_put_right(truth):
    _, nodes, _ = _anchored(truth, 0.03, blind=[7])
    np.testing.assert_allclose(nodes[5:].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(nodes[:5, 7].mean() - nodes[5:, 7].mean(), -0.03, atol=0.015)


def test_a_cell_without_a_value_in_the_targets_years_is_put_right_about_its_mean(truth):
    record, nodes, _ = _anchored(truth, 0.0, lost=[7])
    assert np.isnan(record[180:, 7]).all()
    there = _anchored(truth, 0.0)[1][:5, 7]
    assert np.abs(there - there.mean()).max() > 0.005
    np.testing.assert_allclose(nodes[:5, 7], there - there.mean(), atol=1e-9)


def test_a_target_of_scattered_values_settles_no_year(truth):
    """Fewer values than a year needs leave the mean over all years as the anchor."""
    products = {k: _seen(truth, 1.0, 0.03, i) for i, k in enumerate("tab")}
    keep = np.arange(TIME) % 36 < 4
    products["t"][~keep] = np.nan
    season = truth - anomalies(truth, np.arange(TIME))
    nodes = correction(season, products, {k: k for k in products}, "t", np.arange(TIME))
    assert np.abs(nodes).max() > 0.005
    np.testing.assert_allclose(nodes.mean(axis=0), 0, atol=1e-12)
