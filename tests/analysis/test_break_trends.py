import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis, twin
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS

YEARS = pd.date_range("1990-01-01", periods=30, freq="YS")


def record(slope=0.0, step=0.0, noise=0.01, cells=40, seed=0):
    t = np.arange(30)
    x = slope * t + step * (t >= 12) + noise * np.random.default_rng(seed).standard_normal((cells, 30))
    return xr.DataArray(x, dims=("cell", "time"), coords={"time": YEARS}, attrs={"units": "m3 m-3"})


@pytest.mark.parametrize("method", ["sen", "ols"])
def test_a_planted_step_fakes_a_trend_and_is_seen_through(method):
    da = record(slope=0.002, step=-0.1)
    plain = analysis.trend(da)
    assert (plain.slope < 0).all() and (plain.slope_upper < 0.002).mean() > 0.9
    got = analysis.break_trend(da, breaks=["2002-01-01"], method=method)
    assert float(got.slope.median()) == pytest.approx(0.002, rel=0.1)
    assert ((got.slope_lower <= 0.002) & (got.slope_upper >= 0.002)).mean() > 0.85
    assert float(got.step.median()) == pytest.approx(-0.1, rel=0.05) and got.step.units == "m3 m-3"
    assert ((got.step_lower <= -0.1) & (got.step_upper >= -0.1)).mean() > 0.85
    assert got.step["break"].values.tolist() == ["2002-01-01"] and got.slope.units == "m3 m-3 yr-1"


def test_a_step_on_the_twin():
    """The true soil moisture of a simulated region, shifted by 0.05 where a sensor is said to change in 2010."""
    earth = twin.generate(region=(0, 40, 4, 44), resolution=1.0, years=(2000, 2021), seed=3, step="dekad", products=[])
    land = earth["twin/land"]
    slope = land.imposed_trend.astype("f8").where(land.land_cover != 0)
    true = analysis.annual_means(earth["twin/truth"].sm.isel(layer=0, drop=True)).compute()
    seen = (true + 0.05 * (true.time.dt.year >= 2010)).assign_attrs(true.attrs)
    honest, fooled = analysis.trend(true), analysis.trend(seen)
    aware = analysis.break_trend(seen, breaks=["2010-01-01"])
    assert float((fooled.slope - honest.slope).median()) > 0.002  # the shift as a trend
    assert abs(float((aware.slope - honest.slope).median())) < 0.0008

    def covered(ds):
        inside = (ds.slope_lower <= slope) & (slope <= ds.slope_upper)
        return float(inside.where(slope.notnull()).mean())

    assert covered(fooled) < 0.2 < 0.85 < covered(aware)
    # ar1 takes the step for persistence: it is not fooled, but knows much less than with the break declared
    blind = analysis.trend(seen, test="ar1")
    width = {k: float((ds.slope_upper - ds.slope_lower).median()) for k, ds in (("blind", blind), ("aware", aware))}
    assert width["aware"] < width["blind"] / 3


def test_the_step_can_be_found_where_it_is_not_declared():
    """Against a homogeneous record, what is common cancels: Pettitt's test dates the step in the difference."""
    difference = record(step=0.05) - record(seed=1)
    got = analysis.break_point(difference.assign_attrs(units="m3 m-3"))
    assert (got.last_before == np.datetime64("2001-01-01")).mean() > 0.85 and (got.p_value < 0.01).all()


def test_months_and_lazy():
    months = pd.date_range("2000-01-01", periods=120, freq="MS")
    x = 0.12 * np.arange(120) / 12 + 5.0 * (np.arange(120) >= 60) + 0.001 * np.random.default_rng(0).random((3, 120))
    da = xr.DataArray(x, dims=("cell", "time"), coords={"time": months}, attrs={"units": "kg m-2"})
    for method in ("sen", "ols"):
        got = analysis.break_trend(da, breaks=["2005-01-01"], method=method)
        np.testing.assert_allclose(got.slope, 0.12, rtol=1e-3)
        lazy = analysis.break_trend(da.chunk(cell=1), breaks=["2005-01-01"], method=method)
        assert lazy.slope.chunks is not None
        xr.testing.assert_identical(lazy.compute().drop_attrs(), got.drop_attrs())


def test_gaps_and_missing_segments():
    da = record()
    da[0] = np.nan
    da[1, 5:] = np.nan
    da[2, 12:] = np.nan
    got = analysis.break_trend(da, breaks=["2002-01-01"])
    assert got.status.values[:3].tolist() == [STATUS["no_data"], STATUS["too_few_years"], STATUS["too_few_years"]]
    loose = analysis.break_trend(da, breaks=["2002-01-01"], min_valid=0.2)
    assert int(loose.segments[2]) == 1 and np.isfinite(loose.slope[2]) and np.isnan(loose.step[2]).all()


@pytest.mark.parametrize(("options", "error", "word"), [
    ({"breaks": ["1970-01-01"]}, ConfigError, "changes"), ({"breaks": []}, ConfigError, "changes"),
    ({"breaks": ["2002-03-01", "2002-09-01"]}, ConfigError, "between"), ({"method": "median"}, ConfigError, "method"),
    ({"test": "t"}, ConfigError, "test"), ({"level": 95}, ConfigError, "level"),
])  # fmt: skip
def test_wrong_options(options, error, word):
    with pytest.raises(error, match=word):
        analysis.break_trend(record(cells=2), **{"breaks": ["2002-01-01"]} | options)


def test_wrong_arrays():
    with pytest.raises(SchemaError, match="units"):
        analysis.break_trend(record().drop_attrs(), breaks=["2002-01-01"])
    with pytest.raises(SchemaError, match="chunk"):
        analysis.break_trend(record().chunk(time=10), breaks=["2002-01-01"])
    days = record(cells=1).assign_coords(time=YEARS + pd.to_timedelta(np.arange(30) * 3, "D"))
    with pytest.raises(SchemaError, match="irregular"):
        analysis.break_trend(days, breaks=["2002-01-01"])
    assert np.isfinite(analysis.break_trend(days, breaks=["2002-01-01"], test="mk").slope).all()
