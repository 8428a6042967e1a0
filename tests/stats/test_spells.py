import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vadose.errors import VadoseError
from vadose.stats import spells

NAN = float("nan")


@given(st.lists(st.sampled_from([0.0, 10.0, 20.0, 50.0, NAN]), min_size=1, max_size=40))
@settings(max_examples=80, deadline=None)
def test_every_value_below_belongs_to_one_run_and_no_run_holds_another(values):
    x = np.array(values)
    got = spells.below(x, threshold=20.0)
    inside = np.zeros(x.size, int)
    for a, b in zip(got["first"], got["last"]):
        inside[a : b + 1] += 1
    np.testing.assert_array_equal(inside, (x < 20.0).astype(int))
    assert got["steps"].sum() == (x < 20.0).sum()
    assert got["deficit"].sum() == pytest.approx(np.nansum(np.maximum(20.0 - x, 0.0)))
    assert (got["missing"] == 0).all()


@given(st.lists(st.sampled_from([0.0, 10.0, 50.0]), min_size=2, max_size=30), st.data())
@settings(max_examples=60, deadline=None)
def test_a_step_that_is_not_there_is_a_missing_value(values, data):
    x = np.array(values)
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=x.size, max_size=x.size)))
    hollow = np.where(keep, x, NAN)
    options = {"threshold": 20.0, "longest_gap": 1, "high": 40.0, "within": 2, "lasting": 2}
    one = spells.below(hollow, **options)
    other = spells.below(x[keep], position=np.flatnonzero(keep), **options)
    for name in ("steps", "missing", "deficit", "begin_seen", "end_seen", "rapid"):
        if name in ("begin_seen", "rapid") and keep.any() and not keep[0]:
            continue  # before the first step there is no record at all
        np.testing.assert_array_equal(one[name], other[name])


def test_gaps_are_gone_over_only_when_asked_for_and_counted():
    x = [50, 10, NAN, 10, NAN, NAN, 10, 50]
    alone, over = spells.below(x, threshold=20.0), spells.below(x, threshold=20.0, longest_gap=1)
    assert alone["steps"].tolist() == [1, 1, 1] and alone["end_seen"].tolist() == [False, False, True]
    assert over["steps"].tolist() == [2, 1] and over["missing"].tolist() == [1, 0]
    assert over["begin_seen"].tolist() == [True, False]
    assert spells.below(x, threshold=20.0, longest_gap=2)["missing"].tolist() == [3]


@pytest.mark.parametrize(("series", "flash"), [
    ([50, 10, 10, 10, 50], 1),
    ([50, 30, 10, 10, 10, 50], 1),
    ([50, 30, 30, 10, 10, 10, 50], 0),  # three steps from 40 to 20: too slow
    ([50, 10, 10, 50], 0),  # does not last
    ([50, NAN, 10, 10, 10], -1),  # nobody saw it fall
    ([10, 10, 10], -1),  # before the record
    ([50, 10, 10], -1),  # the record ends before it can last
    ([50, 10, 10, NAN, 10, 10], -1),
    ([NAN, 30, 30, 10, 10, 10], 0),  # two known steps before it are below 40, which is enough to say no
    ([40, 10, 10, 10], 1),  # the upper limit belongs
])  # fmt: skip
def test_rapid_onset_is_told_only_from_what_was_seen(series, flash):
    rule = {"threshold": 20.0, "high": 40.0, "within": 2, "lasting": 3}
    assert spells.below(series, **rule)["rapid"][0] == flash
    onsets = spells.rapid_onsets(series, **rule)
    first = int(np.flatnonzero(np.array(series) < 20)[0])
    assert onsets[first] == flash


def test_rows_stand_one_after_the_other():
    x = np.array([[[1.0, 9.0, 1.0], [9.0, 9.0, 9.0]], [[1.0, 1.0, 1.0], [np.nan, np.nan, np.nan]]])
    got = spells.below(x, threshold=5.0)
    assert got["row"].tolist() == [0, 0, 2] and got["steps"].tolist() == [1, 1, 3]


def test_bad_options_are_refused():
    with pytest.raises(VadoseError, match="longest_gap"):
        spells.below([1.0], threshold=0.0, longest_gap=-1)
    with pytest.raises(VadoseError, match="position"):
        spells.below([1.0, 2.0], threshold=0.0, position=[1, 1])
