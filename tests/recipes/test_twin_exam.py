import pandas as pd
import pytest

from vadose import recipes, schema
from vadose.recipes.twin_exam import twin_exam
from vadose.store import Library


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exam")
    twin_exam(out=folder, region=(-3.5, 40.1, -3.0, 40.6))
    return folder


def test_the_record_is_complete_and_says_it_is_simulated(out):
    library = Library(out / "library")
    fused, truth = library.open("fused"), library.open("twin/truth")["sm"].isel(layer=0)
    assert fused.sizes["time"] == 576
    land = truth.notnull()
    assert float(fused.sm.notnull().sum() / land.sum()) > 0.95
    assert not bool((fused.sm.notnull() & ~land).any())
    assert schema.is_simulated(fused)
    text = (out / "report.html").read_text(encoding="utf-8")
    assert text.lower().count("simulated") >= text.count("<figure")


def test_fused_is_closer_to_the_truth_than_its_inputs_at_random_error(out):
    """Bias is the target's; what fusion can add shows in the unbiased error."""
    scores = pd.read_csv(out / "scores.csv", index_col=0)
    merged = scores.drop(index="fused (localised networks)")
    assert scores.loc["fused (localised networks)", "ubrmse"] < 1.1 * merged["ubrmse"].min()
    assert scores.loc["fused (localised networks)", "r"] > 0.5


def test_a_second_run_goes_on_from_the_library(out):
    before = Library(out / "library").history()
    twin_exam(out=out, region=(-3.5, 40.1, -3.0, 40.6))
    assert len(Library(out / "library").history()) == len(before)


def test_the_recipe_is_listed():
    assert "twin-exam" in recipes.names()
