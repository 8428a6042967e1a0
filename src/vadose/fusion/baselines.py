"""Baselines that learn: one network for all zones, and a random forest with location and season."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError
from . import dekads
from .fuse import finish, fuse
from .inputs import Inputs, simulation_name
from .plan import Plan, Round, SubStep, span
from .simulate import Progress, source_attrs
from .table import Table, read_table, thin
from .together import is_trained, together, train_joined
from .train import WIDE_ROWS, gather

if TYPE_CHECKING:
    from sklearn.ensemble import RandomForestRegressor

#: Hidden nodes of the one global network, which has more to learn than a zone's.
GLOBAL_HIDDEN = 30

#: Most rows of a forest, and the share of inputs that each split looks at.
FOREST_ROWS, FOREST_INPUTS = 5_000, 1 / 3


def global_network(plan: Plan, library: Any, *, others: Sequence[Any] = (), name: str = "global-network",
                   hidden: int = GLOBAL_HIDDEN, progress: Progress | None = None) -> xr.Dataset:  # fmt: skip
    """The same plan with one network for all zones instead of one per zone.

    Parameters
    ----------
    plan, library, progress
        As for :func:`vadose.fusion.fuse`.
    others : sequence of vadose.store.Library
        Further regions of the same Earth that the network learns from and that it is written into. A network of one
        small region has nothing global about it: give regions of all climates.
    name : str
        Name of the record, the same in every library.
    hidden : int
        Hidden nodes.

    Returns
    -------
    xarray.Dataset
        As :func:`vadose.fusion.fuse`, for ``library``; called for another of the libraries, with the rest as
        ``others``, it finds the network trained.

    Raises
    ------
    ConfigError
        As :func:`vadose.fusion.train_together` and :func:`vadose.fusion.fuse`.

    Notes
    -----
    What belongs to learning stays: rounds, combinations, denoising, level, a look around, ensemble, differences between
    years, mask and filling; the products' last word (``assimilate``) does not. Each combination learns from 20 000
    rows, an even sample of all zones, where there are as many.
    """
    every = together(plan, [library, *others], name=name)
    one = global_plan(plan, zones=sum(i.zones.count for i in every), hidden=hidden)
    joined = [Inputs(one, i.library, name) for i in every]
    if not is_trained(library, joined):
        train_joined(joined, progress=progress)
    return fuse(one, library, name=name, progress=progress)


def global_plan(plan: Plan, *, zones: int = 1, hidden: int = GLOBAL_HIDDEN) -> Plan:
    """The plan of :func:`global_network` for a number of zones.

    Notes
    -----
    Choice: each zone gives twice its share of :data:`vadose.fusion.train.WIDE_ROWS` rows, because some zones lack some
    products; what is too many is thinned at random.

    Examples
    --------
    >>> one = global_plan(Plan.load("rsssm"), zones=32)
    >>> one.networks.sample_rows, one.networks.wide_hidden, one.zones.local
    (1250, 30, False)
    """
    share = min(WIDE_ROWS, -(-2 * WIDE_ROWS // max(zones, 1)))
    cut = plan.zones.model_copy(update={"local": False, "wide": True, "climate": None, "band": 0.0, "wide_share": 0.0})
    networks = plan.networks.model_copy(update={"wide_hidden": hidden, "sample_rows": share})
    return plan.model_copy(update={"zones": cut, "networks": networks, "assimilate": False})


def random_forest(plan: Plan, library: Any, *, name: str = "random-forest", trained: str = "fused", trees: int = 100,
                  seed: int = 0) -> xr.Dataset:  # fmt: skip
    """A random forest per round and combination, with location and season as further inputs.

    Parameters
    ----------
    plan : Plan
        The plan.
    library : vadose.store.Library
        Where the inputs lie and the record goes.
    name : str
        Name of the record.
    trained : str
        Name of a fusion of this plan: its sampled rows are learnt from, and its simulations are the targets of later
        rounds.
    trees : int
        Trees of a forest.
    seed : int
        Seed of the forests.

    Returns
    -------
    xarray.Dataset
        As :func:`vadose.fusion.fuse`; ``sm_uncertainty`` is the forest's out-of-bag error.

    Raises
    ------
    ConfigError
        If scikit-learn is not installed or the plan has not been trained under that name.

    Notes
    -----
    After Qu et al. (2019, doi:10.3390/rs11060683): predictors and factors with latitude, longitude and day of the
    year (as sine and cosine). Needs ``scikit-learn`` (``pip install vadose[retrieval]``).
    """
    inputs = Inputs(plan, library, trained)
    names = set(library.names())
    parts = []
    for r in sorted(plan.rounds, key=lambda r: min(plan.round_dekads(r))):
        if simulation_name(trained, r.name) not in names:
            raise ConfigError(trained, found=f"no simulation of round {r.name}", needed="a trained plan",
                              do="Run vadose.fusion.fuse first.")  # fmt: skip
        parts.append(_round(inputs, r, trees, seed))
    merged = parts[0] if len(parts) == 1 else xr.concat(parts, dim="time", join="exact", combine_attrs="override")
    ds = finish(inputs, merged.chunk()).assign_attrs(title=f"Random forest ({plan.name})", product=name)
    library.write(name, ds, message=f"random forest {name}")
    return library.open(name)


def _round(inputs: Inputs, round_: Round, trees: int, seed: int) -> xr.Dataset:
    plan, zones = inputs.plan, inputs.zones
    numbers = np.array(sorted(plan.round_dekads(round_)))
    shape = (numbers.size, *inputs.grid.shape)
    value, sigma = np.full((2, *shape), np.nan, "float32")
    source, flag = np.zeros((2, *shape), "uint16")
    flag[:] = schema.FLAGS["missing"]
    for step in round_.substeps:
        mine = np.flatnonzero(np.isin(numbers, list(span(step.simulate))) & np.isnan(value).all(axis=(1, 2)))
        if not mine.size:
            continue  # the second of two sub-steps that differ in their order of networks alone
        forests = _Forests(inputs, round_, step, trees, seed)
        for block in zones.blocks(plan.zones.block):
            table = read_table(inputs, round_, step, block, numbers=numbers[mine], with_target=False)
            got = _simulate(inputs, round_, step, table, forests)
            for whole, x in zip((value, sigma, source, flag), got):
                whole[mine[:, None], table.row, table.col] = x.T
    dims = ("time", "lat", "lon")
    ds = xr.Dataset(
        {
            "sm": (dims, value, schema.VARIABLES["sm"].attrs()),
            "sm_uncertainty": (dims, sigma, schema.VARIABLES["sm_uncertainty"].attrs()),
            "source": (dims, source, source_attrs(plan.network_names())),
            "flag": (dims, flag, schema.flag_attrs()),
        },
        {"time": dekads.starts(numbers)},
    )
    example = inputs.dataset(plan.dataset(plan.products[round_.predictors[0]].dataset))
    return schema.stamp(schema.with_grid(ds, inputs.grid), title="forest", simulated=schema.is_simulated(example))


class _Forests:
    """Forests of a sub-step, each grown when it is first asked for: most combinations are never the best at hand."""

    def __init__(self, inputs: Inputs, round_: Round, step: SubStep, trees: int, seed: int) -> None:
        try:
            from sklearn.ensemble import RandomForestRegressor
        except ImportError as err:
            raise ConfigError("random_forest", found="no scikit-learn", needed="the package scikit-learn",
                              do="pip install 'vadose[retrieval]'.") from err  # fmt: skip
        plan = self.plan = inputs.plan
        self.inputs = inputs
        set_name = plan.set_name(round_, step)
        self.samples = [inputs.networks(set_name, b.name) for b in inputs.zones.blocks(plan.zones.block)]
        self.new = partial(RandomForestRegressor, trees, min_samples_leaf=3, max_features=FOREST_INPUTS, oob_score=True,
                           n_jobs=-1, random_state=seed)  # fmt: skip
        self._grown: dict[str, tuple[RandomForestRegressor, float] | None] = {}

    def of(self, label: str) -> tuple[RandomForestRegressor, float] | None:
        """A combination's forest and its out-of-bag error; None where there are too few rows."""
        if label not in self._grown:
            self._grown[label] = self._grow(label)
        return self._grown[label]

    def _grow(self, label: str) -> tuple[RandomForestRegressor, float] | None:
        rows = gather(self.samples, label)
        at = thin(np.arange(rows["y"].size), rows["key"].view("uint64"), FOREST_ROWS)
        if at.size < self.plan.networks.min_rows:
            return None
        grid = self.inputs.grid
        row, col = rows["row"][at] - grid.rows[0], rows["col"][at] - grid.cols[0]
        X = np.column_stack([rows["X"][at], _where_when(self.inputs, row, col, rows["dekad"][at])])
        forest = self.new().fit(X, rows["y"][at])
        return forest, float(np.mean((forest.oob_prediction_ - rows["y"][at]) ** 2))


def _where_when(inputs: Inputs, row: np.ndarray, col: np.ndarray, number: np.ndarray) -> np.ndarray:
    angle = 2 * np.pi * (number % 36) / 36
    return np.column_stack([inputs.grid.lat[row], inputs.grid.lon[col], np.sin(angle), np.cos(angle)])


def _simulate(inputs: Inputs, round_: Round, step: SubStep, table: Table,
              forests: _Forests) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Value, uncertainty, source and flag (pixels, time) from the best forest whose predictors are all there."""
    plan = inputs.plan
    shape = (table.row.size, table.numbers.size)
    value, sigma = np.full((2, *shape), np.nan)
    source, flag = np.zeros((2, *shape), "uint16")
    flag[:] = schema.FLAGS["missing"]
    names, set_name = plan.network_names(), plan.set_name(round_, step)
    for c in plan.combinations(round_, step):
        at = np.flatnonzero((table.usable(c.products) & np.isnan(value)).ravel())
        if not at.size or (fitted := forests.of(c.label)) is None:
            continue
        pixel, time = np.divmod(at, table.numbers.size)
        place = _where_when(inputs, table.row[pixel], table.col[pixel], table.numbers[time])
        value.ravel()[at] = fitted[0].predict(np.column_stack([table.inputs(c.products, at), place]))
        sigma.ravel()[at] = np.sqrt(fitted[1])
        source.ravel()[at] = names[f"{set_name}:{c.label}"]
        flag.ravel()[at] = 0
    return value, sigma, source, flag
