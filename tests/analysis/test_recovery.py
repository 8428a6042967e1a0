"""Contributions planted in a layered field, and trends imposed on the simulated Earth, are found again."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis, twin
from vadose.periods import composite
from vadose.physics import LAYER_BOUNDS

YEARS, CELLS = 77, 400
#: Standard deviation [kg m-2] and slope [kg m-2 yr-1] of each season (H-S to A-S) and layer (top to bottom).
SPREAD = np.outer([1.0, 1.2, 1.4, 1.1], [2.0, 5.0, 9.0, 10.0])
SLOPE = np.outer([1.0, 0.8, 0.6, 0.4], [0.0, -0.1, 0.15, 0.35])
#: Means that keep the seasons apart whatever the noise [kg m-2].
MEAN = np.array([25.0, 75.0, 150.0, 250.0])
STEP = 60.0


def planted(exact: bool, seed=0):
    """Monthly storage (time, layer, cell) whose seasonal means are a line plus noise of known sizes.

    Months of one season differ by a fixed pattern of zero sum, months of different seasons by at least 20 times that,
    and their order in the calendar changes from cell to cell. With ``exact`` the noise is orthonormal to the line and
    to the others, so that the contributions are the planted ones to rounding.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(YEARS) - (YEARS - 1) / 2
    noise = rng.standard_normal((CELLS, YEARS, 16))
    if exact:
        base = np.stack([np.ones(YEARS), t], axis=-1) + np.zeros((CELLS, 1, 1))
        noise = np.linalg.qr(np.concatenate([base, noise], axis=-1))[0][..., 2:] * np.sqrt(YEARS - 1)
    x = SPREAD.ravel() * noise + SLOPE.ravel() * t[:, None]
    x = x.reshape(CELLS, YEARS, 4, 4)
    level = MEAN + STEP * np.array([3.0, 2.0, 1.0, 0.0])[:, None]
    within = np.array([1.0, 0.0, -1.0])
    months = (level + x)[:, :, :, None, :] + within[:, None]  # cell, year, season, month of it, layer
    months = months.reshape(CELLS, YEARS, 12, 4)
    order = rng.permuted(np.tile(np.arange(12), (CELLS, 1)), axis=1)
    months = np.take_along_axis(months, order[:, None, :, None], axis=2).reshape(CELLS, 12 * YEARS, 4)
    time = pd.date_range("1948-01-01", periods=12 * YEARS, freq="MS")
    return xr.DataArray(months.transpose(1, 2, 0), dims=("time", "layer", "cell"), coords={"time": time},
                        attrs={"units": "kg m-2"})  # fmt: skip


def truth():
    """Planted contributions (season, layer, kind) by the definition: covariances with the sum over its variance."""
    power = np.sum((np.arange(YEARS) - (YEARS - 1) / 2) ** 2) / (YEARS - 1)
    total = SLOPE.sum() ** 2 * power + (SPREAD**2).sum()
    return np.stack([SLOPE * SLOPE.sum() * power, SPREAD**2], axis=-1) / total


def test_orthogonal_components_are_found_to_rounding():
    got = analysis.attribute_variability(planted(exact=True))
    want = np.broadcast_to(truth()[..., None], got.contribution.shape)
    np.testing.assert_allclose(got.contribution, want, atol=1e-9)
    np.testing.assert_allclose(got.contribution.sum(["season", "layer", "kind"]), 1.0, atol=1e-10)
    assert truth().min() < 0  # a layer that works against the others


def test_random_components_are_found_within_two_points():
    seasons = analysis.wetness_seasons(planted(exact=False))
    got = analysis.contribution_summary(analysis.attribute_variability(seasons), area="pixel")
    want = truth()
    assert np.abs(got.contribution.values - want).max() < 0.02
    assert np.abs(got.season_share.values - want.sum((1, 2))).max() < 0.02
    assert np.abs(got.layer_share.values - want.sum((0, 2))).max() < 0.02
    assert np.abs(got.kind_share.values - want.sum((0, 1))).max() < 0.02


def test_a_short_period_needs_the_adjusted_share_of_the_trend():
    """In 25 years chance adds to the trend's share; the adjusted one is right within two points."""
    seasons = analysis.wetness_seasons(planted(exact=False))
    got = analysis.period_difference(seasons, periods={"1948-1999": (1948, 1999), "2000-2024": (2000, 2024)},
                                     area="pixel", max_cells=50)  # fmt: skip
    for period, years in (("1948-1999", 52), ("2000-2024", 25)):
        power = np.sum((np.arange(years) - (years - 1) / 2) ** 2) / (years - 1)
        line = SLOPE.sum() ** 2 * power
        want = line / (line + (SPREAD**2).sum())
        assert got.kind_share_adjusted.sel(period=period, kind="trend").item() == pytest.approx(want, abs=0.02)
        total = SLOPE.sum() * SLOPE.sum(0) * power + (SPREAD**2).sum(0)
        np.testing.assert_allclose(got.layer_share.sel(period=period), total / total.sum(), atol=0.02)


def test_the_trend_imposed_on_the_simulated_earth_is_found_in_every_layer():
    """Truth less its weather-made part: each layer's slope is the imposed one times its thickness."""
    earth = twin.generate(region=(-4, 41, -2.5, 42.5), resolution=0.5, years=(2000, 2021), seed=7, step="dekad",
                          products=[])  # fmt: skip
    library = type("Earth", (), {"open": staticmethod(earth.__getitem__)})
    water = earth["twin/truth"]["sm"].compute()
    added = twin.imposed_anomaly(library).compute()
    slope = earth["twin/land"]["imposed_trend"].compute() * 1000
    assert (abs(slope) > 0).any()
    found = {}
    for name, sm in (("truth", water), ("weather", water - added)):
        ds = composite(sm.chunk(time=-1), "month")["mean"].assign_attrs(units="m3 m-3")
        bounds = (("layer", "bnds"), np.asarray(LAYER_BOUNDS))
        storage = analysis.layer_storage(xr.Dataset({"sm": ds, "layer_bnds": bounds}))
        annual = analysis.annual_means(storage)
        found[name] = analysis.trend(annual, method="ols")["slope"]
    for k, (top, bottom) in enumerate(LAYER_BOUNDS):
        got = (found["truth"] - found["weather"]).isel(layer=k)
        here = got.notnull()
        np.testing.assert_allclose(got.where(here, 0), (slope * (bottom - top)).where(here, 0), rtol=0.01, atol=1e-3)
