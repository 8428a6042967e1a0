"""One small network per zone, thousands of them at once.

A network sees only the rows of its zone: inputs -> ``hidden`` tanh nodes -> one linear output, inputs and target
standardised within the zone, trained by L-BFGS with early stopping on rows held back by whole groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from ..errors import ConfigError
from ..stats.status import STATUS
from ..stats.threads import over_rows
from . import rows as checks

#: Networks one task trains: few, because zones differ in size and the largest go first.
BLOCK = 4
_STATE = (
    "zones_", "weights_", "centre_", "scale_", "status_", "n_rows_", "n_missing_", "n_validation_", "n_iterations_",
    "restart_", "loss_train_", "loss_validation_", "r2_train_", "r2_validation_",
)  # fmt: skip


class ZoneNetworks:
    """Networks of one hidden layer, one per zone, after scikit-learn's rules for estimators.

    Parameters
    ----------
    hidden : int, optional
        Hidden nodes.
    restarts : int, optional
        Networks trained per zone from different starts; the best on the validation rows is kept.
    seed : int, optional
        Seed of starts and validation rows, >= 0.
    max_iter : int, optional
        Iterations of L-BFGS at most.
    weight_decay : float, optional
        Penalty on the squared weights, in rows: the ratio of the variance of the noise to that of a weight, both in
        standard units. Its pull fades as rows grow in number.
    validation_share : float, optional
        Share of the rows held back to choose the iteration and the restart; 0 trains on all rows to the end.
    min_rows : int, optional
        Zones with fewer valid rows get no network.
    patience : int, optional
        Iterations without a better validation score after which training ends.
    tolerance : float, optional
        Training ends after five steps in a row that lower the loss by less than this share.

    Attributes
    ----------
    zones_ : ndarray of int64, shape (networks,)
        Zone of each network, ascending unless given with ``rows_of_zone``.
    weights_ : ndarray of float32, shape (networks, n_params)
        Weights of the inputs (hidden x inputs), biases of the hidden nodes, weights and bias of the output.
    centre_, scale_ : ndarray of float64, shape (networks, inputs + 1)
        Mean and standard deviation of the training rows, inputs first, then the target; scale 0 marks a constant.
    status_ : ndarray of int8, shape (networks,)
        Codes of ``vadose.stats.STATUS``: ok, too_few_rows, too_few_groups, zero_variance (a constant target),
        not_converged. Only networks that are ok predict.
    n_rows_, n_missing_, n_validation_, n_iterations_, restart_ : ndarray of int64, shape (networks,)
        Valid rows, rows lost to a missing value, rows held back, iterations and number of the restart kept.
    loss_train_, loss_validation_ : ndarray of float64, shape (networks,)
        Mean squared error [target unit squared] of the rows fitted and of the rows held back.
    r2_train_, r2_validation_ : ndarray of float64, shape (networks,)
        1 - mean squared error / variance of the same rows.
    n_features_in_ : int
        Number of inputs.

    Notes
    -----
    The loss is mean((y - f(x))^2) + weight_decay / rows x sum(w^2) in standard units; biases are free (Bishop, 1995,
    chapter 9). Limited-memory BFGS after Nocedal (1980) with ten pairs and a weak-Wolfe bisection; starts after
    Nguyen and Widrow (1990).

    Choice: validation rows are whole groups (e.g. dekads), so that neighbouring rows of one group do not leak; the
    groups come as near to ``validation_share`` as their sizes allow. As they choose the iteration, their error is
    slightly optimistic. An input that is constant in a zone (standard deviation below 1e-6 of its mean) has no
    weight there.

    Starts and validation rows are functions of (seed, zone, restart), and rows are sorted by their values before
    they are summed: a network is the same to the last bit whatever the order of the rows, the other zones and the
    number of threads.

    References
    ----------
    Nocedal, J. (1980). Mathematics of Computation 35, 773-782. doi:10.1090/S0025-5718-1980-0572855-7.
    Bishop, C. M. (1995). Neural Networks for Pattern Recognition. Oxford University Press.

    Examples
    --------
    Two zones with opposite slopes, no noise:

    >>> import numpy as np
    >>> from vadose.learn import ZoneNetworks
    >>> x = np.linspace(-1, 1, 200)
    >>> X, zones = np.tile(x, 2)[:, None], np.repeat([3, 8], 200)
    >>> networks = ZoneNetworks().fit(X, np.concatenate([x, -x]), zones)
    >>> networks.zones_
    array([3, 8])
    >>> networks.predict(np.array([[0.5], [0.5], [0.5]]), np.array([3, 8, 9])).round(2)
    array([ 0.5, -0.5,  nan])
    """

    def __init__(
        self,
        *,
        hidden: int = 7,
        restarts: int = 1,
        seed: int = 0,
        max_iter: int = 200,
        weight_decay: float = 0.1,
        validation_share: float = 0.2,
        min_rows: int = 100,
        patience: int = 40,
        tolerance: float = 1e-6,
    ) -> None:
        self.hidden = hidden
        self.restarts = restarts
        self.seed = seed
        self.max_iter = max_iter
        self.weight_decay = weight_decay
        self.validation_share = validation_share
        self.min_rows = min_rows
        self.patience = patience
        self.tolerance = tolerance

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Arguments of the constructor by name (``deep`` changes nothing: none is an estimator)."""
        return {name: getattr(self, name) for name in checks.LIMITS}

    def set_params(self, **params: Any) -> Self:
        """Set arguments of the constructor; returns the estimator."""
        if unknown := sorted(set(params) - set(checks.LIMITS)):
            raise ConfigError("ZoneNetworks", found=f"no parameter {unknown}", needed=f"some of {list(checks.LIMITS)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        return f"ZoneNetworks({', '.join(f'{k}={v!r}' for k, v in self.get_params().items())})"

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        zones: np.ndarray | None = None,
        *,
        validation_groups: np.ndarray | None = None,
        rows_of_zone: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> Self:
        """Train one network per zone.

        Parameters
        ----------
        X : ndarray, shape (rows, inputs)
            Inputs, float32 or float64; rows with a missing value are left out and counted.
        y : ndarray, shape (rows,)
            Target.
        zones : ndarray of int, shape (rows,), optional
            Zone of each row; all one zone 0 where not given. With ``rows_of_zone``: shape (networks,), the zone of
            each network, each once.
        validation_groups : ndarray of int, shape (rows,), optional
            Group of each row, held back or trained on as a whole; each row by itself where not given.
        rows_of_zone : (indptr, indices), optional
            Rows of network k are ``indices[indptr[k]:indptr[k + 1]]``: sets of rows that overlap, such as windows of
            3 x 3 zones, without a copy of the rows.

        Returns
        -------
        ZoneNetworks
            Itself, trained.

        Raises
        ------
        ConfigError
            Where a parameter or an array cannot be used as given.
        """
        from . import zone_kernels as kernels

        checks.check_params(self.get_params())
        X, y = checks.as_inputs(X), checks.as_target(y, len(X))
        groups = checks.as_labels("validation_groups", validation_groups, len(X), empty=True)
        ids, indptr, indices = checks.as_sets(zones, rows_of_zone, len(X))
        count, inputs = len(ids), X.shape[1]
        weights = np.full((count, self.hidden * (inputs + 2) + 1), np.nan, np.float32)
        centre, scale = np.full((2, count, inputs + 1), np.nan)
        numbers = np.zeros((count, len(kernels.NUMBERS)), np.int64)
        scores = np.full((count, len(kernels.SCORES)), np.nan)
        codes = np.zeros(count, np.int8)
        keys = kernels.zone_keys(self.seed, ids)
        largest_first = np.argsort(-np.diff(indptr), kind="stable")

        def train(block: slice) -> None:
            kernels.train_zones(
                X, y, groups, indptr, indices, largest_first[block], keys, self.hidden, self.restarts, self.max_iter,
                float(self.weight_decay), float(self.validation_share), self.min_rows, float(self.tolerance),
                self.patience, weights, centre, scale, numbers, scores, codes,
            )  # fmt: skip

        over_rows(train, count, rows=BLOCK)
        return self._learn(ids, weights, centre, scale, numbers, scores, codes)

    def _learn(
        self,
        ids: np.ndarray,
        weights: np.ndarray,
        centre: np.ndarray,
        scale: np.ndarray,
        numbers: np.ndarray,
        scores: np.ndarray,
        codes: np.ndarray,
    ) -> Self:
        """Take what training wrote, and refuse to hand on a network that is not finite."""
        from .zone_kernels import OUTCOMES

        self.zones_, self.weights_, self.centre_, self.scale_ = ids, weights, centre, scale
        self.status_ = np.array([STATUS[name] for name in OUTCOMES], np.int8)[codes]
        self.n_rows_, self.n_missing_, self.n_validation_, self.n_iterations_, self.restart_ = numbers.T.copy()
        self.loss_train_, self.loss_validation_ = scores.T[:2].copy()
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(scores[:, 2:] > 0, scores[:, :2] / scores[:, 2:], np.nan)
        self.r2_train_, self.r2_validation_ = 1.0 - ratio.T
        self.n_features_in_ = centre.shape[1] - 1
        good = self.status_ == STATUS["ok"]
        assert np.isfinite(weights[good]).all() and np.isfinite(centre[good]).all()
        assert np.isfinite(self.loss_train_[good]).all()
        return self

    def _networks_of(self, zones: np.ndarray | None, count: int) -> np.ndarray:
        """Number of the network of each row, -1 where its zone has none that predicts."""
        self._check_trained()
        labels = checks.as_labels("zones", zones, count)
        order = np.argsort(self.zones_, kind="stable")
        if not len(order):
            return np.full(count, -1)
        at = order[np.minimum(np.searchsorted(self.zones_[order], labels), len(order) - 1)]
        return np.where((self.zones_[at] == labels) & (self.status_[at] == STATUS["ok"]), at, -1)

    def _check_trained(self) -> None:
        if not hasattr(self, "weights_"):
            raise ConfigError("ZoneNetworks", found="no trained network", needed="a call of fit first")

    def predict(self, X: np.ndarray, zones: np.ndarray | None = None) -> np.ndarray:
        """Values of the networks.

        Parameters
        ----------
        X : ndarray, shape (rows, inputs)
            Inputs.
        zones : ndarray of int, shape (rows,), optional
            Zone whose network is asked, per row; all zone 0 where not given.

        Returns
        -------
        ndarray of float64, shape (rows,)
            In the unit of the target; NaN where an input is missing or the zone has no network.
        """
        from .zone_kernels import predict_rows

        X = checks.as_inputs(X)
        network = self._networks_of(zones, len(X))
        if X.shape[1] != self.n_features_in_:
            raise ConfigError("X", found=f"{X.shape[1]} inputs", needed=f"the {self.n_features_in_} of the training")
        out = np.full(len(X), np.nan)
        order = np.argsort(network, kind="stable")
        order = order[np.count_nonzero(network < 0) :]
        which, starts = np.unique(network[order], return_index=True)
        starts = np.append(starts, len(order))

        def work(block: slice) -> None:
            runs = np.arange(block.start, block.stop)
            predict_rows(X, order, starts, which, runs, self.weights_, self.centre_, self.scale_, self.hidden, out)

        over_rows(work, len(which), rows=BLOCK)
        return out

    def predict_std(self, X: np.ndarray, zones: np.ndarray | None = None) -> np.ndarray:
        """Standard uncertainty of the values: the root mean squared error of the zone's validation rows.

        Parameters
        ----------
        X : ndarray, shape (rows, inputs)
            Inputs.
        zones : ndarray of int, shape (rows,), optional
            Zone whose network is asked, per row; all zone 0 where not given.

        Returns
        -------
        ndarray of float64, shape (rows,)
            1 sigma in the unit of the target; NaN where there is no value or no rows were held back.
        """
        X = checks.as_inputs(X)
        network = self._networks_of(zones, len(X))
        known = (network >= 0) & np.isfinite(X).all(axis=1)
        return np.where(known, np.sqrt(np.append(self.loss_validation_, np.nan)[network]), np.nan)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Parameters and all that was learnt, as arrays by name, to be stored.

        Returns
        -------
        dict of str to ndarray
            What ``from_arrays`` takes.
        """
        self._check_trained()
        params = {name: np.asarray(value) for name, value in self.get_params().items()}
        return params | {name: getattr(self, name) for name in _STATE}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """Trained networks from what ``to_arrays`` gave.

        Parameters
        ----------
        arrays : mapping of str to array
            Parameters and learnt attributes by name.

        Returns
        -------
        ZoneNetworks
            Predicts the same numbers as the original.

        Raises
        ------
        ConfigError
            Where an array is missing.
        """
        if missing := sorted(({*checks.LIMITS, *_STATE}) - set(arrays)):
            raise ConfigError("arrays", found=f"no {missing}", needed="everything that to_arrays gave")
        out = cls(**{name: np.asarray(arrays[name]).item() for name in checks.LIMITS})
        for name in _STATE:
            setattr(out, name, np.asarray(arrays[name]))
        out.n_features_in_ = out.centre_.shape[1] - 1
        return out


def fit(
    X: np.ndarray,
    y: np.ndarray,
    *,
    zones: np.ndarray | None = None,
    hidden: int = 7,
    restarts: int = 1,
    seed: int = 0,
    max_iter: int = 200,
    weight_decay: float = 0.1,
    validation_groups: np.ndarray | None = None,
    validation_share: float = 0.2,
    min_rows: int = 100,
    patience: int = 40,
    tolerance: float = 1e-6,
    rows_of_zone: tuple[np.ndarray, np.ndarray] | None = None,
) -> ZoneNetworks:
    """Build networks and train them: ``ZoneNetworks(...).fit(X, y, zones)`` in one call.

    Parameters
    ----------
    X : ndarray, shape (rows, inputs)
        Inputs.
    y : ndarray, shape (rows,)
        Target.
    zones, validation_groups, rows_of_zone
        As in :meth:`ZoneNetworks.fit`.
    hidden, restarts, seed, max_iter, weight_decay, validation_share, min_rows, patience, tolerance
        As in :class:`ZoneNetworks`.

    Returns
    -------
    ZoneNetworks
        Trained.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.learn import zone_networks
    >>> x = np.linspace(-1, 1, 200)
    >>> fitted = zone_networks.fit(x[:, None], 3 * x + 1)
    >>> fitted.predict(np.array([[0.5]])).round(1)
    array([2.5])
    """
    networks = ZoneNetworks(
        hidden=hidden, restarts=restarts, seed=seed, max_iter=max_iter, weight_decay=weight_decay,
        validation_share=validation_share, min_rows=min_rows, patience=patience, tolerance=tolerance,
    )  # fmt: skip
    return networks.fit(X, y, zones, validation_groups=validation_groups, rows_of_zone=rows_of_zone)
