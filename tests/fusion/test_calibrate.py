"""A record calibrated by stations: known offsets and gains come back, and nothing else changes."""

from __future__ import annotations

import json

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import fusion, schema, validation
from vadose.errors import ConfigError
from vadose.fusion import Stations, TooFewStations, dekads
from vadose.fusion.anomalies import anomalies
from vadose.fusion.calibrate import calibrated, extend
from vadose.fusion.interannual import at_dekads
from vadose.fusion.station_gain import damping
from vadose.fusion.station_rows import Network
from vadose.fusion.stations import find, series
from vadose.fusion.together import together
from vadose.schema import VARIABLES, flag_attrs
from vadose.store import Library

OFFSET, GAIN = -0.04, 0.8
CELLS = [(1, 2), (3, 9), (5, 5), (8, 12), (10, 3), (12, 14), (14, 7), (15, 1)]


def record_of(world, truth, plan, *, gain=GAIN, offset=OFFSET):
    """A record that damps what differs from the yearly cycle and is too dry or wet, as if fused."""
    numbers = dekads.ordinals(truth["time"].values)
    apart = anomalies(truth.values, numbers)
    sm = (truth.values + (gain - 1) * apart - offset).astype("float32")
    dims = ("time", "lat", "lon")
    data = {"sm": (dims, sm, VARIABLES["sm"].attrs()),
            "sm_uncertainty": (dims, np.full(sm.shape, 0.05, "float32"), VARIABLES["sm_uncertainty"].attrs()),
            "source": (dims, np.ones(sm.shape, "uint16")),
            "flag": (dims, np.zeros(sm.shape, "uint16"), flag_attrs())}  # fmt: skip
    ds = xr.Dataset(data, {"time": truth["time"]})
    return schema.with_grid(ds, world.GRID).assign_attrs(title="record", product="fused", plan_digest=plan.digest(),
                                                         simulated="true")  # fmt: skip


@pytest.fixture(scope="module")
def plan(world):
    return world.plan()


@pytest.fixture(scope="module")
def truth(made):
    return made[1].fillna(made[1].mean("time"))  # the ground below the snow too


@pytest.fixture(scope="module")
def parts(world, made, truth, plan):
    """Datasets of a library whose target damps anomalies by GAIN, with a record and stations."""
    numbers = dekads.ordinals(truth["time"].values)
    rng = np.random.default_rng(7)
    out = dict(made[0])
    weather = truth.copy(data=truth.values + 0.03 * rng.standard_normal((numbers.size, 16, 16)))
    for name, gain in (("t", GAIN), ("a", 0.6), ("b", 1.1)):
        have = np.isin(weather["time"].values, out[name]["time"].values)
        seen = (gain * weather.values + 0.01 * rng.standard_normal(weather.shape) + 0.02)[have]
        out[name] = out[name].assign(sm=(("time", "lat", "lon"), seen.astype("float32"), VARIABLES["sm"].attrs()))
    out["fused"] = record_of(world, weather, plan)
    out["stations"] = world.stations(weather, CELLS)
    return out, weather


def library_with(world, parts, folder, **changes):
    library = Library(folder)
    for name, ds in {**parts[0], **changes}.items():
        if ds is not None:
            library.write(name, ds, layout="plain" if name == "stations" else "series")
    return library


@pytest.fixture(scope="module")
def library(world, parts, tmp_path_factory):
    return library_with(world, parts, tmp_path_factory.mktemp("calibrate"))


@pytest.fixture(scope="module")
def done(plan, library):
    return fusion.calibrate(plan, library).compute()


def test_the_level_and_the_years_come_nearer_to_the_truth(parts, library, done):
    weather = parts[1]
    before, after = (x["sm"] - weather for x in (library.open("fused"), done))
    assert float(before.mean()) == pytest.approx(-OFFSET, abs=1e-3)
    fit = library.open("fused.calibration")
    record = library.open("fused")["sm"].values.reshape(144, -1).astype("float64")
    damped = damping(record, np.full(256, 0.05**2), dekads.ordinals(done["time"].values)).reshape(16, 16)
    np.testing.assert_allclose(fit["response"], fit.attrs["gain"] * damped, rtol=1e-6)
    seen, error = (damped.mean() * fit.attrs[k] for k in ("gain_seen", "gain_seen_error"))
    assert seen == pytest.approx(GAIN, abs=3 * error) and fit.attrs["gain_n"] == len(CELLS)
    assert 0.6 < float(fit["response"].mean()) < 0.9
    # what all eight stations see is believed up to the prior, 0.02 and 0.015 against 0.06 of each
    assert float(after.mean()) == pytest.approx(0.25 * -OFFSET, abs=0.012)
    np.testing.assert_allclose(fit["difference"], OFFSET, atol=0.006)
    assert float(done["sm"].mean() - library.open("fused")["sm"].mean()) < 0


def test_years_differ_by_one_over_the_gain_of_what_neighbours_share(library, done):
    fit = library.open("fused.calibration").compute()
    record = library.open("fused").compute()
    moved = done["sm"].astype("float64") - fit["level"].astype("float64")
    year = record["time"].dt.year.values

    def yearly(x):
        means = np.stack([np.asarray(x)[year == y].mean(axis=0) for y in np.unique(year)])
        return means - means.mean(axis=0)

    own = yearly(record["sm"].astype("float64"))
    shared = np.empty_like(own)
    for y in range(16):  # 120 km: two pixels of 0.25° on each side
        for x in range(16):
            shared[:, y, x] = own[:, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].mean(axis=(1, 2))
    drift = at_dekads(fit["drift"].values.reshape(4, -1).astype("float64"), fit["year"].values,
                      dekads.ordinals(record["time"].values)).reshape(moved.shape)  # fmt: skip
    stretched = yearly(moved - drift)
    np.testing.assert_allclose(stretched, own + (1 / fit["response"].values - 1) * shared, atol=2e-7)


def test_single_years_that_the_record_has_wrong_are_mended_by_stations(world, parts, plan, tmp_path):
    wrong = np.repeat([0.015, -0.02, 0.01, -0.005], 36)
    record = parts[0]["fused"]
    spoilt = record.assign(sm=(record["sm"] + xr.DataArray(wrong, dims="time")).astype("float32"))
    spoilt["sm"].attrs = record["sm"].attrs
    library = library_with(world, parts, tmp_path / "w", fused=spoilt)
    kept = {}
    for drift in (0.0, 0.006):  # without and with
        out = fusion.calibrate(plan, library, stations=Stations(drift_year=drift)).compute()
        apart = (out["sm"] - parts[1]).mean(["lat", "lon"]).groupby("time.year").mean().values
        kept[drift] = np.ptp(apart)
        fit = library.open("fused.calibration").compute()
        assert fit["drift_seen"].sizes == {"seen_year": 4, "site": len(CELLS)}
        rms = [float(np.sqrt((x**2).mean())) for x in (fit["drift_seen"], fit["drift_seen"] - fit["drift_predicted"])]
        assert (rms[1] < 0.8 * rms[0]) == (drift > 0)
        for name in ("fused.calibrated", "fused.calibration"):
            library.delete(name)
    assert kept[0.006] < 0.5 * kept[0.0] and kept[0.0] > 0.025, kept


def test_uncertainty_flags_and_source(library, done):
    fit, record = library.open("fused.calibration").compute(), library.open("fused").compute()
    level = np.broadcast_to(fit["level_sd"].values ** 2, record["sm"].shape)
    assert (fit["carried"] == 0).all()  # no product of this plan states an error of level
    own = 0.05**2 - fit["drift_taken"].values ** 2
    assert 0 < float(fit["drift_taken"].mean()) < 0.005
    np.testing.assert_allclose(done["sm_uncertainty"] ** 2, own + level, rtol=1e-5)
    xr.testing.assert_equal(done["flag"], record["flag"])
    xr.testing.assert_equal(done["source"], record["source"])
    assert set(done.data_vars) == set(record.data_vars) and done.attrs["simulated"] == "true"
    # what the networks carry leaves the variance, of which 0.3 stays
    carried = xr.full_like(fit["carried"], 0.03)
    less = calibrated(record, fit.assign(carried=carried))["sm_uncertainty"]
    np.testing.assert_allclose(less**2, own - 0.03**2 + level, rtol=1e-5)
    least = calibrated(record, fit.assign(carried=carried * 10))["sm_uncertainty"]
    np.testing.assert_allclose(least**2, 0.3 * 0.05**2 + level, rtol=1e-5)


def test_dry_land_is_clipped_and_missing_values_stay_missing(library):
    fit, record = library.open("fused.calibration").compute(), library.open("fused").compute()
    holes = record["sm"].copy()
    holes[5, 3, 3], holes[6, 2, 2] = np.nan, 0.001
    fit = fit.assign(level=xr.full_like(fit["level"], -0.05))
    fit["level"][7, 7] = np.nan
    out = calibrated(record.assign(sm=holes), fit)["sm"]
    assert np.isnan(out[5, 3, 3]) and float(out[6, 2, 2]) == 0.0
    np.testing.assert_array_equal(out[:, 7, 7], record["sm"][:, 7, 7])
    assert int(out.isnull().sum()) == 1


def test_what_it_has_seen_is_not_independent(library, done, parts):
    trained = pd.DataFrame(json.loads(done.attrs["calibrated_with"]))
    assert trained.columns.tolist() == ["network", "station", "lat", "lon"] and len(trained) == len(CELLS)
    verdict = validation.independent(parts[0]["stations"], trained)
    assert not verdict["selected"].any()


def test_a_share_leaves_the_rest_independent_and_does_not_depend_on_others(world, parts, plan, tmp_path):
    some = {s for s in (f"S{i}" for i in range(8))
            if fusion.stations.is_drawn("NET", s, share=0.6, seed=1)}  # fmt: skip
    assert 3 <= len(some) < 8
    library = library_with(world, parts, tmp_path / "a")
    out = fusion.calibrate(plan, library, stations=Stations(share=0.6, seed=1))
    trained = pd.DataFrame(json.loads(out.attrs["calibrated_with"]))
    assert set(trained["station"]) == some
    verdict = validation.independent(parts[0]["stations"], trained)
    assert set(parts[0]["stations"]["station"].values[verdict["selected"].values]) == {f"S{i}" for i in range(8)} - some
    more = xr.concat([parts[0]["stations"], world.stations(parts[1], [(0, 0), (2, 4)], prefix="T")], "sensor")
    found = find(more, world.GRID, Stations(share=0.6, seed=1))
    assert {s.name for s in found if s.fate == "" and s.name[0] == "S"} == some
    names = [f"x{i}" for i in range(4000)]
    part = np.mean([fusion.stations.is_drawn("N", s, share=0.3, seed=2) for s in names])
    assert part == pytest.approx(0.3, abs=0.03)


def test_blocks_chunks_and_schedulers_change_nothing(world, parts, plan, library, done, tmp_path):
    other = library_with(world, parts, tmp_path / "b", fused=parts[0]["fused"].chunk({"time": 11, "lat": 3, "lon": 5}))
    wide = world.plan(zones={"block": 3})
    assert wide.digest() == plan.digest()
    with dask.config.set(scheduler="synchronous"):
        again = fusion.calibrate(wide, other).compute()
    xr.testing.assert_allclose(again.drop_attrs(), done.drop_attrs(), rtol=0, atol=1e-7)
    record, fit = library.open("fused"), library.open("fused.calibration")
    small = calibrated(record.chunk({"lat": 5, "lon": 2}), fit).compute()
    xr.testing.assert_identical(small["sm"].drop_attrs(), calibrated(record, fit)["sm"].compute().drop_attrs())


def test_the_fit_stays_lazy(library):
    record, fit = library.open("fused"), library.open("fused.calibration")

    def refuse(*_, **__):
        raise AssertionError("computed")

    kept = fit.assign(network=fit["network"].load())
    with dask.config.set(scheduler=refuse):
        assert calibrated(record, kept)["sm"].chunks is not None


def test_the_same_again_is_what_is_there_and_other_settings_are_refused(library, plan, done):
    before = len(library.history())
    xr.testing.assert_identical(fusion.calibrate(plan, library).compute(), done)
    assert len(library.history()) == before
    for other in (Stations(share=0.5), Stations(near=0.01)):
        with pytest.raises(ConfigError, match=r"fused\.calibrated in .*vadose library rm"):
            fusion.calibrate(plan, library, stations=other)


def test_an_interrupted_calibration_goes_on_from_its_fit(library, plan, done):
    library.delete("fused.calibrated")
    xr.testing.assert_identical(fusion.calibrate(plan, library)["sm"].compute(), done["sm"])


def _halves(world, parts, folder):
    """The region as two libraries, each with its stations and its half of all else."""
    out = []
    for k, west in enumerate((10, 12)):
        grid = world.GRID.crop((west, 44, west + 2, 48))
        library = Library(folder / f"half{k}")
        for name, ds in parts[0].items():
            if name == "stations":
                mine = (ds["lon"] >= west) & (ds["lon"] < west + 2)
                library.write(name, ds.isel(sensor=np.flatnonzero(mine.values)), layout="plain")
            else:
                half = ds.sel(lon=slice(west, west + 2))
                library.write(name, half.assign_attrs(grid=grid.to_attr()))
        out.append(library)
    return out


def test_several_libraries_share_one_fit(world, parts, plan, done, tmp_path):
    a, b = _halves(world, parts, tmp_path)
    every = [Network.of(together(plan, libs, name="fused"), Stations()).rows() for libs in ((a, b), (b, a))]
    xr.testing.assert_identical(every[0][0], every[1][0])
    assert every[0][1] == every[1][1]
    one = fusion.calibrate(plan, a, others=[b]).compute()
    two = fusion.calibrate(plan, b, others=[a]).compute()  # finds the fit in the other
    kept = [x.open("fused.calibration").compute() for x in (a, b)]
    for name in ("difference", "predicted", "drift_seen", "drift_predicted", "n", "network"):
        np.testing.assert_array_equal(kept[0][name], kept[1][name])
    assert kept[0].attrs["gain"] == kept[1].attrs["gain"]
    both = xr.concat([one["sm"], two["sm"]], "lon")
    away = np.abs(np.arange(16) - 7.5) > 2  # from the cut, which the mean over neighbours does not cross
    np.testing.assert_allclose(both[..., away], done["sm"][..., away], atol=1e-6)  # as the whole region by itself
    np.testing.assert_allclose(both, done["sm"], atol=2e-3)
    assert one.attrs["calibrated_with"] == two.attrs["calibrated_with"]
    assert len(json.loads(one.attrs["calibrated_with"])["station"]) == len(CELLS)
    b.delete("fused.calibrated")
    b.delete("fused.calibration")
    b.write("stations", b.open("stations").isel(sensor=slice(0, 2)).compute(), layout="plain", overwrite=True)
    with pytest.raises(TooFewStations, match="2 of 2 stations that can be used; needed at least 3"):
        fusion.calibrate(plan, b)


def test_new_dekads_are_appended_as_the_fit_says(world, parts, plan, tmp_path):
    library = library_with(world, parts, tmp_path / "c")
    fusion.calibrate(plan, library)
    assert extend(library, "fused") == 0
    record = parts[0]["fused"]
    late = record.isel(time=slice(-4, None))
    late = late.assign_coords(time=dekads.starts(dekads.ordinals(record["time"].values)[-4:] + 4))
    library.append("fused", late)
    assert extend(library, "fused") == 4
    out, fit = library.open("fused.calibrated").compute(), library.open("fused.calibration").compute()
    assert out.sizes["time"] == record.sizes["time"] + 4
    stretch = 1 / fit["response"].values - 1
    last = stretch * fit["years"].values[-1] + fit["drift"].values[-1]  # nodes are held beyond the last year
    expected = late["sm"].values + last + fit["level"].values
    np.testing.assert_allclose(out["sm"].values[-4:], np.clip(expected, 0, 1), atol=1e-6)


def test_sensors_of_a_station_are_one_and_days_become_dekads(world, parts):
    stations = parts[0]["stations"].isel(sensor=slice(0, 3))
    twin = stations.assign_coords(sensor=[f"{s}b" for s in stations["sensor"].values])
    deep = twin.assign_coords(depth_to=("sensor", [0.5] * 3), sensor=["d0", "d1", "d2"])
    both = xr.concat(
        [stations, twin.assign(sm=twin["sm"] + np.float32(0.02)), deep * 1], "sensor", combine_attrs="override"
    )
    both["sm"].attrs = stations["sm"].attrs
    found = find(both, world.GRID, Stations())
    assert [len(s.sensors) for s in found] == [2, 2, 2]
    numbers = dekads.ordinals(stations["time"].values)
    got = series(both, found, numbers)
    np.testing.assert_allclose(got, stations["sm"].values.T + 0.01, atol=1e-6)
    days = pd.date_range("2015-01-01", "2015-02-10")
    daily = stations.isel(time=0).drop_vars("time").expand_dims(time=days).transpose("sensor", "time").copy()
    daily["sm"] = ("sensor", "time"), np.tile(np.arange(41.0) / 100, (3, 1)), stations["sm"].attrs
    daily["sm"][0, 2:10] = np.nan  # two days of ten are too few
    wanted = np.array([dekads.of_label(x) for x in ("2014D36", "2015D01", "2015D02", "2015D04")])
    got = series(daily.assign_attrs(step="day"), find(daily, world.GRID, Stations()), wanted)
    np.testing.assert_allclose(got[:, 1], [np.nan, 0.045, 0.145, 0.355])
    assert np.isnan(got[1, 0]) and got[2, 0] == pytest.approx(0.145)


def test_the_level_alone_is_that_of_the_same_kriging(world, parts, plan, library, done):
    out = fusion.level_by_stations(plan, library, name="fused", stations=Stations(gain_spread=0))
    assert list(out.data_vars) == ["sm"]
    shift = (out["sm"] - library.open("fused")["sm"]).compute()
    assert float(shift.std("time").max()) < 1e-6
    fit = library.open("fused.calibration")
    np.testing.assert_allclose(
        shift.mean("time"), fit["level"], atol=2e-4
    )  # differences over common dekads alone differ


def test_stations_of_other_years_than_the_target_calibrate_the_level_alone(world, parts, plan, tmp_path):
    early = world.stations(parts[1], CELLS).sel(time=slice(None, "2014-12-31"))
    library = library_with(world, parts, tmp_path / "e", stations=early)
    out = fusion.calibrate(plan, library).compute()
    fit, record = library.open("fused.calibration").compute(), library.open("fused").compute()
    assert fit.attrs["gain"] == 1.0 and fit.attrs["gain_n"] == 0 and "gain_seen" not in fit.attrs
    assert (fit["n"] == 72).all() and (fit["level"] < 0).all()
    np.testing.assert_allclose(out["sm"] - record["sm"], np.broadcast_to(fit["level"], out["sm"].shape), atol=1e-6)


def test_what_is_missing_is_named(world, parts, plan, tmp_path):
    nothing = Library(tmp_path / "nothing")
    with pytest.raises(ConfigError, match=r"no record 'fused'.*vadose fuse run"):
        fusion.calibrate(plan, nothing)
    library = library_with(world, parts, tmp_path / "d", stations=None)
    with pytest.raises(TooFewStations, match="found no dataset 'stations'"):
        fusion.calibrate(plan, library)
    with pytest.raises(ConfigError, match="results of another plan"):
        fusion.calibrate(world.plan(networks={"seed": 9}), library)
    weather = parts[1]
    far = world.stations(weather, CELLS).assign_coords(lat=("sensor", [80.0] * 8))
    deep = world.stations(weather, CELLS, depth=(0.2, 0.3))
    short = world.stations(weather, CELLS)
    short = short.assign(sm=short["sm"].where(short["time"] < np.datetime64("2013-11-01")))
    two = world.stations(weather, CELLS[:2])
    for ds, words in ((far, "0 of 8 stations (8 outside the grid)"), (deep, "(8 no sensor within the depths)"),
                      (short, "(8 too few dekads in common with the record)"), (two, "2 of 2 stations")):  # fmt: skip
        library.write("stations", ds, layout="plain", overwrite=True)
        with pytest.raises(TooFewStations, match="at least 3") as err:
            fusion.calibrate(plan, library)
        assert words in str(err.value)
    mixed = xr.concat([far, deep, world.stations(weather, CELLS[:3], prefix="T")], "sensor", combine_attrs="override")
    library.write("stations", mixed, layout="plain", overwrite=True)
    out = fusion.calibrate(plan, library)
    assert "3 of" in out.attrs["stations"] and "outside the grid" in out.attrs["stations"]
    # the library's own stations are not needed where others have some
    library.delete("fused.calibrated")
    with pytest.raises(ConfigError, match="calibration by other stations"):
        fusion.calibrate(plan, library, stations=Stations(seed=4))


@pytest.mark.parametrize("bad", [{"share": 0}, {"share": 1.2}, {"reach": 0}, {"depth": [0.1, 0.0]}, {"shre": 1},
                                 {"representativeness": 0}, {"common": -1}, {"drift_reach": 0},
                                 {"drift_noise": 0}, {"drift_year": -1}])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValueError):
        Stations.model_validate(bad)
