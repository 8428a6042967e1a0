"""What a fusion is to reach, on three small simulated Earths together: one box of 16 cells each, the whole plan."""

from __future__ import annotations

import pandas as pd
import pytest

from vadose.recipes.fusion_settings import ExamSettings
from vadose.recipes.twin_exam import twin_exam

SETTINGS = {
    "regions": [[141.0, 19.0, 142.0, 20.0]], "resolution": 0.25, "seeds": [7, 11, 23],
    "baselines": ["tc", "lr", "published-global"], "n_boot": 100, "calibrate": None,
}  # fmt: skip


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    out = tmp_path_factory.mktemp("seeds")
    twin_exam(out=out, settings=ExamSettings.model_validate(SETTINGS))
    frame = pd.read_csv(out / "verdicts.csv")
    return frame[frame["box"] == "all"].set_index("what")


def test_the_record_is_closer_than_products_and_rivals(verdicts):
    errors = verdicts[verdicts.index.str.startswith("RMSE over")]
    assert len(errors) == 4 and errors["passed"].all(), errors["value"]
    unbiased = verdicts[verdicts.index.str.startswith("ubRMSE over")]
    assert len(unbiased) == 4 and (unbiased["value"] < 1).all() and unbiased["passed"].sum() >= 3, unbiased["value"]


def test_errors_do_not_grow_from_round_to_round(verdicts):
    growth = verdicts[verdicts.index.str.contains("of the last round over the first")]
    assert len(growth) == 2 and growth["passed"].all(), growth["value"]


def test_bands_hold_the_truth_and_no_cell_is_left_out(verdicts):
    inside = verdicts[verdicts.index.str.startswith("truth inside")]["value"].tolist()
    assert 0.60 <= inside[0] <= 0.80 and inside[1] >= 0.90
    assert verdicts.loc["share of land without a value or snow", "passed"]


def test_no_change_of_inputs_is_seen(verdicts):
    """Within what the weather of two years in three boxes leaves open: three standard errors."""
    steps = verdicts[verdicts.index.str.startswith("step at")]
    assert len(steps) == 5
    assert (steps["value"].abs() <= 0.005 + 3 * steps["error"]).all(), steps[["value", "error"]]
    assert steps["value"].abs().mean() <= 0.006
