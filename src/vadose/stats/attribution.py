"""Shares of the variance of a sum that its parts, split into trend and variability, account for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .status import STATUS
from .threads import over_rows

#: Parts that each series is split into, in the order of the last axis of ``share``.
KINDS = ("trend", "iav")


def variance_shares(parts: ArrayLike, *, time: ArrayLike | None = None, min_n: int = 10) -> dict[str, NDArray]:
    """Shares of var(sum of parts) by part and by trend or variability about it.

    Parameters
    ----------
    parts : array_like, shape (..., part, time)
        Series that add up; a time at which one is missing is left out [any unit].
    time : array_like, shape (time,), optional
        Times [any unit]; default 0, 1, 2, ...
    min_n : int
        Fewer complete times give NaN and status ``too_few_years`` (``no_data`` where there is none).

    Returns
    -------
    dict of ndarray
        ``share`` (..., part, 2) [1]: of the trend, and of the rest, of each part; they add up to 1 and may be negative
        or above 1. ``variance`` (...) of the sum, n - 1 in the denominator [squared unit]; ``n`` (...); ``status``
        (int8).

    Raises
    ------
    VadoseError
        If shapes do not fit.

    Notes
    -----
    x_i = a_i + b_i (t - mean t) + e_i by least squares; share of component c = cov(c, sum x)/var(sum x). The residuals
    e are orthogonal to time, so that the trend's share is b_i cov(t, sum x)/var(sum x). Sums are float64.

    Examples
    --------
    The first series is all trend, the second all alternation; their sum varies by 2/3 and 1/3:

    >>> import numpy as np
    >>> from vadose.stats import attribution
    >>> parts = np.array([[-1.0, 0.0, 1.0, 2.0], [0.5, -1.5, 0.5, 0.5]])
    >>> got = attribution.variance_shares(parts, min_n=4)
    >>> round(float(got["share"].sum()), 12), got["share"].shape
    (1.0, (2, 2))
    """
    x = np.asarray(parts)
    if x.ndim < 2 or x.dtype.kind not in "fiu":
        raise VadoseError("parts", found=f"{x.dtype} of shape {x.shape}", needed="numbers of shape (..., part, time)")
    t = np.arange(x.shape[-1], dtype=float) if time is None else np.asarray(time, dtype=float)
    if t.shape != x.shape[-1:] or not np.isfinite(t).all() or np.unique(t).size != t.size:
        raise VadoseError("time", found=f"shape {t.shape}", needed=f"{x.shape[-1]} distinct finite times")
    from .attribution_kernels import share_rows

    rows = x.reshape(-1, *x.shape[-2:])
    share, extra = np.empty((*rows.shape[:2], 2)), np.empty((len(rows), 3))

    def work(part: slice) -> None:
        # single precision is read as it is: widening a copy would take longer than all the rest
        share_rows(np.ascontiguousarray(rows[part], dtype=np.float32 if x.dtype == np.float32 else np.float64),
                   t, min_n, share[part], extra[part])  # fmt: skip

    over_rows(work, len(rows), rows=2048)
    few = np.where(extra[:, 1] == 0, STATUS["no_data"], STATUS["too_few_years"])
    status = np.choose(extra[:, 2].astype(int), [STATUS["ok"], few, STATUS["zero_variance"]]).astype(np.int8)
    shape = x.shape[:-2]
    return {
        "share": share.reshape(*shape, *share.shape[1:]), "variance": extra[:, 0].reshape(shape),
        "n": extra[:, 1].reshape(shape), "status": status.reshape(shape),
    }  # fmt: skip


def part_means(parts: ArrayLike) -> NDArray[np.float64]:
    """Mean of each part over the times at which all parts are there.

    Parameters
    ----------
    parts : array_like, shape (..., part, time)
        Series that add up [any unit].

    Returns
    -------
    ndarray, shape (..., part)
        Means [unit of parts], float64; 0 where no time is complete.

    Examples
    --------
    >>> from vadose.stats import attribution
    >>> attribution.part_means([[1.0, 3.0, 8.0], [10.0, 20.0, float("nan")]]).tolist()
    [2.0, 15.0]
    """
    from .attribution_kernels import mean_rows

    x = np.asarray(parts)
    x = x.astype(np.float32 if x.dtype == np.float32 else np.float64, copy=False)
    rows = x.reshape(-1, *x.shape[-2:])
    out = np.empty(rows.shape[:2])
    over_rows(lambda part: mean_rows(np.ascontiguousarray(rows[part]), out[part]), len(rows), rows=2048)
    return out.reshape(x.shape[:-1])
