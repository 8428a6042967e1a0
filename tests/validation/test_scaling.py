import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import validation
from vadose.errors import ConfigError, SchemaError
from vadose.validation.conditional import score_by_period
from vadose.validation.scaling import METHODS, scale

DAYS = pd.date_range("2015-01-01", "2018-12-31")
RNG = np.random.default_rng(6)
UNIT = {"units": "m3 m-3"}


@pytest.fixture
def pairs():
    season = 0.08 * np.cos(2 * np.pi * DAYS.day_of_year.to_numpy() / 365.25)
    truth = 0.25 + season + 0.03 * RNG.standard_normal((2, DAYS.size))
    estimate = 40 + 60 * (truth + 0.02 * RNG.standard_normal(truth.shape) + 0.5 * season)
    estimate[:, ::7] = np.nan
    return xr.Dataset({"estimate": (("cell", "time"), estimate, {"units": "1"}),
                       "reference": (("cell", "time"), truth, UNIT)}, {"time": DAYS})  # fmt: skip


def test_each_method_reaches_what_it_promises(pairs):
    ok = np.isfinite(pairs.estimate.values)
    for method in METHODS:
        got = scale(pairs, method=method)
        assert got.estimate.attrs["units"] == "m3 m-3" and got.attrs["scaling"] == method
        x, y = got.estimate.values[0, ok[0]], pairs.reference.values[0, ok[0]]
        if method == "mean_std":
            assert (x.mean(), x.std()) == pytest.approx((y.mean(), y.std()))
        elif method == "min_max":
            assert (x.min(), x.max()) == pytest.approx((y.min(), y.max()))
        elif method == "linear":
            assert x.mean() == pytest.approx(y.mean()) and x.std() < y.std()
        else:
            assert np.quantile(x, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(y, [0.1, 0.5, 0.9]), abs=0.004)


def test_before_and_after_the_split_differ_on_purpose(pairs):
    before = score_by_period(scale(pairs, method="mean_std"), by="season", ci="none")
    after = score_by_period(scale(pairs, method="mean_std", by="season"), by="season", ci="none")
    assert np.abs(after.bias.values).max() < 1e-12
    assert np.abs(before.bias.values).max() > 0.003
    whole = validation.score(scale(pairs, method="mean_std"), ci="none")
    assert np.abs(whole.bias.values).max() < 1e-12
    # a linear map of all times leaves R of a season as it is; R of each season is untouched by its own map too
    raw = score_by_period(pairs, by="season", ci="none")
    assert before.r.values == pytest.approx(raw.r.values) and after.r.values == pytest.approx(raw.r.values)


def test_too_few_pairs_are_counted_not_lost(pairs):
    sparse = pairs.assign(estimate=pairs.estimate.where(
        (pairs.time.dt.month != 1) | (pairs.time.dt.day < 3)))  # fmt: skip
    got = scale(sparse, method="linear", by="month", min_n=20)
    here = (sparse.estimate.notnull() & (sparse.time.dt.month == 1)).sum("time")
    assert got.n_unscaled.values.tolist() == here.values.tolist() and (here > 0).all()
    assert got.estimate.where(got.time.dt.month == 1, drop=True).isnull().all()


def test_lazy_equals_eager_and_refusals(pairs):
    for method in ("mean_std", "cdf"):
        eager, lazy = scale(pairs, method=method, by="season"), scale(pairs.chunk(cell=1), method=method, by="season")
        assert lazy.estimate.chunks
        assert np.array_equal(lazy.estimate, eager.estimate, equal_nan=True)
    with pytest.raises(ConfigError, match="mean_std"):
        scale(pairs, method="magic")
    with pytest.raises(ConfigError, match="season"):
        scale(pairs, method="cdf", by="week")


def test_a_third_record_may_be_the_scaling_reference(pairs):
    third = pairs.reference * 2.0 + 0.1
    got = scale(pairs, method="mean_std", to=third.assign_attrs(UNIT))
    plain = scale(pairs, method="mean_std")
    ok = np.isfinite(got.estimate.values[0])
    assert got.reference.values == pytest.approx(third.values)  # a linear function of the reference scales onto it
    assert got.estimate.values[0, ok].mean() == pytest.approx(third.values[0, ok].mean())
    r = [np.corrcoef(p.estimate.values[0, ok], p.reference.values[0, ok])[0, 1] for p in (got, plain)]
    assert r[0] == pytest.approx(r[1]) and (got.n_unscaled == 0).all()
    lost = scale(pairs, method="mean_std", to=(third * np.nan).assign_attrs(UNIT))
    assert (lost.n_unscaled == (pairs.estimate.notnull() & pairs.reference.notnull()).sum("time")).all()
    with pytest.raises(SchemaError, match="at the same times"):
        scale(pairs, method="cdf", to=third.isel(time=slice(0, 10)))
