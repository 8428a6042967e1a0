import numpy as np
import pytest

from vadose.errors import VadoseError
from vadose.stats import quadruple, triple

RNG = np.random.default_rng(11)
N = 20000


def records(shared=0.0, n=N):
    truth = RNG.standard_normal(n)
    common = RNG.standard_normal(n)
    e = RNG.standard_normal((4, n)) * np.array([[0.5], [0.6], [0.4], [0.7]])
    e[2:] += shared * common
    scale = np.array([1.0, 2.0, 0.5, -1.5])[:, None]
    return scale * (truth + e)


def test_recovers_errors_scaling_and_the_shared_error():
    got = quadruple.collocate(*records(0.5), correlated=(2, 3), ci="none")
    own = np.array([0.5, 0.6, np.hypot(0.4, 0.5), np.hypot(0.7, 0.5)])
    assert got["err_std_ref"] == pytest.approx(own, rel=0.03)
    assert got["err_std"] == pytest.approx(own * [1, 2, 0.5, 1.5], rel=0.03)
    assert got["beta"] == pytest.approx([1, 0.5, 2, -1 / 1.5], rel=0.03)
    assert got["r2"] == pytest.approx(1 / (1 + own**2), rel=0.03)
    assert float(got["err_cov"]) == pytest.approx(-0.25 * 0.5 * 1.5, rel=0.06)
    assert float(got["err_corr"]) == pytest.approx(-0.25 / (own[2] * own[3]), rel=0.06)


def test_ignoring_the_shared_error_flatters_the_pair():
    data = records(0.5)
    aware = quadruple.collocate(*data, correlated=(2, 3), ci="none")
    naive = quadruple.collocate(*data, ci="none")
    assert (naive["err_std"][2:] < 0.95 * aware["err_std"][2:]).all()
    assert np.isnan(naive["err_corr"])


def test_equals_the_mean_of_triplets_by_hand():
    data = records(n=500)
    q = np.cov(data)
    got = quadruple.collocate(*data, ci="none")
    signal = np.mean([q[0, j] * q[0, k] / q[j, k] for j, k in ((1, 2), (1, 3), (2, 3))])
    assert float(got["err_std"][0]) == pytest.approx(np.sqrt(q[0, 0] - signal), rel=1e-12)
    beta = np.mean([q[0, 2] / q[1, 2], q[0, 3] / q[1, 3]])
    assert float(got["beta"][1]) == pytest.approx(beta, rel=1e-12)


def test_agrees_with_triple_collocation_in_large_samples():
    data = records()
    four, three = quadruple.collocate(*data, ci="none"), triple.collocate(*data[:3], ci="none")
    assert four["err_std"][:3] == pytest.approx(three["err_std"], rel=0.03)


def test_intervals_hold_the_truth_and_shrink_with_n():
    inside = []
    for _ in range(40):
        got = quadruple.collocate(*records(0.4, 800), correlated=(3, 2), n_boot=200)
        own = np.array([0.5, 0.6, np.hypot(0.4, 0.4), np.hypot(0.7, 0.4)])
        inside.append((got["err_std_ref_lower"] <= own) & (own <= got["err_std_ref_upper"]))
    assert 0.85 <= np.mean(inside) <= 1.0
    long = quadruple.collocate(*records(0.4, 8000), correlated=(2, 3), n_boot=200)
    width = [g["err_std_upper"][0] - g["err_std_lower"][0] for g in (got, long)]
    assert width[1] < 0.5 * width[0]


def test_missing_samples_points_and_status():
    data = np.repeat(records(n=400)[:, None], 5, axis=1)
    data[1, 1, ::2] = np.nan
    data[2, 2] = np.nan
    data[3, 3] = 1.0
    data[0, 4] *= np.where(np.arange(400) < 350, np.nan, 1.0)
    got = quadruple.collocate(*data, ci="none")
    assert got["n"].tolist() == [400, 200, 0, 400, 50]
    assert got["status"].tolist() == [0, 0, 8, 3, 2]
    alone = quadruple.collocate(*(d[1][np.isfinite(data[1, 1])] for d in data), ci="none")
    assert got["err_std"][:, 1] == pytest.approx(alone["err_std"])


def test_bad_options():
    data = records(n=200)
    with pytest.raises(VadoseError, match="two different products"):
        quadruple.collocate(*data, correlated=(2, 2))
    with pytest.raises(VadoseError, match="bootstrap"):
        quadruple.collocate(*data, ci="iid")
