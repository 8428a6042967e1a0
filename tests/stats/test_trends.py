import warnings

import numpy as np
import pymannkendall
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vadose.errors import VadoseError
from vadose.stats import STATUS
from vadose.stats.trends import CORRECTABLE, TESTS, mann_kendall, straight_line

NAN = float("nan")
#: Every test, as published and corrected.
KINDS = [{"test": t} for t in TESTS] + [{"test": t, "bias_corrected": True} for t in CORRECTABLE]


def series(rng, rows, length):
    """Random series of many sizes, a third with ties, half with gaps."""
    x = rng.standard_normal((rows, length)) * 10.0 ** rng.uniform(-4, 4, (rows, 1)) + rng.uniform(-5, 5, (rows, 1))
    x[::3] = np.round(x[::3], rng.integers(0, 3))
    x[::2][rng.random(x[::2].shape) < 0.2] = np.nan
    return x


def autoregression(rng, phi, rows, length):
    x = rng.standard_normal((rows, length))
    x[:, 0] /= np.sqrt(1 - phi**2)
    for t in range(1, length):
        x[:, t] += phi * x[:, t - 1]
    return x


@pytest.mark.parametrize("length", [3, 4, 7, 12, 25, 32, 33, 61, 77])
def test_equals_pymannkendall_and_scipy_exactly(length):
    """10 008 series with ties and gaps."""
    rng = np.random.default_rng(length)
    rows = series(rng, 1112, length)
    got = mann_kendall(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for r, x in enumerate(rows):
            ok = np.isfinite(x)
            if ok.sum() < 3:
                assert np.isnan(got["slope"][r])
                continue
            other, sen = pymannkendall.original_test(x), stats.theilslopes(x[ok], np.flatnonzero(ok), 0.95)
            assert got["slope"][r] == other.slope == sen.slope
            assert got["s"][r] == other.s and got["variance"][r] == other.var_s and got["n"][r] == ok.sum()
            assert got["z"][r] == pytest.approx(other.z, abs=1e-12)
            assert got["p_value"][r] == pytest.approx(other.p, abs=1e-12)
            assert got["intercept"][r] == pytest.approx(other.intercept, rel=1e-12, abs=1e-12)
            assert (got["slope_lower"][r], got["slope_upper"][r]) == (sen.low_slope, sen.high_slope)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_long_series_are_exact_too(dtype):
    """Beyond what is kept in memory, with drift that spoils single precision: 1e5 + 1e-3 noise."""
    rng = np.random.default_rng(0)
    x = (1e5 + 1e-3 * rng.standard_normal((3, 700)) + 1e-6 * np.arange(700)).astype(dtype)
    x[1, 100:300] = np.nan
    got = mann_kendall(x)
    for r in range(3):
        ok = np.isfinite(x[r])
        sen = stats.theilslopes(x[r][ok].astype(float), np.flatnonzero(ok))
        assert (got["slope"][r], got["slope_lower"][r], got["slope_upper"][r]) == (
            sen.slope, sen.low_slope, sen.high_slope,
        )  # fmt: skip


def test_irregular_times_are_divided_by_as_they_are():
    rng = np.random.default_rng(1)
    t = np.cumsum(rng.exponential(1.0, 40)) + 0.1
    x = rng.standard_normal((20, 40)) + 0.02 * t
    x[:, 7] = np.nan
    got = mann_kendall(x, time=t)
    for r in range(20):
        ok = np.isfinite(x[r])
        sen = stats.theilslopes(x[r][ok], t[ok])
        assert (got["slope"][r], got["slope_lower"][r]) == (sen.slope, sen.low_slope)
    assert mann_kendall(x[0], time=t * 1e6)["slope"] == pytest.approx(got["slope"][0] / 1e6, rel=1e-12)


@pytest.mark.parametrize("extreme", [1e300, 1e-300, 1e-320])
def test_extreme_sizes_do_not_break_the_ranks(extreme):
    x = np.array([1.0, 5.0, 2.0, 8.0, 7.0, 9.0, 3.0]) * extreme
    ok = np.isfinite(x)
    assert mann_kendall(x)["slope"] == stats.theilslopes(x[ok]).slope


@pytest.mark.parametrize(("ours", "options", "theirs", "their_options"), [
    ("hamed_rao", {}, "hamed_rao_modification_test", {}),
    ("hamed_rao", {"lags": 3}, "hamed_rao_modification_test", {"lag": 3}),
    ("yue_wang", {"lags": 1}, "yue_wang_modification_test", {"lag": 1}),
    ("yue_wang", {"lags": 48}, "yue_wang_modification_test", {}),
    ("tfpw", {}, "trend_free_pre_whitening_modification_test", {}),
    ("seasonal", {"period": 4}, "seasonal_test", {"period": 4}),
])  # fmt: skip
def test_variants_equal_pymannkendall_without_gaps(ours, options, theirs, their_options):
    """49 values have an even number of pairs: of an odd number one has Sen's slope, and its residuals tie."""
    rng = np.random.default_rng(2)
    rows = autoregression(rng, 0.5, 60, 49) + 0.01 * np.arange(49)
    got = mann_kendall(rows, test=ours, **options)
    scale = options.get("period", 1)
    for r, x in enumerate(rows):
        other = getattr(pymannkendall, theirs)(x, **their_options)
        if other.var_s <= 0:  # a variance that no sample can have: theirs is NaN, ours is uncorrected
            assert got["variance"][r] > 0
            continue
        assert got["s"][r] == other.s
        assert got["slope"][r] * scale == pytest.approx(other.slope, rel=1e-12)
        assert got["p_value"][r] == pytest.approx(other.p, abs=1e-10)


def test_hamed_rao_does_not_hang_on_rounding():
    """The residuals of the pair with Sen's slope are equal, whatever is added to the series."""
    x = autoregression(np.random.default_rng(10), 0.5, 40, 50)
    a, b = (mann_kendall(x + shift, test="hamed_rao") for shift in (0.0, 0.1))
    np.testing.assert_allclose(a["variance"], b["variance"], rtol=1e-9)


def test_yue_wang_is_the_closed_form_without_gaps():
    x = autoregression(np.random.default_rng(3), 0.6, 1, 60)[0]
    got, plain = mann_kendall(x, test="yue_wang"), mann_kendall(x)
    d = x - plain["slope"] * np.arange(60)
    d = d - d.mean()
    rho = (d[1:] * d[:-1]).sum() / (d * d).sum()
    n = 60
    factor = 1 + 2 * (rho ** (n + 1) - n * rho**2 + (n - 1) * rho) / (n * (rho - 1) ** 2)
    assert got["variance"] == pytest.approx(plain["variance"] * factor, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_gaps_keep_their_length(kind):
    """Missing columns named by time are the same as NaN columns; compressing them is not."""
    rng = np.random.default_rng(4)
    x = autoregression(rng, 0.6, 5, 60) + 0.05 * np.arange(60)
    keep = np.sort(rng.choice(60, 45, replace=False))
    keep[0], keep[-1] = 0, 59
    keep = np.unique(keep)
    holes = np.full_like(x, np.nan)
    holes[:, keep] = x[:, keep]
    a, b = mann_kendall(holes, **kind), mann_kendall(x[:, keep], time=keep, **kind)
    for name in a:
        np.testing.assert_allclose(a[name], b[name], rtol=1e-13)
    assert not np.allclose(a["slope"], mann_kendall(x[:, keep], **kind)["slope"], rtol=1e-3)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_missing_ends_change_nothing(kind):
    x = autoregression(np.random.default_rng(5), 0.4, 3, 48)
    padded = np.pad(x, ((0, 0), (12, 12)), constant_values=np.nan)
    a, b = mann_kendall(x, **kind), mann_kendall(padded, **kind)
    for name in ("slope", "slope_lower", "slope_upper", "s", "variance", "p_value", "n"):
        np.testing.assert_allclose(a[name], b[name], rtol=1e-10, err_msg=name)


def test_seasonal_compares_like_months_alone():
    """A huge seasonal cycle hides nothing: the slope per step is exactly 1/12, S the sum over months."""
    t = np.arange(120)
    x = 100.0 * np.cos(2 * np.pi * (t % 12) / 12) + (t // 12)
    got = mann_kendall(x, test="seasonal", period=12)
    assert got["slope"] == pytest.approx(1 / 12, rel=1e-12)
    assert got["s"] == 12 * 45 and got["variance"] == 12 * 125.0
    assert abs(mann_kendall(x)["z"]) < got["z"]


@pytest.mark.parametrize(("phi", "missing"), [(0.0, 0.0), (0.5, 0.0), (0.5, 0.3), (0.7, 0.3)])
def test_ar1_keeps_its_size_where_mann_kendall_does_not(phi, missing):
    """Simulated size at 5 %: 4-6 % give or take three standard errors of 4000 series."""
    rng = np.random.default_rng(6)
    x = autoregression(rng, phi, 4000, 50)
    x[rng.random(x.shape) < missing] = np.nan
    size = {t: np.mean(mann_kendall(x, test=t, level=None)["p_value"] < 0.05) for t in ("mk", "ar1")}
    slack = 3 * np.sqrt(0.05 * 0.95 / 4000)
    assert 0.04 - slack < size["ar1"] < 0.06 + slack
    if phi:
        assert size["mk"] > 0.15


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind["test"] not in ("mk", "seasonal")], ids=str)
def test_a_few_rising_values_are_no_trend(kind):
    """Three independent values rise or fall all the way in every third series."""
    for length in (2, 3, 4):
        got = mann_kendall(np.arange(length, dtype=float), min_n=2, **kind)
        assert got["p_value"] > 0.05, length


def test_intervals_cover_a_true_trend():
    x = autoregression(np.random.default_rng(7), 0.6, 3000, 60) + 0.03 * np.arange(60)
    got = {t: mann_kendall(x, test=t) for t in ("mk", "ar1")}
    got |= {t: mann_kendall(x, test=t, bias_corrected=True) for t in CORRECTABLE}
    cover = {t: np.mean((g["slope_lower"] <= 0.03) & (g["slope_upper"] >= 0.03)) for t, g in got.items()}
    assert cover.pop("mk") < 0.85
    assert all(0.93 < c < 0.975 for c in cover.values()), cover


whole = st.lists(st.integers(-50, 50), min_size=4, max_size=40)


@settings(max_examples=150, deadline=None)
@given(whole, st.integers(-6, 6), st.integers(-1000, 1000))
def test_shift_scale_sign_and_reversal(values, power, shift):
    """Powers of two and whole numbers, so that equality is exact."""
    x = np.array(values, float)
    base = mann_kendall(x)
    moved = mann_kendall(x * 2.0**power + shift)
    assert moved["slope"] == base["slope"] * 2.0**power and moved["p_value"] == base["p_value"]
    for mirrored in (mann_kendall(-x), mann_kendall(x[::-1])):
        assert mirrored["slope"] == -base["slope"] and mirrored["s"] == -base["s"]
        assert mirrored["p_value"] == base["p_value"]
    assert base["slope_lower"] <= base["slope"] <= base["slope_upper"]


def test_rows_do_not_know_each_other():
    x = series(np.random.default_rng(8), 200, 30)
    for kind in KINDS:
        together = mann_kendall(x, period=6, **kind)
        for r in (0, 3, 99, 199):
            alone = mann_kendall(x[r], period=6, **kind)
            for name in together:
                np.testing.assert_array_equal(together[name][r], alone[name])


def test_too_little_data_is_a_status():
    x = np.array([[NAN] * 5, [1.0, NAN, 2.0, NAN, NAN], [3.0] * 5, [1.0, np.inf, 2.0, 4.0, 3.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in KINDS:
            got = mann_kendall(x, period=2, **kind)
            assert got["status"].tolist()[:3] == [STATUS[k] for k in ("no_data", "too_few_years", "zero_variance")]
            assert got["slope"][2] == 0 and got["n"].tolist() == [0, 2, 5, 4]
        got = mann_kendall(x)
        line = straight_line(x)
    assert got["p_value"][2] == 1.0 and got["slope_lower"][2] == got["slope_upper"][2] == 0.0
    assert got["slope"][3] == stats.theilslopes([1.0, 2.0, 4.0, 3.0], [0, 2, 3, 4]).slope
    assert line["status"].tolist() == [STATUS[k] for k in ("no_data", "too_few_years", "zero_variance", "ok")]
    assert mann_kendall(np.empty((2, 0)))["status"].tolist() == [STATUS["no_data"]] * 2


def test_straight_line_equals_scipy():
    rng = np.random.default_rng(9)
    x = series(rng, 60, 30)
    t = 1990 + np.sort(rng.choice(60, 30, replace=False)).astype(float)
    got = straight_line(x, time=t)
    for r in range(60):
        ok = np.isfinite(x[r])
        line = stats.linregress(t[ok], x[r][ok])
        assert got["slope"][r] == pytest.approx(line.slope, rel=1e-9)
        assert got["intercept"][r] == pytest.approx(line.intercept, rel=1e-7)
        assert got["p_value"][r] == pytest.approx(line.pvalue, abs=1e-11)
        half = stats.t.ppf(0.975, ok.sum() - 2) * line.stderr
        assert got["slope_upper"][r] - got["slope"][r] == pytest.approx(half, rel=1e-9)


@pytest.mark.parametrize(("options", "word"), [
    ({"test": "kendall"}, "test"), ({"level": 1.5}, "level"), ({"lags": 0}, "lags"), ({"min_n": 1}, "min_n"),
    ({"time": [0, 1, 1, 2]}, "rise"), ({"time": [0, 1]}, "shape"), ({"time": ["a", "b", "c", "d"]}, "real numbers"),
    ({"time": [0.0, 1.0, 2.5, 3.1], "test": "ar1"}, "regular axis"), ({"test": "seasonal", "period": 1}, "period"),
    ({"time": [0.0, NAN, 2.0, 3.0]}, "finite"), ({"bias_corrected": True}, "hamed_rao"),
    ({"test": "ar1", "bias_corrected": True}, "is corrected"),
    ({"test": "yue_wang", "bias_corrected": True, "lags": 3}, "lags"),
    ({"test": "tfpw", "bias_corrected": True, "time": [0.0, 1.0, 2.5, 3.1]}, "regular axis"),
])  # fmt: skip
def test_wrong_options_name_the_cure(options, word):
    with pytest.raises(VadoseError, match=word):
        mann_kendall(np.zeros(4), **options)
