"""The comprehensive table of the coupling: ecosystem by season by depth."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import SchemaError
from .summary import check_alpha
from .weights import cell_weights

_TABLE = {
    "mean_r": "mean correlation", "mean_p": "mean p-value",
    "mean_response": "mean relative change of production per standard deviation of soil water",
    "n_cells": "cells with a correlation", "n_significant": "cells with a significant correlation",
    "share_significant": "share with a significant correlation",
    "share_positive": "share with a significant positive correlation",
    "share_negative": "share with a significant negative correlation",
}  # fmt: skip


def coupling_table(fields: xr.Dataset, *, area: str = "cos", alpha: float = 0.05, fdr: bool = False) -> xr.Dataset:
    """Mean correlation, mean p and significant share for every ecosystem, season and depth.

    Parameters
    ----------
    fields : xarray.Dataset
        From :func:`coupling`; lazy stays lazy.
    area : {"cos", "cell", "pixel"}
        Weight of a cell in means and shares, see :func:`cell_weights`; counts are always of cells.
    alpha : float
        Level of significance.
    fdr : bool
        Take as significant what keeps the rate of false discoveries below ``alpha`` over the map of each season and
        depth (Benjamini-Hochberg; the p-values are gathered in one chunk).

    Returns
    -------
    xarray.Dataset
        Dims (ecosystem, season, layer), "all" cells first: ``mean_r``, ``mean_p``, ``mean_response`` [1], ``n_cells``,
        ``n_significant`` [1], ``share_significant``, ``share_positive``, ``share_negative`` (both significant) [1];
        shares are of the cells with a correlation, NaN where there is none. ``to_dataframe()`` makes it a table. Beside
        it the fields ``significant`` and, with ``fdr``, ``p_adjusted``.

    Raises
    ------
    SchemaError
        If ``fields`` are none of a coupling.
    ConfigError
        If an option cannot be used.

    Notes
    -----
    METHODS 5.4. Choice: "all" is every cell with a correlation, also barren ones and those without a class.

    Examples
    --------
    >>> ds = xr.Dataset({"r": (("season", "layer", "lat"), [[[0.5, -0.9]]]), "p_value": (("season", "layer", "lat"),
    ...                  [[[0.2, 0.01]]])}, {"lat": [60.0, 0.0]}).expand_dims(lon=[0.0])
    >>> ds["response"] = 0.1 * ds.r
    >>> got = coupling_table(ds)
    >>> got.mean_r.values.round(6).tolist(), got.share_negative.values.round(6).tolist(), got.n_significant.item()
    ([[[-0.433333]]], [[[0.666667]]], 1)
    """
    if not isinstance(fields, xr.Dataset) or not {"r", "p_value", "response"} <= set(fields.data_vars):
        found = f"variables {list(fields.data_vars)}" if isinstance(fields, xr.Dataset) else type(fields).__name__
        raise SchemaError("fields", found=found, needed="r, p_value and response",
                          do="Make them with vadose.analysis.coupling.")  # fmt: skip
    check_alpha(alpha)
    beside = {k: c for k, c in fields.coords.items() if k not in fields.dims and set(c.dims) <= {"season", "layer"}}
    fields = fields.reset_coords(drop=True)
    r, p = fields["r"], fields["p_value"]
    places = [d for d in r.dims if d not in ("season", "layer")]
    flags: dict[str, xr.DataArray] = {}
    if fdr:
        flags["p_adjusted"] = p = _adjusted(p, places)
    small = p < alpha
    flags["significant"] = small
    names, member = _members(fields, places)
    counted = member.astype(float)
    weight = counted * cell_weights(fields, area)
    known = r.notnull()
    total = xr.dot(weight, known.astype(float), dim=places)
    total = total.where(total > 0)

    def mean(values: xr.DataArray) -> xr.DataArray:
        return xr.dot(weight, values.where(known, 0.0).astype(float), dim=places) / total

    def count(mask: xr.DataArray) -> xr.DataArray:
        return xr.dot(counted, mask.astype(float), dim=places).round().astype("int64")

    positive, negative = mean(small & (r > 0)), mean(small & (r < 0))
    out = xr.Dataset({
        "mean_r": mean(r), "mean_p": mean(fields["p_value"]), "mean_response": _mean_known(fields["response"], weight),
        "n_cells": count(known), "n_significant": count(small), "share_significant": mean(small),
        "share_positive": positive, "share_negative": negative,
    }).assign_coords(ecosystem=names)  # fmt: skip
    out = out.transpose("ecosystem", "season", "layer").drop_attrs()
    for name, text in _TABLE.items():
        out[name].attrs = {"units": "1", "long_name": text}
    kind = f"at a false discovery rate of {alpha:g}" if fdr else f"at p < {alpha:g}"
    out = out.assign(flags).assign_coords(beside)
    out["significant"].attrs = {"units": "1", "long_name": f"significant {kind}"}
    if fdr:
        out["p_adjusted"].attrs = {"units": "1", "long_name": "p-value adjusted for the false discovery rate"}
    return schema.stamp(out, title="Coupling of primary production to soil water by ecosystem", area=area,
                        alpha=alpha, fdr=str(fdr).lower(), period=fields.attrs.get("period"),
                        simulated=schema.is_simulated(fields))  # fmt: skip


def depth_names(layers: xr.DataArray | xr.Dataset, out: xr.Dataset) -> list[str]:
    """Names of the layers: given ones, else from their bounds, else from their numbers."""
    if "depth" in layers.coords:
        return [str(v) for v in layers["depth"].values]
    if "layer_bnds" in layers.coords or (isinstance(layers, xr.Dataset) and "layer_bnds" in layers):
        return [f"{100 * a:g}-{100 * b:g} cm" for a, b in np.asarray(layers["layer_bnds"].values, float)]
    return [f"layer {v}" for v in (out["layer"].values if "layer" in out.coords else range(1, out.sizes["layer"] + 1))]


def _adjusted(p: xr.DataArray, places: list) -> xr.DataArray:
    from ..stats.multiple import fdr

    def kernel(block: np.ndarray) -> np.ndarray:
        flat = block.reshape(*block.shape[: block.ndim - len(places)], -1)
        return fdr(flat, axis=-1).reshape(block.shape)

    return xr.apply_ufunc(
        kernel, p.chunk(dict.fromkeys(places, -1)) if p.chunks else p, input_core_dims=[places],
        output_core_dims=[places], dask="parallelized", output_dtypes=[float], keep_attrs=False,
    )  # fmt: skip


def _mean_known(values: xr.DataArray, weight: xr.DataArray) -> xr.DataArray:
    """Mean of a variable that may be missing where there is a correlation."""
    places = [d for d in weight.dims if d != "ecosystem"]
    known = values.notnull()
    total = xr.dot(weight, known.astype(float), dim=places)
    return xr.dot(weight, values.where(known, 0.0), dim=places) / total.where(total > 0)


def _members(fields: xr.Dataset, places: list) -> tuple[list[str], xr.DataArray]:
    """Ecosystems, all cells first, and which cells belong to each (ecosystem, ...)."""
    names, masks = ["all"], [xr.ones_like(fields["r"].isel(season=0, layer=0, drop=True), dtype=bool)]
    if "ecosystem_class" in fields:
        codes = fields["ecosystem_class"]
        for value, name in zip(codes.attrs["flag_values"], codes.attrs["flag_meanings"].split()):
            if value:
                names.append(name)
                masks.append(codes == value)
    return names, xr.concat(masks, "ecosystem").transpose("ecosystem", *places)
