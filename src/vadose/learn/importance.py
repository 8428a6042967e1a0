"""How much each input contributes to a trained model."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..errors import ConfigError
from .rows import as_inputs, as_labels, as_target


class ZonePredictor(Protocol):
    """Anything that predicts rows of zones."""

    def predict(self, X: np.ndarray, zones: np.ndarray | None = None) -> np.ndarray:
        """Values of rows."""


def _spread(X: np.ndarray, labels: np.ndarray, n_zones: int) -> np.ndarray:
    """Standard deviation of each input within each zone (zones, inputs)."""
    count = np.bincount(labels, minlength=n_zones)
    out = np.empty((n_zones, X.shape[1]))
    for d in range(X.shape[1]):
        values = X[:, d].astype(np.float64)
        mean = np.bincount(labels, weights=values, minlength=n_zones) / count
        out[:, d] = np.sqrt(np.bincount(labels, weights=(values - mean[labels]) ** 2, minlength=n_zones) / count)
    return out


def contributions(
    fitted: ZonePredictor,
    X: np.ndarray,
    y: np.ndarray,
    zones: np.ndarray | None = None,
    *,
    seed: int,
    repeats: int = 5,
) -> np.ndarray:
    """Share of each input in what the model knows, by disturbing it.

    Parameters
    ----------
    fitted : object with ``predict(X, zones)``
        The trained model.
    X : ndarray, shape (rows, inputs)
        Inputs.
    y : ndarray, shape (rows,)
        Target.
    zones : ndarray of int, shape (rows,), optional
        Zone of each row; all zone 0 where not given.
    seed : int
        Seed of the random errors.
    repeats : int, optional
        Times each input is disturbed; the rises are averaged.

    Returns
    -------
    ndarray of float64, shape (inputs,)
        Shares [1] that sum to 1; NaN where no input changes the error.

    Raises
    ------
    ConfigError
        Where no row has inputs, target and prediction.

    Notes
    -----
    To each input in turn a random error is added that is no larger than the input's standard deviation s, the rise
    of the mean squared error over all rows is measured, and the rises are divided by their sum (Chen et al., 2021,
    section 5.1).

    Choice: the error is uniform on [-s, s], s within the row's zone, because a network knows only its zone. A fall
    of the error (by chance, of an input that does nothing) counts as 0. The share of several inputs together is the
    sum of theirs.

    References
    ----------
    Chen, Y., Feng, X., Fu, B. (2021). Earth System Science Data 13, 1-31. doi:10.5194/essd-13-1-2021.

    Examples
    --------
    A model 2 a + b: the rises are as 2 squared to 1.

    >>> import numpy as np
    >>> from vadose.learn import contributions
    >>> class Known:
    ...     def predict(self, X, zones=None):
    ...         return 2 * X[:, 0] + X[:, 1]
    >>> X = np.random.default_rng(0).standard_normal((20000, 3))
    >>> contributions(Known(), X, Known().predict(X), seed=1).round(1) + 0.0
    array([0.8, 0.2, 0. ])
    """
    X = as_inputs(X)
    y, zones = as_target(y, len(X)), as_labels("zones", zones, len(X))
    plain = fitted.predict(X, zones)
    good = np.isfinite(X).all(axis=1) & np.isfinite(y) & np.isfinite(plain)
    if not good.any():
        raise ConfigError(
            "contributions", found="no row with inputs, target and prediction", needed="rows the model was trained for"
        )
    X, y, zones, plain = X[good], y[good], zones[good], plain[good]
    ids, labels = np.unique(zones, return_inverse=True)
    sd = _spread(X, labels, len(ids))
    before = np.mean((plain - y) ** 2)
    rise = np.zeros(X.shape[1])
    disturbed = X.copy()
    for d in range(X.shape[1]):
        for repeat in range(repeats):
            noise = np.random.default_rng([seed, d, repeat]).uniform(-1.0, 1.0, len(X))
            disturbed[:, d] = X[:, d] + noise * sd[labels, d]
            rise[d] += np.mean((fitted.predict(disturbed, zones) - y) ** 2) - before
        disturbed[:, d] = X[:, d]
    rise = np.maximum(rise, 0.0)
    return rise / rise.sum() if rise.sum() > 0 else np.full(len(rise), np.nan)
