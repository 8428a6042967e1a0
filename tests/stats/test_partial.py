"""Correlation given others: by hand, against scipy and residuals of regressions, in size, and without warnings."""

import warnings

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import VadoseError
from vadose.stats.partial import partial_correlation
from vadose.stats.status import STATUS


def ar1(rng, phi, shape):
    z = rng.standard_normal(shape)
    for i in range(1, shape[-1]):
        z[..., i] = phi * z[..., i - 1] + np.sqrt(1 - phi**2) * z[..., i]
    return z


def residual(y, columns):
    design = np.column_stack([np.ones(y.size), *columns])
    return y - design @ np.linalg.lstsq(design, y, rcond=None)[0]


def test_by_hand():
    assert float(partial_correlation([0.0, 1, 2], [4.0, 7, 10], min_n=3)["r"]) == 1
    got = partial_correlation([0.0, 1, 2, 3], [1.0, 3, 2, 4], min_n=3)
    # s_xx = 5, s_yy = 5, s_xy = 4; slope 0.8; sd(x) = sqrt(5/3), mean y 2.5
    assert float(got["r"]) == pytest.approx(0.8, rel=1e-15) and float(got["slope"]) == pytest.approx(0.8, rel=1e-15)
    assert float(got["response"]) == pytest.approx(0.8 * np.sqrt(5 / 3) / 2.5, rel=1e-14)
    # two degrees of freedom: p = 1 - |r|
    assert float(got["p_value"]) == pytest.approx(0.2, rel=1e-14)


def test_as_scipy_on_series_with_gaps():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1000, 25)) + 250
    y = 0.1 * x + rng.standard_normal((1000, 25)) * rng.choice([0.01, 0.3, 3], (1000, 1))
    x[rng.random(x.shape) < 0.1] = np.nan
    y[rng.random(x.shape) < 0.1] = np.nan
    got = partial_correlation(x, y, min_n=5)
    for i in range(len(x)):
        both = np.isfinite(x[i]) & np.isfinite(y[i])
        ref = scipy.stats.pearsonr(x[i][both], y[i][both])
        assert got["r"][i] == pytest.approx(ref.statistic, abs=1e-12)
        assert got["p_value"][i] == pytest.approx(ref.pvalue, rel=1e-9, abs=1e-12)
        assert got["slope"][i] == pytest.approx(scipy.stats.linregress(x[i][both], y[i][both]).slope, rel=1e-9)
        assert got["n"][i] == both.sum()


@pytest.mark.parametrize("detrend", [False, True])
def test_controls_as_correlation_of_regression_residuals(detrend):
    rng = np.random.default_rng(1)
    years = np.array([*range(2000, 2012), *range(2014, 2030)], float)
    rain, warmth = rng.standard_normal((2, 40, years.size))
    x = 200 + 3 * rain - warmth + 0.1 * years + rng.standard_normal(rain.shape)
    y = 900 + 5 * x + 9 * warmth - 0.5 * years + 8 * rng.standard_normal(rain.shape)
    x[rng.random(x.shape) < 0.05] = np.nan
    warmth[rng.random(x.shape) < 0.05] = np.nan
    got = partial_correlation(x, y, controls=[rain, warmth], time=years, detrend=detrend)
    k = 2 + detrend
    for i in range(len(x)):
        ok = np.isfinite(x[i] + warmth[i])
        columns = [rain[i][ok], warmth[i][ok]] + ([years[ok] - 2015] if detrend else [])
        ex, ey = residual(x[i][ok], columns), residual(y[i][ok], columns)
        r = np.corrcoef(ex, ey)[0, 1]
        df = ok.sum() - 2 - k
        p = 2 * scipy.stats.t.sf(abs(r) * np.sqrt(df / (1 - r * r)), df)
        assert got["r"][i] == pytest.approx(r, abs=1e-11) and got["p_value"][i] == pytest.approx(p, rel=1e-8)
        # the slope is the coefficient of x in the regression of y on everything
        design = np.column_stack([np.ones(ok.sum()), x[i][ok] - 200, *columns])
        assert got["slope"][i] == pytest.approx(np.linalg.lstsq(design, y[i][ok], rcond=None)[0][1], rel=1e-8)


def test_a_control_that_says_nothing_new_changes_nothing():
    rng = np.random.default_rng(2)
    x, y, z = rng.standard_normal((3, 30))
    one = partial_correlation(x, y, controls=[z])
    more = partial_correlation(x, y, controls=[z, np.full(30, 7.3), 2 * z - 5])
    for name in one:
        assert float(one[name]) == pytest.approx(float(more[name]), rel=1e-12)


def test_statuses_without_warnings():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((2, 7, 20))
    x[1] = np.nan
    x[2, :10], y[2, 10:] = np.nan, np.nan
    x[3, 5:] = np.nan
    x[4] = np.float32(31.7)
    y[5] = 0.1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = partial_correlation(x, y)
        explained = partial_correlation(x[0], y[0], controls=[3 * x[0] + 2])
    expected = ["ok", "no_data", "no_overlap", "too_few_years", "zero_variance", "zero_variance", "ok"]
    assert got["status"].tolist() == [STATUS[s] for s in expected]
    assert explained["status"] == STATUS["dependent_inputs"] and np.isnan(explained["r"])
    bad = got["status"] != 0
    for name in ("r", "slope", "response", "p_value", "n_eff"):
        assert np.isnan(got[name][bad]).all()
    assert got["n"].tolist() == [20, 0, 0, 5, 20, 20, 20]


def test_the_mean_must_be_positive_for_a_relative_response():
    got = partial_correlation([0.0, 1, 2, 3], np.array([[1.0, 3, 2, 4], [-1.0, 1, 0, 2]]) - [[0], [0.5]], min_n=3)
    assert np.isfinite(got["response"]).tolist() == [True, False] and np.isfinite(got["r"]).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1e4, 1e4), st.floats(1e-3, 1e3))
def test_shift_scale_and_order_do_not_matter(seed, shift, scale):
    rng = np.random.default_rng(seed)
    x, y, z = rng.standard_normal((3, 15))
    base = partial_correlation(x, y, controls=[z])
    moved = partial_correlation(scale * x + shift, y - shift, controls=[scale * z])
    assert float(moved["r"]) == pytest.approx(float(base["r"]), abs=1e-8)
    order = rng.permutation(15)
    mixed = partial_correlation(x[order], y[order], controls=[z[order]])
    assert float(mixed["p_value"]) == pytest.approx(float(base["p_value"]), rel=1e-10)
    turned = partial_correlation(y, -x, controls=[z])
    assert float(turned["r"]) == pytest.approx(-float(base["r"]), abs=1e-12)


def test_one_y_serves_many_x():
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((4, 3, 50, 20)), rng.standard_normal((50, 20))
    got = partial_correlation(x, y)
    single = partial_correlation(x[2, 1, 7], y[7])
    assert got["r"].shape == (4, 3, 50)
    for name in got:
        np.testing.assert_array_equal(got[name][2, 1, 7], single[name])


@pytest.mark.parametrize(("phi", "kind", "low", "high"), [
    (0.0, {}, 0.04, 0.06), (0.0, {"persistence": True}, 0.035, 0.055),
    (0.6, {"persistence": True}, 0.035, 0.06), (0.6, {}, 0.13, 0.2),
])  # fmt: skip
def test_share_of_false_alarms_at_five_percent(phi, kind, low, high):
    """Independent series: the nominal 5 %. Persistent ones: kept near it by n_eff, and far above it without."""
    rng = np.random.default_rng(5)
    x, y = (ar1(rng, phi, (4000, 40)) for _ in range(2))
    share = float((partial_correlation(x, y, **kind)["p_value"] < 0.05).mean())
    assert low < share < high


def test_gaps_are_no_neighbours():
    """Years on either side of a gap do not count as lag one."""
    rng = np.random.default_rng(6)
    x, y = (ar1(rng, 0.9, (1, 40)) for _ in range(2))
    keep = np.arange(0, 40, 2)
    thin = np.full_like(x, np.nan)
    thin[:, keep] = x[:, keep]
    assert float(partial_correlation(thin, y, persistence=True)["n_eff"][0]) == pytest.approx(20, abs=0.2)


def test_bad_input_is_refused():
    with pytest.raises(VadoseError, match="shapes that broadcast"):
        partial_correlation(np.zeros(5), np.zeros(6))
    with pytest.raises(VadoseError, match="real numbers"):
        partial_correlation(np.array(["a"] * 5), np.zeros(5))
    with pytest.raises(VadoseError, match="at least 3"):
        partial_correlation(np.zeros(5), np.zeros(5), min_n=2)
    with pytest.raises(VadoseError, match="rising finite times"):
        partial_correlation(np.zeros(5), np.zeros(5), time=[1, 2, 2, 3, 4])
