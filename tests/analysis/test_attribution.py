import warnings

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid
from vadose.schema import STATUS

GRID = Grid.regular(60.0)
BOUNDS = [[0.0, 0.1], [0.1, 0.4], [0.4, 1.0], [1.0, 2.0]]


def monthly(years=25, seed=0, dtype="f4"):
    rng = np.random.default_rng(seed)
    t = pd.date_range("2000-01-01", periods=12 * years, freq="MS")
    size = np.array([25.0, 75, 150, 250])[:, None, None]
    x = size * (1 + 0.05 * rng.standard_normal((12 * years, 4, *GRID.shape)))
    x = x + (0.1 * size * np.cos(2 * np.pi * np.arange(12 * years) / 12)[:, None, None, None])
    return xr.DataArray(x.astype(dtype), dims=("time", "layer", "lat", "lon"), coords=GRID.coords() | {"time": t},
                        attrs={"units": "kg m-2"}, name="swc")  # fmt: skip


def test_seasons_rank_months_of_each_year():
    da = monthly(3)
    got = analysis.wetness_seasons(da)
    total = da.sum("layer").values.astype(float).reshape(3, 12, *GRID.shape)
    for year, row, col in ((0, 0, 0), (2, 1, 3)):
        order = np.argsort(-total[year, :, row, col], kind="stable")
        season = np.empty(12, int)
        season[order] = np.arange(12) // 3
        assert got.season_of_month.isel(lat=row, lon=col, year=year).values.tolist() == season.tolist()
        wet = order[:3] + 12 * year
        np.testing.assert_allclose(got.storage.isel(lat=row, lon=col, season=0, year=year),
                                   da.values[wet, :, row, col].mean(axis=0), rtol=1e-6)  # fmt: skip
    assert got.season.values.tolist() == list(analysis.SEASONS) and got.storage.units == "kg m-2"
    # four seasons of three months make the year
    np.testing.assert_allclose(got.storage.mean("season").sum("layer").transpose("year", "lat", "lon"),
                               total.mean(axis=1), rtol=1e-6)  # fmt: skip


def test_by_layer_each_layer_has_its_own_seasons():
    da = monthly(2)
    da[:, 1] = -da[:, 1] + 200
    own = analysis.wetness_seasons(da, by="layer")
    assert own.season_of_month.dims[-3:] == ("layer", "year", "month")
    assert (own.storage.diff("season") <= 0).all()
    assert not (analysis.wetness_seasons(da).storage.isel(layer=1).diff("season") <= 0).all()


def test_an_incomplete_year_has_no_seasons():
    da = monthly(4)
    da[14, 2] = np.nan  # a layer of March 2001
    da = da.drop_isel(time=40)  # no May 2003
    got = analysis.wetness_seasons(da)
    assert (got.season_of_month.sel(year=[2001, 2003]) == -1).all()
    assert got.storage.sel(year=[2001, 2003]).isnull().all() and got.storage.sel(year=[2000, 2002]).notnull().all()
    assert (analysis.wetness_seasons(da, by="layer").season_of_month.sel(year=2001) == -1).all()


def test_contributions_add_up_and_keep_their_units():
    da = monthly()
    da[:, :, 0, 0] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = analysis.attribute_variability(da)
    total = got.contribution.sum(["season", "layer", "kind"], skipna=False)
    np.testing.assert_allclose(total.values.ravel()[1:], 1.0, atol=1e-10)
    assert got.status.values.ravel()[:2].tolist() == [STATUS["no_data"], 0] and int(got.top1[0, 0]) == -1
    annual = da.sum("layer", skipna=False).astype(float).groupby("time.year").mean()
    np.testing.assert_allclose(got.variance, annual.var("year", ddof=1), rtol=1e-4)
    assert got.variance.units == "kg2 m-4" and got.contribution.units == "1"
    assert got.contribution.dims == ("season", "layer", "kind", "lat", "lon")


def test_a_case_made_by_hand():
    """Top layer: trend in the wet season; bottom layer: alternation in the dry one, orthogonal to time.

    With 12 years the trend 2 (t - mean) has variance 4 * 143/12, the alternation (+3, -3, -3, +3) 9.
    """
    t = np.arange(12)
    x = np.full((2, 4, 12), 50.0)
    x[0, 0] += 2.0 * t
    x[1, 3] += np.tile([3.0, -3, -3, 3], 3)
    da = xr.DataArray(x, dims=("layer", "season", "year"), attrs={"units": "kg m-2"},
                      coords={"year": 1990 + t, "season": list(analysis.SEASONS),
                              "layer": ["top", "bottom"]})  # fmt: skip
    got = analysis.attribute_variability(da)
    trend, iav = 4 * 143 / 12, 9.0
    share = got.contribution
    assert share.sel(season="H-S", layer="top", kind="trend").item() == pytest.approx(trend / (trend + iav), rel=1e-12)
    assert share.sel(season="A-S", layer="bottom", kind="iav").item() == pytest.approx(iav / (trend + iav), rel=1e-12)
    assert np.abs(share).sum().item() == pytest.approx(1.0, abs=1e-12)
    assert got.variance.item() == pytest.approx((trend + iav) * 12 / 11 / 16, rel=1e-12)
    names = got.top1.attrs["flag_meanings"].split()
    values = got.top1.attrs["flag_values"].tolist()
    assert names[values.index(got.top1.item())] == "H-S|top|trend"
    assert names[values.index(got.top2.item())] == "A-S|bottom|iav"
    assert got.top2_contribution.item() == pytest.approx(iav / (trend + iav))
    assert got.omega.sel(season="H-S", layer="top").item() == pytest.approx(
        trend / (trend + iav) / (61 / 411), rel=1e-12
    )


def test_lazy_equals_eager_whatever_the_chunks():
    da = monthly(12)
    want = analysis.attribute_variability(da)
    for chunks in ({"lat": 1}, {"lat": 2, "lon": 5}):
        lazy = analysis.attribute_variability(da.chunk(chunks | {"time": -1, "layer": -1}))
        assert lazy.contribution.chunks is not None and lazy.top1.chunks is not None
        xr.testing.assert_identical(lazy.compute().drop_attrs(), want.drop_attrs())


def test_summary_weighs_by_area():
    got = analysis.attribute_variability(monthly(12))
    mean = analysis.contribution_summary(got)
    for name in ("season_share", "layer_share", "kind_share"):
        assert mean[name].sum().item() == pytest.approx(1.0, abs=1e-10)
    cos = np.cos(np.radians(GRID.lat))[:, None] * np.ones(GRID.shape)
    want = np.average(got.contribution.sum(["layer", "kind"]).values.reshape(4, -1), weights=cos.ravel(), axis=1)
    np.testing.assert_allclose(mean.season_share, want, rtol=1e-12)
    assert mean.n_cells.item() == GRID.shape[0] * GRID.shape[1]


def test_two_periods():
    da = monthly(25)
    got = analysis.compare_periods(da, periods={"early": (2000, 2011), "late": (2012, 2024)})
    late = analysis.attribute_variability(da.sel(time=slice("2012", "2024")))
    np.testing.assert_allclose(got.contribution.sel(period="late"), late.contribution, rtol=1e-12)
    np.testing.assert_allclose(got.difference.sum(["season", "layer", "kind"]), 0, atol=1e-10)
    assert got.n.sel(period="early").values.min() == 12
    with pytest.raises(ConfigError, match="no year"):
        analysis.compare_periods(da, periods={"a": (1900, 1910), "b": (2000, 2010)})


def test_moisture_needs_thickness_and_storage_is_screened():
    da = monthly(1)
    ds = xr.Dataset({"sm": da / 1000.0, "layer_bnds": (("layer", "bnds"), BOUNDS)})
    ds["sm"].attrs = {"units": "m3 m-3"}
    storage = analysis.layer_storage(ds)
    np.testing.assert_allclose(storage.isel(layer=2), da.isel(layer=2) * 0.6, rtol=1e-6)
    assert storage.units == "kg m-2"
    with pytest.raises(SchemaError, match="layer_bnds"):
        analysis.wetness_seasons(ds["sm"])
    with pytest.raises(SchemaError, match="'%'"):
        analysis.wetness_seasons(da.assign_attrs(units="%"))
    da[0, 0, 0, 0] = 99.95
    da[0, 3, 1, 1] = -1
    got = analysis.screen_storage(da, limits=analysis.NOAH_LIMITS)
    assert got.n_out_of_range.values.tolist() == [1, 0, 0, 1] and int(got.swc.isnull().sum()) == 2
    with pytest.raises(ConfigError, match="limits"):
        analysis.screen_storage(da, limits=[1.0])


@pytest.mark.parametrize(("spoil", "word"), [
    (lambda d: d.isel(layer=0, drop=True), "layer"), (lambda d: d.chunk(layer=1), "Rechunk"),
    (lambda d: d.chunk(time=7), "Rechunk"), (lambda d: d.drop_attrs(), "units"),
    (lambda d: d.assign_coords(time=pd.date_range("2000", periods=d.sizes["time"])), "one a month"),
    (lambda d: d.isel(time=slice(None, None, 12)), "one a month"),
])  # fmt: skip
def test_wrong_input_names_the_cure(spoil, word):
    with pytest.raises(SchemaError, match=word):
        analysis.wetness_seasons(spoil(monthly(3)))


def test_one_year_only_is_a_status():
    got = analysis.attribute_variability(monthly(1))
    assert (got.status == STATUS["too_few_years"]).all() and got.contribution.isnull().all()
