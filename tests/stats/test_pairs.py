"""Scores: plain numbers against scipy and numpy, laws, status, and intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal, stats

from vadose.errors import VadoseError
from vadose.stats import STATUS, pairs

RNG = np.random.default_rng(7)


def series(n: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = rng.normal(0.25, 0.05, n)
    return 0.02 + 0.8 * y + rng.normal(0.0, 0.03, n), y


def hard_cases() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    x, y = series(500)
    gaps = x.copy()
    gaps[RNG.random(500) < 0.4] = np.nan
    outlier = x.copy()
    outlier[3] = 1e6
    return {
        "plain": (x, y),
        "gaps on both sides": (gaps, np.where(np.arange(500) % 7 == 0, np.nan, y)),
        "ties": (np.round(x, 2), np.round(y, 1)),
        "ties in one": (np.round(x, 1), y),
        "tiny variance far from zero": (300.0 + 1e-4 * x, 300.0 + 1e-4 * y),
        "float32": (x.astype(np.float32), y.astype(np.float32)),
        "one outlier crowds the buckets": (outlier, y),
        "negative": (-x, y),
        "smallest": (x[:20], y[:20]),
        "more than one bit block": series(4097),
        "exactly one bit block": series(4096),
    }


@pytest.mark.parametrize("name", hard_cases())
def test_plain_numbers_equal_scipy(name):
    x, y = hard_cases()[name]
    got = pairs.scores(x, y, ci="iid")
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    both = np.isfinite(x) & np.isfinite(y)
    x, y = x[both], y[both]
    d = x - y
    sx, sy, cov = x.std(), y.std(), np.mean((x - x.mean()) * (y - y.mean()))
    scale = np.abs(x).max()
    r, p = stats.pearsonr(x, y)
    rho, rho_p = stats.spearmanr(x, y)
    tau, tau_p = stats.kendalltau(x, y, method="asymptotic")
    beta, gamma = x.mean() / y.mean(), (sx / x.mean()) / (sy / y.mean())
    expected = {
        "n": (both.sum(), 0.0), "r": (r, 1e-12), "p_value": (p, 1e-9), "spearman": (rho, 1e-12),
        "spearman_p": (rho_p, 1e-9), "kendall": (tau, 1e-12), "kendall_p": (tau_p, 1e-9),
        "bias": (d.mean(), 1e-12 * scale), "rmse": (np.sqrt(np.mean(d**2)), 1e-12 * scale),
        "ubrmse": (d.std(), 1e-12 * scale), "mse": (np.mean(d**2), 1e-12 * scale**2),
        "mse_corr": (2 * sx * sy - 2 * cov, 1e-12 * scale**2), "mse_bias": (d.mean() ** 2, 1e-12 * scale**2),
        "mse_var": ((sx - sy) ** 2, 1e-12 * scale**2), "nse": (1 - np.sum(d**2) / np.sum((y - y.mean()) ** 2), None),
        "kge": (1 - np.sqrt((r - 1) ** 2 + (beta - 1) ** 2 + (gamma - 1) ** 2), None), "r2_pearson": (r * r, 1e-12),
    }  # fmt: skip
    far = name == "tiny variance far from zero"  # there the expected numbers themselves lose digits
    for key, (value, tolerance) in expected.items():
        limit = (1e-8 if far else 1e-11) * max(1.0, abs(value)) if tolerance is None or far else tolerance
        assert abs(got[key] - value) <= limit, key


def test_centred_moments_keep_digits_far_from_zero():
    # exact by hand: u = 0, 1, 2, 3 in units of 2^-20 around 2^10, so that nothing is rounded
    unit = 2.0**-20
    x, y = 1024.0 + unit * np.array([0.0, 1.0, 2.0, 3.0]), 1024.0 + unit * np.array([0.0, 1.0, 3.0, 2.0])
    got = pairs.scores(x, y, min_n=4, ci="none")
    assert got["r"] == pytest.approx(0.8, abs=1e-15)
    assert got["bias"] == 0.0
    assert got["rmse"] == pytest.approx(unit * np.sqrt(0.5), rel=1e-15)
    assert got["kendall"] == pytest.approx(4.0 / 6.0, abs=1e-15)


def test_bias_is_estimate_minus_reference():
    x, y = series(100)
    assert pairs.scores(y + 0.1, y)["bias"] == pytest.approx(0.1, abs=1e-14)
    assert pairs.scores(x, y)["bias"] == -pairs.scores(y, x)["bias"]


def test_status_names_the_reason():
    x, y = series(60)
    none = np.full(60, np.nan)
    half = np.arange(60) < 30
    got = pairs.scores(
        np.stack([x, none, np.where(half, x, np.nan), np.where(np.arange(60) < 19, x, np.nan), np.full(60, 0.3)]),
        np.stack([y, y, np.where(half, np.nan, y), y, y]),
    )
    names = ["ok", "no_data", "no_overlap", "too_few_pairs", "zero_variance"]
    assert got["status"].tolist() == [STATUS[n] for n in names]
    assert got["n"].tolist() == [60, 0, 0, 19, 60]
    assert np.isnan(got["bias"][1:4]).all() and np.isnan(got["r"][1:]).all()
    for name in ("bias", "bias_lower", "bias_upper", "rmse", "rmse_lower", "ubrmse", "ubrmse_upper"):
        assert np.isfinite(got[name][4]), name
    for name in ("r", "r_lower", "spearman", "kendall", "kge", "nse", "mse_corr", "mse_var", "p_value", "kendall_p"):
        assert np.isnan(got[name][4]), name


def test_identical_series_have_perfect_scores_and_bounds():
    x, _ = series(100)
    for ci in ("neff", "iid"):
        got = pairs.scores(x, x, ci=ci)
        assert got["r"] == got["r_lower"] == got["r_upper"] == 1.0
        assert got["spearman"] == got["kendall"] == got["nse"] == got["kge"] == 1.0
        assert got["rmse"] == got["rmse_upper"] == got["bias"] == got["bias_upper"] == got["ubrmse_upper"] == 0.0


@pytest.mark.parametrize("ci", ["neff", "bootstrap", "iid"])
def test_bounds_enclose_the_scores(ci):
    x, y = series(400)
    got = pairs.scores(x, y, ci=ci, n_boot=200)
    for name in pairs.BOUNDED:
        assert got[f"{name}_lower"] <= got[name] <= got[f"{name}_upper"], name
        assert got[f"{name}_lower"] < got[f"{name}_upper"], name


def test_higher_level_is_wider():
    x, y = series(300)
    low, high = pairs.scores(x, y, level=0.8), pairs.scores(x, y, level=0.99)
    for name in pairs.BOUNDED:
        assert high[f"{name}_upper"] - high[f"{name}_lower"] >= low[f"{name}_upper"] - low[f"{name}_lower"], name


def test_none_has_no_bounds_and_same_numbers():
    x, y = series(300)
    none, full = pairs.scores(x, y, ci="none"), pairs.scores(x, y)
    assert set(none) == set(full) == set(pairs.KEYS)
    for name in pairs.BOUNDED:
        assert np.isnan(none[f"{name}_lower"]) and none[name] == full[name]


def test_without_ranks_only_ranks_are_missing():
    x, y = series(300)
    full, fast = pairs.scores(x, y), pairs.scores(x, y, ranks=False)
    for key in pairs.KEYS:
        if key.startswith(("spearman", "kendall")):
            assert np.isnan(fast[key])
        else:
            assert fast[key] == full[key], key


def persistent(phi: float, shape: tuple[int, ...], seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(shape)
    noise[..., 1:] *= np.sqrt(1.0 - phi * phi)
    return signal.lfilter([1.0], [1.0, -phi], noise, axis=-1)


@pytest.mark.parametrize("ci", ["neff", "bootstrap"])
def test_numbers_do_not_depend_on_blocks(ci):
    x = persistent(0.8, (70, 300), 1).reshape(7, 10, 300)
    y = x + persistent(0.5, (7, 10, 300), 2)
    x[np.random.default_rng(3).random(x.shape) < 0.3] = np.nan
    whole = pairs.scores(x, y, ci=ci, n_boot=50)
    parts = [
        pairs.scores(x[i : i + 1, j : j + 3], y[i : i + 1, j : j + 3], ci=ci, n_boot=50) for i in (0, 6) for j in (0, 4)
    ]
    for key in pairs.KEYS:
        pieces = np.concatenate([p[key] for p in parts], axis=1)
        kept = np.concatenate([whole[key][i : i + 1, j : j + 3] for i in (0, 6) for j in (0, 4)], axis=1)
        np.testing.assert_array_equal(pieces, kept, err_msg=key)


def test_shared_reference_is_broadcast():
    x = persistent(0.8, (5, 200), 1)
    y = persistent(0.8, (200,), 2)
    shared, full = pairs.scores(x, y), pairs.scores(x, np.broadcast_to(y, x.shape))
    for key in pairs.KEYS:
        np.testing.assert_array_equal(shared[key], full[key], err_msg=key)
    assert pairs.scores(y, x)["r"].shape == (5,)


values = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=25, max_size=60)


@settings(max_examples=30, deadline=None)
@given(values, st.integers(0, 2**31))
def test_laws_hold_for_any_series(rows, seed):
    x, y = np.array(rows, float).T
    got = pairs.scores(x, y, ci="none")
    scale = 1.0 + got["mse"]
    assert abs(got["rmse"] ** 2 - got["bias"] ** 2 - got["ubrmse"] ** 2) < 1e-12 * scale
    if got["status"] == STATUS["ok"]:
        parts = got["mse_corr"] + got["mse_bias"] + got["mse_var"]
        assert abs(parts - got["mse"]) < 1e-11 * scale
        back = pairs.scores(y, x, ci="none")
        for key in ("r", "spearman", "kendall", "rmse", "ubrmse"):
            assert abs(got[key] - back[key]) < 1e-12 * scale, key
        assert abs(got["kendall"] - stats.kendalltau(x, y)[0]) < 1e-12
        assert abs(got["spearman"] - stats.spearmanr(x, y)[0]) < 1e-12
        moved = pairs.scores(3.0 * x + 7.0, 3.0 * y + 7.0, ci="none")
        for key, factor in (
            ("r", 1),
            ("spearman", 1),
            ("kendall", 1),
            ("rmse", 3),
            ("bias", 3),
            ("mse", 9),
            ("nse", 1),
        ):
            assert abs(moved[key] - factor * got[key]) < 1e-10 * scale, key
        order = np.random.default_rng(seed).permutation(x.size)
        mixed = pairs.scores(x[order], y[order], ci="iid")
        for key, value in pairs.scores(x, y, ci="iid").items():
            np.testing.assert_allclose(mixed[key], value, rtol=1e-7, atol=1e-9 * scale, err_msg=key)


@pytest.mark.parametrize("ci", ["neff", "bootstrap", "iid"])
def test_missing_samples_are_positions_left_out(ci):
    x, y = persistent(0.9, (500,), 4), persistent(0.9, (500,), 5)
    keep = np.random.default_rng(6).random(500) < 0.5
    keep[[0, -1]] = True
    gaps = pairs.scores(np.where(keep, x, np.nan), y, ci=ci, n_boot=50)
    cut = pairs.scores(x[keep], y[keep], position=1000 + 2 * np.flatnonzero(keep), ci=ci, n_boot=50)
    for key in pairs.KEYS:
        assert cut[key] == pytest.approx(gaps[key], rel=1e-12, nan_ok=True), key


def test_leading_and_trailing_gaps_change_nothing():
    x, y = persistent(0.9, (300,), 4), persistent(0.9, (300,), 5)
    pad = np.full(50, np.nan)
    long = pairs.scores(np.r_[pad, x, pad], np.r_[pad, y, pad])
    for key, value in pairs.scores(x, y).items():
        assert long[key] == pytest.approx(float(value), rel=1e-12), key


def test_bootstrap_repeats_with_its_seed():
    x, y = series(200)
    a, b, c = (pairs.scores(x, y, ci="bootstrap", n_boot=100, seed=s) for s in (1, 1, 2))
    assert a["r_lower"] == b["r_lower"] != c["r_lower"]


def test_white_bootstrap_agrees_with_theory():
    x, y = series(3000)
    boot, theory = (pairs.scores(x, y, ci=ci, ranks=False) for ci in ("bootstrap", "iid"))
    for name in ("bias", "rmse", "ubrmse", "r", "nse"):
        wide = theory[f"{name}_upper"] - theory[f"{name}_lower"]
        assert boot[f"{name}_upper"] - boot[f"{name}_lower"] == pytest.approx(wide, rel=0.2), name


def test_iid_intervals_are_the_textbooks():
    x, y = series(150)
    got = pairs.scores(x, y, ci="iid")
    n, d, r, tau = 150, x - y, got["r"], got["kendall"]
    half = stats.t.ppf(0.975, n - 1) * d.std(ddof=1) / np.sqrt(n)
    assert got["bias_upper"] == pytest.approx(d.mean() + half, rel=1e-12)
    z = stats.norm.ppf(0.975)
    assert got["r_lower"] == pytest.approx(np.tanh(np.arctanh(r) - z / np.sqrt(n - 3)), rel=1e-12)
    assert got["ubrmse_upper"] == pytest.approx(np.sqrt(n * d.var() / stats.chi2.ppf(0.025, n - 1)), rel=1e-10)
    assert got["kendall_lower"] == pytest.approx(np.tanh(np.arctanh(tau) - z * np.sqrt(0.437 / (n - 4))), rel=1e-12)
    assert got["bias_p"] == pytest.approx(stats.ttest_rel(x, y).pvalue, rel=1e-9)
    assert got["n_eff_r"] == got["n_eff_bias"] == n


def test_against_pytesmo():
    metrics = pytest.importorskip("pytesmo.metrics")
    x, y = series(400)
    got = pairs.scores(x, y, ci="iid")
    assert got["bias"] == pytest.approx(metrics.bias(x, y), abs=1e-14)
    assert got["rmse"] == pytest.approx(metrics.rmsd(x, y), rel=1e-10)
    assert got["ubrmse"] == pytest.approx(metrics.ubrmsd(x, y), rel=1e-10)
    assert got["mse_corr"] == pytest.approx(metrics.mse_corr(x, y), rel=1e-10)
    assert got["mse_var"] == pytest.approx(metrics.mse_var(x, y), rel=1e-10)
    assert got["nse"] == pytest.approx(metrics.nash_sutcliffe(y, x), rel=1e-10)
    for name, theirs in (("bias", metrics.bias), ("r", metrics.pearson_r), ("ubrmse", metrics.ubrmsd)):
        low, high = metrics.with_analytical_ci(theirs, x, y)[1:3]
        assert (got[f"{name}_lower"], got[f"{name}_upper"]) == pytest.approx((low, high), rel=1e-8), name


def test_kendall_interval_holds_where_pytesmo_does_not():
    metrics = pytest.importorskip("pytesmo.metrics")
    rng = np.random.default_rng(0)
    common = rng.standard_normal((300, 100))
    x, y = (np.sqrt(0.7) * common + np.sqrt(0.3) * rng.standard_normal((300, 100)) for _ in range(2))
    truth = 2.0 / np.pi * np.arcsin(0.7)
    got = pairs.scores(x, y, ci="iid")
    ours = np.mean((got["kendall_lower"] <= truth) & (truth <= got["kendall_upper"]))
    theirs = [metrics.with_analytical_ci(metrics.kendall_tau, a, b)[1:3] for a, b in zip(x, y)]
    peer = np.mean([low <= truth <= high for low, high in theirs])
    assert ours > 0.92
    assert peer < 0.88


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"ci": "bca"}, "ci"), ({"level": 95}, "level"), ({"min_n": 1}, "min_n"), ({"n_boot": 3}, "n_boot"),
        ({"position": np.arange(9)}, "position"), ({"position": np.zeros(10, int)}, "position"),
        ({"position": np.arange(10) + 0.5}, "position"),
        ({"position": np.arange(10) * 10**8 + np.eye(10)[3]}, "position"),
    ],
)  # fmt: skip
def test_bad_options_are_named(wrong, names):
    with pytest.raises(VadoseError, match=names):
        pairs.scores(np.arange(10.0), np.arange(10.0), **wrong)


def test_bad_shapes_are_named():
    with pytest.raises(VadoseError, match="broadcast"):
        pairs.scores(np.zeros((2, 10)), np.zeros((3, 10)))
    with pytest.raises(VadoseError, match="real numbers"):
        pairs.scores(np.array(["a"]), np.zeros(1))
    with pytest.raises(VadoseError, match="time last"):
        pairs.scores(1.0, 2.0)


def test_empty_inputs():
    assert pairs.scores(np.empty((0, 10)), np.zeros(10))["r"].shape == (0,)
    assert pairs.scores(np.empty((3, 0)), np.empty((3, 0)))["status"].tolist() == [STATUS["no_data"]] * 3
