"""Denoising, secondary targets, blending weights, filling and the frozen mask against hand-made truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.fusion.blend import edge_jump, edge_weights
from vadose.fusion.denoise import denoise
from vadose.fusion.fill import fill
from vadose.fusion.mask import frozen_mask
from vadose.fusion.secondary import secondary


def test_denoise_equals_the_naive_loop():
    rng = np.random.default_rng(1)
    values = 0.2 + 0.02 * rng.standard_normal((5, 12, 9))
    values[rng.random(values.shape) < 0.02] += 0.3
    values[rng.random(values.shape) < 0.1] = np.nan
    zones = np.add.outer(np.arange(12) // 6 * 10, np.arange(9) // 5)
    expected = values.copy()
    for t in range(5):
        for z in np.unique(zones):
            part = values[t][zones == z]
            kept = part[np.isfinite(part)]
            bad = np.abs(part - kept.mean()) > 3 * kept.std()
            expected[t][zones == z] = np.where(bad, np.nan, part)
    got = denoise(values, zones)
    np.testing.assert_array_equal(got, expected)
    assert np.isnan(got).sum() > np.isnan(values).sum()


def test_denoise_keeps_a_constant_map_and_an_empty_one():
    zones = np.zeros((3, 4), int)
    flat = np.full((1, 3, 4), 0.3, "float32")
    np.testing.assert_array_equal(denoise(flat, zones), flat)
    assert np.isnan(denoise(np.full((1, 3, 4), np.nan), zones)).all()


def test_denoise_keeps_an_extreme_event_of_the_whole_zone():
    values = np.full((3, 4, 4), 0.1) + 0.001 * np.arange(16).reshape(4, 4)
    values[1] += 0.5  # a flood everywhere
    assert np.isfinite(denoise(values, np.zeros((4, 4), int))).all()


def test_secondary_targets_stay_within_the_range_of_the_best_product():
    values = np.array([[[0.1, 0.2, 0.3]], [[0.4, 0.2, 0.3]]])
    got = secondary(values, np.full((1, 3), 0.15), np.array([[0.5, 0.25, np.nan]]), np.zeros((1, 3), int))
    np.testing.assert_array_equal(got, [[[np.nan, 0.2, np.nan]], [[0.4, 0.2, np.nan]]])


@given(st.integers(2, 40), st.floats(0.01, 10))
def test_weights_sum_to_one_and_are_never_negative(pixels, band):
    w = edge_weights((np.arange(pixels) + 0.5) / pixels, pixels=pixels, band=band)
    np.testing.assert_allclose(w.sum(axis=0), 1)
    assert (w >= -1e-12).all()


def test_weights_are_continuous_over_the_edge():
    place = np.linspace(0, 1, 1001)
    w = edge_weights(place, pixels=10, band=2)
    # on the edge both zones weigh one half, seen from either side, and steps between are small
    assert w[1, 0] == w[0, 0] == w[1, -1] == w[2, -1] == 0.5
    assert np.abs(np.diff(w, axis=1)).max() < 0.003
    # beyond the band the own zone is alone
    assert (w[1, (place > 0.2) & (place < 0.8)] == 1).all()


def test_a_step_between_zones_becomes_a_ramp():
    # zone 0 says 0, zone 1 says 1: with a band of 2 pixels each step across and beside the edge is a quarter
    w = edge_weights((np.arange(10) + 0.5) / 10, pixels=10, band=2)
    values = np.concatenate([w[2], w[1] + w[2]])
    np.testing.assert_allclose(values[7:13], [0, 0.125, 0.375, 0.625, 0.875, 1])
    zone = np.repeat([0, 1], 10)
    across, _ = edge_jump(values[None], np.array([0]), zone)
    assert across == pytest.approx(0.25)


def test_fill_takes_the_smallest_window_with_a_value():
    values = np.full((1, 7, 7), np.nan)
    values[0, 3, 1], values[0, 1, 5] = 0.2, 0.4
    got, var, done = fill(values, np.full(values.shape, 1e-4), np.isnan(values), radius=2)
    assert got[0, 3, 2] == pytest.approx(0.2)  # the only neighbour at one pixel
    assert got[0, 3, 3] == pytest.approx(0.3)  # both lie two away
    assert var[0, 3, 3] == pytest.approx(1e-4 + 0.1**2)
    assert np.isnan(got[0, 6, 6])
    assert not done[0, 6, 6]
    assert got[0, 3, 1] == 0.2
    assert not done[0, 3, 1]


def test_fill_does_not_depend_on_where_the_map_is_cut():
    rng = np.random.default_rng(3)
    values = rng.random((2, 30, 40))
    values[rng.random(values.shape) < 0.3] = np.nan
    var = rng.random(values.shape) * 1e-3
    whole = fill(values, var, np.isnan(values), radius=3)
    part = fill(values[:, 5:, 7:], var[:, 5:, 7:], np.isnan(values[:, 5:, 7:]), radius=3)
    for a, b in zip(whole, part):
        np.testing.assert_array_equal(a[:, 8:, 10:], b[:, 3:, 3:])


def test_a_filled_pixel_keeps_its_usual_distance_from_its_neighbours():
    rng = np.random.default_rng(2)
    level = rng.uniform(0.1, 0.4, (6, 7))
    values = level + 0.03 * rng.standard_normal((40, 1, 1))  # all pixels deviate alike
    truth = values.copy()
    values[rng.random(values.shape) < 0.3] = np.nan
    known = level.copy()
    known[2, 3] = np.nan
    var = np.full(values.shape, 1e-4)
    got, got_var, done = fill(values, var, np.isnan(values), level=known, radius=3)
    away = np.ones(level.shape, bool)
    away[1:4, 2:5] = False  # these may lean on the pixel whose level is that of its neighbours
    np.testing.assert_allclose(got[:, away], truth[:, away], atol=2e-6)
    assert done.any() and (done == np.isnan(values)).all()
    np.testing.assert_array_equal(got[~done], values[~done])
    np.testing.assert_allclose(got_var[done & away], 1e-4, atol=1e-8)
    plain = fill(values, var, np.isnan(values), radius=3)[0]
    assert np.abs(plain - truth)[done & away].mean() > 0.02
    # levels that nobody has change nothing
    np.testing.assert_array_equal(fill(values, var, np.isnan(values), level=np.full(level.shape, np.nan), radius=3)[0],
                                  plain)  # fmt: skip


def test_filling_about_levels_does_not_depend_on_where_the_map_is_cut_and_stays_a_share():
    rng = np.random.default_rng(3)
    level = np.where(rng.random((20, 25)) < 0.1, np.nan, rng.uniform(0, 1, (20, 25)))
    values = np.clip(np.nan_to_num(level, nan=0.5) + 0.3 * rng.standard_normal((5, 20, 25)), 0, 1)
    values[rng.random(values.shape) < 0.4] = np.nan
    var = rng.uniform(1e-4, 1e-3, values.shape)
    whole = fill(values, var, np.isnan(values), level=level, radius=3)
    part = fill(values[:, 5:, 7:], var[:, 5:, 7:], np.isnan(values[:, 5:, 7:]), level=level[5:, 7:], radius=3)
    for a, b in zip(whole, part):  # a level that is filled reaches three pixels, and is leant on from three more
        np.testing.assert_array_equal(a[:, 11:, 13:], b[:, 6:, 6:])
    assert whole[0].min() >= 0 and whole[0].max() <= 1


def test_fill_leaves_what_may_not_be_filled():
    values = np.array([[[0.2, np.nan, np.nan]]])
    got, _, done = fill(values, np.zeros_like(values), np.array([[[False, False, True]]]), radius=2)
    assert np.isnan(got[0, 0, 1])
    assert got[0, 0, 2] == pytest.approx(0.2)
    assert done.ravel().tolist() == [False, False, True]


def test_frozen_before_the_report_is_what_most_years_were():
    # dekad 0 of the year: frozen in 2 of 3 years; dekad 1: in 1 of 3; dekad 2: never reported
    at = np.array([36, 37, 72, 73, 108, 109])
    reported = np.array([1, 1, 1, 0, 0, 0], bool)[:, None, None]
    wanted = np.array([0, 1, 2, 36, 109])
    assert frozen_mask(reported, at, wanted).ravel().tolist() == [True, False, False, True, False]
    thawed = np.array([1, 0, 0, 1, 0], bool)[:, None, None]
    # the freeze/thaw record speaks only where there is no report
    assert frozen_mask(reported, at, wanted, thawed=thawed).ravel().tolist() == [False, False, False, True, False]
