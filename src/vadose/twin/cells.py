"""Which cells of the globe a computation is about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..grid import Grid


@dataclass(frozen=True)
class Cells:
    """A window of a global regular grid that may run across the date line.

    Parameters
    ----------
    n_lat : int
        Rows of the whole globe; it has twice as many columns.
    rows, cols : ndarray of int
        Global indices, 0..n_lat−1 and 0..2·n_lat−1.
    """

    n_lat: int
    rows: np.ndarray
    cols: np.ndarray

    @classmethod
    def of(cls, grid: Grid) -> Cells:
        """The cells of a regular grid.

        Examples
        --------
        >>> Cells.of(Grid.regular(10.0).crop((-180, 70, -150, 90))).rows.tolist()
        [0, 1]
        """
        return cls(round(180 / grid.resolution), np.arange(*grid.rows), np.arange(*grid.cols))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        return self.rows.size, self.cols.size

    @property
    def resolution(self) -> float:
        """Cell size [degrees]."""
        return 180 / self.n_lat

    @property
    def lat(self) -> np.ndarray:
        """Latitudes of the cell centres [degrees north]."""
        return 90 - (self.rows + 0.5) * 180 / self.n_lat

    @property
    def lon(self) -> np.ndarray:
        """Longitudes of the cell centres [degrees east]."""
        return -180 + (self.cols + 0.5) * 180 / self.n_lat

    def window(self, rows: slice, cols: slice) -> Cells:
        """Part of the cells."""
        return Cells(self.n_lat, self.rows[rows], self.cols[cols])

    def pad(self, rows: int, cols: int) -> tuple[Cells, slice, slice]:
        """More cells on every side, and where the old ones lie among them.

        Columns go round the globe; rows end at the poles.

        Examples
        --------
        >>> wide, rows, cols = Cells.of(Grid.regular(10.0).crop((-180, 70, -150, 90))).pad(1, 1)
        >>> wide.rows.tolist(), wide.cols.tolist(), rows, cols
        ([0, 1, 2], [35, 0, 1, 2, 3], slice(0, 2, None), slice(1, 4, None))
        """
        north = min(rows, int(self.rows[0]))
        south = min(rows, self.n_lat - 1 - int(self.rows[-1]))
        wide = Cells(
            self.n_lat,
            np.arange(self.rows[0] - north, self.rows[-1] + south + 1),
            np.mod(np.arange(self.cols[0] - cols, self.cols[0] + self.cols.size + cols), 2 * self.n_lat),
        )
        return wide, slice(north, north + self.rows.size), slice(cols, cols + self.cols.size)
