"""Rivals of a fused record: the published method beside what was added to it, each made once."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import fusion
from vadose.errors import ConfigError
from vadose.fusion.baselines import global_plan
from vadose.recipes.rivals import BASELINES, NETWORKS, make_rivals
from vadose.store import Library

from ..fusion import world as w

WHICH = ("published", "published-global", "global-network")


def quick(**changes):
    """The mini plan with quick networks and all that the published method lacks."""
    raw = w.raw_plan(
        networks={"members": 1, "max_iter": 15, "hidden": 2, "min_rows": 50, "sample_rows": 40},
        zones={"block": 30, "wide_share": 0.5}, context={"pixels": 1}, interannual=True, assimilate=True, shared=0.3,
        rounds=w.raw_plan()["rounds"][:1], **changes,
    )  # fmt: skip
    for name in ("t", "a"):
        raw["products"][name]["systematic"] = 0.03
    return fusion.Plan.of(raw)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    out = Library(tmp_path_factory.mktemp("rivals"))
    w.fill_library(out, w.make()[0])
    return out


@pytest.fixture(scope="module")
def rivals(library):
    return {k: v.compute() for k, v in make_rivals(quick(), library, which=WHICH).items()}


def test_each_is_the_record_of_its_own_plan(library, rivals):
    plan = quick()
    wanted = {"published": plan.published(), "published-global": global_plan(plan.published(), zones=16),
              "global-network": global_plan(plan, zones=16)}  # fmt: skip
    assert set(WHICH) == set(NETWORKS) and set(NETWORKS) <= set(BASELINES)
    for kind, own in wanted.items():
        assert rivals[kind].attrs["plan_digest"] == own.digest(), kind
    names = library.names()
    for kind in WHICH:  # later stages are the plan's alone; a network without zones keeps the years
        assert f"fused.rivals/{kind}.assimilation" not in names
        assert (f"fused.rivals/{kind}.interannual" in names) == (kind == "global-network")
    values = [rivals[k]["sm"].values for k in WHICH]
    assert all(np.nanstd(a - b) > 1e-3 for a, b in ((values[0], values[1]), (values[1], values[2])))


def test_the_published_ones_have_the_targets_own_level(library, rivals):
    """With a systematic error the level lies between target and product; without, it is the target's."""
    target = library.open("t")["sm"].compute()
    apart = {k: float((v["sm"].sel(time=target["time"]) - target).mean()) for k, v in rivals.items()}
    assert abs(apart["published"]) < 0.003 and abs(apart["published-global"]) < 0.003
    assert abs(apart["global-network"]) > 0.01


def test_a_second_call_makes_nothing_anew_and_another_plan_is_refused(library, rivals):
    before = len(library.history())
    again = make_rivals(quick(), library, which=WHICH)
    assert len(library.history()) == before
    for kind in WHICH:
        xr.testing.assert_identical(again[kind].compute().drop_attrs(), rivals[kind].drop_attrs())
    with pytest.raises(ConfigError, match="found results of another plan"):
        make_rivals(quick(denoise_limit=4.0), library, which=["published"])
    # what the published method lacks may change without it
    changed = quick().model_copy(update={"assimilate": False, "shared": 0.0})
    assert (
        make_rivals(changed, library, which=["published"])["published"].attrs["plan_digest"]
        == (rivals["published"].attrs["plan_digest"])
    )
