"""Triple collocation: recovery, laws, status, and pytesmo's numbers."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.errors import VadoseError
from vadose.stats import STATUS, triple


def records(n: int = 2000, *, seed: int = 0, points: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    t = rng.normal(size=(points, n))
    noise = rng.normal(size=(3, points, n))
    return [t + 0.5 * noise[0], 2.0 * t + noise[1], 0.5 * t + 0.3 * noise[2]]


def test_equals_pytesmo():
    metrics = pytest.importorskip("pytesmo.metrics")
    x, y, z = (r[0] for r in records())
    got = triple.collocate(x, y, z, ci="none")
    snr, err, beta = metrics.tcol_metrics(x, y, z)
    np.testing.assert_allclose(got["snr_db"], snr, rtol=1e-10)
    np.testing.assert_allclose(got["err_std_ref"], err, rtol=1e-10)
    np.testing.assert_allclose(got["beta"], beta, rtol=1e-10)
    assert np.isnan(got["r2_lower"]).all()


def test_covariances_divide_by_n_less_one():
    x, y, z = (r[0, :150] for r in records())
    q = np.cov([x, y, z])
    got = triple.collocate(x, y, z, ci="none")
    assert got["err_std"][0] == pytest.approx(np.sqrt(q[0, 0] - q[0, 1] * q[0, 2] / q[1, 2]), rel=1e-12)
    assert got["r2"][2] == pytest.approx(q[2, 0] * q[2, 1] / (q[2, 2] * q[0, 1]), rel=1e-12)


def test_signal_and_error_make_up_the_variance():
    x, y, z = (r[0] for r in records())
    got = triple.collocate(x, y, z, ci="none")
    for k, record in enumerate((x, y, z)):
        total = record.var(ddof=1)
        assert got["err_std"][k] ** 2 + got["r2"][k] * total == pytest.approx(total, rel=1e-12)


def test_scaling_one_record_scales_its_numbers_alone():
    x, y, z = (r[0] for r in records())
    plain, scaled = (triple.collocate(x, f * y + c, z, n_boot=50) for f, c in ((1.0, 0.0), (-4.0, 9.0)))
    np.testing.assert_allclose(scaled["r2"], plain["r2"], rtol=1e-10)
    np.testing.assert_allclose(scaled["err_std"], plain["err_std"] * [1, 4, 1], rtol=1e-10)
    np.testing.assert_allclose(scaled["err_std_ref"], plain["err_std_ref"], rtol=1e-10)
    np.testing.assert_allclose(scaled["beta"], plain["beta"] * [1, -0.25, 1], rtol=1e-10)
    np.testing.assert_allclose(scaled["rho"], plain["rho"] * [1, -1, 1], rtol=1e-10)
    np.testing.assert_allclose(scaled["beta_lower"][1], -0.25 * plain["beta_upper"][1], rtol=1e-8)
    np.testing.assert_allclose(scaled["rho_upper"][1], -plain["rho_lower"][1], rtol=1e-8)
    assert scaled["status"] == STATUS["ok"]


def test_order_of_records_does_not_matter():
    x, y, z = (r[0] for r in records())
    a, b = triple.collocate(x, y, z, ci="none"), triple.collocate(z, x, y, ci="none")
    np.testing.assert_allclose(a["r2"], b["r2"][[1, 2, 0]], rtol=1e-10)
    np.testing.assert_allclose(a["err_std"], b["err_std"][[1, 2, 0]], rtol=1e-10)


def test_status_names_the_reason():
    x, y, z = (r[0, :300] for r in records())
    rng = np.random.default_rng(1)
    common = rng.normal(size=300)
    few = np.where(np.arange(300) < 99, x, np.nan)
    xs = np.stack([x, few, np.full(300, np.nan), np.full(300, 0.2), x, common])
    ys = np.stack([y, y, y, y, y, common + 0.5 * rng.normal(size=300)])
    zs = np.stack([z, z, z, z, z, common + 0.5 * rng.normal(size=300)])
    xs[4] = y / y.std() - z / z.std()  # with y, but against z, while y and z go together
    xs[5] = 0.5 * (ys[5] + zs[5])  # shares the errors of both: its own error variance comes out negative
    got = triple.collocate(xs, ys, zs, n_boot=50)
    names = ["ok", "too_few_pairs", "no_data", "zero_variance", "inconsistent_sign", "negative_error_variance"]
    assert got["status"].tolist() == [STATUS[n] for n in names]
    assert np.isnan(got["r2"][:, 1:5]).all()
    assert np.isnan(got["err_std"][0, 5]) and np.isfinite(got["err_std"][1:, 5]).all()
    assert np.isfinite(got["beta"][:, 5]).all()


def test_blocks_of_points_do_not_matter():
    x, y, z = records(400, points=5)
    x[:, ::7] = np.nan
    whole, part = triple.collocate(x, y, z, n_boot=40), triple.collocate(x[3:4], y[3:4], z[3:4], n_boot=40)
    for key, value in part.items():
        np.testing.assert_array_equal(whole[key][..., 3:4], value, err_msg=key)


def test_gaps_are_samples_left_out():
    x, y, z = (r[0, :600] for r in records())
    keep = np.random.default_rng(2).random(600) < 0.6
    keep[[0, -1]] = True
    gaps = triple.collocate(x, np.where(keep, y, np.nan), z, n_boot=40)
    cut = triple.collocate(x[keep], y[keep], z[keep], position=np.flatnonzero(keep), n_boot=40)
    for key, value in cut.items():
        np.testing.assert_allclose(gaps[key], value, rtol=1e-10, err_msg=key)


def test_persistent_records_have_wider_bounds():
    rng = np.random.default_rng(3)
    white = records(2000)
    slow = np.convolve(rng.normal(size=2049), np.ones(50) / np.sqrt(50), "valid")
    noise = 0.3 * rng.normal(size=(3, 2000))
    a, b = triple.collocate(*(r[0] for r in white)), triple.collocate(*(slow + e for e in noise))
    assert b["n_eff"] < 0.2 * a["n_eff"]
    assert b["beta_upper"][1] > b["beta_lower"][1]


def test_weights_recover_the_best_merge():
    x, y, z = records(20_000)
    got = triple.collocate(x, y, z, ci="none")
    w = triple.weights(got["err_std_ref"])
    assert w.sum(axis=0) == pytest.approx(1.0)
    np.testing.assert_allclose(w[:, 0], np.array([4.0, 4.0, 1 / 0.36]) / (8 + 1 / 0.36), atol=0.02)


def test_weights_share_among_what_is_there():
    there = np.array([[True, True, False], [True, False, False]])
    got = triple.weights([0.1, 0.2], available=there)
    np.testing.assert_allclose(got[:, 0], [0.8, 0.2])
    np.testing.assert_allclose(got[:, 1], [1.0, 0.0])
    assert np.isnan(got[:, 2]).all()
    np.testing.assert_allclose(triple.weights([np.nan, 0.2, 0.2]), [0.0, 0.5, 0.5])
    np.testing.assert_allclose(triple.weights([0.0, 0.2]), [1.0, 0.0])


def test_bad_input_is_named():
    with pytest.raises(VadoseError, match="ci"):
        triple.collocate(np.zeros(3), np.zeros(3), np.zeros(3), ci="neff")
    with pytest.raises(VadoseError, match="level"):
        triple.collocate(np.zeros(3), np.zeros(3), np.zeros(3), level=2.0)
    with pytest.raises(VadoseError, match="broadcast"):
        triple.collocate(np.zeros(3), np.zeros(4), np.zeros(3))
    with pytest.raises(VadoseError, match="err_std"):
        triple.weights([-1.0, 1.0])
    with pytest.raises(VadoseError, match="available"):
        triple.weights([1.0, 1.0], available=[True, True, True])
