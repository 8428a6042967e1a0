"""Putting a dataset into a Zarr group and getting it out again, in bounded memory and on any scheduler."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import SchemaError
from . import encoding, layouts

if TYPE_CHECKING:
    import icechunk
    import zarr


def create(store: Any, path: str, ds: xr.Dataset, *, layout: str, form: str) -> dict[Hashable, xr.Variable]:
    """Make the group and its empty arrays.

    Parameters
    ----------
    store : zarr store
        Where to write.
    path : str
        Group to make; its parents are made too.
    ds : xarray.Dataset
        What is to be written.
    layout, form : str
        See :func:`vadose.store.layouts.cut`.

    Returns
    -------
    dict
        Encoded variables, to hand to :func:`fill`.
    """
    import zarr
    from zarr.codecs import ZstdCodec

    encoded = {k: encoding.encode(str(k), v) for k, v in ds.variables.items()}
    coords = " ".join(str(k) for k in ds.coords if k not in ds.dims)
    attrs = encoding.encode_attrs(ds.attrs, where="dataset", note=encoding.contents(ds),
                                  reserved={"coordinates": coords} if coords else {})  # fmt: skip
    group = zarr.create_group(store, path=path, attributes=attrs, zarr_format=3)
    for name, (var, missing) in encoded.items():
        _check_name(str(name))
        cut = layouts.cut(var.sizes, layout, form)
        text = var.dtype.kind in "TU" or isinstance(var.dtype, np.dtypes.StringDType)
        group.create_array(str(name), shape=var.shape, dtype="string" if text else var.dtype, chunks=cut.chunks,
                           shards=cut.shards, compressors=ZstdCodec(level=3, checksum=True), fill_value=missing,
                           attributes=dict(var.attrs), dimension_names=[str(d) for d in var.dims])  # fmt: skip
    return {k: var for k, (var, _) in encoded.items()}


def fill(store: Any, path: str, encoded: Mapping[Hashable, xr.Variable], *,
         starts: Mapping[Hashable, int] | None = None, spread: bool = False) -> list[icechunk.ForkSession]:  # fmt: skip
    """Write the values of encoded variables into existing arrays.

    Parameters
    ----------
    store : zarr store
        Where the arrays are.
    path : str
        Their group.
    encoded : mapping
        From :func:`create`.
    starts : mapping, optional
        Dimension -> first index to write, for appends.
    spread : bool
        Whether to compute on a scheduler that needs pickled sessions; ``store`` then belongs to a fork.

    Returns
    -------
    list of ForkSession
        What the workers wrote, to merge; empty where not spread.
    """
    import zarr
    from dask.array import store as store_here
    from icechunk.dask import store_dask

    starts = starts or {}
    lazy: dict[tuple, list[tuple[zarr.Array, xr.Variable]]] = {}
    done: list[icechunk.ForkSession] = []
    for name, var in encoded.items():
        target = zarr.open_array(store, path=f"{path}/{name}".strip("/"), mode="r+")
        begin = tuple(starts.get(d, 0) for d in var.dims)
        if var.chunks is None:
            if var.size or not var.dims:
                target[tuple(slice(b, b + n) for b, n in zip(begin, var.shape))] = var.values
        else:
            unit = target.shards or target.chunks
            # variables of equal shape often come from the same files: they are computed together
            lazy.setdefault((var.dims, begin, var.shape, unit), []).append((target, var))
    for (_, begin, shape, unit), members in lazy.items():
        stops = tuple(b + n for b, n in zip(begin, shape))
        unit_bytes = math.prod(min(u, n) for u, n in zip(unit, shape)) * sum(_itemsize(v) for _, v in members)
        for box in layouts.blocks(begin, stops, unit, unit_bytes):
            low, high = tuple(s.start for s in box), tuple(s.stop for s in box)
            inside = tuple(slice(a - o, b - o) for a, b, o in zip(low, high, begin))
            chunks = layouts.aligned(low, high, unit)
            sources = [v.data[inside].rechunk(chunks) for _, v in members]
            targets, regions = [t for t, _ in members], [box] * len(members)
            if spread:
                done.append(store_dask(sources=sources, targets=targets, regions=regions))
            else:
                store_here(sources, targets, regions=regions, lock=False)  # type: ignore[arg-type]
    return done


def read(store: Any, path: str, *, layout: str) -> xr.Dataset:
    """Open a group lazily, as it was written.

    Parameters
    ----------
    store : zarr store
        Where to read.
    path : str
        Group of one copy.
    layout : str
        Its layout, by which the lazy blocks are sized.
    """
    ds = xr.open_zarr(store, group=path, consolidated=False, zarr_format=3, decode_cf=False, chunks=None)
    note = ds.attrs[encoding.NOTE]
    found: dict[str, xr.Variable] = {}
    for name in (*note["vars"], *note["coords"]):
        var = ds.variables[name]
        # coordinates that say where and when are read; per observation and per cell they may be large
        if name in note["coords"] and var.ndim == 1 and var.dims != ("obs",):
            var = var.load()
        elif var.dims:
            unit = var.encoding.get("shards") or var.encoding["chunks"]
            var = var.chunk(dict(zip(var.dims, layouts.lazy_chunks(var.sizes, unit, var.dtype.itemsize or 1, layout))))
        found[name] = encoding.decode(var)
    return xr.Dataset({k: found[k] for k in note["vars"]}, {k: found[k] for k in note["coords"]},
                      encoding.decode_attrs(ds.attrs))  # fmt: skip


def needs_pickling() -> bool:
    """Whether dask would compute in other processes: a distributed client or the process scheduler."""
    from dask.base import get_scheduler

    get = get_scheduler()
    if get is None:
        return False
    return getattr(get, "__module__", "") not in ("dask.threaded", "dask.local")


def _itemsize(var: xr.Variable) -> int:
    return max(1, var.dtype.itemsize)


def _check_name(name: str) -> None:
    if not name or name.startswith((".", "__")) or "/" in name or name == "zarr.json":
        raise SchemaError(
            "variable", found=repr(name), needed="a name without '/' that does not start with '.' or '__'"
        )
