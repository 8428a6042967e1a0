import warnings

import dask.array as da
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS
from vadose.stats import triple
from vadose.validation.collocation import dependent, quadruple_collocation, triple_collocation

RNG = np.random.default_rng(5)
TIME = pd.date_range("2015-01-01", periods=3000)
ERRORS = np.array([0.02, 0.04, 0.03, 0.05])


def products(cells=3, shared=0.0):
    truth = 0.25 + 0.05 * RNG.standard_normal((cells, TIME.size))
    common = RNG.standard_normal(truth.shape)
    out = []
    for i, (scale, e) in enumerate(zip((1.0, 0.8, 1.5, 1.0), ERRORS, strict=True)):
        error = e * RNG.standard_normal(truth.shape) + (shared * common if i > 1 else 0.0)
        attrs = {"units": "m3 m-3", "title": f"product {i}"}
        out.append(xr.DataArray(scale * (truth + error), {"time": TIME, "cell": np.arange(cells)}, ("cell", "time"),
                                attrs=attrs))  # fmt: skip
    return out


def test_recovers_the_planted_errors_with_units():
    got = triple_collocation(*products()[:3], n_boot=100)
    assert got.err_std_ref.dims == ("product", "cell")
    assert got.err_std_ref.mean("cell").values == pytest.approx(ERRORS[:3], rel=0.05)
    assert got.err_std.mean("cell").values == pytest.approx(ERRORS[:3] * [1, 0.8, 1.5], rel=0.05)
    assert got.beta.mean("cell").values == pytest.approx([1, 1.25, 1 / 1.5], rel=0.02)
    snr = 20 * np.log10(0.05 / ERRORS[:3])
    assert got.snr_db.mean("cell").values == pytest.approx(snr, abs=0.4)
    assert got.rho.values**2 == pytest.approx(got.r2.values)
    weight = ERRORS[:3] ** -2 / (ERRORS[:3] ** -2).sum()
    assert got.weight.mean("cell").values == pytest.approx(weight, abs=0.03)
    assert got.weight.sum("product").values == pytest.approx(1)
    assert got.err_std.units == got.err_std_ref.units == "m3 m-3" and got.snr_db.units == "dB"
    assert (got.err_std_lower < got.err_std).all() and (got.err_std < got.err_std_upper).all()
    assert (got.status == 0).all() and got.attrs["seed"] == 0


def test_equals_the_kernel_and_lazy_equals_eager():
    data = products()[:3]
    eager = triple_collocation(*data, n_boot=50)
    plain = triple.collocate(*(d.values for d in data), n_boot=50)
    assert np.array_equal(eager.snr_db_lower.values, plain["snr_db_lower"])
    lazy = triple_collocation(*(d.chunk(cell=1) for d in data), n_boot=50)
    assert all(isinstance(lazy[v].data, da.Array) for v in ("err_std", "weight", "status"))
    xr.testing.assert_identical(lazy.compute().drop_attrs(), eager.drop_attrs())


def test_dependent_families_warn_and_mark():
    data = products()[:3]
    with pytest.warns(UserWarning, match="era5 and era5_land share"):
        got = triple_collocation(*data, products=["era5", "smap_l3", "era5_land"], ci="none")
    assert (got.status == STATUS["dependent_inputs"]).all()
    assert np.isfinite(got.err_std).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (triple_collocation(*data, products=["era5", "smap_l3", "ISMN"], ci="none").status == 0).all()
    with pytest.warns(UserWarning, match="x and y"):
        triple_collocation(*data, families=["radar", "model+radar", ""], ci="none")


def test_names_of_the_families_come_from_the_attributes():
    data = [d.assign_attrs(product=p) for d, p in zip(products()[:3], ("ascat_h119", "esa_cci", "ISMN"), strict=True)]
    with pytest.warns(UserWarning, match="ascat_h119 and esa_cci"):
        got = triple_collocation(*data, ci="none")
    assert got.product.values.tolist() == ["ascat_h119", "esa_cci", "ISMN"]


def test_families_of_parts():
    assert dependent(["cgls_swi_1km", "ascat_h113", "cgls_ssm_1km"]) == [(0, 1), (0, 2)]
    assert dependent(["a", "b"], families=["", ""]) == []
    with pytest.raises(ConfigError, match="one per product"):
        dependent(["a", "b"], families=["x"])


def test_quadruple_finds_the_shared_error():
    data = products(shared=0.03)
    names = ["ISMN", "smap_l3", "era5", "era5_land"]
    got = quadruple_collocation(*data, products=names, n_boot=50)
    assert got.attrs["correlated"] == "era5, era5_land"
    own = np.hypot(ERRORS, [0, 0, 0.03, 0.03])
    assert got.err_std_ref.mean("cell").values == pytest.approx(own, rel=0.06)
    assert float(got.err_corr.mean()) == pytest.approx(0.03**2 / (own[2] * own[3]), abs=0.05)
    assert (got.status == 0).all()
    with pytest.warns(UserWarning, match="era5 and era5_land"):
        naive = quadruple_collocation(*data, products=names, correlated=None, ci="none")
    assert (naive.err_std.isel(product=3) < got.err_std.isel(product=3)).all()
    assert (naive.status == STATUS["dependent_inputs"]).all()


def test_status_of_bad_cells():
    x, y, z = (d.copy() for d in products(cells=4)[:3])
    x[1] = np.nan
    y[2] = 0.3
    z[3, 50:] = np.nan
    got = triple_collocation(x, y, z, ci="none")
    expected = [STATUS[k] for k in ("ok", "no_data", "zero_variance", "too_few_pairs")]
    assert got.status.values.tolist() == expected
    assert got.n.values.tolist() == [3000, 0, 3000, 50]
    assert got.err_std.isel(cell=slice(1, 4)).isnull().all()


def test_opposite_signs_and_negative_variances_are_told():
    x, y, z = products(cells=1)[:3]
    flipped = triple_collocation(x, -y, z, ci="none")  # a product upside down is still linear in the truth
    assert float(flipped.rho.sel(product="y")[0]) < 0 and int(flipped.status[0]) == 0
    difference = x - y  # shares signal with neither in the same sense: no common truth
    inconsistent = triple_collocation(x, 3 * y, difference, ci="none")
    assert float(xr.cov(x, difference, "time")[0] * xr.cov(y, difference, "time")[0]) < 0
    assert int(inconsistent.status[0]) == STATUS["inconsistent_sign"]
    assert inconsistent.err_std.isnull().all()
    # x and y with one error: x then explains more of y than its own variance allows
    noise = xr.DataArray(0.03 * RNG.standard_normal((1, TIME.size)), x.coords, x.dims)
    negative = triple_collocation(x, x + noise, x - noise, ci="none")
    assert negative.err_std.sel(product="x").isnull().all()
    assert int(negative.status[0]) == STATUS["negative_error_variance"]


def test_a_product_without_error_takes_the_weight():
    t, e, f = (np.tile(v, 16) for v in ([1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1] * 2, [1, -1] * 4))
    a, b, c = (xr.DataArray(v * 1.0, {"time": TIME[:128]}, ("time",)) for v in (t, t + e, t + f))
    assert triple_collocation(a, b, c, ci="none").weight.values.tolist() == [1.0, 0.0, 0.0]


def test_refusals():
    x, y, z = products()[:3]
    with pytest.raises(SchemaError, match="common cells and times"):
        triple_collocation(x, y, z.isel(time=slice(1, None)))
    with pytest.raises(SchemaError, match="one chunk"):
        triple_collocation(x, y, z.chunk(time=1000))
    with pytest.raises(SchemaError, match="3 different names"):
        triple_collocation(x, y, z, products=["a", "a", "b"])
    with pytest.raises(ConfigError, match="bootstrap"):
        triple_collocation(x, y, z, ci="bca")
    with pytest.raises(SchemaError, match="dim time"):
        triple_collocation(x, y, z.rename(time="t"))
