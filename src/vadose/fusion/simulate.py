"""Soil moisture from the trained networks: for each pixel and dekad the best one whose predictors are all there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from .. import schema
from . import dekads
from .blend import edge_weights
from .inputs import Inputs, simulation_name
from .networks import check_digest, part, stack
from .plan import Plan, Round, SubStep, span
from .spread import of_blocks
from .table import Table, read_table
from .zones import Block, positions

if TYPE_CHECKING:
    from ..learn import ZoneNetworks
    from .combinations import Combination

#: Variables of a block's result, first axis.
SM, SIGMA, SOURCE, FLAG = range(4)

#: Where a network comes from, in order of preference.
LOCAL, CLIMATE, GLOBAL = range(3)

#: Where the number of a network begins among those of worse origin or rank.
_WORSE = 1e6

Progress = Callable[[str, int, int], None]


def simulate(plan: Plan, library: Any, *, name: str = "fused", progress: Progress | None = None) -> list[str]:
    """Simulate every round of a trained plan.

    Parameters
    ----------
    plan : Plan
        The plan, as trained.
    library : vadose.store.Library
        Where inputs and networks lie; the results go to ``<name>.sim/<round>``, one commit for each round.
    name : str
        Name of the fusion.
    progress : callable, optional
        Called with a label, the number done and the number in all.

    Returns
    -------
    list of str
        Names of the simulations. Those that are there already are kept.

    Raises
    ------
    ConfigError
        If another plan was trained under this name.
    LibraryError
        If networks are missing.
    """
    inputs = Inputs(plan, library, name)
    out = []
    for i, r in enumerate(plan.rounds):
        if progress:
            progress("simulate", i, len(plan.rounds))
        out.append(simulate_round(inputs, r))
    return out


def simulate_round(inputs: Inputs, round_: Round) -> str:
    """Simulate one round into the library, unless it is there; returns the dataset's name."""
    name = simulation_name(inputs.name, round_.name)
    digest = inputs.digest
    if name in inputs.library.names():
        check_digest(inputs.library.open(name), digest, where=name)
        return name
    ds = simulated(inputs, round_, np.array(sorted(inputs.plan.round_dekads(round_))))
    inputs.library.write(name, ds.assign_attrs(plan_digest=digest), message=f"simulate {name}")
    return name


def simulated(inputs: Inputs, round_: Round, numbers: np.ndarray, *, extend: bool = False) -> xr.Dataset:
    """What a round simulates, lazily.

    Parameters
    ----------
    inputs : Inputs
        Plan, library and grid.
    round_ : Round
        The round.
    numbers : ndarray of int
        Dekads.
    extend : bool
        Whether the sub-steps that end last go on beyond their end (for updates).

    Returns
    -------
    xarray.Dataset
        ``sm``, ``sm_uncertainty`` [m3 m-3], ``source`` and ``flag`` (time, lat, lon); one dask block for each block
        of zones.
    """
    import dask.array as da
    from dask import delayed

    zones, edge = inputs.zones, inputs.plan.zones.block

    def part(block: Block) -> da.Array:
        shape = (4, numbers.size, zones.pixel_rows(*block.rows).size, zones.pixel_cols(*block.cols).size)
        task = delayed(partial(simulate_block, inputs, round_, block, numbers, extend), pure=False)()
        return da.from_delayed(task, shape, dtype="float32")

    whole = of_blocks(zones, edge, part)
    dims = ("time", "lat", "lon")
    names = inputs.plan.network_names()
    ds = xr.Dataset(
        {
            "sm": (dims, whole[SM], schema.VARIABLES["sm"].attrs()),
            "sm_uncertainty": (dims, whole[SIGMA], schema.VARIABLES["sm_uncertainty"].attrs()),
            "source": (dims, whole[SOURCE].astype("uint16"), source_attrs(names)),
            "flag": (dims, whole[FLAG].astype("uint16"), schema.flag_attrs()),
        },
        {"time": ("time", dekads.starts(numbers), {"standard_name": "time"})},
    )
    ds = schema.with_grid(ds, inputs.grid)
    example = inputs.dataset(inputs.plan.dataset(inputs.plan.products[round_.predictors[0]].dataset))
    used = [*round_.predictors, *round_.targets]
    return schema.stamp(ds, title=f"Round {round_.name} of {inputs.name}", product=inputs.plan.name, inputs=used,
                        simulated=schema.is_simulated(example))  # fmt: skip


def source_attrs(names: dict[str, int]) -> dict[str, Any]:
    """CF attributes of ``source``: which network, as ``substep:product+product``."""
    return {
        "units": "1",
        "long_name": "independent network that made the value",
        "flag_values": np.array([0, *names.values()], dtype="uint16"),
        "flag_meanings": " ".join(["none", *names]),
    }


def simulate_block(inputs: Inputs, round_: Round, block: Block, numbers: np.ndarray, extend: bool) -> np.ndarray:
    """Simulate a block: sub-steps merged, shape (4, time, lat, lon), float32.

    Notes
    -----
    Choice: where two sub-steps simulate the same dekad they are merged by the inverse of their networks'
    out-of-sample mean squared error. They share inputs and target, so the variance of the merge is their weighted
    mean variance, not less.
    """
    rows, cols = inputs.zones.pixel_rows(*block.rows), inputs.zones.pixel_cols(*block.cols)
    npix = rows.size * cols.size
    total = np.zeros((3, npix, numbers.size))  # weight, value, variance
    source, best = np.zeros((2, npix, numbers.size), "float32")
    flag = np.full((npix, numbers.size), schema.FLAGS["missing"], "uint16")
    end = max(max(span(s.simulate)) for s in round_.substeps)
    order = np.arange(npix)
    tables: dict[tuple, Table] = {}
    for step in round_.substeps:
        own = span(step.simulate)
        mine = np.array([d in own or (extend and d > end and max(own) == end) for d in numbers.tolist()])
        if not mine.any():
            continue
        key = (tuple(step.sources.items()), mine.tobytes())
        if key not in tables:
            tables = {key: read_table(inputs, round_, step, block, numbers=numbers[mine], with_target=False)}
        table = tables[key]
        order = np.searchsorted(rows, table.row) * cols.size + positions(cols, table.col)
        got = Simulator(inputs, round_, step, block).run(table)
        weight = np.where(np.isfinite(got["sm"]), 1 / got["network_variance"], 0.0)
        at = np.ix_(np.arange(npix), np.flatnonzero(mine))
        total[0][at] += weight
        total[1][at] += weight * np.nan_to_num(got["sm"])
        total[2][at] += weight * np.nan_to_num(got["variance"])
        leads = weight > best[at]
        source[at] = np.where(leads, got["source"], source[at])
        best[at] = np.where(leads, weight, best[at])
        flag[at] = np.where(got["flag"] == 0, 0, np.where(flag[at] == 0, 0, got["flag"]))
    with np.errstate(invalid="ignore", divide="ignore"):
        sm, sigma = total[1] / total[0], np.sqrt(total[2] / total[0])
    out = np.empty((4, numbers.size, npix), "float32")
    for i, x in enumerate((sm, sigma, source, flag)):
        out[i][:, order] = x.T
    return out.reshape(4, numbers.size, rows.size, cols.size)


class Simulator:
    """Networks of a training set around one block, and the choice among them.

    Parameters
    ----------
    inputs : Inputs
        Plan, library and grid.
    round_, step : Round, SubStep
        What to simulate.
    block : Block
        Zones to simulate; networks of the zones around it are read for blending.
    """

    def __init__(self, inputs: Inputs, round_: Round, step: SubStep, block: Block) -> None:
        self.inputs, self.plan = inputs, inputs.plan
        self.combinations = self.plan.combinations(round_, step)
        self.priority = step.priority
        set_name = self.plan.set_name(round_, step)
        self.numbers = self.plan.network_names()
        self.set_name = set_name
        self.products = round_.predictors
        zones, edge = inputs.zones, self.plan.zones.block
        ring = 1 if self.plan.zones.band > 0 else 0
        rows, cols = set(zones.row.tolist()), set(zones.col.tolist())
        self.zone_list = np.array(sorted({  # none beyond the grid's edge, where the network of all zones would speak
            int(zones.number(r, c)) for r in range(block.rows[0] - ring, block.rows[1] + ring) if r in rows
            for c in range(block.cols[0] - ring, block.cols[1] + ring) if c % zones.columns in cols
        }))  # fmt: skip
        present = {b.name for b in zones.blocks(edge)}
        near = {zones.block_of(int(z), edge).name for z in self.zone_list}
        self.local = [inputs.networks(set_name, b) for b in sorted(near & present)] if self.plan.zones.local else []
        wide = self.plan.zones.wide or not self.plan.zones.local
        self.wide = [inputs.networks(set_name, "wide")] if wide else []
        self._fits: dict[tuple, Any] = {}
        self._tabulate()

    def _tabulate(self) -> None:
        """Rank, origin and out-of-sample variance of every combination in every zone."""
        nz, nc = self.zone_list.size, len(self.combinations)
        self.climate = self._climate_of_zones()
        self.rank = np.full((nz, nc), np.inf)
        self.origin = np.full((nz, nc), -1, "int8")
        self.variance = np.full((nz, nc), np.nan)
        for i, c in enumerate(self.combinations):
            for origin, store, ids in (
                (LOCAL, self.local, self.zone_list), (CLIMATE, self.wide, self.climate),
                (GLOBAL, self.wide, np.zeros(nz, "int64")),
            ):  # fmt: skip
                error = self._errors(c, store)
                for z in range(nz):
                    if self.origin[z, i] < 0 and (origin != CLIMATE or ids[z]) and int(ids[z]) in error:
                        self.origin[z, i], self.variance[z, i] = origin, error[int(ids[z])]
        order = np.sqrt(self.variance) if self.priority == "error" else np.arange(nc)[None, :]
        found = self.origin >= 0
        self.rank = np.where(found, order + _WORSE * self.origin, np.inf)
        # the best combination for every set of valid predictors, a set being the bits of a number
        codes = np.arange(2 ** len(self.products))
        bits = np.array([sum(1 << self.products.index(p) for p in c.products) for c in self.combinations], "int64")
        self.best = np.full((nz + 1, codes.size), -1, "int16")
        for code in codes:
            allowed = (bits & code) == bits
            if nc and allowed.any():
                cost = np.where(allowed, self.rank, np.inf)
                choice = cost.argmin(axis=1)
                self.best[:-1, code] = np.where(np.isfinite(cost.min(axis=1)), choice, -1)
        self.admissible = np.array([bool(((bits & code) == bits).any()) for code in codes])

    def _errors(self, c: Combination, store: list[dict[str, np.ndarray]]) -> dict[int, float]:
        """Zone -> error variance: mean out-of-sample squared error of the members, and what targets hand down.

        Notes
        -----
        Choice: at least a tenth of the out-of-sample error is kept, however large a target's stated random error is.
        """
        out: dict[int, float] = {}
        for arrays in store:
            ids, inherited = arrays[f"{c.label}/zone"], arrays[f"{c.label}/inherited"]
            if not ids.size:
                continue
            loss = np.mean(
                [arrays[f"{c.label}/{m}/loss_validation_"] for m in range(self.plan.networks.members)], axis=0
            )
            value = np.maximum(loss + inherited, 0.1 * loss)
            ok = np.isfinite(value)
            # a perfect fit must still leave a finite weight
            out |= dict(zip(ids[ok].tolist(), np.maximum(value[ok], 1e-12).tolist()))
        return out

    def _climate_of_zones(self) -> np.ndarray:
        """Most common climate class of each zone, 0 where unknown."""
        out = np.zeros(self.zone_list.size, "int64")
        layer, zones = self.plan.zones.climate, self.inputs.zones
        if layer is None:
            return out
        for i, z in enumerate(self.zone_list):
            row, col = divmod(int(z), zones.columns)
            rows, cols = zones.pixel_rows(row, row + 1), zones.pixel_cols(col, col + 1)
            if rows.size and cols.size:
                values = np.nan_to_num(self.inputs.layer(layer, rows, cols).astype("float64")).astype("int64")
                known = np.bincount(values.ravel()[values.ravel() > 0])
                out[i] = known.argmax() if known.size else 0
        return out

    def _wide_share(self, c: int) -> float:
        """Part of the network of all zones in a zone's value; none where there is no such network."""
        ids = self.wide[0][f"{self.combinations[c].label}/zone"] if self.wide else ()
        return self.plan.zones.wide_share if 0 in ids else 0.0

    def _networks(self, c: int, member: int, origin: int) -> ZoneNetworks:
        key = (c, member, origin == LOCAL)
        if key not in self._fits:
            prefix = f"{self.combinations[c].label}/{member}/"
            store = self.local if origin == LOCAL else self.wide
            self._fits[key] = stack(p for p in (part(a, prefix) for a in store) if p)
        return self._fits[key]

    def run(self, table: Table) -> dict[str, np.ndarray]:
        """Value, variances, source and flag of each pixel and dekad.

        Parameters
        ----------
        table : Table
            Predictors and factors of the block.

        Returns
        -------
        dict of ndarray, shape (pixels, time)
            ``sm`` [m3 m-3], ``variance`` and ``network_variance`` (the latter without the spread of the ensemble)
            [m6 m-6], ``source`` and ``flag``.

        Notes
        -----
        Uncertainty: the networks' out-of-sample error variance plus the variance among the members of the ensemble.
        """
        shape = (table.row.size, table.numbers.size)
        members = self.plan.networks.members
        code = np.zeros(shape, "int64")
        for i, p in enumerate(self.products):
            code |= np.isfinite(table.predictors[p]).astype("int64") << i
        code[~table.usable(())] = 0
        value = np.zeros((members, *shape))
        variance, weight, lead = np.zeros((3, *shape))
        source = np.zeros(shape, "float32")
        for pixels, w, zone in self._neighbours(table):
            chosen = self.best[zone[:, None], code[pixels]]
            for c in np.unique(chosen[chosen >= 0]):
                place, time = np.nonzero(chosen == c)
                at = pixels[place] * shape[1] + time
                X = table.inputs(self.combinations[c].products, at)
                share, z = w[place], zone[place]
                for m in range(members):
                    value[m].ravel()[at] += share * self._predict(int(c), m, X, z)
                variance.ravel()[at] += share * self.variance[z, c]
                weight.ravel()[at] += share
                ahead = share > lead.ravel()[at]
                number = self.numbers[f"{self.set_name}:{self.combinations[c].label}"]
                source.ravel()[at[ahead]] = number
                lead.ravel()[at[ahead]] = share[ahead]
        with np.errstate(invalid="ignore", divide="ignore"):
            value /= weight
            variance /= weight
        sm = value.mean(axis=0)
        flag = np.zeros(shape, "uint16")
        flag[weight == 0] = schema.FLAGS["retrieval_failed"]
        flag[(weight == 0) & ~self.admissible[code]] = schema.FLAGS["missing"]
        with np.errstate(invalid="ignore"):
            wild = (sm < 0) | (sm > 1)
        flag[wild] = schema.FLAGS["out_of_range"]
        sm[flag != 0] = np.nan
        source[flag != 0] = 0
        return {"sm": sm, "network_variance": variance, "variance": variance + value.var(axis=0), "source": source,
                "flag": flag}  # fmt: skip

    def _neighbours(self, table: Table):
        """For the own and each neighbouring zone: the pixels it has a say in, its weight and its position."""
        zones = self.inputs.zones
        lat = edge_weights(zones.place("lat"), pixels=zones.pixels, band=self.plan.zones.band)[:, table.row]
        lon = edge_weights(zones.place("lon"), pixels=zones.pixels, band=self.plan.zones.band)[:, table.col]
        zone_row, zone_col = zones.row[table.row], zones.col[table.col]
        for i in range(3):
            for j in range(3):
                w = lat[i] * lon[j]
                pixels = np.flatnonzero(w > 0)
                if not pixels.size:
                    continue
                number = zones.number(zone_row[pixels] + i - 1, zone_col[pixels] + j - 1)
                at = np.minimum(np.searchsorted(self.zone_list, number), self.zone_list.size - 1)
                # a zone beyond the grid's edge has no networks: its place is the last, which is empty
                at = np.where(self.zone_list[at] == number, at, self.zone_list.size)
                yield pixels, w[pixels], at

    def _predict(self, c: int, member: int, X: np.ndarray, zone: np.ndarray) -> np.ndarray:
        out = np.empty(len(X))
        origin = self.origin[zone, c]
        for o in np.unique(origin):
            here = origin == o
            ids = {LOCAL: self.zone_list, CLIMATE: self.climate, GLOBAL: np.zeros_like(self.zone_list)}[int(o)]
            out[here] = self._networks(c, member, int(o)).predict(X[here], ids[zone[here]])
            if o == LOCAL and (share := self._wide_share(c)):
                wide = self._networks(c, member, GLOBAL).predict(X[here], np.zeros(int(here.sum()), "int64"))
                out[here] += share * (wide - out[here])
        return out
