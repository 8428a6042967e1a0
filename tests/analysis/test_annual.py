import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis
from vadose.errors import ConfigError, SchemaError


def series(t, values=1.0, units="g m-2"):
    t = pd.DatetimeIndex(t)
    return xr.DataArray(np.broadcast_to(np.asarray(values, float), t.shape).copy(), dims="time", coords={"time": t},
                        attrs={"units": units}, name="gpp")  # fmt: skip


def dekads(first, last):
    days = pd.date_range(first, last)
    return days[days.day.isin([1, 11, 21])]


@pytest.mark.parametrize(("times", "steps"), [
    (pd.date_range("2003-01-01", "2004-12-31"), [365, 366]),
    (pd.date_range("2003-01-01", "2004-12-31", freq="MS"), [12, 12]),
    (dekads("2003-01-01", "2004-12-31"), [36, 36]),
    (pd.DatetimeIndex([d for y in (2003, 2004) for d in pd.date_range(f"{y}-01-01", periods=46, freq="8D")]),
     [46, 46]),
    (pd.date_range("2003-01-01", "2004-12-31 23:00", freq="3h"), [2920, 2928]),
    (pd.to_datetime(["2003-01-01", "2004-01-01"]), [1, 1]),
])  # fmt: skip
def test_totals_of_amounts_and_means_of_states(times, steps):
    assert analysis.annual_series(series(times)).values.tolist() == steps
    assert analysis.annual_series(series(times), how="mean").values.tolist() == [1, 1]
    assert analysis.annual_series(series(times, units="degC")).values.tolist() == [1, 1]
    assert analysis.annual_series(series(times)).year.values.tolist() == [2003, 2004]


def test_an_incomplete_year_is_missing_unless_allowed():
    da = series(pd.date_range("2003-01-01", "2005-06-30"))
    da[400:404] = np.nan
    assert np.isnan(analysis.annual_series(da).values).tolist() == [False, True, True]
    # 362 of 366 days, the others as their mean; half a year stays missing
    np.testing.assert_allclose(analysis.annual_series(da, min_share=0.95).values, [365, 366, np.nan])


def test_years_keep_their_distance():
    da = series(pd.to_datetime(["2003-01-01", "2006-01-01"]), [1.0, 2.0])
    got = analysis.annual_series(da)
    assert got.year.values.tolist() == [2003, 2004, 2005, 2006] and np.isnan(got.values[1:3]).all()


def test_lazy_and_eager_agree():
    rng = np.random.default_rng(0)
    da = series(pd.date_range("2003-01-01", "2005-12-31")).expand_dims(lat=3) * rng.random((3, 1096))
    da.attrs["units"] = "mm"
    lazy = analysis.annual_series(da.chunk(lat=1))
    assert lazy.chunks is not None
    np.testing.assert_array_equal(lazy.values, analysis.annual_series(da).values)


def test_bad_input_is_refused():
    da = series(pd.date_range("2003-01-01", periods=24, freq="MS"))
    with pytest.raises(ConfigError, match="how"):
        analysis.annual_series(da, how="sum")
    with pytest.raises(ConfigError, match="min_share"):
        analysis.annual_series(da, min_share=0)
    with pytest.raises(SchemaError, match="no units"):
        analysis.annual_series(da.drop_attrs())
    with pytest.raises(SchemaError, match="do not rise"):
        analysis.annual_series(da.isel(time=slice(None, None, -1)))
    with pytest.raises(SchemaError, match="one chunk"):
        analysis.annual_series(da.chunk(time=5))


@pytest.mark.real
def test_annual_production_of_a_flux_tower(data):
    """FR-Pue, 2007-2012, daily [g C m-2 d-1], 259 to 323 days a year: none is whole."""
    table = pd.read_csv(data / "flux_towers" / "fr_pue_p_model_validation.csv.gz", parse_dates=["date"])
    known = table.set_index("date").gpp.asfreq("D")
    da = xr.DataArray(known.to_numpy(), dims="time", coords={"time": known.index.to_numpy()},
                      attrs={"units": "g m-2"})  # fmt: skip
    assert analysis.annual_series(da).isnull().all()
    got = analysis.annual_series(da, min_share=0.7)
    by_year = known.groupby(known.index.year)
    days = np.array([365, 366, 365, 365, 365, 366])
    np.testing.assert_allclose(got, by_year.mean() * days, rtol=1e-12)
    assert np.isnan(analysis.annual_series(da, min_share=0.75).values).tolist() == [False] * 5 + [True]
    # an evergreen oak forest of the Mediterranean fixes about 1.1 to 1.5 kg of carbon a year
    assert 1000 < float(got.min()) < float(got.max()) < 1600
