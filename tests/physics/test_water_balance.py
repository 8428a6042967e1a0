"""The bucket keeps its water, its limits and the equations it states."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.physics import LAYER_BOUNDS, bucket, root_shares, water_limits

THICKNESS = np.array([100.0, 300.0, 600.0, 1000.0])  # mm, from LAYER_BOUNDS


def case(seed=0, pixels=7, days=400, rain=1.0):
    rng = np.random.default_rng(seed)
    limits = water_limits(rng.uniform(15, 85, pixels), rng.uniform(5, 15, pixels))
    series = {
        "water": rain * rng.gamma(0.7, 12.0, (pixels, days)) * (rng.random((pixels, days)) < 0.4),
        "demand": rng.uniform(0, 8, (pixels, days)),
        "soil_share": rng.uniform(0.1, 1, (pixels, days)),
        "frozen": rng.random((pixels, days)) < 0.1,
    }
    return series, {**limits, "root_share": root_shares(rng.uniform(0.94, 0.98, pixels), LAYER_BOUNDS)}


def run(series, soil, **kwargs):
    return bucket(series["water"], series["demand"], series["soil_share"], series["frozen"], **soil, **kwargs)


def naive(water, demand, share, frozen, *, sat, fc, wp, ks, roots):
    """One pixel, straight from the stated equations, in volumetric contents and plain Python floats."""
    theta = [(wp + fc) / 2] * 4
    history = []
    for p, e, s, ice in zip(water, demand, share, frozen):
        left = min(p, 24 * ks)
        runoff, recharge, evaporated, taken = p - left, 0.0, 0.0, 0.0
        for k in range(4):
            room = (sat - theta[k]) * THICKNESS[k]
            theta[k] += min(left, room) / THICKNESS[k]
            left = max(left - room, 0.0)
        runoff += left
        if not ice:
            for k in (3, 2, 1, 0):
                tt = (sat - fc) * THICKNESS[k] / ks
                q = max(theta[k] - fc, 0) * THICKNESS[k] * (1 - math.exp(-24 / tt))
                if k < 3:
                    q = min(q, (sat - theta[k + 1]) * THICKNESS[k + 1])
                    theta[k + 1] += q / THICKNESS[k + 1]
                else:
                    recharge = q
                theta[k] -= q / THICKNESS[k]
            wet = min(max((theta[0] - wp / 2) / (fc - wp / 2), 0), 1)
            evaporated = min(e * s * wet, (theta[0] - wp / 2) * 100)
            theta[0] -= evaporated / 100
            for k in range(4):
                f = min(max((theta[k] - wp) / ((fc - wp) / 2), 0), 1)
                u = min(e * (1 - s) * roots[k] * f, max(theta[k] - wp, 0) * THICKNESS[k])
                theta[k] -= u / THICKNESS[k]
                taken += u
        history.append([*theta, runoff, recharge, evaporated, taken])
    return np.array(history).T


def test_matches_the_naive_loop():
    series, soil = case(days=200)
    out = run(series, soil)
    for p in range(7):
        expected = naive(*(series[n][p] for n in ("water", "demand", "soil_share", "frozen")),
                         sat=soil["porosity"][p], fc=soil["field_capacity"][p], wp=soil["wilting_point"][p],
                         ks=soil["saturated_conductivity"][p], roots=soil["root_share"][p])  # fmt: skip
        np.testing.assert_allclose(out.storage[p] / THICKNESS[:, None], expected[:4], rtol=0, atol=1e-11)
        for flux, want in zip(out[1:], expected[4:]):
            np.testing.assert_allclose(flux[p], want, rtol=0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), rain=st.sampled_from([0.0, 0.3, 1.0, 10.0, 100.0]))
def test_mass_closes_every_day_and_layers_stay_within_the_soil(seed, rain):
    series, soil = case(seed, days=300, rain=rain)
    out = run(series, soil)
    start = (soil["wilting_point"] + soil["field_capacity"]) / 2 * 2000
    total = np.concatenate([start[:, None], out.storage.sum(axis=1)], axis=1)
    fluxes = out.runoff + out.recharge + out.evaporation + out.transpiration
    residual = series["water"] - np.diff(total, axis=1) - fluxes
    assert np.abs(residual).max() < 1e-9 * total.max()
    closing = total[:, -1] - total[:, 0] + fluxes.sum(1) - series["water"].sum(1)
    np.testing.assert_allclose(closing / total[:, 0], 0, atol=1e-9)
    theta = out.storage / THICKNESS[:, None]
    assert (theta >= soil["wilting_point"][:, None, None] / 2 - 1e-12).all()
    assert (theta <= soil["porosity"][:, None, None] + 1e-12).all()
    for flux in out[1:]:
        assert (flux >= 0).all()


def test_without_rain_total_storage_only_falls():
    series, soil = case(rain=0.0)
    total = run(series, soil).storage.sum(axis=1)
    assert (np.diff(total, axis=1) <= 1e-12).all() and (total[:, -1] < total[:, 0] - 10).all()


def test_frozen_soil_keeps_its_water():
    series, soil = case(rain=0.0)
    series["frozen"][:] = True
    out = run(series, soil, initial=np.full((7, 4), 25.0))
    np.testing.assert_array_equal(out.storage, 25.0)
    assert out.recharge.max() == out.evaporation.max() == out.transpiration.max() == 0


def test_full_soil_turns_rain_into_runoff():
    series, soil = case(days=1)
    full = soil["porosity"][:, None] * THICKNESS
    series["water"][:], series["demand"][:], series["frozen"][:] = 20.0, 0.0, True
    np.testing.assert_allclose(run(series, soil, initial=full).runoff, 20.0, rtol=1e-12)


def test_leading_shape_and_broadcasting():
    series, soil = case(pixels=6, days=30)
    flat = run(series, soil)
    square = run({n: v.reshape(2, 3, 30) for n, v in series.items()},
                 {n: v.reshape(2, 3, *v.shape[1:]) for n, v in soil.items()})  # fmt: skip
    np.testing.assert_array_equal(square.storage.reshape(6, 4, 30), flat.storage)
    assert square.runoff.shape == (2, 3, 30)


@pytest.mark.parametrize("name", ["water", "demand"])
def test_nan_spoils_its_own_pixel_from_that_day_on(name):
    series, soil = case(days=50)
    series["frozen"][:] = False
    clean = run(series, soil)
    series[name][2, 20] = np.nan
    out = run(series, soil)
    assert np.isnan(out.storage[2, 0, 20:]).all()
    np.testing.assert_array_equal(out.storage[2, :, :20], clean.storage[2, :, :20])
    np.testing.assert_array_equal(np.delete(out.storage, 2, 0), np.delete(clean.storage, 2, 0))
