from __future__ import annotations

import pytest

from vadose.fusion.combinations import Combination, enumerate_subsets, rank


@pytest.mark.parametrize("k", [1, 2, 4, 6])
def test_all_subsets_but_the_empty_one(k):
    names = [str(i) for i in range(k)]
    found = enumerate_subsets(names, masked_by=(), sensors=dict(zip(names, names)))
    assert len(found) == len(set(found)) == 2**k - 1
    assert found[0] == tuple(names)


def test_four_predictors_give_1_4_6_4():
    found = enumerate_subsets("abcd", masked_by=(), sensors=dict(zip("abcd", "abcd")))
    assert [sum(len(s) == n for s in found) for n in (4, 3, 2, 1)] == [1, 4, 6, 4]


def test_no_subset_is_blind_to_snow_and_ice():
    found = enumerate_subsets("abcd", masked_by=("a", "b"), sensors=dict(zip("abcd", "abcd")))
    # of 15 the three that hold neither a nor b fall away
    assert len(found) == 12
    assert all({"a", "b"} & set(s) for s in found)


def test_priorities():
    few = Combination(("a",), sensors=1, quality=5, samples=100)
    same = Combination(("a", "b"), sensors=1, quality=4, samples=50)
    other = Combination(("a", "c"), sensors=2, quality=3, samples=50)
    best = Combination(("a", "c"), sensors=2, quality=3, samples=50, target=-0.5)
    assert rank([few, same, other], "predictors") == [other, same, few]
    assert rank([few, same, other], "samples") == [few, other, same]
    # the better target wins where all else is equal
    assert rank([best, other], "predictors") == [other, best]
