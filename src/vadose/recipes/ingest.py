"""Files into the library, a batch of times per commit, so that interrupted work goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .. import products, schema
from ..errors import ConfigError, InputFileError
from ..store import Library

Step = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Ingested:
    """What became of the files."""

    name: str
    times: int
    written: int
    present: int
    skipped: list[tuple[Path, str]] = field(default_factory=list)


def ingest(
    library: Library,
    product: str,
    paths: list[str],
    *,
    name: str | None = None,
    flags: str = "recommended",
    bbox: tuple[float, float, float, float] | None = None,
    period: str | None = None,
    layout: str = "series",
    batch: int = 200,
    overwrite: bool = False,
    skip_bad: bool = False,
    step: Step = lambda done, total, text: None,
) -> Ingested:
    """Read files of a product into a library.

    Parameters
    ----------
    library : Library
        Where to.
    product : str
        Catalogue id, or ``"ismn"`` for a station archive (all depths are kept).
    paths : list of str
        Files, folders or patterns.
    name : str, optional
        Name in the library; the product's id by default.
    flags, bbox, period
        As in :func:`vadose.products.open`.
    layout : str
        As in :meth:`vadose.store.Library.write`.
    batch : int
        Times per commit; bounds memory and what an interruption can lose.
    overwrite : bool
        Replace a dataset of this name; otherwise only later times are appended.
    skip_bad : bool
        Leave damaged files out and name them; otherwise the first one stops the work.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Ingested
        Counts, and the files left out with the reason.
    """
    if batch < 1:
        raise ConfigError("batch", found=str(batch), needed="at least 1 time per commit")
    target = name or product
    if product == "ismn":
        return _ingest_stations(library, paths, target, overwrite, step)
    skipped: list[tuple[Path, str]] = []
    files: list = list(paths)
    if skip_bad:
        good, bad = products.check_files(product, paths)
        skipped = [(Path(p), str(e)) for p, e in bad]
        if not good:
            raise InputFileError(", ".join(paths), found=f"no readable file among {len(bad)}", needed="at least one",
                                 do=skipped[0][1] if skipped else "")  # fmt: skip
        files = list(good)
    ds = products.open(product, files, bbox=bbox, period=period, flags=flags)
    if schema.form(ds) != "grid":
        _write_whole(library, target, ds, layout, overwrite)
        n = ds.sizes.get("obs", 1)
        return Ingested(target, n, n, 0, skipped)
    return _write_batches(library, target, ds, layout, batch, overwrite, skipped, step)


def _write_batches(library, name, ds, layout, batch, overwrite, skipped, step) -> Ingested:
    total = ds.sizes["time"]
    exists = name in library.names() and not overwrite
    todo = ds
    if exists:
        last = library.open(name)["time"].values[-1]
        todo = ds.isel(time=np.flatnonzero(ds["time"].values > last))
    n = todo.sizes["time"]
    for start in range(0, n, batch):
        part = todo.isel(time=slice(start, start + batch))
        step(start, n, str(part["time"].values[0])[:10])
        if start == 0 and not exists:
            library.write(name, part, layout=layout, overwrite=overwrite, message=f"ingest {name}")
        else:
            library.append(name, part, message=f"ingest {name}")
    step(n, n, "done")
    return Ingested(name, total, n, total - n, skipped)


def _write_whole(library: Library, name: str, ds, layout: str, overwrite: bool) -> None:
    # a layout is about maps and pixel series; other shapes have one way to be stored
    layout = layout if schema.form(ds) == "grid" else "plain"
    library.write(name, ds, layout=layout, overwrite=overwrite, message=f"ingest {name}")


def _ingest_stations(library: Library, paths: list[str], name: str, overwrite: bool, step: Step) -> Ingested:
    if len(paths) != 1:
        raise ConfigError("paths", found=f"{len(paths)} paths", needed="one station archive, folder or file")
    step(0, 1, paths[0])
    stations = products.open_stations(paths[0], depth=None, flags=("G",))
    _write_whole(library, name, stations, "plain", overwrite)
    step(1, 1, "done")
    n = stations.sizes["time"]
    return Ingested(name, n, n, 0)
