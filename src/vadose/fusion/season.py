"""The yearly course of a difference, and what several products agree on about a record's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..stats.cycles import harmonics
from .anomalies import YEAR

#: Fewest values of a cell for the yearly course of a difference.
FEWEST_OF_CELL = 20

#: Error of a product's yearly course as a share of that of its level. Choice: what makes both (plants, heat, gain)
#: changes by about a third over the year.
SEASONAL_SHARE = 0.3

#: Standard deviation of a record's error in each coefficient of its yearly course [m3 m-3]. Choice.
PRIOR = 0.02

#: Successive dekads that tell as much as one on its own: differences last. Choice.
SUCCESSIVE = 4.0


def yearly_basis(numbers: np.ndarray) -> np.ndarray:
    """Level and two harmonics at dekads; shape (time, 5)."""
    return harmonics((numbers % YEAR + 0.5) / YEAR)


def yearly_course(x: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Level and two harmonics of each cell by least squares; shape (5, cells), NaN where values are too few.

    Parameters
    ----------
    x : ndarray, shape (time, cells)
        Series; NaN is missing.
    basis : ndarray, shape (time, 5)
        From :func:`yearly_basis`.
    """
    return _fitted(x, basis)[0]


def agreed_season(differences: Sequence[np.ndarray], systematic: Sequence[float], basis: np.ndarray) -> np.ndarray:
    """What to add to the yearly course of a record, by products that each err in their own way.

    Parameters
    ----------
    differences : sequence of ndarray, shape (time, cells)
        Product less record [m3 m-3]; NaN is missing.
    systematic : sequence of float
        Standard uncertainty of the level of each product [m3 m-3].
    basis : ndarray, shape (time, 5)
        From :func:`yearly_basis`.

    Returns
    -------
    ndarray, shape (4, cells)
        Coefficients of the two harmonics [m3 m-3]; 0 where no product is at hand.

    Notes
    -----
    Product k sees the coefficients c of the record's error as h_k = c + ε_k. Its error has the covariance
    S_k = (κ s_k)² I + v_k M_k⁻¹, κ = :data:`SEASONAL_SHARE`, v_k the variance of what the course leaves, times
    :data:`SUCCESSIVE`, M_k the normal matrix of the harmonics at its dekads, less what the level takes from it. With
    c ~ N(0, p² I), p = :data:`PRIOR`: c = (I/p² + Σ S_k⁻¹)⁻¹ Σ S_k⁻¹ h_k. A product that misses part of the year says
    little about it and moves it little.

    Examples
    --------
    >>> basis = yearly_basis(np.arange(360))
    >>> swing = 0.02 * basis[:, 1:2]
    >>> float(agreed_season([swing, swing, swing], [0.03] * 3, basis)[0, 0].round(4))
    0.0187
    """
    cells = differences[0].shape[1]
    one = np.eye(4)
    left = np.tile(one / PRIOR**2, (cells, 1, 1))
    right = np.zeros((cells, 4))
    for x, s in zip(differences, systematic):
        good = np.isfinite(x)
        course, whole = _fitted(x, basis)
        known = np.isfinite(course[0])
        rest = np.where(good & known, x - basis @ course, 0.0)
        variance = SUCCESSIVE * (rest**2).sum(axis=0) / np.maximum(good.sum(axis=0), 1)
        seen = whole[:, 1:, 1:] - whole[:, 1:, :1] * whole[:, :1, 1:] / np.maximum(whole[:, :1, :1], 1.0)
        seen[~known] = 0.0
        # S⁻¹ = M (κ² s² M + v I)⁻¹, which asks for no inverse of M
        both = (SEASONAL_SHARE * s) ** 2 * seen + (variance[:, None, None] + 1e-12) * one
        precision = seen @ np.linalg.inv(both)
        left += precision
        right += (precision @ np.where(known, course[1:], 0.0).T[..., None])[..., 0]
    return np.linalg.solve(left, right[..., None])[..., 0].T


def _fitted(x: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """:func:`yearly_course` and Σ b bᵀ over the values of each cell, shape (cells, 5, 5)."""
    good = np.isfinite(x)
    pairs = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    whole = (good.T.astype("float64") @ pairs).reshape(-1, 5, 5)
    right = np.where(good, x, 0.0).T.astype("float64") @ basis
    count = good.sum(axis=0)
    ridge = 1e-3 * (count[:, None, None] + 1) * np.eye(5) * np.array([0, 1, 1, 1, 1])  # no wild course through a gap
    left = whole + ridge
    left[count == 0] = np.eye(5)
    out = np.linalg.solve(left, right[..., None])[..., 0]
    out[count < FEWEST_OF_CELL] = np.nan
    return out.T, whole
