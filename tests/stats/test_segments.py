import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import VadoseError
from vadose.stats import STATUS, segments, trends
from vadose.stats.persistence_kernels import first_order_score


def naive(x, label, t):
    slopes, s = [], 0
    for i in range(len(x)):
        for j in range(i + 1, len(x)):
            if label[i] == label[j] and np.isfinite(x[i]) and np.isfinite(x[j]):
                slopes.append((x[j] - x[i]) / (t[j] - t[i]))
                s += np.sign(x[j] - x[i])
    return np.median(slopes), s


def test_one_segment_is_the_ordinary_trend():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 30)).cumsum(axis=1)
    x[rng.random(x.shape) < 0.1] = np.nan
    for test in ("mk", "ar1"):
        got = segments.kendall_within(x, np.zeros(30, int), test=test)
        want = trends.mann_kendall(x, test=test)
        for name in ("slope", "s", "n"):
            np.testing.assert_array_equal(got[name], want[name])
        for name in ("p_value", "slope_lower", "slope_upper"):
            np.testing.assert_allclose(got[name], want[name], rtol=1e-12, atol=1e-12)
    line = segments.line_with_steps(x, np.zeros(30, int))
    want = trends.straight_line(x)
    for name in ("slope", "slope_lower", "slope_upper", "p_value"):
        np.testing.assert_allclose(line[name], want[name], rtol=1e-9, atol=1e-12)
    assert line["step"].shape == (200, 0)


def test_pairs_within_segments_alone():
    rng = np.random.default_rng(1)
    label = np.repeat([0, 1, 2], [9, 4, 12])
    t = np.cumsum(rng.uniform(0.5, 2, 25))
    x = np.round(rng.standard_normal((50, 25)), 1)
    x[rng.random(x.shape) < 0.2] = np.nan
    got = segments.kendall_within(x, label, time=t, test="mk")
    want = np.array([naive(row, label, t) for row in x])
    np.testing.assert_allclose(got["slope"], want[:, 0], rtol=1e-14)
    np.testing.assert_array_equal(got["s"], want[:, 1])


def test_variance_adds_up_over_segments():
    """Without ties n(n-1)(2n+5)/18 for 6 and 4 samples: 28.33 + 8.67."""
    x = np.random.default_rng(0).standard_normal(10)
    got = segments.kendall_within(x, np.repeat([0, 1], [6, 4]), test="mk")
    assert float(got["variance"]) == pytest.approx((6 * 5 * 17 + 4 * 3 * 13) / 18)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), shift=st.floats(-50, 50), gap=st.floats(0, 0.3))
def test_a_shift_of_a_segment_changes_only_its_step(seed, shift, gap):
    rng = np.random.default_rng(seed)
    label = np.repeat([0, 1], [12, 13])
    x = rng.standard_normal((3, 25))
    x[rng.random(x.shape) < gap] = np.nan
    moved = x + shift * label
    for method in (segments.kendall_within, segments.line_with_steps):
        a, b = method(x, label), method(moved, label)
        for name in ("slope", "slope_lower", "slope_upper", "p_value"):
            np.testing.assert_allclose(a[name], b[name], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(b["step"] - a["step"], shift, atol=1e-9)


def test_line_with_steps_is_least_squares():
    rng = np.random.default_rng(2)
    label = np.repeat([0, 1, 2], [10, 8, 12])
    x = rng.standard_normal(30) + 0.1 * np.arange(30) + 3.0 * (label == 1)
    x[[3, 15]] = np.nan
    ok = np.isfinite(x)
    design = np.c_[np.arange(30), *(label == k for k in range(3))][ok].astype(float)
    beta, left, *_ = np.linalg.lstsq(design, x[ok], rcond=None)
    got = segments.line_with_steps(x, label)
    assert float(got["slope"]) == pytest.approx(beta[0])
    np.testing.assert_allclose(got["step"], np.diff(beta[1:]))
    cov = np.linalg.inv(design.T @ design) * left[0] / (28 - 4)
    from scipy.stats import t

    q = t.ppf(0.975, 24)
    assert float(got["slope_upper"] - got["slope"]) == pytest.approx(q * np.sqrt(cov[0, 0]))
    wide = np.sqrt(cov[1, 1] + cov[2, 2] - 2 * cov[1, 2])
    assert float(got["step_upper"][0] - got["step"][0]) == pytest.approx(q * wide)


def test_size_under_persistence():
    """Without trend but with steps and persistence about 5 % are called significant."""
    rng = np.random.default_rng(3)
    e = rng.standard_normal((3000, 40))
    for t in range(1, 40):
        e[:, t] = 0.5 * e[:, t - 1] + np.sqrt(0.75) * e[:, t]
    label = np.repeat([0, 1], 20)
    share = np.mean(segments.kendall_within(e + 2 * label, label)["p_value"] < 0.05)
    assert 0.02 < share < 0.08
    assert np.mean(trends.mann_kendall(e + 2 * label, test="ar1")["p_value"] < 0.05) > 0.3


@pytest.mark.parametrize("length", [6, 8, 10, 16])
def test_short_segments_call_noise_no_trend(length):
    """The variance of a slope, taken for that of S, once called six independent values a trend in 28 % of series."""
    x = np.random.default_rng(4).standard_normal((3000, length))
    label = np.arange(length) * 2 // length
    assert np.mean(segments.kendall_within(x, label)["p_value"] < 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 3000)


def test_variance_of_the_score_within_segments_is_the_simulated_one():
    """One pattern of gaps; the variance of S of 20 000 series has a standard error of 1 %."""
    rng = np.random.default_rng(5)
    e = rng.standard_normal((20_000, 40)) * np.sqrt(0.75)
    e[:, 0] /= np.sqrt(0.75)
    for t in range(1, 40):
        e[:, t] += 0.5 * e[:, t - 1]
    e[:, [5, 6, 25]] = np.nan
    label = np.repeat([0, 1, 2], [15, 12, 13])
    plain = segments.kendall_within(e, label, test="mk", level=None)
    factor = first_order_score(np.isfinite(e[0]).astype(np.int64), label, 0.5)
    assert factor * plain["variance"][0] == pytest.approx(np.var(plain["s"]), rel=0.05)


def test_too_little_and_constant():
    x = np.full((3, 8), np.nan)
    x[1] = 1.0
    x[2, :3] = [1, 2, 3]
    got = segments.kendall_within(x, np.repeat([0, 1], 4))
    assert got["status"].tolist() == [STATUS["no_data"], STATUS["zero_variance"], STATUS["too_few_years"]]
    line = segments.line_with_steps(x, np.repeat([0, 1], 4))
    assert np.isnan(line["slope"][[0, 2]]).all() and line["slope"][1] == 0
    lonely = segments.kendall_within(np.arange(4.0), np.arange(4))  # no two of one segment
    assert np.isnan(lonely["slope"]) and lonely["segments"] == 4


@pytest.mark.parametrize("options", [
    {"segment": [1, 0, 0, 0, 0]}, {"segment": [0, 0]}, {"segment": [0.0] * 5},
    {"segment": [0] * 5, "test": "t"}, {"segment": [0] * 5, "level": 2.0}, {"segment": [0] * 5, "min_n": 0},
    {"segment": [0] * 5, "time": [0.0, 0.1, 2, 3.7123456789, 9]},
])  # fmt: skip
def test_bad_input(options):
    with pytest.raises(VadoseError):
        segments.kendall_within(np.arange(5.0), **options)
