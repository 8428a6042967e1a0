"""Figures drawn from tidy datasets: maps, box plots, time series, densities, intervals, counts.

Every function takes labelled data (nothing is computed here beyond what a drawing needs, such as the quartiles of a
box) and returns a Matplotlib figure that belongs to no window. :func:`svg` writes it for a page. Axes carry the long
name and unit of the data; simulated data are marked on the figure itself.
"""

from .boxes import score_boxes
from .change import change_map
from .coastline import coastline
from .counts import dropped_bars
from .coupling import coupling_donuts, coupling_heatmap, coupling_map
from .cycles import cycle_curves, cycle_map, drydown_fits, lag_histogram
from .density import scatter_density
from .depth import depth_boxes, swi_series
from .drawing import svg
from .drought import drought_area_series, drought_map, drought_timeline
from .global_map import global_map
from .intervals import forest
from .maps import score_map, station_map, status_map
from .series import break_gaps, time_series

__all__ = [
    "break_gaps",
    "change_map",
    "coastline",
    "coupling_donuts",
    "coupling_heatmap",
    "coupling_map",
    "cycle_curves",
    "cycle_map",
    "depth_boxes",
    "dropped_bars",
    "drought_area_series",
    "drought_map",
    "drought_timeline",
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
    "swi_series",
    "time_series",
]
