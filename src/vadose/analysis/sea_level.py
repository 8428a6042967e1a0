"""How much sea level does a change of soil water make?"""

from __future__ import annotations

import xarray as xr

from .. import schema
from ..errors import SchemaError
from ..units import canonical
from .trends import trend
from .weights import cell_weights

#: Mass of water [Gt] that raises the sea by 1 mm.
GT_PER_MM = 361.8


def sea_level(storage: xr.DataArray, *, test: str = "ar1", bias_corrected: bool = False, level: float = 0.95
              ) -> xr.Dataset:  # fmt: skip
    """Trend of the soil water of all cells together, and the sea-level rise that its loss makes.

    Parameters
    ----------
    storage : xarray.DataArray, dims (time, lat, lon)
        Annual means of soil water [kg m-2]; lazy stays lazy.
    test, bias_corrected
        Test of the trend of the total, see :func:`trend`.
    level : float
        Level of the interval.

    Returns
    -------
    xarray.Dataset
        ``mass`` (time) [Gt]; ``mass_trend`` [Gt yr-1] and ``sea_level_trend`` [mm yr-1] (positive where land loses
        water), each with ``_lower`` and ``_upper``; ``p_value``, ``status``; ``area_share`` [1], the area that counts
        over the area with any value.

    Raises
    ------
    SchemaError
        If the unit is not kg m-2, or there is no grid.

    Notes
    -----
    mass = sum of storage times cell area (ellipsoid); 361.8 Gt = 1 mm. Choice: only cells with a value in every year
    count, since a cell that comes or goes would look like a change of water.

    Examples
    --------
    >>> import numpy as np
    >>> from vadose.grid import Grid
    >>> grid = Grid.regular(10.0)
    >>> loss = xr.DataArray(-np.arange(5.0)[:, None, None] * np.ones(grid.shape), dims=("year", "lat", "lon"),
    ...                     coords=grid.coords() | {"year": range(2000, 2005)}, attrs={"units": "kg m-2"})
    >>> round(float(sea_level(loss).sea_level_trend), 4)  # 510.0656 million km2 x 1 mm = 510.0656 Gt
    1.4098
    """
    dim = "year" if "year" in storage.dims else "time"
    units = storage.attrs.get("units", "")
    if canonical(units, where=str(storage.name or "storage")) != "kg m-2":
        raise SchemaError(str(storage.name or "storage"), found=f"units {units!r}", needed="'kg m-2'",
                          do="Multiply moisture by layer thickness: vadose.units.content_to_storage.")  # fmt: skip
    size = cell_weights(storage, "cell")
    complete, some = storage.notnull().all(dim), storage.notnull().any(dim)
    mass = (storage.where(complete).astype("float64") * size).sum(["lat", "lon"]) * 1e-12
    mass = mass.where(complete.any()).assign_attrs(units="Gt", long_name="soil water of the cells that count")
    if mass.chunks:
        mass = mass.chunk({dim: -1})
    slope = trend(mass, dim=dim, test=test, bias_corrected=bias_corrected, level=level, min_valid=1.0)
    out = xr.Dataset({"mass": mass, "p_value": slope["p_value"], "status": slope["status"]})
    for side, other in (("", ""), ("_lower", "_upper"), ("_upper", "_lower")):
        text = "trend of" if not side else f"{side[1:]} bound of the trend of"
        out[f"mass_trend{side}"] = slope[f"slope{side}"].assign_attrs(units="Gt yr-1", long_name=f"{text} soil water")
        rise = -slope[f"slope{other}"] / GT_PER_MM
        out[f"sea_level_trend{side}"] = rise.assign_attrs(units="mm yr-1", long_name=f"{text} sea level by soil water")
    share = (size * complete).sum(["lat", "lon"]) / (size * some).sum(["lat", "lon"])
    out["area_share"] = share.assign_attrs(units="1", long_name="area of cells without a gap over area with any value")
    return schema.stamp(out, title="Sea-level equivalent of soil water", test=test,
                        simulated=schema.is_simulated(storage),
                        bias_corrected="true" if bias_corrected else None, level=level,
                        period=slope.attrs.get("period"))  # fmt: skip
