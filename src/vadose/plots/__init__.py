"""Figures drawn from tidy datasets: maps, box plots, time series, densities, intervals, counts.

Every function takes labelled data (nothing is computed here beyond what a drawing needs, such as the quartiles of a
box) and returns a Matplotlib figure that belongs to no window. :func:`svg` writes it for a page. Axes carry the long
name and unit of the data; simulated data are marked on the figure itself.
"""

from .boxes import score_boxes
from .campaigns import campaign_panels
from .category_boxes import category_boxes
from .coastline import coastline
from .collocation import collocation_bars, collocation_cells
from .counts import dropped_bars
from .courses import score_course, spatial_courses
from .density import scatter_density
from .drawing import svg
from .global_map import global_map
from .intervals import forest
from .lines import product_lines, wetness_bias
from .lookup_bubbles import lookup_bubbles
from .maps import score_map, station_map, status_map
from .series import break_gaps, time_series
from .statuses import core_map, status_bars

__all__ = [
    "break_gaps",
    "campaign_panels",
    "category_boxes",
    "coastline",
    "collocation_bars",
    "collocation_cells",
    "core_map",
    "dropped_bars",
    "forest",
    "global_map",
    "lookup_bubbles",
    "product_lines",
    "scatter_density",
    "score_boxes",
    "score_course",
    "score_map",
    "spatial_courses",
    "station_map",
    "status_bars",
    "status_map",
    "svg",
    "time_series",
    "wetness_bias",
]
