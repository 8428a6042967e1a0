"""Change of soil moisture over dry pairs of dekads: the rule of Chen et al. (2021)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, block
from .threads import over_rows


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
    from .dry_change_kernels import change_rows

    shape, (rows, wet) = as_rows(values, rain)
    place = np.asarray(position)
    if place.shape != (rows.shape[1],):
        raise VadoseError("position", found=f"shape {place.shape}", needed=f"({rows.shape[1]},)")
    out = np.full(rows.shape, np.nan)
    found = np.zeros((len(rows), 5))

    def work(part: slice) -> None:
        change_rows(block(rows[part], slice(None)), block(wet, part) if len(wet) > 1 else block(wet, slice(None)),
                    place, float(start), float(lower), float(ratio), min_n, out[part], found[part])  # fmt: skip

    over_rows(work, len(rows))
    names = ("threshold", "n", "n_falls", "n_rises", "status")
    numbers = {name: found[:, k].reshape(shape) for k, name in enumerate(names)}
    whole = {name: v if name == "threshold" else v.astype(int) for name, v in numbers.items()}
    return {"change": out.reshape(*shape, -1)} | whole
