"""Figures drawn from tidy datasets: maps, box plots, time series, densities, intervals, counts.

Every function takes labelled data (nothing is computed here beyond what a drawing needs, such as the quartiles of a
box) and returns a Matplotlib figure that belongs to no window. :func:`svg` writes it for a page. Axes carry the long
name and unit of the data; simulated data are marked on the figure itself.
"""

from .boxes import score_boxes
from .coastline import coastline
from .counts import dropped_bars
from .cycles import cycle_curves, cycle_map, drydown_fits, lag_histogram
from .density import scatter_density
from .drawing import svg
from .global_map import global_map
from .intervals import forest
from .maps import score_map, station_map, status_map
from .series import break_gaps, time_series

__all__ = [
    "break_gaps",
    "coastline",
    "cycle_curves",
    "cycle_map",
    "dropped_bars",
    "drydown_fits",
    "forest",
    "global_map",
    "lag_histogram",
    "scatter_density",
    "score_boxes",
    "score_map",
    "station_map",
    "status_map",
    "svg",
    "time_series",
]
