"""Rescaling: exact on linear maps, rising, onto the reference's distribution, silent on too little data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import VadoseError
from vadose.stats import STATUS, rescale

RNG = np.random.default_rng(5)
SIMPLE = [rescale.mean_std, rescale.min_max, rescale.linear_regression, rescale.cdf_match]


@pytest.mark.parametrize("scale", SIMPLE)
def test_linear_maps_are_undone(scale):
    x = RNG.gamma(2.0, 1.0, (3, 500))
    x[0, ::5] = np.nan
    y = 2.5 * x - 1.0
    got = scale(x, y)
    np.testing.assert_allclose(got, y, atol=1e-9)
    assert got.shape == x.shape


@pytest.mark.parametrize("scale", SIMPLE)
def test_too_little_data_gives_nan(scale):
    x = np.full((2, 500), np.nan)
    x[1] = 0.3
    assert np.isnan(scale(x, RNG.random((2, 500)))).all()


def test_moments_of_the_result():
    x, y = RNG.normal(5, 2, 300), RNG.gamma(2.0, 1.0, 300)
    got = rescale.mean_std(x, y)
    assert (got.mean(), got.std()) == pytest.approx((y.mean(), y.std()), rel=1e-12)
    got = rescale.min_max(x, y)
    assert (got.min(), got.max()) == pytest.approx((y.min(), y.max()), rel=1e-12)
    slope, offset = np.polyfit(x, y, 1)
    np.testing.assert_allclose(rescale.linear_regression(x, y), slope * x + offset, rtol=1e-9)


def test_values_without_a_partner_are_scaled_by_the_common_samples():
    x, y = np.array([1.0, 2.0, 3.0, 10.0]), np.array([2.0, 4.0, 6.0, np.nan])
    np.testing.assert_allclose(rescale.mean_std(x, y), [2.0, 4.0, 6.0, 20.0])


def test_cdf_match_maps_onto_the_distribution():
    x, y = RNG.normal(0, 1, 5000), RNG.gamma(2.0, 0.1, 5000)
    for options in ({}, {"nbins": 100}):
        got = rescale.cdf_match(x, y, **options)
        shares = np.linspace(0.02, 0.98, 25)
        limit = 0.01 if options else 0.03
        np.testing.assert_allclose(np.quantile(got, shares), np.quantile(y, shares), atol=limit)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(41, 600), st.sampled_from([None, 10, 100]), st.booleans())
def test_cdf_match_never_falls(seed, n, nbins, tied):
    rng = np.random.default_rng(seed)
    x, y = rng.gamma(1.0, 1.0, n), rng.normal(size=n)
    if tied:
        x = np.round(x)
    fit = rescale.cdf_fit(x, y, nbins=nbins)
    if fit.status == STATUS["ok"]:
        probe = np.linspace(x.min() - 1.0, x.max() + 1.0, 300)
        assert (np.diff(fit.apply(probe)) >= -1e-9).all()
    else:
        assert tied


def test_knots_are_hazen_percentiles():
    x, y = RNG.random(1000), RNG.random(1000)
    fit = rescale.cdf_fit(x, y)
    inner = np.array(rescale.PERCENTILES[1:-1])
    np.testing.assert_allclose(fit.source[1:-1], np.percentile(x, inner, method="hazen"), rtol=1e-12)
    np.testing.assert_allclose(fit.reference[1:-1], np.percentile(y, inner, method="hazen"), rtol=1e-12)
    assert (fit.source[0], fit.source[-1]) == (x.min(), x.max())


def test_edges_do_not_follow_one_extreme():
    x, y = RNG.normal(size=1000), RNG.normal(size=1000)
    y[0] = 1000.0
    assert rescale.cdf_fit(x, y).reference[-1] < 200.0


def test_bins_are_merged_until_each_holds_enough():
    x = RNG.random(230)
    fit = rescale.cdf_fit(x, x, nbins=100, min_per_bin=20)
    counts = np.histogram(x, fit.source)[0]
    assert counts.min() >= 19 and fit.source.size - 1 == 11


def test_status_names_the_reason():
    x = RNG.random(100)
    few = np.where(np.arange(100) < 39, x, np.nan)
    first, second = np.where(np.arange(100) < 50, x, np.nan), np.where(np.arange(100) < 50, np.nan, x)
    fit = rescale.cdf_fit(
        np.stack([x, few, np.full(100, np.nan), np.full(100, 0.1), first]), np.stack([x, x, x, x, second])
    )
    names = ["ok", "too_few_pairs", "no_data", "zero_variance", "no_overlap"]
    assert fit.status.tolist() == [STATUS[n] for n in names]
    assert np.isnan(fit.apply(np.tile(x, (5, 1)))[1:]).all()


def test_fit_serves_other_values():
    x = RNG.random((2, 3, 200))
    fit = rescale.cdf_fit(x, 3.0 * x)
    np.testing.assert_allclose(fit.apply(x[..., :7]), 3.0 * x[..., :7], rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"percentiles": [0, 50]}, "percentiles"), ({"percentiles": [0, 60, 50, 100]}, "percentiles"),
        ({"nbins": 1}, "nbins"), ({"nbins": 5, "percentiles": [0, 50, 100]}, "both"),
        ({"min_per_bin": 1}, "min_per_bin"),
    ],
)  # fmt: skip
def test_bad_options_are_named(options, names):
    with pytest.raises(VadoseError, match=names):
        rescale.cdf_fit(np.arange(100.0), np.arange(100.0), **options)


def test_apply_refuses_another_shape():
    with pytest.raises(VadoseError, match="shape"):
        rescale.cdf_fit(np.arange(100.0), np.arange(100.0)).apply(np.zeros((2, 5)))
