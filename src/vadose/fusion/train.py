"""Train every sub-network of a plan, block by block, and keep them in the library."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from .. import schema
from .combinations import Combination
from .inputs import Inputs
from .networks import LEARNT_FROM, check_digest, check_mark, networks_name, pack, part, unpack
from .plan import SIMULATED, Plan, Round, SubStep
from .simulate import simulate_round
from .spread import over_blocks
from .table import Table, read_table, scramble, thin
from .zones import Block

_LOG = logging.getLogger(__name__)

#: Most rows of a network of a climate class or of all zones.
WIDE_ROWS = 20_000

#: Zones along the edge of the window a network learns from; windows have 3, 5 or 7.
OWN = 1

Progress = Callable[[str, int, int], None]


def train(plan: Plan, library: Any, *, name: str = "fused", progress: Progress | None = None) -> list[str]:
    """Train all networks of a plan, and simulate the rounds that later rounds learn from.

    Parameters
    ----------
    plan : Plan
        The plan; it is checked first.
    library : vadose.store.Library
        Where the inputs lie and the networks go: ``<name>.networks/<sub-step>/<block>``, one commit for each block.
    name : str
        Name of the fusion.
    progress : callable, optional
        Called with a label, the number done and the number in all.

    Returns
    -------
    list of str
        Names of the datasets that hold the networks.

    Raises
    ------
    ConfigError
        If the plan cannot run, or another plan has been trained under this name.

    Notes
    -----
    What is there already is kept: an interrupted training goes on where its last commit stood and gives the same
    numbers. Networks depend on the rows of their zone, their seed and their zone alone, so neither the size of the
    blocks nor the number of workers changes them.
    """
    plan.check(library)
    return train_all([Inputs(plan, library, name)], progress=progress)


def train_all(every: Sequence[Inputs], *, progress: Progress | None = None, mark: str = "") -> list[str]:
    """Train one plan on the inputs of one library or several; :func:`train` and :func:`train_together` check them.

    Parameters
    ----------
    every : sequence of Inputs
        Libraries of one plan and name, in an order that is always the same: wide networks learn from the rows of all.
    progress : callable, optional
        As for :func:`train`.
    mark : str
        Fingerprint of what the wide networks learn from, kept with them as ``learnt_from``; networks with another
        one are refused. Empty: none is kept or asked for.

    Returns
    -------
    list of str
        Names of the datasets that hold the networks; the same name in several libraries stands several times.
    """
    plan = every[0].plan
    needed = {t for r in plan.rounds for t in r.targets if t.startswith(SIMULATED)}
    done: list[str] = []
    for round_ in plan.rounds:
        for set_name, step in training_sets(plan, round_):
            names = [_train_blocks(inputs, round_, step, set_name, progress) for inputs in every]
            done += [n for own in names for n in own]
            if plan.zones.wide or not plan.zones.local:
                done += _train_wide_set(every, round_, step, set_name, names, mark)
        if f"{SIMULATED}{round_.name}" in needed:
            for inputs in every:
                simulate_round(inputs, round_)
    return done


def training_sets(plan: Plan, round_: Round) -> list[tuple[str, SubStep]]:
    """Sub-steps of a round that learn from rows of their own, with the name of their set."""
    return [(s.name, s) for s in round_.substeps if plan.set_name(round_, s) == s.name]


def _train_blocks(inputs: Inputs, round_: Round, step: SubStep, set_name: str, progress: Progress | None) -> list[str]:
    """Networks and samples of every block of a library; returns the names of their datasets."""
    plan, library = inputs.plan, inputs.library
    digest, there = inputs.digest, set(library.names())
    blocks = list(inputs.zones.blocks(plan.zones.block))
    names = []
    todo = []
    for block in blocks:
        names.append(networks_name(inputs.name, set_name, block.name))
        if names[-1] in there:
            check_digest(library.open(names[-1]), digest, where=names[-1])
        else:
            todo.append((block, names[-1]))
    trained = over_blocks(partial(_train, inputs, round_, step), [block for block, _ in todo])
    done = len(blocks) - len(todo)
    for i, (_, name) in enumerate(todo, done):
        if progress:
            progress(f"train {set_name}", i, len(blocks))
        _write(inputs, name, next(trained))
    return names


def _train_wide_set(
    every: Sequence[Inputs], round_: Round, step: SubStep, set_name: str, blocks: list[list[str]], mark: str
) -> list[str]:
    """Networks of climate classes and of all zones, the same ones into every library that has none yet."""
    plan = every[0].plan
    wide = networks_name(every[0].name, set_name, "wide")
    have, lack = [], []
    for inputs in every:
        if wide not in inputs.library.names():
            lack.append(inputs)
            continue
        have.append(inputs.library.open(wide))
        check_digest(have[-1], inputs.digest, where=wide)
        if mark:
            check_mark(have[-1], mark, where=f"{wide} in {inputs.library.url}")
    if lack:
        if have:  # what an interrupted run wrote into the libraries before
            networks = have[0].drop_attrs(deep=False).assign_attrs(contents=have[0].attrs["contents"])
        else:
            samples = [unpack(i.library.open(n)) for i, own in zip(every, blocks) for n in own]
            networks = pack(train_wide(plan, plan.combinations(round_, step), samples))
        for inputs in lack:
            _write(inputs, wide, networks.assign_attrs({LEARNT_FROM: mark} if mark else {}))
    return [wide] * len(every)


def _train(inputs: Inputs, round_: Round, step: SubStep, block: Block) -> Any:
    """Networks of one block as a dataset: the task that a worker is given."""
    zones = inputs.plan.zones
    halo = max(zones.windows, default=1) // 2 if zones.local else 0
    table = read_table(inputs, round_, step, block, halo=halo)
    return pack(train_block(inputs, inputs.plan.combinations(round_, step), table, block))


def _write(inputs: Inputs, name: str, ds: Any) -> None:
    ds = schema.stamp(ds, title=f"Networks of {inputs.name}", product=inputs.plan.name, plan_digest=inputs.digest)
    inputs.library.write(name, ds, layout="plain", message=f"train {name}")
    _LOG.info("trained %s", name)


def train_block(inputs: Inputs, combinations: list[Combination], table: Table, block: Block) -> dict[str, np.ndarray]:
    """Networks of the zones of a block, and a sample of their rows.

    Parameters
    ----------
    inputs : Inputs
        Plan, grid and zones.
    combinations : list of Combination
        Independent networks.
    table : Table
        Rows of the block and, for windows, of the zones around it.
    block : Block
        Zones to train.

    Returns
    -------
    dict of ndarray
        Keys ``combination/member/array`` for networks, ``combination/level``, ``combination/inherited`` and
        ``combination/sample_*``.
    """
    from ..learn import zone_networks

    plan, zones = inputs.plan, inputs.zones
    net = plan.networks
    assert table.target is not None and table.variance is not None
    here = [z for z in _zones_of(inputs, block) if ((table.zone == z).any())]
    offset = (inputs.grid.rows[0], inputs.grid.cols[0])
    # in a small region each zone gives more, so that the network of all zones has rows enough
    sample_rows = max(net.sample_rows, -(-WIDE_ROWS // zones.count)) if plan.zones.wide_share else net.sample_rows
    with_target = np.isfinite(table.target)
    climate = _climates(inputs, table)
    out: dict[str, np.ndarray] = {}
    for c in combinations:
        at = np.flatnonzero((table.usable(c.products) & with_target).ravel())
        zone = table.zone[at // table.numbers.size]
        keys = table.keys(at, offset)
        seen = np.isfinite(np.stack([table.predictors[p] for p in c.products])).all(axis=0).any(axis=1)
        alive = set(np.unique(table.zone[seen]).tolist())
        chosen, ids, level = [], [], []
        sample = []
        for z in here:
            own = _rows_of(zone, [z])
            sample.append(_pick(own, keys, sample_rows))
            rows = _pick(own, keys, net.max_rows)
            reached = OWN
            for w in plan.zones.windows if plan.zones.local else ():
                if rows.size >= net.min_rows or z not in alive:
                    break
                row, col = divmod(z, zones.columns)
                around = [int(zones.number(row + i, col + j)) for i in range(-(w // 2), w // 2 + 1)
                          for j in range(-(w // 2), w // 2 + 1)]  # fmt: skip
                rows, reached = _pick(_rows_of(zone, sorted(set(around))), keys, net.max_rows), w
            if plan.zones.local and rows.size >= net.min_rows:
                chosen.append(rows)
                ids.append(z)
                level.append(reached)
        used = np.unique(np.concatenate(chosen)) if chosen else np.zeros(0, "int64")
        X, y = table.inputs(c.products, at[used]), table.target.ravel()[at[used]]
        indptr = np.append(0, np.cumsum([r.size for r in chosen])).astype("int64")
        indices = np.searchsorted(used, np.concatenate(chosen)) if chosen else used
        variance = table.variance.ravel()[at[used]].astype("float64")
        for member in range(net.members if ids else 0):
            fitted = zone_networks.fit(
                X, y, zones=np.array(ids, "int64"), rows_of_zone=(indptr, indices), hidden=net.hidden,
                restarts=net.restarts, seed=net.seed + member, max_iter=net.max_iter, weight_decay=net.weight_decay,
                validation_share=net.validation_share, min_rows=net.min_rows,
                validation_groups=table.numbers[at[used] % table.numbers.size],
            )  # fmt: skip
            out |= {f"{c.label}/{member}/{k}": v for k, v in fitted.to_arrays().items()}
        out[f"{c.label}/zone"] = np.array(ids, "int64")
        out[f"{c.label}/level"] = np.array(level, "int64")
        out[f"{c.label}/inherited"] = np.array([variance[indices[a:b]].mean() for a, b in pairwise(indptr)], "float64")
        picked = np.concatenate(sample) if sample else np.zeros(0, "int64")
        rows = at[picked]
        pixel, time = np.divmod(rows, table.numbers.size)
        out |= {
            f"{c.label}/sample_X": table.inputs(c.products, rows),
            f"{c.label}/sample_y": table.target.ravel()[rows],
            f"{c.label}/sample_variance": table.variance.ravel()[rows],
            f"{c.label}/sample_zone": zone[picked],
            f"{c.label}/sample_climate": climate[pixel],
            f"{c.label}/sample_row": table.row[pixel] + offset[0],
            f"{c.label}/sample_col": table.col[pixel] + offset[1],
            f"{c.label}/sample_dekad": table.numbers[time],
            f"{c.label}/sample_key": keys[picked].astype("int64"),
        }
    return out


def train_wide(
    plan: Plan, combinations: list[Combination], samples: list[dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Networks of each climate class (its number) and of all zones (number 0), from the blocks' samples."""
    from ..stats.threads import over_rows

    parts: list[dict[str, np.ndarray]] = [{} for _ in combinations]

    def work(which: slice) -> None:
        for i in range(which.start, which.stop):
            parts[i] = _wide_networks(plan, combinations[i].label, samples)

    over_rows(work, len(parts), rows=1)  # each is one large network or few: threads share combinations
    return {k: v for p in parts for k, v in p.items()}


def _wide_networks(plan: Plan, label: str, samples: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Wide networks of one combination."""
    from ..learn import zone_networks

    net = plan.networks
    rows = gather(samples, label)
    ids, chosen = [], []
    for k in np.unique(np.append(rows["climate"], 0)):
        at = np.arange(rows["y"].size) if k == 0 else np.flatnonzero(rows["climate"] == k)
        at = thin(at, scramble(rows["key"][at].astype("uint64")), WIDE_ROWS)
        if at.size >= net.min_rows:
            ids.append(int(k))
            chosen.append(at)
    indptr = np.append(0, np.cumsum([r.size for r in chosen])).astype("int64")
    indices = np.concatenate(chosen) if chosen else np.zeros(0, "int64")
    out: dict[str, np.ndarray] = {}
    for member in range(net.members if ids else 0):
        fitted = zone_networks.fit(
            rows["X"], rows["y"], zones=np.array(ids, "int64"), rows_of_zone=(indptr, indices),
            hidden=net.wide_hidden, restarts=net.restarts, seed=net.seed + member, max_iter=2 * net.max_iter,
            weight_decay=net.weight_decay, validation_share=net.validation_share, min_rows=net.min_rows,
            validation_groups=rows["dekad"],
        )  # fmt: skip
        out |= {f"{label}/{member}/{k}": v for k, v in fitted.to_arrays().items()}
    out[f"{label}/zone"] = np.array(ids, "int64")
    out[f"{label}/inherited"] = np.array([rows["variance"][r].mean(dtype="float64") for r in chosen], "float64")
    return out


def gather(samples: list[dict[str, np.ndarray]], label: str) -> dict[str, np.ndarray]:
    """Sampled rows of one combination from all blocks, in an order that blocks do not decide."""
    parts = [part(s, f"{label}/sample_") for s in samples]
    rows = {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}
    order = np.lexsort((rows["dekad"], rows["col"], rows["row"]))
    return {k: v[order] for k, v in rows.items()}


def _zones_of(inputs: Inputs, block: Block) -> list[int]:
    zones = inputs.zones
    return sorted({int(zones.number(r, c)) for r in range(*block.rows) for c in range(*block.cols)})


def _rows_of(zone: np.ndarray, wanted: list[int]) -> np.ndarray:
    """Positions of the rows of some zones; ``zone`` is sorted."""
    first, last = np.searchsorted(zone, wanted), np.searchsorted(zone, wanted, side="right")
    parts = [np.arange(a, b) for a, b in zip(first, last)]
    return np.concatenate(parts) if parts else np.zeros(0, "int64")


def _pick(rows: np.ndarray, keys: np.ndarray, most: int) -> np.ndarray:
    return thin(rows, keys[rows], most)


def _climates(inputs: Inputs, table: Table) -> np.ndarray:
    """Climate class of each pixel, 0 where unknown."""
    layer = inputs.plan.zones.climate
    if layer is None:
        return np.zeros(table.row.size, "int64")
    rows, cols = np.unique(table.row), np.unique(table.col)
    values = inputs.layer(layer, rows, cols)[np.searchsorted(rows, table.row), np.searchsorted(cols, table.col)]
    return np.nan_to_num(values.astype("float64")).astype("int64")
