"""One network for several regions: it learns from all, and neither order nor interruption changes it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import fusion
from vadose.errors import ConfigError
from vadose.fusion.baselines import global_plan
from vadose.fusion.networks import networks_name, unpack
from vadose.fusion.train import WIDE_ROWS
from vadose.grid import Grid
from vadose.store import Library

BOXES = {"west": (10, 46, 11, 47), "east": (13, 45, 14, 46)}
NAME = "one"


def small(world):
    """The mini plan with quick networks."""
    return world.plan(networks={"members": 1, "max_iter": 20, "hidden": 2, "min_rows": 50, "sample_rows": 100})


def part(world, made, folder, box):
    """A library with one zone of the small world."""
    grid = world.GRID.crop(BOXES[box])
    library = Library(folder)
    world.fill_library(library, {k: v.sel(lat=grid.lat, lon=grid.lon).assign_attrs(grid=grid.to_attr())
                                 for k, v in made[0].items()})  # fmt: skip
    return library


@pytest.fixture(scope="module")
def parts(world, made, tmp_path_factory):
    return [part(world, made, tmp_path_factory.mktemp(box), box) for box in BOXES]


@pytest.fixture(scope="module")
def records(world, parts):
    """The record of each of the two libraries by one network."""
    west, east = parts
    plan = small(world)
    return [fusion.global_network(plan, west, others=[east], name=NAME).compute(),
            fusion.global_network(plan, east, others=[west], name=NAME).compute()]  # fmt: skip


def wide(library, set_name="1-1"):
    return unpack(library.open(networks_name(NAME, set_name, "wide")))


def test_both_regions_have_the_same_network_learnt_from_both(parts, records):
    a, b = (wide(p) for p in parts)
    assert a.keys() == b.keys() and all(np.array_equal(a[k], b[k], equal_nan=True) for k in a)
    blocks = [unpack(p.open(n)) for p in parts for n in p.names() if n.startswith(f"{NAME}.networks/1-1/r")]
    assert int(a["a/0/n_rows_"][0]) == sum(b["a/sample_y"].size for b in blocks)  # fewer than 20 000: all of them
    assert all(r.sizes["lat"] == 4 and float(r["sm"].notnull().mean()) > 0.9 for r in records)


def test_order_changes_nothing(world, made, records, tmp_path):
    west, east = (part(world, made, tmp_path / box, box) for box in BOXES)
    other = fusion.global_network(small(world), east, others=[west], name=NAME).compute()
    xr.testing.assert_identical(other.drop_attrs(), records[1].drop_attrs())


def test_an_interrupted_training_goes_on_with_the_same_numbers(world, made, parts, records, tmp_path):
    west, east = (part(world, made, tmp_path / box, box) for box in BOXES)

    class Killed(Exception):
        pass

    write = east.write

    def stop(name, *args, **options):
        if name == networks_name(NAME, "1-1", "wide"):
            raise Killed  # the network lies in the first library only
        return write(name, *args, **options)

    east.write = stop
    with pytest.raises(Killed):
        fusion.global_network(small(world), west, others=[east], name=NAME)
    east.write = write
    before = west.info(networks_name(NAME, "1-1", "wide"))["snapshot"]
    assert networks_name(NAME, "1-1", "wide") not in east.names()
    again = fusion.global_network(small(world), west, others=[east], name=NAME).compute()
    xr.testing.assert_identical(again.drop_attrs(), records[0].drop_attrs())
    assert west.info(networks_name(NAME, "1-1", "wide"))["snapshot"] == before
    assert all(np.array_equal(v, wide(parts[1])[k], equal_nan=True) for k, v in wide(east).items())


def test_one_library_is_the_plan_of_one_wide_network(world, made, tmp_path):
    one, two = (part(world, made, tmp_path / name, "west") for name in ("one", "two"))
    plan = small(world)
    by_name = fusion.global_network(plan, one, name=NAME).compute()
    by_plan = fusion.fuse(global_plan(plan, zones=1), two, name=NAME).compute()
    xr.testing.assert_identical(by_name.drop_attrs(), by_plan.drop_attrs())


def test_a_plan_with_zones_trains_its_own_networks_in_each_library(world, made, tmp_path):
    together, alone = (part(world, made, tmp_path / name, "west") for name in ("together", "alone"))
    other, plan = part(world, made, tmp_path / "other", "east"), small(world)
    names = fusion.train_together(plan, [together, other], name=NAME)
    fusion.train(plan, alone, name=NAME)
    local = [n for n in alone.names() if f"{NAME}.networks/1-1/r" in n]
    assert local and set(names) >= set(local)
    for n in local:  # a zone's own network knows nothing of the other library
        a, b = unpack(together.open(n)), unpack(alone.open(n))
        assert all(np.array_equal(a[k], b[k], equal_nan=True) for k in b)
    assert wide(together)["a/0/n_rows_"][0] > wide(alone)["a/0/n_rows_"][0]


def test_the_plan_asks_for_all_rows_it_may_use(world):
    plan = world.plan()
    for zones in (1, 2, 7, 32, 5000):
        asked = global_plan(plan, zones=zones).networks.sample_rows
        assert asked == WIDE_ROWS if zones <= 2 else asked * zones >= 2 * WIDE_ROWS
    kept = global_plan(plan, zones=4)
    assert kept.networks.members == plan.networks.members and kept.context == plan.context


def test_what_cannot_be_learnt_together_is_refused(world, parts, records, tmp_path):
    plan, (west, east) = small(world), parts
    with pytest.raises(ConfigError, match="libraries: found none"):
        fusion.train_together(plan, [])
    with pytest.raises(ConfigError, match="twice; needed each library once"):
        fusion.train_together(plan, [west, Library(west.url)])
    coarse = Library(tmp_path / "coarse")
    grid = Grid.regular(0.5).crop((10, 46, 11, 47))
    for name in ("t", "a", "b", "c", "factors", "soil"):
        ds = west.open(name).isel(lat=slice(None, None, 2), lon=slice(None, None, 2)).compute()
        coarse.write(name, ds.assign_coords(grid.coords()).assign_attrs(grid=grid.to_attr()))
    with pytest.raises(ConfigError, match=r"libraries: found .* in .*coarse; needed the grid of"):
        fusion.train_together(plan, [west, coarse])
    with pytest.raises(ConfigError, match="found no dataset"):
        fusion.global_network(plan, west, others=[Library(tmp_path / "empty")], name=NAME)
    one = global_plan(plan, zones=2)
    with pytest.raises(ConfigError, match="networks that learnt from other libraries"):
        fusion.train_together(one, [west], name=NAME)
    with pytest.raises(ConfigError, match="found results of another plan"):
        fusion.train_together(global_plan(plan, zones=9), [west, east], name=NAME)
    fusion.train(one, west, name="alone")
    with pytest.raises(ConfigError, match="networks that learnt from one library"):
        fusion.train_together(one, [west, east], name="alone")
