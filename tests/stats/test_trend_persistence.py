"""Persistence: its coefficient, the variance of S, and the corrected tests."""

import numpy as np
import pymannkendall
import pytest

from vadose.stats.persistence_kernels import first_order_score, innovations, persistence, unbiased_persistence
from vadose.stats.trends import CORRECTABLE, mann_kendall

NAN = float("nan")


def autoregression(rng, phi, rows, length):
    x = rng.standard_normal((rows, length))
    x[:, 0] /= np.sqrt(1 - phi**2)
    for t in range(1, length):
        x[:, t] += phi * x[:, t - 1]
    return x


@pytest.mark.parametrize(("length", "missing"), [(50, 0.0), (100, 0.3)])
@pytest.mark.parametrize(("test", "published"), [("hamed_rao", 0.12), ("yue_wang", 0.06), ("tfpw", 0.18)])
def test_corrected_tests_keep_their_size(test, published, length, missing):
    """Simulated size at 5 %: 4-6 % give or take three standard errors of 4000 series; as published it is more."""
    x = autoregression(np.random.default_rng(13), 0.5, 4000, length)
    x[np.random.default_rng(14).random(x.shape) < missing] = np.nan
    size = [np.mean(mann_kendall(x, test=test, bias_corrected=c, level=None)["p_value"] < 0.05) for c in (True, False)]
    slack = 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert 0.04 - slack < size[0] < 0.06 + slack
    assert size[1] > published


@pytest.mark.parametrize("test", CORRECTABLE)
def test_corrected_tests_find_what_ar1_finds(test):
    """A trend of three standard errors; the price of the correction against ar1 is less than 6 points of power."""
    x = autoregression(np.random.default_rng(15), 0.5, 3000, 60) + 0.045 * np.arange(60)
    power = np.mean(mann_kendall(x, test=test, bias_corrected=True, level=None)["p_value"] < 0.05)
    other = np.mean(mann_kendall(x, test="ar1", level=None)["p_value"] < 0.05)
    assert 0.6 < other < 0.97 and abs(power - other) < 0.06


def test_pymannkendall_shortens_gaps_and_we_do_not():
    """Theirs takes the 40 values as if in a row, ours the naive sum over true lags."""
    x = autoregression(np.random.default_rng(16), 0.7, 1, 60)[0]
    x[np.random.default_rng(17).choice(np.arange(1, 59), 20, replace=False)] = np.nan
    ok = np.isfinite(x)
    plain, ours = mann_kendall(x), mann_kendall(x, test="yue_wang", lags=10)

    def factor(d):
        d, span = d - np.nanmean(d), d.size
        total = 1.0
        for k in range(1, 11):
            near = d[:-k] * d[k:]
            rho = np.nanmean(near) * (1 - k / span) / np.nanmean(d * d)
            total += 2 * np.isfinite(near).sum() / np.isfinite(d).sum() * rho
        return total

    theirs = pymannkendall.yue_wang_modification_test(x, lag=10)
    in_a_row = factor(x[ok] - plain["slope"] * np.arange(ok.sum()))
    true = factor(x - plain["slope"] * np.arange(60))
    assert theirs.var_s == pytest.approx(plain["variance"] * in_a_row, rel=1e-10)
    assert ours["variance"] == pytest.approx(plain["variance"] * true, rel=1e-10)
    assert abs(true / in_a_row - 1) > 0.05


def test_pymannkendall_rejects_too_often_with_gaps():
    x = autoregression(np.random.default_rng(18), 0.7, 300, 80)
    x[np.random.default_rng(19).random(x.shape) < 0.3] = np.nan
    with np.errstate(invalid="ignore"):  # theirs takes roots of variances below 0
        theirs = np.mean([pymannkendall.hamed_rao_modification_test(row).p < 0.05 for row in x])
    ours = np.mean(mann_kendall(x, test="hamed_rao", bias_corrected=True)["p_value"] < 0.05)
    assert theirs > 0.12 and ours < 0.09


def test_innovations_by_hand():
    """phi = 1/2: 1; (2 - 1/2) / sqrt(3/4); nothing; (4 - 2/4) / sqrt(15/16); with a slope of 1 per step added."""
    out = np.empty(4)
    innovations(np.array([1.0, 2.0, 0.0, 4.0]), np.array([1, 1, 0, 1]), np.arange(4.0), 1.0, 0.5, out)
    np.testing.assert_allclose(out, [1.0, 1.5 / 0.75**0.5 + 1, NAN, 3.5 / (15 / 16) ** 0.5 + 3], rtol=1e-14)


def test_corrected_tfpw_is_nearly_pre_whitening_without_gaps():
    x = autoregression(np.random.default_rng(20), 0.5, 300, 80)
    got = mann_kendall(x, test="tfpw", bias_corrected=True)["z"]
    slope = mann_kendall(x)["slope"]
    d = x - slope[:, None] * np.arange(80)
    d -= d.mean(axis=1, keepdims=True)
    r = (d[:, 1:] * d[:, :-1]).sum(axis=1) / (d * d).sum(axis=1)
    phi = (r * 80 / 79 + 2 / 80) / (1 - 4 / 80)
    white = mann_kendall(x[:, 1:] - phi[:, None] * x[:, :-1])["z"]
    assert np.corrcoef(got, white)[0, 1] > 0.97


def test_an_outlier_hides_persistence_from_values_and_not_from_ranks():
    """One value a thousand times too large; whitening needs the coefficient of the values."""
    x = autoregression(np.random.default_rng(21), 0.8, 40, 80)
    spoilt = x.copy()
    spoilt[:, 37] = 1000.0
    change = {}
    for kind in ({"test": "ar1"}, {"test": "yue_wang", "bias_corrected": True}, {"test": "yue_wang"}):
        a, b = mann_kendall(x, **kind)["variance"], mann_kendall(spoilt, **kind)["variance"]
        change[tuple(kind.values())] = np.median(b / a)
    assert change["ar1",] > 0.7 and change["yue_wang", True] > 0.7 and change["yue_wang",] < 0.4


def test_corrected_hamed_rao_is_ar1():
    x = autoregression(np.random.default_rng(22), 0.5, 50, 40)
    x[np.random.default_rng(23).random(x.shape) < 0.2] = np.nan
    one, other = mann_kendall(x, test="ar1"), mann_kendall(x, test="hamed_rao", bias_corrected=True)
    for name, field in one.items():
        np.testing.assert_array_equal(field, other[name])


@pytest.mark.parametrize("shape", [np.exp, lambda z: z**3, lambda z: -np.exp(z)])
def test_skewed_and_heavy_tailed_series_keep_the_size_too(shape):
    """With the coefficient of the values exp(x) was called a trend in 8 % of series."""
    x = autoregression(np.random.default_rng(24), 0.5, 4000, 50)
    size = np.mean(mann_kendall(shape(x), test="ar1", level=None)["p_value"] < 0.05)
    slack = 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert 0.04 - slack < size < 0.06 + slack


@pytest.mark.parametrize(
    ("phi", "length", "missing"), [(0.5, 50, 0.0), (0.8, 25, 0.0), (0.95, 50, 0.0), (0.8, 60, 0.4)]
)
def test_variance_of_the_score_under_persistence_is_the_simulated_one(phi, length, missing):
    """One pattern of gaps; the variance of S of 20 000 series has a standard error of 1 %."""
    rng = np.random.default_rng(11)
    x = autoregression(rng, phi, 20_000, length)
    x[:, rng.random(length) < missing] = np.nan
    plain = mann_kendall(x, level=None)
    factor = first_order_score(np.isfinite(x[0]).astype(np.int64), np.zeros(length, np.int64), phi)
    assert factor * plain["variance"][0] == pytest.approx(np.var(plain["s"]), rel=0.05)


def test_coefficient_has_no_bias_with_gaps_either():
    """The mean over 4000 series, 30 values in 40 steps."""
    rng = np.random.default_rng(12)
    x = autoregression(rng, 0.5, 4000, 40)
    kept = np.ones(40, np.int64)
    kept[rng.choice(np.arange(1, 39), 10, replace=False)] = 0
    t = np.flatnonzero(kept).astype(float)
    found = []
    for row in x:
        d = np.zeros(40)
        d[kept == 1] = row[kept == 1] - np.polyval(np.polyfit(t, row[kept == 1], 1), t)
        found.append((unbiased_persistence(d, kept, False, 1)[0], persistence(d, kept)))
    corrected, raw = np.mean(found, axis=0)
    assert corrected == pytest.approx(0.5, abs=0.05)
    assert raw < 0.38
