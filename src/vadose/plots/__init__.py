"""Figures drawn from tidy datasets: maps, box plots, time series, densities, intervals, counts.

Every function takes labelled data (nothing is computed here beyond what a drawing needs, such as the quartiles of a
box) and returns a Matplotlib figure that belongs to no window. :func:`svg` writes it for a page. Axes carry the long
name and unit of the data; simulated data are marked on the figure itself.
"""

from .boxes import score_boxes
from .calibration import calibration_curve
from .coastline import coastline
from .contributions import contribution_table
from .counts import dropped_bars
from .density import scatter_density
from .drawing import svg
from .fields import field_maps
from .global_map import global_map
from .hovmoeller import coverage_hovmoeller
from .intervals import forest
from .maps import score_map, station_map, status_map
from .seams import seam_profile
from .series import break_gaps, time_series
from .steps import step_series

__all__ = [
    "break_gaps",
    "calibration_curve",
    "coastline",
    "contribution_table",
    "coverage_hovmoeller",
    "dropped_bars",
    "field_maps",
    "forest",
    "global_map",
    "scatter_density",
    "score_boxes",
    "score_map",
    "seam_profile",
    "station_map",
    "status_map",
    "step_series",
    "svg",
    "time_series",
]
