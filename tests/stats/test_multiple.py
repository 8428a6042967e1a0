"""False discovery rates against scipy and with missing tests."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vadose.errors import VadoseError
from vadose.stats import fdr

RNG = np.random.default_rng(1)


def test_equals_scipy():
    p = RNG.random(200) ** 3
    np.testing.assert_allclose(fdr(p), stats.false_discovery_control(p), rtol=1e-12)


def test_missing_tests_do_not_count():
    p = RNG.random(50)
    gaps = np.insert(p, [0, 10, 50], np.nan)
    got = fdr(gaps)
    np.testing.assert_array_equal(got[~np.isnan(gaps)], fdr(p))
    assert np.isnan(got[np.isnan(gaps)]).all()


def test_axis_keeps_families_apart():
    p = RNG.random((4, 30, 2))
    np.testing.assert_array_equal(fdr(p, axis=1)[2, :, 1], fdr(p[2, :, 1]))
    np.testing.assert_array_equal(fdr(p), fdr(p.ravel()).reshape(p.shape))


def test_all_missing_and_out_of_range():
    assert np.isnan(fdr([np.nan, np.nan])).all()
    with pytest.raises(VadoseError, match="p-values"):
        fdr([0.1, 1.2])
