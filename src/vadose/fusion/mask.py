"""The snow and ice mask, also for years before the product that reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .inputs import Inputs


def frozen_mask(reported: np.ndarray, reported_at: np.ndarray, wanted: np.ndarray, *,
                thawed: np.ndarray | None = None) -> np.ndarray:  # fmt: skip
    """Where the ground is under snow or frozen.

    Parameters
    ----------
    reported : ndarray of bool, shape (reported, lat, lon)
        Snow or ice as a product reports it.
    reported_at : ndarray of int, shape (reported,)
        Dekads of the report, see :mod:`vadose.fusion.dekads`.
    wanted : ndarray of int, shape (time,)
        Dekads asked for.
    thawed : ndarray of bool, shape (time, lat, lon), optional
        Where a freeze/thaw record says thawed.

    Returns
    -------
    ndarray of bool, shape (time, lat, lon)
        The report where there is one; else whether most years (more than half) report it in that dekad of the year,
        unless the freeze/thaw record says thawed.

    Examples
    --------
    >>> seen = np.array([True, True, False])[:, None, None]
    >>> frozen_mask(seen, np.array([0, 36, 72]), np.array([-36, 0, 72])).ravel().tolist()
    [True, True, False]
    """
    out = np.zeros((wanted.size, *reported.shape[1:]), bool)
    where = {int(d): i for i, d in enumerate(reported_at)}
    usual = {}
    for i, d in enumerate(wanted):
        if int(d) in where:
            out[i] = reported[where[int(d)]]
            continue
        season = int(d) % 36
        if season not in usual:
            years = reported[reported_at % 36 == season]
            usual[season] = 2 * years.sum(axis=0) > len(years) if len(years) else np.zeros(reported.shape[1:], bool)
        out[i] = usual[season] & ~thawed[i] if thawed is not None else usual[season]
    return out


def frozen_at(inputs: Inputs, numbers: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray | None:
    """:func:`frozen_mask` of some dekads and pixels of a plan's inputs; None where no product reports snow and ice."""
    report = inputs.reported_frozen(rows, cols)
    if report is None:
        return None
    return frozen_mask(*report, numbers, thawed=inputs.thawed(numbers, rows, cols))
