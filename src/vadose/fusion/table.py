"""Rows to learn from: one per pixel and dekad, the pixels of a zone side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .inputs import Inputs
from .plan import Round, SubStep, span

if TYPE_CHECKING:
    from .zones import Block

_GOLDEN, _MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


@dataclass
class Table:
    """Inputs and target of one block for some dekads, pixels ordered by zone.

    Attributes
    ----------
    numbers : ndarray, shape (time,)
        Dekads.
    row, col : ndarray, shape (pixels,)
        Pixel row and column of the grid.
    zone : ndarray, shape (pixels,)
        Number of the zone on the globe.
    predictors : dict of ndarray, shape (pixels, time)
        Soil moisture by product [m3 m-3].
    around : dict of ndarray, shape (pixels, time)
        Mean of each predictor in the plan's box around the value [m3 m-3]; empty where the plan has no box.
    factors : list of ndarray, shape (pixels, time) or (pixels, 1)
        Quality-impact factors.
    target, variance : ndarray, shape (pixels, time), optional
        Target [m3 m-3] and the error variance inherited from it [m6 m-6].
    """

    numbers: np.ndarray
    row: np.ndarray
    col: np.ndarray
    zone: np.ndarray
    predictors: dict[str, np.ndarray]
    around: dict[str, np.ndarray]
    factors: list[np.ndarray]
    target: np.ndarray | None = None
    variance: np.ndarray | None = None

    def usable(self, products: tuple[str, ...]) -> np.ndarray:
        """Where the products and all factors are valid, shape (pixels, time)."""
        out = np.ones((self.row.size, self.numbers.size), bool)
        for x in (*self.factors, *(self.predictors[p] for p in products)):
            out &= np.isfinite(x)
        return out

    def inputs(self, products: tuple[str, ...], at: np.ndarray) -> np.ndarray:
        """Inputs of some rows, shape (rows, inputs), float32; ``at`` counts pixel × time.

        Products come first, then what lies around them, then factors.
        """
        pixel, time = np.divmod(at, self.numbers.size)
        looks = [self.predictors[p] for p in products] + [self.around[p] for p in products if self.around]
        out = np.empty((at.size, len(looks) + len(self.factors)), "float32")
        for i, x in enumerate(looks):
            out[:, i] = x.ravel()[at]
        for i, f in enumerate(self.factors, len(looks)):
            out[:, i] = f[pixel, 0] if f.shape[1] == 1 else f[pixel, time]
        return out

    def keys(self, at: np.ndarray, offset: tuple[int, int]) -> np.ndarray:
        """A random number for each row that depends on its place on the globe and its dekad alone."""
        pixel, time = np.divmod(at, self.numbers.size)
        place = (self.row[pixel] + offset[0]).astype("uint64") << np.uint64(40)
        place ^= (self.col[pixel] + offset[1]).astype("uint64") << np.uint64(20)
        return scramble(place ^ self.numbers[time].astype("uint64"))


def scramble(z: np.ndarray) -> np.ndarray:
    """64 well-mixed bits for each whole number (splitmix64).

    Examples
    --------
    >>> scramble(np.array([0, 1], dtype="uint64")).tolist()
    [16294208416658607535, 10451216379200822465]
    """
    with np.errstate(over="ignore"):
        z = z.astype("uint64") + _GOLDEN
        z = (z ^ (z >> np.uint64(30))) * _MIX_1
        z = (z ^ (z >> np.uint64(27))) * _MIX_2
        return z ^ (z >> np.uint64(31))


def read_table(inputs: Inputs, round_: Round, step: SubStep, block: Block, *, numbers: np.ndarray | None = None,
               halo: int = 0, with_target: bool = True) -> Table:  # fmt: skip
    """Read the rows of a block.

    Parameters
    ----------
    inputs : Inputs
        Where to read.
    round_, step : Round, SubStep
        Which predictors, sources and (by default) training dekads.
    block : Block
        Zones.
    numbers : ndarray of int, optional
        Dekads; by default those of training.
    halo : int
        Zones around the block to read as well.
    with_target : bool
        Whether to read the target.

    Returns
    -------
    Table
        In memory: about 4 × (predictors + factors that change + 2) bytes for each pixel and dekad.
    """
    zones = inputs.zones
    rows = zones.pixel_rows(block.rows[0] - halo, block.rows[1] + halo)
    cols = zones.pixel_cols(block.cols[0] - halo, block.cols[1] + halo)
    if numbers is None:
        numbers = np.array(sorted(span(step.train)))
    number = inputs.zone_numbers(rows, cols).ravel()
    order = np.argsort(number, kind="stable")

    def flat(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x.reshape(x.shape[0], -1)[:, order].T)

    predictors = {p: flat(inputs.product(p, numbers, rows, cols)) for p in round_.predictors}
    around = {p: flat(inputs.around(p, numbers, rows, cols)) for p in round_.predictors if inputs.plan.context}
    factors = [flat(f) for f in inputs.factors(step, numbers, rows, cols)]
    row, col = (a.ravel()[order] for a in np.meshgrid(rows, cols, indexing="ij"))
    out = Table(numbers, row, col, number[order], predictors, around, factors)
    if with_target:
        target, variance = inputs.target(round_, numbers, rows, cols)
        out.target, out.variance = flat(target), flat(variance)
    return out


def thin(at: np.ndarray, keys: np.ndarray, most: int) -> np.ndarray:
    """At most ``most`` rows, those with the smallest keys, in their old order.

    Examples
    --------
    >>> thin(np.array([5, 6, 7]), np.array([3, 1, 2]), 2).tolist()
    [6, 7]
    """
    if at.size <= most:
        return at
    return at[np.sort(np.argpartition(keys, most - 1)[:most])]
