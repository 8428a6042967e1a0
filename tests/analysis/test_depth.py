import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from vadose import analysis, products, schema, twin
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS
from vadose.stats import windows


def surface(n=1500, seed=0):
    rng = np.random.default_rng(seed)
    x = np.zeros(n)
    for t in range(1, n):
        x[t] = 0.8 * x[t - 1] + (rng.random() < 0.15) * rng.exponential()
    return 0.1 + 0.03 * x


def stations(sensors, *, days=1500):
    """Sensors as (station, depth_from, depth_to, series)."""
    n = len(sensors)
    return xr.Dataset(
        {"sm": (("sensor", "time"), np.stack([s[3] for s in sensors]).astype("f4"), {"units": "m3 m-3"})},
        {"time": pd.date_range("2010-01-01", periods=days), "sensor": [f"s{k}" for k in range(n)],
         "network": ("sensor", ["N"] * n), "station": ("sensor", [s[0] for s in sensors]),
         "lat": ("sensor", [45.0] * n), "lon": ("sensor", [5.0] * n),
         "depth_from": ("sensor", [s[1] for s in sensors]), "depth_to": ("sensor", [s[2] for s in sensors])},
        {"title": "two stations"},
    )  # fmt: skip


def planted():
    rng = np.random.default_rng(1)
    x = surface()
    half = np.where(np.arange(1500) < 1000, x, np.nan)
    late = np.where(np.arange(1500) >= 1000, x, np.nan)
    noise = 0.002 * rng.standard_normal((4, 1500))
    shifted = np.r_[np.full(6, np.nan), x[:-6]]
    return stations([
        ("A", 0.05, 0.05, half), ("A", 0.05, 0.05, late),  # replaced sensor
        ("A", 0.1016, 0.1016, x + noise[0]),
        ("A", 0.3, 0.3, windows.exponential_filter(x, t_value=8.0) + noise[1] / 4),
        ("A", 1.016, 1.016, windows.exponential_filter(x, t_value=40.0) + noise[2] / 10),
        ("B", 0.0, 0.05, x), ("B", 0.5, 0.5, shifted),
        ("C", 0.05, 0.05, x),
    ])  # fmt: skip


def test_planted_lags_and_time_scales_are_found_in_their_bins():
    got = analysis.best_pairs(analysis.surface_to_depth(planted()))
    assert got.bin.values.tolist() == ["0-10 cm", "10-40 cm", "> 100 cm", "40-100 cm"]
    assert got.t_best.values[1] == pytest.approx(8.0, rel=0.1) and got.t_best.values[2] == pytest.approx(40.0, rel=0.1)
    assert got["lag"].values[3] == 6 and got.r_max.values[3] == pytest.approx(1.0, abs=1e-6)
    assert got["lag"].values[0] == 0
    assert got.attrs["pairs_left_out"] == 3  # the shorter of the two sensors at 5 cm, for three depths
    assert (got.surface_sensor.values[:3] == "s0").all()


def test_correlation_is_that_of_scipy_and_its_interval_allows_for_persistence():
    ds = planted()
    got = analysis.surface_to_depth(ds)
    pair = got.isel(pair=int(np.flatnonzero((got.deep_sensor == "s3") & (got.surface_sensor == "s0"))[0]))
    x, y = (ds.sm.sel(sensor=s).values.astype(float) for s in ("s0", "s3"))
    both = np.isfinite(x) & np.isfinite(y)
    assert float(pair.r) == pytest.approx(stats.pearsonr(x[both], y[both]).statistic, abs=1e-12)
    assert int(pair.n) == both.sum() and float(pair.n_eff) < 0.4 * float(pair.n)
    assert float(pair.r_lower) < float(pair.r) < float(pair.r_upper)


def test_the_table_counts_a_station_once_in_a_bin():
    x = surface()
    noise = 0.01 * np.random.default_rng(5).standard_normal((3, 1500))
    ds = stations([("A", 0.05, 0.05, x), ("A", 0.2, 0.2, x + noise[0]), ("A", 0.3, 0.3, x + 3 * noise[1]),
                   ("B", 0.05, 0.05, x), ("B", 0.3, 0.3, x + noise[2])])  # fmt: skip
    pairs = analysis.surface_to_depth(ds)
    table = analysis.depth_table(pairs)
    assert table.stations.values.tolist() == [0, 2, 0, 0] and table.bin.values.tolist()[1] == "10-40 cm"
    r = pairs.r.values
    assert float(table.r_median[1]) == pytest.approx((np.median(r[:2]) + r[2]) / 2)
    assert np.isnan(table.r_median.values[[0, 2, 3]]).all()
    rows = analysis.station_depths(pairs)
    assert rows.depths.values.tolist() == [2, 1] and table.lag_median.units == "day"


def test_lazy_equals_eager_whatever_the_chunks():
    ds = planted()
    want = analysis.surface_to_depth(ds)
    for chunks in ({"sensor": 1}, {"sensor": 3}):
        lazy = analysis.surface_to_depth(ds.chunk(chunks | {"time": -1}))
        assert lazy.r.chunks is not None
        xr.testing.assert_identical(lazy.compute().drop_attrs(), want.drop_attrs())


def test_stations_without_a_pair_are_named_and_too_little_is_a_status():
    ds = planted()
    ds["sm"][6] = np.nan
    got = analysis.surface_to_depth(ds, min_n=200)
    assert got.attrs["stations_without_pair"] == "N/C"
    assert int(got.status[-1]) == STATUS["no_data"] and np.isnan(got.r[-1]) and np.isnan(got.t_best[-1])
    assert int(got.lag_status[-1]) == int(got.t_status[-1]) == STATUS["no_data"]
    assert got.r.units == "1" and got["lag"].units == "day" and got.t_best.units == "day"


def test_anomalies_leave_the_season_out():
    """Two series that share nothing but the season."""
    rng = np.random.default_rng(7)
    season = 0.05 * np.sin(2 * np.pi * np.arange(1500) / 365.25)
    ds = stations([("A", 0.05, 0.05, season + 0.02 * rng.standard_normal(1500)),
                   ("A", 0.5, 0.5, season + 0.02 * rng.standard_normal(1500))])  # fmt: skip
    assert float(analysis.surface_to_depth(ds).r[0]) > 0.6
    assert abs(float(analysis.surface_to_depth(ds, anomaly=35).r[0])) < 0.1


@pytest.mark.parametrize(("change", "error", "what"), [
    ({"lags": (3, 4)}, ConfigError, "lags"), ({"anomaly": 0}, ConfigError, "anomaly"),
    ({"level": 95}, ConfigError, "level"), ({"surface": 0.01}, SchemaError, "below a surface"),
    ({"variable": "swc"}, SchemaError, "swc"),
])  # fmt: skip
def test_bad_options_are_refused(change, error, what):
    with pytest.raises(error, match=what):
        analysis.surface_to_depth(planted(), **change)


def test_what_are_no_stations_is_refused():
    with pytest.raises(SchemaError, match="open_stations"):
        analysis.surface_to_depth(xr.Dataset({"sm": ("time", [0.1])}))
    with pytest.raises(SchemaError, match="surface_to_depth"):
        analysis.depth_table(xr.Dataset())
    hourly = planted().assign_coords(time=pd.date_range("2010-01-01", periods=1500, freq="h"))
    with pytest.raises(SchemaError, match="daily"):
        analysis.surface_to_depth(hourly)


def test_soil_water_index_is_lazy_and_keeps_unit_and_gaps():
    da = planted().sm.isel(sensor=[0, 2])
    got = analysis.soil_water_index(da.chunk(sensor=1), t_value=[5.0, 20.0])
    assert got.chunks is not None and got.dims == ("t_value", "sensor", "time") and got.units == "m3 m-3"
    one = analysis.soil_water_index(da, t_value=20.0)
    assert one.dims == da.dims
    np.testing.assert_array_equal(got.sel(t_value=20.0).values, one.values)
    np.testing.assert_array_equal(np.isnan(one.values), np.isnan(da.values))
    with pytest.raises(ConfigError, match="t_value"):
        analysis.soil_water_index(da, t_value=0)
    with pytest.raises(SchemaError, match="ascending"):
        analysis.soil_water_index(da.isel(time=slice(None, None, -1)), t_value=5)
    with pytest.raises(SchemaError, match="one time axis"):
        analysis.best_time_scale(da.isel(time=slice(1, None)), da)


def test_simulated_stations_lose_the_surface_with_depth():
    made = twin.generate(region=(-4, 39, -1, 42), resolution=1.0, years=(2014, 2015), seed=7)
    got = analysis.surface_to_depth(made["twin/stations"].compute())
    assert schema.is_simulated(got)
    table = analysis.depth_table(got)
    assert table.stations.values[1] >= 3 and float(table.r_median[1]) > float(table.r_median[2])
    assert float(table.t_best_median[2]) > float(table.t_best_median[1])


@pytest.mark.real
@pytest.mark.parametrize(("archive", "bins", "fewest"), [
    ("Data_seperate_files_header_hawaii_cosmos_scan_19500101_20250617.zip", 4, 4),
    ("Data_seperate_files_header_europe_20240825_20250825.zip", 3, 9),
])  # fmt: skip
def test_real_stations_lose_the_surface_with_depth(data, archive, bins, fewest):
    found = products.open_stations(data / "ismn" / archive, depth=None)
    table = analysis.depth_table(analysis.surface_to_depth(found)).isel(bin=slice(bins))
    assert (table.stations >= fewest).all()
    assert (np.diff(table.r_median) < 0).all() and (np.diff(table["lag_median"]) >= 0).all()
    assert (np.diff(table.t_best_median) > 0).all()
    assert (table.r_best_median >= table.r_median - 0.02).all()
