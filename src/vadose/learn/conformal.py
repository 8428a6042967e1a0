"""Intervals that cover as promised: quantiles of errors that were not trained on."""

from __future__ import annotations

import math
from typing import Self

import numpy as np

from ..errors import ConfigError


def _check_level(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise ConfigError("level", found=repr(level), needed="a number between 0 and 1")


def error_quantile(errors: np.ndarray, *, level: float) -> float:
    """Quantile of absolute errors with the finite-sample correction.

    Parameters
    ----------
    errors : ndarray, shape (n,)
        Errors of rows not trained on; their sign is ignored, NaN are left out.
    level : float
        Share of new rows to cover.

    Returns
    -------
    float
        The ceil((n + 1) level)-th smallest absolute error; infinite where n is too small for the level.

    Raises
    ------
    ConfigError
        Where the level is not between 0 and 1.

    Notes
    -----
    If old and new errors are exchangeable, a new one is within this bound with a probability of at least ``level``
    and, without ties, at most level + 1 / (n + 1) (Vovk et al., 2005; Lei et al., 2018, theorem 2.2).

    References
    ----------
    Lei, J., et al. (2018). Journal of the American Statistical Association 113, 1094-1111.
    doi:10.1080/01621459.2017.1307116.

    Examples
    --------
    Nine errors, level 0.8: the 8th smallest.

    >>> import numpy as np
    >>> from vadose.learn import error_quantile
    >>> error_quantile(np.array([1, -2, 3, -4, 5, -6, 7, -8, 9]), level=0.8)
    8.0
    >>> error_quantile(np.array([1.0, 2.0]), level=0.8)
    inf
    """
    _check_level(level)
    size = np.abs(np.asarray(errors, dtype=np.float64))
    size = size[~np.isnan(size)]
    rank = math.ceil((len(size) + 1) * level - 1e-9)
    return float(np.partition(size, rank - 1)[rank - 1]) if rank <= len(size) else math.inf


class SplitConformal:
    """Intervals around estimates from the errors of rows held back.

    Parameters
    ----------
    level : float, optional
        Share of new rows to cover.

    Attributes
    ----------
    radius_ : float
        Half width, in the target's unit, or in units of ``scale`` where given.

    Notes
    -----
    With a ``scale`` (such as an estimated standard deviation per row) errors are divided by it before the quantile
    is taken, so that intervals are wide where the estimate is uncertain and still cover (Lei et al., 2018, 5.2).
    Infinite where there are too few rows for the level.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.learn import SplitConformal
    >>> bounds = SplitConformal(level=0.75).fit(np.zeros(3), np.array([1.0, -2.0, 3.0]))
    >>> bounds.radius_, bounds.lower(np.array([10.0])), bounds.upper(np.array([10.0]))
    (3.0, array([7.]), array([13.]))
    """

    def __init__(self, *, level: float = 0.9) -> None:
        self.level = level

    def fit(self, estimate: np.ndarray, reference: np.ndarray, scale: np.ndarray | None = None) -> Self:
        """Learn the half width from rows that the estimate was not trained on.

        Parameters
        ----------
        estimate, reference : ndarray, shape (n,)
            Estimates and what they should have been.
        scale : ndarray, shape (n,), optional
            Expected size of each error, > 0.

        Returns
        -------
        SplitConformal
            Itself.
        """
        errors = np.asarray(estimate, np.float64) - np.asarray(reference, np.float64)
        if scale is not None:
            scale = np.asarray(scale, np.float64)
            if np.any(scale <= 0):
                raise ConfigError("scale", found=f"{scale.min()}", needed="expected sizes of errors, all > 0")
            errors = errors / scale
        self.radius_ = error_quantile(errors, level=self.level)
        return self

    def lower(self, estimate: np.ndarray, scale: np.ndarray | float = 1.0) -> np.ndarray:
        """Lower bounds of estimates (with their scale where ``fit`` had one)."""
        return np.asarray(estimate, np.float64) - self.radius_ * np.asarray(scale, np.float64)

    def upper(self, estimate: np.ndarray, scale: np.ndarray | float = 1.0) -> np.ndarray:
        """Upper bounds of estimates (with their scale where ``fit`` had one)."""
        return np.asarray(estimate, np.float64) + self.radius_ * np.asarray(scale, np.float64)


class CrossConformal:
    """Intervals from cross-validation: every row both trains and calibrates (CV+).

    Parameters
    ----------
    level : float, optional
        Share of new rows to cover; 2 level - 1 is guaranteed, ``level`` or somewhat more is usual.

    Attributes
    ----------
    errors_ : ndarray, shape (n,)
        Absolute errors of the rows, each from the model of its fold that did not see it.
    folds_ : ndarray of int, shape (n,)
        Fold of each row.

    Notes
    -----
    With f_k the model trained without fold k and R_i the error of row i, the bounds of a new row x are the
    floor((n + 1)(1 - level))-th smallest f_k(i)(x) - R_i and the ceil((n + 1) level)-th smallest f_k(i)(x) + R_i
    (Barber et al., 2021, eq. 10).

    References
    ----------
    Barber, R. F., et al. (2021). Annals of Statistics 49, 486-507. doi:10.1214/20-AOS1965.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.learn import CrossConformal
    >>> bounds = CrossConformal(level=0.75).fit(np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([0, 0, 1]))
    >>> by_fold = np.array([[10.0], [20.0]])
    >>> bounds.lower(by_fold), bounds.upper(by_fold)
    (array([8.]), array([23.]))
    """

    def __init__(self, *, level: float = 0.9) -> None:
        self.level = level

    def fit(self, estimate: np.ndarray, reference: np.ndarray, folds: np.ndarray) -> Self:
        """Learn from estimates that each come from the model without their fold.

        Parameters
        ----------
        estimate, reference : ndarray, shape (n,)
            Out-of-fold estimates and what they should have been; rows with NaN are left out.
        folds : ndarray of int, shape (n,)
            Fold of each row, counted from 0.

        Returns
        -------
        CrossConformal
            Itself.
        """
        _check_level(self.level)
        errors = np.abs(np.asarray(estimate, np.float64) - np.asarray(reference, np.float64))
        good = ~np.isnan(errors)
        self.errors_, self.folds_ = errors[good], np.asarray(folds)[good]
        return self

    def lower(self, estimates: np.ndarray) -> np.ndarray:
        """Lower bounds (rows,) from the estimates (folds, rows) of each fold's model."""
        return -self._bound(-np.asarray(estimates, np.float64))

    def upper(self, estimates: np.ndarray) -> np.ndarray:
        """Upper bounds (rows,) from the estimates (folds, rows) of each fold's model."""
        return self._bound(np.asarray(estimates, np.float64))

    def _bound(self, estimates: np.ndarray) -> np.ndarray:
        """The ceil((n + 1) level)-th smallest estimate + error; the lower bound is its mirror image."""
        if estimates.ndim != 2 or (len(self.folds_) and self.folds_.max() >= len(estimates)):
            raise ConfigError("estimates", found=f"shape {estimates.shape}", needed="(folds, rows), all folds")
        n = len(self.errors_)
        rank = math.ceil((n + 1) * self.level - 1e-9)
        if rank > n:
            return np.where(np.isnan(estimates).any(axis=0), np.nan, np.inf)
        out = np.empty(estimates.shape[1])
        for first in range(0, len(out), 1024):  # (n, 1024) at once bounds the memory
            some = slice(first, first + 1024)
            out[some] = np.partition(estimates[self.folds_, some] + self.errors_[:, None], rank - 1, axis=0)[rank - 1]
        return np.where(np.isnan(estimates).any(axis=0), np.nan, out)
