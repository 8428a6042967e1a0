import numpy as np
import pytest

from vadose.errors import VadoseError
from vadose.stats.ranking import group_by_rank


@pytest.mark.parametrize("each", [False, True])
def test_equals_sorting_each_year(each):
    x = np.random.default_rng(0).standard_normal((6, 4, 36))
    group, means = group_by_rank(x, each=each)
    assert means.shape == (6, 4, 4, 3)
    for row in range(6):
        for part in range(4):
            for year in range(3):
                months = x[row, part, 12 * year : 12 * year + 12]
                key = months if each else x[row, :, 12 * year : 12 * year + 12].sum(axis=0)
                order = np.argsort(-key)
                np.testing.assert_allclose(means[row, part, :, year], months[order].reshape(4, 3).mean(axis=1))
                label = group[row, part, year] if each else group[row, year]
                assert label[order].tolist() == np.repeat([0, 1, 2, 3], 3).tolist()


def test_ties_go_to_the_earlier_month():
    assert group_by_rank(np.zeros((1, 12)))[0].ravel().tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_missing_month_or_part_leaves_no_group():
    x = np.random.default_rng(1).random((2, 36)).astype("f4")
    x[1, 14] = np.nan
    keep = np.delete(np.arange(36), 30)
    for each in (False, True):
        group, means = group_by_rank(x[:, keep], position=keep, each=each)
        assert (group.reshape(-1, 3, 12)[:, 1:] == -1).all() and (group.reshape(-1, 3, 12)[:, 0] >= 0).all()
        assert np.isnan(means[..., 1:]).all() and np.isfinite(means[..., 0]).all() and means.dtype == np.float32


def test_wrong_input():
    with pytest.raises(VadoseError, match="multiple"):
        group_by_rank(np.zeros((1, 10)), length=10)
    with pytest.raises(VadoseError, match="places"):
        group_by_rank(np.zeros((1, 3)), position=[0, 0, 1])
    with pytest.raises(VadoseError, match="part, time"):
        group_by_rank(np.zeros(12))
