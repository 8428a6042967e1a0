import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import analysis, products
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS


def network(values, first="2000-01-01"):
    values = np.atleast_2d(values)
    t = pd.date_range(first, periods=values.shape[1], freq="D")
    count = len(values)
    coords = {"network": ("sensor", ["N"] * count), "station": ("sensor", [f"s{k}" for k in range(count)]),
              "lat": ("sensor", np.full(count, 20.0)), "lon": ("sensor", np.full(count, -155.0)),
              "depth_from": ("sensor", 0.05 * np.arange(count)), "depth_to": ("sensor", 0.05 * np.arange(count)),
              "time": t}  # fmt: skip
    return xr.Dataset({"sm": (("sensor", "time"), values, {"units": "m3 m-3"})}, coords)


def years(first, last):
    t = pd.date_range(first, last, freq="D")
    return t, t.year.to_numpy() + 0.0


def test_each_sensor_over_its_own_years():
    """12 years in an archive of 30 are complete; 12 of 20 are not enough at 70 %; one value a month is too few."""
    t, year = years("1990-01-01", "2019-12-31")
    rise = 0.01 * (year - 1990) / 10
    inside = (year >= 2000) & (year < 2012)
    gappy = (year >= 2000) & ((year < 2006) | (year >= 2014))
    ds = network(np.where([inside, gappy, inside & (t.day == 1), inside & False], rise, np.nan), "1990-01-01")
    got = analysis.station_trends(ds)
    assert got.n.values.tolist() == [12, 12, 0, 0]
    assert got.first_year.values.tolist() == [2000, 2000, 0, 0] and got.last_year.values.tolist() == [2011, 2019, 0, 0]
    assert got.coverage.values[:2].tolist() == [1.0, 0.6] and np.isnan(got.coverage[2])
    assert float(got.slope[0]) == pytest.approx(0.001, rel=1e-3) and np.isnan(got.slope[1:]).all()
    assert got.status.values.tolist() == [0, STATUS["too_few_years"], STATUS["no_data"], STATUS["no_data"]]
    loose = analysis.station_trends(ds, min_valid=0.6, min_days=1)
    assert np.isfinite(loose.slope[:3]).all() and loose.station.values.tolist() == ["s0", "s1", "s2", "s3"]
    assert (analysis.station_trends(ds, min_years=13).status != 0).all()


def test_depth_period_and_lazy():
    _, year = years("2000-01-01", "2015-12-31")
    ds = network(np.array([0.01, 0.02, -0.01])[:, None] * (year - 2000))
    assert analysis.station_trends(ds, depth=(0.04, 0.12)).slope.values.tolist() == pytest.approx([0.02, -0.01])
    short = analysis.station_trends(ds, period="2003/2014")
    assert short.n.values.tolist() == [12, 12, 12] and short.first_year.values[0] == 2003
    bent = ds.assign(sm=ds["sm"] + 0.02 * np.sin(0.7 * ds["time"].dt.year))
    bent["sm"].attrs = ds["sm"].attrs
    plain, corrected = (analysis.station_trends(bent, test="tfpw", bias_corrected=c) for c in (False, True))
    assert (plain.p_value != corrected.p_value).any() and corrected.attrs["bias_corrected"] == "true"
    lazy = analysis.station_trends(ds.chunk(sensor=1))
    assert lazy.slope.chunks is not None
    np.testing.assert_array_equal(lazy.slope.compute(), analysis.station_trends(ds).slope)


@pytest.mark.parametrize(("options", "error", "word"), [
    ({"variable": "st"}, SchemaError, "st"), ({"depth": (3, 4)}, SchemaError, "depth"),
    ({"min_years": 1}, ConfigError, "min_years"), ({"min_valid": 0.0}, ConfigError, "min_valid"),
    ({"period": "1950/1960"}, ConfigError, "reach"), ({"test": "no"}, ConfigError, "test"),
    ({"bias_corrected": True}, ConfigError, "bias_corrected"),
])  # fmt: skip
def test_wrong_options(options, error, word):
    with pytest.raises(error, match=word):
        analysis.station_trends(network(np.ones(4000)), **options)


def test_no_stations():
    with pytest.raises(SchemaError):
        analysis.station_trends(xr.Dataset({"sm": ("time", [1.0])}, {"time": pd.to_datetime(["2000-01-01"])}))


def test_hawaii(data):
    """Sensors of SCAN: only those with at least eight years have a trend, the others say why not."""
    st = products.open_stations(next((data / "ismn").glob("*hawaii*.zip")))
    got = analysis.station_trends(st, min_years=8, min_months=10).compute()
    assert got.sizes["sensor"] == st.sizes["sensor"]
    known = got.status.values == STATUS["ok"]
    assert known.sum() >= 3 and (got.n.values[known] >= 8).all() and np.isnan(got.slope.values[~known]).all()
    assert (got.n <= got.last_year - got.first_year + 1).values[known].all()
    assert np.abs(got.slope.values[known]).max() < 0.02  # m3 m-3 per year
