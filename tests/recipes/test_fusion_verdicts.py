"""Verdicts on seams: what the truth has too, and what a network without zones has too, is none of the zones'."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.recipes.fusion_exam import ERROR, UNZONED
from vadose.recipes.fusion_verdicts import _Verdicts


def seams(ratios):
    out = _Verdicts()
    out.seams(ratios)
    return {v.what.rsplit(", over", 1)[0].split(", ")[-1]: v for v in out.found}


def test_edges_are_judged_by_those_of_the_truth():
    # the truth steps 1.4 times as much where zones meet: a record that does so too has no seam
    found = seams({"truth": 1.40, "fused": 1.42, ERROR: 1.03, UNZONED: 1.01})
    assert len(found) == 2
    record, error = found["the record"], found["its error"]
    assert record.value == pytest.approx(1.42 / 1.40) and record.passed and "1.420" in record.what
    assert error.value == pytest.approx(1.03 / 1.01) and error.passed and "1.010" in error.what
    found = seams({"truth": 1.00, "fused": 1.06, ERROR: 1.20, UNZONED: 1.00})
    assert not found["the record"].passed and not found["its error"].passed
    # a record may be smoother than the truth, and the same step is judged otherwise by another truth
    assert seams({"truth": 1.40, "fused": 1.06})["the record"].passed
    assert seams({"truth": 1.00, "fused": 1.05})["the record"].passed
    assert not seams({"truth": 1.00, "fused": 1.051})["the record"].passed


def test_without_edges_or_rivals_nothing_is_said():
    assert seams({"truth": np.nan, "fused": np.nan}) == {}
    assert seams({"fused": 1.2}) == {}  # no truth
    assert list(seams({"truth": 1.0, "fused": 1.0, ERROR: 1.2})) == ["the record"]  # no network without zones
    assert seams({"truth": 0.0, "fused": np.nan}) == {}
