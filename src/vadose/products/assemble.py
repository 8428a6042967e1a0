"""The last step of every reader: units, valid range, flag rule, depth, provenance; then the schema check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from .. import schema, units
from ..grid import Grid
from .catalogue import Product


def assemble(
    product: Product,
    values: xr.DataArray,
    *,
    unit: str,
    flags: str,
    inputs: Sequence[Path | str],
    name: str = "sm",
    grid: Grid | None = None,
    flag: xr.DataArray | None = None,
    uncertainty: xr.DataArray | None = None,
    extras: Mapping[str, xr.DataArray] | None = None,
    extra_units: Mapping[str, str] | None = None,
    layers: Sequence[tuple[float, float]] | None = None,
    depth: tuple[float, float] | None = None,
    version: str = "",
    title: str = "",
    attrs: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """Make the canonical dataset from decoded provider values.

    Parameters
    ----------
    product : Product
        Catalogue entry.
    values : xarray.DataArray
        Soil moisture with fills already NaN, in ``unit``; gridded dims (time, [layer,] lat, lon) or (obs,).
    unit : str
        Its unit, in any spelling of :mod:`vadose.units`.
    flags : {"recommended", "usable", "none"}
        Flag rule (:data:`vadose.schema.FLAG_RULES`).
    inputs : sequence
        Files read; only their names are kept.
    name : {"sm", "saturation"}
        Canonical variable.
    grid : Grid, optional
        For gridded data.
    flag : xarray.DataArray of uint16, optional
        Canonical flags from provider bits; zeros where None.
    uncertainty : xarray.DataArray, optional
        One sigma, in ``unit``.
    extras : mapping, optional
        Canonical name -> further variables, decoded.
    extra_units : mapping, optional
        Unit of extras that have a valid range, where not canonical already.
    layers : sequence of (from, to), optional
        Bounds [m] of the layer dimension.
    depth : (from, to), optional
        Depth [m] of a single layer.
    version, title : str
        Provenance.
    attrs : mapping, optional
        Further global attributes.

    Returns
    -------
    xarray.Dataset
        Canonical; lazy where the input is. ``n_out_of_range`` counts, before the flag rule, the values beyond the
        valid range; where there is a time dimension, per time.

    Notes
    -----
    ``flag`` gets ``out_of_range`` where a value lies beyond the valid range and ``missing`` where there is none.
    Soil moisture and its uncertainty become NaN where the rule rejects the flag.
    """
    reject = schema.check_rule(flags)
    spec = schema.VARIABLES[name]
    values = units.convert(values, unit, spec.units, where=f"{product.id}: {name}")
    assert spec.valid_range is not None
    span = {"low": spec.valid_range[0], "high": spec.valid_range[1]}
    given = (values,) if flag is None else (values, flag)
    main, bits = xr.apply_ufunc(_judge, *given, kwargs={**span, "reject": reject}, output_core_dims=[[], []],
                                dask="parallelized", output_dtypes=["float32", "uint16"], join="exact")  # fmt: skip
    beyond = xr.apply_ufunc(_beyond, values, kwargs=span, dask="parallelized", output_dtypes=[bool])
    count = beyond.sum([d for d in beyond.dims if d != "time"], dtype="int32")
    main.attrs, bits.attrs = spec.attrs(), schema.flag_attrs()
    count.attrs = schema.VARIABLES["n_out_of_range"].attrs()
    parts = {name: main}
    if uncertainty is not None:
        key = f"{name}_uncertainty"
        sigma = units.convert(uncertainty, unit, spec.units, where=f"{product.id}: {key}")
        parts[key] = xr.apply_ufunc(_judge_sigma, sigma, bits, kwargs={**span, "reject": reject}, join="exact",
                                    dask="parallelized", output_dtypes=["float32"])  # fmt: skip
        parts[key].attrs = schema.VARIABLES[key].attrs()
    parts["flag"] = bits
    for key, extra in (extras or {}).items():
        parts[key] = _extra(extra, key, (extra_units or {}).get(key), product)
    parts["n_out_of_range"] = count
    ds = xr.Dataset(parts)
    if layers is not None:
        ds = _with_layers(ds, layers)
    if depth is not None:
        for key in (name, f"{name}_uncertainty"):
            if key in ds:
                ds[key].attrs.update(depth_from=float(depth[0]), depth_to=float(depth[1]))
    if grid is not None:
        ds = schema.with_grid(ds, grid)
    if "time" in ds.coords:
        ds["time"].attrs = {"standard_name": "time", "long_name": "time", "axis": "T"}
    ds.attrs.update(attrs or {})
    ds = schema.stamp(ds, title=title or product.title, product=product.id, version=version,
                      inputs=[Path(p).name for p in inputs], flag_rule=flags, family=product.family)  # fmt: skip
    return schema.check(ds)


def _extra(extra: xr.DataArray, name: str, unit: str | None, product: Product) -> xr.DataArray:
    spec = schema.VARIABLES[name]
    if unit is not None:
        extra = units.convert(extra, unit, spec.units, where=f"{product.id}: {name}")
    if spec.valid_range is not None:
        low, high = spec.valid_range
        out = xr.apply_ufunc(_within, extra, kwargs={"low": low, "high": high}, dask="parallelized",
                             output_dtypes=["float32"])  # fmt: skip
    else:
        out = extra.astype(spec.dtype) if np.dtype(spec.dtype).kind in "iuf" else extra.copy(deep=False)
    out.attrs = {k: v for k, v in spec.attrs().items() if not (k == "units" and v == "")}
    return out


def _beyond(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values outside the range by more than a float32 or packed encoding adds to a limit; NaN is not."""
    slack = 1e-6 * max(abs(low), abs(high), 1e-3)
    return (values < low - slack) | (values > high + slack)


def _within(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.where(_beyond(values, low, high), np.float32(np.nan), values.astype(np.float32, copy=False))


def _judge(values: np.ndarray, flag: np.ndarray | int = 0, *, low: float, high: float,
           reject: int) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Values with the rejected ones missing, and the completed flags: one pass over a block."""
    beyond = _beyond(values, low, high)
    bits = np.where(np.isnan(values), np.uint16(schema.FLAGS["missing"]), np.uint16(0))
    bits[beyond] = schema.FLAGS["out_of_range"]
    bits |= np.asarray(flag).astype(np.uint16, copy=False)
    refused = beyond | ((bits & np.uint16(reject)) != 0)
    return np.where(refused, np.float32(np.nan), values.astype(np.float32, copy=False)), bits


def _judge_sigma(sigma: np.ndarray, bits: np.ndarray, *, low: float, high: float, reject: int) -> np.ndarray:
    return np.where((bits & np.uint16(reject)) != 0, np.float32(np.nan), _within(sigma, low, high))


def _with_layers(ds: xr.Dataset, layers: Sequence[tuple[float, float]]) -> xr.Dataset:
    bounds = np.asarray(layers, dtype=float)
    attrs = {"standard_name": "depth", "long_name": "depth of the layer's middle", "units": "m",
             "positive": "down", "bounds": "layer_bnds"}  # fmt: skip
    return ds.assign_coords(
        layer=("layer", bounds.mean(axis=1), attrs),
        layer_bnds=(("layer", "bnds"), bounds, {"units": "m", "long_name": "bounds of the layer"}),
    )
