"""A simulated record beside its truth, as pairs that scores take."""

from __future__ import annotations

import numpy as np
import xarray as xr


def true_pairs(estimate: xr.DataArray, truth: xr.DataArray) -> xr.Dataset:
    """Pairs of two gridded series on one grid and time axis: every cell is a pair of series."""
    estimate, truth = xr.align(estimate, truth, join="exact")
    stacked = {k: v.stack(cell=("lat", "lon")).transpose("cell", "time").reset_index("cell", drop=True)
               for k, v in (("estimate", estimate), ("reference", truth))}  # fmt: skip
    pairs = xr.Dataset(stacked).chunk(time=-1) if estimate.chunks else xr.Dataset(stacked)
    pairs = pairs.where(pairs["estimate"].notnull() & pairs["reference"].notnull())
    for name in ("estimate", "reference"):
        pairs[name].attrs["units"] = "m3 m-3"
    return pairs.assign_coords(cell=np.arange(pairs.sizes["cell"])).assign_attrs(simulated="true", title="true pairs")
