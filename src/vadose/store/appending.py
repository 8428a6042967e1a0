"""Whether new data continue a stored dataset."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import xarray as xr

from ..errors import LibraryError

#: Attributes without which equal numbers mean different things.
_MEANING = ("units", "flag_masks", "flag_values", "flag_meanings")


def growing(ds: xr.Dataset, *, where: str) -> str:
    """Dimension along which a dataset grows: ``obs`` or ``time``.

    Raises
    ------
    LibraryError
        If it has neither.
    """
    for dim in ("obs", "time"):
        if dim in ds.dims and "time" in ds.variables and ds["time"].dims == (dim,):
            return dim
    raise LibraryError(where, found=f"dims {tuple(ds.sizes)}", needed="a dataset with time to append to",
                       do="Write it with overwrite=True instead.")  # fmt: skip


def check_append(have: xr.Dataset, new: xr.Dataset, *, grow: str, where: str) -> None:
    """Refuse data that do not continue what is stored.

    Parameters
    ----------
    have, new : xarray.Dataset
        What is stored, and what is to come after it.
    grow : str
        From :func:`growing`.
    where : str
        Name of the dataset.

    Raises
    ------
    LibraryError
        Naming the first difference.
    """
    for label, ours, theirs in (("variables", have.data_vars, new.data_vars), ("coordinates", have.coords, new.coords)):
        missing, extra = (
            sorted(set(map(str, ours)) - set(map(str, theirs))),
            sorted(set(map(str, theirs)) - set(map(str, ours))),
        )
        if missing or extra:
            found = " and ".join([*([f"no {', '.join(missing)}"] if missing else []),
                                  *([f"new {', '.join(extra)}"] if extra else [])])  # fmt: skip
            raise LibraryError(f"{where}: {label}", found=found, needed=f"{sorted(map(str, ours))}",
                               do="Write it under another name, or all of it again with overwrite=True.")  # fmt: skip
    for name in have.variables:
        _check_variable(name, have.variables[name], new.variables[name], grow, where)
    _check_times(have["time"].values, new["time"].values, where)


def _check_variable(name: Hashable, old: xr.Variable, new: xr.Variable, grow: str, where: str) -> None:
    at = f"{where}: {name}"
    if old.dims != new.dims:
        raise LibraryError(at, found=f"dims {new.dims}", needed=f"{old.dims}", do="Transpose it.")
    both_text = old.dtype.kind in "UOT" and new.dtype.kind in "UOT"
    if old.dtype != new.dtype and not both_text:
        raise LibraryError(at, found=f"dtype {new.dtype}", needed=f"{old.dtype}", do="Convert it with .astype().")
    for key in _MEANING:
        ours, theirs = old.attrs.get(key), new.attrs.get(key)
        if not np.array_equal(np.asarray(ours, dtype=object), np.asarray(theirs, dtype=object)):
            raise LibraryError(at, found=f"{key} {theirs!r}", needed=f"{ours!r}")
    sizes = {d: (old.sizes[d], new.sizes[d]) for d in old.dims if d != grow and old.sizes[d] != new.sizes[d]}
    if sizes:
        raise LibraryError(at, found=f"{', '.join(f'{n} of {d}' for d, (_, n) in sizes.items())}",
                           needed=f"{', '.join(f'{o} of {d}' for d, (o, _) in sizes.items())}",
                           do="The grid (or the sensors) must be that of the stored dataset.")  # fmt: skip
    if grow not in old.dims and not _equal(_here(old), _here(new)):
        raise LibraryError(at, found="other values", needed="those of the stored dataset",
                           do="Regrid or select to its coordinates first.")  # fmt: skip


def _here(var: xr.Variable) -> np.ndarray:
    """Values, computed in this process: the writer's session cannot travel to a cluster."""
    import dask

    with dask.config.set(scheduler="synchronous"):
        return var.values


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fmM"))


def _check_times(old: np.ndarray, new: np.ndarray, where: str) -> None:
    at = f"{where}: time"
    if not new.size:
        raise LibraryError(at, found="no times", needed="at least one")
    if (np.diff(new) < np.timedelta64(0)).any():
        raise LibraryError(at, found="unsorted times", needed="ascending times", do="Sort by time first.")
    if old.size and not new[0] > old[-1]:
        last = np.datetime_as_string(old[-1], unit="s")
        overlap = int((new <= old[-1]).sum())
        raise LibraryError(at, found=f"{overlap} of {new.size} times up to {last}, which is stored already",
                           needed=f"times after {last}",
                           do="Select the later times, or overwrite the dataset.")  # fmt: skip
