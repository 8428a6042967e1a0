from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import schema
from vadose.errors import ConfigError, GridError
from vadose.fusion import dekads, merge
from vadose.fusion.merge import collocated_errors, merge_rows
from vadose.grid import Grid

GRID = Grid.regular(1.0).crop((0, 0, 3, 2))
N = 720


def _series(seed=0, points=6, n=N):
    rng = np.random.default_rng(seed)
    truth = 0.25 + 0.06 * rng.standard_normal((points, n))
    return rng, truth


def _dataset(values, first=0):
    sm = values.reshape(*GRID.shape, -1).transpose(2, 0, 1).astype("float32")
    ds = xr.Dataset({"sm": (("time", "lat", "lon"), sm, {"units": "m3 m-3"})},
                    {"time": dekads.starts(72108 + first + np.arange(sm.shape[0]))})  # fmt: skip
    return schema.with_grid(ds, GRID)


def test_collocation_finds_the_errors_that_were_put_in():
    rng, truth = _series(n=4000)
    sizes = [0.01, 0.02, 0.04]
    x = np.stack([truth + s * rng.standard_normal(truth.shape) for s in sizes])
    got = collocated_errors(x, truth, [(0, 1, 2)])
    np.testing.assert_allclose(got.mean(axis=1), sizes, rtol=0.05)


def test_the_weighted_merge_is_optimal_and_says_its_error():
    rng, truth = _series(n=4000)
    sizes = np.array([0.01, 0.02, 0.03])
    x = np.stack([truth + s * rng.standard_normal(truth.shape) for s in sizes])
    reference = truth + 0.001 * rng.standard_normal(truth.shape)
    value, sigma, count = merge_rows(x, reference, method="tc", triples=[(0, 1, 2)])
    best = (1 / (1 / sizes**2).sum()) ** 0.5  # 0.00857
    error = np.sqrt(np.mean((value - truth) ** 2))
    assert error == pytest.approx(best, rel=0.06)
    assert sigma.mean() == pytest.approx(best, rel=0.06)
    equal = np.sqrt(np.mean((merge_rows(x, reference, method="equal", triples=[])[0] - truth) ** 2))
    # equal weights: sqrt(sum of squares) / 3
    assert equal == pytest.approx(np.sqrt((sizes**2).sum()) / 3, rel=0.06)
    assert error < equal
    assert (count == 3).all()


def test_weights_are_shared_among_what_is_there():
    rng, truth = _series(n=2000)
    x = np.stack([truth + s * rng.standard_normal(truth.shape) for s in (0.01, 0.02, 0.02)])
    x[1:, :, :10] = np.nan
    x[:, :, 10:15] = np.nan
    value, sigma, count = merge_rows(x, truth, method="tc", triples=[(0, 1, 2)])
    np.testing.assert_array_equal(count[0, :16], [1] * 10 + [0] * 5 + [3])
    assert np.isnan(value[:, 10:15]).all()
    # alone, a product is itself (scaled) with its own error, larger than that of the merge
    np.testing.assert_allclose(value[:, :10], x[0, :, :10], atol=0.01)
    assert (sigma[:, 0] > sigma[:, 20]).all()


@pytest.mark.parametrize("method", ["tc", "equal", "lr", "qm", "copula"])
def test_a_product_that_never_met_the_reference_is_chained(method):
    rng, truth = _series()
    late, early, through = truth.copy(), 2 * truth - 0.1, 0.5 * truth + 0.05
    late[:, :400] = np.nan
    early[:, 400:] = np.nan
    x = np.stack([early, through]) + 0.001 * rng.standard_normal((2, *truth.shape))
    value, _, count = merge_rows(x, late, method=method, triples=[(0, 1, 2)])
    assert (count[:, :400] == 2).all()
    assert np.sqrt(np.mean((value - truth) ** 2)) < 0.006


@pytest.mark.parametrize("method", ["tc", "equal", "lr", "qm", "copula"])
def test_datasets_lazy_or_not_give_the_same(method):
    rng, truth = _series()
    products = {
        "a": _dataset(truth + 0.02 * rng.standard_normal(truth.shape)),
        "b": _dataset((2 * truth - 0.2 + 0.03 * rng.standard_normal(truth.shape))[:, 100:], first=100),
        "c": _dataset(truth[:, :600] + 0.02),
    }
    reference = _dataset(truth[:, 300:], first=300)
    eager = merge(products, reference=reference, method=method)
    lazy = merge(
        {k: v.chunk(time=50, lon=2) for k, v in products.items()}, reference=reference.chunk(lat=1), method=method
    )
    assert lazy["sm"].chunks is not None
    xr.testing.assert_identical(eager.drop_attrs().compute(), lazy.drop_attrs().compute())
    schema.check(eager, "grid")
    assert eager.sizes["time"] == N
    assert int(eager["nobs"].max()) == 3


def test_products_of_one_sensor_never_share_a_triple():
    from vadose.fusion.merge import _triples

    assert _triples(["a", "b", "c"], {"a": "X", "b": "X"}) == [(0, 2, 3), (1, 2, 3)]


def test_bad_input_is_refused():
    _, truth = _series()
    ds = _dataset(truth)
    with pytest.raises(ConfigError, match="method: found 'best'"):
        merge({"a": ds}, reference=ds, method="best")
    with pytest.raises(ConfigError, match="found no product"):
        merge({}, reference=ds)
    with pytest.raises(GridError, match="a: found"):
        merge({"a": ds.isel(lat=slice(1, None))}, reference=ds)


@pytest.mark.parametrize("method", ["tc", "lr", "qm"])
def test_the_reference_among_the_products_does_not_take_all_the_weight(method):
    rng, truth = _series()
    products = {k: _dataset(truth + s * rng.standard_normal(truth.shape)) for k, s in zip("rab", (0.02, 0.02, 0.02))}
    out = merge(products, reference=products["r"], method=method).compute()
    error = np.sqrt(np.mean((out["sm"] - _dataset(truth)["sm"]).values ** 2))
    # three equal errors: 0.02 / sqrt(3) = 0.0115; the reference alone would leave 0.02
    assert error < 0.015
    assert float(out["sm_uncertainty"].min()) > 0.005


def test_the_copula_gives_the_conditional_mean_and_error_of_normal_records():
    """x = y + e, both normal: E[y | x] = m + b (x - m) with b = var y / (var y + var e), error sqrt(b var e)."""
    rng, truth = _series(n=20_000, points=2)
    error = 0.03
    x = truth + error * rng.standard_normal(truth.shape)
    value, sigma, count = merge_rows(x[None], truth, method="copula", triples=[])
    b = 0.06**2 / (0.06**2 + error**2)
    inside = np.abs(x - 0.25) < 0.12  # the copula knows no value beyond those seen
    np.testing.assert_allclose(value[inside], (0.25 + b * (x - 0.25))[inside], atol=0.004)
    np.testing.assert_allclose(sigma[inside], np.sqrt(b) * error, rtol=0.06)
    assert (count == 1).all()


def test_the_copula_joins_products_as_their_errors_say():
    rng, truth = _series(n=20_000, points=1)
    sizes = np.array([0.02, 0.04])
    x = 1 - 2 * (truth + sizes[:, None, None] * rng.standard_normal((2, *truth.shape)))  # any monotone scale
    value, sigma, _ = merge_rows(x, truth, method="copula", triples=[])
    best = (1 / (1 / 0.06**2 + (1 / sizes**2).sum())) ** 0.5  # of the mean given both, 0.01713
    assert np.sqrt(np.mean((value - truth) ** 2)) == pytest.approx(best, rel=0.02)
    assert np.median(sigma) == pytest.approx(best, rel=0.03)


def test_the_copula_never_takes_the_reference_for_a_product():
    rng, truth = _series()
    products = {k: _dataset(truth + 0.02 * rng.standard_normal(truth.shape)) for k in "ra"}
    out = merge(products, reference=products["r"], method="copula").compute()
    assert int(out["nobs"].max()) == 1
    assert float(np.abs(out["sm"] - products["r"]["sm"]).mean()) > 0.005
    with pytest.raises(ConfigError, match="found no product but the reference"):
        merge({"r": products["r"]}, reference=products["r"], method="copula")
