"""Triple collocation: error and signal of three independent records of one truth, without knowing the truth."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, block, regular_axis
from .bootstrap import adjusted_bounds, logit, share
from .threads import over_rows

#: Estimates with ``_lower`` and ``_upper``; the first axis counts the products x, y, z.
ESTIMATES = ("err_std", "err_std_ref", "r2", "snr_db", "beta", "rho")


def collocate(
    x: ArrayLike,
    y: ArrayLike,
    z: ArrayLike,
    *,
    position: ArrayLike | None = None,
    ci: Literal["bootstrap", "none"] = "bootstrap",
    level: float = 0.95,
    min_n: int = 100,
    n_boot: int = 1000,
    seed: int = 0,
) -> dict[str, NDArray]:
    """Error deviation, R2, signal-to-noise ratio and scaling of three records along the last axis.

    Parameters
    ----------
    x, y, z : array_like, shape (..., time)
        Records, broadcast against each other; NaN and infinities are missing [any unit each]. ``x`` sets the scale.
    position : array_like of int, shape (time,), optional
        Rising positions on a regular axis [d]; default 0, 1, 2, ...
    ci : {"bootstrap", "none"}
        Intervals from circular blocks, or none (NaN).
    level : float
        Level of the intervals [1].
    min_n : int
        Fewer common samples than this give NaN and status ``too_few_pairs``.
    n_boot, seed : int
        Resamples of the bootstrap and its seed.

    Returns
    -------
    dict of ndarray
        float64, shape (3, ...), products first, each with ``_lower`` and ``_upper``: ``err_std`` [own unit],
        ``err_std_ref`` [unit of x], ``r2`` [1], ``snr_db`` [dB], ``beta`` (scaled = beta * record) [unit of x per
        own unit], ``rho`` (correlation with the truth, signed against x) [1]; shape (...): ``n``, ``n_eff`` and
        ``status`` (int8).

    Raises
    ------
    VadoseError
        If shapes do not fit, positions do not rise, or an option is out of range.

    Notes
    -----
    With covariances Q (divided by n - 1): err_var_x = Qxx - Qxy Qxz / Qyz, R2_x = Qxy Qxz / (Qxx Qyz),
    SNR = 10 log10(R2 / (1 - R2)), beta_y = Qxz / Qyz, beta_z = Qxy / Qyz (McColl et al. 2014,
    doi:10.1002/2014GL061322; Gruber et al. 2016, doi:10.1016/j.jag.2015.09.002).

    Choice: a negative error variance makes that product's numbers NaN with status ``negative_error_variance``; the
    other products and the scaling stay. Where Qxy Qxz Qyz is not positive, no signs agree with one truth: everything
    is NaN, ``inconsistent_sign``.

    Choice: resamples without an estimate are left out of the bounds, which are NaN where more than half are; so bounds
    are of the resamples that have a solution. Blocks follow the most persistent of the three products of series, whose
    effective size is ``n_eff``; quantiles are shifted by the resamples' bias and stretched by what blocks hide, on the
    scales of log(err_std), snr_db and log(beta).

    Examples
    --------
    Errors 0, 1 and 1 that are uncorrelated with the truth and each other:

    >>> import numpy as np
    >>> from vadose.stats import triple
    >>> t, e, f = (np.tile(v, 16) for v in ([1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1] * 2, [1, -1] * 4))
    >>> got = triple.collocate(t, t + e, 2.0 * (t + f), ci="none")
    >>> got["r2"].round(6), got["beta"].round(6)
    (array([1. , 0.5, 0.5]), array([1. , 1. , 0.5]))
    >>> got["snr_db"][1:].round(6) + 0.0
    array([0., 0.])
    """
    if ci not in ("bootstrap", "none"):
        raise VadoseError("ci", found=repr(ci), needed="'bootstrap' or 'none'")
    if not 0.0 < level < 1.0:
        raise VadoseError("level", found=repr(level), needed="a number between 0 and 1", do="Use 0.95 for 95 %.")
    if min_n < 3 or n_boot < 10:
        raise VadoseError("min_n, n_boot", found=f"{min_n}, {n_boot}", needed="at least 3 samples and 10 resamples")
    from .triple_kernels import ROWS, collocate_rows

    shape, rows = as_rows(x, y, z)
    axis, span = regular_axis(position, rows[0].shape[1])
    count = max(map(len, rows)) if int(np.prod(shape)) else 0
    uniform = np.empty((0, 0))
    if ci == "bootstrap":
        uniform = np.random.default_rng(seed).random((n_boot, int(np.ceil(span ** (2.0 / 3.0))) + 3))
    plain, bounds = np.empty((count, ROWS)), np.empty((count, ROWS, 3))
    counts, status = np.empty((count, 5)), np.empty(count, np.int8)
    tail = 0.5 * (1.0 - level)

    def work(part: slice) -> None:
        a, b, c = (block(r, part) for r in rows)
        collocate_rows(
            a, b, c, axis, span, min_n, uniform, tail, 1.0 - tail, plain[part], bounds[part], counts[part], status[part]
        )

    over_rows(work, count)
    out: dict[str, NDArray] = {}
    low, high = np.empty_like(plain), np.empty_like(plain)
    with np.errstate(invalid="ignore"):
        sign = np.sign(plain[:, 6:8])
    for j in range(ROWS):
        to, back, turn = (logit, share, 1.0) if 3 <= j < 6 else (np.log, np.exp, sign[:, j - 6] if j in (6, 7) else 1.0)
        drawn = bounds[:, j] * np.expand_dims(turn, -1)
        a, b = adjusted_bounds(drawn, plain[:, j] * turn, counts[:, 4], to=to, back=back)
        low[:, j], high[:, j] = a * turn, b * turn
    for end, v in (("", plain), ("_lower", low), ("_upper", high)):
        out |= {f"{name}{end}": value for name, value in _derive(v, counts).items()}
    for name in ("rho", "beta"):  # a negative sign swaps the bounds
        low, high = out[f"{name}_lower"], out[f"{name}_upper"]
        out[f"{name}_lower"], out[f"{name}_upper"] = np.minimum(low, high), np.maximum(low, high)
    result = {key: value.reshape((3, *shape)) for key, value in out.items()}
    return result | {
        "n": counts[:, 0].reshape(shape),
        "n_eff": counts[:, 1].reshape(shape),
        "status": status.reshape(shape),
    }


def _derive(v: NDArray, counts: NDArray) -> dict[str, NDArray]:
    """Named estimates (3, points) from the kernel's rows or their bounds."""
    std = np.sqrt(v[:, 0:3].T)
    r2 = v[:, 3:6].T
    with np.errstate(divide="ignore", invalid="ignore"):
        snr = 10.0 * np.log10(r2 / (1.0 - r2))
    one = np.where(np.isnan(v[:, 6]), np.nan, 1.0)
    sign = np.stack([np.ones(len(v)), counts[:, 2], counts[:, 3]])
    return {
        "err_std": std,
        "err_std_ref": np.stack([std[0], v[:, 8], v[:, 9]]),
        "r2": r2,
        "snr_db": snr,
        "beta": np.stack([one, v[:, 6], v[:, 7]]),
        "rho": sign * np.sqrt(r2),
    }


def weights(err_std: ArrayLike, *, available: ArrayLike | None = None) -> NDArray[np.float64]:
    """Weights of the best linear merge: inverse error variances, shared among what is there.

    Parameters
    ----------
    err_std : array_like, shape (product, ...)
        Error deviations in a common unit, such as ``err_std_ref``; NaN for a product that is not to be used.
    available : array_like of bool, shape (product, ..., time) or (product, ...), optional
        Where a product has a value; default everywhere.

    Returns
    -------
    ndarray of float64
        Weights [1] of the shape of ``available`` (else of ``err_std``): their sum over products is 1, or they are
        NaN where no product can be used.

    Raises
    ------
    VadoseError
        If the shapes do not fit or an error deviation is negative.

    Notes
    -----
    w_i = err_i^-2 / sum of err_k^-2 over the products at hand (Yilmaz et al. 2012, doi:10.1029/2011WR011682). A product
    without error takes all the weight.

    Examples
    --------
    >>> from vadose.stats import triple
    >>> triple.weights([1.0, 2.0]).round(3)
    array([0.8, 0.2])
    >>> triple.weights([1.0, 2.0], available=[[True, False, False], [True, True, False]]).round(3)
    array([[0.8, 0. , nan],
           [0.2, 1. , nan]])
    """
    error = np.asarray(err_std, np.float64)
    if (error < 0.0).any():
        raise VadoseError("err_std", found=f"{np.nanmin(error):g}", needed="deviations of 0 or more")
    there = np.ones(error.shape, bool) if available is None else np.asarray(available, bool)
    if there.shape[: error.ndim] != error.shape or there.ndim > error.ndim + 1:
        raise VadoseError("available", found=f"shape {there.shape}", needed=f"{error.shape} with time last, or without")
    if there.ndim > error.ndim:
        error = error[..., None]
    usable = there & ~np.isnan(error)
    perfect = usable & (error == 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        strength = np.where(usable, 1.0 / error**2, 0.0)
        strength = np.where(perfect.any(axis=0), perfect.astype(np.float64), strength)
        return strength / strength.sum(axis=0)
