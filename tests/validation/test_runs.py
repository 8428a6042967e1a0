import numpy as np
import pytest
import xarray as xr
from scipy import stats

from vadose import validation
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS

RNG = np.random.default_rng(1)


def run(r, product=None, stations=None):
    n = len(r)
    return xr.Dataset({"r": ("cell", np.asarray(r, float)), "bias": ("cell", np.asarray(r, float) / 10)},
                      {"product": ("cell", product or ["p"] * n),
                       "stations": ("cell", stations or [f"s{i}" for i in range(n)])})  # fmt: skip


def test_a_run_compared_with_itself_has_changed_nothing():
    a = run(RNG.random(9))
    got = validation.compare_runs(a, a)
    assert (got.difference == 0).all() and (got.n_changed == 0).all() and (got.p_value == 1).all()
    assert (got.only_a == 0).all() and (got.only_b == 0).all()


def test_differences_are_paired_on_product_and_stations_whatever_the_order():
    r = RNG.uniform(0.3, 0.7, 10)
    a, b = run(r), run(r + RNG.normal(0.1, 0.02, 10))
    shuffled = b.isel(cell=RNG.permutation(10)[:8])
    got = validation.compare_runs(a, shuffled).sel(product="p", metric="bias")
    at = [int(s[1:]) for s in shuffled.stations.values]
    d = shuffled.bias.values - a.bias.values[at]
    low, high = stats.t.interval(0.95, 7, d.mean(), stats.sem(d))
    assert float(got.difference) == pytest.approx(d.mean())
    assert (float(got.difference_lower), float(got.difference_upper)) == pytest.approx((low, high))
    assert float(got.p_value) == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
    assert (int(got.n_common), int(got.only_a), int(got.only_b)) == (8, 2, 0)


def test_products_of_one_run_alone_and_few_cells_are_said():
    got = validation.compare_runs(run([0.5, 0.6], ["p", "q"]), run([0.7, np.nan], ["p", "z"], ["s0", "s1"]))
    assert got["product"].values.tolist() == ["p", "q", "z"]
    status = got.status.sel(metric="r").values.tolist()
    assert status == [STATUS["too_few_cells"], STATUS["no_overlap"], STATUS["no_overlap"]]
    assert float(got.difference.sel(product="p", metric="r")) == pytest.approx(0.2)
    assert got.difference_lower.isnull().all() and got.only_b.values.tolist() == [0, 0, 1]


def test_what_is_no_run_is_refused():
    with pytest.raises(SchemaError, match=r"run b.*stations per cell"):
        validation.compare_runs(run([0.5]), run([0.5]).drop_vars("stations"))
    with pytest.raises(ConfigError, match="metrics"):
        validation.compare_runs(run([0.5]), run([0.5]), metrics=("kge",))


def test_runs_of_evaluate_are_compared_by_product_and_stations():
    def make(r, stations):
        dims = ("cell", "product", "subset")
        values = np.stack([np.asarray(r), np.asarray(r) - 0.1], axis=1)[..., None] * [1.0, np.nan]
        return xr.Dataset({"r": (dims, values)}, {"product": ["p", "q"], "subset": ["all", "DJF"],
                                                  "stations": ("cell", stations)})  # fmt: skip

    got = validation.compare_runs(
        make([0.5, 0.6, 0.7], ["a", "b", "c"]), make([0.8, 0.7, 0.6, 0.1], ["c", "b", "a", "d"])
    )
    assert got.difference.sel(metric="r").values == pytest.approx([0.1, 0.1])
    assert got.n_common.sel(metric="r").values.tolist() == [3, 3] and got.only_b.values.tolist() == [1, 1]
