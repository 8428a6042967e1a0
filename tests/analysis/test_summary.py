import numpy as np
import pytest
import xarray as xr

from vadose import analysis
from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid

GRID = Grid.regular(30.0)


def make(slope, p=0.01, **attrs):
    shape = GRID.shape
    return xr.Dataset({"slope": (("lat", "lon"), np.broadcast_to(slope, shape).astype(float), {"units": "kg m-2 yr-1"}),
                       "p_value": (("lat", "lon"), np.broadcast_to(p, shape).astype(float))}, GRID.coords(),
                      attrs)  # fmt: skip


def test_shares_by_area():
    """Only the two rows next to the equator, 0-30°, grow wetter: half of the ellipsoid, nearly."""
    lat = GRID.lat[:, None]
    ds = make(np.where(np.abs(lat) < 30, 3.0, -1.0))
    by = {a: analysis.trend_summary(ds, area=a, threshold=2.0) for a in ("cos", "cell", "pixel")}
    cos = np.cos(np.radians([15, 45, 75]))
    assert by["pixel"].wetting.item() == pytest.approx(1 / 3)
    assert by["cos"].wetting.item() == pytest.approx(cos[0] / cos.sum())
    area = GRID.area()[:, 0]
    assert by["cell"].wetting.item() == pytest.approx(area[2:4].sum() / area.sum())
    for got in by.values():
        w = got.wetting.item()
        assert got.drying.item() == pytest.approx(1 - w) and got.significant.item() == pytest.approx(1.0)
        assert got.above.item() == pytest.approx(w) and got.below.item() == 0
        assert got.mean_slope.item() == pytest.approx(3 * w - (1 - w)) and got.mean_slope.units == "kg m-2 yr-1"


def test_missing_cells_do_not_count():
    slope = np.full(GRID.shape, 1.0)
    slope[0] = np.nan
    slope[1, :6] = -1.0
    got = analysis.trend_summary(make(slope, np.where(np.isnan(slope), np.nan, 0.2)), area="pixel")
    assert got.n_cells.item() == 60 and got.drying.item() == 0.1 and got.significant.item() == 0
    nothing = analysis.trend_summary(make(np.nan, np.nan))
    assert nothing.n_cells.item() == 0 and np.isnan(nothing.wetting.item())


def test_by_region_and_latitude():
    ds = make(np.sign(GRID.lat)[:, None])
    names = np.where(GRID.lat[:, None] > 0, "north", "").repeat(GRID.shape[1], 1)
    by = xr.DataArray(names, dims=("lat", "lon"), coords=ds.coords)
    got = analysis.trend_summary(ds, by=by)
    assert got.region.values.tolist() == ["all", "north"]
    assert got.wetting.values.tolist() == pytest.approx([0.5, 1.0])
    codes = by.copy(data=np.where(names == "north", 7, 3))
    assert analysis.trend_summary(ds, by=codes).region.values.tolist() == ["all", "3", "7"]
    bands = analysis.trend_summary(ds, by="latitude")
    assert bands.sizes["region"] == 7 and bands.n_cells.values[1:].tolist() == [12] * 6
    assert bands.wetting.sel(region="30°N/60°N").item() == 1


def test_fdr_is_stricter_than_each_cell_alone():
    p = np.linspace(0.001, 0.999, GRID.shape[0] * GRID.shape[1]).reshape(GRID.shape)
    ds = make(1.0, p)
    assert analysis.trend_summary(ds, area="pixel").significant.item() > 0.04
    assert analysis.trend_summary(ds, area="pixel", fdr=True).significant.item() == 0
    lazy = analysis.field_significance(ds.chunk(lat=2))
    assert lazy.p_adjusted.chunks is not None
    np.testing.assert_array_equal(lazy.p_adjusted, analysis.field_significance(ds).p_adjusted)


def test_summary_stays_lazy():
    ds = make(1.0)
    lazy = analysis.trend_summary(ds.chunk(lat=1), by="latitude")
    assert lazy.wetting.chunks is not None
    xr.testing.assert_allclose(lazy.compute(), analysis.trend_summary(ds, by="latitude"))


@pytest.mark.parametrize(("options", "error", "word"), [
    ({"area": "km2"}, ConfigError, "area"), ({"alpha": 5}, ConfigError, "alpha"),
    ({"threshold": -2}, ConfigError, "rate"), ({"by": "climate"}, ConfigError, "by"),
    ({"by": xr.DataArray(np.zeros((3, 3)), dims=("lat", "lon"), coords={"lat": [1.0, 0, -1], "lon": [0.0, 1, 2]})},
     GridError, "another grid"),
])  # fmt: skip
def test_wrong_options(options, error, word):
    with pytest.raises(error, match=word):
        analysis.trend_summary(make(1.0), **options)
    with pytest.raises(SchemaError, match="slope"):
        analysis.trend_summary(xr.Dataset())


def test_agreement_by_hand():
    a = np.ones(GRID.shape)
    b = np.where(np.arange(12) < 6, 1.0, -1.0) * np.ones(GRID.shape)
    c = b.copy()
    c[0] = np.nan
    got = analysis.agreement({"a": make(a), "b": make(2 * b), "c": make(c, 0.5)}, area="pixel")
    assert np.unique(got.n_wetting.values[1:, :6]).tolist() == [3] and np.unique(got.n_wetting[1:, 6:]).tolist() == [1]
    assert (got.n_wetting[0] == -1).all() and np.isnan(got.agreement[0]).all()
    assert got.agreement.values[1, [0, 6]].tolist() == [1.0, pytest.approx(2 / 3)]
    assert np.unique(got.n_significant_wetting.values[1:, :6]).tolist() == [2]
    assert got.wetting.values.tolist() == [1.0, 0.5, 0.5] and got.common.item() == pytest.approx(5 / 6)
    assert got.correlation.sel(product="b", other="c").item() == pytest.approx(1.0)
    assert np.isnan(got.correlation.sel(product="a", other="b").item())  # a is flat
    assert got.same_sign.sel(product="a", other="b").item() == 0.5
    np.testing.assert_allclose(got.same_sign, got.same_sign.values.T)


def test_agreement_refuses_what_cannot_be_compared():
    one = make(1.0, period="2000/2020")
    with pytest.raises(ConfigError, match="two"):
        analysis.agreement({"a": one})
    with pytest.raises(SchemaError, match="same years"):
        analysis.agreement({"a": one, "b": make(1.0, period="1990/2020")})
    with pytest.raises(GridError, match="to_grid"):
        analysis.agreement({"a": one, "b": one.isel(lat=slice(1, None))})
    other = one.assign(slope=one.slope.assign_attrs(units="m3 m-3 yr-1"))
    with pytest.raises(SchemaError, match="units"):
        analysis.agreement({"a": one, "b": other})


def test_sea_level_of_a_lost_millimetre():
    """1 kg m-2 a year lost everywhere but on a row with a gap: its area in 10^12 m2 is Gt."""
    rng = np.random.default_rng(0)
    x = 500 - np.arange(30.0)[:, None, None] + 0.01 * rng.standard_normal((30, *GRID.shape))
    x[3, 0] = np.nan
    da = xr.DataArray(x, dims=("year", "lat", "lon"), coords=GRID.coords() | {"year": np.arange(1990, 2020)},
                      attrs={"units": "kg m-2"})  # fmt: skip
    got = analysis.sea_level(da.chunk(lat=2))
    assert got.mass.chunks is not None
    area = 12 * GRID.area()[1:, 0].sum() * 1e-12
    assert float(got.mass_trend) == pytest.approx(-area, rel=1e-4)
    assert float(got.sea_level_trend) == pytest.approx(area / 361.8, rel=1e-4)
    assert float(got.sea_level_trend_lower) < area / 361.8 < float(got.sea_level_trend_upper)
    assert float(got.area_share) == pytest.approx(area / 510.0656, rel=1e-5)
    with pytest.raises(SchemaError, match="content_to_storage"):
        analysis.sea_level(da.assign_attrs(units="m3 m-3"))


def test_two_cells_have_no_correlation():
    """Any two points lie on a line; with three the correlation is Pearson's."""

    def cells(*slope):
        return xr.Dataset({"slope": ("cell", list(slope), {"units": "kg m-2 yr-1"}),
                           "p_value": ("cell", [0.01] * len(slope))})  # fmt: skip

    two = analysis.agreement({"a": cells(1.0, 2.0), "b": cells(3.0, 1.0)}, area="pixel")
    assert two.correlation.isnull().all() and float(two.same_sign[0, 1]) == 1.0
    a, b = [1.0, 2.0, 4.0], [3.0, 1.0, 2.0]
    three = analysis.agreement({"a": cells(*a), "b": cells(*b)}, area="pixel")
    assert float(three.correlation[0, 1]) == pytest.approx(np.corrcoef(a, b)[0, 1])
