"""Regions of a map: bands of latitude, or the classes of a map on the same grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ..errors import ConfigError, GridError

#: Width of the latitude bands of ``"latitude"`` [degrees].
BAND = 30

#: Name of the region that holds every cell.
ALL = "all"


def regions_of(by: xr.DataArray | str | None, like: xr.DataArray, *, where: str = "by") -> dict[str, xr.DataArray]:
    """Region name -> where it is; ``"all"`` first. Regions are few and their map is small, so it is read.

    Parameters
    ----------
    by : xarray.DataArray, "latitude", or None
        Map of names or class codes on the grid of ``like`` (missing and empty ones belong to none); codes are named by
        ``flag_values`` and ``flag_meanings`` where the map has them. Or bands of 30°.
    like : xarray.DataArray
        Whose cells are meant.
    where : str
        What to name in a message.

    Returns
    -------
    dict of str to xarray.DataArray
        Boolean maps.

    Raises
    ------
    GridError
        If the map lies on another grid.
    ConfigError
        If ``by`` is a word that means nothing here.

    Examples
    --------
    >>> da = xr.DataArray([1.0, 2.0], dims="lat", coords={"lat": [45.0, -10.0]})
    >>> classes = da.copy(data=[1, 2]).assign_attrs(flag_values=[1, 2], flag_meanings="forest crop_land")
    >>> list(regions_of(classes, da)), [int(v.sum()) for v in regions_of("latitude", da).values()]
    (['all', 'forest', 'crop land'], [1, 0, 1, 0, 1, 0, 0])
    """
    out = {ALL: xr.DataArray(True)}
    if by is None:
        return out
    if isinstance(by, str):
        if by != "latitude" or "lat" not in like.coords:
            raise ConfigError(where, found=repr(by), needed="a map of regions, or 'latitude' where there are latitudes")
        lat = like["lat"]
        for south in range(90 - BAND, -91, -BAND):
            name = "/".join(f"{abs(v)}°{'N' if v > 0 else 'S' if v < 0 else ''}" for v in (south, south + BAND))
            out[name] = (lat >= south) & ((lat < south + BAND) | (south + BAND == 90))
        return out
    if not isinstance(by, xr.DataArray):
        raise ConfigError(where, found=type(by).__name__, needed="a map of regions (DataArray), or 'latitude'")
    try:
        by, _ = xr.align(by, like, join="exact")
    except ValueError as err:
        raise GridError(where, found="a map of regions on another grid", needed="the grid of the trend",
                        do="Move it with vadose.regrid.to_grid(..., method='mode').") from err  # fmt: skip
    if not set(by.dims) <= set(like.dims):
        raise GridError(where, found=f"dims {tuple(map(str, by.dims))}", needed=f"some of {tuple(map(str, like.dims))}")
    values = by.values
    by = by.copy(data=values)
    names = class_names(by)
    for name in np.unique(values[values == values]):
        if str(name) != "":
            text = str(name) if values.dtype.kind in "OU" else names.get(float(name), f"{name:g}")
            out[text] = by == name
    return out


def regions_by_kind(
    regions: Mapping[str, xr.DataArray | str] | None, like: xr.DataArray
) -> dict[tuple[str, str], xr.DataArray]:
    """(kind, region) -> where it is, for several maps of regions; ``("all", "all")`` first.

    Examples
    --------
    >>> da = xr.DataArray([1.0, 2.0], dims="lat", coords={"lat": [45.0, -10.0]})
    >>> list(regions_by_kind({"soil": da.copy(data=["clay", "sand"])}, da))
    [('all', 'all'), ('soil', 'clay'), ('soil', 'sand')]
    """
    out = {(ALL, ALL): xr.DataArray(True)}
    if regions is not None and not isinstance(regions, Mapping):
        raise ConfigError("regions", found=type(regions).__name__, needed="a mapping, such as {'latitude': 'latitude'}")
    for kind, by in (regions or {}).items():
        for name, inside in regions_of(by, like, where=f"regions[{kind!r}]").items():
            if name != ALL:
                out[kind, name] = inside
    return out


def stack_regions(found: Mapping[tuple[str, str], xr.DataArray], like: xr.DataArray) -> xr.DataArray:
    """Regions from :func:`regions_by_kind` as one array of 0 and 1, dims (region, ...), for sums by :func:`sum_by`."""
    kinds, names = zip(*found)
    shape = dict(zip(like.dims, like.shape))
    flat = [np.broadcast_to(_spread(inside, like), tuple(shape.values())) for inside in found.values()]
    coords = {d: like[d] for d in like.dims if d in like.coords}
    return xr.DataArray(np.stack(flat).astype("float32"), dims=("region", *like.dims),
                        coords=coords | {"region": list(names), "kind": ("region", list(kinds))})  # fmt: skip


def sum_by(values: xr.DataArray, inside: xr.DataArray) -> xr.DataArray:
    """Sums over the cells of each region; missing values count as 0."""
    dims = [d for d in inside.dims if d != "region"]
    return xr.dot(inside, values.fillna(0.0), dim=dims)


def _spread(inside: xr.DataArray, like: xr.DataArray) -> np.ndarray:
    ordered = inside.transpose(*(d for d in like.dims if d in inside.dims))
    return np.asarray(ordered).reshape([like.sizes[d] if d in inside.dims else 1 for d in like.dims])


def class_names(by: xr.DataArray) -> dict[float, str]:
    """Class code -> name by the CF flag attributes; empty where there are none."""
    meanings = str(by.attrs.get("flag_meanings", "")).split()
    codes = np.atleast_1d(by.attrs.get("flag_values", []))
    if len(meanings) != len(codes):
        return {}
    return {float(c): m.replace("_", " ") for c, m in zip(codes, meanings)}
