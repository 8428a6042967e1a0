import warnings

import numpy as np
import pytest
from scipy import stats

from vadose.errors import VadoseError
from vadose.stats import STATUS
from vadose.stats.breaks import fligner_killeen, pettitt


def test_pettitt_equals_the_definition():
    rng = np.random.default_rng(0)
    rows = np.round(rng.standard_normal((40, 25)), 1)
    rows[:, ::6] = np.nan
    got = pettitt(rows)
    for r, row in enumerate(rows):
        place = np.flatnonzero(np.isfinite(row))
        x = row[place]
        n = x.size
        u = [abs(sum(np.sign(x[i] - x[j]) for i in range(t) for j in range(t, n))) for t in range(1, n)]
        at = int(np.argmax(u))
        assert got["k"][r] == max(u) and got["index"][r] == place[at]
        assert got["p_value"][r] == pytest.approx(min(1, 2 * np.exp(-6 * max(u) ** 2 / (n**3 + n**2))))
        assert got["shift"][r] == pytest.approx(x[at + 1 :].mean() - x[: at + 1].mean())


def test_pettitt_finds_a_jump_and_holds_its_size():
    rng = np.random.default_rng(1)
    quiet = rng.standard_normal((4000, 40))
    assert np.mean(pettitt(quiet)["p_value"] < 0.05) < 0.055  # the approximate p is on the safe side
    jump = quiet + 3 * (np.arange(40) >= 18)
    got = pettitt(jump)
    assert np.mean(np.abs(got["index"] - 17) <= 1) > 0.9 and np.mean(got["p_value"] < 0.05) > 0.99


def test_fligner_equals_scipy_with_gaps_and_ties():
    rng = np.random.default_rng(2)
    segment = np.repeat([0, 1, 2, -1], 15)
    rows = np.round(rng.standard_normal((60, 60)) * np.repeat([1, 1.5, 2, 9], 15), 1)
    rows[rng.random(rows.shape) < 0.1] = np.nan
    got = fligner_killeen(rows, segment)
    for r, row in enumerate(rows):
        parts = [row[(segment == k) & np.isfinite(row)] for k in range(3)]
        other = stats.fligner(*parts)
        assert got["statistic"][r] == pytest.approx(other.statistic, rel=1e-10)
        assert got["p_value"][r] == pytest.approx(other.pvalue, abs=1e-12)


def test_short_segments_are_left_out_and_said():
    x = np.full((3, 20), np.nan)
    x[1, :10] = np.arange(10)
    x[2] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = fligner_killeen(x, np.repeat([0, 1], 10))
        change = pettitt(x)
    assert got["status"].tolist() == [STATUS[k] for k in ("no_data", "too_few_years", "zero_variance")]
    assert got["segments"].tolist() == [0, 1, 2] and np.isnan(got["p_value"]).all()
    assert change["status"].tolist() == [STATUS[k] for k in ("no_data", "ok", "zero_variance")]


def test_wrong_input():
    with pytest.raises(VadoseError, match="segment"):
        fligner_killeen(np.zeros((2, 5)), [0, 1])
    with pytest.raises(VadoseError, match="min_n"):
        pettitt(np.zeros(5), min_n=1)
