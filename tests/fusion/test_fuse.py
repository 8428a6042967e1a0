from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import fusion, schema
from vadose.errors import ConfigError
from vadose.fusion.baselines import global_plan
from vadose.fusion.zones import ZoneMap
from vadose.schema import FLAGS
from vadose.store import Library


def rmse(ds, truth):
    return float(np.sqrt(((ds["sm"] - truth.sel(time=ds["time"], lat=ds["lat"], lon=ds["lon"])) ** 2).mean()))


@pytest.fixture
def own(world, made, tmp_path):
    library = Library(tmp_path / "lib")
    world.fill_library(library, made[0])
    return library


def test_the_record_is_canonical_and_complete(fused, world):
    schema.check(fused, "grid")
    assert set(fused.data_vars) == {"sm", "sm_uncertainty", "flag", "source"}
    assert fused["sm"].attrs["units"] == "m3 m-3"
    assert fused["sm"].dtype == "float32"
    assert fused.sizes["time"] == 4 * 36
    flag = fused["flag"].values
    # a value, or a flag that says why not
    assert (np.isfinite(fused["sm"].values) == (flag & FLAGS["frozen_or_snow"] == 0)).all()
    assert (np.isnan(fused["sm_uncertainty"].values) == np.isnan(fused["sm"].values)).all()


def test_fused_beats_every_single_predictor_in_every_round(fused, made):
    datasets, truth = made
    for year in ("2013", "2014", "2016"):
        part = fused.sel(time=year)
        for name in "abc":
            if year in datasets[name]["time"].dt.year.values.astype(str):
                assert rmse(part, truth) < 0.85 * rmse(datasets[name].sel(time=year), truth)


def test_fused_beats_the_merges_of_the_same_inputs(fused, made):
    datasets, truth = made
    for method in ("tc", "equal", "lr", "qm"):
        out = fusion.merge({k: datasets[k] for k in "abc"}, reference=datasets["t"], method=method).compute()
        assert rmse(fused, truth) < rmse(out, truth)


def test_errors_do_not_grow_much_with_the_rounds(fused, made):
    # round 2 simulates 2013 and learns from what round 1 simulated
    assert rmse(fused.sel(time="2013"), made[1]) < 1.25 * rmse(fused.sel(time="2015"), made[1])


def test_uncertainty_covers_the_truth(fused, made):
    z = np.abs((fused["sm"] - made[1]) / fused["sm_uncertainty"]).values
    z = z[np.isfinite(z)]
    assert 0.6 < (z < 1).mean() < 0.8
    assert 0.9 < (z < 1.96).mean() < 0.985


def test_no_edge_shows(fused, world):
    zones = ZoneMap(world.GRID, 1.0)
    across, inside = fusion.edge_jump(fused["sm"].values, zones.row, zones.col)
    assert across <= 1.05 * inside


def test_source_says_which_network(fused, made):
    numbers = dict(zip(fused["source"].attrs["flag_meanings"].split(), fused["source"].attrs["flag_values"]))
    assert set(numbers) == {"none", "1-1:a+b", "1-1:a", "2-1:a+c", "2-1:a"}
    filled = (fused["flag"] & FLAGS["gap_filled"]) != 0
    assert (fused["source"].where(filled, drop=True).fillna(0) == 0).all()
    # b never sees the west: there round 1 has only a; both predictors are used where both are there
    west = fused["source"].sel(time="2015", lon=slice(10, 10.4)).values
    assert set(np.unique(west)) <= {0, int(numbers["1-1:a"])}
    both = made[0]["a"]["sm"].notnull() & made[0]["b"]["sm"].reindex_like(made[0]["a"]).notnull()
    used = (fused["source"] == numbers["1-1:a+b"]).sel(time=slice("2014", None))
    assert float((used & ~both.sel(time=slice("2014", None))).mean()) == 0
    assert set(np.unique(fused["source"].sel(time="2013"))) <= {0, int(numbers["2-1:a+c"]), int(numbers["2-1:a"])}


def test_numbers_do_not_depend_on_blocks(fused, world, own):
    other = fusion.fuse(world.plan(zones={"block": 3}), own).compute()
    xr.testing.assert_identical(other.drop_attrs(), fused.drop_attrs())


def test_an_interrupted_training_goes_on_with_the_same_numbers(fused, world, own):
    class Killed(Exception):
        pass

    def stop(label, done, total):
        if label == "train 2-1" and done == 2:
            raise Killed

    plan = world.plan()
    with pytest.raises(Killed):
        fusion.fuse(plan, own, progress=stop)
    before = {n: own.info(n)["snapshot"] for n in own.names() if n.startswith("fused.networks/")}
    assert 5 < len(before) < 10
    out = fusion.fuse(plan, own).compute()
    xr.testing.assert_identical(out.drop_attrs(), fused.drop_attrs())
    assert all(own.info(n)["snapshot"] == s for n, s in before.items())


def test_new_dekads_are_appended_without_training(world, tmp_path):
    datasets, truth = world.make(extra=4)
    library = Library(tmp_path / "lib")
    end = "2016-12-31"
    world.fill_library(
        library, {k: v.sel(time=slice(None, end)) if "time" in v.dims else v for k, v in datasets.items()}
    )
    plan = world.plan()
    first = fusion.fuse(plan, library).compute()
    networks = {n: library.info(n)["snapshot"] for n in library.names() if "networks" in n}
    assert fusion.update(plan, library) == 0
    for name in ("a", "b", "t", "factors"):
        library.append(name, datasets[name].sel(time=slice("2017-01-01", None)))
    assert fusion.update(plan, library) == 4
    out = library.open("fused").compute()
    assert out.sizes["time"] == 148
    xr.testing.assert_identical(out.isel(time=slice(0, 144)).drop_attrs(), first.drop_attrs())
    assert rmse(out.isel(time=slice(144, None)), truth) < 0.03
    assert {n: library.info(n)["snapshot"] for n in networks} == networks
    assert fusion.update(plan, library) == 0


def test_results_of_another_plan_are_refused(world, library, fused):
    other = world.plan(networks={"seed": 5})
    with pytest.raises(ConfigError, match="fused: found results of another plan"):
        fusion.fuse(other, library)
    with pytest.raises(ConfigError, match="name: found 'a', a product of the plan"):
        fusion.fuse(other, library, name="a", overwrite=True)


def test_a_zone_without_target_learns_from_its_neighbours(world, made, tmp_path):
    datasets = dict(made[0])
    gone = datasets["t"]["lat"] > 47  # the northern row of zones has no target
    datasets["t"] = datasets["t"].assign(sm=datasets["t"]["sm"].where(~gone))
    library = Library(tmp_path / "lib")
    world.fill_library(library, datasets)
    rounds = world.raw_plan()["rounds"][:1]
    out = fusion.fuse(world.plan(rounds=rounds), library).compute()
    north = out.sel(lat=slice(48, 47))
    assert float(north["sm"].notnull().sum()) > 0
    assert rmse(north, made[1]) < 0.05
    alone = fusion.fuse(world.plan(rounds=rounds, zones={"windows": [], "wide": False, "band": 0}), library,
                        name="alone").compute()  # fmt: skip
    north = alone.sel(lat=slice(48, 47))
    # beyond the reach of filling nothing is invented, and the flag says why
    assert (north["sm"].isnull() == ((north["flag"] & FLAGS["gap_filled"]) == 0)).all()


def test_a_product_that_stops_early_leaves_the_others(world, made, tmp_path):
    datasets = dict(made[0])
    datasets["b"] = datasets["b"].sel(time=slice(None, "2016-03-31"))
    library = Library(tmp_path / "lib")
    world.fill_library(library, datasets)
    out = fusion.fuse(world.plan(rounds=world.raw_plan()["rounds"][:1]), library).compute()
    late = out.sel(time=slice("2016-04-01", None))
    names = dict(zip(late["source"].attrs["flag_meanings"].split(), late["source"].attrs["flag_values"].tolist()))
    assert set(np.unique(late["source"])) <= {0, names["1-1:a"]}
    assert float(late["sm"].notnull().mean()) > 0.98


def test_constant_and_missing_inputs_do_no_harm(world, made, tmp_path):
    datasets = dict(made[0])
    datasets["soil"] = datasets["soil"].assign(sand=datasets["soil"]["sand"] * 0 + 40)
    datasets["b"] = datasets["b"].assign(sm=datasets["b"]["sm"].where(datasets["b"]["lat"] < 46))
    library = Library(tmp_path / "lib")
    world.fill_library(library, datasets)
    out = fusion.fuse(world.plan(rounds=world.raw_plan()["rounds"][:1]), library).compute()
    assert rmse(out, made[1]) < 0.04
    assert np.isfinite(out["sm_uncertainty"].values[np.isfinite(out["sm"].values)]).all()


def test_local_networks_beat_the_global_one_and_all_learnt_baselines_run(world, library, fused, made):
    plan = world.plan()
    one = fusion.global_network(plan, library, name="one").compute()
    assert set(np.unique(one["flag"])) == set(np.unique(fused["flag"]))
    assert rmse(fused, made[1]) < rmse(one, made[1])
    assert global_plan(plan).zones.local is False
    pytest.importorskip("sklearn")
    forest = fusion.random_forest(plan, library, name="forest", trees=20).compute()
    schema.check(forest, "grid")
    assert rmse(forest, made[1]) < rmse(made[0]["a"], made[1])


def test_contributions_sum_to_one_and_find_what_matters(world, library, fused):
    out = fusion.contributions(world.plan(), library)
    np.testing.assert_allclose(out["contribution"].sum("input"), 1)
    both = out["contribution"].sel(network="1-1:a+b")
    assert float(both.sel(input="b")) > float(both.sel(input="sand"))
    assert np.isnan(both.sel(input="c"))


def test_a_step_that_was_put_in_is_found(fused, made):
    step = xr.where(fused["time"] >= np.datetime64("2015-01-01"), np.float32(0.05), np.float32(0.0))
    plain = fusion.step_test(fused["sm"], at=["2015D01"], reference=made[1].drop_attrs())
    broken = fusion.step_test(fused["sm"] + step, at=["2015D01"], reference=made[1].drop_attrs())
    np.testing.assert_allclose((broken["step"] - plain["step"]).mean(), 0.05, atol=1e-6)
    assert float(broken["t"].mean()) > 5


def test_skill_is_reported_on_rows_seen_and_on_whole_dekads_held_back(world, library, fused):
    out = fusion.training_skill(world.plan(), library)
    assert out["network"].values.tolist() == ["1-1:a+b", "1-1:a", "2-1:a+c", "2-1:a"]
    assert (out["n_zones"] == 16).all()
    # b never sees the west: its zones there learn from their neighbours
    windows = dict(zip(out["network"].values, out["n_windows"].values))
    assert windows["1-1:a"] == 0
    # 16 pixels x 72 dekads, a tenth of target and predictor each lost, some frozen
    rows = float(out["n_rows"].sel(network="1-1:a"))
    assert 0.7 * 256 * 72 < rows < 0.81 * 256 * 72
    assert (out["rmse_holdout"] > 0.95 * out["rmse_train"]).all()
    assert (out["rmse_holdout"] < 0.05).all()


def test_numbers_do_not_depend_on_the_scheduler(fused, world, own):
    import dask

    with dask.config.set(scheduler="synchronous"):
        alone = fusion.fuse(world.plan(), own).compute()
    xr.testing.assert_identical(alone.drop_attrs(), fused.drop_attrs())
