"""Moving data between grids: area-weighted, nearest, cubic, bilinear and by the most frequent class.

:func:`to_grid` brings canonical gridded data onto another :class:`vadose.grid.Grid`, :func:`class_fraction` class
maps onto area shares, :func:`from_projected` rasters with a CRS onto a grid, :func:`grid_observations` swaths and
sub-daily series onto a grid and calendar steps, and :func:`to_points` reads gridded data at points.
"""

from .observations import grid_observations
from .points import to_points
from .projected import from_projected
from .to_grid import class_fraction, to_grid

__all__ = ["class_fraction", "from_projected", "grid_observations", "to_grid", "to_points"]
