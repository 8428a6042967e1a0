import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import schema
from vadose.errors import ConfigError, SchemaError
from vadose.grid import Grid
from vadose.matchup import match

DAYS = pd.date_range("2020-06-01", periods=10)
GRID = Grid.regular(1.0).crop((0, 0, 3, 2))


def product(time=DAYS, value=0.3, t0=None, **attrs):
    sm = xr.DataArray(np.full((len(time), 2, 3), value, "f4"), dims=("time", "lat", "lon"), attrs={"units": "m3 m-3"})
    ds = schema.with_grid(xr.Dataset({"sm": sm}).assign_coords(time=time), GRID)
    if t0 is not None:
        ds["t0"] = xr.DataArray(np.asarray(t0), dims="time", coords={"time": time}).broadcast_like(ds.sm)
    return ds.assign_attrs(title="product", **attrs)


def stations(lat, lon, values, time=DAYS, names=None, step="day", porosity=None, units="m3 m-3"):
    n = len(lat)
    coords = {
        "network": ("sensor", ["NET"] * n), "station": ("sensor", names or [f"S{i}" for i in range(n)]),
        "lat": ("sensor", np.asarray(lat, float)), "lon": ("sensor", np.asarray(lon, float)),
        "depth_from": ("sensor", np.zeros(n)), "depth_to": ("sensor", np.full(n, 0.05)),
    }  # fmt: skip
    if porosity is not None:
        coords["porosity"] = ("sensor", np.asarray(porosity, float))
    values = np.broadcast_to(np.asarray(values, "f4").reshape(n, -1), (n, len(time))).copy()
    return xr.Dataset({"sm": (("sensor", "time"), values, {"units": units})}, {"time": time, **coords},
                      attrs={"step": step, "title": "stations"})  # fmt: skip


def test_a_station_meets_the_cell_that_contains_it():
    ds = product()
    ds["sm"][:, 0, 1] = 0.4  # the cell 1..2 east, 1..2 north
    pairs = match(ds, stations([1.9], [1.1], [0.2]))
    assert pairs.estimate.values[0] == pytest.approx(0.4)
    assert pairs.reference.values[0] == pytest.approx(0.2)
    assert (float(pairs.cell_lat[0]), float(pairs.cell_lon[0])) == (1.5, 1.5)


def test_stations_count_once_however_many_sensors_they_have():
    st = stations([0.4, 0.4, 0.4, 0.6], [0.5, 0.5, 0.5, 0.5], [0.1, 0.1, 0.1, 0.4], names=["A", "A", "A", "B"])
    pairs = match(product(), st)
    assert pairs.sizes["cell"] == 1
    assert pairs.reference.values[0] == pytest.approx((0.1 + 0.4) / 2)
    assert int(pairs.n_stations[0]) == 2 and int(pairs.n_sensors[0]) == 4


def test_sensor_gaps_are_bridged_by_the_others():
    st = stations([0.4, 0.6], [0.5, 0.5], [0.1, 0.3])
    st["sm"][0, 5:] = np.nan
    pairs = match(product(), st)
    assert pairs.reference.values[0] == pytest.approx([0.2] * 5 + [0.3] * 5)
    assert pairs.n_averaged.values[0].tolist() == [2] * 5 + [1] * 5


def test_stations_outside_are_named_and_counted():
    pairs = match(product(), stations([0.5, 50.0], [0.5, 8.0], [0.2, 0.2]))
    assert pairs.attrs["n_sensors_outside"] == 1
    assert pairs.attrs["sensors_outside"] == "NET:S1"
    assert pairs.sizes["cell"] == 1


def test_no_station_in_the_product_gives_no_cell_and_no_crash():
    pairs = match(product(), stations([50.0], [8.0], [0.2]))
    assert pairs.sizes["cell"] == 0
    assert pairs.attrs["n_sensors_outside"] == 1


def test_a_daily_product_meets_the_same_day():
    st = stations([0.5], [0.5], np.arange(10) / 100)
    pairs = match(product(), st)
    assert int(pairs.n_matched[0]) == 10
    assert np.abs(pairs.time_difference.values).max() <= 12.0
    ds = product()
    ds["sm"][:] = (np.arange(10) / 100)[:, None, None]
    both = match(ds, st)
    np.testing.assert_allclose(both.estimate, both.reference)


def test_observation_time_decides_the_day():
    """CCI stamps a day and observes up to half a day before it."""
    t0 = DAYS - pd.Timedelta("3h")
    ds = product(t0=t0.to_numpy())
    ds["sm"][:] = (np.arange(10) / 100)[:, None, None]
    pairs = match(ds, stations([0.5], [0.5], [0.2]))
    assert pairs.estimate.values[0, :9] == pytest.approx(np.arange(1, 10) / 100)
    assert np.isnan(pairs.estimate.values[0, 9])
    assert pairs.n_dropped.sel(reason="estimate_outside_window").item() == 1


def test_two_passes_a_day_use_the_day_once():
    time = DAYS.repeat(2) + pd.to_timedelta(np.tile([6, 18], 10), "h")
    pairs = match(product(time=time), stations([0.5], [0.5], [0.2]))
    assert int(pairs.n_matched[0]) == 10
    assert pairs.n_dropped.sel(reason="estimate_not_nearest").item() == 10


def test_hourly_reference_takes_the_nearest_hour():
    time = pd.date_range("2020-06-01", periods=240, freq="h")
    st = stations([0.5], [0.5], np.arange(240) / 1000, time=time, step="hour")
    pairs = match(product(t0=(DAYS + pd.Timedelta("6h20min")).to_numpy()), st, window="1h")
    matched = np.flatnonzero(np.isfinite(pairs.estimate.values[0]))
    assert matched.tolist() == [6 + 24 * d for d in range(10)]
    assert pairs.time_difference.values[0, matched] == pytest.approx(1 / 3)


def test_local_hours_keep_one_overpass_and_count_the_rest():
    time = DAYS.repeat(2) + pd.to_timedelta(np.tile([6, 18], 10), "h")
    ds = product(time=time)
    ds["sm"][1::2] = 0.9
    pairs = match(ds, stations([0.5], [0.5], [0.2]), local_hours=(5, 7))
    assert pairs.estimate.values[0] == pytest.approx(0.3)
    assert pairs.n_dropped.sel(reason="estimate_excluded").item() == 10
    assert int(pairs.n_estimate[0]) == 20
    across = match(ds, stations([0.5], [0.5], [0.2]), local_hours=(17, 1))
    assert across.estimate.values[0] == pytest.approx(0.9)


def test_max_distance_finds_the_nearest_cell_that_has_data():
    ds = product()
    ds["sm"][:, :, 0] = np.nan
    st = stations([0.5], [0.8], [0.2])
    assert int(match(ds, st).n_matched[0]) == 0
    near = match(ds, st, max_distance=100_000)
    assert int(near.n_matched[0]) == 10 and float(near.cell_lon[0]) == 1.5
    assert match(ds, st, max_distance=10_000).sizes["cell"] == 0


def observations(saturation=False):
    time = np.sort(np.r_[DAYS + pd.Timedelta("10h"), DAYS + pd.Timedelta("21h")])
    n = time.size
    name, unit = ("saturation", "1") if saturation else ("sm", "m3 m-3")
    return xr.Dataset(
        {name: ("obs", np.full(n, 0.5, "f4"), {"units": unit})},
        {"time": ("obs", time), "lat": ("obs", np.where(np.arange(n) % 2, 0.52, 5.0)), "lon": ("obs", np.full(n, 0.5)),
         "location": ("obs", np.where(np.arange(n) % 2, 7, 9))}, attrs={"title": "swath"})  # fmt: skip


def test_observations_meet_the_nearest_location():
    pairs = match(observations(), stations([0.5], [0.5], [0.2]))
    assert float(pairs.cell_lat[0]) == 0.52 and int(pairs.n_matched[0]) == 10
    without_ids = match(observations().drop_vars("location"), stations([0.5], [0.5], [0.2]))
    np.testing.assert_array_equal(without_ids.estimate, pairs.estimate)
    assert match(observations(), stations([0.5], [0.5], [0.2]), max_distance=100).sizes["cell"] == 0


def test_saturation_becomes_volumetric_by_the_stations_porosity():
    st = stations([0.5, 0.5], [0.5, 0.5], [0.2, 0.2], porosity=[0.4, 0.6])
    pairs = match(observations(saturation=True), st)
    assert pairs.estimate.attrs["units"] == "m3 m-3"
    assert np.nanmax(pairs.estimate) == pytest.approx(0.25)
    relative = match(observations(saturation=True), stations([0.5], [0.5], [0.2]))
    assert relative.estimate.attrs["units"] == "1"


def test_lazy_product_stays_lazy_and_gives_the_same_numbers():
    rng = np.random.default_rng(1)
    ds = product()
    ds["sm"] = ds.sm.copy(data=np.where(rng.random(ds.sm.shape) < 0.4, np.nan, rng.random(ds.sm.shape)).astype("f4"))
    st = stations([0.5, 1.5], [0.5, 2.5], rng.random((2, 10)))
    eager = match(ds, st)
    lazy = match(ds.chunk(time=3, lat=1), st.chunk(time=4))
    assert lazy.estimate.chunks is not None
    xr.testing.assert_equal(eager.drop_attrs(), lazy.compute().drop_attrs())


def test_layers_are_chosen_not_guessed():
    ds = product()
    ds["sm"] = ds.sm.expand_dims(layer=2, axis=1) * xr.DataArray([1.0, 0.5], dims="layer").astype("f4")
    ds["sm"].attrs["units"] = "m3 m-3"
    ds["layer_bnds"] = (("layer", "bnds"), [[0, 0.1], [0.1, 0.4]])
    with pytest.raises(SchemaError, match=r"no layer chosen; needed an index 0..1: 0-0.1 m, 0.1-0.4 m"):
        match(ds, stations([0.5], [0.5], [0.2]))
    assert np.nanmax(match(ds, stations([0.5], [0.5], [0.2]), layer=1).estimate) == pytest.approx(0.15)
    with pytest.raises(SchemaError, match="without layers"):
        match(product(), stations([0.5], [0.5], [0.2]), layer=0)


@pytest.mark.parametrize(("option", "match_text"), [
    ({"window": "soon"}, "window"), ({"window": "-1h"}, "window"), ({"local_hours": (5, 30)}, "local_hours"),
    ({"max_distance": 0.0}, "max_distance"), ({"variable": "swc"}, "variable"), ({"t_value": 5}, "t_value"),
])  # fmt: skip
def test_options_that_cannot_be_used_are_named(option, match_text):
    with pytest.raises((ConfigError, SchemaError), match=match_text):
        match(product(), stations([0.5], [0.5], [0.2]), **option)


def test_simulated_data_stay_marked():
    assert schema.is_simulated(match(product(simulated="true"), stations([0.5], [0.5], [0.2])))


@pytest.mark.parametrize(("key", "cadence", "freq"), [("cadence", "monthly", "MS"), ("step", "month", "MS")])
def test_a_monthly_product_meets_monthly_means_of_the_stations(key, cadence, freq):
    days = pd.date_range("2018-01-01", "2018-04-30")
    values = np.linspace(0.1, 0.3, len(days))
    months = pd.date_range("2018-01-01", periods=4, freq=freq)
    st = stations([0.5], [0.5], values, time=days)
    st["sm"][0, 31:47] = np.nan  # 12 of 28 days of February left: too few
    st["sm"][0, 59:69] = np.nan  # 21 of 31 days of March left: enough
    pairs = match(product(months, **{key: cadence}), st)
    assert (pairs.indexes["time"] == months).all()
    expected = [values[:31].mean(), np.nan, values[69:90].mean(), values[90:].mean()]
    np.testing.assert_allclose(pairs.reference.values[0], expected, rtol=1e-6)
    assert (int(pairs.n_estimate[0]), int(pairs.n_reference[0]), int(pairs.n_matched[0])) == (4, 3, 3)


def test_a_dekadal_product_meets_dekadal_means_of_hourly_stations():
    hours = pd.date_range("2018-02-01", periods=28 * 24, freq="h")
    values = np.arange(28 * 24) / 1e4
    dekads = pd.to_datetime(["2018-02-01", "2018-02-11", "2018-02-21"])
    pairs = match(product(dekads, cadence="dekadal"), stations([0.5], [0.5], values, time=hours, step="hour"))
    expected = [values[:240].mean(), values[240:480].mean(), values[480:].mean()]
    np.testing.assert_allclose(pairs.reference.values[0], expected, rtol=1e-6)


def test_a_composite_needs_finer_stations():
    months = pd.date_range("2018-01-01", periods=4, freq="MS")
    with pytest.raises(SchemaError, match="step 'month'"):
        match(product(months, cadence="dekadal"), stations([0.5], [0.5], 0.2, time=months, step="month"))
    pairs = match(product(months, cadence="monthly"), stations([0.5], [0.5], 0.2, time=months, step="month"))
    assert int(pairs.n_matched[0]) == 4


@pytest.mark.parametrize("lon", [0.5, 90.5, 89.5, -100.5, 179.5, -179.5])
def test_means_over_local_hours_stand_for_those_hours(lon, tmp_path):
    """At 90° east six o'clock is midnight UTC: overpasses fall on both sides of it and belong to one morning each."""
    from vadose.products import open_stations

    dawn = pd.date_range("2020-06-01", periods=6) + pd.Timedelta(hours=6 - lon / 15)  # six o'clock there, in UTC
    rows = ["station,lat,lon,depth_from,depth_to,time,soil_moisture"]
    rows += [f"S,0.5,{lon},0,0.05,{t + pd.Timedelta(minutes=m):%Y-%m-%dT%H:%M},{0.1 + 0.01 * i:.3f}"
             for i, t in enumerate(dawn) for m in (-50, 0, 50)]  # fmt: skip
    (tmp_path / "own.csv").write_text("\n".join(rows) + "\n")
    st = open_stations(tmp_path / "own.csv", local_hours=(5, 7))
    passes = dawn + pd.to_timedelta([-15, 15, -5, 5, 0, -10], "min")
    n = len(passes)
    obs = xr.Dataset(
        {"sm": ("obs", (0.1 + 0.01 * np.arange(n)).astype("f4"), {"units": "m3 m-3"})},
        {"time": ("obs", passes), "lat": ("obs", np.full(n, 0.5)), "lon": ("obs", np.full(n, lon)),
         "location": ("obs", np.zeros(n, int))},
    )  # fmt: skip
    for window in ("12h", "1h"):
        pairs = match(obs, st, window=window)
        assert int(pairs.n_matched[0]) == n
        np.testing.assert_allclose(pairs.estimate, pairs.reference, rtol=1e-5)


def test_what_is_no_soil_moisture_is_refused():
    ds = product().assign(soil_temperature=lambda d: (d.sm + 280).assign_attrs(units="K"))
    with pytest.raises(SchemaError, match="found units 'K'"):
        match(ds, stations([0.5], [0.5], 0.2), variable="soil_temperature")
