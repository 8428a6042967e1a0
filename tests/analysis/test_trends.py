import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from vadose import analysis
from vadose.analysis.trends import CORRECTABLE
from vadose.analysis.years import year_axis
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid
from vadose.schema import STATUS
from vadose.stats.trends import mann_kendall

GRID = Grid.regular(30.0)
YEARS = pd.date_range("1995-01-01", periods=20, freq="YS")


def annual(seed=0, units="kg m-2"):
    rng = np.random.default_rng(seed)
    x = 300 + rng.standard_normal((20, *GRID.shape)) + 0.5 * np.arange(20)[:, None, None]
    return xr.DataArray(x.astype("f4"), dims=("time", "lat", "lon"), coords=GRID.coords() | {"time": YEARS},
                        attrs={"units": units, "simulated": "true"}, name="swc")  # fmt: skip


def test_numbers_and_units():
    da = annual()
    got = analysis.trend(da)
    sen = stats.theilslopes(da.values[:, 2, 3].astype(float))
    assert float(got.slope[2, 3]) == sen.slope and float(got.slope_upper[2, 3]) == sen.high_slope
    assert got.slope.attrs["units"] == got.slope_lower.attrs["units"] == "kg m-2 yr-1"
    assert got.intercept.attrs["units"] == "kg m-2" and got.attrs["simulated"] == "true"
    assert got.attrs["test"] == "mk" and got.attrs["period"] == "1995-01-01/2014-01-01"
    for name in got.data_vars:
        assert got[name].attrs["long_name"], name
        assert got[name].dims == ("lat", "lon")


def test_a_line_is_found_exactly_whatever_the_axis():
    """2 units a year: annual, monthly, dekadal and irregular times give the same slope."""
    axes = {
        "annual": pd.date_range("2000-01-01", periods=12, freq="YS"),
        "month ends": pd.date_range("2000-01-31", periods=60, freq="ME"),
        "months": pd.date_range("2000-01-15", periods=20, freq="MS") + pd.Timedelta(14, "D"),
    }
    for name, t in axes.items():
        steps = 12.0 * t.year + t.month
        da = xr.DataArray(2.0 * (steps - steps[0]) / 12, dims="time", coords={"time": t}, attrs={"units": "1"})
        got = analysis.trend(da)
        assert float(got.slope) == pytest.approx(2.0, rel=1e-12), name
        assert float(got.intercept) == pytest.approx(0.0, abs=1e-12)
        assert got.slope.attrs["units"] == "yr-1"
    t = pd.to_datetime(["2000-01-03", "2000-02-17", "2001-07-09", "2003-01-01"])
    years = (t - t[0]) / pd.Timedelta(365.2425, "D")
    da = xr.DataArray(5 - 2.0 * years, dims="time", coords={"time": t}, attrs={"units": "1"})
    assert float(analysis.trend(da).slope) == pytest.approx(-2.0, rel=1e-12)


def test_the_interval_can_be_left_out():
    a, b = analysis.trend(annual(), level=None), analysis.trend(annual())
    assert a.slope_lower.isnull().all() and a.slope_upper.isnull().all()
    for name in ("slope", "intercept", "p_value", "s"):
        np.testing.assert_array_equal(a[name], b[name])


def test_missing_years_keep_their_length():
    """Rows that are absent, and rows of NaN, say the same; the axis is 20 years either way."""
    da = annual()
    gone = [3, 4, 5, 11]
    holes = da.copy()
    holes[gone] = np.nan
    for test in ("mk", "ar1", "hamed_rao", "yue_wang", "tfpw"):
        for corrected in (False, True) if test in CORRECTABLE else (False,):
            a = analysis.trend(holes, test=test, bias_corrected=corrected)
            b = analysis.trend(da.drop_isel(time=gone), test=test, bias_corrected=corrected)
            xr.testing.assert_allclose(a.drop_attrs(), b.drop_attrs(), rtol=1e-12)
    assert year_axis(da.drop_isel(time=gone)).steps == 20


def test_seasonal_reads_the_months():
    t = pd.date_range("2000-03-01", periods=118, freq="MS")
    x = 50 * np.cos(2 * np.pi * t.month.to_numpy() / 12) + 0.3 * t.year.to_numpy()
    da = xr.DataArray(x, dims="time", coords={"time": t}, attrs={"units": "kg m-2"})
    da[7:9] = np.nan
    got = analysis.trend(da, test="seasonal")
    assert float(got.slope) == pytest.approx(0.3, rel=1e-10) and float(got.p_value) < 1e-6
    with pytest.raises(SchemaError, match="neither monthly nor dekadal"):
        analysis.trend(annual(), test="seasonal")


def test_least_squares_with_either_test():
    da = annual()
    line, mixed = analysis.trend(da, method="ols"), analysis.trend(da, method="ols", test="mk")
    one = stats.linregress(np.arange(20), da.values[:, 1, 1].astype(float))
    assert float(line.slope[1, 1]) == pytest.approx(one.slope, rel=1e-10)
    assert float(line.p_value[1, 1]) == pytest.approx(one.pvalue, abs=1e-12)
    assert np.isnan(line.s).all()
    np.testing.assert_array_equal(mixed.slope, line.slope)
    np.testing.assert_array_equal(mixed.p_value, analysis.trend(da).p_value)


@pytest.mark.parametrize("chunks", [{"lat": 1}, {"lat": 2, "lon": 5}, {"lat": -1}])
def test_lazy_equals_eager_and_stays_lazy(chunks):
    da = annual()

    def refuse(block):
        if block.size:
            raise AssertionError("computed early")
        return block

    lazy = da.chunk(chunks | {"time": -1})
    guarded = lazy.copy(data=lazy.data.map_blocks(refuse, dtype=lazy.dtype))
    assert analysis.trend(guarded).slope.chunks is not None
    xr.testing.assert_identical(analysis.trend(lazy, test="ar1").compute().drop_attrs(),
                                analysis.trend(da, test="ar1").drop_attrs())  # fmt: skip


@pytest.mark.parametrize("test", CORRECTABLE)
def test_correction_is_asked_for_and_written_down(test):
    """By default as published; corrected it says so, does not depend on chunks, has another p and the same slope."""
    da = annual()
    da[3:5, 0] = np.nan
    plain, got = analysis.trend(da, test=test), analysis.trend(da, test=test, bias_corrected=True)
    assert "bias_corrected" not in plain.attrs and got.attrs["bias_corrected"] == "true"
    np.testing.assert_array_equal(got.slope, plain.slope)
    assert (np.abs(got.p_value - plain.p_value) > 1e-6).any()
    lazy = analysis.trend(da.chunk(lat=1, time=-1), test=test, bias_corrected=True)
    assert lazy.p_value.chunks is not None
    xr.testing.assert_identical(lazy.compute().drop_attrs(), got.drop_attrs())
    kernel = mann_kendall(da.transpose("lat", "lon", "time").values, test=test, bias_corrected=True, min_n=14)
    np.testing.assert_array_equal(got.p_value, kernel["p_value"])


def test_too_little_is_a_status_without_a_warning():
    da = annual()
    da[:, 0, 0] = np.nan
    da[7:, 0, 1] = np.nan
    da[:, 0, 2] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = analysis.trend(da)
        alone = analysis.trend(da.isel(time=[0]))
    assert got.status[0, :4].values.tolist() == [STATUS[k] for k in ("no_data", "too_few_years", "zero_variance", "ok")]
    assert np.isnan(got.slope[0, :2]).all() and float(got.slope[0, 2]) == 0
    assert set(np.unique(alone.status)) <= {STATUS["too_few_years"], STATUS["no_data"]}
    assert int(analysis.trend(da, min_valid=0.3).status[0, 1]) == STATUS["ok"]


@pytest.mark.parametrize(("spoil", "options", "error", "word"), [
    (lambda d: d.drop_attrs(), {}, SchemaError, "no units"),
    (lambda d: d.chunk(time=5), {}, SchemaError, "Rechunk"),
    (lambda d: d.isel(time=slice(None, None, -1)), {}, SchemaError, "do not rise"),
    (lambda d: d.isel(time=[0, 0, 1]), {}, SchemaError, "do not rise"),
    (lambda d: d.drop_vars("time"), {}, SchemaError, "time axis"),
    (lambda d: d.assign_coords(time=np.arange(20)), {}, SchemaError, "datetime64"),
    (lambda d: d.to_dataset(), {}, SchemaError, "DataArray"),
    (lambda d: d, {"test": "t"}, ConfigError, "ols"), (lambda d: d, {"test": "x"}, ConfigError, "test"),
    (lambda d: d, {"method": "x"}, ConfigError, "method"), (lambda d: d, {"min_valid": 0}, ConfigError, "min_valid"),
    (lambda d: d, {"level": 95}, ConfigError, "level"),
    (lambda d: d, {"bias_corrected": True}, ConfigError, "bias_corrected"),
    (lambda d: d, {"test": "ar1", "bias_corrected": True}, ConfigError, "bias_corrected"),
    (lambda d: d, {"method": "ols", "bias_corrected": True}, ConfigError, "bias_corrected"),
    (lambda d: d.assign_coords(time=d.time + pd.to_timedelta(np.arange(20) ** 2, "D")), {"test": "ar1"}, SchemaError,
     "irregular"),
])  # fmt: skip
def test_wrong_input_names_the_cure(spoil, options, error, word):
    with pytest.raises(error, match=word):
        analysis.trend(spoil(annual()), **options)


def test_annual_means_ask_for_months():
    t = pd.date_range("2001-01-01", "2003-12-31")
    da = xr.DataArray(t.month.to_numpy().astype("f4"), dims="time", coords={"time": t}, attrs={"units": "m3 m-3"},
                      name="sm")  # fmt: skip
    da = da.where(~((t.year == 2002) & (t.month >= 11)))
    got = analysis.annual_means(da)
    assert got.values[[0, 2]].tolist() == [6.5, 6.5] and np.isnan(got.values[1])  # months count alike
    assert float(analysis.annual_means(da, min_months=10)[1]) == 5.5
    assert got.attrs["units"] == "m3 m-3" and got.name == "sm"
    assert analysis.annual_means(da.chunk(time=-1)).chunks is not None
    with pytest.raises(ConfigError, match="min_months"):
        analysis.annual_means(da, min_months=13)
    with pytest.raises(SchemaError, match="Rechunk"):
        analysis.annual_means(da.chunk(time=100))


@pytest.mark.real
def test_a_real_record_says_how_little_it_knows(data):
    """Hawaii in C3S: most cells are sea or forest; the cells with enough years give what scipy gives."""
    from vadose import products

    files = sorted((data / "c3s" / "cells" / "v202212_combined").rglob("*.nc"))
    annual_sm = analysis.annual_means(products.open("c3s", files).sm.chunk(time=-1), min_months=10, min_days=5)
    got = analysis.trend(annual_sm, min_valid=0.5, test="ar1").compute()
    assert got.slope.attrs["units"] == "m3 m-3 yr-1"
    known = got.status == STATUS["ok"]
    assert set(np.unique(got.status)) == {STATUS[k] for k in ("ok", "too_few_years", "no_data")}
    assert int(known.sum()) == int(analysis.trend_summary(got, area="cell").n_cells.item()) > 0
    row, col = np.argwhere(known.values)[0]
    y = annual_sm.values[:, row, col].astype(float)
    ok = np.isfinite(y)
    assert int(got.n[row, col]) == ok.sum() < annual_sm.sizes["time"]
    assert float(got.slope[row, col]) == stats.theilslopes(y[ok], np.flatnonzero(ok)).slope
