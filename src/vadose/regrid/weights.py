"""Weights between two grids, one matrix for the rows and one for the columns.

Latitude depends on the row only and longitude on the column only, on either side, so that the weight of source
cell (i, j) in target cell (r, c) is ``rows[r, i] * cols[c, j]``: two small sparse matrices instead of a large one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.sparse import coo_array, csr_array

from ..errors import GridError
from ..grid import Grid, authalic_term

#: Overlaps below this share of the smaller cell are rounding of two equal edges, not overlaps.
SLIVER = 1e-9


@dataclass(frozen=True, eq=False)
class Weights:
    """Separable weights from a source to a target grid.

    Parameters
    ----------
    rows : csr_array, shape (target rows, source rows)
        Weights along latitude.
    cols : csr_array, shape (target columns, source columns)
        Weights along longitude.
    row_total, col_total : ndarray
        What the weights of each target row and column add up to if the source covers them wholly.
    """

    rows: csr_array
    cols: csr_array
    row_total: np.ndarray
    col_total: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the target."""
        return self.rows.shape[0], self.cols.shape[0]

    @property
    def total(self) -> np.ndarray:
        """Full weight of each target cell, shape (rows, columns)."""
        return self.row_total[:, None] * self.col_total[None, :]

    def apply(self, frame: np.ndarray) -> np.ndarray:
        """Weighted sum of one source field, in float64.

        Parameters
        ----------
        frame : ndarray, shape (source rows, source columns)
            Finite values.

        Returns
        -------
        ndarray, shape (target rows, target columns)
        """
        return (self.cols @ (self.rows @ np.asarray(frame, dtype="f8")).T).T


@lru_cache(maxsize=16)
def overlap(source: Grid, target: Grid) -> Weights:
    """Areas that the cells of two grids share on the WGS 84 ellipsoid, up to one constant factor.

    Parameters
    ----------
    source, target : Grid
        Any two grids; longitudes are compared modulo 360°.

    Returns
    -------
    Weights
        ``rows``: shared area per radian of longitude [m2]; ``cols``: shared width [degrees].

    Raises
    ------
    GridError
        If no cell of one overlaps a cell of the other.

    Notes
    -----
    The area between two parallels is the difference of the authalic term q(φ), the integral of the ellipsoid's
    surface element, so that overlaps of a row add up to its area and the area-weighted mean is conserved.

    Examples
    --------
    >>> w = overlap(Grid.regular(60), Grid.regular(90))
    >>> (w.cols.toarray()).tolist()[0]
    [60.0, 30.0, 0.0, 0.0, 0.0, 0.0]
    """
    bands = [-authalic_term(np.radians(g.lat_edges)) for g in (source, target)]
    rows = interval_overlap(*bands)
    cols = interval_overlap(source.lon_edges, target.lon_edges, period=360.0)
    if not rows.nnz or not cols.nnz:
        raise _apart(source, target)
    return Weights(rows, cols, np.diff(bands[1]), np.diff(target.lon_edges))


def interval_overlap(source: np.ndarray, target: np.ndarray, *, period: float | None = None) -> csr_array:
    """Lengths that the intervals of two ascending edge lists share.

    Parameters
    ----------
    source, target : ndarray, 1-D
        Ascending edges, one more than intervals.
    period : float, optional
        Length of the circle that the edges lie on.

    Returns
    -------
    csr_array, shape (target intervals, source intervals)

    Examples
    --------
    >>> interval_overlap(np.array([0.0, 2.0, 4.0]), np.array([1.0, 4.0])).toarray().tolist()
    [[1.0, 2.0]]
    """
    n = len(source) - 1
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for shift in (0.0,) if period is None else (-period, 0.0, period):
        edges = source + shift
        first = np.clip(np.searchsorted(edges, target[:-1], side="right") - 1, 0, n)
        stop = np.clip(np.searchsorted(edges, target[1:], side="left"), 0, n)
        count = np.maximum(stop - first, 0)
        row = np.repeat(np.arange(len(target) - 1), count)
        col = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
        shared = np.minimum(edges[col + 1], target[row + 1]) - np.maximum(edges[col], target[row])
        smaller = np.minimum(edges[col + 1] - edges[col], target[row + 1] - target[row])
        keep = shared > SLIVER * smaller
        found.append((row[keep], col[keep], shared[keep]))
    row, col, shared = (np.concatenate(part) for part in zip(*found))
    matrix = coo_array((shared, (row, col)), shape=(len(target) - 1, n)).tocsr()
    matrix.sort_indices()
    return matrix


def linear_kernel(distance: np.ndarray) -> np.ndarray:
    """Triangle: 1 − |d| within 1, else 0."""
    return np.maximum(1 - np.abs(distance), 0)


def cubic_kernel(distance: np.ndarray) -> np.ndarray:
    """Keys' cubic convolution kernel with a = −0.5, 0 beyond 2.

    Examples
    --------
    >>> cubic_kernel(np.array([0.0, 0.5, 1.0, 1.5, 2.0])).tolist()
    [1.0, 0.5625, 0.0, -0.0625, 0.0]
    """
    d = np.abs(distance)
    inner = (1.5 * d - 2.5) * d * d + 1
    outer = ((-0.5 * d + 2.5) * d - 4) * d + 2
    return np.where(d <= 1, inner, np.where(d < 2, outer, 0.0))


@lru_cache(maxsize=16)
def linear(source: Grid, target: Grid) -> Weights:
    """Weights of bilinear interpolation; beyond the outermost centres the outermost value goes on.

    Raises
    ------
    GridError
        If no centre of ``target`` lies in ``source``.
    """
    return _interpolation(source, target, linear_kernel, 1, replicate=True)


@lru_cache(maxsize=16)
def cubic(source: Grid, target: Grid) -> Weights:
    """Weights of cubic convolution; rows and columns whose kernel leaves the source have no weights.

    Raises
    ------
    GridError
        If no centre of ``target`` lies in ``source``.
    """
    return _interpolation(source, target, cubic_kernel, 2, replicate=False)


def _interpolation(
    source: Grid, target: Grid, kernel: Callable[[np.ndarray], np.ndarray], radius: int, *, replicate: bool
) -> Weights:
    # in EASE-Grid 2.0 the row is linear in the authalic term, elsewhere it is taken linear in latitude
    def along(lat: np.ndarray) -> np.ndarray:
        return -authalic_term(np.radians(lat)) if source.kind == "ease2" else -lat

    lat, edges = along(target.lat), along(target.lat_edges)
    bounds = along(source.lat_edges)
    inside = (lat >= bounds[0]) & (lat <= bounds[-1])
    centres = along(source.lat)
    rows = _kernel_matrix(_position(centres, lat), np.diff(_position(centres, edges)), inside, source.shape[0],
                          kernel, radius, replicate=replicate, periodic=False)  # fmt: skip

    west, east = source.lon_edges[[0, -1]]
    shift = np.floor((target.lon - west + SLIVER) / 360) * 360  # brings each centre into [west, west + 360)
    lon = target.lon - shift
    inside = lon <= east
    centres, ring = source.lon, source.is_global_in_longitude
    if ring and centres.size > 1:
        centres = np.r_[centres[-1] - 360, centres, centres[0] + 360]
    position = _position(centres, lon) - (ring and source.lon.size > 1)
    width = _position(centres, target.lon_edges[1:] - shift) - _position(centres, target.lon_edges[:-1] - shift)
    cols = _kernel_matrix(position, width, inside, source.shape[1], kernel, radius, replicate=replicate, periodic=ring)
    if replicate and (not rows.nnz or not cols.nnz):
        raise _apart(source, target)
    return Weights(rows, cols, np.ones(target.shape[0]), np.ones(target.shape[1]))


def _position(centres: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Fractional index of ``x`` on an ascending axis, going on linearly beyond its ends."""
    if centres.size == 1:
        return np.zeros(x.shape)
    i = np.clip(np.searchsorted(centres, x, side="right") - 1, 0, centres.size - 2)
    position = i + (x - centres[i]) / (centres[i + 1] - centres[i])
    whole = np.round(position)
    return np.where(np.abs(position - whole) < 1e-9, whole, position)  # equal centres give an exact copy


def _kernel_matrix(position: np.ndarray, width: np.ndarray, inside: np.ndarray, n: int,
                   kernel: Callable[[np.ndarray], np.ndarray], radius: int, *, replicate: bool,
                   periodic: bool) -> csr_array:  # fmt: skip
    scale = np.maximum(1.0, np.round(width, 9))  # a coarser target stretches the kernel over all its source cells
    first = np.ceil(position - radius * scale).astype(int)
    taps = first[:, None] + np.arange(int(np.ceil(2 * radius * scale.max(initial=1.0))) + 1)
    weight = kernel((taps - position[:, None]) / scale[:, None])
    weight[np.abs(weight) < 1e-12] = 0.0
    weight /= weight.sum(axis=1, keepdims=True)
    weight[~inside] = 0.0
    outside = (taps < 0) | (taps >= n)
    if periodic:
        taps = taps % n
    elif replicate:
        taps = np.clip(taps, 0, n - 1)
    else:
        weight[((weight != 0) & outside).any(axis=1)] = 0.0
        taps = np.clip(taps, 0, n - 1)
    row, k = np.nonzero(weight)
    matrix = coo_array((weight[row, k], (row, taps[row, k])), shape=(position.size, n)).tocsr()
    matrix.sort_indices()
    return matrix


def _apart(source: Grid, target: Grid) -> GridError:
    def box(grid: Grid) -> tuple[float, ...]:
        return tuple(round(b, 3) for b in grid.bbox)

    return GridError("grid", found=f"{target} {box(target)}, which does not overlap {source} {box(source)}",
                     needed="grids that share some area", do="Check the boxes (west, south, east, north).")  # fmt: skip
