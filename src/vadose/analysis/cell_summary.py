"""A map in four numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from .. import schema
from .weights import cell_weights

QUANTILES = (0.1, 0.5, 0.9)


def cell_summary(maps: Mapping[str, xr.DataArray], *, area: str = "cell") -> xr.Dataset:
    """Number of cells with a value, median and tenths of maps, weighted by area; computes.

    Parameters
    ----------
    maps : mapping of str to DataArray, dims (lat, lon)
        Maps by name, each with ``units``; not times of the year, which have no median.
    area : {"cell", "cos", "pixel"}
        What a cell counts, see :func:`vadose.analysis.weights.cell_weights`.

    Returns
    -------
    xarray.Dataset, dim ``quantity``
        ``n_cells``, ``p10``, ``median``, ``p90`` and the coordinate ``quantity_units``.

    Notes
    -----
    A quantile is the value at which the weight of the cells up to it reaches its share of the whole, half of the cell's
    own weight counted.

    Examples
    --------
    >>> da = xr.DataArray([[1.0, 2.0, 3.0], [np.nan] * 3], dims=("lat", "lon"), attrs={"units": "d"})
    >>> got = cell_summary({"lag": da}, area="pixel")
    >>> int(got.n_cells[0]), float(got["median"][0])
    (3, 2.0)
    """
    rows = []
    for da in maps.values():
        weight = cell_weights(da, area).broadcast_like(da).transpose(*da.dims)
        values, size = np.asarray(da, float).ravel(), np.asarray(weight, float).ravel()
        known = np.isfinite(values)
        rows.append([known.sum(), *_quantiles(values[known], size[known])])
    table = np.array(rows, dtype=float).reshape(len(maps), 1 + len(QUANTILES))
    names = ("n_cells", "p10", "median", "p90")
    out = xr.Dataset({n: ("quantity", table[:, k]) for k, n in enumerate(names)}, {"quantity": list(maps)})
    out["n_cells"] = out["n_cells"].astype("int64").assign_attrs(units="1", long_name="cells with a value")
    texts = {"p10": "value below which a tenth lies", "median": "median", "p90": "value above which a tenth lies"}
    for name, text in texts.items():
        out[name].attrs = {"long_name": text, "units": "as in quantity_units"}
    out = out.assign_coords(quantity_units=("quantity", [str(d.attrs.get("units", "1")) for d in maps.values()]))
    return schema.stamp(out, title="Summary of maps", area=area,
                        simulated=any(schema.is_simulated(d) for d in maps.values()))  # fmt: skip


def _quantiles(values: np.ndarray, size: np.ndarray) -> np.ndarray:
    if not values.size:
        return np.full(len(QUANTILES), np.nan)
    order = np.argsort(values, kind="stable")
    share = (np.cumsum(size[order]) - size[order] / 2) / size.sum()
    return np.interp(QUANTILES, share, values[order])
