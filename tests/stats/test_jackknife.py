import numpy as np
import pytest
from scipy import stats

from vadose.errors import VadoseError
from vadose.stats.jackknife import default_groups, group_jackknife


def test_the_error_of_a_mean_is_the_classical_one():
    x = np.random.default_rng(0).standard_normal((40, 3))
    error, freedom = group_jackknife(lambda keep: x[keep].mean(axis=0), size=40, groups=40)
    np.testing.assert_allclose(error, x.std(axis=0, ddof=1) / np.sqrt(40), rtol=1e-12)
    assert freedom == 39


def test_equal_groups_are_the_means_of_groups():
    """With equal groups, leaving one out of a mean is the spread of the group means."""
    x = np.random.default_rng(1).standard_normal(30)
    error, freedom = group_jackknife(lambda keep: x[keep].mean(), size=30, groups=6)
    assert error == pytest.approx(x.reshape(6, 5).mean(axis=1).std(ddof=1) / np.sqrt(6), rel=1e-12)
    assert freedom == 5


def test_every_sample_is_left_out_once():
    left = []
    group_jackknife(lambda keep: left.append(~keep) or 0.0, size=11, groups=4)
    assert (np.sum(left, axis=0) == 1).all() and len(left) == 4


def test_intervals_of_a_mean_hold_under_persistence():
    rng = np.random.default_rng(2)
    hits, runs = 0, 400
    for _ in range(runs):
        x = np.empty(60)
        x[0] = rng.standard_normal()
        for i in range(1, 60):
            x[i] = 0.4 * x[i - 1] + np.sqrt(1 - 0.16) * rng.standard_normal()
        error, freedom = group_jackknife(lambda keep, x=x: x[keep].mean(), size=60)
        hits += abs(x.mean()) < stats.t.ppf(0.975, freedom) * error
    assert 0.88 < hits / runs < 0.98  # independent samples would give about 0.80


@pytest.mark.parametrize("groups", [1, 9])
def test_impossible_groups(groups):
    with pytest.raises(VadoseError, match="groups"):
        group_jackknife(lambda keep: keep.sum(), size=8, groups=groups)
    assert default_groups(8) == 4
