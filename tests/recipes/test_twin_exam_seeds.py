"""What a fusion is to reach, on three simulated Earths in small: the whole plan, with dense stations.

In a single box steps and chance trends are as large as what is to be reached, so nine boxes are judged together: three
of the 533 regions of 2° × 2° that are land on all three Earths and have a trend on each, drawn at random, in cells of
0.5°. 16 stations in each calibrate the record. With the usual density of 1.4 a tile there would be 1 to 8, which know
the size of differences between years too badly to prove anything.
"""

from __future__ import annotations

import pandas as pd
import pytest

from vadose.recipes.fusion_settings import ExamSettings
from vadose.recipes.twin_exam import twin_exam

SETTINGS = {
    "regions": [[108.0, -8.0, 110.0, -6.0], [-134.0, 12.0, -132.0, 14.0], [138.0, -14.0, 140.0, -12.0]],
    "resolution": 0.5, "seeds": [7, 11, 23], "station_density": 4, "n_boot": 100,
    "baselines": ["tc", "equal", "lr", "qm", "copula", "published-global"],
}  # fmt: skip


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    out = tmp_path_factory.mktemp("seeds")
    twin_exam(out=out, settings=ExamSettings.model_validate(SETTINGS))
    frame = pd.read_csv(out / "verdicts.csv")
    return frame[frame["box"] == "all"].set_index("what")


@pytest.mark.parametrize(("words", "count"), [
    ("RMSE over that of the best single product", 2), ("RMSE over that of: ", 2 * len(SETTINGS["baselines"])),
    ("of the last round over the first", 2), ("of recovered on true trends", 2), ("step at", 5),
    ("across zone edges", 1), ("truth inside the", 2), ("share of land without", 1),
])  # fmt: skip
def test_everything_is_reached(verdicts, words, count):
    found = verdicts[verdicts.index.str.contains(words, regex=False)]
    assert len(found) == count
    assert found["passed"].all(), found[["value", "error", "goal"]]


def test_trends_and_steps_are_known_well_enough_to_say_so(verdicts):
    """Standard errors: of trends half of what they may differ by, of steps no more than that."""
    error = verdicts["error"]
    assert (error[error.index.str.contains("true trends")] < 0.05).all()
    assert (error[error.index.str.startswith("step at")] < 0.005).all()


def test_nothing_else_was_to_be_reached(verdicts):
    assert len(verdicts) == 2 + 2 * len(SETTINGS["baselines"]) + 2 + 2 + 5 + 1 + 2 + 1
