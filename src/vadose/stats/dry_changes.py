"""Change of soil moisture over dry pairs of dekads: the rule of Chen et al. (2021)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError


def dry_changes(
    values: ArrayLike,
    rain: ArrayLike,
    *,
    position: ArrayLike,
    start: float = 10.0,
    lower: float = 1.0,
    ratio: float = 2.0,
    min_n: int = 36,
) -> dict[str, NDArray]:
    """Changes between neighbouring steps with little rain, along the last axis.

    Parameters
    ----------
    values, rain : array_like, shape (..., time)
        Soil moisture [m3 m-3] and effective precipitation [mm] of each step; NaN is missing.
    position : array_like of int, shape (time,)
        Rising count of the steps: only pairs at distance 1 are neighbours.
    start, lower : float
        First threshold of the rain of both steps together, and by how much it is lowered [mm].
    ratio : float
        Falls needed for each rise.
    min_n : int
        Fewest pairs.

    Returns
    -------
    dict of ndarray
        ``change``, shape (..., time): value less that of the step before, at dry pairs of accepted series, else NaN;
        ``threshold`` [mm], ``n``, ``n_falls``, ``n_rises``, ``status``, shape (...): ok, no_data (no pair has values),
        too_few_pairs, or inconsistent_sign (too many rises down to the last threshold with enough pairs).

    Notes
    -----
    From ``start`` downwards: pairs with rain(t−1) + rain(t) < threshold; fewer than ``min_n``: give up; falls ≥ ratio ·
    rises: accept; else lower the threshold (METHODS 5.6). An unchanged value is neither.

    Examples
    --------
    >>> from vadose.stats.dry_changes import dry_changes
    >>> got = dry_changes([0.3, 0.2, 0.25, 0.15], [0, 0, 9, 0], position=range(4), min_n=1)
    >>> got["change"].round(3).tolist(), float(got["threshold"]), int(got["n"])
    ([nan, -0.1, 0.05, -0.1], 10.0, 3)
    """
    if not (lower > 0 and start > 0 and ratio > 0 and min_n >= 1):
        raise VadoseError("threshold rule", found=f"start {start}, lower {lower}, ratio {ratio}, min_n {min_n}",
                          needed="numbers above 0")  # fmt: skip
    y, wet = np.broadcast_arrays(np.asarray(values, dtype=float), np.asarray(rain, dtype=float))
    step = np.diff(np.asarray(position))
    change = np.where(step == 1, np.diff(y, axis=-1), np.nan)
    total = wet[..., 1:] + wet[..., :-1]
    known = np.isfinite(change) & np.isfinite(total)
    shape = y.shape[:-1]
    status = np.where(known.any(-1), -1, 8)
    threshold = np.full(shape, np.nan)
    counts = np.zeros((3, *shape), dtype=int)
    refused = np.zeros(shape, dtype=bool)
    level = float(start)
    while level > 0 and (status == -1).any():
        chosen = known & (total < level)
        n = chosen.sum(-1)
        falls, rises = (chosen & (change < 0)).sum(-1), (chosen & (change > 0)).sum(-1)
        open_ = status == -1
        few = open_ & (n < min_n)
        status = np.where(few, np.where(refused, 5, 2), status)
        good = open_ & ~few & (falls >= ratio * rises)
        status, threshold = np.where(good, 0, status), np.where(good, level, threshold)
        counts = np.where(open_ & (~few | ~refused), np.stack([n, falls, rises]), counts)
        refused |= open_ & ~few & ~good
        level -= lower
    status = np.where(status == -1, 5, status)
    keep = known & (total < threshold[..., None])
    out = np.full(y.shape, np.nan)
    out[..., 1:] = np.where(keep, change, np.nan)
    return {"change": out, "threshold": threshold, "n": counts[0], "n_falls": counts[1], "n_rises": counts[2],
            "status": status}  # fmt: skip
