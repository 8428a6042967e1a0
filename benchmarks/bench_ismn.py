"""ISMN archives against the ``ismn`` package: listing the sensors, and reading one series.

Both sides see the same archive in the same run, one process each. The peer's index is ``ISMN_Interface`` building its
metadata in an empty folder; it reads every file whole, and the static variables of each station, which ours leaves to
``open_stations``. Ours is ``index_stations``, and for compressed members also ``exact=True``, which like the peer finds
the true last record by inflating all of them.
"""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
import zipfile
from pathlib import Path

from vadose.products.ismn_archive import Archive
from vadose.products.ismn_index import build_index, read_series
from vadose.products.stations import index_stations, open_stations

from .sample_data import find_sample_data
from .table import Row, best_of


def find_archive() -> Path:
    """The Hawaii archive among the sample data (``VADOSE_TEST_DATA`` or ``shared/data`` beside the repository)."""
    data = find_sample_data()
    if data and (found := sorted(data.glob("ismn/*hawaii*.zip"))):
        return found[0]
    raise SystemExit("bench_ismn: found no Hawaii archive; needed VADOSE_TEST_DATA with ismn/*hawaii*.zip.")


def run() -> list[Row]:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    archive = find_archive()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()), \
            contextlib.redirect_stderr(io.StringIO()):  # the peer prints its progress  # fmt: skip
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)
        return [*_index(archive, "zip"), *_index(Path(folder), "folder"), *_read(archive, Path(folder))]


def _index(path: Path, kind: str) -> list[Row]:
    n = len(index_stations(path))
    peer = best_of(lambda: _interface(path)) / n
    ours = best_of(lambda: index_stations(path), repeats=7) / n
    rows = [
        Row(
            f"list the sensors of an ISMN {kind}",
            "file",
            ours,
            "ismn",
            peer,
            100.0,
            f"{n} files; the peer also reads static variables",
        )
    ]
    if kind == "zip":
        exact = best_of(lambda: index_stations(path, exact=True)) / n
        rows.append(Row("the same with the exact end of each record", "file", exact, "ismn", peer, 0.0, "inflates all"))
    return rows


def _interface(path: Path):
    from ismn.interface import ISMN_Interface

    with tempfile.TemporaryDirectory() as meta:
        return ISMN_Interface(str(path), meta_path=meta, parallel=False)


def _read(archive: Path, folder: Path) -> list[Row]:
    rows = [_read_one(archive, "zip"), _read_one(folder, "folder")]
    ours = best_of(lambda: open_stations(archive, depth=None))
    values = int(open_stations(archive, depth=None).n_read.sum())
    return [*rows, Row("daily means of all soil-moisture sensors", "archive", ours, note=f"{values} values")]


def _read_one(path: Path, kind: str) -> Row:
    peer = _interface(path)
    meta = peer.metadata
    with Archive(path) as ours:
        index = build_index(ours)
        here = (index["station"] == "KemoleGulch") & (index["depth_to"] == 0.0508)
        row = index[here & (index["variable"] == "soil_moisture")].iloc[0]
        same = (meta[("station", "val")] == row["station"]) & (meta[("variable", "val")] == row["variable"])
        same &= (meta[("instrument", "val")] == row["sensor"]) & (meta[("variable", "depth_to")] == row["depth_to"])
        number = int(meta.index[same][0])
        length = read_series(ours, row).minutes.size
        assert length == len(peer.read_ts(number))
        return Row(
            f"read one hourly series from a {kind}", "series", best_of(lambda: read_series(ours, row)),
            "ismn", best_of(lambda: peer.read_ts(number)), 1.0, f"{length} records",
        )  # fmt: skip
