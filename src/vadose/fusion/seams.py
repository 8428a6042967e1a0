"""Whether the edges of zones can be seen: steps between neighbouring pixels by their distance from an edge."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import SchemaError
from ..grid import Grid
from .blend import edge_jump
from .zones import ZoneMap


def seams(values: xr.DataArray, *, zone_size: float = 1.0) -> xr.Dataset:
    """Mean absolute step between neighbouring pixels, by the distance of the pair from the nearest zone edge.

    Parameters
    ----------
    values : xarray.DataArray, dims (time, lat, lon)
        Any gridded field, in memory or small enough to be read.
    zone_size : float
        Edge of a zone [degrees].

    Returns
    -------
    xarray.Dataset
        Dim (distance): ``step`` [unit of the values] and ``n`` pairs [1]; distance 0 are pairs across an edge, 1 the
        next pair inside, and so on [pixels]. Scalars ``across`` and ``inside`` [unit of the values], the means over
        pairs across edges and over all others, and ``ratio`` [1].

    Raises
    ------
    SchemaError
        If dims are missing.

    Notes
    -----
    METHODS 2.3: an edge is not to be seen, so across / inside is to stay at or below 1.05.

    Examples
    --------
    >>> grid = Grid.regular(0.5).crop((0, 0, 3, 1))
    >>> values = xr.DataArray([[[0.0, 1.0, 5.0, 6.0, 7.0, 8.0]] * 2], dims=("time", "lat", "lon"),
    ...                       coords=grid.coords(), attrs={"units": "1"})
    >>> got = seams(values)
    >>> got.step.round(2).values.tolist(), float(got.across), float(got.inside)
    ([2.5, 1.0], 2.5, 0.5)
    """
    if set(values.dims) != {"time", "lat", "lon"}:
        raise SchemaError("values", found=f"dims {values.dims}", needed="(time, lat, lon)")
    zones = ZoneMap(Grid.of(values), zone_size)
    data = values.transpose("time", "lat", "lon").values
    most = int(np.ceil(zones.pixels / 2)) + 1
    total, count = np.zeros(most), np.zeros(most, "int64")
    for axis, zone in ((-2, zones.row), (-1, zones.col)):
        jump = np.moveaxis(np.abs(np.diff(data.astype("float64"), axis=axis)), axis, -1)
        good = np.isfinite(jump)
        distance = _distance(zone)
        if not distance.size:
            continue  # a map of one row or column
        per = np.where(good, jump, 0.0).reshape(-1, distance.size).sum(axis=0)
        n = good.reshape(-1, distance.size).sum(axis=0)
        kept = distance < most
        np.add.at(total, distance[kept], per[kept])
        np.add.at(count, distance[kept], n[kept])
    across, inside = edge_jump(data, zones.row, zones.col)
    step = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    last = int(np.flatnonzero(count > 0)[-1]) + 1 if count.any() else 0
    unit = {"units": str(values.attrs.get("units", "1"))}
    out = xr.Dataset(
        {
            "step": ("distance", step[:last], {**unit, "long_name": "mean absolute step between neighbours"}),
            "n": ("distance", count[:last], {"units": "1", "long_name": "pairs"}),
            "across": ((), across, {**unit, "long_name": "mean absolute step across zone edges"}),
            "inside": ((), inside, {**unit, "long_name": "mean absolute step inside zones"}),
            "ratio": ((), across / inside if inside else np.nan, {"units": "1", "long_name": "across over inside"}),
        },
        {"distance": ("distance", np.arange(last), {"units": "1", "long_name": "distance from the edge [pixels]"})},
    )
    return schema.stamp(out, title="Seams between zones", simulated=schema.is_simulated(values))


def _distance(zone: np.ndarray) -> np.ndarray:
    """Of each pair of neighbours, how many pairs away the nearest pair across an edge is."""
    pairs = np.arange(zone.size - 1)
    edges = np.flatnonzero(np.diff(zone) != 0)
    if not edges.size:
        return np.full(pairs.size, np.iinfo("int32").max)
    return np.abs(pairs[:, None] - edges).min(axis=1)
