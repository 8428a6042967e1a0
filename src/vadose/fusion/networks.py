"""Trained networks on disk: one dataset for each training set and block of zones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from ..errors import ConfigError

#: Arrays of a fit that have one entry per network.
STATE_END = "_"

#: Attribute of networks that learnt from several libraries: a fingerprint of their grids.
LEARNT_FROM = "learnt_from"


def networks_name(name: str, set_name: str, block: str) -> str:
    """Dataset that holds the networks of a training set in a block (``"wide"``: those of climates and all zones)."""
    return f"{name}.networks/{set_name}/{block}"


def pack(arrays: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Many arrays of any shapes as one dataset: joined end to end by type, with a table of contents.

    Notes
    -----
    Choice: a block has hundreds of small arrays; stored one by one they cost more to open than to read.

    Examples
    --------
    >>> back = unpack(pack({"a": np.eye(2), "b": np.arange(3)}))
    >>> back["a"].tolist(), back["b"].tolist()
    ([[1.0, 0.0], [0.0, 1.0]], [0, 1, 2])
    """
    joined: dict[str, list[np.ndarray]] = {}
    at: dict[str, int] = {}
    contents = {}
    for key, value in arrays.items():
        value = np.asarray(value)
        kind = value.dtype.name
        contents[key] = [kind, at.get(kind, 0), list(value.shape)]
        joined.setdefault(kind, []).append(value.ravel())
        at[kind] = at.get(kind, 0) + value.size
    data = {k: (f"n_{k}", np.concatenate(v)) for k, v in joined.items()}
    return xr.Dataset(data, attrs={"contents": json.dumps(contents)})


def unpack(ds: xr.Dataset) -> dict[str, np.ndarray]:
    """What :func:`pack` was given."""
    ds = ds.compute(scheduler="synchronous")
    out = {}
    for key, (kind, at, shape) in json.loads(ds.attrs["contents"]).items():
        out[key] = ds[kind].values[at : at + int(np.prod(shape))].reshape(shape)
    return out


def check_digest(ds: xr.Dataset, digest: str, *, where: str) -> None:
    """Refuse to go on with what another plan made; raises :class:`ConfigError`."""
    if ds.attrs.get("plan_digest") != digest:
        raise ConfigError(where, found=f"results of another plan ({ds.attrs.get('plan_digest', 'unknown')})",
                          needed=f"those of this plan ({digest})",
                          do="Take another name, or delete what lies under this one.")  # fmt: skip


def check_mark(ds: xr.Dataset, mark: str, *, where: str) -> None:
    """Refuse to go on with networks that learnt from other libraries; raises :class:`ConfigError`."""
    if (found := ds.attrs.get(LEARNT_FROM)) != mark:
        raise ConfigError(where, found=f"networks that learnt from {'other libraries' if found else 'one library'}",
                          needed="those of the libraries given",
                          do="Take another name, or delete what lies under this one.")  # fmt: skip


def stack(fits: Iterable[Mapping[str, np.ndarray]]) -> Any:
    """Networks of several blocks as one :class:`vadose.learn.ZoneNetworks`; None where there are none."""
    from ..learn import ZoneNetworks

    fits = [f for f in fits if len(f["zones_"])]
    if not fits:
        return None
    return ZoneNetworks.from_arrays({
        k: np.concatenate([f[k] for f in fits]) if k.endswith(STATE_END) else v for k, v in fits[0].items()
    })  # fmt: skip


def part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Arrays whose key begins with a prefix, without it."""
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
