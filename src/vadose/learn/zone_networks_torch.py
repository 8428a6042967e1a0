"""The networks of ``zone_networks``, trained in batches by torch: for a graphics processor."""

from __future__ import annotations

import numpy as np

from ..errors import ConfigError
from ..stats.threads import over_rows
from .zone_networks import Task, ZoneNetworks


def _device(name: str) -> str:
    """The device if torch and it are there."""
    try:
        import torch
    except ImportError as err:
        raise ConfigError(
            "device",
            found="no torch",
            needed="the package torch",
            do='Install it with: pip install "vadose[retrieval]", or train without it by zone_networks.fit.',
        ) from err
    if name not in ("cpu", "cuda"):
        raise ConfigError("device", found=repr(name), needed="cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device", found="cuda, but torch sees no such device", needed="cpu or a machine with one")
    return name


def _batches(task: Task, batch_rows: int) -> list[np.ndarray]:
    """Networks by falling size, as many at once as their rows (padded to the largest) allow."""
    order, size = task.largest_first, np.diff(task.indptr)
    out, first = [], 0
    while first < len(order):
        last = first + max(1, batch_rows // max(1, int(size[order[first]])))
        out.append(order[first:last])
        first = last
    return out


def _prepared(networks: ZoneNetworks, task: Task, batch: np.ndarray) -> list[tuple[int, np.ndarray, np.ndarray, int]]:
    """Network, inputs, target and number of training rows of those of a batch that can be trained."""
    from .zone_kernels import OK, prepare

    found: list = [None] * len(batch)

    def work(block: slice) -> None:
        for at in range(block.start, block.stop):
            k = batch[at]
            code, x, t, train = prepare(
                task.X, task.y, task.groups, task.indices[task.indptr[k] : task.indptr[k + 1]],
                float(networks.validation_share), networks.min_rows, task.keys[k], task.centre[k], task.scale[k],
                task.numbers[k],
            )  # fmt: skip
            task.codes[k] = code
            if code == OK:
                found[at] = (k, x, t, train)
            else:
                task.centre[k], task.scale[k] = np.nan, np.nan

    over_rows(work, len(batch))
    return [one for one in found if one is not None]


def _train(networks: ZoneNetworks, task: Task, ready: list, device: str) -> None:
    """Train one batch, all restarts, and write the best of each network."""
    import torch

    from .network_batches import Rows, minimise
    from .network_kernels import mix, start
    from .zone_kernels import NOT_CONVERGED, score

    inputs, longest = task.X.shape[1], max(t.size for _, _, t, _ in ready)
    x, y = np.zeros((len(ready), inputs, longest), np.float32), np.zeros((len(ready), longest), np.float32)
    fit, held = np.zeros_like(y), np.zeros_like(y)
    for b, (_, xs, t, train) in enumerate(ready):
        x[b, :, : t.size], y[b, : t.size] = xs, t
        fit[b, :train] = 1.0 / train
        held[b, train : t.size] = 1.0 / max(1, t.size - train)
    penalty = np.array([networks.weight_decay / train for *_, train in ready])
    rows = Rows(*(torch.from_numpy(part).to(device) for part in (x, y, fit, held, penalty)))
    theta = np.empty((len(ready), task.weights.shape[1]))
    best_loss = np.full(len(ready), np.inf)
    for restart in range(networks.restarts):
        for b, (k, *_) in enumerate(ready):
            start(theta[b], task.scale[k, :inputs] > 0.0, networks.hidden, np.uint64(mix(task.keys[k], restart)))
        best, chosen, done = (
            part.cpu().numpy()
            for part in minimise(
                torch.from_numpy(theta).to(device),
                rows,
                hidden=networks.hidden,
                max_iter=networks.max_iter,
                tolerance=float(networks.tolerance),
                patience=networks.patience,
            )
        )
        for b, (k, *_) in enumerate(ready):
            if chosen[b] < best_loss[b]:
                best_loss[b], task.weights[k] = chosen[b], best[b]
                task.numbers[k, 3], task.numbers[k, 4] = done[b], restart
    for k, xs, t, train in ready:
        if np.isfinite(task.weights[k]).all():
            score(task.weights[k], xs, t, train, networks.hidden, task.scale[k, inputs], task.scores[k])
        else:
            task.codes[k], task.weights[k] = NOT_CONVERGED, np.nan


def fit(
    X: np.ndarray,
    y: np.ndarray,
    *,
    networks: ZoneNetworks,
    zones: np.ndarray | None = None,
    validation_groups: np.ndarray | None = None,
    rows_of_zone: tuple[np.ndarray, np.ndarray] | None = None,
    device: str = "cpu",
    batch_rows: int = 2_000_000,
) -> ZoneNetworks:
    """Train networks as ``networks.fit(X, y, zones)`` does, in batches on a device of torch.

    Parameters
    ----------
    X : ndarray, shape (rows, inputs)
        Inputs.
    y : ndarray, shape (rows,)
        Target.
    networks : ZoneNetworks
        What to train; it is changed.
    zones, validation_groups, rows_of_zone
        As in :meth:`ZoneNetworks.fit`.
    device : {"cpu", "cuda"}, optional
        Where to train.
    batch_rows : int, optional
        Rows at once on the device, each network padded to the largest of its batch: about 200 bytes a row.

    Returns
    -------
    ZoneNetworks
        ``networks``, trained.

    Raises
    ------
    ConfigError
        Where torch or the device is missing, or an argument cannot be used as given.

    Notes
    -----
    Preparation, starts, loss, line search and early stopping are those of ``zone_networks``; sums run in another
    order, so the networks agree in quality, not bit by bit.
    """
    device = _device(device)
    if batch_rows < 1:
        raise ConfigError("batch_rows", found=repr(batch_rows), needed="a whole number >= 1")
    task = networks.prepare(X, y, zones, validation_groups=validation_groups, rows_of_zone=rows_of_zone)
    for batch in _batches(task, batch_rows):
        if ready := _prepared(networks, task, batch):
            _train(networks, task, ready, device)
    return networks.learn(task)
