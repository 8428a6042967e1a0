"""The library: a global frame in, a 30-year series out."""

from __future__ import annotations

import tempfile
import time

import numpy as np
import pandas as pd
import xarray as xr

from vadose import schema
from vadose.grid import Grid
from vadose.store import Library

from .table import Row, best_of

DAYS = 10_950


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return [*_frames(Library(f"{folder}/frames")), *_series(Library(f"{folder}/series"))]


def _frame(day: int, grid: Grid) -> xr.Dataset:
    """A global day as ESA CCI gives it: half the cells observed, observation time and flag beside the value."""
    rng = np.random.default_rng(day)
    shape = (1, *grid.shape)
    sm = rng.gamma(4.0, 0.06, shape).clip(0, 1).round(4).astype("float32")
    sm[rng.random(shape) < 0.5] = np.nan
    date = np.datetime64("2000-01-01", "ns") + np.timedelta64(day, "D")
    t0 = np.where(np.isnan(sm), np.datetime64("NaT"), date + rng.integers(0, 86400, shape).astype("timedelta64[s]"))
    dims = ("time", "lat", "lon")
    ds = xr.Dataset(
        {
            "sm": (dims, sm, schema.VARIABLES["sm"].attrs()),
            "sm_uncertainty": (dims, (sm * 0.1).astype("float32"), schema.VARIABLES["sm_uncertainty"].attrs()),
            "flag": (dims, np.isnan(sm).astype("uint16"), schema.flag_attrs()),
            "t0": (dims, t0.astype("datetime64[ns]")),
        },
        {"time": [date]},
    )
    return schema.with_grid(ds, grid)


def _frames(lib: Library) -> list[Row]:
    grid = Grid.regular(0.25)
    frames = [_frame(day, grid) for day in range(6)]
    size = frames[0].nbytes / 1e6
    lib.write("cci", frames[0], layout="map")
    times = []
    for frame in frames[1:]:
        start = time.perf_counter()
        lib.append("cci", frame)
        times.append(time.perf_counter() - start)

    def read_frame() -> np.ndarray:
        return Library(lib.url).open("cci").sm.isel(time=3).values

    return [
        Row("append a global 0.25° day (sm, uncertainty, flag, t0)", "day", min(times[1:]), note=f"{size:.0f} MB, map"),
        Row("one global 0.25° frame of sm", "frame", best_of(read_frame), note="map, opening the library included"),
    ]


def _series(lib: Library) -> list[Row]:
    grid = Grid.regular(0.25).crop((0, 40, 10, 50))  # 40 × 40 cells
    rng = np.random.default_rng(0)
    sm = rng.random((DAYS, *grid.shape), dtype="float32").round(3)
    times = pd.date_range("1990-01-01", periods=DAYS)
    ds = xr.Dataset({"sm": (("time", "lat", "lon"), sm, schema.VARIABLES["sm"].attrs())}, {"time": times})
    start = time.perf_counter()
    lib.write("box", schema.with_grid(ds, grid).chunk({"time": 365}), layout="both")
    writing = time.perf_counter() - start

    def point(layout: str) -> np.ndarray:
        return Library(lib.url).open("box", layout=layout).sm.sel(lat=45.1, lon=5.1, method="nearest").values

    ours = best_of(lambda: point("series"))
    # one run only: it takes many seconds
    start = time.perf_counter()
    slow = point("map")
    peer = time.perf_counter() - start
    assert np.array_equal(point("series"), slow)
    opened = lib.open("box", layout="series")
    again = best_of(lambda: opened.sm.sel(lat=45.1, lon=5.1, method="nearest").values)
    return [
        Row("30-year daily series of a cell", "series", ours, "map layout", peer, 50,
            f"{DAYS} d of 40×40 cells; {again * 1e3:.1f} ms once opened"),
        Row("write 30 years of 40×40 cells as map and series", "box", writing, note=f"{2 * sm.nbytes / 1e6:.0f} MB"),
    ]  # fmt: skip
