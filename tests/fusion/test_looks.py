"""Coverage and seams of records whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import fusion
from vadose.errors import SchemaError
from vadose.fusion.zones import ZoneMap
from vadose.grid import Grid


def test_coverage_adds_up_to_all_land(fused, world):
    got = fusion.coverage(fused, world.plan())
    np.testing.assert_allclose(got["share"].sum("origin"), 1)
    assert got["origin"].values.tolist() == ["round 1", "round 2", "gap filled", "snow or ice", "no value"]
    # 2013 is of round 2, the years after of round 1
    assert float(got["share"].sel(origin="round 1", time="2013").max()) == 0
    assert float(got["share"].sel(origin="round 2", time=slice("2014", None)).max()) == 0
    assert float(got["share"].sel(origin="round 1", time="2015").mean()) > 0.8
    np.testing.assert_allclose(got["covered"], fused["sm"].notnull().mean("lon"))
    assert got["share"].sel(origin="no value").max() == 0
    lazy = fusion.coverage(fused.chunk(time=50, lat=4), world.plan())
    assert lazy["share"].chunks is not None
    xr.testing.assert_allclose(lazy.compute().drop_attrs(), got.drop_attrs())
    with pytest.raises(SchemaError, match="found no source"):
        fusion.coverage(fused.drop_vars("source"), world.plan())


def test_a_step_put_on_every_zone_edge_is_found_there():
    grid = Grid.regular(0.1).crop((0, 0, 3, 3))
    zones = ZoneMap(grid, 1.0)
    board = (zones.row[:, None] + zones.col[None, :]) % 2 * 0.05
    rng = np.random.default_rng(0)
    field = board + 0.01 * rng.standard_normal((4, *grid.shape))
    da = xr.DataArray(field, dims=("time", "lat", "lon"), coords=grid.coords(), attrs={"units": "m3 m-3"})
    got = fusion.seams(da)
    # |N(0.05, 0.01 sqrt 2)| = 0.05; |N(0, 0.01 sqrt 2)| = 0.01 sqrt 2 sqrt(2 / pi) = 0.01128
    assert float(got["across"]) == pytest.approx(0.05, rel=0.03)
    assert float(got["inside"]) == pytest.approx(0.01128, rel=0.03)
    assert float(got["step"][0]) == pytest.approx(float(got["across"]))
    np.testing.assert_allclose(got["step"][1:], 0.01128, rtol=0.1)
    # 2 edges x 30 pixels x 2 directions x 4 times
    assert int(got["n"][0]) == 480
    flat = fusion.seams(da * 0)
    assert float(flat["across"]) == 0 and np.isnan(flat["ratio"])
    with pytest.raises(SchemaError, match=r"needed \(time, lat, lon\)"):
        fusion.seams(da.isel(time=0))


def test_a_map_of_one_zone_has_no_edge():
    grid = Grid.regular(0.25).crop((0, 0, 1, 1))
    da = xr.DataArray(np.ones((2, 4, 4)), dims=("time", "lat", "lon"), coords=grid.coords(), attrs={"units": "1"})
    got = fusion.seams(da)
    assert np.isnan(got["across"]) and float(got["inside"]) == 0 and got.sizes["distance"] == 0


def test_a_map_of_one_row_has_steps_along_it_alone():
    grid = Grid.regular(0.5).crop((0, 0, 2, 0.5))
    da = xr.DataArray([[[0.0, 1.0, 4.0, 5.0]]], dims=("time", "lat", "lon"), coords=grid.coords(), attrs={"units": "1"})
    got = fusion.seams(da)
    assert (float(got["across"]), float(got["inside"])) == (3.0, 1.0)
    assert got["step"].values.tolist() == [3.0, 1.0] and got["n"].values.tolist() == [1, 2]
