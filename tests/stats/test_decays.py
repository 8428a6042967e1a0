import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.signal import lfilter

from vadose.errors import VadoseError
from vadose.schema import STATUS
from vadose.stats import decays
from vadose.stats.decays import Rules
from vadose.stats.dry_changes import dry_changes


def model(t, tau, floor, size):
    return floor + size * np.exp(-t / tau)


@pytest.mark.parametrize("tau", [1.3, 5.0, 17.0, 60.0])
def test_exact_decays_with_gaps(tau):
    t = np.delete(np.arange(25.0), [3, 4, 11])
    got = decays.fit_event(model(t, tau, 0.12, 0.2), position=t)
    assert got["tau"] == pytest.approx(tau, rel=1e-6) and got["floor"] == pytest.approx(0.12, abs=1e-6)
    assert got["status"] == 0 and got["n"] == 22


def test_as_scipy_curve_fit():
    rng = np.random.default_rng(0)
    t = np.arange(30.0)
    for tau in (2.0, 6.0, 12.0):
        y = model(t, tau, 0.1, 0.2) + 0.004 * rng.standard_normal(30)
        want, cov = curve_fit(model, t, y, p0=(tau, 0.1, 0.2), xtol=1e-14, ftol=1e-14)
        got = decays.fit_event(y, position=t)
        np.testing.assert_allclose([got["tau"], got["floor"], got["amplitude"]], want, rtol=2e-6)
        assert got["tau_error"] == pytest.approx(np.sqrt(cov[0, 0]), rel=1e-4)
        want, cov = curve_fit(lambda t, tau, a: model(t, tau, 0.1, a), t, y, p0=(tau, 0.2), xtol=1e-14, ftol=1e-14)
        got = decays.fit_event(y, position=t, floor=0.1)
        assert got["tau"] == pytest.approx(want[0], rel=2e-6)
        assert got["tau_error"] == pytest.approx(np.sqrt(cov[0, 0]), rel=1e-4)


def test_pooled_fit_as_scipy():
    """Three events with amplitudes of their own and one time scale and floor."""
    rng = np.random.default_rng(1)
    t, sizes = np.arange(12.0), (0.1, 0.25, 0.15)
    y = np.concatenate([model(t, 5.0, 0.1, a) for a in sizes]) + 0.005 * rng.standard_normal(36)
    event = np.repeat(np.arange(3), 12)

    def all_events(t, tau, floor, *size):
        return floor + np.asarray(size)[event] * np.exp(-t / tau)

    want, cov = curve_fit(all_events, np.tile(t, 3), y, p0=(5, 0.1, *sizes), xtol=1e-14, ftol=1e-14)
    series = np.full(60, np.nan)
    place = np.concatenate([np.arange(12) + 20 * k for k in range(3)])
    series[place] = y
    got = decays.summarise(series, position=np.arange(60.0), rain=np.where(np.isfinite(series), 0.0, 9.0))
    assert got["n_events"] == 3
    assert float(got["tau_pooled"]) == pytest.approx(want[0], rel=1e-5)
    assert float(got["floor_pooled"]) == pytest.approx(want[1], rel=1e-5)
    assert float(got["tau_pooled_error"]) == pytest.approx(np.sqrt(cov[0, 0]), rel=1e-3)


def test_the_error_of_the_pooled_fit_is_honest():
    """Ten events of ten days with errors a twentieth of the signal: 95 % intervals hold the truth."""
    rng = np.random.default_rng(2)
    t = np.tile(np.arange(10.0), 10)
    y = model(t, 4.0, 0.1, 0.2) + 0.01 * rng.standard_normal((400, 100))
    rain = np.where(np.arange(110) % 11 == 0, 5.0, 0.0)
    full = np.full((400, 110), np.nan)
    full[:, rain == 0] = y
    got = decays.summarise(full, position=np.arange(110.0), rain=rain)
    inside = np.abs(got["tau_pooled"] - 4) < 1.96 * got["tau_pooled_error"]
    assert (got["n_events"] == 10).all() and 0.92 < inside.mean() < 0.98


def test_what_is_no_decay_says_so():
    t = np.arange(10.0)
    names = {
        "not_converged": 0.3 - 0.01 * t,
        "zero_variance": np.full(10, 0.3),
        "inconsistent_sign": 0.3 - 0.2 * np.exp(-t / 3),
        "too_few_pairs": np.r_[0.3, 0.2, 0.15, np.full(7, np.nan)],
        "no_data": np.full(10, np.nan),
    }
    for name, y in names.items():
        assert decays.fit_event(y, position=t)["status"] == STATUS[name], name
    assert decays.fit_event(model(t, 3, -0.1, 0.3), position=t)["status"] == STATUS["inconsistent_sign"]


def test_events_end_at_rain_gaps_and_rises():
    t = np.arange(30.0)
    y = model(t % 15, 5.0, 0.1, 0.2)
    assert decays.find_events(y, position=t) == [(0, 15), (15, 30)]
    holes = y.copy()
    holes[5:9] = np.nan
    assert decays.find_events(holes, position=t) == [(0, 5), (9, 15), (15, 30)]
    assert decays.find_events(holes, position=t, rules=Rules(max_gap=5)) == [(0, 15), (15, 30)]
    bumped = y.copy()
    bumped[7] += 0.03
    assert decays.find_events(bumped, position=t)[0] == (0, 7)
    assert decays.find_events(bumped, position=t, rules=Rules(tolerance=0.02))[0] == (0, 15)
    rain = np.zeros(30)
    rain[[0, 15]] = 12.0
    rain[20] = np.nan
    assert decays.find_events(y, position=t, rain=rain) == [(1, 15), (21, 30)]
    assert decays.find_events(y, position=t, rain=rain, rules=Rules(max_length=6)) == [(1, 8), (8, 15), (21, 28)]


def test_noise_apart_from_memory():
    """Red noise of 10 d under white noise of a third of the variance, a third of the days missing."""
    rng = np.random.default_rng(3)
    phi = np.exp(-1 / 10)
    x = lfilter([1], [1, -phi], rng.standard_normal((3, 40_000)) * np.sqrt(1 - phi**2))
    y = x + np.sqrt(0.5) * rng.standard_normal(x.shape)
    y[rng.random(y.shape) < 0.3] = np.nan
    got = decays.memory(y, position=np.arange(40_000), step=1.0, lags=60)
    np.testing.assert_allclose(got["timescale"], 10, rtol=0.15)
    np.testing.assert_allclose(got["noise_share"], 1 / 3, atol=0.03)
    assert (got["efolding"] < 8).all() and (got["status"] == 0).all()
    daily = decays.memory(y[:, ::2], position=np.arange(0, 40_000, 2), step=1.0, lags=60)
    np.testing.assert_allclose(daily["timescale"], got["timescale"], rtol=0.1)  # true lags, not sample counts


def test_memory_statuses():
    flat = np.vstack([np.full(400, 0.2), np.full(400, np.nan), np.tile([1.0, -1.0], 200)])
    got = decays.memory(flat, position=np.arange(400), step=1.0, lags=10)
    assert got["status"].tolist() == [STATUS[k] for k in ("zero_variance", "no_data", "too_few_pairs")]
    assert np.isnan(got["timescale"]).all() and got["r1"][2] == pytest.approx(-1)


def naive_rule(y, rain):
    level = 10.0
    while level > 0:
        pairs = [(t, y[t] - y[t - 1]) for t in range(1, len(y))
                 if rain[t] + rain[t - 1] < level and np.isfinite(y[t] - y[t - 1])]  # fmt: skip
        if len(pairs) < 36:
            return None
        if sum(d < 0 for _, d in pairs) >= 2 * sum(d > 0 for _, d in pairs):
            return level, dict(pairs)
        level -= 1.0
    return None


def test_the_dekadal_rule_as_a_plain_loop():
    rng = np.random.default_rng(4)
    rain = rng.gamma(0.4, 12, (60, 576))
    y = lfilter([1], [1, -0.6], rain) / 300 + rng.choice([0.002, 0.01, 0.02], (60, 1)) * rng.standard_normal((60, 576))
    y[rng.random(y.shape) < 0.1] = np.nan
    got = dry_changes(y, rain, position=np.arange(576))
    outcomes = [naive_rule(a, b) for a, b in zip(y, rain)]
    assert {o is None for o in outcomes} == {True, False}
    assert len({o[0] for o in outcomes if o}) > 1  # some needed a lower threshold
    for k, want in enumerate(outcomes):
        change = got["change"][k]
        if want is None:
            assert got["status"][k] in (STATUS["too_few_pairs"], STATUS["inconsistent_sign"])
            assert np.isnan(change).all()
            continue
        assert got["threshold"][k] == want[0] and got["n"][k] == len(want[1])
        assert np.flatnonzero(np.isfinite(change)).tolist() == sorted(want[1])
        assert got["n_falls"][k] == (change < 0).sum() and got["n_rises"][k] == (change > 0).sum()


def test_neighbours_are_neighbours_in_time():
    y = np.array([0.3, 0.2, 0.1])
    got = dry_changes(y, np.zeros(3), position=[0, 1, 3], min_n=1)
    assert got["n"] == 1 and np.isnan(got["change"][2])
    assert dry_changes(y * np.nan, np.zeros(3), position=[0, 1, 2])["status"] == STATUS["no_data"]
    assert dry_changes(y, np.full(3, 9.0), position=[0, 1, 2])["status"] == STATUS["too_few_pairs"]
    assert dry_changes(-y, np.zeros(3), position=[0, 1, 2], min_n=1)["status"] == STATUS["inconsistent_sign"]


@pytest.mark.parametrize("rules", [Rules(min_n=3), Rules(shortest=5, longest=2), Rules(max_gap=0)])
def test_rules_that_make_no_sense(rules):
    with pytest.raises(VadoseError):
        decays.summarise(np.zeros(9), position=np.arange(9), rules=rules)
