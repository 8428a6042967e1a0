"""Nominal 95 % intervals hold the truth 95 times in 100, persistent or not, with gaps or without."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats

from vadose.stats import pairs, triple

DAYS, POINTS, R = 3653, 300, 0.7
MX, MY, SX, SY = 0.25, 0.22, 0.06, 0.08


def persistent(rng: np.random.Generator, phi: float, shape: tuple[int, int]) -> np.ndarray:
    noise = rng.standard_normal(shape)
    noise[:, 1:] *= np.sqrt(1.0 - phi * phi)
    return signal.lfilter([1.0], [1.0, -phi], noise, axis=-1)


def draw(phi: float, pattern: str, *, seed: int, white: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Pairs whose scores are known; ``white``: a persistent truth seen twice through white noise."""
    rng = np.random.default_rng(seed)
    common = persistent(rng, phi, (POINTS, DAYS))
    x, y = (
        np.sqrt(R) * common + np.sqrt(1 - R) * persistent(rng, 0.0 if white else phi, common.shape) for _ in range(2)
    )
    x, y = MX + SX * x, MY + SY * y
    if pattern == "third":
        x[:, np.arange(DAYS) % 3 != 0] = np.nan
    elif pattern != "full":
        x[rng.random(x.shape) < float(pattern)] = np.nan
    return x, y


def truth() -> dict[str, float]:
    bias, corr, var = MX - MY, 2 * SX * SY * (1 - R), (SX - SY) ** 2
    mse = bias**2 + corr + var
    gamma = (SX / MX) / (SY / MY)
    return {
        "bias": bias, "ubrmse": np.sqrt(corr + var), "r": R, "rmse": np.sqrt(mse), "nse": 1 - mse / SY**2,
        "kge": 1 - np.sqrt((R - 1) ** 2 + (MX / MY - 1) ** 2 + (gamma - 1) ** 2), "mse_corr": corr,
        "mse_bias": bias**2, "mse_var": var, "spearman": 6 / np.pi * np.arcsin(R / 2),
        "kendall": 2 / np.pi * np.arcsin(R), "mse": mse, "r2_pearson": R * R,
    }  # fmt: skip


def held(got: dict, name: str) -> int:
    return int(np.sum((got[f"{name}_lower"] <= truth()[name]) & (truth()[name] <= got[f"{name}_upper"])))


def least(share: float) -> int:
    """Fewer hits than this have a chance below 1 in 10 000 if the true coverage is ``share``."""
    return int(stats.binom.ppf(1e-4, POINTS, share))


@pytest.mark.parametrize("pattern", ["full", "0.3", "0.7", "third"])
@pytest.mark.parametrize("phi", [0.0, 0.6, 0.9, 0.95])
def test_effective_sizes_cover(phi, pattern):
    x, y = draw(phi, pattern, seed=int(100 * phi) + len(pattern))
    got = pairs.scores(x, y)
    for name in truth():
        assert held(got, name) >= least(0.93), name
    for name in ("bias", "ubrmse", "r", "spearman", "kendall"):  # nor are they too wide
        assert held(got, name) <= stats.binom.ppf(1 - 1e-4, POINTS, 0.97), name


@pytest.mark.parametrize("pattern", ["full", "0.7"])
def test_persistence_under_white_noise_is_seen(pattern):
    x, y = draw(0.95, pattern, seed=5, white=True)
    got = pairs.scores(x, y)
    for name in ("r", "spearman", "kendall", "nse", "ubrmse"):
        assert held(got, name) >= least(0.93), name


def test_independence_assumed_covers_far_too_little():
    got = pairs.scores(*draw(0.9, "full", seed=1), ci="iid")
    for name in ("bias", "r"):
        assert held(got, name) < 0.65 * POINTS, name
    assert held(got, "bias") < 0.48 * POINTS


@pytest.mark.parametrize(("phi", "pattern"), [(0.0, "full"), (0.9, "0.3")])
def test_bootstrap_covers(phi, pattern):
    x, y = draw(phi, pattern, seed=2)
    got = pairs.scores(x, y, ci="bootstrap", ranks=False, n_boot=500)
    for name in ("bias", "ubrmse", "r", "rmse", "nse", "kge", "mse_corr", "mse_var"):
        assert held(got, name) >= least(0.91), name


def test_p_values_of_nothing_are_even():
    rng = np.random.default_rng(3)
    x, y = (persistent(rng, 0.9, (POINTS, 1500)) for _ in range(2))
    got = pairs.scores(x, y)
    for name in ("p_value", "spearman_p", "kendall_p", "bias_p"):
        false = int(np.sum(got[name] < 0.05))
        assert stats.binom.ppf(1e-4, POINTS, 0.04) <= false <= stats.binom.ppf(1 - 1e-4, POINTS, 0.065), name


def test_triple_collocation_covers():
    rng = np.random.default_rng(4)
    shape = (POINTS, 2000)
    t = persistent(rng, 0.9, shape)
    got = triple.collocate(
        t + 0.5 * rng.standard_normal(shape), 2 * t + persistent(rng, 0.9, shape),
        -0.5 * t + 0.3 * rng.standard_normal(shape),
        n_boot=500,
    )  # fmt: skip
    real = {"err_std": (0.5, 1.0, 0.3), "r2": (0.8, 0.8, 0.25 / 0.34), "beta": (1.0, 0.5, -2.0)}
    for name, values in real.items():
        for k, value in enumerate(values):
            hits = np.sum((got[f"{name}_lower"][k] <= value) & (value <= got[f"{name}_upper"][k]))
            assert hits >= least(0.91), (name, k)
