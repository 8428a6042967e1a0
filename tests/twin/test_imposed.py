"""What is imposed comes out of the truth: trends, irrigation, fires, floods, production; and water still closes."""

import json

import dask
import numpy as np
import pytest

from vadose import landclass, twin
from vadose.grid import Grid
from vadose.twin import imposed, land, production, truths
from vadose.twin.cells import Cells


@pytest.fixture(scope="module")
def earth():
    lazy = twin.generate(region=(0, 32, 16, 46), resolution=1.0, years=(2003, 2018), seed=4, step="dekad",
                         products=["gpp"])  # fmt: skip
    return dict(zip(lazy, dask.compute(*lazy.values())))


def slopes(sm):
    """Slope per year of annual means and its standard error, by least squares; year first."""
    t = np.arange(sm.shape[0]) - (sm.shape[0] - 1) / 2
    anomaly = sm - sm.mean(axis=0)
    b = np.tensordot(t, anomaly, 1) / (t**2).sum()
    rest = anomaly - b * t.reshape(-1, *(1,) * (sm.ndim - 1))
    return b, np.sqrt((rest**2).sum(axis=0) / (t.size - 2) / (t**2).sum())


def test_imposed_trends_are_recovered_by_least_squares(earth):
    imposed_slope = earth["twin/land"].imposed_trend.values.astype(float)
    annual = earth["twin/truth"].sm.isel(layer=0).astype(float).groupby("time.year").mean().values
    soil = np.isfinite(annual).all(axis=0)
    assert (soil == (earth["twin/land"].land_cover.values != 0)).all()
    found, error = slopes(annual)
    x, y = imposed_slope[soil], found[soil]
    assert len(np.unique(x.round(9))) > 8 and x.min() < -5e-4 and x.max() > 5e-4
    # over all cells: weather adds noise to a slope, no factor
    assert np.polyfit(x, y, 1)[0] == pytest.approx(1, abs=0.15)
    moving = error[soil] > 0  # summits that never thaw have the trend alone
    z = (y - x)[moving] / error[soil][moving]
    assert np.mean(np.abs(z) < 3) > 0.95


def test_without_weather_the_trend_is_exact(earth):
    attrs = earth["twin/truth"].attrs
    assert attrs["trend_reference"] == "2011-01-01" and attrs["trend_years"] == 11
    slope = earth["twin/land"].imposed_trend.values.astype(float)
    flood = (earth["twin/truth"].event & truths.EVENTS["flooded"]).values.any(axis=0)
    water = earth["twin/truth"].imposed_water.values.astype(float).sum(axis=0)
    soil = (earth["twin/land"].land_cover.values != 0) & ~flood
    # 2000 mm of soil, 5844 days from 2003 to 2018
    np.testing.assert_allclose(water[soil], 2000 * slope[soil] * 5844 / 365.25, rtol=1e-4, atol=1e-3)


def test_the_truth_without_its_imposed_part_has_the_trend_less(earth):
    class Held:
        def open(self, name):
            return earth[name]

    part = twin.imposed_anomaly(Held())
    assert part.dims == ("time", "lat", "lon") and part.attrs["units"] == "m3 m-3" and part.attrs["simulated"] == "true"
    # the day-by-day steps of the imposed water, summed, are the same as the anomaly
    flood = (earth["twin/truth"].event & truths.EVENTS["flooded"]).values.any(axis=0)
    water = earth["twin/truth"].imposed_water.values.astype(float)[:, ~flood].cumsum(axis=0) / 2000
    steps = np.diff(part.values[:, ~flood], axis=0)
    soil = np.isfinite(water[0])
    middle = (water[1:] + water[:-1]) / 2  # half-way through a dekad, but for their unequal lengths
    np.testing.assert_allclose(np.diff(middle, axis=0)[:, soil], steps[1:][:, soil], atol=2e-5)
    annual = part.groupby("time.year").mean().values
    found, _ = slopes(annual)
    np.testing.assert_allclose(found, earth["twin/land"].imposed_trend, rtol=2e-3, atol=1e-9)


def test_a_block_shares_a_trend_up_to_its_room(earth):
    slope = earth["twin/land"].imposed_trend.values
    ground = earth["twin/land"]
    room = 0.2 * (ground.field_capacity - ground.wilting_point).values / 11
    assert (np.abs(slope) <= room + 1e-9).all() and np.abs(slope).max() <= 0.0025
    for r in range(0, 14, 2):
        for c in range(0, 16, 2):
            block = slope[r : r + 2, c : c + 2][ground.land_cover.values[r : r + 2, c : c + 2] != 0]
            assert (block >= 0).all() or (block <= 0).all()


def test_trends_level_out():
    slope = np.array([[0.002]])
    day = imposed.TREND_REFERENCE + np.array([-8000, -4018, 0, 4018, 8000])
    np.testing.assert_allclose(imposed.anomaly(slope, day)[0, 0], [-0.022, -0.022, 0, 0.022, 0.022], atol=5e-6)


def test_water_closes_to_rounding_with_everything_imposed():
    cells = Cells.of(Grid.regular(0.5).crop((0, 34, 8, 40)))
    ground = land.describe(cells, 4)
    state = truths.simulate(cells, ground, truths.days_of((2009, 2011)), 4)
    assert (state["irrigation"] > 0).any() and (state["imposed_water"] > 5).any() and (state["event"] & 2).any()
    slope = imposed.trend(cells, ground, 4)
    assert (slope != 0).any()
    storage = (state["sm"] * truths.THICKNESS[:, None]).sum(axis=2) + state["swe"]
    inward = state["precipitation"] + state["irrigation"] + state["imposed_water"]
    outward = state["evapotranspiration"] + state["runoff"] + state["recharge"]
    residual = np.diff(storage, axis=-1) - (inward - outward)[..., 1:]
    assert np.abs(residual).max() / storage.max() < 1e-12
    assert (state["sm"][:, :, 0] <= ground["porosity"][..., None] + 1e-12).all()
    assert (state["sm"][:, :, 0] >= 0.5 * ground["wilting_point"][..., None] - 1e-12).all()


def test_irrigation_wets_fields_in_the_warm_season():
    cells = Cells.of(Grid.regular(0.5).crop((0, 34, 8, 40)))
    ground = land.describe(cells, 4)
    where = imposed.irrigated(cells, ground, 4)
    assert where.any() and np.isin(ground["land_cover"][where], (12, 14)).all()
    state = truths.simulate(cells, ground, truths.days_of((2010, 2010)), 4)
    given = state["irrigation"]
    assert not given[~where].any() and set(np.unique(given[where])) == {0.0, 25.0}
    first, last = np.flatnonzero(given.any(axis=(0, 1)))[[0, -1]]
    assert first > 90 and last < 310
    r, c = np.argwhere(where)[0]
    days = np.flatnonzero(given[r, c])
    assert set(np.diff(days)) == {7}
    # a dose is a quarter of the top metre's range: the day of it is wetter than the day before
    assert (state["sm"][r, c, 0, days] > state["sm"][r, c, 0, days - 1]).mean() > 0.9


def test_events_are_recorded_and_seen_where_they_are(earth):
    listed = json.loads(earth["twin/truth"].attrs["events"])
    assert {e["kind"] for e in listed} == {"fire", "flood"}
    cells = Cells.of(Grid.of(earth["twin/truth"]))
    cover, time = earth["twin/land"].land_cover.values, earth["twin/truth"].time.values
    event, water = earth["twin/truth"].event.values, earth["twin/truth"].imposed_water.values
    counted = {"fire": 0, "flood": 0}
    for e in listed:
        hit = imposed.Event(e["kind"], e["lat"], e["lon"], e["radius_km"], 0, 0).touches(cells)
        hit &= np.isin(cover, imposed.BURNABLE) if e["kind"] == "fire" else cover != 0
        first = np.searchsorted(time, np.datetime64(e["start"]), side="right") - 1
        if first < 0 or not hit.any():
            continue
        counted[e["kind"]] += 1
        assert ((event[first, hit] & {"fire": 2, "flood": 4}[e["kind"]]) != 0).all()
        if e["kind"] == "flood":
            assert (water[first, hit] > 20).all()
    assert min(counted.values()) > 5


def test_fire_takes_leaves_and_they_come_back():
    cells = Cells.of(Grid.regular(0.1).crop((5, 40, 6, 41)))
    ground = {"land_cover": np.full(cells.shape, 10, dtype="uint8")}
    fire = imposed.Event("fire", 40.55, 5.55, 20.0, 15_000, 15_000 + 1095)
    share = imposed.burn([fire], cells, ground, np.array([14_999, 15_000, 15_000 + 548, 15_000 + 1096]))
    np.testing.assert_allclose(share[4, 5], [0, 0.8, 0.8 * (1 - 548 / 1095.75), 0], atol=1e-12)
    assert not share[0, 0].any() and 0.05 < (share[..., 1] > 0).mean() < 0.25
    assert not imposed.burn([fire], cells, {"land_cover": np.full(cells.shape, 16)}, np.array([15_000])).any()


def test_flood_brings_water_and_recedes():
    cells = Cells.of(Grid.regular(0.1).crop((5, 40, 6, 41)))
    ground = {"land_cover": np.full(cells.shape, 10, dtype="uint8")}
    event = imposed.Event("flood", 40.55, 5.55, 20.0, 100, 139)
    water, cover = imposed.flood([event], cells, ground, np.array([99, 100, 119, 120, 129, 139, 140]))
    np.testing.assert_allclose(water[4, 5], [0, 25, 25, 0, 0, 0, 0])
    np.testing.assert_allclose(cover[4, 5], [0, 0.4, 0.4, 0.38, 0.2, 0, 0], atol=1e-12)


def test_events_do_not_depend_on_the_region_or_the_days_asked_for():
    def found(region, years):
        cells = Cells.of(Grid.regular(0.5).crop(region))
        return {e for e in imposed.events(cells, truths.days_of(years), 4) if e.touches(cells).any()}, cells

    large, _ = found((0, 30, 20, 50), (2000, 2010))
    small, cells = found((5, 35, 12, 42), (2003, 2005))
    day = truths.days_of((2003, 2005))
    expected = {e for e in large if e.touches(cells).any() and e.start <= day[-1] and e.end >= day[0]}
    assert small == expected and len(small) > 5


def test_production_follows_root_zone_water_with_the_stated_strength():
    cells = Cells.of(Grid.regular(1.0).crop((0, 40, 4, 41)))
    cover = np.array([[4, 7, 10, 12]], dtype="uint8")
    ground = {"land_cover": cover, "wilting_point": np.full((1, 4), 0.1), "field_capacity": np.full((1, 4), 0.3)}
    day = np.arange(100)

    def grown(theta):
        ones = np.ones((1, 4, day.size))
        state = {"radiation": 30 * ones, "leaf_area_index": 2 * ones, "air_temperature": 15 * ones,
                 "sm": np.full((1, 4, 4, day.size), theta)}  # fmt: skip
        return production.gpp(cells, ground, state, day, 1)

    ratio = (grown(0.1) / grown(0.3))[0].mean(axis=-1)
    np.testing.assert_allclose(ratio, [0.75, 0.45, 0.25, 0.60], rtol=1e-12)  # 1 − strength
    np.testing.assert_allclose((grown(0.2) / grown(0.3))[0, 2], 0.625, rtol=1e-12)


def test_what_is_planted_is_written_on_the_production(earth):
    strength, roots = (json.loads(earth["twin/gpp"].attrs[k]) for k in ("strength", "root_share"))
    assert set(strength) == set(roots) == set(landclass.ECOSYSTEMS)
    for name, classes in landclass.ECOSYSTEMS.items():
        here = np.isin(earth["twin/land"].land_cover.values, classes)
        found = np.unique(earth["twin/land"].gpp_strength.values[here])
        np.testing.assert_allclose(found, strength[name], rtol=1e-6)
        assert sum(roots[name]) == pytest.approx(1, abs=0.002) and min(roots[name]) == roots[name][3]
    # grass has hardly any roots below a metre, trees do
    assert roots["grassland"][3] < 0.02 < roots["forest"][3]


def test_order_of_sensitivities_shows_in_the_truth(earth):
    """Slope of production on root-zone water, both relative to their dekad of the year, by ecosystem."""
    truth, ground = earth["twin/truth"], earth["twin/land"]
    inputs = {n: ground[n].values for n in ("land_cover", "wilting_point", "field_capacity")}
    sm = truth.sm.transpose("lat", "lon", "layer", "time").values.astype(float)
    water = production.root_zone_wetness(inputs, sm)
    gpp = earth["twin/gpp"].gpp.transpose("lat", "lon", "time").values.astype(float)
    groups = landclass.group(inputs["land_cover"], landclass.ECOSYSTEMS)
    slope = {}
    for name in ("forest", "cropland", "shrubland", "grassland"):
        found = []
        for r, c in np.argwhere(groups == name):
            g = gpp[r, c].reshape(16, 36)[:, 12:27]
            w = water[r, c].reshape(16, 36)[:, 12:27]
            relative = (g / np.maximum(g.mean(axis=0), 1e-9) - 1).ravel()
            anomaly = (w - w.mean(axis=0)).ravel()
            found.append(np.polyfit(anomaly, relative, 1)[0] if anomaly.std() > 0.01 else np.nan)
        slope[name] = np.nanmedian(found) if found else np.nan
    known = [k for k in slope if np.isfinite(slope[k])]
    assert len(known) >= 3 and [k for k, _ in sorted(slope.items(), key=lambda kv: kv[1]) if k in known] == known


def test_an_earth_without_trends_differs_by_them_alone():
    """The same weather and the same errors: products differ by their response to the trend."""
    kwargs = {"region": (-4, 38, 0, 42), "resolution": 0.5, "years": (2013, 2016), "seed": 4, "step": "dekad",
              "products": "rsssm"}  # fmt: skip
    with_trends, without = (twin.generate(**kwargs, trends=t) for t in (True, False))
    assert list(with_trends) == list(without) and without["twin/truth"].attrs["trends"] == "none imposed"
    assert "trends" not in with_trends["twin/truth"].attrs
    slope = with_trends["twin/land"].imposed_trend
    assert (np.abs(slope) > 1e-4).any() and (without["twin/land"].imposed_trend == 0).all()

    class Held:
        def open(self, name):
            return with_trends[name]

    truth, other = (dask.compute(e["twin/truth"])[0] for e in (with_trends, without))
    added = twin.imposed_anomaly(Held())
    apart = (truth["sm"].isel(layer=0) - other["sm"].isel(layer=0)).transpose(*added.dims)
    np.testing.assert_allclose(apart.values, added.where(apart.notnull()).values, atol=2e-6)
    for name in ("precipitation", "event"):
        np.testing.assert_array_equal(truth[name], other[name])
    for name in ("smap_e", "stations", "airborne"):
        moved = dask.compute(with_trends[f"twin/{name}"]["sm"] - without[f"twin/{name}"]["sm"])[0]
        assert 0 < float(np.abs(moved).max()) < 0.1, name
    still = (slope == 0).values & (without["twin/land"].land_cover.values != 0)
    moved = dask.compute(with_trends["twin/ascat_swi"]["sm"] - without["twin/ascat_swi"]["sm"])[0]
    far = moved.values[:, still & (np.abs(_around(slope.values)) == 0)]
    assert np.nanmax(np.abs(far), initial=0) == 0  # footprints reach a cell


def _around(field):
    wide = np.pad(field, 2, mode="edge")
    return np.max([np.abs(wide[i : i + field.shape[0], j : j + field.shape[1]]) for i in range(5) for j in range(5)],
                  axis=0)  # fmt: skip
