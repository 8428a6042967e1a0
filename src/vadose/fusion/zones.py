"""Zones on the globe, the pixels of each, and blocks of zones as units of work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..grid import Grid


@dataclass(frozen=True)
class Block:
    """A unit of work: zone rows and columns ``[first, last)`` numbered on the globe."""

    rows: tuple[int, int]
    cols: tuple[int, int]

    @property
    def name(self) -> str:
        """Text form, part of a dataset's name."""
        return f"r{self.rows[0]:03d}c{self.cols[0]:03d}"


@dataclass(frozen=True)
class ZoneMap:
    """The zones of a grid. Zones are numbered on the globe, so a zone has one number in every region.

    Parameters
    ----------
    grid : Grid
        Pixels.
    size : float
        Edge of a zone [degrees].

    Examples
    --------
    >>> zones = ZoneMap(Grid.regular(0.5).crop((0, 0, 2, 1)), 1.0)
    >>> zones.row.tolist(), zones.col.tolist(), zones.columns
    ([89, 89], [180, 180, 181, 181], 360)
    """

    grid: Grid
    size: float

    @property
    def columns(self) -> int:
        """Zones around the Earth."""
        return round(360 / self.size)

    @property
    def row(self) -> np.ndarray:
        """Zone row of each pixel row, from the north."""
        return np.floor((90 - self.grid.lat) / self.size + 1e-9).astype("int64")

    @property
    def col(self) -> np.ndarray:
        """Zone column of each pixel column, from −180°."""
        return np.floor((self.grid.lon + 180) / self.size + 1e-9).astype("int64")

    def place(self, axis: str) -> np.ndarray:
        """Where each pixel row (``"lat"``) or column (``"lon"``) lies in its zone, 0 to 1."""
        at = (90 - self.grid.lat if axis == "lat" else self.grid.lon + 180) / self.size
        return at - (self.row if axis == "lat" else self.col)

    @property
    def pixels(self) -> float:
        """Pixels along the edge of a zone."""
        return self.size / self.grid.resolution

    @property
    def count(self) -> int:
        """Zones that hold pixels."""
        return int(np.unique(self.row).size * np.unique(self.col).size)

    def number(self, row, col) -> np.ndarray:
        """Number of a zone from its row and column; columns go around the Earth."""
        return np.asarray(row) * self.columns + np.asarray(col) % self.columns

    def blocks(self, edge: int) -> Iterator[Block]:
        """Blocks of ``edge`` × ``edge`` zones that hold all pixels, in the order of rows and columns."""
        for r in np.unique(self.row // edge):
            for c in np.unique(self.col // edge):
                yield Block((int(r) * edge, int(r + 1) * edge), (int(c) * edge, int(c + 1) * edge))

    def block_of(self, number: int, edge: int) -> Block:
        """The block that holds a zone."""
        row, col = divmod(number, self.columns)
        r, c = row // edge, col // edge
        return Block((r * edge, (r + 1) * edge), (c * edge, (c + 1) * edge))

    def pixel_rows(self, first: int, last: int) -> np.ndarray:
        """Pixel rows of zone rows ``[first, last)``."""
        return np.flatnonzero((self.row >= first) & (self.row < last))

    def pixel_cols(self, first: int, last: int) -> np.ndarray:
        """Pixel columns of zone columns ``[first, last)``, across the date line where the grid goes around."""
        if not self.grid.is_global_in_longitude:
            return np.flatnonzero((self.col >= first) & (self.col < last))
        wanted = min(last - first, self.columns)
        return np.concatenate([np.flatnonzero(self.col == c % self.columns) for c in range(first, first + wanted)])

    def around(self, block: Block) -> tuple[np.ndarray, np.ndarray]:
        """Pixel rows and columns of a block and of the zones around it."""
        return (self.pixel_rows(block.rows[0] - 1, block.rows[1] + 1),
                self.pixel_cols(block.cols[0] - 1, block.cols[1] + 1))  # fmt: skip

    def zones_of(self, block: Block) -> tuple[np.ndarray, np.ndarray]:
        """Zone rows and columns of a block that hold pixels."""
        return np.unique(self.row[self.pixel_rows(*block.rows)]), in_order(self.col[self.pixel_cols(*block.cols)])


def in_order(x: np.ndarray) -> np.ndarray:
    """Distinct values in the order in which they first come.

    Examples
    --------
    >>> in_order(np.array([35, 35, 0, 1, 1])).tolist()
    [35, 0, 1]
    """
    return x[np.sort(np.unique(x, return_index=True)[1])]


def positions(cols: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where columns stand among columns that may go around the Earth.

    Examples
    --------
    >>> positions(np.array([35, 0, 1, 2]), np.array([35, 1])).tolist()
    [0, 2]
    """
    order = np.argsort(cols)
    return order[np.searchsorted(cols[order], wanted)]
