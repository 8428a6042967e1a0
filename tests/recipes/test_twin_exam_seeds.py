"""What a fusion is to reach, on three simulated Earths in small: ``benchmarks/three_earths.yaml``, the whole plan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from vadose.recipes.fusion_settings import ExamSettings
from vadose.recipes.settings import read
from vadose.recipes.twin_exam import twin_exam

CONFIG = Path(__file__).resolve().parents[2] / "benchmarks" / "three_earths.yaml"


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    out = tmp_path_factory.mktemp("seeds")
    twin_exam(out=out, config=CONFIG)
    frame = pd.read_csv(out / "verdicts.csv")
    return frame[frame["box"] == "all"].set_index("what")


def test_everything_is_reached(verdicts):
    assert verdicts["passed"].all(), verdicts.loc[~verdicts["passed"], ["value", "error", "goal"]]


def test_everything_is_asked(verdicts):
    baselines = len(read(CONFIG, ExamSettings).baselines)
    wanted = {"RMSE over that of the best single product": 2, "RMSE over that of: ": 2 * baselines,
              "of the last round over the first": 2, "of recovered on true trends": 2, "step at": 5,
              "across zone edges": 1, "truth inside the": 2, "share of land without": 1}  # fmt: skip
    found = {words: int(verdicts.index.str.contains(words, regex=False).sum()) for words in wanted}
    assert found == wanted and len(verdicts) == sum(wanted.values())


def test_trends_and_steps_are_known_well_enough_to_say_so(verdicts):
    """Standard errors: of trends half of what they may differ by, of steps no more than that."""
    error = verdicts["error"]
    assert (error[error.index.str.contains("true trends")] < 0.05).all()
    assert (error[error.index.str.startswith("step at")] < 0.005).all()
