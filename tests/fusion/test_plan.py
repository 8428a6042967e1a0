from __future__ import annotations

import pytest

from vadose.errors import ConfigError
from vadose.fusion import Plan, dekads


def test_rsssm_has_the_rounds_and_sub_steps_of_the_paper():
    plan = Plan.load("rsssm")
    assert [len(r.substeps) for r in plan.rounds] == [2, 1, 2, 2, 1]
    assert [len(r.predictors) for r in plan.rounds] == [4, 4, 4, 6, 5]
    assert len(plan.products) == 11
    assert len(plan.factors) == 9
    days = sorted(d for r in plan.rounds for d in plan.round_dekads(r))
    # 2003-2018 at 36 dekads a year, each simulated by one round
    assert days == list(range(dekads.of_label("2003D01"), dekads.of_label("2018D36") + 1))
    assert len(days) == 576


def test_rsssm_networks_are_counted_by_hand():
    # rounds 1-3: ASCAT with any of 3 others, 2^3. Round 4: ASCAT × WindSat or not × TMI or not × five choices of the
    # AMSR-E products (none, each of three, all). Round 5: WindSat × TMI or not × five, and without WindSat only what
    # holds AMSR-E-LPRM: TMI or not × (LPRM, all)
    plan = Plan.load("rsssm")
    counts = {s.name: len(plan.combinations(r, s)) for r, s in plan.steps()}
    assert counts == {"1-1": 8, "1-2": 8, "2-1": 8, "3-1": 8, "3-2": 8, "4-1": 20, "4-2": 20, "5-1": 10 + 4}
    # sub-steps 3-2 and 4-2 differ from 3-1 and 4-1 in their order alone
    assert len(plan.network_names()) == 8 + 8 + 8 + 8 + 20 + 14


def test_a_network_has_one_number_and_the_table_names_it():
    plan = Plan.load("rsssm")
    numbers = plan.network_names()
    assert sorted(numbers.values()) == list(range(1, 67))
    text = plan.describe()
    assert "66 independent networks" in text
    assert "those of 3-1" in text


def test_leaf_area_never_crosses_its_seam(world):
    raw = Plan.load("rsssm").model_dump(mode="json")
    raw["rounds"][0]["substeps"][0]["simulate"] = ["2013D01", "2018D36"]
    with pytest.raises(ConfigError, match=r"sub-step 1-1: found lai from geov2, which changes its sensor at 2014D01"):
        Plan.of(raw)


def test_part_of_a_plan_keeps_only_rounds_with_dekads():
    plan = Plan.load("rsssm").during("2011D20", "2016D36")
    assert [r.name for r in plan.rounds] == ["1", "2"]
    assert plan.rounds[0].substeps[0].train == ("2015D10", "2016D36")
    with pytest.raises(ConfigError, match="needed dekads of plan rsssm"):
        Plan.load("rsssm").during("1990D01", "1991D01")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rounds": [{"name": "1", "targets": ["t"], "predictors": [], "substeps": [
            {"name": "s", "simulate": ["2014D01", "2014D02"], "train": ["2015D01", "2015D02"]}]}]},
         "round 1: found no predictor"),
        ({"rounds": [{"name": "1", "targets": ["t"], "predictors": ["nope"], "substeps": [
            {"name": "s", "simulate": ["2014D01", "2014D02"], "train": ["2015D01", "2015D02"]}]}]},
         "unknown predictor nope"),
        ({"rounds": [{"name": "1", "targets": ["sim-1"], "predictors": ["a"], "substeps": [
            {"name": "s", "simulate": ["2014D01", "2014D02"], "train": ["2015D01", "2015D02"]}]}]},
         "unknown target sim-1"),
        ({"zones": {"sise": 2}}, r"zones\.sise: Extra inputs are not permitted"),
        ({"rounds": [{"name": "1", "targets": ["t"], "predictors": ["a"], "substeps": [
            {"name": "s", "simulate": ["2014D99", "2014D02"], "train": ["2015D01", "2015D02"]}]}]},
         "2014D99"),
    ],
)  # fmt: skip
def test_a_plan_that_names_what_is_not_there_is_refused(world, change, message):
    with pytest.raises(ConfigError, match=message):
        world.plan(**change)


def test_a_file_that_is_no_plan_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="needed a built-in plan or a YAML file"):
        Plan.load(tmp_path / "none.yaml")
    path = tmp_path / "list.yaml"
    path.write_text("- 1\n")
    with pytest.raises(ConfigError, match="found list; needed a YAML mapping"):
        Plan.load(path)


def _rounds(world, **first):
    rounds = world.raw_plan()["rounds"]
    rounds[0]["substeps"][0].update(first)
    return rounds


def test_a_plan_that_can_run_passes(world, library):
    plan = world.plan()
    assert plan.check(library) is plan


def test_a_gap_between_rounds_is_refused_with_its_dekads(world, library):
    plan = world.plan(rounds=_rounds(world, simulate=["2014D03", "2016D36"]))
    with pytest.raises(ConfigError, match=r"a gap between rounds: 2014D01-2014D02 \(round 1 2014D03-2016D36; round 2"):
        plan.check(library)


def test_rounds_that_overlap_are_refused(world, library):
    plan = world.plan(rounds=_rounds(world, simulate=["2013D36", "2016D36"], train=["2015D01", "2016D36"]))
    with pytest.raises(ConfigError, match="round 2: found 2013D36, which round 1 simulates too"):
        plan.check(library)


def test_no_overlap_of_target_and_predictors_names_round_products_and_periods(world, library):
    plan = world.plan(rounds=_rounds(world, train=["2013D01", "2014D36"]))
    with pytest.raises(ConfigError) as err:
        plan.check(library)
    text = str(err.value)
    assert "round 1, sub-step 1-1: found no overlap of target and predictors" in text
    assert "t 2015D01-2016D36" in text
    assert "b 2014D01-2016D36" in text


def test_dekads_without_any_predictor_are_refused(world, library):
    rounds = world.raw_plan()["rounds"]
    rounds[1]["substeps"] = [{"name": "2-1", "simulate": ["2012D30", "2013D36"], "train": ["2014D01", "2015D36"]}]
    with pytest.raises(ConfigError, match="no predictor with a network for 2012D30-2012D36"):
        world.plan(rounds=rounds).check(library)


def test_a_missing_dataset_and_another_grid_are_refused(world, made, tmp_path):
    from vadose.store import Library

    library = Library(tmp_path / "lib")
    datasets = dict(made[0])
    missing = datasets.pop("c")
    world.fill_library(library, datasets)
    with pytest.raises(ConfigError, match="product c: found no dataset 'c'"):
        world.plan().check(library)
    library.write("c", missing.isel(lat=slice(1, None)))
    with pytest.raises(ConfigError, match=r"product c: found 0\.25° regular grid of 15×16 cells"):
        world.plan().check(library)


def test_daily_data_are_refused(world, made, tmp_path):
    import pandas as pd

    from vadose.store import Library

    library = Library(tmp_path / "lib")
    datasets = dict(made[0])
    days = datasets["b"].assign_coords(time=pd.date_range("2014-01-01", periods=datasets["b"].sizes["time"]))
    world.fill_library(library, {**datasets, "b": days})
    with pytest.raises(
        ConfigError, match=r"product b: found several times in dekad 2014D01; needed one value per dekad"
    ):
        world.plan().check(library)


def test_a_share_of_no_network_is_refused(world):
    with pytest.raises(ConfigError, match=r"zones.*`wide_share` needs `wide: true`"):
        world.plan(zones={"wide_share": 0.5, "wide": False})
    assert world.plan(zones={"wide": False}).zones.wide_share == 0
    for key in ("shared", "wide_share"):
        change = {"zones": {key: 1.5}} if key == "wide_share" else {key: 1.5}
        with pytest.raises(ConfigError, match=rf"{key}: Input should be less than or equal to 1"):
            world.plan(**change)


def test_what_is_ours_is_not_in_the_published_plan():
    plan = Plan.load("rsssm")
    left = plan.published()
    ours = {"context", "shared", "interannual", "assimilate"}
    raw, given = left.model_dump(mode="json"), plan.model_dump(mode="json")
    # what the paper has stays as it is
    for key in set(raw) - ours - {"products", "zones"}:
        assert raw[key] == given[key], key
    assert [r.targets for r in left.rounds] == [r.targets for r in plan.rounds]
    assert {k: v for k, v in raw["zones"].items() if k != "wide_share"} == {
        k: v for k, v in given["zones"].items() if k != "wide_share"}  # fmt: skip
    for name, product in raw["products"].items():
        assert product | {"systematic": 0} == given["products"][name] | {"systematic": 0}
        assert product["systematic"] == 0
    # what is ours is gone, and was there
    bare = Plan.of({k: v for k, v in raw.items() if k not in ours})
    assert bare == left
    assert all(raw[k] != given[k] for k in ours) and given["zones"]["wide_share"] > raw["zones"]["wide_share"] == 0
    assert left.published() == left and left.digest() != plan.digest()
    assert left.during("2012D19", "2018D36") == plan.during("2012D19", "2018D36").published()
