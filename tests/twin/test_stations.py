"""Stations: where they stand, how they differ from their cell, and what the quality flags say."""

import dask
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from vadose import twin
from vadose.errors import ConfigError
from vadose.grid import Grid
from vadose.schema import FLAGS
from vadose.twin import STATION, stations

DAY = np.arange(16_000, 16_000 + 1500)


@pytest.fixture(scope="module")
def earth():
    lazy = twin.generate(region=(8, 44, 13, 47.75), years=(2015, 2016), seed=8)
    return dict(zip(lazy, dask.compute(*lazy.values())))


def measured(n=400, theta=0.3, frozen=False):
    keys = np.stack([np.arange(n), np.arange(n) % 7, np.arange(n) % 4, np.arange(n) % 3], axis=1)
    full = np.full((n, DAY.size), theta)
    return keys, *stations.measure(full, np.full(full.shape, frozen), np.full(n, 0.1), keys, DAY, 5)


def test_imposed_representativeness_and_noise_are_recovered():
    _, value, _ = measured()
    # log-normal factor on 0.3 and the offset: both spreads add in variance
    factor = np.exp(STATION.scale**2 / 2) * (np.exp(STATION.scale**2) - 1) ** 0.5
    assert np.nanmean(value, axis=1).std() == pytest.approx(np.hypot(0.3 * factor, STATION.offset), rel=0.15)
    within = np.nanstd(value, axis=1)
    assert np.median(within) == pytest.approx(np.hypot(STATION.noise, STATION.slow), rel=0.1)
    fast = np.nanstd(np.diff(value, axis=1), axis=1) / 2**0.5
    assert np.median(fast) == pytest.approx(STATION.noise, rel=0.05)


def test_flags_have_the_stated_shares_and_remove_values():
    _, value, flag = measured()
    share = {name: ((flag & bit) != 0).mean() for name, bit in FLAGS.items()}
    assert share["missing"] == pytest.approx(STATION.outage, rel=0.15)
    assert share["other_inconsistency"] == pytest.approx(STATION.spikes * (1 - STATION.outage), rel=0.1)
    assert share["frozen_or_snow"] == 0
    np.testing.assert_array_equal(np.isnan(value), flag != 0)
    assert np.nanmin(value) >= 0 and np.nanmax(value) <= 1


def test_frost_touches_the_surface_sensor_only():
    keys, value, flag = measured(frozen=True)
    frost = (flag & FLAGS["frozen_or_snow"]) != 0
    np.testing.assert_array_equal(frost, np.broadcast_to(keys[:, 3:] == 0, frost.shape))
    assert np.isnan(value[keys[:, 3] == 0]).all() and np.isfinite(value[keys[:, 3] == 1]).any()


def test_outages_come_in_spells_and_strike_all_depths(earth):
    out = (earth["twin/stations"].flag.values & FLAGS["missing"]) != 0
    by_station = out.reshape(-1, 3, out.shape[1])
    np.testing.assert_array_equal(by_station, np.broadcast_to(by_station[:, :1], by_station.shape))
    starts = (out[:, 1:] & ~out[:, :-1]).sum()
    assert out.sum() / starts > 5


def test_network_is_complete(earth):
    network = earth["twin/stations"]
    assert network.sizes["sensor"] > 40 and network.sizes["sensor"] % 3 == 0
    assert len(set(network.station.values)) == network.sizes["sensor"] // 3
    assert network.depth_to.values[:3].tolist() == [0.05, 0.2, 0.5]
    assert all(n.startswith("SIMNET") for n in network.network.values)
    assert (network.land_cover != 0).all() and (network.texture != "").all() and (network.climate != "").all()
    assert len(set(network.sensor.values)) == network.sizes["sensor"]
    row, col = Grid.of(earth["twin/land"]).nearest(network.lat, network.lon)
    assert (row >= 0).all()
    np.testing.assert_allclose(network.elevation, earth["twin/land"].elevation.values[row, col], rtol=1e-5)


def test_stations_follow_their_cell(earth):
    network, sm = earth["twin/stations"], earth["twin/truth"].sm
    row, col = Grid.of(sm).nearest(network.lat, network.lon)
    for layer in range(3):
        scores = []
        for s in range(layer, network.sizes["sensor"], 3):
            a, b = network.sm.values[s], sm.values[:, layer, row[s], col[s]]
            ok = np.isfinite(a)
            scores.append(stats.pearsonr(a[ok], b[ok])[0])
        assert np.median(scores) > 0.8


def test_a_site_is_the_same_in_every_region():
    def find(region):
        grid = Grid.regular(0.25).crop(region)
        sites = stations.find(grid, np.ones(grid.shape, bool), 8)
        return dict(zip(sites.names, zip(sites.lat, sites.lon)))

    large, small = find((-3, -3, 4, 4)), find((-1.5, 0.25, 2.0, 3.0))
    assert small == {k: v for k, v in large.items() if 0.25 <= v[0] < 3 and -1.5 <= v[1] < 2}
    assert len(small) > 5


def test_more_stations_are_those_of_fewer_and_others():
    def network(**density):
        return twin.generate(region=(0, 44, 3, 46), resolution=0.5, years=(2016, 2016), seed=8, step="dekad",
                             products=[], **density)["twin/stations"]  # fmt: skip

    usual, many = network(), network(station_density=4)
    names = many["station"].values.tolist()
    assert 4 < len(set(usual["station"].values)) < len(set(names)) <= 24
    assert "station_density" not in usual.attrs and many.attrs["station_density"] == 4
    at = [k for k, name in enumerate(names) if name in set(usual["station"].values)]
    xr.testing.assert_identical(usual.drop_attrs(), many.isel(sensor=at).drop_attrs())
    with pytest.raises(ConfigError, match=r"station_density: found 4\.5; needed stations per 1° × 1° tile, 0 to 4"):
        network(station_density=4.5)
