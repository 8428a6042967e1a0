import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import VadoseError
from vadose.schema import STATUS
from vadose.stats import cycles

PHASE = (np.arange(360) % 36 + 0.5) / 36
YEAR = np.arange(360) // 36


def wave(c, phase=PHASE):
    turn = 2 * np.pi * np.asarray(phase)
    return c[0] + c[1] * np.cos(turn) + c[2] * np.sin(turn) + c[3] * np.cos(2 * turn) + c[4] * np.sin(2 * turn)


def fit(y, **options):
    return cycles.fit(y, phase=PHASE, year=YEAR, **options)


@given(st.floats(-1, 1), st.floats(0.05, 1), st.floats(0, 0.999), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_a_sine_with_gaps_is_found_exactly(mean, size, place, seed):
    y = wave([mean, size * np.cos(2 * np.pi * place), size * np.sin(2 * np.pi * place), 0, 0])
    y[np.random.default_rng(seed).random(360) < 0.6] = np.nan
    got = fit(y)
    assert got["status"] == 0 and got["n_harmonics"] == 1
    assert got["mean"] == pytest.approx(mean, abs=1e-10) and got["amplitude"] == pytest.approx(size, rel=1e-9)
    assert abs(cycles.circular_difference(got["peak"], place)) < 1e-9
    assert abs(cycles.circular_difference(got["trough"], place + 0.5)) < 1e-9
    assert got["range"] == pytest.approx(2 * size, rel=1e-9) and got["n"] == np.isfinite(y).sum()


def test_two_harmonics_as_lstsq_and_brute_force():
    rng = np.random.default_rng(5)
    for k in range(40):
        c = rng.standard_normal(5)
        y = wave(c) + 0.3 * rng.standard_normal(360)
        y[rng.random(360) < 0.3] = np.nan
        ok = np.isfinite(y)
        got = fit(y, order=2)
        design = cycles.harmonics(PHASE[ok])
        want, rest, *_ = np.linalg.lstsq(design, y[ok], rcond=None)
        np.testing.assert_allclose([float(got[t]) for t in ("mean", "cos1", "sin1", "cos2", "sin2")], want, atol=1e-11)
        n = ok.sum()
        adjusted = 1 - rest[0] / (n - 5) / np.var(y[ok], ddof=1)
        assert float(got["r2_adjusted"]) == pytest.approx(adjusted, rel=1e-10), k
        fine = np.linspace(0, 1, 200_001)[:-1]
        curve = wave(want, fine)
        assert abs(cycles.circular_difference(got["peak"], fine[curve.argmax()])) < 1e-5
        assert abs(cycles.circular_difference(got["trough"], fine[curve.argmin()])) < 1e-5
        assert float(got["range"]) == pytest.approx(np.ptp(curve), rel=1e-7)
        peaks = (curve > np.roll(curve, 1)) & (curve > np.roll(curve, -1))
        assert int(got["n_peaks"]) == peaks.sum()
        if peaks.sum() == 2:
            lower = min(np.flatnonzero(peaks), key=lambda i: curve[i])
            assert abs(cycles.circular_difference(got["second_peak"], fine[lower])) < 1e-5
        else:
            assert np.isnan(got["second_peak"])


@pytest.mark.parametrize("order", [1, 2])
def test_times_of_any_spacing_as_lstsq(order):
    """Phases that never come back, in stretches of one sample; the first value an outlier, others infinite."""
    rng = np.random.default_rng(9)
    time = np.sort(rng.uniform(0, 4, 90))
    y = 0.3 + 0.1 * np.cos(2 * np.pi * (time - 0.2)) + 0.02 * rng.standard_normal((5, 90))
    y[rng.random(y.shape) < 0.2] = np.nan
    y[:, 0], y[1, 5], y[2, 7] = 2.0, np.inf, -np.inf
    got = cycles.fit(y, phase=time % 1, year=time.astype(int), order=order)
    for k, row in enumerate(y):
        ok = np.isfinite(row)
        design = cycles.harmonics(time[ok] % 1)[:, : 1 + 2 * order]
        want, rest, *_ = np.linalg.lstsq(design, row[ok], rcond=None)
        found = [float(got[name][k]) for name in ("mean", "cos1", "sin1", "cos2", "sin2")[: 1 + 2 * order]]
        np.testing.assert_allclose(found, want, atol=1e-14)
        adjusted = 1 - rest[0] / (ok.sum() - 1 - 2 * order) / np.var(row[ok], ddof=1)
        assert float(got["r2_adjusted"][k]) == pytest.approx(adjusted, abs=1e-12)
        assert got["n"][k] == ok.sum() and got["n_years"][k] == 4


def test_the_number_of_harmonics_follows_bic():
    rng = np.random.default_rng(1)
    for size in (0.0, 0.08, 0.2, 0.5):
        y = wave([0, 1, 0, size, 0]) + 0.4 * rng.standard_normal(360)
        bic = []
        for width in (3, 5):
            _, rest, *_ = np.linalg.lstsq(cycles.harmonics(PHASE)[:, :width], y, rcond=None)
            bic.append(360 * np.log(rest[0] / 360) + width * np.log(360))
        for drop in (0.0, 10.0):
            assert fit(y, bic_drop=drop)["n_harmonics"] == (2 if bic[0] - bic[1] > drop else 1)
    assert fit(wave([0, 1, 0, 0.5, 0]))["n_harmonics"] == 2 and fit(wave([0, 1, 0, 0, 0]))["n_harmonics"] == 1


def test_shift_scale_and_order_of_samples():
    rng = np.random.default_rng(2)
    y = wave([0.2, 0.1, 0.05, 0.03, -0.02]) + 0.01 * rng.standard_normal((4, 360))
    a, b = fit(y), fit(-3 * y + 7)
    np.testing.assert_allclose(b["range"], 3 * a["range"], rtol=1e-10)
    np.testing.assert_allclose(cycles.circular_difference(b["peak"], a["trough"]), 0, atol=1e-9)
    np.testing.assert_allclose(b["r2_adjusted"], a["r2_adjusted"], rtol=1e-10)
    far = fit(y + 1e6)
    np.testing.assert_allclose(far["amplitude"], a["amplitude"], rtol=1e-6)


def test_status_four_ways():
    y = np.repeat(wave([0.2, 0.1, 0, 0, 0])[None], 6, axis=0)
    y[0] = np.nan
    y[1, 20:] = np.nan
    y[2, 36:] = np.nan
    y[3, (PHASE > 0.1) & (PHASE < 0.6)] = np.nan
    y[4] = 0.3
    got = fit(y, min_n=21)
    names = ("no_data", "too_few_pairs", "too_few_years", "incomplete_year", "zero_variance", "ok")
    assert got["status"].tolist() == [STATUS[k] for k in names]
    assert np.isnan(got["peak"][:5]).all() and got["amplitude"][4] == 0 and np.isnan(got["mean"][:4]).all()
    assert fit(y[3], max_gap=0.6)["amplitude"] == pytest.approx(0.1, rel=1e-9)


def test_correlation_is_that_of_the_curves():
    rng = np.random.default_rng(3)
    a, b = rng.standard_normal((2, 5))
    fine = (np.arange(3600) + 0.5) / 3600
    want = np.corrcoef(cycles.evaluate(a, fine), cycles.evaluate(b, fine))[0, 1]
    assert float(cycles.correlation(a, b)) == pytest.approx(want, abs=1e-12)
    assert np.isnan(cycles.correlation(a, [1, 0, 0, 0, 0]))


@pytest.mark.parametrize("options", [{"phase": PHASE[:5]}, {"phase": PHASE + 1}, {"order": 3}, {"max_gap": 0}])
def test_what_cannot_be_used_is_named(options):
    with pytest.raises(VadoseError):
        cycles.fit(np.zeros(360), **({"phase": PHASE, "year": YEAR} | options))
