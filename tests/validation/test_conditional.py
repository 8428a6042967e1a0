import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from vadose import validation
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS
from vadose.validation.categories import by_category, spread
from vadose.validation.compare import compare
from vadose.validation.conditional import score_by_period, score_by_wetness
from vadose.validation.lookup import lookup
from vadose.validation.stability import stability

DAYS = pd.date_range("2010-01-01", "2017-12-31")
RNG = np.random.default_rng(8)
UNIT = {"units": "m3 m-3"}


def make(estimate, reference, time=DAYS):
    both = {"estimate": (("cell", "time"), np.atleast_2d(estimate), UNIT),
            "reference": (("cell", "time"), np.atleast_2d(reference), UNIT)}  # fmt: skip
    return xr.Dataset(both, {"time": time})


@pytest.fixture
def pairs():
    truth = 0.25 + 0.08 * RNG.standard_normal((3, DAYS.size))
    estimate = truth + 0.03 * RNG.standard_normal(truth.shape)
    estimate[:, RNG.random(DAYS.size) < 0.2] = np.nan
    return make(estimate, truth)


@pytest.mark.parametrize(("by", "count"), [("season", 4), ("month", 12), ("dekad", 36), ("year", 8)])
def test_periods_partition_all_pairs(pairs, by, count):
    got = score_by_period(pairs, by=by, ci="none")
    assert got.sizes["subset"] == count
    total = np.isfinite(pairs.estimate).sum("time").values
    assert got.n.sum("subset").values.tolist() == total.tolist()


def test_each_season_equals_scores_of_its_days_alone(pairs):
    got = score_by_period(pairs, by="season")
    winter = pairs.isel(time=np.isin(DAYS.month, (12, 1, 2)))
    plain = validation.score(winter)
    for k in ("r", "bias", "ubrmse", "r_lower", "kendall"):
        assert got[k].sel(subset="DJF").values == pytest.approx(plain[k].values, abs=1e-12)
    assert ((DAYS.month == 2) & (DAYS.day == 29)).sum() == 2
    assert int(score_by_period(make(*[np.ones((1, 2))] * 2, pd.DatetimeIndex(["2012-02-29T00:00", "2012-12-31T23:59"])),
                               by="season").n.sel(subset="DJF")[0]) == 2  # fmt: skip


def test_a_defect_in_one_month_shows_there_only(pairs):
    wrong = pairs.estimate + xr.where(pairs.time.dt.month == 4, 0.1, 0.0)
    got = score_by_period(pairs.assign(estimate=wrong.assign_attrs(UNIT)), by="month", ci="none")
    clean = score_by_period(pairs, by="month", ci="none")
    difference = (got.bias - clean.bias).isel(cell=0).values
    assert difference == pytest.approx([0.1 if m == 4 else 0.0 for m in range(1, 13)], abs=1e-12)


def test_periods_lazy_and_refusals(pairs):
    eager = score_by_period(pairs, by="year", ci="none")
    lazy = score_by_period(pairs.chunk(cell=1), by="year", ci="none")
    assert lazy.chunks
    xr.testing.assert_identical(lazy.compute().drop_attrs(), eager.drop_attrs())
    with pytest.raises(ConfigError, match="season"):
        score_by_period(pairs, by="week")


def test_wetness_bins_against_a_loop(pairs):
    got = score_by_wetness(pairs, edges=(0.1, 0.2, 0.3, 0.4), n_boot=50)
    x, y = pairs.estimate.values, pairs.reference.values
    ok = np.isfinite(x)
    for i, (a, b) in enumerate(((0.1, 0.2), (0.2, 0.3), (0.3, 0.4))):
        inside = ok & (y >= a) & (y < b)
        error = (x - y)[inside]
        assert int(got.n[i]) == inside.sum()
        assert float(got.bias[i]) == pytest.approx(error.mean())
        assert float(got.rmse[i]) == pytest.approx(np.sqrt((error**2).mean()))
        assert float(got.bias_lower[i]) < float(got.bias[i]) < float(got.bias_upper[i])
    assert int(got.n_outside) == (ok & ((y < 0.1) | (y > 0.4))).sum()
    assert float(got.reference_p95) == pytest.approx(np.quantile(y[ok], 0.95))
    assert int(got.n.sum() + got.n_outside) == ok.sum()


def test_a_compressed_product_has_a_small_range_and_turning_bias(pairs):
    mean = float(pairs.reference.mean())
    muted = pairs.assign(estimate=(mean + 0.4 * (pairs.reference - mean)).assign_attrs(UNIT))
    got = score_by_wetness(muted, edges=(0.0, 0.15, 0.35, 0.6), n_boot=20)
    assert float(got.range_ratio) == pytest.approx(0.4, abs=1e-6)
    assert float(got.bias[0]) > 0.05 > -0.05 > float(got.bias[2])


def test_wetness_edges_status_and_laziness(pairs):
    edge = make([0.1, 0.2, 0.3] * 20, [0.1, 0.2, 0.3] * 20, pd.date_range("2020-01-01", periods=60))
    got = score_by_wetness(edge, edges=(0.1, 0.2, 0.3), min_n=30)
    assert got.n.values.tolist() == [20, 40]  # the last upper edge is inside
    assert got.status.values.tolist() == [STATUS["too_few_pairs"], 0]
    lazy = score_by_wetness(pairs.chunk(cell=1), n_boot=20)
    assert lazy.chunks
    xr.testing.assert_identical(lazy.compute().drop_attrs(), score_by_wetness(pairs, n_boot=20).drop_attrs())
    with pytest.raises(ConfigError, match="rising"):
        score_by_wetness(pairs, edges=(0.2, 0.1))
    relative = pairs.assign(estimate=pairs.estimate.assign_attrs(units="1"))
    with pytest.raises(SchemaError, match="Scale it"):
        score_by_wetness(relative)


def test_stability_finds_the_planted_drift_and_its_interval(pairs):
    years = (DAYS.year.to_numpy() - 2010)[None]
    drift = pairs.assign(estimate=(pairs.estimate + 0.004 * years).assign_attrs(UNIT))
    got = stability(drift)
    assert got.bias_per_decade.values == pytest.approx([0.04] * 3, abs=0.01)
    assert (got.bias_per_decade_lower > 0).all()
    assert (got.r_per_decade_lower < 0).all() and (got.r_per_decade_upper > 0).all()
    assert got.n_years.values.tolist() == [8] * 3 and (got.status == 0).all()
    assert got.bias.dims == ("year", "cell") and got.bias_per_decade.attrs["units"] == "m3 m-3 (10 a)-1"
    ref = stats.theilslopes(got.bias.values[:, 0], got.year.values)
    assert float(got.bias_per_decade[0]) == pytest.approx(10 * ref.slope)


def test_stability_needs_five_years(pairs):
    short = pairs.where(pairs.time.dt.year < 2014)
    got = stability(short.assign({k: short[k].assign_attrs(UNIT) for k in ("estimate", "reference")}))
    assert (got.status == STATUS["too_few_years"]).all() and got.r_per_decade.isnull().all()
    never = stability(make(np.full((1, DAYS.size), np.nan), np.ones((1, DAYS.size))))
    assert int(never.status[0]) == STATUS["no_overlap"]


def test_interval_of_the_median_covers_and_means_are_fishers():
    inside = 0
    for _ in range(400):
        v = RNG.standard_normal(15)
        got = spread(v, fisher=False, level=0.95)
        inside += got[4] <= 0 <= got[5]
    assert 0.93 <= inside / 400 <= 1.0
    v = np.array([0.1, 0.5, 0.9])
    got = spread(v, fisher=True, level=0.95)
    assert got[3] == pytest.approx(np.tanh(np.arctanh(v).mean()))
    t = stats.ttest_1samp(np.arctanh(v), 0).confidence_interval(0.95)
    assert np.arctanh(got[6:8]) == pytest.approx([t.low, t.high])
    assert np.isnan(spread(np.arange(5.0), fisher=False, level=0.95)[4])
    assert spread(np.arange(6.0), fisher=False, level=0.95)[4:6].tolist() == [0.0, 5.0]


def cells(n=40):
    climate = np.array(["A", "B", "C", ""])[np.arange(n) % 4]
    cover = np.array(["crop", "grass"])[np.arange(n) // (n // 2)]
    r = 0.5 + 0.05 * RNG.standard_normal((3, n))
    r[0] += np.where(climate == "A", 0.2, 0.0)
    r[1] += np.where(climate == "B", 0.2, 0.0)
    bias = np.array([[0.01], [-0.05], [0.03]]) + 0.001 * RNG.standard_normal((3, n))
    return xr.Dataset({"r": (("product", "cell"), r), "bias": (("product", "cell"), bias)},
                      {"product": ["x", "y", "z"], "climate": ("cell", climate), "cover": ("cell", cover)})  # fmt: skip


def test_categories_against_numpy():
    s = cells()
    got = by_category(s, by="climate", metrics=["r", "bias"])
    assert got.category.values.tolist() == ["A", "B", "C"] and got.n_cells.values.tolist() == [10] * 3
    part = s.r.values[0, s.climate.values == "A"]
    assert float(got.r_median.sel(product="x", category="A")) == pytest.approx(np.median(part))
    assert float(got.r_q25.sel(product="x", category="A")) == pytest.approx(np.quantile(part, 0.25))
    assert (got.r_median_lower <= got.r_median).all() and (got.status == 0).all()
    own = by_category(s, by={"third": ["u"] * 5 + ["v"] * 35}, metrics=["r"])
    assert own.status.sel(category="u").values.tolist() == [STATUS["too_few_cells"]] * 3
    assert own.r_median.sel(category="u").notnull().all()
    lazy = by_category(s.chunk(cell=7), by="climate", metrics=["r"])
    assert lazy.chunks and np.array_equal(lazy.r_mean, got.r_mean)
    with pytest.raises(SchemaError, match="no coordinate 'soil'"):
        by_category(s, by="soil", metrics=["r"])
    with pytest.raises(SchemaError, match="one per cell"):
        by_category(s, by={"a": [1, 2]}, metrics=["r"])


def test_lookup_finds_the_planted_best_product():
    s = cells(80)
    got = lookup(s, by=["climate"])
    best = dict(zip(got.climate.values.tolist(), got.best.values.tolist(), strict=True))
    assert best["A"] == "x" and best["B"] == "y"
    assert got.significant.values[:2].all() and not bool(got.significant[2])
    assert got.n.values.tolist() == [20] * 3
    own = s.r.values[0, s.climate.values == "A"]
    other = np.median(s.r.values[1, s.climate.values == "A"])
    expected = stats.ttest_1samp(own, other, alternative="greater").pvalue
    assert float(got.p_other[0, 1]) == pytest.approx(expected)
    assert np.isnan(got.p_other[0, 0]) and (got.p_other_fdr >= got.p_other).sum() == 6
    two = lookup(s, by=["cover", "climate"])
    assert two.sizes["stratum"] == 6 and set(two.cover.values) == {"crop", "grass"}
    assert lookup(s, by=["climate"], metric="bias").best.values.tolist() == ["x"] * 3


def test_lookup_needs_more_than_five_cells():
    s = cells(20)  # five cells per climate
    got = lookup(s, by=["climate"])
    assert got.best.values.tolist() == [""] * 3 and (got.status == STATUS["too_few_cells"]).all()
    assert not got.significant.any() and got.value.isnull().all()
    alone = s.assign(r=s.r.where(s["product"] == "z"))
    only = lookup(alone, by={"all": ["w"] * 20})
    assert only.best.values.tolist() == ["z"] and not only.significant.any() and np.isnan(only.p_value).all()
    with pytest.raises(ConfigError, match="at least one category"):
        lookup(s, by=[])


def test_comparison_equals_scipy_and_uses_common_cells():
    s = cells()
    s.r[2, :10] = np.nan
    got = compare(s, metric="bias")
    a, b = s.bias.values[:2]
    assert float(got.p_student[0, 1]) == pytest.approx(stats.ttest_ind(a, b).pvalue)
    assert float(got.p_paired[0, 1]) == pytest.approx(stats.ttest_rel(a, b).pvalue)
    assert float(got.p_wilcoxon[0, 1]) == pytest.approx(stats.wilcoxon(a, b).pvalue)
    r = compare(s)
    assert int(r.n_common[0, 2]) == 30 and int(r.n_common[0, 1]) == 40
    z = np.arctanh(s.r.values)
    assert float(r.p_paired[0, 2]) == pytest.approx(stats.ttest_rel(z[0, 10:], z[2, 10:]).pvalue)
    assert np.array_equal(r.difference, -r.difference.T.values, equal_nan=True)
    assert np.isnan(r.p_paired.values.diagonal()).all()
    flat = r.p_paired.values[np.triu_indices(3, 1)]
    adjusted = stats.false_discovery_control(flat)
    assert r.p_paired_fdr.values[np.triu_indices(3, 1)] == pytest.approx(adjusted)


def test_few_discoveries_among_equal_products():
    wrong = 0
    for _ in range(60):
        r = RNG.uniform(0.3, 0.7, 30) + 0.02 * RNG.standard_normal((4, 30))
        got = compare(xr.Dataset({"r": (("product", "cell"), r)}, {"product": list("abcd")}))
        wrong += bool((got.p_wilcoxon_fdr < 0.05).any())
    assert wrong / 60 <= 0.13


def test_comparison_status():
    s = cells(8)
    got = compare(s.isel(cell=slice(0, 5)))
    assert int(got.status[0, 1]) == STATUS["too_few_cells"]
    same = xr.concat([s.r[0], s.r[0]], "product").assign_coords(product=["a", "b"]).to_dataset(name="r")
    assert int(compare(same).status[0, 1]) == STATUS["zero_variance"]
    with pytest.raises(SchemaError, match=r"\(product, cell\)"):
        compare(s.expand_dims(subset=["all"]))
