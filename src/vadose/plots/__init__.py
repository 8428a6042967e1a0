"""Figures drawn from tidy datasets: maps, box plots, time series, densities, intervals, counts.

Every drawing function takes labelled data (nothing is computed here beyond what a drawing needs, such as the quartiles
of a box) and returns a Matplotlib figure that belongs to no window. Axes carry the long name and unit of the data;
simulated data are marked on the figure itself. Three functions prepare or finish: :func:`break_gaps` and
:func:`collocation_cells` put data in the form that is drawn, :func:`svg` writes a figure for a page;
:func:`coastline` gives the bundled shores.

Names: ``..._map`` one map, or one for each part of what is given; ``..._maps`` several quantities side by side;
``trend_panels`` one map for each product; ``..._series`` and ``..._course`` run in time; ``..._bars``, ``..._boxes``
and ``..._rates`` have one row for each product, region or station.
"""

from .agreement import agreement_map, slope_correlation
from .boxes import score_boxes
from .calibration import calibration_curve
from .campaigns import campaign_panels
from .category_boxes import category_boxes
from .change import change_map
from .coastline import coastline
from .collocation import collocation_bars, collocation_cells
from .component_maps import contribution_maps, top_component_maps
from .component_rings import component_rings
from .contributions import contribution_table
from .counts import dropped_bars
from .coupling import coupling_donuts, coupling_heatmap, coupling_map
from .courses import score_course, spatial_courses
from .cycles import cycle_curves, cycle_map, drydown_fits, lag_histogram
from .density import scatter_density
from .depth import depth_boxes, swi_series
from .drawing import svg
from .drought import drought_area_series, drought_map, drought_timeline
from .field_maps import field_maps
from .forcing_map import forcing_map
from .global_map import global_map
from .heat_map import variability_heat_map
from .hovmoeller import coverage_hovmoeller
from .intervals import forest
from .lines import product_lines, wetness_bias
from .lookup_bubbles import lookup_bubbles
from .maps import score_map, station_map, status_map
from .period_bars import difference_bars, omega_chart
from .ratio_dots import ratio_dots
from .ridges import ridge_plot
from .seams import seam_profile
from .season_lines import season_lines
from .series import break_gaps, time_series
from .station_level import station_calibration
from .station_years import station_years
from .statuses import core_map, status_bars
from .steps import step_series
from .trend_map import trend_map, trend_panels
from .trend_rows import region_rates, share_bars

__all__ = [
    "agreement_map",
    "break_gaps",
    "calibration_curve",
    "campaign_panels",
    "category_boxes",
    "change_map",
    "coastline",
    "collocation_bars",
    "collocation_cells",
    "component_rings",
    "contribution_maps",
    "contribution_table",
    "core_map",
    "coupling_donuts",
    "coupling_heatmap",
    "coupling_map",
    "coverage_hovmoeller",
    "cycle_curves",
    "cycle_map",
    "depth_boxes",
    "difference_bars",
    "dropped_bars",
    "drought_area_series",
    "drought_map",
    "drought_timeline",
    "drydown_fits",
    "field_maps",
    "forcing_map",
    "forest",
    "global_map",
    "lag_histogram",
    "lookup_bubbles",
    "omega_chart",
    "product_lines",
    "ratio_dots",
    "region_rates",
    "ridge_plot",
    "scatter_density",
    "score_boxes",
    "score_course",
    "score_map",
    "seam_profile",
    "season_lines",
    "share_bars",
    "slope_correlation",
    "spatial_courses",
    "station_calibration",
    "station_map",
    "station_years",
    "status_bars",
    "status_map",
    "step_series",
    "svg",
    "swi_series",
    "time_series",
    "top_component_maps",
    "trend_map",
    "trend_panels",
    "variability_heat_map",
    "wetness_bias",
]
