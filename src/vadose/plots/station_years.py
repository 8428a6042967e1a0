"""What stations say of single years of a record, and what is left as the others predict it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number, format_unit
from .naming import check_variable
from .station_level import inside
from .style import BLUE, FAINT, GREY, VERMILION, WIDTH, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def station_years(fit: xr.Dataset) -> Figure:
    """Draw by how much stations of a region differ from a record from year to year, and how well others predict that.

    Parameters
    ----------
    fit : Dataset, dims (site), (seen_year), (year, lat, lon)
        As from ``vadose.fusion.calibrate`` (``<name>.calibration``): ``drift_seen`` and ``drift_predicted`` (seen_year,
        site) and ``drift`` (year, lat, lon) [m3 m-3], coordinates ``station_lat`` and ``station_lon`` (site).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing, or no station has a year.
    """
    from matplotlib.ticker import MaxNLocator

    check_variable(fit, "drift_seen", "drift_predicted", "drift", "station_lat", "station_lon", where="fit")
    seen, predicted = (fit[k].transpose("seen_year", "site").values.astype("float64")
                       for k in ("drift_seen", "drift_predicted"))  # fmt: skip
    if not np.isfinite(seen).any():
        raise SchemaError("fit", found="no station with years", needed="at least one")
    years = fit["seen_year"].values
    figure = new_figure(WIDTH, 3.0)
    half = (WIDTH - 1.55) / 2
    left, right = place(figure, 0.72, 0.5, half, 2.1), place(figure, WIDTH - half - 0.1, 0.5, half, 2.1)
    here = seen[:, inside(fit)]
    for k, x in enumerate(here.T):
        left.plot(years, x, color=GREY, lw=0.6, alpha=0.7, label="stations" if k == 0 else None)
    left.axhline(0, color=FAINT, lw=0.8, zorder=0)
    added = fit["drift"].mean(["lat", "lon"])
    left.plot(fit["year"].values, added, color=BLUE, lw=1.8, label="added, mean of the region")
    left.set_ylabel(f"Station less record [{format_unit('m3 m-3')}]")
    rms = [np.sqrt(np.nanmean(x**2)) for x in (seen, seen - predicted)]
    drawn_as = ((seen, VERMILION, "before"), (seen - predicted, BLUE, "after, by the others"))
    for (x, colour, words), whole in zip(drawn_as, rms):
        good = np.isfinite(x)
        count = good.sum(axis=1)
        square = np.where(good, x, 0.0) ** 2
        each = np.sqrt(np.where(count > 0, square.sum(axis=1) / np.maximum(count, 1), np.nan))
        right.plot(years, each, "o-", ms=3, color=colour, lw=1.2, label=f"{words}: {format_number(float(whole), 4)}")
    right.set_ylabel(f"rms, all stations [{format_unit('m3 m-3')}]")
    right.set_ylim(0, right.get_ylim()[1] * 1.25)
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_xlim(years.min() - 0.5, years.max() + 0.5)
        axes.legend(loc="upper left", borderaxespad=0.1, ncols=1)
    low, high = left.get_ylim()
    left.set_ylim(low, high + 0.28 * (high - low))
    return finish(figure, fit, title="Years by stations",
                  description=f"{here.shape[1]} of {seen.shape[1]} stations lie in the region; rms of station less "
                  f"record over years {rms[0]:.4f}, {rms[1]:.4f} after prediction by the others.")  # fmt: skip
