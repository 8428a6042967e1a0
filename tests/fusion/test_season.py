"""The yearly course that products agree on, against its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.fusion.season import PRIOR, SEASONAL_SHARE, SUCCESSIVE, agreed_season, yearly_basis

DEKADS = np.arange(360)
BASIS = yearly_basis(DEKADS)
COURSE = np.array([0.02, -0.01, 0.005, 0.003])


def test_without_noise_it_is_the_prior_and_the_statements_that_weigh():
    seen = (0.1 + BASIS[:, 1:] @ COURSE)[:, None]
    s = 0.03
    trust = 1 / (SEASONAL_SHARE * s) ** 2
    for n in (1, 2, 5):
        expected = COURSE * n * trust / (1 / PRIOR**2 + n * trust)
        np.testing.assert_allclose(
            agreed_season([seen] * n, [s] * n, BASIS)[:, 0], expected, rtol=5e-3
        )  # the ridge of the course takes 0.2 %


def test_products_that_disagree_are_weighted_by_what_they_state():
    swing = BASIS[:, 1:2]
    got = agreed_season([0.02 * swing, -0.01 * swing], [0.03, 0.06], BASIS)[0, 0]
    trust = 1 / (SEASONAL_SHARE * np.array([0.03, 0.06])) ** 2
    assert got == pytest.approx((trust @ [0.02, -0.01]) / (1 / PRIOR**2 + trust.sum()), rel=5e-3)


def test_noise_is_answered_by_less_trust():
    """With white noise of variance v over whole years, Mᵢᵢ = n/2 and the share follows in one line."""
    rng = np.random.default_rng(0)
    v, cells = 0.05**2, 4000
    seen = BASIS[:, 1:2] * 0.02 + np.sqrt(v) * rng.standard_normal((360, cells))
    got = agreed_season([seen], [0.03], BASIS)
    spread = (SEASONAL_SHARE * 0.03) ** 2 + SUCCESSIVE * v / (len(DEKADS) / 2)
    share = PRIOR**2 / (PRIOR**2 + spread)
    assert got[0].mean() == pytest.approx(0.02 * share, rel=0.02)
    assert np.abs(got[1:].mean(axis=1)).max() < 2e-4


def test_half_a_year_moves_little_and_nothing_moves_nothing():
    rng = np.random.default_rng(1)
    seen = 0.05 * rng.standard_normal((360, 500))
    half = np.where((DEKADS % 36 < 18)[:, None], seen, np.nan)
    assert np.sqrt((BASIS[:, 1:] @ agreed_season([half], [0.03], BASIS)).var()) < PRIOR
    none = np.where((DEKADS < 19)[:, None], seen, np.nan)  # too few
    np.testing.assert_array_equal(agreed_season([none, seen * np.nan], [0.03, 0.03], BASIS), np.zeros((4, 500)))
    # a product without a value leaves what another says
    np.testing.assert_array_equal(agreed_season([seen, seen * np.nan], [0.03, 0.03], BASIS),
                                  agreed_season([seen], [0.03], BASIS))  # fmt: skip
