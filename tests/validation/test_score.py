import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from vadose import validation
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS, status_name
from vadose.validation.score import regular_position

DAYS = pd.date_range("2010-01-01", periods=1500)
RNG = np.random.default_rng(3)
EARLY = np.arange(1500) < 750


def make(estimate, reference, time=DAYS, units="m3 m-3"):
    return xr.Dataset(
        {"estimate": (("cell", "time"), np.atleast_2d(estimate), {"units": units}),
         "reference": (("cell", "time"), np.atleast_2d(reference), {"units": "m3 m-3"})},
        {"time": time, "cell": np.arange(len(np.atleast_2d(estimate)))})  # fmt: skip


def ar1(phi, n, rng, cells=1):
    e = rng.standard_normal((cells, n))
    out = np.empty_like(e)
    out[:, 0] = e[:, 0] / np.sqrt(1 - phi**2)
    for t in range(1, n):
        out[:, t] = phi * out[:, t - 1] + e[:, t]
    return out * np.sqrt(1 - phi**2)


@pytest.fixture
def pairs():
    truth = 0.25 + 0.05 * ar1(0.9, 1500, RNG, 4)
    estimate = 0.8 * truth + 0.07 + 0.02 * RNG.standard_normal(truth.shape)
    estimate[RNG.random(truth.shape) < 0.3] = np.nan
    reference = truth.copy()
    missing = np.isnan(estimate)
    reference[missing] = np.nan
    return make(estimate, reference)


def test_numbers_equal_scipy_per_cell(pairs):
    s = validation.score(pairs)
    for c in range(4):
        x, y = pairs.estimate.values[c], pairs.reference.values[c]
        ok = np.isfinite(x) & np.isfinite(y)
        x, y = x[ok], y[ok]
        assert int(s.n[c]) == ok.sum()
        assert float(s.r[c]) == pytest.approx(stats.pearsonr(x, y)[0], abs=1e-12)
        assert float(s.spearman[c]) == pytest.approx(stats.spearmanr(x, y)[0], abs=1e-12)
        assert float(s.kendall[c]) == pytest.approx(stats.kendalltau(x, y)[0], abs=1e-12)
        assert float(s.bias[c]) == pytest.approx((x - y).mean(), abs=1e-14)
        assert float(s.rmse[c]) == pytest.approx(np.sqrt(((x - y) ** 2).mean()), abs=1e-14)
        assert float(s.nse[c]) == pytest.approx(1 - ((x - y) ** 2).sum() / ((y - y.mean()) ** 2).sum(), abs=1e-12)


def test_laws(pairs):
    s = validation.score(pairs)
    np.testing.assert_allclose(s.rmse**2, s.bias**2 + s.ubrmse**2, rtol=1e-10)
    np.testing.assert_allclose(s.mse, s.mse_corr + s.mse_bias + s.mse_var, rtol=1e-10)
    np.testing.assert_allclose(s.r2_pearson, s.r**2, rtol=1e-12)
    for m in ("r", "bias", "rmse", "ubrmse", "spearman", "kendall", "nse", "kge", "anomaly_r", "anomaly_r_35d"):
        assert (s[f"{m}_lower"] <= s[m]).all(), m
        assert (s[m] <= s[f"{m}_upper"]).all(), m


def test_every_number_has_a_unit_and_a_name(pairs):
    s = validation.score(pairs)
    for name in s.data_vars:
        assert s[name].attrs.get("long_name"), name
        assert "units" in s[name].attrs or str(name).endswith("status"), name


def test_lazy_equals_eager_and_stays_lazy(pairs):
    lazy = validation.score(pairs.chunk(cell=1))
    assert lazy.r.chunks is not None
    xr.testing.assert_identical(lazy.compute().drop_attrs(), validation.score(pairs).drop_attrs())


def test_persistence_widens_the_interval(pairs):
    honest, iid = validation.score(pairs), validation.score(pairs, ci="iid")
    assert ((honest.r_upper - honest.r_lower) > 1.5 * (iid.r_upper - iid.r_lower)).all()
    np.testing.assert_array_equal(honest.r, iid.r)


@pytest.mark.parametrize("ci", ["neff", "bootstrap"])
def test_a_swapped_sign_swaps_the_bias_interval(pairs, ci):
    a = validation.score(pairs, ci=ci, n_boot=200)
    b = validation.score(pairs.rename(estimate="reference", reference="estimate"), ci=ci, n_boot=200)
    np.testing.assert_allclose(a.bias, -b.bias, atol=1e-15)
    np.testing.assert_allclose(a.bias_lower, -b.bias_upper, atol=1e-3)


@pytest.mark.parametrize(("spoil", "status"), [
    (lambda x, y: (x * np.nan, y), "no_data"),
    (lambda x, y: (np.where(EARLY, x, np.nan), np.where(EARLY, np.nan, y)), "no_overlap"),
    (lambda x, y: (np.where(np.arange(1500) < 19, x, np.nan), y), "too_few_pairs"),
    (lambda x, y: (x * 0 + 0.3, y), "zero_variance"),
    (lambda x, y: (x, y), "ok"),
])  # fmt: skip
def test_too_little_data_is_a_status_not_an_error(spoil, status):
    x, y = spoil(RNG.random(1500), RNG.random(1500))
    s = validation.score(make(x, y))
    assert int(s.status[0]) == STATUS[status]
    assert np.isfinite(s.r[0]) == (status == "ok")
    if status == "zero_variance":
        assert np.isfinite(s.bias[0]) and np.isfinite(s.rmse[0])


def test_dekad_anomalies_remove_a_seasonal_cycle():
    """Two series that share nothing but the season: raw R high, anomaly R near zero."""
    season = 0.1 * np.cos(2 * np.pi * DAYS.day_of_year / 365.25)
    x, y = (0.3 + season + 0.01 * RNG.standard_normal(1500) for _ in range(2))
    s = validation.score(make(x, y))
    assert float(s.r[0]) > 0.95
    # within a dekad a little of the cycle remains: 10 days of 365
    assert abs(float(s.anomaly_r[0])) < 0.15
    assert abs(float(s.anomaly_r_35d[0])) < 0.15


def test_a_relative_product_has_no_bias():
    x = RNG.random((1, 1500))
    s = validation.score(make(x, x * 0.4, units="1"))
    assert float(s.r[0]) == pytest.approx(1)
    assert np.isnan(s.bias[0]) and np.isnan(s.rmse_lower[0])
    assert np.isnan(validation.score_pooled(make(x, x * 0.4, units="1")).bias)


def test_what_is_no_match_up_is_refused(pairs):
    with pytest.raises(SchemaError, match="estimate and reference"):
        validation.score(pairs.drop_vars("reference"))
    with pytest.raises(SchemaError, match=r"pairs\.chunk\(time=-1\)"):
        validation.score(pairs.chunk(time=100))


@pytest.mark.parametrize("option", [{"ci": "exact"}, {"level": 1.5}, {"min_n": 1}])
def test_options_outside_their_range_are_named(pairs, option):
    with pytest.raises(ConfigError, match=next(iter(option))):
        validation.score(pairs, **option)


def test_position_keeps_gaps():
    t = pd.to_datetime(["2020-01-01", "2020-01-02", "2020-03-01"])
    assert regular_position(t).tolist() == [0, 1, 60]


def test_pooled_numbers_and_no_cells():
    x, y = RNG.random((3, 400)), RNG.random((3, 400))
    p = validation.score_pooled(make(x, y, time=DAYS[:400]))
    assert float(p.r) == pytest.approx(stats.pearsonr(x.ravel(), y.ravel())[0], abs=1e-12)
    assert int(p.n) == 1200 and int(p.n_cells) == 3
    empty = validation.score_pooled(make(x, y, time=DAYS[:400]).isel(cell=[]))
    assert int(empty.n) == 0 and int(empty.status) == STATUS["no_data"]


def test_pooled_interval_covers_when_cells_share_their_error():
    """All cells see the same error: the interval must be as wide as for one cell, not √cells narrower."""
    rng, hits, runs = np.random.default_rng(11), 0, 150
    for i in range(runs):
        error = 0.02 * ar1(0.8, 600, rng)
        truth = 0.25 + 0.05 * ar1(0.8, 600, rng, 8)
        p = validation.score_pooled(make(truth + error, truth, time=DAYS[:600]), n_boot=300, seed=i)
        hits += float(p.bias_lower) <= 0 <= float(p.bias_upper)
    assert 0.86 <= hits / runs <= 0.99


def test_summary_is_about_cells():
    s = validation.score(make(RNG.random((5, 1500)), RNG.random((5, 1500))))
    m = validation.summarize(s)
    assert float(m.r_median) == pytest.approx(np.median(s.r))
    assert int(m.n_cells) == int(m.n_cells_ok) == 5
    assert float(m.r_fisher_mean) == pytest.approx(np.tanh(np.arctanh(s.r.values).mean()))


def test_tidy_keeps_products_apart(pairs):
    s = validation.score(pairs)
    both = validation.tidy({"a": s, "b": s.isel(cell=[0])})
    assert both["product"].values.tolist() == ["a"] * 4 + ["b"]
    table = validation.tidy({"a": validation.summarize(s), "b": validation.summarize(s)})
    assert table.sizes["product"] == 2
    with pytest.raises(SchemaError):
        validation.tidy({})


def test_spatial_scores_each_date_over_cells():
    x, y = RNG.random((25, 40)), RNG.random((25, 40))
    x[:6, 5] = np.nan
    s = validation.score_spatial(make(x, y, time=DAYS[:40]))
    assert float(s.r[0]) == pytest.approx(stats.pearsonr(x[:, 0], y[:, 0])[0], abs=1e-12)
    assert int(s.status[5]) == STATUS["too_few_cells"] and np.isnan(s.r[5])
    assert s.r_by_dekad.sizes["dekad"] == 4
    assert float(s.coverage_by_year.sel(year=2010)) == pytest.approx(39 / 40)


def test_simulated_results_stay_marked(pairs):
    s = validation.score(pairs.assign_attrs(simulated="true"))
    assert s.attrs["simulated"] == "true"
    assert validation.tidy({"a": s}).attrs["simulated"] == "true"
    assert validation.summarize(s).attrs["simulated"] == "true"


def test_months_and_dekads_keep_their_rank_however_long_they_are():
    months = pd.date_range("2000-01-01", periods=240, freq="MS")
    assert regular_position(months).tolist() == list(range(240))
    assert regular_position(months[[0, 1, 24]]).tolist() == [0, 1, 24]
    assert regular_position(months[::12]).tolist() == list(range(20))
    dekads = pd.to_datetime([f"{m:%Y-%m}-{d}" for m in months for d in ("01", "11", "21")])
    assert regular_position(dekads).tolist() == list(range(720))


def test_values_that_never_met_are_told_from_values_that_are_not_there():
    empty = np.full((2, 30), np.nan)
    unit = {"units": "m3 m-3"}
    pairs = xr.Dataset(
        {"estimate": (("cell", "time"), empty, unit), "reference": (("cell", "time"), empty, unit),
         "n_estimate": ("cell", [5, 0]), "n_reference": ("cell", [30, 30])},
        {"time": pd.date_range("2020-01-01", periods=30)},
    )  # fmt: skip
    assert [status_name(c) for c in validation.score(pairs).status.values] == ["no_overlap", "no_data"]
    assert status_name(int(validation.score_pooled(pairs).status)) == "no_overlap"
