"""One product against many: common samples, honest tests."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import signal, stats

from vadose import validation
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS, status_name

RNG = np.random.default_rng(3)
TIME = pd.date_range("2016-01-01", "2017-12-31")
UNIT = {"units": "m3 m-3"}
TRUTH = 0.25 + 0.04 * RNG.standard_normal((25, TIME.size)) + 0.05 * RNG.standard_normal((25, 1))


def make(noise, bias=0.0, truth=TRUTH):
    estimate = truth + bias + noise * RNG.standard_normal(truth.shape)
    return xr.Dataset({"estimate": (("cell", "time"), estimate, UNIT), "reference": (("cell", "time"), truth, UNIT)},
                      {"time": TIME})  # fmt: skip


@pytest.fixture(scope="module")
def pairs():
    return {"good": make(0.01, 0.01), "noisy": make(0.04, 0.01), "biased": make(0.01, -0.08)}


def test_the_better_side_is_found_metric_by_metric(pairs):
    got = validation.head_to_head(pairs, candidate="good")
    for view in ("time", "space"):
        noisy, biased = (got.better.sel(view=view, other=o) for o in ("noisy", "biased"))
        assert [int(noisy.sel(metric=m)) for m in ("r", "rmse", "ubrmse")] == [1, 1, 1]
        assert [int(biased.sel(metric=m)) for m in ("r", "bias", "ubrmse")] == [0, 1, 0]
    assert int(got.better.sel(view="time", other="noisy", metric="bias")) == 0
    assert got["mean"].sel(view="space", metric="anomaly_r").isnull().all()
    turned = validation.head_to_head(pairs, candidate="noisy")
    assert int(turned.better.sel(view="time", other="good", metric="r")) == -1


def test_means_and_tests_equal_those_by_hand(pairs):
    got = validation.head_to_head(pairs, candidate="good").sel(view="time", other="noisy", metric="rmse")
    a, b = (validation.score(pairs[k], ci="none").rmse.values for k in ("good", "noisy"))
    assert float(got["mean"].sel(side="other")) == pytest.approx(b.mean())
    assert float(got["median"].sel(side="candidate")) == pytest.approx(np.median(a))
    assert float(got.p_value) == pytest.approx(stats.ttest_rel(a, b).pvalue)
    low, high = stats.t.interval(0.95, 24, (a - b).mean(), stats.sem(a - b))
    assert (float(got.difference_lower), float(got.difference_upper)) == pytest.approx((low, high))


def test_both_sides_rest_on_the_same_days_and_cells(pairs):
    gappy = {k: p.copy(deep=True) for k, p in pairs.items()}
    gappy["noisy"].estimate[:, ::2] = np.nan
    gappy["biased"].estimate[:5] = np.nan
    got = validation.head_to_head(gappy, candidate="good")
    days = TIME.size // 2
    assert got.n_pairs.sel(other="noisy") == 25 * days and got.n_pairs.sel(other="biased") == 20 * TIME.size
    assert int(got.n.sel(view="space", other="noisy", metric="r")) == days
    alone = validation.score(gappy["good"].isel(time=slice(1, None, 2)), ci="none")
    assert float(got["mean"].sel(view="time", other="noisy", metric="r", side="candidate")) == \
        pytest.approx(float(alone.r.mean()))  # fmt: skip
    everyone = validation.head_to_head(gappy, candidate="good", common="all")
    assert (everyone.n_pairs == 20 * days).all()


def test_persistent_dates_do_not_make_a_false_alarm():
    """Two equal products whose spatial errors last for weeks: rarely told apart, as at most 7 % would be."""
    false = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)

        def slow(rng=rng):
            noise = signal.lfilter([1.0], [1.0, -0.9], rng.standard_normal((20, 400)), axis=-1)
            return 0.02 * noise

        truth = 0.25 + 0.05 * rng.standard_normal((20, 1)) * np.ones((20, 400))
        both = {k: xr.Dataset({"estimate": (("cell", "time"), truth + slow(), UNIT),
                               "reference": (("cell", "time"), truth, UNIT)}, {"time": TIME[:400]})
                for k in "ab"}  # fmt: skip
        got = validation.head_to_head(both, candidate="a")
        false += float(got.p_value.sel(view="space", other="b", metric="ubrmse")) < 0.05
    assert false <= stats.binom.ppf(1 - 1e-3, 60, 0.07)


def test_bad_input_has_a_status_or_a_clear_error(pairs):
    empty = pairs["noisy"].assign(estimate=pairs["noisy"].estimate.where(False).assign_attrs(UNIT))
    never = pairs["noisy"].copy(deep=True)
    never.estimate[:, :] = np.nan
    got = validation.head_to_head({"good": pairs["good"], "empty": empty, "never": never}, candidate="good")
    assert {status_name(int(s)) for s in got.status.values.ravel()} == {"no_overlap"}
    few = {k: p.isel(cell=slice(0, 8)) for k, p in pairs.items()}
    got = validation.head_to_head(few, candidate="good")
    assert (got.status.sel(view="space") == STATUS["too_few_cells"]).all()
    assert (got.status.sel(view="time") == STATUS["ok"]).all()
    with pytest.raises(ConfigError, match=r"candidate.*best"):
        validation.head_to_head(pairs, candidate="best")
    with pytest.raises(ConfigError, match="common"):
        validation.head_to_head(pairs, candidate="good", common="some")
    with pytest.raises(SchemaError, match="matchups"):
        validation.head_to_head({**pairs, "short": pairs["good"].isel(time=slice(9))}, candidate="good")
