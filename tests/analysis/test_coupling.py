"""Coupling of production to soil water: known answers, references, laziness, masks, refusals."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.stats
import xarray as xr

from vadose import analysis
from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid
from vadose.schema import STATUS
from vadose.stats.multiple import fdr
from vadose.stats.partial import partial_correlation

GRID = Grid.regular(60.0)  # 3 x 6
YEARS = np.arange(2000, 2025)
SIZE = np.array([25.0, 75, 150, 250])
CODES = np.array([[1, 4, 5, 7, 9, 10], [10, 10, 12, 14, 0, 16], [13, 15, 2, 11, 6, 255]], "uint8")


def field(values, dims, **attrs):
    coords = {"lat": GRID.coords()["lat"], "lon": GRID.coords()["lon"]}
    return xr.DataArray(values, dims=dims, coords=coords | {"year": YEARS}, attrs={"units": "g m-2"} | attrs)


@pytest.fixture
def world():
    rng = np.random.default_rng(0)
    x = SIZE[:, None, None, None] * (1 + 0.1 * rng.standard_normal((4, 4, YEARS.size, *GRID.shape)))
    layers = field(x.astype("f4"), ("season", "layer", "year", "lat", "lon"), units="kg m-2")
    layers = layers.assign_coords(season=list(analysis.SEASONS), layer=[1, 2, 3, 4])
    rain, warm, noise = rng.standard_normal((3, YEARS.size, *GRID.shape))
    gpp = field(900 + 10 * (x[3, 1] - 75) + 30 * warm + 30 * noise, ("year", "lat", "lon"))
    controls = {"precipitation": field(800 + 100 * rain, ("year", "lat", "lon"), units="mm"),
                "temperature": field(10 + warm, ("year", "lat", "lon"), units="degC")}  # fmt: skip
    classes = xr.DataArray(CODES, dims=("lat", "lon"), coords=GRID.coords(), name="land_cover")
    return gpp, layers, classes, controls


def test_r_and_p_as_scipy_in_every_season_and_layer(world):
    gpp, layers, classes, _ = world
    got = analysis.coupling(gpp, layers, classes)
    assert got.r.dims == ("season", "layer", "lat", "lon") and got.depth.values.tolist()[0] == "layer 1"
    for s, k, i, j in ((0, 0, 0, 0), (3, 1, 1, 4), (2, 3, 2, 5)):
        ref = scipy.stats.pearsonr(layers.values[s, k, :, i, j].astype(float), gpp.values[:, i, j])
        assert float(got.r[s, k, i, j]) == pytest.approx(ref.statistic, abs=1e-12)
        assert float(got.p_value[s, k, i, j]) == pytest.approx(ref.pvalue, abs=1e-12)
    assert (got.n == 25).all() and (got.status == 0).all()
    # only the driest season's second layer drives production
    best = got.mean_r.sel(ecosystem="all")
    assert best.argmax(...)["season"] == 3 and best.argmax(...)["layer"] == 1 and float(best.max()) > 0.7


def test_table_is_the_weighted_mean_over_each_mask(world):
    gpp, layers, classes, _ = world
    got = analysis.coupling(gpp, layers, classes, alpha=0.1)
    assert got.ecosystem.values.tolist() == ["all", "forest", "shrubland", "grassland", "cropland"]
    weight = np.broadcast_to(np.cos(np.radians(GRID.lat))[:, None], GRID.shape)
    masks = {"all": CODES >= 0, "forest": np.isin(CODES, [1, 2, 3, 4, 5]), "grassland": CODES == 10,
             "shrubland": np.isin(CODES, [6, 7, 8, 9, 11]), "cropland": np.isin(CODES, [12, 14])}  # fmt: skip
    for name, mask in masks.items():
        row = got.sel(ecosystem=name)
        r, p = got.r.values, got.p_value.values
        np.testing.assert_allclose(row.mean_r, (r * weight)[..., mask].sum(-1) / weight[mask].sum(), rtol=1e-12)
        np.testing.assert_allclose(row.mean_p, (p * weight)[..., mask].sum(-1) / weight[mask].sum(), rtol=1e-12)
        assert (row.n_cells == mask.sum()).all()
        np.testing.assert_array_equal(row.n_significant, (p < 0.1)[..., mask].sum(-1))
        np.testing.assert_allclose(row.share_positive + row.share_negative, row.share_significant, atol=1e-12)
        by_cell = analysis.coupling_table(got, area="pixel", alpha=0.1).sel(ecosystem=name)
        np.testing.assert_allclose(by_cell.share_significant, (p < 0.1)[..., mask].mean(-1), rtol=1e-12)
    frame = analysis.coupling_table(got)[["mean_r", "mean_p", "n_significant", "share_significant"]].to_dataframe()
    assert len(frame) == 5 * 4 * 4 and frame.index.names == ["ecosystem", "season", "layer"]


def test_controls_and_trend_are_taken_out(world):
    gpp, layers, _, controls = world
    plain, given = (analysis.coupling(gpp, layers, controls=c) for c in (None, controls))
    ref = partial_correlation(layers.transpose(..., "year").values, gpp.transpose(..., "year").values, time=YEARS,
                              controls=[c.transpose(..., "year").values for c in controls.values()])  # fmt: skip
    np.testing.assert_allclose(given.r, ref["r"], rtol=1e-12)
    np.testing.assert_allclose(given.p_value, ref["p_value"], rtol=1e-9)
    # temperature explains part of the noise
    driven = {"season": 3, "layer": 1}
    assert float(given.mean_r.sel(ecosystem="all")[driven]) > float(plain.mean_r.sel(ecosystem="all")[driven]) + 0.05
    assert given.attrs["controls"] == "precipitation temperature" and "given the controls" in given.r.long_name
    # a common trend makes a correlation that detrending removes
    drift = xr.DataArray(YEARS - 2012.0, dims="year", coords={"year": YEARS})
    both = (gpp + 100 * drift).assign_attrs(gpp.attrs), (layers + 5 * drift).assign_attrs(layers.attrs)
    assert float(analysis.coupling(*both).mean_r.min()) > 0.4
    removed = analysis.coupling(*both, detrend=True)
    np.testing.assert_allclose(removed.r, analysis.coupling(gpp, layers, detrend=True).r, atol=1e-5)


def test_fdr_over_the_map_of_each_season_and_depth(world):
    gpp, layers, classes, _ = world
    got = analysis.coupling(gpp, layers, classes, fdr=True)
    p = got.p_value.values.reshape(4, 4, -1)
    np.testing.assert_array_equal(got.p_adjusted.values.reshape(p.shape), fdr(p, axis=-1))
    assert (got.n_significant.sel(ecosystem="all") == (fdr(p, axis=-1) < 0.05).sum(-1)).all()
    assert (got.p_adjusted >= got.p_value * (1 - 1e-12)).all() and got.attrs["fdr"] == "true"


@pytest.mark.parametrize("chunks", [{"lat": 1, "lon": 2}, {"layer": 1, "lat": 2}, {"season": 2, "lon": 4}])
def test_lazy_and_the_same_for_every_chunking(world, chunks):
    import dask

    gpp, layers, classes, controls = world
    eager = analysis.coupling(gpp, layers, classes, controls=controls, fdr=True, test="n_eff")

    def forbidden(*args, **kwargs):
        raise AssertionError("computed too early")

    place = {k: v for k, v in chunks.items() if k in ("lat", "lon")}
    with dask.config.set(scheduler=forbidden):
        lazy = analysis.coupling(gpp.chunk(place), layers.chunk(chunks), classes,
                                 controls={k: v.chunk(place) for k, v in controls.items()}, fdr=True,
                                 test="n_eff")  # fmt: skip
        assert lazy.r.chunks is not None and lazy.mean_r.chunks is not None
    lazy = lazy.compute()
    for name in ("r", "slope", "response", "p_value", "n", "n_eff", "status", "p_adjusted", "significant"):
        np.testing.assert_array_equal(lazy[name], eager[name])
    np.testing.assert_allclose(lazy.mean_r, eager.mean_r, rtol=1e-12)


def test_from_months_with_bounds_and_dekads_of_production():
    rng = np.random.default_rng(1)
    t = pd.date_range("2000-01-01", "2013-12-31", freq="MS")
    sm = xr.DataArray(0.25 + 0.05 * rng.standard_normal((t.size, 2, *GRID.shape)), dims=("time", "layer", "lat", "lon"),
                      coords=GRID.coords() | {"time": t, "layer": [1, 2]}, attrs={"units": "m3 m-3"})  # fmt: skip
    ds = xr.Dataset({"sm": sm, "layer_bnds": (("layer", "bnds"), [[0.0, 0.1], [0.1, 0.4]])})
    days = pd.date_range("1998-01-01", "2013-12-31")
    d = days[days.day.isin([1, 11, 21])]
    gpp = xr.DataArray(rng.random((d.size, *GRID.shape)), dims=("time", "lat", "lon"),
                       coords=GRID.coords() | {"time": d}, attrs={"units": "g m-2"})  # fmt: skip
    got = analysis.coupling(gpp, ds)
    assert got.depth.values.tolist() == ["0-10 cm", "10-40 cm"] and got.attrs["period"] == "2000/2013"
    total = gpp.groupby("time.year").sum().sel(year=slice(2000, 2013))
    wet = analysis.wetness_seasons(ds).storage
    np.testing.assert_allclose(got.r, xr.corr(wet, total, dim="year").transpose(*got.r.dims), atol=1e-10)


def test_years_that_one_of_them_lacks_are_left_out_and_keep_their_distance(world):
    gpp, layers, *_ = world
    got = analysis.coupling(gpp.drop_sel(year=[2003, 2010]), layers.sel(year=slice(2001, None)), detrend=True)
    years = [y for y in range(2001, 2025) if y not in (2003, 2010)]
    ref = partial_correlation(layers.sel(year=years).values[1, 2, :, 0, 0], gpp.sel(year=years).values[:, 0, 0],
                              time=years, detrend=True)  # fmt: skip
    assert float(got.r[1, 2, 0, 0]) == pytest.approx(float(ref["r"]), rel=1e-12)
    assert (got.n == 22).all() and got.attrs["period"] == "2001/2024"


def test_missing_constant_and_short_series_get_a_status_without_warnings(world):
    gpp, layers, classes, _ = world
    gpp, layers = gpp.copy(deep=True), layers.copy(deep=True)
    gpp[:, 0, 0] = np.nan
    gpp[8:, 0, 1] = np.nan
    gpp[:, 0, 2] = 7.3
    layers[:, 3, :, 0, 3] = 31.7
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = analysis.coupling(gpp, layers, classes)
        none = analysis.coupling(gpp.where(False), layers, classes)
    expected = ["no_data", "too_few_years", "zero_variance", "zero_variance", "ok", "ok"]
    assert got.status.isel(season=0, layer=3, lat=0).values.tolist() == [STATUS[s] for s in expected]
    assert (got.n_cells.sel(ecosystem="all").isel(season=0) == [15, 15, 15, 14]).all()
    assert (none.n_cells == 0).all() and none.mean_r.isnull().all() and none.share_significant.isnull().all()


def test_one_year_is_too_few(world):
    gpp, layers, classes, _ = world
    got = analysis.coupling(gpp.isel(year=[0]), layers.isel(year=[0]), classes)
    assert (got.status == STATUS["too_few_years"]).all() and (got.n == 1).all()


def test_classes_of_another_grid_are_refused_and_brought_over(world):
    gpp, layers, classes, _ = world
    fine = Grid.regular(20.0)
    rng = np.random.default_rng(2)
    codes = np.repeat(np.repeat(CODES, 3, 0), 3, 1)
    minority = rng.random(codes.shape) < 0.2
    codes[minority] = 8
    land = xr.DataArray(codes, dims=("lat", "lon"), coords=fine.coords(), name="land_cover")
    with pytest.raises(GridError, match="classes_on"):
        analysis.coupling(gpp, layers, land)
    brought = analysis.classes_on(land, layers)
    keep = brought.values == CODES
    # in most cells of 3 x 3 the first class still has the most area
    assert keep.mean() > 0.8 and brought.dims == ("lat", "lon")
    assert analysis.coupling(gpp, layers, brought).ecosystem_class.shape == GRID.shape
    shifted = classes.assign_coords(lon=classes.lon + 1e-3)
    with pytest.raises(GridError, match="another grid"):
        analysis.coupling(gpp, layers, shifted)


@pytest.mark.parametrize(("codes", "expected"), [
    (np.full((3, 6), 1, "u1"), 18), (np.full((3, 6), 16, "u1"), 0), (CODES, 3 + 1), (np.full((3, 6), 255, "u1"), 0),
    (np.where(CODES == 255, np.nan, CODES), 4),
])  # fmt: skip
def test_masks_all_none_mixed_missing(world, codes, expected):
    gpp, layers, *_ = world
    land = xr.DataArray(codes, dims=("lat", "lon"), coords=GRID.coords())
    got = analysis.coupling(gpp, layers, land)
    assert (got.n_cells.sel(ecosystem="forest") == expected).all()


def test_joined_depths_are_the_annual_storage_of_their_layers(world):
    _, layers, *_ = world
    bounds = xr.DataArray([[0.0, 0.1], [0.1, 0.4], [0.4, 1.0], [1.0, 2.0]], dims=("layer", "bnds"))
    got = analysis.join_depths(layers, bounds)
    np.testing.assert_allclose(got[0, 0], layers.values[:, 1:3].astype(float).sum(1).mean(0), rtol=1e-6)
    assert got.depth.values.tolist() == ["10-100 cm", "100-200 cm"] and got.season.values.tolist() == ["year"]
    with pytest.raises(ConfigError, match="whole layers"):
        analysis.join_depths(layers, bounds, depths=[(0.0, 0.5)])


def test_bad_input_is_refused(world):
    gpp, layers, classes, controls = world
    with pytest.raises(ConfigError, match="test"):
        analysis.coupling(gpp, layers, test="t")
    with pytest.raises(ConfigError, match="min_years"):
        analysis.coupling(gpp, layers, min_years=2)
    with pytest.raises(ConfigError, match="alpha"):
        analysis.coupling(gpp, layers, alpha=5)
    with pytest.raises(ConfigError, match="area"):
        analysis.coupling(gpp, layers, area="km2")
    with pytest.raises(ConfigError, match="do not overlap"):
        analysis.coupling(gpp, layers, classes, groups={"a": (1, 2), "b": (2,)})
    with pytest.raises(SchemaError, match="no year that all have"):
        analysis.coupling(gpp.assign_coords(year=YEARS + 100), layers)
    with pytest.raises(SchemaError, match="units"):
        analysis.coupling(gpp.drop_attrs(), layers)
    for unit in ("K", "m3 m-3", "1"):
        with pytest.raises(SchemaError, match="per area"):
            analysis.coupling(gpp.assign_attrs(units=unit), layers)
    for unit in ("gC/m2/d", "umol m-2 s-1", "g C m^-2 yr-1", "t ha-1"):
        analysis.coupling(gpp.assign_attrs(units=unit), layers)
    with pytest.raises(SchemaError, match="units 'K'"):
        analysis.coupling(gpp, layers.assign_attrs(units="K"))
    with pytest.raises(SchemaError, match="layer_bnds"):
        analysis.coupling(gpp, layers.assign_attrs(units="m3 m-3"))
    with pytest.raises(SchemaError, match="one chunk"):
        analysis.coupling(gpp.chunk(year=5), layers)
    with pytest.raises(SchemaError, match="'gpp'"):
        analysis.coupling(xr.Dataset({"npp": gpp}), layers)
    with pytest.raises(GridError, match="another grid"):
        analysis.coupling(gpp.assign_coords(lat=gpp.lat.astype("f4") + np.float32(0.1)), layers)
    with pytest.raises(GridError, match="controls: rain"):
        analysis.coupling(gpp, layers, controls={"rain": controls["precipitation"].isel(lat=0)})
    with pytest.raises(SchemaError, match=r"MCD12Q1 codes water as 17"):
        analysis.coupling(gpp, layers, classes.where(classes != 0, 17))
    with pytest.raises(SchemaError, match="without time"):
        analysis.coupling(gpp, layers, classes.expand_dims(year=[2000]))
    with pytest.raises(SchemaError, match="r, p_value"):
        analysis.coupling_table(xr.Dataset({"slope": 1.0}))
