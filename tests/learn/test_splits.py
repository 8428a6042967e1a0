"""Splitters: every row tested once, no leak of groups, blocks or periods."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.errors import ConfigError
from vadose.learn import LastPeriod, LeaveGroupsOut, RandomRows, SpatialBlocks


def check_partition(pairs: list, rows: int) -> None:
    """Each row is in one test set and in the training set of all the others."""
    assert np.array_equal(np.sort(np.concatenate([test for _, test in pairs])), np.arange(rows))
    for train, test in pairs:
        assert np.array_equal(np.sort(np.concatenate([train, test])), np.arange(rows))


@given(rows=st.integers(2, 60), splits=st.integers(2, 10), seed=st.integers(0, 99))
def test_random_rows_are_a_partition_of_even_parts(rows, splits, seed):
    splits = min(splits, rows)
    splitter = RandomRows(n_splits=splits, seed=seed)
    pairs = list(splitter.split(np.zeros(rows)))
    check_partition(pairs, rows)
    sizes = [len(test) for _, test in pairs]
    assert len(pairs) == splits == splitter.get_n_splits() and max(sizes) - min(sizes) <= 1


def test_random_rows_depend_on_the_seed_alone():
    def first(seed):
        return next(RandomRows(seed=seed).split(np.zeros(50)))[1].tolist()

    assert first(1) == first(1) != first(2)


@given(groups=st.lists(st.integers(0, 9), min_size=4, max_size=50).filter(lambda g: len(set(g)) > 2))
def test_no_group_is_on_both_sides(groups):
    labels = np.array(groups)
    for splitter in (LeaveGroupsOut(), LeaveGroupsOut(n_splits=2)):
        pairs = list(splitter.split(labels, groups=labels))
        check_partition(pairs, len(labels))
        assert len(pairs) == splitter.get_n_splits(groups=labels)
        assert all(not set(labels[train]) & set(labels[test]) for train, test in pairs)
    assert LeaveGroupsOut().get_n_splits(groups=labels) == len(set(groups))


def test_no_block_is_on_both_sides():
    rng = np.random.default_rng(0)
    places = rng.uniform(-20, 20, (500, 2))
    pairs = list(SpatialBlocks(size=5.0, n_splits=4).split(places, groups=places))
    check_partition(pairs, 500)
    blocks = [tuple(b) for b in np.floor(places / 5.0).astype(int)]
    for train, test in pairs:
        assert not {blocks[i] for i in train} & {blocks[i] for i in test}
        assert len(test) > 50


def test_a_buffer_keeps_training_rows_away():
    places = np.random.default_rng(1).uniform(0, 20, (300, 2))
    lost = 0
    for train, test in SpatialBlocks(size=5.0, n_splits=4, buffer=1.0).split(places, groups=places):
        apart = np.abs(places[train][:, None] - places[test][None]).max(axis=2).min(axis=1)
        assert apart.min() >= 1.0
        others = np.setdiff1d(np.arange(300), np.concatenate([train, test]))
        near = np.abs(places[others][:, None] - places[test][None]).max(axis=2).min(axis=1)
        assert (near < 1.0).all()
        lost += len(others)
    assert lost > 0


def test_the_last_periods_are_tested():
    year = np.array([2018, 2015, 2017, 2016, 2018, 2015, 2016, 2017, 2018, 2015])
    [(train, test)] = LastPeriod(share=0.2).split(year, groups=year)
    assert set(year[test]) == {2018} and set(year[train]) == {2015, 2016, 2017}
    [(train, test)] = LastPeriod(share=0.31, gap=1).split(year, groups=year)  # 3 of 10 rows are too few
    assert set(year[test]) == {2017, 2018} and set(year[train]) == {2015}
    [(_, test)] = LastPeriod(share=0.3).split(year, groups=year)  # 3 of 10 rows are just enough
    assert len(test) == 3
    assert LastPeriod().get_n_splits(year) == 1


def test_periods_may_be_dates():
    days = np.datetime64("2020-01-01") + np.arange(10)
    [(train, test)] = LastPeriod(share=0.2).split(days, groups=days)
    assert train.tolist() == list(range(8)) and test.tolist() == [8, 9]


@pytest.mark.parametrize(
    ("splitter", "groups", "message"),
    [
        (RandomRows(n_splits=7), None, "n_splits: found 7 for 6 rows"),
        (RandomRows(n_splits=1), None, "n_splits"),
        (LeaveGroupsOut(), None, "groups: found none"),
        (LeaveGroupsOut(), np.zeros(5), "groups: found 5 for 6 rows"),
        (LeaveGroupsOut(), np.zeros(6), "groups: found 1 group"),
        (LeaveGroupsOut(n_splits=3), np.arange(6) % 2, "n_splits: found 3 for 2 groups"),
        (SpatialBlocks(size=1), np.zeros(6), "groups: found shape"),
        (SpatialBlocks(size=0), np.zeros((6, 2)), "size, buffer"),
        (SpatialBlocks(size=1), np.full((6, 2), np.nan), "finite"),
        (SpatialBlocks(size=1), np.zeros((6, 2)), "blocks"),
        (LastPeriod(share=0), np.arange(6), "share, gap"),
        (LastPeriod(gap=5), np.arange(6), "at least one period to train on"),
    ],
)
def test_what_cannot_be_split_is_named(splitter, groups, message):
    with pytest.raises(ConfigError, match=message):
        list(splitter.split(np.zeros(6), groups=groups))
