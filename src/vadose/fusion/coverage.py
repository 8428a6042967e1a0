"""Where the values of a record come from, by latitude and time."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import SchemaError
from .plan import Plan

#: Origins of a pixel-dekad besides rounds, in the order in which they are asked for.
OTHERS = ("gap filled", "snow or ice", "no value")


def coverage(record: xr.Dataset, plan: Plan) -> xr.Dataset:
    """Share of the land that each round gave a value to, by latitude and time (the data of a Hovmöller diagram).

    Parameters
    ----------
    record : xarray.Dataset
        ``sm``, ``flag`` and ``source`` (time, lat, lon), as from :func:`vadose.fusion.fuse`; lazy stays lazy.
    plan : Plan
        The plan it was made with.

    Returns
    -------
    xarray.Dataset
        Dims (origin, time, lat): ``share`` [1] of the land cells of each latitude, origins ``round 1`` ...,
        ``gap filled``, ``snow or ice``, ``no value``; the shares of all origins sum to 1, or are NaN where a latitude
        has no land. (time, lat): ``covered`` [1], the share with a value.

    Raises
    ------
    SchemaError
        If the record has no ``source`` or ``flag``.

    Notes
    -----
    Land is what is never flagged as water.

    Examples
    --------
    >>> plan = Plan.load("rsssm")
    >>> number = plan.network_names()["5-1:windsat_lprm"]
    >>> dims = ("time", "lat", "lon")
    >>> ds = xr.Dataset({"sm": (dims, [[[0.2, 0.3, np.nan, np.nan]]]), "source": (dims, [[[number, 0, 0, 0]]]),
    ...                  "flag": (dims, [[[0, schema.FLAGS["gap_filled"], schema.FLAGS["frozen_or_snow"],
    ...                                    schema.FLAGS["water"]]]])})
    >>> got = coverage(ds, plan)
    >>> {str(k): round(float(v), 2) for k, v in zip(got.origin.values, got.share[:, 0, 0]) if v}
    {'round 5': 0.33, 'gap filled': 0.33, 'snow or ice': 0.33}
    """
    for name in ("sm", "flag", "source"):
        if name not in record:
            raise SchemaError("record", found=f"no {name}", needed="a record of vadose.fusion.fuse")
    numbers = plan.network_names()
    rounds = [r.name for r in plan.rounds]
    sets = {plan.set_name(r, s): i for i, r in enumerate(plan.rounds) for s in r.substeps}
    number_to_round = np.full(max(numbers.values(), default=0) + 1, -1, "int16")
    for label, number in numbers.items():
        number_to_round[number] = sets[label.split(":")[0]]
    flag, value = record["flag"].astype("uint16"), record["sm"].notnull()
    land = (flag & schema.FLAGS["water"]) == 0
    filled = value & ((flag & schema.FLAGS["gap_filled"]) != 0)
    frozen = ~value & ((flag & schema.FLAGS["frozen_or_snow"]) != 0)
    origin = xr.apply_ufunc(lambda s: number_to_round[s.astype("int64")], record["source"], dask="parallelized",
                            output_dtypes=["int16"])  # fmt: skip
    masks = [value & ~filled & (origin == i) for i in range(len(rounds))] + [filled, frozen, ~value & ~frozen]
    total = land.sum("lon")
    shares = [(m & land).sum("lon") / total.where(total > 0) for m in masks]
    out = xr.Dataset({"share": xr.concat(shares, "origin", join="exact")})
    out["covered"] = (value & land).sum("lon") / total.where(total > 0)
    out["share"].attrs = {"units": "1", "long_name": "share of the land"}
    out["covered"].attrs = {"units": "1", "long_name": "share of the land with a value"}
    out = out.assign_coords(origin=[f"round {r}" for r in rounds] + list(OTHERS))
    return schema.stamp(out.transpose("origin", "time", "lat"), title="Coverage by origin",
                        product=record.attrs.get("product", ""), simulated=schema.is_simulated(record))  # fmt: skip
