"""Dekads as whole numbers, so that periods can be compared and intersected: 36 × year + dekad of the year − 1."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from .. import periods


def ordinals(time) -> np.ndarray:
    """Number of the dekad that holds each time.

    Examples
    --------
    >>> ordinals(["2003-01-01", "2003-01-20", "2004-01-05"]).tolist()
    [72108, 72109, 72144]
    """
    t = pd.DatetimeIndex(time)
    return t.year.to_numpy().astype("int64") * 36 + periods.dekad_of_year(t) - 1


@lru_cache(maxsize=4096)
def of_label(label: str) -> int:
    """Number of a dekad from its label such as ``"2015D10"``.

    Examples
    --------
    >>> of_label("2003D01"), label_of(of_label("2015D10"))
    (72108, '2015D10')
    """
    return int(ordinals([periods.parse_dekad(label)])[0])


def label_of(ordinal: int) -> str:
    """Label of a dekad from its number."""
    return f"{int(ordinal) // 36}D{int(ordinal) % 36 + 1:02d}"


def starts(numbers) -> np.ndarray:
    """First instant of each dekad, datetime64[ns].

    Examples
    --------
    >>> str(starts([72109])[0])[:10]
    '2003-01-11'
    """
    numbers = np.asarray(numbers, dtype="int64")
    month, third = np.divmod(numbers % 36, 3)
    first = ((numbers // 36 - 1970) * 12 + month).astype("datetime64[M]")
    return first.astype("datetime64[D]").astype("datetime64[ns]") + (third * 10).astype("timedelta64[D]")


def runs(numbers) -> str:
    """A set of dekads in words: ``"2003D01-2003D05, 2003D07"``.

    Examples
    --------
    >>> runs([72108, 72109, 72112])
    '2003D01-2003D02, 2003D05'
    """
    numbers = np.unique(np.asarray(list(numbers), dtype="int64"))
    if not numbers.size:
        return "none"
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
    words = [label_of(p[0]) if p.size == 1 else f"{label_of(p[0])}-{label_of(p[-1])}" for p in parts]
    return ", ".join(words)
