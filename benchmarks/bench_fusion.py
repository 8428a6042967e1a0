"""A region fused by the built-in plan: five rounds, all networks, 16 years of dekads.

``python -m benchmarks fusion`` makes one row for 2° × 2°;
``python -m benchmarks.bench_fusion [--edge 10] [--resolution 0.1] [--rivals] [--keep FOLDER]`` prints the parts: making
the simulated products, training, simulating and finishing, peak memory, disk, and the cost of a zone.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from vadose import fusion, twin
from vadose.recipes.rivals import make_rivals
from vadose.store import Library

from .table import Row

#: North-western corner of the region [degrees]: all land, and within the reach of every product.
WEST, NORTH = 0.0, 22.0


def measure(edge: float, resolution: float, folder: Path, *, rivals: bool = False) -> dict[str, float]:
    """Seconds and bytes of each part of a region of ``edge`` degrees."""
    library = Library(str(folder / "library"))
    out: dict[str, float] = {}
    if "twin/stations" not in library.names():
        with _timed(out, "simulated products"):
            twin.create(library, region=(WEST, NORTH - edge, WEST + edge, NORTH), resolution=resolution,
                        years=(2003, 2018), seed=7, step="dekad", products="rsssm")  # fmt: skip
    inputs = _bytes(folder)
    plan = fusion.Plan.load("rsssm")
    with _timed(out, "compile"):  # one zone and one iteration: kernels compiled, or read from their cache
        _warm(plan)
    # rounds that later rounds learn from are simulated within training
    with _timed(out, "train and simulate rounds"):
        fusion.train(plan, library)
    with _timed(out, "simulate the rest"):
        fusion.simulate(plan, library)
    with _timed(out, "mask, fill, write"):
        fusion.fuse(plan, library)
    if rivals:
        with _timed(out, "rivals"):
            make_rivals(plan, library)
    out["networks"] = float(fusion.training_skill(plan, library)["n_zones"].sum()) * plan.networks.members
    out["zones"] = float(fusion.training_skill(plan, library)["n_zones"].max())
    out["input bytes"], out["output bytes"] = inputs, _bytes(folder) - inputs
    out["peak bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return out


class _timed:
    """Wall and processor time of a part."""

    def __init__(self, out: dict[str, float], name: str) -> None:
        self.out, self.name = out, name

    def __enter__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *error: object) -> None:
        self.out[self.name] = time.perf_counter() - self.wall
        self.out[f"{self.name}, CPU"] = time.process_time() - self.cpu


def _warm(plan: fusion.Plan) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(folder)
        twin.create(library, region=(WEST, NORTH - 0.5, WEST + 0.5, NORTH), resolution=0.25, years=(2012, 2018), seed=7,
                    step="dekad", products="rsssm")  # fmt: skip
        quick = plan.networks.model_copy(update={"max_iter": 1, "members": 1})
        small = plan.model_copy(update={"networks": quick}).during("2012D19", "2018D36")
        fusion.fuse(small, library)


def _bytes(folder: Path) -> float:
    return float(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()))


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        got = measure(2.0, 0.1, Path(folder))
    total = sum(got[k] for k in ("train and simulate rounds", "simulate the rest", "mask, fill, write"))
    note = (f"{got['networks']:.0f} networks of {got['zones']:.0f} zones; {got['networks'] / total:.0f}/s with reading "
            f"and writing; peak {got['peak bytes'] / 1e9:.1f} GB; {got['output bytes'] / 1e6:.0f} MB")  # fmt: skip
    return [Row("fusion, 2° × 2° at 0.1°, 2003-2018, five rounds", "region", total, note=note)]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_fusion", description=__doc__)
    parser.add_argument("--edge", type=float, default=2.0, help="edge of the region [degrees]")
    parser.add_argument("--resolution", type=float, default=0.1)
    parser.add_argument("--rivals", action="store_true", help="also make every baseline")
    parser.add_argument("--keep", type=Path, help="folder to work in and keep; products that lie there are used again")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        got = measure(asked.edge, asked.resolution, asked.keep or Path(scratch), rivals=asked.rivals)
    for name, value in got.items():
        size = name.endswith("bytes")
        unit = "MB" if size else "" if name in ("networks", "zones") else "s"
        print(f"{name:32s} {value / (1e6 if size else 1.0):10.1f} {unit}")
    load = os.getloadavg()[0]
    print(f"load {load:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main(sys.argv[1:])
