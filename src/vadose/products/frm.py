"""Representativeness of ISMN sensors (FRM4SM): which of them stand for a coarse pixel."""

from __future__ import annotations

import os

import pandas as pd

from ..errors import InputFileError

CLASSES = ("very representative", "representative", "not representative", "undeducible")
_REQUIRED = ("frm_class", "frm_snr", "frm_nobs", "depth_from", "depth_to", "network", "station", "instrument", "lon",
             "lat")  # fmt: skip


def read_frm_classification(path: str | os.PathLike) -> pd.DataFrame:
    """Read the FRM4SM classification of ISMN sensors.

    Parameters
    ----------
    path : path
        ``;`` separated table of the provider.

    Returns
    -------
    pandas.DataFrame
        One row per sensor: ``network``, ``station``, ``instrument``, ``depth_from``, ``depth_to`` [m], ``lat``, ``lon``
        [degrees], ``frm_class`` (one of :data:`CLASSES`), ``frm_snr`` [dB], ``frm_nobs``, ``variable``. Names are
        spelled as in :func:`vadose.products.stations.open_stations`, so that the tables can be joined.

    Raises
    ------
    InputFileError
        If a column is missing or a class is unknown.

    Notes
    -----
    The provider repeats the column ``tsw`` (how the sensor was chosen), always with the same content; one is kept.
    """
    try:
        table = pd.read_csv(path, sep=";", encoding="latin-1")
    except (OSError, ValueError) as err:
        raise InputFileError(path, found=f"a table that cannot be read ({err})", needed="the FRM4SM table") from err
    if missing := [c for c in _REQUIRED if c not in table]:
        found = f"the columns {list(table.columns)} without {missing}"
        raise InputFileError(path, found=found, needed=f"{list(_REQUIRED)}, separated by ';'")
    if "tsw.1" in table:
        if not table["tsw"].equals(table["tsw.1"]):
            raise InputFileError(path, found="two columns tsw that differ", needed="one, or two that agree")
        table = table.drop(columns="tsw.1")
    if unknown := sorted(set(table["frm_class"].astype(str)) - set(CLASSES)):
        raise InputFileError(f"{path}: frm_class", found=f"{unknown}", needed=f"one of {list(CLASSES)}")
    return table.drop(columns=[c for c in ("idx",) if c in table])
