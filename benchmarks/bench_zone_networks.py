"""Small networks per zone against a loop of scikit-learn's MLPRegressor (L-BFGS), and the batched path of torch.

``python -m benchmarks zone_networks`` makes the rows of the common table;
``python -m benchmarks.bench_zone_networks [--device cpu|cuda] [--rows N] [--networks N] [--peers N]`` compares the
quality of all paths on the same rows, load of the machine included.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np

from vadose.learn import ZoneNetworks, zone_networks_torch

from .table import Row

INPUTS, ROWS, TEST_ROWS, NETWORKS, PEERS = 13, 2000, 500, 200, 24
#: Networks after which the first compilation is over.
WARM = 8


def laws(count: int, rows: int, *, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Zones with a law of their own in 13 correlated inputs: X, y (zones, rows) to train on, and to test on."""
    rng = np.random.default_rng(seed)
    total = rows + TEST_ROWS
    mixing = np.eye(INPUTS) + 0.5 * rng.standard_normal((INPUTS, INPUTS)) / np.sqrt(INPUTS)
    X = np.empty((count, total, INPUTS), np.float32)
    y = np.empty((count, total))
    for k in range(count):
        X[k] = rng.standard_normal((total, INPUTS)) @ mixing
        z = X[k] @ (0.45 * rng.standard_normal((INPUTS, 4)))
        y[k] = np.tanh(z[:, 0]) + 0.6 * np.sin(1.2 * z[:, 1]) + 0.5 * np.tanh(z[:, 2]) * np.tanh(z[:, 3])
        y[k] = y[k] / y[k].std() + noise * rng.standard_normal(total)
    return X[:, :rows], y[:, :rows], X[:, rows:], y[:, rows:]


def r2(estimate: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """1 - SSE / SST of each zone."""
    return 1.0 - np.sum((estimate - reference) ** 2, axis=1) / (reference.var(axis=1) * reference.shape[1])


def ours(data: tuple[np.ndarray, ...], *, device: str = "", **options: float) -> tuple[float, float, np.ndarray]:
    """Wall and processor seconds of training, and R2 on the test rows; ``device`` picks the path of torch."""
    X, y, X_test, y_test = data
    zones = np.repeat(np.arange(len(X)), X.shape[1])
    rows, target, networks = X.reshape(-1, INPUTS), y.ravel(), ZoneNetworks(**options)
    wall, cpu = time.perf_counter(), time.process_time()
    if device:
        zone_networks_torch.fit(rows, target, networks=networks, zones=zones, device=device)
    else:
        networks.fit(rows, target, zones)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    got = networks.predict(X_test.reshape(-1, INPUTS), np.repeat(np.arange(len(X)), TEST_ROWS))
    return wall, cpu, r2(got.reshape(y_test.shape), y_test)


def peer(data: tuple[np.ndarray, ...]) -> tuple[float, float, np.ndarray]:
    """The same of a loop over zones with scikit-learn (inputs and target standardised, 200 iterations)."""
    from sklearn.neural_network import MLPRegressor
    from threadpoolctl import threadpool_limits

    got, wall, cpu = [], time.perf_counter(), time.process_time()
    with warnings.catch_warnings(), threadpool_limits(1):  # threads of BLAS make it ten times slower on busy cores
        warnings.simplefilter("ignore")  # 200 iterations are the task, not convergence
        for k, (X, y, X_test, _) in enumerate(zip(*data, strict=True)):
            centre, scale, mean, sd = X.mean(axis=0), X.std(axis=0), y.mean(), y.std()
            model = MLPRegressor(
                hidden_layer_sizes=(7,), activation="tanh", solver="lbfgs", max_iter=200, random_state=k
            )
            model.fit((X - centre) / scale, (y - mean) / sd)
            got.append(mean + sd * model.predict((X_test - centre) / scale))
    return time.perf_counter() - wall, time.process_time() - cpu, r2(np.array(got), data[3])


def quality(scores: np.ndarray) -> str:
    return f"R2 {scores.mean():.3f} / {np.median(scores):.3f} / {np.percentile(scores, 5):.3f} (mean/median/p5)"


def best(work: Callable[[], tuple[float, float, np.ndarray]], *, repeats: int = 3) -> tuple[float, float, np.ndarray]:
    """The run of least wall time."""
    return min((work() for _ in range(repeats)), key=lambda run: run[0])


def run() -> list[Row]:
    data = laws(NETWORKS, ROWS)
    some = tuple(part[:PEERS] for part in data)
    ours(tuple(part[:WARM] for part in data))
    wall_peer, cpu_peer, scores_peer = peer(some)
    rows = []
    for label, options, goal in (
        ("network 13-7-1, 2000 rows, 200 iterations, all rows", {"validation_share": 0.0}, 10),
        ("same, early stopping on 20 % held back", {}, 10),
        ("same, best of 3 restarts", {"restarts": 3}, 0),
    ):
        wall, cpu, scores = best(lambda options=options: ours(data, **options))
        note = f"{NETWORKS / wall:.0f}/s, {1e3 * cpu / NETWORKS:.1f} ms CPU; {quality(scores)}"
        note += f"; peer {1e3 * cpu_peer / PEERS:.0f} ms CPU; {quality(scores_peer)}"
        rows.append(Row(label, "network", wall / NETWORKS, "scikit-learn L-BFGS", wall_peer / PEERS, goal, note))
    return rows


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_zone_networks", description=__doc__)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="", help="also train by torch on this device")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--networks", type=int, default=NETWORKS)
    parser.add_argument("--peers", type=int, default=PEERS, help="networks that scikit-learn trains, 0 for none")
    parser.add_argument("--noise", type=float, default=0.1, help="standard deviation of the noise, in that of the law")
    asked = parser.parse_args(arguments)
    data = laws(asked.networks, asked.rows, noise=asked.noise)
    first = tuple(part[:WARM] for part in data)
    ours(first)
    paths = {
        "cores, all rows": lambda: ours(data, validation_share=0.0),
        "cores, early stopping": lambda: ours(data),
        "cores, best of 3": lambda: ours(data, restarts=3),
    }
    if asked.device:
        ours(first, device=asked.device)
        paths[f"torch {asked.device}, all rows"] = lambda: ours(data, device=asked.device, validation_share=0.0)
        paths[f"torch {asked.device}, early stopping"] = lambda: ours(data, device=asked.device)
    if asked.peers:
        paths["scikit-learn"] = lambda: peer(tuple(part[: asked.peers] for part in data))
    for name, work in paths.items():
        wall, cpu, scores = work()
        print(
            f"{name:26s} {len(scores) / wall:8.1f}/s {1e3 * cpu / len(scores):8.2f} ms CPU  {quality(scores)}"
            f"  least {scores.min():.3f}  load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
