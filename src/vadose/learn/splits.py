"""Rows for training and rows for testing: splitters after scikit-learn's rules.

Each has ``split(X, y=None, groups=None)``, which yields pairs (training rows, test rows), and ``get_n_splits``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import ConfigError

Pair = tuple[np.ndarray, np.ndarray]


def _labels(groups: Any, rows: int, needed: str) -> np.ndarray:
    """Groups as an array with one entry per row."""
    if groups is None or len(groups) != rows:
        raise ConfigError("groups", found="none" if groups is None else f"{len(groups)} for {rows} rows", needed=needed)
    return np.asarray(groups)


def _folds(count: int, wanted: int, seed: int, what: str) -> np.ndarray:
    """Fold of each of ``count`` things, in random order, sizes that differ by one at most."""
    if not 2 <= wanted <= count:
        raise ConfigError("n_splits", found=f"{wanted} for {count} {what}", needed=f"2 to {count}")
    return np.random.default_rng(seed).permutation(np.arange(count) % wanted)


def _pairs(fold: np.ndarray, count: int) -> Iterator[Pair]:
    for k in range(count):
        yield np.flatnonzero(fold != k), np.flatnonzero(fold == k)


class RandomRows:
    """Each row in one test set, by chance: the most hopeful split, for rows that do not know each other.

    Parameters
    ----------
    n_splits : int, optional
        Number of test sets.
    seed : int, optional
        Seed of the order.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.learn import RandomRows
    >>> [len(test) for _, test in RandomRows(n_splits=3).split(np.zeros(7))]
    [3, 2, 2]
    """

    def __init__(self, *, n_splits: int = 5, seed: int = 0) -> None:
        self.n_splits = n_splits
        self.seed = seed

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of pairs."""
        return self.n_splits

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Pair]:
        """Pairs of row numbers."""
        return _pairs(_folds(len(X), self.n_splits, self.seed, "rows"), self.n_splits)


class LeaveGroupsOut:
    """Whole groups (stations, dekads, years) in one test set each.

    Parameters
    ----------
    n_splits : int, optional
        Number of test sets, among which the groups are drawn by chance; one per group where not given.
    seed : int, optional
        Seed of the draw.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.learn import LeaveGroupsOut
    >>> groups = np.array(["b", "a", "b", "c"])
    >>> [test.tolist() for _, test in LeaveGroupsOut().split(groups, groups=groups)]
    [[1], [0, 2], [3]]
    """

    def __init__(self, *, n_splits: int | None = None, seed: int = 0) -> None:
        self.n_splits = n_splits
        self.seed = seed

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of pairs; needs the groups unless ``n_splits`` is set."""
        if self.n_splits is not None:
            return self.n_splits
        if groups is None:
            raise ConfigError("groups", found="none", needed="the group of each row")
        return len(np.unique(np.asarray(groups)))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Pair]:
        """Pairs of row numbers."""
        labels = _labels(groups, len(X), "the group of each row")
        names, group = np.unique(labels, return_inverse=True)
        if len(names) < 2:
            raise ConfigError("groups", found=f"{len(names)} group", needed="two or more")
        if self.n_splits is None:
            return _pairs(group, len(names))
        return _pairs(_folds(len(names), self.n_splits, self.seed, "groups")[group], self.n_splits)


class SpatialBlocks:
    """Whole blocks of a map in one test set each, so that no near neighbour of a test row was trained on.

    Parameters
    ----------
    size : float
        Side of a block, in the unit of the coordinates.
    n_splits : int, optional
        Number of test sets, among which the blocks are drawn by chance.
    buffer : float, optional
        Training rows nearer than this to a test row, in either coordinate's unit (the larger of the two distances),
        are left out of both sets.
    seed : int, optional
        Seed of the draw.

    Notes
    -----
    ``groups`` are coordinates (rows, 2), such as latitude and longitude. Block edges lie at multiples of ``size``.
    A fold's test rows never share a block with its training rows (Roberts et al., 2017).

    References
    ----------
    Roberts, D. R., et al. (2017). Ecography 40, 913-929. doi:10.1111/ecog.02881.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.learn import SpatialBlocks
    >>> places = np.array([[0.5, 0.1], [0.5, 0.9], [0.5, 1.1], [0.5, 5.0]])
    >>> tests = [test.tolist() for _, test in SpatialBlocks(size=1.0, n_splits=3).split(places, groups=places)]
    >>> sorted(tests)
    [[0, 1], [2], [3]]
    """

    def __init__(self, *, size: float, n_splits: int = 5, buffer: float = 0.0, seed: int = 0) -> None:
        self.size = size
        self.n_splits = n_splits
        self.buffer = buffer
        self.seed = seed

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Number of pairs."""
        return self.n_splits

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Pair]:
        """Pairs of row numbers."""
        places = _labels(groups, len(X), "the two coordinates of each row").astype(np.float64)
        if places.ndim != 2 or places.shape[1] != 2 or not np.isfinite(places).all():
            raise ConfigError("groups", found=f"shape {places.shape}", needed="(rows, 2) finite coordinates")
        if not self.size > 0 or not self.buffer >= 0:
            raise ConfigError("size, buffer", found=f"{self.size}, {self.buffer}", needed="size > 0 and buffer >= 0")
        blocks, block = np.unique(np.floor(places / self.size), axis=0, return_inverse=True)
        fold = _folds(len(blocks), self.n_splits, self.seed, "blocks")[block.ravel()]
        return self._apart(places, fold)

    def _apart(self, places: np.ndarray, fold: np.ndarray) -> Iterator[Pair]:
        for train, test in _pairs(fold, self.n_splits):
            if self.buffer:
                from scipy.spatial import cKDTree

                near, _ = cKDTree(places[test]).query(places[train], p=np.inf)
                train = train[near >= self.buffer]
            yield train, test


class LastPeriod:
    """The last periods as the only test set: does what was learnt hold later?

    Parameters
    ----------
    share : float, optional
        Least share of the rows to test; whole periods are taken from the end until it is reached.
    gap : int, optional
        Number of periods before the test set that are left out of both.

    Notes
    -----
    ``groups`` is the period of each row, anything that sorts (year, dekad number, date).

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.learn import LastPeriod
    >>> years = np.array([2015, 2016, 2017, 2018, 2018])
    >>> [(a.tolist(), b.tolist()) for a, b in LastPeriod(share=0.3, gap=1).split(years, groups=years)]
    [([0, 1], [3, 4])]
    """

    def __init__(self, *, share: float = 0.2, gap: int = 0) -> None:
        self.share = share
        self.gap = gap

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """One pair."""
        return 1

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[Pair]:
        """The pair of row numbers."""
        labels = _labels(groups, len(X), "the period of each row")
        if not 0 < self.share < 1 or self.gap < 0:
            raise ConfigError("share, gap", found=f"{self.share}, {self.gap}", needed="0 < share < 1 and gap >= 0")
        names, period, counts = np.unique(labels, return_inverse=True, return_counts=True)
        from_end = np.cumsum(counts[::-1])
        tested = int(np.searchsorted(from_end, self.share * len(labels) - 1e-9) + 1)
        first = len(names) - tested
        if first - self.gap < 1:
            raise ConfigError(
                "groups",
                found=f"{len(names)} periods, of which {tested} are tested and {self.gap} left out",
                needed="at least one period to train on",
                do="Lower share or gap.",
            )
        return iter([(np.flatnonzero(period < first - self.gap), np.flatnonzero(period >= first))])
