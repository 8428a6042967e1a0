"""Effective sizes: the closed form, naive double sums with gaps, and recovery of a known persistence."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import signal

from vadose.stats import effective_size
from vadose.stats.autocorrelation_kernels import inflation


def persistent(phi: float, shape: tuple[int, int], seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(shape)
    noise[:, 1:] *= np.sqrt(1.0 - phi * phi)
    return signal.lfilter([1.0], [1.0, -phi], noise, axis=-1)


@pytest.mark.parametrize("keep", [1.0, 0.5, 0.05])
def test_inflation_is_the_sum_over_pairs(keep):
    rng = np.random.default_rng(2)
    steps = np.flatnonzero(rng.random(1500) < keep)
    steps -= steps[0]
    a, phi = np.array([1.0, 1.0, 0.4, 0.0]), np.array([0.3, 0.97, 0.9, 0.0])
    row = np.empty(4)
    inflation(a, phi, steps, steps.size, steps[-1] + 1, row, np.empty((64, 4)))
    apart = np.abs(steps[:, None] - steps[None, :])
    for j in range(4):
        full = np.where(apart == 0, 1.0, a[j] * phi[j] ** apart.astype(float)).sum() / steps.size
        assert row[j] == pytest.approx(full, rel=1e-9)


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("missing", [0.0, 0.6])
def test_known_persistence_is_recovered(phi, missing):
    values = persistent(phi, (40, 3653), 3)
    values[np.random.default_rng(4).random(values.shape) < missing] = np.nan
    got = effective_size(values)
    assert np.median(got["rho"]) == pytest.approx(phi, abs=0.03)
    if not missing:
        expected = 3653 * (1 - phi) / (1 + phi)
        assert np.median(got["n_eff"]) == pytest.approx(expected, rel=0.08)
        squared = effective_size(values, squared=True)["n_eff"]
        assert np.median(squared) == pytest.approx(3653 * (1 - phi**2) / (1 + phi**2), rel=0.08)


def test_every_third_day_takes_the_root():
    values = persistent(0.9, (40, 3653), 5)
    values[:, np.arange(3653) % 3 != 0] = np.nan
    assert np.median(effective_size(values)["rho"]) == pytest.approx(0.9, abs=0.02)


def test_positions_and_gaps_agree_and_few_values_are_missing():
    values = persistent(0.8, (1, 400), 6)[0]
    keep = np.random.default_rng(7).random(400) < 0.5
    a = effective_size(np.where(keep, values, np.nan))
    b = effective_size(values[keep], position=np.flatnonzero(keep))
    assert float(a["n_eff"]) == pytest.approx(float(b["n_eff"]), rel=1e-12)
    assert np.isnan(effective_size([1.0, np.nan, 2.0])["n_eff"])


def test_import_is_cheap():
    code = "import sys, vadose.stats; print([m for m in ('numba', 'scipy', 'pandas', 'xarray') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
