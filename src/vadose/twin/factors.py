"""The nine quality-impact factors of microwave retrievals, as other instruments would report them."""

from __future__ import annotations

import numpy as np

from ..periods import next_start, parse_dekad
from . import composites
from .cells import Cells
from .error_sizes import LEAF_SOURCES
from .noise import smooth

#: Factors that change with time and those that do not; the two records of leaf area are one factor.
VARYING = ("lai_geov2", "lai_glass", "lst", "water_fraction")
STATIC = ("land_cover", "tree_cover", "non_tree_vegetation", "topographic_complexity", "sand", "clay")

#: First day of the second instrument in the first record of leaf area, and period of the second record.
SEAM, GLASS = "2014D01", ("2007D01", "2017D36")

#: Units and names of the factors that the schema does not know.
ATTRS = {
    "lai_geov2": {"units": "1", "long_name": "leaf area index, record of two instruments that change in 2014"},
    "lai_glass": {"units": "1", "long_name": "leaf area index, record of one kind, 2007 to 2017"},
    "lst": {"units": "K", "long_name": "land surface temperature"},
    "water_fraction": {"units": "1", "long_name": "share of the cell under open water, floods included"},
}


def varying(cells: Cells, land: dict[str, np.ndarray], state: dict[str, np.ndarray], day: np.ndarray, seed: int,
            starts: np.ndarray | None) -> dict[str, np.ndarray]:  # fmt: skip
    """Factors that change with time.

    Parameters
    ----------
    cells : Cells
        Where.
    land, state : dict
        From :func:`vadose.twin.land.describe` and :func:`vadose.twin.truths.years`.
    day : ndarray, shape (time,)
        Days since 1970-01-01.
    seed : int
        Seed of the simulated Earth.
    starts : ndarray or None
        Where dekads start, None for days.

    Returns
    -------
    dict of ndarray, shape (rows, columns, time or dekad)
        The variables of :data:`VARYING`; ``lai_glass`` is NaN outside its period.
    """
    before = np.asarray(day) < _first(SEAM)
    # two names: the noise of one record says nothing about the other
    geov2, glass = (1 + LEAF_SOURCES["noise"] * smooth(seed, f"factors/{n}", cells, day, spacing=0.5, days_apart=10)
                    for n in ("geov2", "glass"))  # fmt: skip
    leaves = state["leaf_area_index"]
    held = (np.asarray(day) >= _first(GLASS[0])) & (np.asarray(day) < _after(GLASS[1]))
    out = {
        "lai_geov2": leaves * geov2 * np.where(before, LEAF_SOURCES["geov2_before"], LEAF_SOURCES["geov2_after"]),
        "lai_glass": np.where(held, leaves * glass * LEAF_SOURCES["glass"], np.nan),
        "lst": state["surface_temperature"],
        "water_fraction": np.clip(land["water_fraction"][..., None] + state["covered"], 0, 1),
    }
    return out if starts is None else {name: composites.mean(v, starts)[0] for name, v in out.items()}


def _first(label: str) -> int:
    return int(np.datetime64(parse_dekad(label), "D").astype(int))


def _after(label: str) -> int:
    return int(np.datetime64(next_start([parse_dekad(label)], "dekad")[0], "D").astype(int))
