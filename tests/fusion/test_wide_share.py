"""The network of all zones has a part in each zone's value: none, all, or what the plan says."""

from __future__ import annotations

import numpy as np
import pytest

from vadose import fusion
from vadose.fusion import dekads
from vadose.fusion.inputs import Inputs
from vadose.fusion.networks import networks_name, unpack
from vadose.fusion.simulate import simulated
from vadose.fusion.train import WIDE_ROWS
from vadose.store import Library

NUMBERS = np.arange(dekads.of_label("2015D01"), dekads.of_label("2015D36") + 1)


def quick(world, share, *, rows=40):
    networks = {"members": 2, "max_iter": 15, "hidden": 2, "wide_hidden": 3, "min_rows": 50, "sample_rows": rows}
    return world.plan(
        networks=networks, zones={"block": 30, "wide_share": share}, rounds=world.raw_plan()["rounds"][:1]
    )


@pytest.fixture(scope="module")
def trained(world, made, tmp_path_factory):
    """A library with the networks of shares 0 and 0.5."""
    library = Library(tmp_path_factory.mktemp("share"))
    world.fill_library(library, made[0])
    for share in (0, 0.5):
        fusion.train(quick(world, share), library, name=f"share-{share}")
    return library


def values(world, library, share, *, trained=0.5, **zones):
    """Simulation of a year with a share, by the networks trained with another."""
    plan = quick(world, share)
    plan = plan.model_copy(update={"zones": plan.zones.model_copy(update=zones)})
    inputs = Inputs(plan, library, f"share-{trained}", digest=quick(world, trained).digest())
    ds = simulated(inputs, plan.rounds[0], NUMBERS).compute(scheduler="synchronous")
    return ds["sm"].values, ds["source"].values


def test_the_share_mixes_two_values(world, trained):
    own, mixed, all_ = (values(world, trained, share)[0] for share in (0.0, 0.3, 1.0))
    assert np.nanstd(all_ - own) > 1e-3
    np.testing.assert_allclose(mixed, 0.7 * own + 0.3 * all_, atol=1e-6)


def test_all_of_it_is_the_network_of_all_zones(world, trained):
    all_, source = values(world, trained, 1.0)
    one, other = values(world, trained, 0.0, local=False)
    same = (source == other) & np.isfinite(one)  # which predictors serve is up to the networks' own errors
    assert same.mean() > 0.8
    np.testing.assert_allclose(all_[same], one[same], atol=1e-6)


def test_none_of_it_is_the_zones_own_network(world, trained, monkeypatch):
    before = values(world, trained, 0.0)[0]

    def spoiled(self, set_name, block, read=Inputs.networks):
        arrays = read(self, set_name, block)
        return {k: v * 0 if block == "wide" and k.endswith("_") else v for k, v in arrays.items()}

    changed = values(world, trained, 0.3)[0]
    monkeypatch.setattr(Inputs, "networks", spoiled)
    np.testing.assert_array_equal(values(world, trained, 0.0)[0], before)
    assert np.nanmax(np.abs(values(world, trained, 0.3)[0] - changed)) > 1e-3


def test_without_a_network_of_all_zones_the_own_one_stands_alone(world, trained, monkeypatch):
    before = values(world, trained, 0.0)[0]

    def none(self, set_name, block, read=Inputs.networks):
        arrays = read(self, set_name, block)
        return {k: v[:0] if block == "wide" and k.endswith("/zone") else v for k, v in arrays.items()}

    monkeypatch.setattr(Inputs, "networks", none)
    np.testing.assert_array_equal(values(world, trained, 0.5)[0], before)


def test_training_gives_more_rows_to_all_zones_and_leaves_each_its_own(world, trained):
    blocks = [[unpack(trained.open(n)) for n in sorted(trained.names()) if n.startswith(f"share-{s}.networks/1-1/r")]
              for s in (0, 0.5)]  # fmt: skip
    without, with_ = blocks[0][0], blocks[1][0]
    assert len(blocks[0]) == 1
    assert without["a/sample_y"].size == 16 * 40
    each = -(-WIDE_ROWS // 16)  # more than a zone has: its 16 pixels in 72 dekads
    assert 16 * 800 < with_["a/sample_y"].size < min(16 * each, 16 * 16 * 72)
    local = [k for k in without if "/sample" not in k]
    assert local and all(np.array_equal(without[k], with_[k], equal_nan=True) for k in local)
    wide = unpack(trained.open(networks_name("share-0.5", "1-1", "wide")))
    assert wide["a/0/n_rows_"][0] == with_["a/sample_y"].size
