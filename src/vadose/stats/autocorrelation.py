"""Persistence of series and the number of independent samples in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .axis import as_rows, block, regular_axis
from .threads import over_rows


def effective_size(
    values: ArrayLike, *, position: ArrayLike | None = None, squared: bool = False
) -> dict[str, NDArray[np.float64]]:
    """Lag-one autocorrelation and effective sample size of the mean along the last axis, gaps respected.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    position : array_like of int, shape (time,), optional
        Rising positions on a regular axis [d]; default 0, 1, 2, ...
    squared : bool
        For a variance instead of a mean: squares forget with rho^2.

    Returns
    -------
    dict of ndarray, shape (...)
        ``rho`` at one step [1] and ``n_eff`` in [3, n]; NaN with fewer than 3 values.

    Raises
    ------
    VadoseError
        If positions are not whole, do not rise, or do not fit.

    Notes
    -----
    n_eff = n / V, V = 1 + (2/n) sum over pairs of rho(t_j - t_i), rho(k) = a phi^k fitted to the smallest lag that a
    tenth of the samples share and, where that is clear of noise, to a second one (a < 1: white noise over persistence).

    Examples
    --------
    An alternating series is no less informative than an independent one:

    >>> import numpy as np
    >>> from vadose.stats import autocorrelation
    >>> got = autocorrelation.effective_size(np.tile([1.0, -1.0], 50))
    >>> float(got["rho"]), float(got["n_eff"])
    (0.0, 100.0)
    """
    from .autocorrelation_kernels import effective_rows

    shape, (rows,) = as_rows(values)
    axis, span = regular_axis(position, rows.shape[1])
    rho, size = np.empty(len(rows)), np.empty(len(rows))

    def work(part: slice) -> None:
        effective_rows(block(rows[part], slice(None)), axis, span, squared, rho[part], size[part])

    over_rows(work, len(rows))
    return {"rho": rho.reshape(shape), "n_eff": size.reshape(shape)}
