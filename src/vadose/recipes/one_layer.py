"""One layer of a layered variable, as settings name it."""

from __future__ import annotations

import xarray as xr

from ..errors import ConfigError


def one_layer(da: xr.DataArray, layer: int | None, *, where: str) -> xr.DataArray:
    """The layer of that index, 0 the top; a variable without layers as it is.

    Readers label layers by their depth and the simulated Earth by number, so that a label means different things; the
    index means the same in every recipe.

    Raises
    ------
    ConfigError
        If the variable has layers and ``layer`` is none of them.

    Examples
    --------
    >>> da = xr.DataArray([0.1, 0.2], dims="layer", coords={"layer": [0.05, 0.25]})
    >>> float(one_layer(da, 1, where="sm"))
    0.2
    """
    if "layer" not in da.dims:
        return da
    count = da.sizes["layer"]
    if layer is None or not 0 <= layer < count:
        labels = da["layer"].values.tolist() if "layer" in da.coords else range(count)
        known = ", ".join(f"{k} ({label})" for k, label in enumerate(labels))
        raise ConfigError(f"{where}: layer", found="none named" if layer is None else f"{layer}",
                          needed=f"an index from 0, the top: {known}", do="Set `layer: 0`.")  # fmt: skip
    return da.isel(layer=layer, drop=True)
