"""The simulated Earth as a whole: laws, independence of region, blocks and period, and honest labels."""

import subprocess
import sys

import dask
import numpy as np
import pytest
import xarray as xr

from vadose import schema, twin
from vadose.errors import ConfigError, GridError
from vadose.grid import Grid
from vadose.twin import land, truths
from vadose.twin.cells import Cells

REGION, YEARS = (8, 44, 11, 46.5), (2015, 2015)
NAMES = ["twin/land", "twin/truth", "twin/sensor_a", "twin/sensor_b", "twin/stations"]


def compute(**kwargs):
    lazy = twin.generate(**{"region": REGION, "years": YEARS, "seed": 8, **kwargs})
    return dict(zip(lazy, dask.compute(*lazy.values())))


@pytest.fixture(scope="module")
def earth():
    return compute()


class Memory:
    """The part of a library that the twin needs, in memory."""

    def __init__(self):
        self.held, self.messages = {}, []

    def write(self, name, ds, *, message):
        self.held[name] = ds.compute()
        self.messages.append(message)

    def open(self, name):
        return self.held[name].chunk()

    def names(self):
        return list(self.held)


def same(a, b):
    assert list(a) == list(b)
    for name in a:
        xr.testing.assert_identical(a[name].drop_attrs(), b[name].drop_attrs())


def test_shapes_names_and_labels(earth):
    assert list(earth) == NAMES
    for (_, ds), form in zip(earth.items(), ["static", "grid", "grid", "grid", "stations"]):
        schema.check(ds, form)
        assert ds.attrs["simulated"] == "true" and schema.is_simulated(ds)
        assert ds.attrs["title"].startswith("Simulated")
        assert ds.attrs["seed"] == 8
        for name, da in ds.data_vars.items():
            assert name == "flag" or da.attrs["units"]
            if name in schema.VARIABLES and name != "flag":
                assert da.attrs["units"] == schema.VARIABLES[name].units
                assert da.dtype == schema.VARIABLES[name].dtype
    assert earth["twin/truth"].sm.dims == ("time", "layer", "lat", "lon")
    np.testing.assert_array_equal(earth["twin/truth"].layer_bnds, [[0, 0.1], [0.1, 0.4], [0.4, 1], [1, 2]])
    assert bool(((earth["twin/land"].climate > 0) == (earth["twin/land"].land_cover > 0)).all())
    assert Grid.of(earth["twin/truth"]) == Grid.regular(0.25).crop(REGION)


def test_water_mass_closes(earth):
    truth = earth["twin/truth"].astype("float64")
    thickness = xr.DataArray([100.0, 300.0, 600.0, 1000.0], dims="layer")
    storage = (truth.sm * thickness).sum("layer") + truth.swe
    fluxes = (truth.precipitation + truth.irrigation + truth.imposed_water
              - truth.evapotranspiration - truth.runoff - truth.recharge)  # fmt: skip
    # stored as float32: 600 mm are known to 3e-5 mm
    residual = storage.diff("time") - fluxes.isel(time=slice(1, None))
    assert float(np.abs(residual).max()) < 1e-3


def test_soil_stays_within_its_limits(earth):
    ground, sm = earth["twin/land"], earth["twin/truth"].sm
    wet = sm.notnull()
    assert bool((sm <= ground.porosity + 1e-6).where(wet, True).all())
    assert bool((sm >= 0.5 * ground.wilting_point - 1e-6).where(wet, True).all())
    deep = sm.isel(layer=slice(1, None))
    assert bool((deep >= ground.wilting_point - 1e-6).where(deep.notnull(), True).all())


def test_water_cells_are_missing_and_flagged():
    sea = compute(region=(8, 44, 13, 47.75), seed=7)
    truth, water = sea["twin/truth"], (sea["twin/land"].land_cover == 0).values
    assert 0 < water.sum() < water.size
    np.testing.assert_array_equal(water, sea["twin/land"].water_fraction >= 0.5)
    for name in ("precipitation", "runoff", "swe"):
        np.testing.assert_array_equal(truth[name].isnull(), np.broadcast_to(water, truth[name].shape))
    np.testing.assert_array_equal(truth.sm.isnull(), np.broadcast_to(water, truth.sm.shape))
    np.testing.assert_array_equal(truth.flag == schema.FLAGS["water"], np.broadcast_to(water, truth.flag.shape))


def test_the_same_seed_gives_the_same_earth_and_another_seed_another(earth):
    same(earth, compute())
    assert not np.allclose(earth["twin/land"].sand, compute(seed=9)["twin/land"].sand, atol=1)


def test_a_region_is_the_crop_of_a_larger_one(earth):
    small = compute(region=(9, 44.5, 10.5, 46))
    for name in NAMES[:-1]:
        part = earth[name].sel(lat=small[name].lat, lon=small[name].lon)
        xr.testing.assert_identical(part.drop_attrs(), small[name].drop_attrs())
    big, few = earth["twin/stations"], small["twin/stations"]
    assert 0 < few.sizes["sensor"] < big.sizes["sensor"]
    kept = big.isel(sensor=np.isin(big.station, few.station))
    for name in few.variables:  # the width of the text differs
        np.testing.assert_array_equal(kept[name], few[name])


def test_blocks_and_schedulers_change_no_number(earth):
    same(earth, compute(block=3))
    with dask.config.set(scheduler="synchronous"):
        same(earth, compute(block=7))


@pytest.mark.parametrize("region", [(176, 64, 180, 67), (-180, 64, -176, 67), (0, 86, 6, 90), (0, -90, 6, -86)])
def test_edges_of_the_globe(region):
    earth = compute(region=region, resolution=1.0)
    soil = (earth["twin/land"].land_cover != 0).values
    np.testing.assert_array_equal(earth["twin/truth"].sm.notnull().all(("time", "layer")), soil)
    same(earth, compute(region=region, resolution=1.0, block=2))


def test_weather_is_the_same_in_every_period_and_soil_nearly(earth):
    late = compute(years=(2013, 2015))["twin/truth"].sel(time="2015")
    for name in ("precipitation", "air_temperature", "leaf_area_index", "swe"):
        np.testing.assert_array_equal(late[name], earth["twin/truth"][name])
    np.testing.assert_allclose(late.sm.isel(layer=0), earth["twin/truth"].sm.isel(layer=0), atol=1e-3)


def test_nothing_is_simulated_before_it_is_asked_for():
    def refuse(*args, **kwargs):
        raise AssertionError("computed early")

    with dask.config.set(scheduler=refuse):
        lazy = twin.generate(region=(10, 35, 30, 45), resolution=0.1, years=(2003, 2018), seed=1)
    assert lazy["twin/truth"].sm.shape == (5844, 4, 100, 200)
    assert lazy["twin/truth"].sm.data.chunksize == (5844, 4, 20, 20)


def test_create_writes_what_generate_gives(earth):
    library = Memory()
    assert twin.create(library, region=REGION, years=YEARS, seed=8) == NAMES
    same(earth, library.held)
    assert all("simulated" in m for m in library.messages)


def test_names_already_taken_are_refused_before_anything_is_written():
    library = Memory()
    library.held["twin/stations"] = xr.Dataset()
    with pytest.raises(ConfigError, match="twin/stations already there"):
        twin.create(library, region=REGION, years=YEARS, seed=8)
    assert list(library.held) == ["twin/stations"]


def test_create_through_a_scratch_folder(earth, monkeypatch):
    monkeypatch.setattr("vadose.twin.earth.HELD", 0)
    library = Memory()
    twin.create(library, region=REGION, years=YEARS, seed=8)
    same(earth, library.held)


def test_truth_of_a_layer(earth):
    library = Memory()
    library.held["twin/truth"] = earth["twin/truth"]
    assert twin.truth(library).sm.dims == ("time", "layer", "lat", "lon")
    surface = schema.check(twin.truth(library, layer=1), "grid")
    assert surface.sm.dims == ("time", "lat", "lon")
    np.testing.assert_array_equal(surface.sm, earth["twin/truth"].sm.isel(layer=0))
    with pytest.raises(ConfigError, match=r"layer: found 5; needed one of \[1, 2, 3, 4\]"):
        twin.truth(library, layer=5)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        ({"region": (11, 44, 8, 46)}, GridError, "west < east"),
        ({"region": (8, 44, 11)}, GridError, "four numbers"),
        ({"region": "Europe"}, GridError, "four numbers"),
        ({"region": (8.01, 44.01, 8.02, 44.02)}, GridError, "no cell centre"),
        ({"resolution": 0.7}, GridError, "divisor of 180"),
        ({"resolution": 0.0}, GridError, "divisor of 180"),
        ({"resolution": -0.25}, GridError, "divisor of 180"),
        ({"resolution": "fine"}, GridError, "divisor of 180"),
        ({"years": (2016, 2015)}, ConfigError, "first year ≤ last year"),
        ({"years": (1066, 1067)}, ConfigError, "1950..2150"),
        ({"years": 2015}, ConfigError, "two years"),
        ({"years": ("a", "b")}, ConfigError, "two years"),
        ({"years": (2015.5, 2016)}, ConfigError, "first year"),
        ({"seed": -1}, ConfigError, "whole number"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(bad, error, message):
    library = Memory()
    with pytest.raises(error, match=message):
        twin.create(library, **{"region": REGION, "years": YEARS, **bad})
    assert not library.held


@pytest.mark.parametrize("block", [0, -3, 2.5, True])
def test_bad_block_is_refused(block):
    with pytest.raises(ConfigError, match="at least 1"):
        twin.generate(region=REGION, years=YEARS, block=block)


def test_geography_does_not_depend_on_the_resolution():
    coarse, fine = (Cells.of(Grid.regular(r).crop((10, 45, 12, 47))) for r in (1.0, 0.2))  # 0.2° has the 1° centres
    np.testing.assert_allclose(fine.lat[2::5], coarse.lat, rtol=0, atol=1e-12)
    a, b = land.describe(coarse, 3), land.describe(fine, 3)
    for name in a:
        np.testing.assert_allclose(b[name][2::5, 2::5], a[name], rtol=1e-9, atol=1e-12)


def test_importing_the_room_stays_light():
    code = "import sys, vadose.twin; print([m for m in ('numba', 'matplotlib', 'icechunk') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_region_without_stations_has_an_empty_network():
    for seed in range(20):
        earth = twin.generate(region=(8, 44, 8.25, 44.25), years=YEARS, seed=seed)
        if earth["twin/stations"].sizes["sensor"] == 0:
            network = schema.check(earth["twin/stations"].compute(), "stations")
            assert network.sm.shape == (0, 365) and schema.is_simulated(network)
            return
    pytest.fail("one cell has stations with every seed")


def test_a_region_of_sea_is_refused():
    globe = Grid.regular(1.0)
    row, col = np.argwhere(land.describe(Cells.of(globe), 8)["land_cover"] == 0)[0]
    lat, lon = globe.lat[row], globe.lon[col]
    with pytest.raises(ConfigError, match="only sea"):
        twin.generate(region=(lon - 0.4, lat - 0.4, lon + 0.4, lat + 0.4), resolution=1.0, seed=8)


# sand [%], elevation [m], temperature [degC], a year of rain [mm], soil moisture of the four layers [m3 m-3]
PINNED = [20.2370587, 836.710896, 14.5121342, 782.975757, 0.2907914373, 0.2098364215, 0.2500969504, 0.3278562768]


def picked():
    cells = Cells.of(Grid.regular(0.5).crop((10, 45, 11, 46)))
    ground = land.describe(cells, 42)
    state = truths.simulate(cells, ground, truths.days_of((2015, 2015)), 42)
    return [ground["sand"][0, 0], ground["elevation"][1, 1], state["air_temperature"][0, 1, 200],
            state["precipitation"][1, 0].sum(), *state["sm"][0, 0, :, 200]]  # fmt: skip


def test_values_are_pinned():
    """The numbers of a seed must not drift between machines and versions; raise ``earth.VERSION`` if they must."""
    np.testing.assert_allclose(picked(), PINNED, rtol=1e-6)
