"""One file per provider: a provider's files in, the canonical dataset out.

:func:`open` reads any product of the :func:`catalogue`; :func:`open_stations` reads station archives.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import VadoseError
from .catalogue import PRODUCTS, Product, catalogue, get
from .frm import read_frm_classification
from .paths import expand
from .stations import index_stations, open_stations

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "PRODUCTS", "Product", "catalogue", "check_files", "expand", "get", "index_stations", "open", "open_stations",
    "read_frm_classification",
]  # fmt: skip

_Paths = str | os.PathLike | Iterable[str | os.PathLike]


def open(product: str, paths: _Paths, *, bbox: tuple[float, float, float, float] | None = None,
         period: str | tuple | None = None, flags: str = "recommended") -> xr.Dataset:  # fmt: skip
    """Open a product's files as one canonical dataset.

    Parameters
    ----------
    product : str
        Id in the :func:`catalogue`, such as ``"esa_cci"``.
    paths : path or iterable of paths
        A file, a folder (searched at all depths), a glob pattern, or several of these.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees]: cells whose centre lies inside.
    period : str or (start, stop), optional
        ``"2017"``, ``"2017-01-01/2018-12-31"``; both ends included.
    flags : {"recommended", "usable", "none"}
        Which quality flags make a value missing (:data:`vadose.schema.FLAG_RULES`).

    Returns
    -------
    xarray.Dataset
        Canonical (:mod:`vadose.schema`); headers are read, pixels are not.

    Raises
    ------
    ConfigError
        If the product is not in the catalogue or the period cannot be read.
    InputFileError
        If nothing matches, or a file is damaged, of another product, or does not fit the others.
    SchemaError
        If the flag rule is unknown.
    """
    entry = get(product)
    files = expand(paths, entry.patterns)
    return _reader(entry)(files, bbox=bbox, period=period, flags=flags)


def check_files(product: str, paths: _Paths) -> tuple[list[Path], list[tuple[Path, VadoseError]]]:
    """Open every file by itself and tell the readable ones from the bad ones.

    Parameters
    ----------
    product : str
        Id in the catalogue.
    paths : path or iterable of paths
        As in :func:`open`.

    Returns
    -------
    good : list of Path
        Files whose header the reader accepts.
    bad : list of (Path, VadoseError)
        The others, with the reason.
    """
    entry = get(product)
    reader = _reader(entry)
    good: list[Path] = []
    bad: list[tuple[Path, VadoseError]] = []
    for path in expand(paths, entry.patterns):
        try:
            reader([path], bbox=None, period=None, flags="recommended")
        except VadoseError as err:
            bad.append((path, err))
        else:
            good.append(path)
    return good, bad


def _reader(entry: Product) -> Any:
    module, function = entry.reader.split(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), function)
