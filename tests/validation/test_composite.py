import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import validation
from vadose.errors import ConfigError, SchemaError
from vadose.validation.collocation import triple_collocation
from vadose.validation.composite import composite, merge, weights_from_collocation

DAYS = pd.date_range("2018-01-01", periods=400)
RNG = np.random.default_rng(9)
UNIT = {"units": "m3 m-3"}
CELLS = 30


def make(estimate, reference):
    return xr.Dataset(
        {"estimate": (("cell", "time"), estimate, UNIT), "reference": (("cell", "time"), reference.copy(), UNIT)},
        {"time": DAYS, "network": ("cell", np.repeat(list("ABCDEF"), 5)),
         "climate": ("cell", np.where(np.arange(CELLS) % 2, "B", "C"))},
    )  # fmt: skip


@pytest.fixture
def truth():
    return 0.25 + 0.05 * RNG.standard_normal((CELLS, DAYS.size))


def noisy(truth, s, bias=0.0):
    return make(truth + bias + np.asarray(s) * RNG.standard_normal(truth.shape), truth)


def test_weights_are_inverse_error_variances_and_the_merge_is_better(truth):
    pairs = {"a": noisy(truth, 0.03, 0.05), "b": noisy(truth, 0.03, -0.02), "c": noisy(truth, 0.06)}
    got = composite(pairs, groups="network", folds=6)
    assert got.weight.mean("cell").values == pytest.approx([4 / 9, 4 / 9, 1 / 9], abs=0.02)
    assert got["shift"].mean("cell").values == pytest.approx([0.05, -0.02, 0], abs=0.002)
    merged = validation.score(got, ci="none")
    expected = 1 / np.sqrt(2 / 0.03**2 + 1 / 0.06**2)
    assert float(merged.ubrmse.mean()) == pytest.approx(expected, rel=0.02)
    alone = [float(validation.score(p, ci="none").ubrmse.mean()) for p in pairs.values()]
    assert float(merged.ubrmse.mean()) < min(alone)
    assert got.attrs["product"] == "composite" and got.estimate.attrs["units"] == "m3 m-3"


def test_judged_cells_never_set_their_own_weights(truth):
    pairs = {"a": noisy(truth, 0.03), "b": noisy(truth, 0.03)}
    before = composite(pairs, groups="network", folds=3)
    for group in np.unique(before.fold):
        inside = before.fold.values == group
        changed = {k: v.copy(deep=True) for k, v in pairs.items()}
        changed["a"].estimate.values[inside] = RNG.random((inside.sum(), DAYS.size))
        after = composite(changed, groups="network", folds=3)
        assert np.array_equal(after.weight.values[:, inside], before.weight.values[:, inside])
        assert not np.array_equal(after.weight.values[:, ~inside], before.weight.values[:, ~inside])
    folds = xr.Dataset({"f": before.fold, "n": before.network}).to_dataframe().groupby("n")["f"].nunique()
    assert (folds == 1).all()


def test_strata_and_best(truth):
    dry = (np.arange(CELLS) % 2 == 1)[:, None]
    pairs = {"a": noisy(truth, np.where(dry, 0.01, 0.08)), "b": noisy(truth, np.where(dry, 0.08, 0.01))}
    got = composite(pairs, by="best", strata="climate")
    assert (got.weight.sel(product="a", drop=True) == (got.climate == "B")).all()
    blind = composite(pairs, by="error")
    better, worse = (float(validation.score(g, ci="none").ubrmse.mean()) for g in (got, blind))
    assert better == pytest.approx(0.01, rel=0.05) and worse > 2 * better
    few = composite(pairs, by="error", strata="climate", more_than=CELLS)
    assert np.allclose(few.weight, blind.weight)
    assert (composite(pairs, by="equal").weight == 0.5).all()


def test_missing_products_share_their_weight(truth):
    a, b = noisy(truth, 0.02), noisy(truth, 0.02)
    a.estimate.values[:, ::2] = np.nan
    a.reference.values[:, ::2] = np.nan
    got = composite({"a": a, "b": b})
    assert got.estimate.notnull().all() and got.reference.notnull().all()
    gone = a.assign(estimate=a.estimate.where(False).assign_attrs(UNIT))
    alone = composite({"a": gone, "b": b})
    assert (alone.weight.sel(product="a") == 0).all()
    assert np.allclose(alone.estimate, b.estimate - alone["shift"].sel(product="b"))


def test_collocation_weights_equal_the_planted_ones(truth):
    parts = [noisy(truth, s).estimate.assign_coords(cell=np.arange(CELLS)) for s in (0.02, 0.04, 0.03)]
    got = weights_from_collocation(triple_collocation(*parts, ci="none"))
    assert got.sum("product").values == pytest.approx(1)
    expected = np.array([0.02, 0.04, 0.03]) ** -2.0
    assert got.mean("cell").values == pytest.approx(expected / expected.sum(), abs=0.03)


def test_merge_masks_four_ways():
    x = xr.DataArray([[1.0, 1.0], [3.0, np.nan]], dims=("product", "time"))
    for weight, expected in (
        ([0.5, 0.5], [2, 1]),
        ([0, 1], [3, np.nan]),
        ([np.nan, 1], [3, np.nan]),
        ([0, 0], [np.nan] * 2),
    ):
        got = merge(x, xr.DataArray(np.array(weight, float), dims="product"))
        assert np.array_equal(got, expected, equal_nan=True)


def test_refusals(truth):
    a = noisy(truth, 0.02)
    with pytest.raises(ConfigError, match="at least two"):
        composite({"a": a})
    with pytest.raises(SchemaError, match="the same for all"):
        composite({"a": a, "b": a.isel(time=slice(1, None))})
    with pytest.raises(ConfigError, match="6 groups"):
        composite({"a": a, "b": a}, groups="network", folds=7)
    with pytest.raises(SchemaError, match="no coordinate 'soil'"):
        composite({"a": a, "b": a}, strata="soil")
    with pytest.raises(SchemaError, match="Scale it"):
        composite({"a": a, "b": a.assign(estimate=a.estimate.assign_attrs(units="1"))})
