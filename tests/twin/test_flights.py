"""Airborne campaigns, reanalysis models and composites on their own."""

import numpy as np
import pytest

from vadose.grid import Grid
from vadose.twin import composites, flights
from vadose.twin.error_sizes import FLIGHT


def test_flights_lie_in_the_region_at_a_kilometre(rsssm):
    air = rsssm["twin/airborne"]
    grid = Grid.of(air)
    assert grid.resolution == 0.01 and air.sizes == {"time": 16, "lat": 40, "lon": 40}
    assert float(air.lon.min()) >= 28 and float(air.lon.max()) <= 34
    assert air.campaign.values.tolist() == ["spring"] * 8 + ["autumn"] * 8
    assert str(air.time.values[0])[:10] == "2010-05-10"


def test_flights_follow_the_truth_of_their_cells():
    region, day = Grid.regular(0.1).crop((28, 38, 29, 39)), None
    raster = flights.site(region, np.ones(region.shape, bool))
    seen = flights.lazy_array(raster, region, (2010, 2010), 5).compute()
    from vadose.twin import land, truths
    from vadose.twin.cells import Cells

    day, _ = flights.dates((2010, 2010))
    cells = Cells.of(region)
    state = truths.simulate(cells, land.describe(cells, 5), truths.days_of((2010, 2010)), 5)
    row, col = region.nearest(*np.meshgrid(raster.lat, raster.lon, indexing="ij"))
    true = state["sm"][:, :, 0, day - truths.days_of((2010, 2010))[0]][row, col].transpose(2, 0, 1)
    ok = np.isfinite(seen)
    assert ok.mean() > 0.5
    assert (seen - true)[ok].mean() == pytest.approx(0, abs=0.01)
    # the pattern lasts: averaging flights leaves it, and takes noise away
    noise = (seen[1:] / true[1:] - seen[:1] / true[:1])[ok[1:] & ok[:1]]
    assert noise.std() * true.mean() == pytest.approx(FLIGHT.noise * 2**0.5, rel=0.2)
    last = np.nanmean(seen / true, axis=0)
    assert np.nanstd(last) == pytest.approx(FLIGHT.pattern, rel=0.3)


def test_a_site_at_the_edge_stays_in_the_region():
    region = Grid.regular(0.1).crop((0, 0, 1, 1))
    soil = np.zeros(region.shape, bool)
    soil[0, 0] = True
    raster = flights.site(region, soil)
    assert raster.bbox == pytest.approx((0.0, 0.75, 0.25, 1.0))


def test_observed_composites_against_hand_numbers():
    nan = np.nan
    sm, spread = np.array([0.2, nan, 0.4, nan]), np.array([0.03, nan, 0.04, nan])
    flag = np.array([0, 1, 0, 8], dtype="uint16")
    out = composites.observed(sm, spread, flag, np.array([0, 3]), 0.25)
    np.testing.assert_allclose(out["sm"], [0.3, nan])
    # s² = (0.0009 + 0.0016)/2; two days: 0.75/2 + 0.25 = 0.625
    np.testing.assert_allclose(out["sm_uncertainty"], [(0.00125 * 0.625) ** 0.5, nan])
    assert out["nobs"].tolist() == [2, 0] and out["flag"].tolist() == [0, 8]
    assert composites.dekad_starts(np.arange(5, 45)).tolist() == [0, 5, 15, 26, 36]
