"""Plans and libraries that cannot run, or only in part: refused by name, or handled with a flag."""

from __future__ import annotations

import numpy as np
import pytest

from vadose import fusion
from vadose.errors import ConfigError
from vadose.fusion import dekads
from vadose.schema import FLAGS
from vadose.store import Library


def _library(world, datasets, folder):
    out = Library(folder)
    world.fill_library(out, datasets)
    return out


def _one_round(world, **changes):
    return world.plan(rounds=world.raw_plan()["rounds"][:1], **changes)


def test_a_missing_product_is_named_with_its_rounds_and_period(world, made, tmp_path):
    library = _library(world, {k: v for k, v in made[0].items() if k != "a"}, tmp_path / "lib")
    with pytest.raises(ConfigError) as err:
        world.plan().check(library)
    text = str(err.value)
    assert "product a: found no dataset 'a'" in text
    assert "2013D01-2016D36" in text and "round 1" in text and "round 2" in text


def test_a_product_on_another_grid_is_named_with_its_round_and_period(world, made, tmp_path):
    datasets = dict(made[0])
    datasets["b"] = datasets["b"].isel(lon=slice(1, None))
    library = _library(world, datasets, tmp_path / "lib")
    with pytest.raises(ConfigError, match=r"product b: found .*b for 2014D01-2016D36, a predictor of round 1"):
        world.plan().check(library)


def test_the_only_product_that_stops_mid_period_is_refused(world, made, tmp_path):
    datasets = dict(made[0])
    datasets["a"] = datasets["a"].sel(time=slice(None, "2016-06-30"))
    library = _library(world, datasets, tmp_path / "lib")
    rounds = world.raw_plan()["rounds"][:1]
    rounds[0]["predictors"] = ["a"]
    with pytest.raises(ConfigError) as err:
        world.plan(rounds=rounds).check(library)
    text = str(err.value)
    assert "round 1, sub-step 1-1" in text and "2016D19-2016D36" in text and "a 2013D01-2016D18" in text


def test_a_product_of_nothing_but_gaps_leaves_the_others(world, made, tmp_path):
    datasets = dict(made[0])
    datasets["b"] = datasets["b"].assign(sm=datasets["b"]["sm"] * np.nan)
    library = _library(world, datasets, tmp_path / "lib")
    out = fusion.fuse(_one_round(world), library).compute()
    numbers = dict(zip(out["source"].attrs["flag_meanings"].split(), out["source"].attrs["flag_values"].tolist()))
    assert set(np.unique(out["source"])) <= {0, numbers["1-1:a"]}
    assert float(out["sm"].notnull().mean()) > 0.9


def test_a_constant_product_does_no_harm(world, made, tmp_path):
    datasets = dict(made[0])
    datasets["b"] = datasets["b"].assign(sm=datasets["b"]["sm"] * 0 + np.float32(0.2))
    library = _library(world, datasets, tmp_path / "lib")
    out = fusion.fuse(_one_round(world), library).compute()
    error = (out["sm"] - made[1].sel(time=out["time"])).values
    assert np.sqrt(np.nanmean(error**2)) < 0.04


def test_no_input_at_all_gives_flags_and_no_value(world, made, tmp_path):
    datasets = dict(made[0])
    for name in ("a", "b"):
        gone = datasets[name]["time"].dt.year == 2015
        datasets[name] = datasets[name].assign(sm=datasets[name]["sm"].where(~gone))
    library = _library(world, datasets, tmp_path / "lib")
    out = fusion.fuse(_one_round(world), library).compute().sel(time="2015")
    assert out["sm"].isnull().all()
    assert ((out["flag"] & np.uint16(FLAGS["missing"] | FLAGS["frozen_or_snow"])) != 0).all()


def test_an_unknown_product_names_the_round_and_what_there_is(world):
    rounds = world.raw_plan()["rounds"]
    rounds[1]["predictors"] = ["a", "z"]
    with pytest.raises(ConfigError, match=r"round 2: found unknown predictor z; needed some of \['a', 'b', 'c', 't'\]"):
        world.plan(rounds=rounds)


def test_availability_shows_what_is_missing_and_what_overlaps(world, made, tmp_path):
    library = _library(world, {k: v for k, v in made[0].items() if k != "c"}, tmp_path / "lib")
    got = fusion.availability(world.plan(), library)
    assert got["found"].sel(product="c").item() == "missing"
    assert got["found"].sel(product="b").item() == "2014D01-2016D36"
    # round 1 learns from 2015-2016, 72 dekads, and simulates 2014-2016, 108
    assert int(got["n_train"].sel(substep="1-1", product="a")) == 72
    assert int(got["n_simulate"].sel(substep="1-1", product="b")) == 108
    # round 2 learns from 2014-2015; a target of round 1 is there for all of it
    assert int(got["n_train"].sel(substep="2-1", product="a")) == 72
    assert int(got["n_train"].sel(substep="2-1", product="c")) == 0
    assert int(got["n_simulate"].sel(substep="2-1", product="b")) == -1
    assert dekads.of_label("2014D01") + 107 == dekads.of_label("2016D36")
