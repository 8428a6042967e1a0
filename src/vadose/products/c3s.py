"""C3S soil moisture: daily, dekadal and monthly images and cell time series; surface and root zone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from .catalogue import get
from .merged_record import open_rzsm, open_surface


def open_c3s(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """C3S surface soil moisture, images (``C3S-SOILMOISTURE-L3S-SSM*``) or cell files.

    Parameters
    ----------
    paths : sequence of Path
        Files of one variant, version and cadence.
    bbox, period, flags
        As in :func:`vadose.products.open`.

    Returns
    -------
    xarray.Dataset
        dims (time, lat, lon): ``sm`` [m3 m-3], or ``saturation`` [1] from ACTIVE; ``flag``, ``n_out_of_range``, and
        the uncertainty and ``t0`` (daily) or ``nobs`` (dekadal, monthly) that the files hold.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product or variant, or unlike the others.

    Notes
    -----
    Aggregated files carry no flags; their time is the first day of the period, as in the files.
    """
    return open_surface(paths, product=get("c3s"), accepted=("COMBINED", "PASSIVE", "ACTIVE"), bbox=bbox,
                        period=period, flags=flags)  # fmt: skip


def open_c3s_rzsm(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """C3S root-zone soil moisture.

    Parameters
    ----------
    paths : sequence of Path
        Files of one version.
    bbox, period, flags
        As in :func:`vadose.products.open`.

    Returns
    -------
    xarray.Dataset
        ``sm`` and ``sm_uncertainty`` [m3 m-3], dims (time, layer, lat, lon), layers 0-0.1, 0.1-0.4 and 0.4-1 m.
    """
    return open_rzsm(paths, product=get("c3s_rzsm"), record="c3s", bbox=bbox, period=period, flags=flags)
