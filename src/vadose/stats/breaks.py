"""Homogeneity of series: where the level changes, and whether the spread differs between segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, block
from .status import STATUS
from .threads import over_rows


def pettitt(values: ArrayLike, *, min_n: int = 10) -> dict[str, NDArray]:
    """Most likely change of level along the last axis (Pettitt's test).

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series in the order of time; NaN is missing [any unit].
    min_n : int
        Fewer values give NaN and status ``too_few_years`` (``no_data`` where there is none).

    Returns
    -------
    dict of ndarray, shape (...)
        ``index`` of the last sample before the change (float64, NaN for none), ``k`` [1], ``p_value`` [1], ``shift``,
        mean after less mean before [unit of values], ``n`` [1]; ``status`` (int8).

    Raises
    ------
    VadoseError
        If ``min_n`` is below 2.

    Notes
    -----
    U_t = sum_(i<=t) sum_(j>t) sign(x_i - x_j) = 2 sum_(i<=t) R_i - t (n + 1); K = max abs(U_t), first maximum;
    p = 2 exp(-6 K^2 / (n^3 + n^2)), at most 1 (Pettitt 1979, doi:10.2307/2346729). Values are taken as independent: a
    trend or persistence gives small p too.

    Examples
    --------
    >>> from vadose.stats import breaks
    >>> got = breaks.pettitt([1.0, 2.0, 1.5, 5.0, 6.0, 5.5], min_n=6)
    >>> float(got["index"]), float(got["k"]), float(got["shift"])
    (2.0, 9.0, 4.0)
    """
    if min_n < 2:
        raise VadoseError("min_n", found=repr(min_n), needed="at least 2 values")
    from .trend_kernels import pettitt_rows

    shape, (rows,) = as_rows(values)
    got = np.full((len(rows), 5), np.nan)

    def work(part: slice) -> None:
        x = block(rows[part], slice(None))
        pettitt_rows(np.where(np.isfinite(x), x, np.nan), min_n, got[part])

    over_rows(work, len(rows), rows=256)
    index, k, before, after, n = got.T
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.minimum(1.0, 2.0 * np.exp(-6.0 * k**2 / (n**3 + n**2)))
    status = np.where(np.isnan(k), np.where(n == 0, STATUS["no_data"], STATUS["too_few_years"]), STATUS["ok"])
    status = np.where(k == 0, STATUS["zero_variance"], status).astype(np.int8)
    out = {"index": index, "k": k, "p_value": p, "shift": after - before, "n": n, "status": status}
    return {name: np.ascontiguousarray(field).reshape(shape) for name, field in out.items()}


def fligner_killeen(values: ArrayLike, segment: ArrayLike, *, min_n: int = 5) -> dict[str, NDArray]:
    """Whether the spread is the same in all segments of the last axis (Fligner-Killeen, median-centred).

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN is missing [any unit].
    segment : array_like of int, shape (time,)
        Segment of each sample; negative ones belong to none.
    min_n : int
        Fewest values in a segment; segments with fewer are left out, and fewer than two left give NaN and a status.

    Returns
    -------
    dict of ndarray, shape (...)
        ``statistic`` and ``p_value`` [1], ``segments``, the number compared, ``n`` [1], float64; ``status`` (int8).

    Raises
    ------
    VadoseError
        If ``segment`` does not fit.

    Notes
    -----
    a_i = Phi^-1(1/2 + R_i / (2 (n + 1))), R_i ranks of abs(x - median of its segment); statistic = sum_j n_j (mean_j a
    - mean a)^2 / var(a), chi-square with one less than the number of segments (Fligner and Killeen 1976,
    J. Am. Stat. Assoc. 71, 210-213; Conover et al. 1981), as scipy.stats.fligner.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import breaks
    >>> x = np.tile([-1.0, 0.0, 1.0, 2.0, -2.0], 8)
    >>> x[20:] *= 10
    >>> bool(breaks.fligner_killeen(x, np.repeat([0, 1], 20))["p_value"] < 0.01)
    True
    """
    from scipy.special import chdtrc, ndtri
    from scipy.stats import rankdata

    shape, (rows,) = as_rows(values)
    label = np.asarray(segment)
    if label.shape != rows.shape[1:] or label.dtype.kind not in "iu":
        raise VadoseError("segment", found=f"{label.dtype} of shape {label.shape}",
                          needed=f"one whole number per sample, shape {rows.shape[1:]}")  # fmt: skip
    found = np.unique(label[label >= 0])
    got = np.full((len(rows), 4), np.nan)

    def work(part: slice) -> None:
        x = block(rows[part], slice(None))
        valid = np.isfinite(x)
        distance, member = np.full(x.shape, np.nan), np.zeros((len(found), *x.shape), bool)
        for k, name in enumerate(found):
            inside = valid & (label == name)
            enough = inside.sum(axis=-1) >= min_n
            member[k] = inside & enough[:, None]
            middle = _median(np.where(member[k], x, np.nan))
            distance = np.where(member[k], np.abs(x - middle[:, None]), distance)
        n = np.isfinite(distance).sum(axis=-1)
        rank = rankdata(np.where(np.isfinite(distance), distance, np.inf), axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            a = np.where(np.isfinite(distance), ndtri(0.5 + rank / (2.0 * (n[:, None] + 1.0))), 0.0)
            mean = a.sum(axis=-1) / n
            power = np.where(np.isfinite(distance), (a - mean[:, None]) ** 2, 0.0).sum(axis=-1) / (n - 1.0)
            size = member.sum(axis=-1)
            between = np.where(size > 0, size * (np.where(member, a, 0.0).sum(axis=-1) / size - mean) ** 2, 0.0)
            count = (size > 0).sum(axis=0)
            statistic = np.where((count > 1) & (power > 1e-12), between.sum(axis=0) / power, np.nan)
        p = np.where(np.isnan(statistic), np.nan, chdtrc(np.maximum(count - 1.0, 1.0), statistic))
        got[part] = np.stack([statistic, p, count, n], axis=-1)

    over_rows(work, len(rows), rows=4096)
    statistic, p, count, n = got.T
    status = np.where(n == 0, STATUS["no_data"], np.where(count < 2, STATUS["too_few_years"], STATUS["ok"]))
    status = np.where((status == STATUS["ok"]) & np.isnan(statistic), STATUS["zero_variance"], status).astype(np.int8)
    out = {"statistic": statistic, "p_value": p, "segments": count, "n": n, "status": status}
    return {name: np.ascontiguousarray(field).reshape(shape) for name, field in out.items()}


def _median(x: NDArray) -> NDArray:
    """Median of the valid values of each row, NaN where there is none."""
    ordered, n = np.sort(x, axis=-1), np.isfinite(x).sum(axis=-1)
    low, high = (np.take_along_axis(ordered, np.maximum(k, 0)[:, None], axis=-1)[:, 0] for k in ((n - 1) // 2, n // 2))
    return 0.5 * (low + high)
