"""Sen's slope with Mann-Kendall, exact, against pymannkendall and scipy on the same series."""

from __future__ import annotations

import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from vadose.grid import Grid
from vadose.stats import trends

from .table import Row, best_of

#: Years or steps -> series for ours and for the peer, and the ratio to reach.
LENGTHS = {25: (60_000, 400, 1000.0), 77: (16_000, 200, 500.0), 300: (1_500, 30, 100.0), 900: (100, 6, 60.0)}


def _series(rng: np.random.Generator, count: int, length: int) -> np.ndarray:
    noise = rng.standard_normal((count, length), dtype="f4")
    return 0.25 + 0.03 * noise + 2e-4 * np.arange(length, dtype="f4")


def _check(rng: np.random.Generator) -> str:
    """Compare 10 000 series with ties and gaps with both peers; raises where a number differs."""
    import pymannkendall
    from scipy import stats

    compared = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while compared < 10_000:
            length = int(rng.integers(3, 60))
            x = rng.standard_normal((100, length)) * 10.0 ** rng.uniform(-3, 3, (100, 1))
            x[::3] = np.round(x[::3], 1)
            x[::2][rng.random(x[::2].shape) < 0.2] = np.nan
            ours = trends.mann_kendall(x)
            for r in np.flatnonzero(np.isfinite(x).sum(axis=-1) >= 3):
                ok = np.isfinite(x[r])
                peer, sen = pymannkendall.original_test(x[r]), stats.theilslopes(x[r][ok], np.flatnonzero(ok))
                assert ours["slope"][r] == peer.slope == sen.slope and ours["s"][r] == peer.s
                assert abs(ours["p_value"][r] - peer.p) < 1e-12
                assert (ours["slope_lower"][r], ours["slope_upper"][r]) == (sen.low_slope, sen.high_slope)
                compared += 1
    return f"{compared} series with ties and gaps: slope, S, bounds equal, p to 1e-12"


def _lengths(rng: np.random.Generator) -> list[Row]:
    import pymannkendall
    from scipy import stats

    rows = []
    for length, (many, few, goal) in LENGTHS.items():
        x = _series(rng, many, length)
        plain = best_of(lambda x=x: trends.mann_kendall(x, level=None)) / many  # type: ignore[misc]
        peer = best_of(lambda x=x, n=few: [pymannkendall.original_test(s) for s in x[:n]]) / few  # type: ignore[misc]
        rows.append(Row(f"Sen + Mann-Kendall, T = {length}", "series", plain, "pymannkendall", peer, goal))
        bounds = best_of(lambda x=x: trends.mann_kendall(x)) / many  # type: ignore[misc]
        peer = best_of(lambda x=x, n=few: [stats.theilslopes(s) for s in x[:n]]) / few  # type: ignore[misc]
        rows.append(Row(f"Sen + Mann-Kendall + 95 % interval, T = {length}", "series", bounds,
                        "scipy theilslopes (no test)", peer))  # fmt: skip
    x = _series(rng, 20_000, 77)
    ours = best_of(lambda: trends.mann_kendall(x, test="ar1")) / len(x)
    peer = best_of(lambda: [pymannkendall.hamed_rao_modification_test(s) for s in x[:100]]) / 100
    rows.append(Row("for persistent series, with interval, T = 77", "series", ours, "pymannkendall Hamed-Rao", peer,
                    note="ours keeps its size, see trend_size.py"))  # fmt: skip
    return rows


def _globe(rng: np.random.Generator) -> Row:
    """0.25° and 25 years from Zarr on disk, through the labelled and lazy call."""
    import xarray as xr

    from vadose import analysis

    grid = Grid.regular(0.25)
    da = xr.DataArray(_series(rng, grid.shape[0] * grid.shape[1], 25).T.reshape(25, *grid.shape),
                      dims=("year", "lat", "lon"), coords=grid.coords() | {"year": np.arange(2000, 2025)},
                      attrs={"units": "m3 m-3"}, name="sm")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "annual.zarr"
        da.to_dataset().chunk(year=25, lat=90, lon=360).to_zarr(path, consolidated=False)

        def whole() -> None:
            store = xr.open_zarr(path, consolidated=False)
            analysis.trend(store.sm, dim="year")[["slope", "p_value", "status"]].compute()

        ours = best_of(whole)
        start = time.perf_counter()
        xr.open_zarr(path, consolidated=False).sm.load()
        reading = time.perf_counter() - start
    return Row("trend map 0.25°, 25 years, Zarr to slope with interval, p, status", "globe", ours,
               note=f"goal < 2 s; of it reading {reading:.2f} s")  # fmt: skip


def run() -> list[Row]:
    rng = np.random.default_rng(0)
    rows = _lengths(rng)
    rows[0].note = _check(rng)
    return [*rows, _globe(rng)]
