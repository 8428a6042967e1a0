import numpy as np
import pytest
import xarray as xr

from vadose import analysis
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS


def field(values, **coords):
    values = np.asarray(values, "f4")
    return xr.DataArray(values, dims=("lat", "lon"), attrs={"units": "m3 m-3", "long_name": "soil moisture"},
                        coords={"lat": np.arange(values.shape[0], 0, -1.0), "lon": np.arange(values.shape[1]) * 1.0,
                                **coords})  # fmt: skip


def test_uncertainty_is_combined_with_the_correlation_of_the_errors():
    one, two = field([[0.2, 0.3]]), field([[0.1, 0.3]])
    got = analysis.change(one, two, uncertainty_before=0.03, uncertainty_after=0.04)
    np.testing.assert_allclose(got.change_uncertainty, 0.05)
    half = analysis.change(one, two, uncertainty_before=0.03, uncertainty_after=0.04, correlation=0.5)
    np.testing.assert_allclose(half.change_uncertainty, np.sqrt(0.0025 - 0.0012))
    same = analysis.change(one, two, uncertainty_before=0.03, uncertainty_after=0.03, correlation=1.0)
    assert (same.status == STATUS["zero_variance"]).all() and np.isnan(same.z).all()
    back = analysis.change(two, one, uncertainty_before=0.04, uncertainty_after=0.03)
    np.testing.assert_allclose(back.change, -got.change)
    np.testing.assert_allclose(back.p_value, got.p_value)


def test_noise_alone_is_called_significant_as_often_as_stated_and_hardly_ever_as_a_field():
    rng = np.random.default_rng(0)
    u, v = (field(0.02 + 0.03 * rng.random((80, 80))) for _ in range(2))
    one, two = (field(0.25 + s.values * rng.standard_normal((80, 80))) for s in (u, v))
    got = analysis.change(one, two, uncertainty_before=u, uncertainty_after=v)
    assert float(got.significant.mean()) == pytest.approx(0.05, abs=0.01)
    assert int(got.significant_field.sum()) <= 2
    assert float(got.z.std()) == pytest.approx(1.0, abs=0.03)


def test_a_planted_change_is_found_on_the_map():
    rng = np.random.default_rng(1)
    one = field(0.25 + 0.02 * rng.standard_normal((30, 30)))
    two = field(0.25 + 0.02 * rng.standard_normal((30, 30)))
    two[:10, :10] -= 0.15
    got = analysis.change(one, two, uncertainty_before=0.02, uncertainty_after=0.02)
    assert float(got.significant_field[:10, :10].mean()) > 0.97
    false = int(got.significant_field.sum() - got.significant_field[:10, :10].sum())
    assert false / int(got.significant_field.sum()) < 0.12  # 0.05 expected


@pytest.mark.parametrize("missing", ["before", "after", "uncertainty", "negative"])
def test_what_is_missing_is_a_status(missing):
    one, two, u = field(np.full((2, 2), 0.2)), field(np.full((2, 2), 0.3)), field(np.full((2, 2), 0.02))
    spoilt = {"before": one, "after": two, "uncertainty": u, "negative": u}[missing]
    spoilt[0, 0] = -1 if missing == "negative" else np.nan
    got = analysis.change(one, two, uncertainty_before=u, uncertainty_after=0.02)
    assert got.status.values.tolist() == [[STATUS["no_data"], 0], [0, 0]]
    assert np.isnan(got.change[0, 0]) and not got.significant[0, 0] and not got.significant_field[0, 0]


def test_lazy_equals_eager_and_dates_are_told():
    rng = np.random.default_rng(2)
    one = field(rng.random((6, 6)), time=np.datetime64("2015-06-01", "ns"))
    two = field(rng.random((6, 6)), time=np.datetime64("2015-08-01", "ns"))
    want = analysis.change(one, two, uncertainty_before=0.1, uncertainty_after=0.2)
    assert (want.attrs["before"], want.attrs["after"]) == ("2015-06-01", "2015-08-01")
    lazy = analysis.change(one.chunk(lat=2), two.chunk(lat=2), uncertainty_before=0.1, uncertainty_after=0.2)
    assert lazy.change.chunks is not None and want.change.units == "m3 m-3" and want.p_value.units == "1"
    xr.testing.assert_identical(lazy.compute().drop_attrs(), want.drop_attrs())


def test_bad_input_is_refused():
    one, two = field(np.ones((2, 2))), field(np.ones((2, 2)))
    options = {"uncertainty_before": 0.1, "uncertainty_after": 0.1}
    with pytest.raises(SchemaError, match="after"):
        analysis.change(one, two.assign_attrs(units="%"), **options)
    with pytest.raises(SchemaError, match="units"):
        analysis.change(one.drop_attrs(), two, **options)
    with pytest.raises(SchemaError, match="one time axis and grid"):
        analysis.change(one, two.assign_coords(lat=two.lat + 1), **options)
    with pytest.raises(SchemaError, match="time"):
        analysis.change(one.expand_dims(time=1), two, **options)
    with pytest.raises(ConfigError, match="uncertainty_before"):
        analysis.change(one, two, uncertainty_before=-1, uncertainty_after=0.1)
    with pytest.raises(ConfigError, match="correlation"):
        analysis.change(one, two, correlation=2, **options)
