"""One row per measured piece of work, and the table made of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Row:
    """One comparison.

    ``ours`` and ``peer`` are seconds per unit of work (None where no peer exists); ``goal`` is the ratio to reach, 0
    where the figure is only stated.
    """

    work: str
    unit: str
    ours: float
    peer_name: str = ""
    peer: float | None = None
    goal: float = 0.0
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.peer / self.ours if self.peer is not None else None

    @property
    def reached(self) -> str:
        if self.ratio is None or not self.goal:
            return ""
        return "yes" if self.ratio >= self.goal else "NO"


def best_of(work: Callable[[], object], *, repeats: int = 3) -> float:
    """Shortest wall time [s] of several runs, after one warm-up run (compilation, caches)."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def seconds(value: float | None) -> str:
    """Time in a unit a person reads."""
    if value is None:
        return ""
    for scale, unit in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if value >= scale:
            return f"{value / scale:.3g} {unit}"
    return f"{value / 1e-9:.3g} ns"


def markdown(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    head = "| work | per | vadose | peer | peer time | ratio | goal | reached | note |\n" + "|---" * 9 + "|"
    lines = [
        f"| {r.work} | {r.unit} | {seconds(r.ours)} | {r.peer_name} | {seconds(r.peer)} | "
        f"{'' if r.ratio is None else f'{r.ratio:,.0f}×' if r.ratio >= 10 else f'{r.ratio:.2g}×'} | "
        f"{f'≥ {r.goal:g}×' if r.goal else ''} | {r.reached} | {r.note} |"
        for r in rows
    ]
    return "\n".join([head, *lines])
