"""Random numbers that depend on where and when only, never on what else is asked for.

Every number is a pure function of (seed, name of the field, row, column, day): the counter-based generator
Philox4x32-10 (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405). A cell therefore has the same value in
every region, block, period and process, and nothing needs to be generated in order.
"""

from __future__ import annotations

import zlib

import numpy as np
from scipy.special import ndtri

from ..errors import ConfigError
from .cells import Cells

#: Added to lattice rows, columns and days so that the counters are never negative.
_OFFSET = 1 << 20


def check_seed(seed: int) -> int:
    """A seed as the 32 bits that the generator takes.

    Raises
    ------
    ConfigError
        If it is not a whole number in 0..2³²−1.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ConfigError("seed", found=repr(seed), needed="a whole number from 0 to 4294967295")
    return int(seed)


def uniform(seed: int, field: str, row, col, day=(0,)) -> np.ndarray:
    """Independent uniform numbers.

    Parameters
    ----------
    seed : int
        0 to 2³²−1.
    field : str
        Name of the field; each name is an independent stream.
    row, col : array_like of int, shape (n,)
        Global indices of the points.
    day : array_like of int, shape (m,)
        Global index in time.

    Returns
    -------
    ndarray, shape (n, m)
        Numbers [1] in (0, 1), float64.

    Examples
    --------
    >>> a = uniform(7, "rain", [10, 11], [5, 5], [100, 101, 102])
    >>> b = uniform(7, "rain", [11], [5], [101])
    >>> bool(a[1, 1] == b[0, 0])
    True
    """
    from ._philox import uniforms

    words = [np.atleast_1d(np.asarray(a, dtype=np.int64)) + _OFFSET for a in (row, col, day)]
    row, col, day = (w.astype(np.uint64) for w in words)
    out = np.empty((row.size, day.size))
    uniforms(np.uint64(seed), np.uint64(zlib.crc32(field.encode())), row, col, day, out)
    return out


def normal(seed: int, field: str, row, col, day=(0,)) -> np.ndarray:
    """Independent standard normal numbers; arguments as in :func:`uniform`."""
    return ndtri(uniform(seed, field, row, col, day))


def cellwise(seed: int, field: str, cells: Cells, day=(0,)) -> np.ndarray:
    """Independent standard normal numbers for each cell and day, shape (rows, columns, m)."""
    row, col = (a.ravel() for a in np.meshgrid(cells.rows, cells.cols, indexing="ij"))
    return normal(seed, f"{field}@{cells.n_lat}", row, col, day).reshape(*cells.shape, -1)


def smooth(seed: int, field: str, cells: Cells, day=None, *, spacing: float, days_apart: int = 1) -> np.ndarray:
    """Smooth standard normal field on the sphere's latitude-longitude plane.

    Parameters
    ----------
    seed : int
        0 to 2³²−1.
    field : str
        Name of the field.
    cells : Cells
        Where.
    day : array_like of int, shape (m,), optional
        Days since 1970-01-01; without, the field is constant in time.
    spacing : float
        Distance of the noise lattice [degrees]; must divide 360. The correlation falls to one half at about this
        distance and is zero beyond four.
    days_apart : int
        Distance of the lattice in time [days]; 1 = days are independent.

    Returns
    -------
    ndarray, shape (rows, columns[, m])
        Mean 0 and variance 1 at every point, float64.

    Notes
    -----
    Independent normal numbers on a global lattice, interpolated by cubic B-splines and divided by the root of the sum
    of squared weights. The sums run in a fixed order, so that a crop is bit for bit a part of the whole. The lattice
    is periodic in longitude. Choice: distances are degrees, so that features narrow towards the poles.
    """
    lat_index, lat_weight = _taps((90 - cells.lat) / spacing)
    lon_index, lon_weight = _taps((cells.lon + 180) / spacing)
    lon_index = np.mod(lon_index, round(360 / spacing))
    rows, lat_at = _unique(lat_index)
    cols, lon_at = _unique(lon_index)
    if day is None:
        when, day_at, day_weight = np.array([0]), None, None
    elif days_apart == 1:
        when, day_at, day_weight = np.asarray(day), None, None
    else:
        day_index, day_weight = _taps(np.asarray(day) / days_apart)
        when, day_at = _unique(day_index)
    row, col = (a.ravel() for a in np.meshgrid(rows, cols, indexing="ij"))
    z = normal(seed, field, row, col, when).reshape(rows.size, cols.size, -1)
    z = sum(lat_weight[k][:, None, None] * z[lat_at[k]] for k in range(4))
    z = sum(lon_weight[k][None, :, None] * z[:, lon_at[k]] for k in range(4))
    if day_at is not None and day_weight is not None:
        z = sum(day_weight[k] * z[..., day_at[k]] for k in range(4))
    return z[..., 0] if day is None else z


def plane(seed: int, field: str, row, col, *, spacing: float) -> np.ndarray:
    """Smooth standard normal field on a plane.

    Parameters
    ----------
    seed : int
        0 to 2³²−1.
    field : str
        Name of the field.
    row, col : array_like, shape (n,) and (m,)
        Coordinates along both axes, of a size below a million lattice distances.
    spacing : float
        Distance of the noise lattice, in the unit of the coordinates.

    Returns
    -------
    ndarray, shape (n, m)
        Mean 0 and variance 1 at every point, float64; see :func:`smooth`.
    """
    (row_index, row_weight), (col_index, col_weight) = (_taps(np.asarray(x, dtype=float) / spacing) for x in (row, col))
    rows, row_at = _unique(row_index)
    cols, col_at = _unique(col_index)
    r, c = (a.ravel() for a in np.meshgrid(rows, cols, indexing="ij"))
    z = normal(seed, field, r, c)[:, 0].reshape(rows.size, cols.size)
    z = sum(row_weight[k][:, None] * z[row_at[k]] for k in range(4))
    return sum(col_weight[k] * z[:, col_at[k]] for k in range(4))


def _taps(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lattice indices and weights, both (4, n), of a cubic B-spline with unit variance."""
    base = np.floor(x).astype(np.int64)
    t = x - base
    weight = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3])
    weight /= np.sqrt((weight**2).sum(axis=0))
    return base + np.arange(-1, 3)[:, None], weight


def _unique(index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, inverse = np.unique(index, return_inverse=True)
    return values, inverse.reshape(index.shape)
