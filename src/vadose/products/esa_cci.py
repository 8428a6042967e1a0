"""ESA CCI soil moisture: daily images and cell time series; surface, gap-filled and root zone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from .. import schema
from .assemble import assemble
from .catalogue import get
from .merged_record import Identity, index_record, open_rzsm, open_surface

#: Variants read by :func:`open_esa_cci`; the gap-filled and root-zone products have readers of their own.
VARIANTS = ("COMBINED", "PASSIVE", "ACTIVE", "MODELFREE")


def open_esa_cci(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """ESA CCI surface soil moisture, images (``ESACCI-SOILMOISTURE-L3S-SSM*``) or cell files.

    Parameters
    ----------
    paths : sequence of Path
        Files of one variant and version.
    bbox, period, flags
        As in :func:`vadose.products.open`.

    Returns
    -------
    xarray.Dataset
        dims (time, lat, lon): ``sm`` [m3 m-3], or ``saturation`` [1] from ACTIVE; its uncertainty, ``flag``, ``t0``.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product or variant, or unlike the others.

    Notes
    -----
    The variant comes from the attributes, else the file name, else the folder. Bit 64 (barren ground) is advisory and
    does not make a value missing. A version that is not listed is read if its layout fits, and
    ``version_status`` says so.
    """
    return open_surface(paths, product=get("esa_cci"), accepted=VARIANTS, bbox=bbox, period=period, flags=flags)


def open_esa_cci_gapfilled(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """ESA CCI gap-filled soil moisture, cell files.

    Parameters
    ----------
    paths : sequence of Path
        Files of one version.
    bbox, period, flags
        As in :func:`vadose.products.open`.

    Returns
    -------
    xarray.Dataset
        ``sm`` and ``sm_uncertainty`` [m3 m-3] with ``flag``: ``gap_filled`` where the value is not an observation,
        ``frozen_or_snow`` where it was interpolated over frozen soil.

    Notes
    -----
    In the files ``gapmask`` is 1 where there *was* an observation. ``sm_original`` is ``sm`` where ``gap_filled`` is
    not set, and ``sm_smoothed`` is a smoothed field of its own; neither is read.
    """
    product = get("esa_cci_gapfilled")
    index = index_record(paths, ["sm", "gapmask"], record="esa_cci", accepted=("GAPFILLED",), bbox=bbox,
                         period=period, optional=["sm_uncertainty", "frozenmask"],
                         dtypes={"gapmask": "int8", "frozenmask": "int8"})  # fmt: skip
    who: Identity = index.identity
    flag = _bit(index.variable("gapmask") == 0, "gap_filled")
    if "frozenmask" in index.codings:
        flag = flag | _bit(index.variable("frozenmask") == 1, "frozen_or_snow")
    return assemble(
        product, index.variable("sm"), unit=who.unit, flags=flags, inputs=index.paths, grid=index.grid, flag=flag,
        uncertainty=index.variable("sm_uncertainty") if "sm_uncertainty" in index.codings else None,
        depth=product.depth, version=who.version, attrs={"variant": "gapfilled", "cadence": "daily"},
        title=f"{product.title} {who.version}",
    )  # fmt: skip


def open_esa_cci_rzsm(paths: Sequence[Path], *, bbox: Any, period: Any, flags: str) -> xr.Dataset:
    """ESA CCI root-zone soil moisture, cell files.

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
    return open_rzsm(paths, product=get("esa_cci_rzsm"), record="esa_cci", bbox=bbox, period=period, flags=flags)


def _bit(condition: xr.DataArray, name: str) -> xr.DataArray:
    return condition.astype("uint16") * schema.FLAGS[name]
