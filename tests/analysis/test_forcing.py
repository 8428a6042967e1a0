import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis
from vadose.analysis.forcing import CAUSES
from vadose.errors import ConfigError, GridError, SchemaError
from vadose.grid import Grid

GRID = Grid.regular(45.0)
YEARS = pd.date_range("2000-01-01", "2020-01-01", freq="YS")


def line(slope, *, units="mm", noise=0.0, seed=0, years=YEARS):
    t = np.arange(len(years))[:, None, None]
    x = np.broadcast_to(slope, GRID.shape) * t
    x = x + noise * np.random.default_rng(seed).standard_normal(x.shape)
    return xr.DataArray(x, dims=("time", "lat", "lon"), coords=GRID.coords() | {"time": years}, attrs={"units": units})


def test_annual_totals():
    days = pd.date_range("2000-01-01", "2003-06-30", freq="D")
    daily = xr.DataArray(np.ones(days.size), dims="time", coords={"time": days}, attrs={"units": "mm"})
    assert analysis.annual_totals(daily).values.tolist()[:3] == [366, 365, 365]
    assert np.isnan(analysis.annual_totals(daily)[3])  # half a year
    holes = daily.copy()
    holes[:10] = np.nan
    assert float(analysis.annual_totals(holes)[0]) == 366 and np.isnan(analysis.annual_totals(holes, min_share=1.0)[0])
    starts = pd.DatetimeIndex([f"2001-{m:02d}-{d:02d}" for m in range(1, 13) for d in (1, 11, 21)])
    dekads = xr.DataArray(np.full(36, 10.0), dims="time", attrs={"units": "mm"}, coords={"time": starts})
    assert analysis.annual_totals(dekads).values.tolist() == [360]
    with pytest.raises(SchemaError, match="days, dekads or months"):
        analysis.annual_totals(daily.isel(time=slice(None, None, 5)))
    with pytest.raises(ConfigError, match="share"):
        analysis.annual_totals(daily, min_share=2)


def test_four_causes_in_four_columns():
    own = np.array([1.0, -1, 1, -1, 1, -1, 1, -1])
    independent = np.array([1.0, 1, 1, 1, 1, 1, 1, 1])
    moist = np.array([1.0, -1, -1, 1, 1, -1, -1, 1])
    got = analysis.forcing_discrepancy(
        line(moist, units="kg m-2"), line(own), line(independent), area="pixel", test="mk"
    )
    assert [CAUSES[c] for c in got.cause.values[0, :4]] == ["consistent", "forcing", "model", "compensating"]
    for cause in CAUSES:
        assert got[cause].values.tolist() == [0.25]
    assert got.sign_differs.sel(pair=["own", "independent", "rain"]).values.ravel().tolist() == [0.5, 0.5, 0.5]
    assert got.opposed.values.ravel().tolist() == [0.5, 0.5, 0.5] and got.significance_differs.values.max() == 0
    assert got.mean_slope_own.values.tolist() == [0] and got.mean_slope_own.units == "mm yr-1"
    assert got.slope_sm.units == "kg m-2 yr-1"


def test_a_wrong_forcing_shows_in_the_difference_alone():
    """Weather hides a loss of 4 mm a year from both records; it cancels in their difference."""
    weather = line(0.0, noise=100.0)
    own, independent = (
        (weather + line(s, noise=5.0, seed=k)).assign_attrs(units="mm") for k, s in ((1, -4.0), (2, 0.0))
    )
    got = analysis.forcing_discrepancy(line(-1.0, units="kg m-2", noise=1), own, independent,
                                       regions={"latitude": "latitude"})  # fmt: skip
    assert float(got.forcing_departs.sel(region="all")) == 1.0
    assert float((got.p_value_own < 0.05).mean()) < 0.3
    assert float(got.mean_slope_difference.sel(region="all")) == pytest.approx(-4, abs=0.3)
    assert got.n_cells.values[1:].sum() == 32


def test_contributions_add_up():
    rng = np.random.default_rng(0)
    a, b = (analysis.trend(line(rng.standard_normal(GRID.shape), noise=0.1)) for _ in range(2))
    by = xr.DataArray(rng.choice(["x", "y", ""], GRID.shape), dims=("lat", "lon"), coords=GRID.coords())
    for area in ("cos", "cell", "pixel"):
        got = analysis.discrepancy_by_region(a, b, by=by, area=area)
        assert got.region.values.tolist() == ["all", "x", "y", "rest"]
        parts = got.isel(region=slice(1, None))
        assert float(parts.contribution.sum()) == pytest.approx(float(got.contribution[0]))
        assert float(parts.area_share.sum()) == pytest.approx(1) and float(parts.share.sum()) == pytest.approx(1)
        np.testing.assert_allclose(got.difference * got.area_share, got.contribution)
    lazy = analysis.discrepancy_by_region(a.chunk(lat=1), b.chunk(lat=1), by=by)
    assert lazy.contribution.chunks is not None


def test_lazy():
    given = [line(-1.0, units="kg m-2", noise=1), line(1.0, noise=2, seed=1), line(1.0, noise=2, seed=2)]
    eager = analysis.forcing_discrepancy(*given)
    lazy = analysis.forcing_discrepancy(*[da.chunk(lat=2) for da in given])
    assert lazy.cause.chunks is not None and lazy.forcing.chunks is not None
    xr.testing.assert_allclose(lazy.compute().drop_attrs(), eager.drop_attrs())


def test_what_cannot_be_compared():
    sm, rain = line(1.0, units="kg m-2"), line(1.0)
    with pytest.raises(GridError, match="to_grid"):
        analysis.forcing_discrepancy(sm, rain, rain.isel(lat=slice(1, None)))
    with pytest.raises(SchemaError, match="units"):
        analysis.forcing_discrepancy(sm, rain, rain.assign_attrs(units="m"))
    months = rain.assign_coords(time=pd.date_range("2000-01-01", periods=21, freq="MS"))
    with pytest.raises(SchemaError, match="annual_totals"):
        analysis.forcing_discrepancy(sm, months, rain)
    with pytest.raises(ConfigError, match="overlap"):
        analysis.forcing_discrepancy(sm, rain, line(1.0, years=pd.date_range("1970-01-01", periods=5, freq="YS")))
    with pytest.raises(SchemaError, match="units"):
        analysis.discrepancy_by_region(analysis.trend(sm), analysis.trend(rain), by="latitude")
    with pytest.raises(GridError, match="common_trends"):
        analysis.discrepancy_by_region(analysis.trend(sm), analysis.trend(sm.isel(lat=slice(1, 3))), by="latitude")
