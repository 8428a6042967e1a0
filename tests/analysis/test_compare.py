import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis
from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid

GRID = Grid.regular(30.0)
YEARS = pd.date_range("1995-01-01", "2020-01-01", freq="YS")
OPTIONS = {"periods": ["1995/2020", "2005/2020"], "test": "mk"}


def annual(slope, *, noise=0.0, seed=0, units="kg m-2", years=YEARS):
    t = np.arange(len(years))[:, None, None]
    x = np.broadcast_to(slope, GRID.shape) * t + noise * np.random.default_rng(seed).standard_normal(
        (len(years), *GRID.shape)
    )
    return xr.DataArray(x, dims=("time", "lat", "lon"), coords=GRID.coords() | {"time": years}, attrs={"units": units})


def test_the_table_by_hand():
    """North wetter by 1, south drier by 2: half of the land each; the mean falls by 0.5."""
    lat = GRID.lat[:, None]
    table = analysis.compare_trends(
        {"a": annual(np.where(lat > 0, 1.0, -2.0)), "b": annual(3.0)}, regions={"latitude": "latitude"}, threshold=2.5,
        **OPTIONS,
    )  # fmt: skip
    assert table["rate"].dims == ("product", "period", "region")
    assert table.period.values.tolist() == ["1995-2020", "2005-2020"]
    a = table.sel(product="a", region="all")
    np.testing.assert_allclose(a.wetting, 0.5)
    np.testing.assert_allclose(a.drying, 0.5)
    np.testing.assert_allclose(a.significant, 1.0)
    np.testing.assert_allclose(a.mean_slope, -0.5)
    np.testing.assert_allclose(a.rate, -0.5)
    assert table.above.sel(product="b", region="all").values.tolist() == [1.0, 1.0]
    assert table.n_years.sel(product="a", region="all").values.tolist() == [26, 16]
    north = table.sel(product="a", period="1995-2020", region="30°N/60°N")
    assert float(north.rate) == pytest.approx(1.0) and int(north.n_cells) == 12 and str(north.kind.values) == "latitude"
    bands = table.area_share.sel(product="a", period="1995-2020").isel(region=slice(1, None))
    assert float(bands.sum()) == pytest.approx(1.0)
    assert table.mean_slope.units == table.rate.units == "kg m-2 yr-1"


def test_shares_of_regions_make_those_of_the_whole():
    table = analysis.compare_trends({"a": annual(0.0, noise=1)}, regions={"latitude": "latitude"}, **OPTIONS)
    parts = table.isel(region=slice(1, None))
    for name in ("wetting", "drying", "significant", "mean_slope", "rate"):
        if name != "rate":  # a median of slopes is not additive
            whole = (parts[name] * parts.area_share).sum("region")
            np.testing.assert_allclose(whole, table[name].isel(region=0), rtol=1e-9)


def test_a_corrected_test_reaches_cells_and_regions():
    both = {"a": annual(0.1, noise=1.0), "b": annual(0.1, noise=1.0, seed=1)}
    options = {"periods": "1995/2020", "test": "hamed_rao"}
    plain, got = (analysis.compare_trends(both, bias_corrected=c, **options) for c in (False, True))
    assert got.attrs["bias_corrected"] == "true" and "bias_corrected" not in plain.attrs
    assert (got.rate_p_value != plain.rate_p_value).all() and (got.rate == plain.rate).all()
    cells = analysis.common_trends(both, test="hamed_rao", bias_corrected=True)["a"]
    direct = analysis.trend(both["a"], test="hamed_rao", bias_corrected=True)
    np.testing.assert_array_equal(cells.p_value, direct.p_value)


def test_by_pixel_is_the_share_of_cells():
    lat = GRID.lat[:, None]
    table = analysis.compare_trends({"a": annual(np.where(np.abs(lat) < 30, 1.0, -1.0))}, area="pixel", **OPTIONS)
    np.testing.assert_allclose(table.wetting.isel(region=0), 1 / 3)


def test_common_cells_and_a_product_that_came_later():
    """b has no value in a row; c begins in 2012, has no trend in either period and narrows nothing."""
    a, b = annual(1.0), annual(-1.0)
    b = b.where(b.lat < 60)
    c = annual(1.0, years=YEARS[17:])
    table = analysis.compare_trends(
        {"a": a, "b": b, "c": c}, periods={"all": "1995/2020", "late": "2012/2020"}, test="mk"
    )
    n = table.n_cells.isel(region=0)
    assert n.sel(period="all").values.tolist() == [60, 60, 0] and n.sel(period="late").values.tolist() == [60, 60, 60]
    assert np.isnan(table.wetting.sel(product="c", period="all")).all()
    own = analysis.compare_trends({"a": a, "b": b}, mask="own", **OPTIONS)
    assert own.n_cells.isel(region=0).values.tolist() == [[72, 72], [60, 60]]
    trends = analysis.common_trends({"a": a, "b": b, "c": c}, period="2012/2020", test="mk")
    both = analysis.agreement(trends)
    assert both.same_sign.sel(product="a", other="b").item() == 0 and both.common.item() == 1


def test_gaps_move_no_level():
    """A wet cell that is missing in the last years would look like a falling mean."""
    x = annual(0.0) + 100 * (GRID.lat[:, None] > 60)
    x = x.where((x.lat < 60) | (x.time.dt.year < 2014)).assign_attrs(units="kg m-2")
    table = analysis.compare_trends({"a": x}, periods="1995/2020", test="mk")
    assert float(table.rate.squeeze()) == 0.0


def test_units_are_converted_or_refused():
    a, b = annual(0.001, units="m3 m-3"), annual(0.1, units="vol.%")
    table = analysis.compare_trends({"a": a, "b": b}, **OPTIONS)
    np.testing.assert_allclose(table.mean_slope.sel(product="b"), table.mean_slope.sel(product="a"), rtol=1e-6)
    with pytest.raises(SchemaError, match="thickness"):
        analysis.compare_trends({"a": a, "b": annual(1.0)}, **OPTIONS)


def test_other_grids_are_refused_or_brought_together():
    fine = Grid.regular(15.0)
    a = annual(1.0)
    b = xr.DataArray(np.broadcast_to(2.0 * np.arange(26)[:, None, None], (26, *fine.shape)).copy(),
                     dims=a.dims, coords=fine.coords() | {"time": YEARS}, attrs=a.attrs)  # fmt: skip
    with pytest.raises(GridError, match="grid=Grid"):
        analysis.compare_trends({"a": a, "b": b}, **OPTIONS)
    table = analysis.compare_trends({"a": a, "b": b}, grid=GRID, **OPTIONS)
    np.testing.assert_allclose(table.mean_slope.isel(region=0), [[1, 1], [2, 2]], rtol=1e-6)
    classes = xr.DataArray(np.ones(fine.shape), dims=("lat", "lon"), coords=fine.coords())
    with pytest.raises(GridError, match="to_grid"):
        analysis.compare_trends({"a": a}, regions={"land cover": classes}, **OPTIONS)


def test_monthly_values_and_classes_with_names():
    months = pd.date_range("2000-01-01", "2005-12-01", freq="MS")
    t = np.arange(72)[:, None, None] / 12
    x = xr.DataArray(np.sin(2 * np.pi * t) + t + np.zeros((72, *GRID.shape)), dims=("time", "lat", "lon"),
                     coords=GRID.coords() | {"time": months}, attrs={"units": "kg m-2"})  # fmt: skip
    codes = xr.DataArray(np.where(GRID.lat[:, None] > 0, 1, 2) * np.ones(GRID.shape, int), dims=("lat", "lon"))
    codes = codes.assign_coords(GRID.coords()).assign_attrs(flag_values=[1, 2], flag_meanings="forest crop_land")
    table = analysis.compare_trends({"a": x}, periods="2000/2005", regions={"land cover": codes}, test="mk")
    assert table.region.values.tolist() == ["all", "forest", "crop land"]
    np.testing.assert_allclose(table.rate, 1.0, rtol=1e-6)
    holes = x.where(x.time.dt.month != 7)
    assert (analysis.compare_trends({"a": holes}, periods="2000/2005").n_cells == 0).all()
    assert (analysis.compare_trends({"a": holes}, periods="2000/2005", min_months=11).n_cells > 0).any()


def test_lazy_and_independent_of_chunks():
    products = {"a": annual(0.1, noise=1), "b": annual(0.0, noise=1, seed=1)}
    eager = analysis.compare_trends(products, regions={"latitude": "latitude"}, **OPTIONS)
    lazy = analysis.compare_trends({k: v.chunk(lat=2) for k, v in products.items()}, regions={"latitude": "latitude"},
                                   **OPTIONS)  # fmt: skip
    assert lazy["rate"].chunks is not None and lazy["wetting"].chunks is not None
    xr.testing.assert_allclose(lazy.compute().drop_attrs(), eager.drop_attrs(), rtol=1e-12)


@pytest.mark.parametrize(("change", "error", "word"), [
    ({"periods": []}, ConfigError, "periods"), ({"periods": "2000-06/2010"}, ConfigError, "whole years"),
    ({"mask": "some"}, ConfigError, "mask"), ({"regions": {"x": "climate"}}, ConfigError, "regions"),
    ({"threshold": -1.0}, ConfigError, "threshold"), ({"regions": "latitude"}, ConfigError, "mapping"),
    ({"periods": "1995"}, None, ""),
])  # fmt: skip
def test_wrong_options(change, error, word):
    options = {"periods": "1995/2020"} | change
    if error is None:  # one year alone has no trend, and says so by its count
        assert int(analysis.compare_trends({"a": annual(1.0)}, **options).n_cells.squeeze()) == 0
        return
    with pytest.raises(error, match=word):
        analysis.compare_trends({"a": annual(1.0)}, **options)


def test_wrong_products():
    with pytest.raises(ConfigError, match="at least one"):
        analysis.compare_trends({}, **OPTIONS)
    with pytest.raises(SchemaError, match="units"):
        analysis.compare_trends({"a": annual(1.0).drop_attrs()}, **OPTIONS)
    with pytest.raises(SchemaError, match="DataArray"):
        analysis.compare_trends({"a": annual(1.0).to_dataset(name="sm")}, **OPTIONS)


def test_a_reference_tells_who_is_right():
    """Weather of 5 units hides slopes of 0.2 from each product alone, but is common to all."""
    weather = annual(0.0, noise=5.0, seed=3)
    truth = weather + annual(0.2)

    def seen(slope, seed):
        return (weather + annual(slope, noise=0.3, seed=seed)).assign_attrs(units="kg m-2")

    got = analysis.trend_errors({"good": seen(0.2, 1), "bad": seen(-0.1, 2)}, truth.assign_attrs(units="kg m-2"))
    assert got.right.values.tolist() == [True, False]
    assert float(got.rate_error.sel(product="bad")) == pytest.approx(-0.3, abs=0.02)
    assert float(got.consistent.sel(product="good")) > 0.85 and float(got.consistent.sel(product="bad")) < 0.05
    assert float(got.slope_rmse.sel(product="good")) < 0.05 < float(got.slope_rmse.sel(product="bad"))
    with pytest.raises(ConfigError, match="another name"):
        analysis.trend_errors({"reference": truth}, truth)


def test_a_corrected_test_goes_through_to_errors_rain_and_sea_level():
    """What is given on reaches the trend: the numbers are those of the corrected test, and say so."""
    t = pd.date_range("2000-01-01", periods=30, freq="YS")
    noise = np.random.default_rng(30).standard_normal((4, 30, 1, 2)).cumsum(axis=1)
    a, b, c, d = (xr.DataArray(x, dims=("time", "lat", "lon"), attrs={"units": "kg m-2"},
                               coords={"time": t, "lat": [0.5], "lon": [0.5, 1.5]}) for x in noise)  # fmt: skip
    calls = {
        "p_value": lambda k: analysis.sea_level(a, test="tfpw", bias_corrected=k),
        "rate_error_upper": lambda k: analysis.trend_errors({"b": b}, a, test="yue_wang", bias_corrected=k),
        "p_value_own": lambda k: analysis.forcing_discrepancy(a, c, d, test="yue_wang", bias_corrected=k),
    }
    for name, call in calls.items():
        plain, corrected = call(False), call(True)
        assert corrected.attrs["bias_corrected"] == "true" and "bias_corrected" not in plain.attrs
        assert (abs(corrected[name] - plain[name]) > 1e-6).all()
    direct = analysis.trend(c, test="yue_wang", bias_corrected=True)["p_value"]
    np.testing.assert_array_equal(calls["p_value_own"](True)["p_value_own"], direct)
