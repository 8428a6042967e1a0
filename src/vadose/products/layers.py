"""Products whose layers are variables of their own, such as ``swvl1`` to ``swvl4``: stacked into one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import xarray as xr

from .cells import Cells
from .images import Images


def stack_layers(index: Images | Cells, names: Sequence[str],
                 prepare: Callable[[xr.DataArray, int], xr.DataArray] | None = None) -> xr.DataArray:  # fmt: skip
    """Variables of one layer each as one lazy DataArray, dims (time, layer, lat, lon).

    Parameters
    ----------
    index : Images or Cells
        Index of the files.
    names : sequence of str
        Variables from the top layer down.
    prepare : callable, optional
        ``(values, number) -> values`` applied to every layer before stacking, such as a unit conversion.
    """
    parts: list[Any] = []
    for number, name in enumerate(names):
        values = index.variable(name)
        parts.append(prepare(values, number) if prepare else values)
    stacked = xr.concat(parts, dim="layer", join="exact", coords="minimal", compat="override")
    return stacked.transpose("time", "layer", "lat", "lon")
