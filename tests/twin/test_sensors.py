"""Sensors: orbits, footprints and the errors that were put in."""

import dask
import numpy as np
import pytest

from vadose import twin
from vadose.grid import Grid, distance
from vadose.schema import FLAGS
from vadose.twin import PLAIN, SENSORS, sensors
from vadose.twin.cells import Cells


@pytest.fixture(scope="module")
def earth():
    lazy = twin.generate(region=(8, 44, 13, 47.75), years=(2015, 2017), seed=7)
    return dict(zip(lazy, dask.compute(*lazy.values())))


@pytest.mark.parametrize("name", sorted(set(SENSORS) - {"tmi_lprm", "smos_ic"}))
def test_orbits_repeat_and_cover(name):
    sensor = SENSORS[name]
    cells = Cells.of(Grid.regular(1.0).crop((-180, -1, 180, 1)))
    cycle = sensor.orbits[1]
    seen = sensors.passes(cells, np.arange(16_000, 16_000 + 2 * cycle), sensor)
    np.testing.assert_array_equal(seen[..., :cycle], seen[..., cycle:])
    assert seen.any(axis=-1).all() and not seen.all(axis=-1).any()
    # share of the equator that the swaths of one direction cover in a day
    apart = 2 * np.pi * 6371.0088 * sensor.orbits[1] / sensor.orbits[0]
    width = 2 * (sensor.swath[1] - sensor.swath[0]) / apart
    if sensor.ascending:
        assert width < seen.mean() <= 2 * width
    else:
        assert seen.mean() == pytest.approx(width, rel=0.02)


def test_high_latitudes_are_seen_more_often():
    def share(south):
        cells = Cells.of(Grid.regular(1.0).crop((0, south, 30, south + 1)))
        return sensors.passes(cells, np.arange(80), SENSORS["sensor_a"]).mean()

    assert share(0) < share(40) < share(60)


def test_footprint_mean_against_a_loop():
    grid = Grid.regular(0.25).crop((10, 60, 13, 62))
    wide, rows, cols = Cells.of(grid).pad(2, 4)
    rng = np.random.default_rng(0)
    values, weight = rng.random((*wide.shape, 3)), (rng.random(wide.shape) < 0.8).astype(float)
    out = sensors.footprint_mean(values, weight, wide, rows, cols, 40.0)
    degree = distance(0.0, 0.0, 1.0, 0.0) / 1000
    for r, c in ((0, 0), (4, 6), (7, 11)):
        dy = (wide.lat[:, None] - grid.lat[r]) * degree
        dx = (wide.lon[None, :] - grid.lon[c]) * degree * np.cos(np.radians(grid.lat[r]))
        d = np.hypot(dy, dx)
        w = np.where(d <= 40, 0.5 ** ((2 * d / 40) ** 2), 0) * weight
        np.testing.assert_allclose(out[r, c], (w[..., None] * values).sum((0, 1)) / w.sum(), rtol=1e-12)


def test_footprint_keeps_a_constant_and_skips_water():
    wide, rows, cols = Cells.of(Grid.regular(0.25).crop((0, 0, 2, 2))).pad(1, 1)
    values, land = np.full((*wide.shape, 1), 0.3), np.ones(wide.shape)
    land[:, :4], values[:, :4] = 0, 99.0
    out = sensors.footprint_mean(values, land, wide, rows, cols, 40.0)
    np.testing.assert_allclose(out[:, 3:], 0.3, rtol=1e-14)
    assert np.isnan(out[:, 0]).all()


@pytest.mark.parametrize("name", list(PLAIN))
def test_imposed_errors_are_recovered(earth, name):
    sensor, seen = SENSORS[name], earth[f"twin/{name}"]
    truth, land = earth["twin/truth"], earth["twin/land"]
    # rebuild what the sensor would see without noise from the stored truth alone, away from the border
    wide = Cells.of(Grid.of(truth))
    rows, cols = slice(3, wide.shape[0] - 3), slice(4, wide.shape[1] - 4)
    soil = (land.land_cover.values != 0).astype(float)

    def mean(values, weight=soil):
        filled = np.where(np.isnan(values), 0, values).astype(float)
        return sensors.footprint_mean(filled, weight, wide, rows, cols, sensor.footprint)

    theta = mean(truth.sm.isel(layer=0).transpose("lat", "lon", "time").values)
    plants = mean(truth.leaf_area_index.transpose("lat", "lon", "time").values) / 6
    water = mean(land.water_fraction.values[..., None], np.ones_like(soil))
    clean = (0.25 + (sensor.gain + sensor.gain_vegetation * plants) * (theta - 0.25)
             + sensor.offset + sensor.vegetation * plants + sensor.water * water)  # fmt: skip
    spread = (sensor.noise + sensor.noise_vegetation * plants) * (0.5 + 2 * theta)
    part = seen.isel(lat=rows, lon=cols).transpose("lat", "lon", "time")
    ok = np.isfinite(part.sm.values)
    np.testing.assert_allclose(part.sm_uncertainty.values[ok], spread[ok], atol=1e-5)
    sure = ok & (clean > 3.5 * spread)  # elsewhere noise is cut at zero
    z = ((part.sm.values - clean) / spread)[sure]
    assert sure.sum() > 5_000
    # the part of the noise that is smooth over weeks and degrees has a mean of its own: its spread here is 0.05
    assert abs(z.mean()) < 0.2 and z.std() == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("name", list(PLAIN))
def test_total_error_has_the_stated_size(earth, name):
    error = earth[f"twin/{name}"].sm.astype(float) - earth["twin/truth"].sm.isel(layer=0).astype(float)
    assert float(error.std("time").median()) == pytest.approx(SENSORS[name].ubrmse, rel=0.25)


@pytest.mark.parametrize("name", list(PLAIN))
def test_flags_say_why_values_are_missing(earth, name):
    seen, truth = earth[f"twin/{name}"], earth["twin/truth"]
    np.testing.assert_array_equal(np.isnan(seen.sm), seen.flag != 0)
    np.testing.assert_array_equal(np.isnan(seen.sm_uncertainty), seen.flag != 0)
    land = truth.sm.isel(layer=0).notnull().values
    frozen = (seen.flag.values & FLAGS["frozen_or_snow"]) != 0
    cold = ((truth.air_temperature < 0) | (truth.swe >= 1)).values
    np.testing.assert_array_equal(frozen[land], cold[land])
    assert 0.1 < frozen[land].mean() < 0.5
    lost = (seen.flag.values & FLAGS["retrieval_failed"]) != 0
    assert lost.mean() == pytest.approx(SENSORS[name].loss, rel=0.05)
    np.testing.assert_array_equal((seen.flag.values & FLAGS["water"]) != 0, ~land)
