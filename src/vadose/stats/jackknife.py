"""Standard errors by leaving out runs of neighbouring samples in turn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vadose.errors import VadoseError


def group_jackknife(
    statistic: Callable[[NDArray[np.bool_]], NDArray], *, size: int, groups: int | None = None
) -> tuple[NDArray, int]:
    """Standard error of a statistic of a series whose neighbouring samples depend on each other.

    Parameters
    ----------
    statistic : callable
        Given which of the samples to keep, shape (size,), the statistic without the others, any shape [any unit].
    size : int
        Number of samples.
    groups : int, optional
        Number of runs of neighbouring samples, equally long to within one; default ``size`` over the cube root of
        ``size``, so that runs grow with the series.

    Returns
    -------
    tuple of ndarray and int
        Standard error [unit of the statistic] and its degrees of freedom, ``groups`` - 1.

    Raises
    ------
    VadoseError
        If there are fewer than 2 groups or more than samples.

    Notes
    -----
    Delete-a-group jackknife: v = (g - 1)/g sum (theta_i - mean theta)^2 over the g statistics without group i. Runs
    keep the dependence within them (Künsch 1989, doi:10.1214/aos/1176347265); unlike moving blocks, disjoint runs leave
    out the ends, which decide a trend, as often as the middle.

    Examples
    --------
    With single samples, the standard error of a mean is the familiar one:

    >>> x = np.array([1.0, 2.0, 3.0, 6.0])
    >>> error, freedom = group_jackknife(lambda keep: x[keep].mean(), size=4, groups=4)
    >>> bool(np.isclose(error, x.std(ddof=1) / 2)), freedom
    (True, 3)
    """
    count = default_groups(size) if groups is None else groups
    if not 2 <= count <= size:
        raise VadoseError("groups", found=f"{count} groups of {size} samples", needed=f"2 to {size}")
    member = np.arange(size) * count // size
    values = np.stack([np.asarray(statistic(member != g), dtype=float) for g in range(count)])
    spread = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    return np.sqrt((count - 1) / count * spread), count - 1


def default_groups(size: int) -> int:
    """Number of runs as long as the cube root of the series.

    Examples
    --------
    >>> default_groups(25), default_groups(52)
    (8, 13)
    """
    return max(2, size // max(1, round(size ** (1 / 3))))
