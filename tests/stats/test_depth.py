import numpy as np
import pytest
from scipy import stats

from vadose.errors import VadoseError
from vadose.stats import STATUS, depth, windows


def rain_driven(n=2500, seed=0):
    rng = np.random.default_rng(seed)
    x = np.zeros(n)
    for t in range(1, n):
        x[t] = 0.8 * x[t - 1] + (rng.random() < 0.15) * rng.exponential()
    return x


@pytest.mark.parametrize("planted", [2.5, 9.0, 25.0, 70.0])
def test_a_planted_time_scale_is_found_through_noise_and_gaps(planted):
    rng = np.random.default_rng(int(planted))
    x = rain_driven()
    y = windows.exponential_filter(x, t_value=planted)
    y = y + 0.2 * y.std() * rng.standard_normal(y.size)
    x[rng.random(x.size) < 0.1] = np.nan
    y[rng.random(y.size) < 0.3] = np.nan
    got = depth.best_time_scale(x, y)
    assert float(got["t_best"]) == pytest.approx(planted, rel=0.1) and int(got["status"]) == STATUS["ok"]


def test_the_best_is_the_largest_of_the_curve():
    x = rain_driven(seed=3)
    y = windows.exponential_filter(x, t_value=15.0) + 0.05 * np.random.default_rng(1).standard_normal(x.size)
    got = depth.best_time_scale(x, y)
    t = np.exp(np.linspace(np.log(5), np.log(50), 400))
    r = [np.corrcoef(windows.exponential_filter(x, t_value=v), y)[0, 1] for v in t]
    assert float(got["r_best"]) >= max(r) - 1e-9
    assert float(got["t_best"]) == pytest.approx(t[int(np.argmax(r))], rel=0.01)
    k = list(depth.TIME_SCALES).index(17)
    assert got["r"][k] == pytest.approx(np.corrcoef(windows.exponential_filter(x, t_value=17.0), y)[0, 1], abs=1e-12)


def test_a_maximum_at_an_end_is_no_time_scale():
    x = rain_driven(seed=4)
    got = depth.best_time_scale(x, x)
    assert np.isnan(got["t_best"]) and int(got["status"]) == STATUS["not_converged"] and got["r_best"] > 0.9


def test_lagged_correlation_is_pearson_of_the_shifted_series_on_the_true_axis():
    rng = np.random.default_rng(5)
    x, y = rain_driven(400, 1), rain_driven(400, 2)
    kept = np.sort(rng.choice(400, 300, replace=False))
    got = depth.lagged_correlation(x[kept], y[kept], lags=range(-3, 6), position=kept)
    full_x, full_y = np.full(400, np.nan), np.full(400, np.nan)
    full_x[kept], full_y[kept] = x[kept], y[kept]
    for k, lag in enumerate(range(-3, 6)):
        a, b = (full_x[: 400 - lag], full_y[lag:]) if lag >= 0 else (full_x[-lag:], full_y[:lag])
        both = np.isfinite(a) & np.isfinite(b)
        assert got["n"][k] == both.sum()
        assert got["r"][k] == pytest.approx(stats.pearsonr(a[both], b[both]).statistic, abs=1e-12)


@pytest.mark.parametrize("lag", [-2, 0, 4, 11])
def test_a_planted_lag_is_found(lag):
    x = rain_driven(600)
    y = np.full(600, np.nan)
    y[max(lag, 0) : 600 + min(lag, 0)] = x[max(-lag, 0) : 600 - max(lag, 0)]
    got = depth.lagged_correlation(x, y, lags=range(-5, 20))
    assert float(got["lag"]) == lag and float(got["r_max"]) == pytest.approx(1.0)


@pytest.mark.parametrize(("y", "status"), [
    (np.full(100, np.nan), "no_data"), (np.where(np.arange(100) < 50, np.nan, 1.0 * np.arange(100)), "no_overlap"),
     (np.where(np.arange(100) < 9, 1.0 * np.arange(100), np.nan), "too_few_pairs"),
    (np.full(100, 0.3), "zero_variance"),
])  # fmt: skip
def test_too_little_is_a_status(y, status):
    x = rain_driven(100)
    if status == "no_overlap":
        x[46:] = np.nan  # farther apart than any lag tried, counted backwards
    for got in (depth.lagged_correlation(x, y, lags=range(5)), depth.best_time_scale(x, y)):
        assert int(got["status"]) == STATUS[status]


def test_the_filter_is_that_of_pytesmo():
    """The same recursion; pytesmo keeps gain and weight in single precision and takes whole days for T."""
    filters = pytest.importorskip("pytesmo.time_series.filters")
    rng = np.random.default_rng(6)
    x = rain_driven(500)
    when = np.cumsum(rng.exponential(1.0, 500)) + 2450000.0
    x[rng.random(500) < 0.2] = np.nan
    for scale in (1, 10, 60):
        theirs = np.asarray(filters.exp_filter(np.where(np.isnan(x), -999999.0, x), when, scale))
        ours = windows.exponential_filter(x, t_value=scale, position=when)
        known = np.isfinite(x)
        np.testing.assert_allclose(ours[known], theirs[known], rtol=1e-6)


def test_bad_options_are_refused():
    with pytest.raises(VadoseError, match="lags"):
        depth.lagged_correlation([1.0, 2.0], [1.0, 2.0], lags=[0, 0, 1])
    with pytest.raises(VadoseError, match="time_scales"):
        depth.best_time_scale([1.0, 2.0], [1.0, 2.0], time_scales=[5, 2, 1])
