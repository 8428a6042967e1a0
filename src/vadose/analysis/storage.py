"""Layers as water: kg m-2 in every layer, impossible values taken out and counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..units import WATER_DENSITY, canonical

#: Share of a layer's depth that water may fill; GLDAS layers: 99.9, 299.7, 599.4, 999 kg m-2.
FULL = 0.999
#: Limits that paper 001 applies to the four GLDAS Noah layers [kg m-2].
NOAH_LIMITS = (99.9, 299.9, 599.9, 999.0)


def layer_storage(layers: xr.Dataset | xr.DataArray) -> xr.DataArray:
    """Water in each layer.

    Parameters
    ----------
    layers : xarray.Dataset or DataArray, dims (..., layer, ...)
        Storage [kg m-2], or moisture [m3 m-3] in a dataset with ``layer_bnds`` [m].

    Returns
    -------
    xarray.DataArray
        Storage [kg m-2].

    Raises
    ------
    SchemaError
        Without a dimension ``layer``, with another unit, or moisture without bounds.

    Examples
    --------
    >>> ds = xr.Dataset({"sm": ("layer", [0.25, 0.25], {"units": "m3 m-3"}),
    ...                  "layer_bnds": (("layer", "bnds"), [[0.0, 0.1], [0.1, 0.4]])})
    >>> layer_storage(ds).values.round(9).tolist()
    [25.0, 75.0]
    """
    da = layers[schema.primary(layers)] if isinstance(layers, xr.Dataset) else layers
    where = str(da.name or "layers")
    if "layer" not in da.dims:
        raise SchemaError(where, found=f"dims {tuple(map(str, da.dims))}", needed="a dimension 'layer'",
                          do="Join layers: xr.concat(..., 'layer').")  # fmt: skip
    unit = da.attrs.get("units")
    if unit is None:
        raise SchemaError(where, found="no units", needed="'kg m-2' or 'm3 m-3'", do="Set the units attribute.")
    unit = canonical(unit, where=where)
    if unit == "kg m-2":
        return da
    if unit != "m3 m-3":
        raise SchemaError(where, found=f"units {unit!r}", needed="'kg m-2', or 'm3 m-3' with layer_bnds")
    if not isinstance(layers, xr.Dataset) or "layer_bnds" not in layers:
        raise SchemaError(where, found="moisture without layer_bnds", needed="bounds of the layers in m",
                          do="Give the dataset with layer_bnds (layer, bnds), or storage in kg m-2.")  # fmt: skip
    bounds = layers["layer_bnds"].values
    thickness = xr.DataArray(bounds[:, 1] - bounds[:, 0], dims="layer")
    attrs = {k: v for k, v in da.attrs.items() if k not in ("valid_range", "standard_name")}
    return (
        (da * (thickness * WATER_DENSITY).astype(da.dtype))
        .assign_attrs(attrs, units="kg m-2", long_name="soil water storage of the layer")
        .rename("swc")
    )


def screen_storage(layers: xr.Dataset | xr.DataArray, *, limits: Sequence[float] | None = None) -> xr.Dataset:
    """Take out storage below 0 or above what a layer can hold, and count it.

    Parameters
    ----------
    layers : xarray.Dataset or DataArray, dims (..., layer, ...)
        As for :func:`layer_storage`.
    limits : sequence of float, optional
        Largest storage per layer [kg m-2], e.g. :data:`NOAH_LIMITS`; default 0.999 of the depth of water that fills the
        layer, by ``layer_bnds`` [m] of the dataset.

    Returns
    -------
    xarray.Dataset
        ``swc`` [kg m-2] and ``n_out_of_range`` (layer) [1].

    Raises
    ------
    SchemaError
        If the unit is not kg m-2.
    ConfigError
        If limits do not fit the layers, or there is nothing to take them from.

    Examples
    --------
    >>> da = xr.DataArray([[50.0, 200.0], [99.95, 250.0]], dims=("time", "layer"), attrs={"units": "kg m-2"})
    >>> got = screen_storage(da, limits=(99.9, 299.9))
    >>> got.n_out_of_range.values.tolist()
    [1, 0]
    """
    da = layer_storage(layers)
    if limits is None:
        if not isinstance(layers, xr.Dataset) or "layer_bnds" not in layers:
            raise ConfigError("limits", found="none, and no layer_bnds", needed="one limit per layer in kg m-2",
                              do="For GLDAS Noah: limits=vadose.analysis.NOAH_LIMITS.")  # fmt: skip
        bounds = layers["layer_bnds"].values
        limits = tuple(FULL * WATER_DENSITY * (bounds[:, 1] - bounds[:, 0]))
    if len(limits) != da.sizes["layer"]:
        raise ConfigError("limits", found=f"{len(limits)} limits", needed=f"{da.sizes['layer']}, one per layer")
    top = xr.DataArray(np.asarray(limits, dtype=float), dims="layer")
    bad = (da > top) | (da < 0)
    count = bad.sum([d for d in da.dims if d != "layer"]).astype("int64")
    return xr.Dataset({
        "swc": da.where(~bad).assign_attrs(da.attrs),
        "n_out_of_range": count.assign_attrs(units="1", long_name="values masked because no layer can hold them"),
    })  # fmt: skip
