"""Blocks of cells: the unit of work, simulated one by one and only when asked for."""

from __future__ import annotations

from dataclasses import dataclass

import dask
import dask.array as da
import numpy as np

from ..periods import next_start, parse_dekad
from ..physics import LAYER_BOUNDS
from ..schema import FLAGS, VARIABLES
from . import composites, factors, production, sensors, stations, truths
from . import land as geography
from .cells import Cells
from .error_sizes import REANALYSES, SENSORS
from .reanalyses import Model

#: Variables of the truth by how a dekad sums them up.
AMOUNTS = (
    "precipitation", "irrigation", "imposed_water", "potential_evapotranspiration", "evapotranspiration", "runoff",
    "recharge",
)  # fmt: skip
STATES = ("sm", "air_temperature", "swe", "leaf_area_index")
TRUTH = (*STATES, *AMOUNTS, "event", "flag")

#: Types of variables that the schema does not know.
OWN_TYPES = {"event": "uint8", "imposed_water": "float32", **dict.fromkeys(factors.VARYING, "float32")}


@dataclass(frozen=True)
class Request:
    """What to simulate besides truth and stations."""

    day: np.ndarray
    """Consecutive days since 1970-01-01."""
    seed: int
    step: str
    """``"day"`` or ``"dekad"``."""
    parts: tuple[str, ...]
    """Names of sensors and reanalyses, ``"factors"``, ``"gpp"``."""
    trends: bool = True
    """Whether the imposed trends are there."""

    @property
    def starts(self) -> np.ndarray:
        """Index of the first day of each step."""
        return composites.dekad_starts(self.day) if self.step == "dekad" else np.arange(self.day.size)

    def days_of(self, part: str) -> slice:
        """The days on which a part has data: a product has its period."""
        first, last = SENSORS[part].period if part in SENSORS else ("", "")
        start = int(np.searchsorted(self.day, _day(parse_dekad(first)))) if first else 0
        stop = self.day.size
        if last:
            stop = int(np.searchsorted(self.day, _day(next_start([parse_dekad(last)], "dekad")[0])))
        return slice(start, max(start, stop))

    def time_of(self, part: str) -> np.ndarray:
        """First day of each step of a part."""
        when = self.days_of(part)
        starts = self.starts
        return self.day[starts[(starts >= when.start) & (starts < when.stop)]]


def names_of(part: str, step: str) -> tuple[str, ...]:
    """Variables of a part that change with time."""
    if part == "truth":
        return TRUTH
    if part in SENSORS:
        return ("sm", "sm_uncertainty", *(("nobs",) if step == "dekad" else ()), "flag")
    if part == "stations":
        return ("sm", *(("nobs",) if step == "dekad" else ()), "flag")
    if part in REANALYSES:
        return ("sm", "precipitation")
    return factors.VARYING if part == "factors" else ("gpp",)


def layered(part: str, name: str) -> bool:
    """Whether a variable has layers."""
    return name == "sm" and (part == "truth" or part in REANALYSES)


def lazy_arrays(cells: Cells, request: Request, sites: stations.Sites,
                block: tuple[int, int]) -> dict[tuple[str, str], da.Array]:  # fmt: skip
    """One lazy array per output, made of one task per block of cells."""
    cuts = [[slice(i, min(i + b, n)) for i in range(0, n, b)] for n, b in zip(cells.shape, block)]
    delayed = dask.delayed(simulate, pure=True)
    tasks: list[list] = []
    within = []
    for r in cuts[0]:
        tasks.append([])
        for c in cuts[1]:
            inside = (sites.row >= r.start) & (sites.row < r.stop) & (sites.col >= c.start) & (sites.col < c.stop)
            within.append(np.flatnonzero(inside))
            tasks[-1].append(delayed(cells.window(r, c), request, sites.pick(inside).shift(-r.start, -c.start)))
    out = {}
    for part in ("truth", *request.parts):
        steps = request.time_of(part).size
        for name in names_of(part, request.step):
            lead = (steps, len(LAYER_BOUNDS)) if layered(part, name) else (steps,)
            grid_of = [[da.from_delayed(task[part, name], (*lead, r.stop - r.start, c.stop - c.start), dtype_of(name))
                        for task, c in zip(line, cuts[1])] for line, r in zip(tasks, cuts[0])]  # fmt: skip
            out[part, name] = da.concatenate([da.concatenate(line, axis=-1) for line in grid_of], axis=-2)
    depths = np.arange(len(stations.DEPTHS))
    order = np.argsort((np.concatenate(within)[:, None] * depths.size + depths).ravel())
    flat = [task for line in tasks for task in line]
    for name in names_of("stations", request.step):
        steps = request.starts.size
        pieces = [da.from_delayed(task["stations", name], (w.size * depths.size, steps), dtype_of(name))
                  for task, w in zip(flat, within) if w.size]  # fmt: skip
        none = da.from_array(np.empty((0, steps), dtype=dtype_of(name)), chunks=(0, steps))
        out["stations", name] = da.concatenate(pieces)[order] if pieces else none
    return out


def dtype_of(name: str) -> str:
    """Storage type of a variable."""
    return OWN_TYPES[name] if name in OWN_TYPES else VARIABLES[name].dtype


def simulate(cells: Cells, request: Request, sites: stations.Sites) -> dict[tuple[str, str], np.ndarray]:
    """Everything asked for of some cells, time first, in storage types; water is NaN.

    Notes
    -----
    Goes through time a calendar year at a time, so that what is at work at once does not grow with the period.
    """
    day, seed = request.day, request.seed
    looking = [p for p in request.parts if p in SENSORS]
    reach = [sensors.halo(SENSORS[p], cells) for p in looking] or [(0, 0)]
    wide, rows, cols = cells.pad(max(r for r, _ in reach), max(c for _, c in reach))
    land = geography.describe(wide, seed)
    inner = {name: values[rows, cols] for name, values in land.items()}
    models = {p: Model(p, REANALYSES[p], cells, inner, seed) for p in request.parts if p in REANALYSES}
    pieces: dict[tuple[str, str], list[np.ndarray]] = {}

    def add(part: str, values: dict[str, np.ndarray]) -> None:
        water = inner["land_cover"] == 0
        for name, array in values.items():
            if part != "stations":
                array = array.astype(dtype_of(name))
                if array.dtype.kind == "f":
                    array[water] = np.nan
            pieces.setdefault((part, name), []).append(_time_first(array, part, name))

    for now, state in truths.years(wide, land, day, seed, spin_up=bool(models), trends=request.trends):
        here = {name: values[rows, cols] for name, values in state.items()}
        modelled = {p: model.step(here, now) for p, model in models.items()}
        if now[-1] < day[0]:
            continue
        first = int(now[0] - day[0])
        starts = composites.dekad_starts(now) if request.step == "dekad" else None
        add("truth", _truth(here, inner, starts))
        add("stations", stations.report(sites, here, inner, now, seed, starts))
        if "gpp" in request.parts:
            grown = production.gpp(cells, inner, here, now, seed)
            add("gpp", {"gpp": grown if starts is None else composites.total(grown, starts)})
        if "factors" in request.parts:
            add("factors", factors.varying(cells, inner, here, now, seed, starts))
        for part, out in modelled.items():
            if starts is not None:
                rain = composites.total(out["precipitation"], starts)
                out = {"sm": composites.mean(out["sm"], starts)[0], "precipitation": rain}
            add(part, out)
        scene = sensors.Scene(wide, rows, cols, land, state, now)
        for part in looking:
            active = request.days_of(part)
            when = slice(max(active.start - first, 0), min(active.stop - first, now.size))
            if when.start >= when.stop:
                continue
            seen = sensors.observe(part, SENSORS[part], scene, seed, when)
            if starts is not None:
                seen = composites.observed(seen["sm"], seen["sm_uncertainty"], seen["flag"],
                                           composites.dekad_starts(now[when]), SENSORS[part].correlated)  # fmt: skip
            add(part, seen)
    return {key: np.concatenate(arrays, axis=1 if key[0] == "stations" else 0) for key, arrays in pieces.items()}


def _truth(state: dict[str, np.ndarray], land: dict[str, np.ndarray],
           starts: np.ndarray | None) -> dict[str, np.ndarray]:  # fmt: skip
    out = {name: state[name] for name in (*STATES, *AMOUNTS, "event")}
    frozen = state["frozen"]
    if starts is not None:
        out = {name: composites.mean(v, starts)[0] if name in STATES else composites.total(v, starts)
               for name, v in out.items() if name != "event"}  # fmt: skip
        out["event"] = np.bitwise_or.reduceat(state["event"], starts, axis=-1)
        frozen = composites.mean(frozen.astype(float), starts)[0] > 0.5
    flag = np.where(frozen, np.uint16(FLAGS["frozen_or_snow"]), np.uint16(0))
    sea = (land["land_cover"] == 0)[..., None]
    out["flag"] = np.where(sea, np.uint16(FLAGS["water"]), flag)
    out["event"] = np.where(sea, np.uint8(0), out["event"])
    return out


def _time_first(values: np.ndarray, part: str, name: str) -> np.ndarray:
    """(row, column, [layer,] time) -> (time, [layer,] row, column); (sensor, time) stays."""
    if part == "stations":
        return values.astype(dtype_of(name))
    return np.ascontiguousarray(values.transpose((2, 0, 1) if values.ndim == 3 else (3, 2, 0, 1)))


def _day(time) -> int:
    return int(np.datetime64(time, "D").astype(int))
