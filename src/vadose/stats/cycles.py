"""The yearly cycle of series with gaps: one or two harmonics by least squares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vadose.errors import VadoseError

from .axis import as_rows, block
from .threads import over_rows


def harmonics(phase: ArrayLike) -> NDArray[np.float64]:
    """1, cos, sin, cos and sin of twice the angle, shape (..., 5), of phases in 0..1.

    Examples
    --------
    >>> from vadose.stats.cycles import harmonics
    >>> harmonics(0.25).round(12).tolist()
    [1.0, 0.0, 1.0, -1.0, 0.0]
    """
    turn = 2 * np.pi * np.asarray(phase, dtype=float)
    return np.stack([np.ones_like(turn), np.cos(turn), np.sin(turn), np.cos(2 * turn), np.sin(2 * turn)], axis=-1)


def fit(
    values: ArrayLike,
    *,
    phase: ArrayLike,
    year: ArrayLike,
    order: int | None = None,
    bic_drop: float = 10.0,
    min_n: int = 24,
    min_years: int = 2,
    max_gap: float = 1 / 3,
) -> dict[str, NDArray]:
    """Fourier fit of the yearly cycle along the last axis.

    Parameters
    ----------
    values : array_like, shape (..., time)
        Series; NaN and infinities are missing [any unit].
    phase : array_like, shape (time,)
        Part of the year gone by at each sample, 0 to below 1 [1].
    year : array_like of int, shape (time,)
        Year of each sample, not falling.
    order : {1, 2}, optional
        Number of harmonics; by default one, or two where they lower the BIC by more than ``bic_drop``.
    bic_drop : float
        See ``order``.
    min_n, min_years : int
        Fewest values, and years with a value.
    max_gap : float
        Longest part of the year without any value in any year [1]; the second harmonic is tried where it is at most
        half of that.

    Returns
    -------
    dict of ndarray, shape (...)
        ``mean``, ``cos1``, ``sin1``, ``cos2``, ``sin2`` (coefficients), ``amplitude`` (of the first harmonic) and
        ``range`` (peak less trough) [unit of values]; ``peak``, ``second_peak`` and ``trough`` (phases in 0..1), and
        ``n_peaks``; ``r2_adjusted``, ``n_harmonics``, ``n``, ``n_years``, ``status``.

    Raises
    ------
    VadoseError
        If phases or years do not fit the series or an option cannot be used.

    Notes
    -----
    y = a₀ + Σ aₖ cos 2πkφ + bₖ sin 2πkφ. BIC = n ln(RSS/n) + p ln n, so two harmonics need
    n ln(RSS₁/RSS₂) − 2 ln n > bic_drop (METHODS 5.5). Choice: n counts values as if they were independent; persistence
    makes the second harmonic win somewhat too often, hence a drop of 10 rather than 0. A fit that leaves less than
    1e-12 of the variance counts as exact.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.stats import cycles
    >>> phase = (np.arange(72) % 36 + 0.5) / 36
    >>> got = cycles.fit(0.2 + 0.1 * np.cos(2 * np.pi * (phase - 0.25)), phase=phase, year=np.arange(72) // 36)
    >>> [round(float(got[k]), 6) for k in ("mean", "amplitude", "peak", "trough", "n_harmonics")]
    [0.2, 0.1, 0.25, 0.75, 1.0]
    """
    from .cycle_kernels import FIELDS, fit_rows

    shape, (rows,) = as_rows(values)
    length = rows.shape[1]
    phase, year = np.asarray(phase, dtype=float), np.asarray(year, dtype=np.int64)
    if phase.shape != (length,) or year.shape != (length,):
        raise VadoseError("phase and year", found=f"shapes {phase.shape} and {year.shape}", needed=f"({length},)")
    if length and not ((phase >= 0) & (phase < 1)).all():
        raise VadoseError("phase", found="values outside 0..1", needed="the part of the year gone by")
    if order not in (None, 1, 2):
        raise VadoseError("order", found=repr(order), needed="1, 2 or None")
    if not 0 < max_gap <= 1:
        raise VadoseError("max_gap", found=f"{max_gap}", needed="a part of the year, above 0 and up to 1")
    places, bins = np.unique(phase, return_inverse=True)
    basis = np.stack([f(k * 2 * np.pi * places) for k in (1, 2, 3, 4) for f in (np.cos, np.sin)], axis=-1)
    first = np.flatnonzero(np.r_[True, (np.diff(bins) != 1) | (np.diff(year) != 0)][:length])
    runs = np.stack([first, np.append(first[1:], length), bins[first], year[first]], axis=1)
    out = np.empty((len(rows), len(FIELDS)))

    def work(part: slice) -> None:
        fit_rows(block(rows[part], slice(None)), runs, basis, places, order or 0, float(bic_drop), min_n, min_years,
                 float(max_gap), out[part])  # fmt: skip

    over_rows(work, len(rows), rows=256)
    return {name: out[:, k].reshape(shape) for k, name in enumerate(FIELDS)}


def evaluate(coefficients: ArrayLike, phase: ArrayLike) -> NDArray[np.float64]:
    """Values of fitted cycles, shape (..., phase), from coefficients of shape (..., 5).

    Examples
    --------
    >>> from vadose.stats.cycles import evaluate
    >>> evaluate([0.2, 0.1, 0.0, 0.0, 0.0], [0.0, 0.5]).round(12).tolist()
    [0.3, 0.1]
    """
    terms, basis = np.asarray(coefficients, dtype=float), harmonics(phase)
    out = np.zeros((*terms.shape[:-1], basis.shape[0]))
    for k in range(basis.shape[1]):  # a product of matrices rounds by the number of its rows, and so by chunks
        out += terms[..., k, None] * basis[:, k]
    return out


def circular_difference(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Difference a − b on a circle of length 1, within −0.5 up to 0.5.

    Examples
    --------
    >>> from vadose.stats.cycles import circular_difference
    >>> circular_difference([0.05, 0.9], [0.95, 0.1]).round(12).tolist()
    [0.1, -0.2]
    """
    return (np.asarray(a, dtype=float) - np.asarray(b, dtype=float) + 0.5) % 1.0 - 0.5


def correlation(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    """Correlation of two fitted cycles over the year, from coefficients of shape (..., 5); NaN where one is flat.

    Notes
    -----
    Harmonics are orthogonal over a year, so r = Σ(aₖa′ₖ + bₖb′ₖ) / √(Σ(aₖ² + bₖ²) Σ(a′ₖ² + b′ₖ²)).

    Examples
    --------
    >>> from vadose.stats.cycles import correlation
    >>> float(correlation([5, 1, 0, 0, 0], [0, 0, 2, 0, 0])), float(correlation([5, 1, 0, 0, 0], [0, -2, 0, 0, 0]))
    (0.0, -1.0)
    """
    a, b = np.asarray(a, dtype=float)[..., 1:], np.asarray(b, dtype=float)[..., 1:]
    size = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    return np.where(size > 0, (a * b).sum(-1) / np.where(size > 0, size, 1.0), np.nan)
