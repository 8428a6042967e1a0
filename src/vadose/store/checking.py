"""Reading a library to the last chunk, to know that it is whole."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from .. import schema
from ..errors import VadoseError
from . import arrays
from .layouts import edges
from .repository import translated


@dataclass(frozen=True)
class Report:
    """Result of a check.

    Parameters
    ----------
    checked, arrays, chunks : int
        How many datasets, arrays and chunks were read.
    problems : tuple of str
        What is wrong; empty where all is well.

    Examples
    --------
    >>> Report(1, 4, 20) + Report(1, 2, 2, ("x/map: sm: chunk (0, 0): unreadable",))
    Report(checked=2, arrays=6, chunks=22, problems=('x/map: sm: chunk (0, 0): unreadable',))
    """

    checked: int = 0
    arrays: int = 0
    chunks: int = 0
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no problem was found."""
        return not self.problems

    def __add__(self, other: Report) -> Report:
        return Report(self.checked + other.checked, self.arrays + other.arrays, self.chunks + other.chunks,
                      self.problems + other.problems)  # fmt: skip


def check_dataset(store: Any, name: str, *, form: str, parts: list[str]) -> Report:
    """Read every chunk of a dataset, and check that it is canonical.

    Parameters
    ----------
    store : zarr store
        Read-only session of the library.
    name : str
        Dataset.
    form : str
        What it was written as; ``"result"`` is not checked against the schema.
    parts : list of str
        Its copies.
    """
    import zarr

    total, shapes = Report(checked=1), set()
    for part in parts:
        path = f"{name}/{part}"
        try:
            with translated(path, "read"):
                members = list(zarr.open_group(store, path=path, mode="r").arrays())
                for key, array in members:
                    total += _read_all(array, f"{path}: {key}")
                ds = arrays.read(store, path, layout=part)
                shapes.add(tuple(sorted((str(k), v) for k, v in ds.sizes.items())))
                if form != "result":
                    schema.check(ds, form)
        except (VadoseError, ValueError, KeyError, RuntimeError) as err:
            # anything a damaged file makes a codec say is a finding, not a crash of the check
            total += Report(problems=(f"{path}: {err}",))
    if len(shapes) > 1:
        total += Report(problems=(f"{name}: its copies {parts} differ in size",))
    return total


def _read_all(array: Any, where: str) -> Report:
    unit = array.shards or array.chunks
    ranges = [list(itertools.pairwise(edges(0, n, u))) for n, u in zip(array.shape, unit)]
    count, problems = 0, []
    for box in itertools.product(*ranges):
        count += 1
        try:
            with translated(where, "read"):
                array[tuple(slice(a, b) for a, b in box)]
        except (VadoseError, ValueError, RuntimeError) as err:
            problems.append(f"{where}: chunk {tuple(a for a, _ in box)}: {err}")
    return Report(arrays=1, chunks=count, problems=tuple(problems))
