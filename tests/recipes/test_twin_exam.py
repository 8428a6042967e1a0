"""Fusion of a simulated Earth in CI size: five rounds on 25 cells, with small networks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from vadose import recipes, schema
from vadose.errors import ConfigError
from vadose.recipes.fusion_exam import FUSED
from vadose.recipes.fusion_settings import FusionSettings
from vadose.recipes.rivals import BASELINES, NOT_INSTALLED, make_rivals
from vadose.recipes.rsssm import rsssm
from vadose.recipes.twin_exam import twin_exam
from vadose.store import Library

SETTINGS = {
    "regions": [[-3.4, 40.5, -2.8, 41.0]],
    "networks": {"members": 2, "max_iter": 60, "hidden": 4, "wide_hidden": 6},
    "baselines": ["tc", "equal", "lr", "qm", "copula", "global-network"],
    "n_boot": 100,
    "calibrate": None,
}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exam")
    (folder / "exam.yaml").write_text(yaml.safe_dump(SETTINGS))
    recipes.run("twin-exam", out=folder / "out", config=folder / "exam.yaml")
    return folder / "out"


@pytest.fixture(scope="module")
def library(out):
    return Library(out / "library-7-1")


def test_the_record_is_complete_and_says_it_is_simulated(out, library):
    fused, truth = library.open("fused"), library.open("twin/truth")["sm"].isel(layer=0)
    assert fused.sizes["time"] == 576
    land = truth.notnull()
    assert float(fused.sm.notnull().sum() / land.sum()) > 0.95
    assert not bool((fused.sm.notnull() & ~land).any())
    assert schema.is_simulated(fused)
    text = (out / "report.html").read_text(encoding="utf-8")
    assert text.lower().count("simulated") >= text.count("<figure")


def test_the_report_has_every_part(out):
    text = (out / "report.html").read_text(encoding="utf-8")
    for part in ("Verdict", "Records and rivals", "Maps and coverage", "What the networks learnt", "Uncertainty",
                 "Seams", "Breaks", "Inputs", "Origin", "held back", "10.5194/essd-13-1-2021"):  # fmt: skip
        assert part in text, part
    for name in ("1-1", "1-2", "2-1", "3-1", "3-2", "4-1", "4-2", "5-1"):
        assert text.count(f">{name}<") >= 2, name


def test_scores_are_those_of_the_records(out, library):
    scores = pd.read_csv(out / "scores.csv", index_col=0)
    records = scores[scores["kind"] == "record"]
    assert records.index.tolist() == [FUSED, *(BASELINES[k] for k in SETTINGS["baselines"])]
    truth = library.open("twin/truth")["sm"].isel(layer=0, drop=True).compute()
    fused, tc = (library.open(n)["sm"].compute() for n in ("fused", "fused.rivals/tc"))
    error = (fused - truth).values
    assert records.loc[FUSED, "rmse"] == pytest.approx(np.sqrt(np.nanmean(error**2)), rel=1e-6)
    other = (tc - truth).where(fused.notnull() & truth.notnull()).values
    mine = np.where(np.isfinite(other), error, np.nan)
    ratio = np.sqrt(np.nanmean(mine**2) / np.nanmean(other**2))
    assert records.loc["CDF matching, TC weights", "ratio"] == pytest.approx(ratio, rel=1e-6)
    products = scores[scores["kind"] == "product"]
    assert products.loc["smap_e", "coverage"] < 0.3


def test_fused_is_closer_to_the_truth_than_each_product_at_random_error(out):
    """Bias is the target's; what fusion can add shows in the unbiased error."""
    scores = pd.read_csv(out / "scores.csv", index_col=0)
    predictors = scores[scores["kind"] == "product"].drop(index=[FUSED, "smap_e"])
    there = predictors[predictors["n"] > 0]
    assert set(predictors.index) - set(there.index) <= {"tmi_lprm"}  # it sees nothing beyond 40°
    assert (there["ratio_unbiased"] < 1).all()


def test_verdicts_are_honest(out):
    verdicts = pd.read_csv(out / "verdicts.csv")
    assert set(verdicts["seed"]) == {7}
    one = verdicts.set_index("what")
    steps = verdicts[verdicts["what"].str.startswith("step at")]
    assert len(steps) == 5
    assert (steps["passed"] == (steps["value"].abs() <= 0.005)).all()
    best = one[one.index.str.startswith("RMSE over that of the best baseline")].iloc[0]
    assert best["passed"] == (best["value"] <= 0.95)
    records = pd.read_csv(out / "scores.csv", index_col=0).query("kind == 'record'").drop(index=FUSED)
    assert best["value"] == pytest.approx(records["ratio"].max())


def test_a_second_run_goes_on_from_the_library(out, library):
    before = library.history()
    twin_exam(out=out, settings=FusionSettings.model_validate(SETTINGS))
    assert len(library.history()) == len(before)


def test_rsssm_on_a_library_judged_by_stations(library, tmp_path):
    wanted = SETTINGS | {"stations": "twin/stations", "baselines": ["tc"]}
    report = rsssm(out=tmp_path, library=library.url, settings=FusionSettings.model_validate(wanted))
    text = report.read_text(encoding="utf-8")
    assert "against the stations" in text and "Verdict" not in text
    scores = pd.read_csv(tmp_path / "scores.csv", index_col=0)
    assert scores.loc[FUSED, "n"].iloc[0] > 100
    with pytest.raises(ConfigError, match="found no dataset 'nowhere'"):
        rsssm(out=tmp_path, library=library.url,
              settings=FusionSettings.model_validate(wanted | {"stations": "nowhere"}))  # fmt: skip


def test_a_baseline_that_is_not_installed_says_so(library, monkeypatch):
    from vadose.recipes import rivals

    plan = FusionSettings.model_validate(SETTINGS).resolved()
    monkeypatch.setattr(rivals.importlib.util, "find_spec", lambda name: None)
    assert make_rivals(plan, library, which=["random-forest"]) == {"random-forest": NOT_INSTALLED}
    with pytest.raises(ConfigError, match="baselines: found best"):
        make_rivals(plan, library, which=["best"])
    other = FusionSettings.model_validate(SETTINGS | {"networks": {"seed": 3}}).resolved()
    with pytest.raises(ConfigError, match="found a baseline of another plan"):
        make_rivals(other, library, which=["tc"])


@pytest.mark.parametrize(("change", "says"), [
    ({"baselines": ["best"]}, "needed some of tc"), ({"seeds": [1, 1]}, "stands twice"),
    ({"regions": [[3, 1, 2, 0]]}, "west < east"), ({"regoin": [1]}, "regoin"),
    ({"regions": [[0, 0, 1, 1], [0, 0, 1, 1]]}, "a region stands twice"), ({"regions": []}, "regions"),
])  # fmt: skip
def test_bad_settings_are_named(tmp_path, change, says):
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(change))
    with pytest.raises(ConfigError, match=says):
        recipes.run("twin-exam", out=tmp_path / "out", config=path)


def test_fewer_years_cut_the_plan():
    plan = FusionSettings(years=(2012, 2018)).resolved()
    assert [r.name for r in plan.rounds] == ["1", "2"]
    assert FusionSettings().resolved().digest() == FusionSettings(years=(2003, 2018)).resolved().digest()


def test_the_recipes_are_listed():
    assert {"twin-exam", "rsssm"} <= set(recipes.names())


def test_without_settings_stations_calibrate_the_record(monkeypatch, tmp_path):
    from vadose.fusion import Stations
    from vadose.recipes import twin_exam as room
    from vadose.recipes.demo import FUSION

    asked = []
    monkeypatch.setattr(room, "run_exams", lambda folder, settings, step: asked.append(settings))
    monkeypatch.setattr(room, "write_exams", lambda folder, settings, exams: folder)
    (tmp_path / "some.yaml").write_text("seeds: [3]\n")
    (tmp_path / "stations.yaml").write_text("calibrate: {share: 0.5}\n")
    (tmp_path / "none.yaml").write_text("calibrate: null\n")
    twin_exam(out=tmp_path)
    for name in ("some", "stations", "none"):
        twin_exam(out=tmp_path, config=tmp_path / f"{name}.yaml")
    assert [s.calibrate for s in asked] == [Stations(), Stations(), Stations(share=0.5), None]
    assert FUSION.calibrate is None and FusionSettings().calibrate is None
