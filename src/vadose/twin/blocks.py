"""Blocks of cells: the unit of work, simulated one by one and only when asked for."""

from __future__ import annotations

import dask
import dask.array as da
import numpy as np

from ..physics import LAYER_BOUNDS
from ..schema import FLAGS, VARIABLES
from . import land as geography
from . import sensors, truths
from .cells import Cells
from .error_sizes import SENSORS

#: Variables of the truth and of each sensor.
TRUTH = (
    "sm", "precipitation", "air_temperature", "swe", "leaf_area_index", "potential_evapotranspiration",
    "evapotranspiration", "runoff", "recharge", "flag",
)  # fmt: skip
OBSERVED = ("sm", "sm_uncertainty", "flag")

#: Variables of the truth that have layers.
LAYERED = ("sm",)


def lazy_arrays(cells: Cells, day: np.ndarray, seed: int, block: int) -> dict[tuple[str, str], da.Array]:
    """One lazy array per output, made of one task per block of cells."""
    cuts = [[slice(i, min(i + block, n)) for i in range(0, n, block)] for n in cells.shape]
    delayed = dask.delayed(simulate, pure=True)
    tasks = [[delayed(cells.window(r, c), day, seed) for c in cuts[1]] for r in cuts[0]]
    layers = len(LAYER_BOUNDS)
    out = {}
    for part, names in (("truth", TRUTH), *((s, OBSERVED) for s in SENSORS)):
        for name in names:
            dtype = VARIABLES[name].dtype
            layered = part == "truth" and name in LAYERED
            lead = (day.size, layers) if layered else (day.size,)
            grid_of = [[da.from_delayed(task[part, name], (*lead, r.stop - r.start, c.stop - c.start), dtype)
                        for task, c in zip(line, cuts[1])] for line, r in zip(tasks, cuts[0])]  # fmt: skip
            out[part, name] = da.concatenate([da.concatenate(line, axis=-1) for line in grid_of], axis=-2)
    return out


def simulate(cells: Cells, day: np.ndarray, seed: int) -> dict[tuple[str, str], np.ndarray]:
    """Truth and observations of some cells, time first, in storage types; water is NaN."""
    reach = [sensors.halo(s, cells) for s in SENSORS.values()]
    wide, rows, cols = cells.pad(max(r for r, _ in reach), max(c for _, c in reach))
    land = geography.describe(wide, seed)
    state = truths.simulate(wide, land, day, seed)
    water = (land["land_cover"] == 0)[rows, cols]
    out: dict[tuple[str, str], np.ndarray] = {}
    for name in TRUTH[:-1]:
        out["truth", name] = _store(np.where(_lift(water, state[name]), np.nan, state[name][rows, cols]), name)
    flag = np.where(state["frozen"][rows, cols], np.uint16(FLAGS["frozen_or_snow"]), np.uint16(0))
    out["truth", "flag"] = _store(np.where(water[..., None], np.uint16(FLAGS["water"]), flag), "flag")
    for key, sensor in SENSORS.items():
        seen = sensors.observe(key, sensor, wide, rows, cols, land, state, day, seed)
        out.update({(key, name): _store(seen[name], name) for name in OBSERVED})
    return out


def _lift(mask: np.ndarray, like: np.ndarray) -> np.ndarray:
    return mask.reshape(*mask.shape, *(1,) * (like.ndim - 2))


def _store(values: np.ndarray, name: str) -> np.ndarray:
    """(row, column, [layer,] time) -> (time, [layer,] row, column) in the storage type."""
    order = (2, 0, 1) if values.ndim == 3 else (3, 2, 0, 1)
    return np.ascontiguousarray(values.transpose(order), dtype=VARIABLES[name].dtype)
