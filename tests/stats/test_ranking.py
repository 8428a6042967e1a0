import numpy as np
import pytest

from vadose.errors import VadoseError
from vadose.stats.ranking import group_means, rank_groups


def test_each_group_has_its_share_and_lies_above_the_next():
    x = np.random.default_rng(0).standard_normal((50, 12))
    group = rank_groups(x)
    assert all((group == k).sum(axis=-1).tolist() == [3] * 50 for k in range(4))
    means = group_means(x, group)
    assert (np.diff(means, axis=-1) < 0).all()
    np.testing.assert_allclose(means.mean(axis=-1), x.mean(axis=-1))


def test_ties_go_to_the_earlier_month():
    assert rank_groups(np.zeros(12)).tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_missing_month_leaves_no_group():
    x = np.arange(12.0)
    x[4] = np.nan
    assert rank_groups(x).tolist() == [-1] * 12
    assert np.isnan(group_means(x, rank_groups(x))).all()


def test_months_must_divide():
    with pytest.raises(VadoseError, match="multiple"):
        rank_groups(np.zeros(10))
