"""Copernicus Global Land Service 1 km: surface soil moisture (Sentinel-1) and soil water index (ASCAT + Sentinel-1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import InputFileError
from ..grid import Grid
from .assemble import assemble
from .catalogue import get
from .decode import Coding, attribute, check_units, get_variable, open_netcdf
from .images import Images, index_images

#: Stored bytes 0-200 are half per cent; the others are codes. They must be told apart before scaling.
VALUES = Coding(fills=(255.0,), scale=0.5, valid=(0, 200))
CODES = {
    241: "out_of_range", 242: "out_of_range", 251: "water", 252: "not_recommended", 253: "complex_topography",
    254: "not_recommended", 255: "missing",
}  # fmt: skip

#: Surface state: 0 unknown, 1 unfrozen, 2 frozen, 3 melting or surface water.
SSF_FROZEN = (2, 3)

GRID = Grid.regular(1 / 112)
_RAW = Coding(dtype="uint8")


def open_cgls_ssm(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open CGLS surface soil moisture 1 km (SSM1km) daily images.

    Parameters
    ----------
    paths : sequence of Path
        ``c_gls_SSM1km_*.nc`` files of one extent.
    bbox : tuple of float, optional
        ``(west, south, east, north)`` [degrees].
    period : str or tuple, optional
        As :func:`vadose.periods.parse_period` takes it.
    flags : {"recommended", "usable", "none"}
        Flag rule.

    Returns
    -------
    xarray.Dataset
        Shape ``grid``, lazy: ``saturation``, ``saturation_uncertainty`` [1], ``flag``. Times are days; the files
        hold no time of overpass.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product or unit, or of another extent than the first.

    Notes
    -----
    Codes: 241/242 beyond the dry/wet reference (``out_of_range``), 251 water, 252 low sensitivity
    (``not_recommended``), 253 slope (``complex_topography``), 255 no observation.
    """
    names = ["ssm", "ssm_noise"]
    images = _index(paths, names, bbox, period)
    codes = images.variable("ssm", _RAW)
    return assemble(get("cgls_ssm_1km"), _values(images, "ssm", codes), unit="%", flags=flags, inputs=images.paths,
                    name="saturation", grid=images.grid, flag=_map_codes(codes),
                    uncertainty=images.variable("ssm_noise", VALUES), depth=(0.0, 0.05),
                    version=images.identity)  # fmt: skip


def open_cgls_swi(paths: Sequence[Path], *, bbox=None, period=None, flags: str = "recommended") -> xr.Dataset:
    """Open CGLS soil water index 1 km (SWI1km) daily images.

    Parameters
    ----------
    paths : sequence of Path
        ``c_gls_SWI1km_*.nc`` files of one extent.
    bbox, period, flags
        As in :func:`open_cgls_ssm`.

    Returns
    -------
    xarray.Dataset
        Shape ``grid``, lazy: ``saturation``, ``flag`` and ``qflag`` with dims (time, t_value, lat, lon);
        ``t_value`` [days] is the characteristic time length of the filter. ``qflag`` [1] is the share of the
        filter's weight that observations support.

    Raises
    ------
    InputFileError
        If a file is damaged, of another product or unit, or of another extent than the first.

    Notes
    -----
    A time length is not a depth: no ``depth_from`` and ``depth_to`` are set. Codes as in :func:`open_cgls_ssm`,
    and 254: too little support (``not_recommended``). Surface states 2 and 3 become ``frozen_or_snow``.
    """
    first = Path(paths[0])
    with open_netcdf(first, needed=["SSF"], do="Is it a SWI1km file?") as nc:
        lengths = sorted(int(m[1]) for m in (re.fullmatch(r"SWI_(\d{3})", v) for v in nc.variables) if m)
    if not lengths:
        raise InputFileError(first.name, found="no SWI_nnn variable", needed="a SWI1km file")
    swi, qflag = ([f"{kind}_{t:03d}" for t in lengths] for kind in ("SWI", "QFLAG"))
    images = _index(paths, [*swi, *qflag, "SSF"], bbox, period, units=[*swi, *qflag])
    days = xr.DataArray(lengths, dims="t_value", name="t_value",
                        attrs={"units": "days", "long_name": "characteristic time length"})  # fmt: skip

    def stack(parts: list[xr.DataArray]) -> xr.DataArray:
        return xr.concat(parts, days).transpose("time", "t_value", "lat", "lon")

    raw = [images.variable(name, _RAW) for name in swi]
    state = images.variable("SSF", _RAW)
    frozen = xr.where(state.isin(SSF_FROZEN), np.uint16(schema.FLAGS["frozen_or_snow"]), np.uint16(0))
    flag = stack([_map_codes(codes) | frozen for codes in raw])
    ds = assemble(get("cgls_swi_1km"), stack([_values(images, n, c) for n, c in zip(swi, raw, strict=True)]),
                  unit="%", flags=flags, inputs=images.paths, name="saturation", grid=images.grid, flag=flag,
                  version=images.identity)  # fmt: skip
    support = stack([images.variable(name, VALUES) for name in qflag]) * np.float32(0.01)
    ds["qflag"] = support.assign_attrs(units="1", long_name="share of the filter weight supported by observations")
    return ds


def _index(paths: Sequence[Path], names: list[str], bbox, period, units: list[str] | None = None) -> Images:
    def identity(nc: Any, path: Path) -> str:
        for name in units or names:
            variable = get_variable(nc, name, path)
            check_units(variable, path, "1", assume="%")
            if variable.dtype != np.uint8 or Coding.of(variable).scale not in (0.5, 1.0):
                found = f"{variable.dtype} with scale {Coding.of(variable).scale:g}"
                raise InputFileError(f"{path.name}: {name}", found=found, needed="uint8 with scale 0.5")
        return attribute(nc, "product_version")

    return index_images([Path(p) for p in paths], names, parent=GRID, identity=identity, bbox=bbox, period=period,
                        dtypes=dict.fromkeys(names, "uint8"), do="Is it a file of another product?")  # fmt: skip


def _values(images: Images, name: str, codes: xr.DataArray) -> xr.DataArray:
    """Per cent; values beyond the references as infinity, so that they are counted as out of range."""
    return images.variable(name, VALUES).where(~codes.isin((241, 242)), np.float32(np.inf))


def _map_codes(codes: xr.DataArray) -> xr.DataArray:
    return xr.apply_ufunc(_look_up, codes, dask="parallelized", output_dtypes=["uint16"])


def _look_up(codes: np.ndarray) -> np.ndarray:
    table = np.zeros(256, dtype="uint16")
    for code, name in CODES.items():
        table[code] = schema.FLAGS[name]
    return table[codes]
