"""Quadruple collocation: four records of one truth, of which two may share errors."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, regular_axis
from .bootstrap import adjusted_bounds, logit, same, share
from .threads import over_rows
from .triple import collocate as collocate_three

#: Estimates with ``_lower`` and ``_upper``; the first axis counts the products.
ESTIMATES = ("err_std", "err_std_ref", "r2", "snr_db", "beta")


def collocate(
    w: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    z: ArrayLike,
    *,
    correlated: tuple[int, int] | None = None,
    position: ArrayLike | None = None,
    ci: Literal["bootstrap", "none"] = "bootstrap",
    level: float = 0.95,
    min_n: int = 100,
    n_boot: int = 1000,
    seed: int = 0,
) -> dict[str, NDArray]:
    """Errors and signal of four records along the last axis.

    Parameters
    ----------
    w, x, y, z : array_like, shape (..., time)
        Records of one truth, linear in it; NaN is missing, samples that all have count [any units].
    correlated : tuple of int, optional
        The two products (0 to 3) whose errors may be correlated; None takes all errors as independent.
    position : array_like of int, shape (time,), optional
        Position of each sample on a regular axis, rising.
    ci : {"bootstrap", "none"}
        Intervals from circular blocks, or none (NaN).
    level : float
        Level of the intervals [1].
    min_n : int
        Fewer common samples give NaN and status ``too_few_pairs``.
    n_boot, seed : int
        Resamples of the bootstrap and its seed.

    Returns
    -------
    dict of ndarray
        float64, shape (4, ...), each with ``_lower`` and ``_upper``: ``err_std`` [own unit], ``err_std_ref`` [unit of
        w], ``r2`` [1], ``snr_db`` [dB], ``beta`` (scaled = beta * record) [unit of w per own unit]; shape (...):
        ``err_cov`` (error covariance of the pair) [product of their units] and ``err_corr`` [1] with bounds of
        ``err_cov``, ``n``, ``n_eff`` and ``status`` (int8).

    Raises
    ------
    VadoseError
        If shapes do not fit, positions do not rise, or an option is out of range.

    Notes
    -----
    signal_i = mean over the triplets (i, j, k) without the correlated pair of Qij Qik / Qjk; err_var_i = Qii -
    signal_i; for a pair (c, d) and the others (a, b): err_cov = Qcd - (Qac Qbd + Qbc Qad) / (2 Qab) (Gruber et al.
    2016, doi:10.1002/2015JD024027). Where several triplets say the same, their mean is the least-squares solution.

    Choice: as in :func:`vadose.stats.triple.collocate`, a negative error variance makes that product's numbers NaN, and
    signs that fit no common truth make all of them NaN. Blocks follow the most persistent of the triplets.

    Examples
    --------
    Errors of the last two are one and the same record, of variance 1 beside a truth of variance 1:

    >>> import numpy as np
    >>> from vadose.stats import quadruple
    >>> t, e, f, g = (np.tile(np.repeat([1, -1], n), 128 // (2 * n)) for n in (1, 2, 4, 8))
    >>> got = quadruple.collocate(t + e, t + f, t + g, t + g, correlated=(2, 3), ci="none")
    >>> got["r2"].round(6), round(float(got["err_corr"]), 6)
    (array([0.5, 0.5, 0.5, 0.5]), 1.0)
    """
    if ci not in ("bootstrap", "none"):
        raise VadoseError("ci", found=repr(ci), needed="'bootstrap' or 'none'")
    if not 0.0 < level < 1.0:
        raise VadoseError("level", found=repr(level), needed="a number between 0 and 1", do="Use 0.95 for 95 %.")
    if min_n < 3 or n_boot < 10:
        raise VadoseError("min_n, n_boot", found=f"{min_n}, {n_boot}", needed="at least 3 samples and 10 resamples")
    one, two = _pair(correlated)
    from .quadruple_kernels import ROWS, collocate_rows

    shape, rows = as_rows(w, x, y, z)
    axis, span = regular_axis(position, rows[0].shape[1])
    count = max(map(len, rows)) if int(np.prod(shape)) else 0
    data = np.empty((4, count, rows[0].shape[1]))
    for i, r in enumerate(rows):
        data[i] = r[:count]
    data = np.where(np.isfinite(data), data, np.nan)
    common = np.where(np.isfinite(data).all(axis=0), 0.0, np.nan)
    n_eff = np.full(count, np.inf)
    for triplet in ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)):
        if one not in triplet or two not in triplet:
            got = collocate_three(*(data[i] + common for i in triplet), position=position, ci="none", min_n=min_n)
            n_eff = np.fmin(n_eff, got["n_eff"])
    uniform = np.empty((0, 0))
    if ci == "bootstrap":
        uniform = np.random.default_rng(seed).random((n_boot, int(np.ceil(span ** (2.0 / 3.0))) + 3))
    plain, bounds = np.empty((count, ROWS)), np.empty((count, ROWS, 3))
    counts, status = np.empty((count, 2)), np.empty(count, np.int8)
    tail = 0.5 * (1.0 - level)

    def work(part: slice) -> None:
        collocate_rows(np.ascontiguousarray(data[:, part]), axis, n_eff[part], one, two, min_n, uniform, tail,
                       1.0 - tail, plain[part], bounds[part], counts[part], status[part])  # fmt: skip

    over_rows(work, count)
    low, high = np.empty_like(plain), np.empty_like(plain)
    for j in range(ROWS):
        to, back = (np.log, np.exp) if j < 4 or j > 12 else (logit, share) if j < 8 else (same, same)
        low[:, j], high[:, j] = adjusted_bounds(bounds[:, j], plain[:, j], counts[:, 1], to=to, back=back)
    result: dict[str, NDArray] = {}
    for end, v in (("", plain), ("_lower", low), ("_upper", high)):
        std, r2, beta = np.sqrt(v[:, 0:4].T), v[:, 4:8].T, v[:, 8:12].T
        with np.errstate(divide="ignore", invalid="ignore"):
            snr = 10.0 * np.log10(r2 / (1.0 - r2))
        parts = {"err_std": std, "err_std_ref": v[:, 13:17].T, "r2": r2, "snr_db": snr, "beta": beta}
        result |= {f"{k}{end}": a.reshape((4, *shape)) for k, a in parts.items()}
        result[f"err_cov{end}"] = v[:, 12].reshape(shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        both = np.sqrt(plain[:, one] * plain[:, two]) if one >= 0 else np.full(count, np.nan)
        result["err_corr"] = np.clip(plain[:, 12] / both, -1.0, 1.0).reshape(shape)
    return result | {
        "n": counts[:, 0].reshape(shape),
        "n_eff": np.where(np.isfinite(n_eff), n_eff, np.nan).reshape(shape),
        "status": status.reshape(shape),
    }


def _pair(correlated: tuple[int, int] | None) -> tuple[int, int]:
    if correlated is None:
        return -1, -1
    pair = sorted(set(correlated))
    if len(pair) != 2 or pair[0] < 0 or pair[1] > 3:
        raise VadoseError("correlated", found=repr(correlated), needed="two different products of 0 to 3")
    return int(pair[0]), int(pair[1])
