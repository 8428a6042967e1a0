"""The recipe tsmv as a user runs it, on a simulated record of the whole Earth: wall time and peak memory."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from .table import Row

#: Size of the record: that of GLDAS Noah at 1° with every cell land, which is three times what the Earth has.
RESOLUTION, YEARS = 1.0, (1948, 2024)

_PROGRAM = """
import resource, sys
from vadose.cli import main
try:
    main(sys.argv[1:])
except SystemExit as stop:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("peak_kib", used.ru_maxrss, "cpu_s", used.ru_utime + used.ru_stime)
    raise
"""


def write_record(folder: Path, *, resolution: float = RESOLUTION, years: tuple[int, int] = YEARS) -> None:
    """A library with SIMULATED monthly storage in the four layers of Noah: red noise, a cycle and a trend."""
    import dask
    import dask.array
    import pandas as pd
    import xarray as xr

    from vadose import schema
    from vadose.grid import Grid
    from vadose.store import Library

    grid = Grid.regular(resolution)
    time_axis = pd.date_range(f"{years[0]}-01-01", f"{years[1]}-12-01", freq="MS")
    count, rows = len(time_axis), 20
    size, memory = np.array([25.0, 75, 150, 250]), np.array([0.3, 0.6, 0.85, 0.95])

    def block(start: int, stop: int) -> np.ndarray:
        from scipy.signal import lfilter

        rng = np.random.default_rng(start)
        shape = (count, 4, stop - start, grid.shape[1])
        noise = rng.standard_normal(shape, dtype="f4")
        for k in range(4):
            noise[:, k] = lfilter([np.sqrt(1 - memory[k] ** 2)], [1, -memory[k]], noise[:, k], axis=0)
        cycle = np.cos(2 * np.pi * (np.arange(count) % 12) / 12)[:, None, None, None]
        slope = 0.0006 * rng.standard_normal((4, stop - start, 1)) * (np.arange(count) / 12)[:, None, None, None]
        moist = 1 + 0.08 * noise + 0.15 * cycle + slope
        return (size[:, None, None] * moist).astype("f4")

    cuts = [*range(0, grid.shape[0], rows), grid.shape[0]]
    parts = [dask.array.from_delayed(dask.delayed(block)(a, b), (count, 4, b - a, grid.shape[1]), "f4")
             for a, b in itertools.pairwise(cuts)]  # fmt: skip
    data = dask.array.concatenate(parts, axis=2)
    attrs = schema.VARIABLES["swc"].attrs()
    ds = schema.with_grid(xr.Dataset({"swc": (("time", "layer", "lat", "lon"), data, attrs)}), grid)
    bounds = (("layer", "bnds"), np.array([[0, 0.1], [0.1, 0.4], [0.4, 1], [1, 2.0]]), {"units": "m"})
    ds = ds.assign_coords(time=time_axis, layer=np.arange(1, 5), layer_bnds=bounds)
    ds = schema.stamp(ds, title="Simulated storage of the size of GLDAS Noah", simulated=True)
    Library(folder).write("storage", ds, layout="series")


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        library = Path(scratch) / "library"
        write_record(library)
        argv = [sys.executable, "-c", _PROGRAM, "run", "tsmv", "--library", str(library), "--out", scratch + "/out"]
        start = time.perf_counter()
        done = subprocess.run(argv, check=True, capture_output=True, text=True)
        wall = time.perf_counter() - start
        found = re.search(r"peak_kib (\d+)", done.stdout)
        busy = re.search(r"cpu_s (\S+)", done.stdout)
        assert found is not None and busy is not None
        peak = int(found[1]) * 1024 / 1e9
        reached = "reached" if wall < 60 and peak < 4 else "NOT reached"
        note = (
            f"from the library to the report, 64 800 cells without sea; CPU time {float(busy[1]):.0f} s; peak memory "
            f"{peak:.2f} GB; goal < 60 s, < 4 GB: {reached}"
        )
        return [Row("tsmv, 1° globe, 77 years of months, 4 layers", "run", wall, note=note)]
