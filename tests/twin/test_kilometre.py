"""The simulated 1 km region: planted characters, stations, training lists and flights."""

import dask
import numpy as np
import pytest

from vadose import landclass, schema, twin
from vadose.errors import ConfigError
from vadose.grid import Grid
from vadose.twin import kilometre_land, kilometre_products, kilometre_sites
from vadose.twin.cells import Cells
from vadose.twin.kilometre_sizes import FLIGHT_NOISE, GROUPS, KILOMETRE

REGION, YEARS, SEED = (-104.0, 19.0, -103.7, 19.3), (2015, 2015), 15


@pytest.fixture(scope="module")
def world():
    lazy = twin.generate_1km(region=REGION, years=YEARS, seed=SEED)
    assert all(ds.sm.chunks for name, ds in lazy.items() if "sm" in ds)
    return {k.removeprefix(twin.PREFIX_1KM): v for k, v in zip(lazy, dask.compute(*lazy.values()))}


def test_everything_is_canonical_and_says_it_is_simulated(world):
    for name, ds in world.items():
        schema.check(ds)
        assert schema.is_simulated(ds), name
    assert world["glass"].sizes == {"time": 365, "lat": 30, "lon": 30}
    assert Grid.of(world["landcover"]).shape == (300, 300)


def test_land_cover_of_a_cell_is_the_most_frequent_of_its_sub_cells(world):
    fine = world["landcover"].land_cover.values.reshape(30, 10, 30, 10).transpose(0, 2, 1, 3).reshape(30, 30, 100)
    most = np.array([[np.bincount(c).max() for c in row] for row in fine])
    own = (fine == world["land"].land_cover.values[..., None]).sum(axis=-1)
    assert (own == most).all() and most.min() < 100 == most.max()
    assert set(np.unique(landclass.group(world["land"].land_cover, landclass.LAND_COVER))) == set(GROUPS)


def correlation(world, name):
    """Correlation in time with the truth per cell, on thawed ground."""
    there = (world["truth"].flag == 0) & np.isfinite(world[name].sm) & np.isfinite(world["truth"].sm)
    a, b = (world[k].sm.where(there).astype(float) for k in (name, "truth"))
    a, b = a - a.mean("time"), b - b.mean("time")
    return ((a * b).mean("time") / np.sqrt((a**2).mean("time") * (b**2).mean("time"))).values


def test_the_planted_product_is_the_best_of_its_land_cover(world):
    group = landclass.group(world["land"].land_cover.values, landclass.LAND_COVER)
    r = {name: correlation(world, name) for name in KILOMETRE}
    for label, best in twin.PLANTED.items():
        middle = {name: np.nanmedian(v[group == label]) for name, v in r.items()}
        assert max(middle, key=middle.get) == best, (label, middle)
    whole = {name: np.nanmedian(v) for name, v in r.items()}
    assert max(whole, key=whole.get) == "glass"
    assert np.nanmedian(r["glass"][group == "forest"]) < np.nanmedian(r["glass"])


def test_the_leaky_product_repeats_its_training_stations_and_no_others(world):
    import json

    st = world["stations"]
    listed = json.loads(st.attrs["training_lists"])["leaky"]
    near = [np.min(np.hypot(np.subtract(listed["lat"], y), np.subtract(listed["lon"], x))) < 1e-3
            for y, x in zip(st.lat.values, st.lon.values)]  # fmt: skip
    assert 0.2 < np.mean(near) < 0.8 and "dsmap" not in json.loads(st.attrs["training_lists"])
    row, col = Grid.of(world["leaky"]).nearest(st.lat.values, st.lon.values)
    cell = row * 30 + col
    alone = np.array([(cell == c).sum() == 1 for c in cell])
    error = np.abs(world["leaky"].sm.values[:, row, col].T - st.sm.values)
    seen, unseen = (np.nanmedian(error[alone & k]) for k in (np.array(near), ~np.array(near)))
    assert seen < 1e-6 < 0.02 < unseen
    spelled = [s in set(st.station.values) for s in listed["station"]]
    assert 0.2 < np.mean(spelled) < 0.9  # the others have another name or case


def test_stations_in_mixed_cells_are_worse():
    n, day = 200, np.arange(16000, 16365)
    theta = 0.25 + 0.05 * np.sin(day / 20.0) * np.ones((n, 1))
    share = np.where(np.arange(n) < n // 2, 0.0, 0.6)
    zero = np.zeros(n, int)
    points = kilometre_sites.Points(np.arange(n), zero, zero, zero, zero, zero, zero, share)
    value, _ = kilometre_sites.measure(theta, np.zeros(theta.shape, bool), np.full(n, 0.05), points, day, 3)
    error = np.nanstd(value - theta, axis=1)
    assert np.median(error[n // 2 :]) > 1.3 * np.median(error[: n // 2])


def test_flights_see_the_truth_but_neither_towns_nor_frozen_ground(world):
    air, truth = world["airborne"], world["truth"]
    assert (air.time.dt.hour == 9).all() and air.attrs["time_system"] == "local solar time"
    same = truth.sel(time=air.time.values.astype("datetime64[D]").astype("datetime64[ns]"))
    error = air.sm.values - same.sm.sel(lat=air.lat, lon=air.lon).values
    assert np.nanstd(error) == pytest.approx(FLIGHT_NOISE, rel=0.15)
    frozen = same.flag.sel(lat=air.lat, lon=air.lon).values > 0
    assert np.isnan(air.sm.values[frozen]).all() and np.isfinite(air.sm.values).mean() > 0.4


def test_a_block_error_is_the_same_within_blocks_of_nine_cells():
    cells = Cells.of(Grid.regular(0.01).crop((-104.0, 19.0, -103.64, 19.36)))
    error = kilometre_products.coarse_error("x", cells, np.arange(5), 1, width=9.0)
    step = np.abs(np.diff(error, axis=2)).max(axis=(0, 1))
    edges = np.flatnonzero(step > 0)
    assert (np.diff(edges) == 9).all() and edges.size == 4


def test_a_cell_is_the_same_in_every_region():
    parts = []
    for west in (-104.0, -103.95):
        cells = Cells.of(Grid.regular(0.01).crop((west, 19.0, -103.9, 19.05)))
        land, fine = kilometre_land.describe(cells, SEED)
        parts.append((land["sand"][:, -5:], land["land_cover"][:, -5:], fine[:, -50:]))
    for a, b in zip(*parts):
        assert np.array_equal(a, b)


def test_a_library_takes_it_once(tmp_path):
    from vadose.store import Library

    library = Library(tmp_path / "lib")
    small = {"region": (-104.0, 19.0, -103.9, 19.1), "years": (2015, 2015), "seed": 1}
    names = twin.create_1km(library, **small)
    assert names[-1] == "twin-1km/stations" and sorted(names) == sorted(library.names())
    truth, verdicts = twin.truth_1km(library)
    assert verdicts["best"] == twin.PLANTED and verdicts["blocky"] == {"dsmap": 9.0} and "sm" in truth
    with pytest.raises(ConfigError, match="already there"):
        twin.create_1km(library, **small)


@pytest.mark.parametrize("wrong", [{"years": (2016, 2015)}, {"years": 2015}, {"region": (0, 0, 10, 10)}, {"seed": -1}])
def test_bad_input_is_named(wrong):
    with pytest.raises(ConfigError, match="found"):
        twin.generate_1km(**({"region": REGION, "years": YEARS, "seed": 1} | wrong))
