"""Which of the sensors of a source are asked for, and what to say when none is."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import InputFileError
from ..grid import check_bbox
from .ismn_static import Static

if TYPE_CHECKING:
    from .ismn_lines import Series

SHOWN = 10  # entries listed in a message


@dataclass
class Source:
    """The sensors found under a path (rows of an index), and how to read and describe one of them."""

    path: str
    product: str
    index: pd.DataFrame
    read: Callable[[pd.Series], Series]
    describe: Callable[[pd.Series], Static]


@dataclass
class Selection:
    """What is asked for; ``depth`` None takes all depths, ``bbox`` is (west, south, east, north)."""

    variable: str
    depth: tuple[float, float] | None
    tolerance: float
    bbox: tuple[float, float, float, float] | None
    strict: bool


def select_rows(source: Source, selection: Selection) -> pd.DataFrame:
    """Rows of the index that are asked for, in a stable order.

    Raises
    ------
    InputFileError
        If nothing is left, listing what is there; in strict mode if a file cannot be understood.
    """
    variable, depth, tolerance = selection.variable, selection.depth, selection.tolerance
    index = source.index
    known = index[["lat", "lon", "depth_from", "depth_to"]].notna().all(axis=1) & (index["variable"] != "")
    known &= index["format"] != ""
    troubled = index[(index["problem"] != "") & ((index["variable"] == variable) | ~known)]
    unknown = troubled[~known[troubled.index]]
    if selection.strict and not unknown.empty:
        bad, needed = unknown.iloc[0], "a readable first line and file name"
        do = "Use strict=False to leave it out."
        raise InputFileError(f"{source.path}: {bad['file']}", found=bad["problem"], needed=needed, do=do)
    lost = [f"{source.path}: {r.file}: left out: {r.problem}" for r in unknown.itertuples()]
    odd = [f"{source.path}: {r.file}: read, but {r.problem}" for r in troubled[known[troubled.index]].itertuples()]
    warn_files([*lost, *odd])
    index = index[known]
    there = sorted(set(index["variable"]))
    index = index[index["variable"] == variable]
    if index.empty:
        raise InputFileError(source.path, found=f"the variables {there}", needed=f"{variable!r}")
    if selection.bbox is not None:
        west, south, east, north = check_bbox(selection.bbox)
        inside = index["lon"].between(west, east) & index["lat"].between(south, north)
        if not inside.any():
            corners = (index["lon"].min(), index["lat"].min(), index["lon"].max(), index["lat"].max())
            found = f"sensors within {tuple(round(float(c), 3) for c in corners)} only"
            raise InputFileError(source.path, found=found, needed=f"sensors in bbox {selection.bbox}")
        index = index[inside]
    if depth is not None:
        inside = (index["depth_from"] >= depth[0] - tolerance) & (index["depth_to"] <= depth[1] + tolerance)
        if not inside.any():
            pairs = sorted(set(zip(index["depth_from"], index["depth_to"])))
            found = ", ".join(f"{a:g}-{b:g}" if a != b else f"{a:g}" for a, b in pairs)
            raise InputFileError(source.path, found=f"{variable} at the depths {found} m",
                                 needed=f"sensors within {depth[0]:g} to {depth[1]:g} m",
                                 do="Give depth=(from, to) in m, or depth=None for all.")  # fmt: skip
        index = index[inside]
    return index.sort_values(["network", "station", "depth_from", "depth_to", "sensor", "file"], kind="stable")


def describe_span(index: pd.DataFrame) -> str:
    """Sentence with the time range of some sensors."""
    start, end = index["start"].min(), index["end"].max()
    return "" if pd.isna(start) or pd.isna(end) else f"The records lie between {start:%Y-%m-%d} and {end:%Y-%m-%d}."


def warn_files(entries: list[str]) -> None:
    """One warning for all entries, so that none hides the next."""
    if entries:
        more = [f"... and {len(entries) - SHOWN} more"] if len(entries) > SHOWN else []
        head = f"{len(entries)} station file(s) with problems:"
        warnings.warn("\n  ".join([head, *entries[:SHOWN], *more]), UserWarning, stacklevel=4)
