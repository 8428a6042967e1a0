"""The list of sensors in an ISMN download, from the first and last bytes of each file."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np
import pandas as pd

from ..errors import InputFileError
from .ismn_archive import HEAD, Archive
from .ismn_header import Header, data_start, parse_header, parse_time, split_lines
from .station_csv import is_station_csv

COLUMNS = (*(f.name for f in dataclasses.fields(Header) if f.name != "problem"), "file", "problem")


def index_stations(path: str | os.PathLike, *, exact: bool = False) -> pd.DataFrame:
    """List the sensors of an ISMN download without reading their records.

    Parameters
    ----------
    path : path
        Zip archive, the folder it was unpacked to, or one ``.stm`` file.
    exact : bool
        Inflate every compressed member to find its last record; without it ``end`` of such a member is the last day
        of the request, from its name, and ``end_exact`` is False.

    Returns
    -------
    pandas.DataFrame
        One row per file (old combined CEOP files: per depth and variable): ``network``, ``station``, ``variable``,
        ``depth_from``, ``depth_to`` [m], ``sensor``, ``lat``, ``lon`` [degrees], ``elevation`` [m], ``start``, ``end``
        (UTC), ``end_exact``, ``format``, ``file``, and ``problem``: what could not be read or does not agree, ``""``
        where all is well.

    Raises
    ------
    InputFileError
        If there is no such path, the archive is damaged, or it holds no station file.

    Notes
    -----
    Of each file the first 512 bytes are read, and the last 512 where they can be reached; compressed zip members
    cannot be read from behind, so only their first block is inflated.
    """
    if is_station_csv(path):
        do = "Open it with vadose.products.open_stations."
        raise InputFileError(path, found="a CSV table", needed="an ISMN zip, folder or .stm file", do=do)
    with Archive(path) as archive:
        return build_index(archive, exact=exact)


def build_index(archive: Archive, *, exact: bool = False) -> pd.DataFrame:
    """The same for an open archive."""
    rows: list[tuple[Header, str]] = []
    for name in archive.names:
        try:
            rows += [(h, name) for h in _describe(archive, name, exact)]
        except (InputFileError, OSError) as err:
            broken = Header()
            broken.note(str(err))
            rows.append((broken, name))
    table: dict[str, Any] = {c: [getattr(h, c) for h, _ in rows] for c in COLUMNS if c != "file"}
    table["file"] = [name for _, name in rows]
    for key in ("start", "end"):
        table[key] = np.asarray(table[key], dtype="datetime64[s]")
    return pd.DataFrame(table, columns=list(COLUMNS))


def _describe(archive: Archive, name: str, exact: bool) -> list[Header]:
    head, tail = archive.ends(name)
    header = parse_header(name, head)
    if header.problem and len(head) >= HEAD:  # a header line longer than any seen so far
        header = parse_header(name, archive.head(name, 16 * HEAD))
    if header.format == "ceop":
        return _combined(archive, name, header)
    if tail is None and exact:
        tail = archive.read(name)[-HEAD:]
    if tail is not None and not np.isnat(header.start):
        end = parse_time(split_lines(tail)[-1].split())
        if np.isnat(end):
            header.note("last line has no readable time: the file may be cut short")
        else:
            header.end, header.end_exact = end, True
    return [header]


def _combined(archive: Archive, name: str, header: Header) -> list[Header]:
    """One entry per depth and variable of an old combined CEOP file, which names them in every line only."""
    from .ismn_lines import parse_lines

    out = []
    content = archive.read(name)
    for columns, variable in (("ceop_moisture", "soil_moisture"), ("ceop_temperature", "soil_temperature")):
        series = parse_lines(content, columns=columns)
        assert series.depths is not None
        for depth in np.unique(series.depths):
            here = series.depths == depth
            if not np.isfinite(series.values[here]).any():  # a variable not measured at this depth
                continue
            times = series.minutes[here].astype("datetime64[m]")
            out.append(dataclasses.replace(header, variable=variable, depth_from=float(depth), depth_to=float(depth),
                                           start=times.min(), end=times.max(), end_exact=True))  # fmt: skip
    if not out:
        header.note("no value of soil moisture or temperature")
        return [header]
    return out


def read_series(archive: Archive, row: pd.Series):
    """Read the record of one row of the index.

    Returns
    -------
    Series
        See :class:`vadose.products.ismn_lines.Series`.
    """
    from .ismn_lines import parse_lines

    content = archive.read(row["file"])
    if row["format"] == "header_values":
        return parse_lines(content, columns="header_values", start=data_start(content), line=2)
    if row["format"] == "ceop_sep":
        return parse_lines(content, columns="ceop_sep")
    columns = "ceop_moisture" if row["variable"] == "soil_moisture" else "ceop_temperature"
    series = parse_lines(content, columns=columns)
    assert series.depths is not None
    return series.where(series.depths == row["depth_to"])
