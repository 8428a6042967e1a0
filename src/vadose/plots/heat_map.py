"""Years across, seasons and layers down: when was which of them wet or dry?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .keys import colour_bar
from .scales import Scale, round_up
from .style import GREY, WIDTH, axis_label, drawn, finish, new_figure, place, text_width

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def variability_heat_map(anomaly: xr.DataArray) -> Figure:
    """Draw departures from the trend by year, one row for each layer and season.

    Parameters
    ----------
    anomaly : DataArray, dims ``(season, layer, year)``
        Departures with ``units`` and ``long_name``, such as ``variability`` of ``vadose.analysis.mean_storage``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the array has other dimensions.

    Notes
    -----
    Red is drier, blue wetter; the colours end at the 98th percentile of the size. The column at the right prints the
    standard deviation of each row.
    """
    if set(anomaly.dims) != {"season", "layer", "year"}:
        raise SchemaError(str(anomaly.name or "anomaly"), found=f"dims {tuple(map(str, anomaly.dims))}",
                          needed="season, layer, year")  # fmt: skip
    anomaly = anomaly.transpose("layer", "season", "year")
    values = np.asarray(anomaly, dtype="float64")
    layers, seasons = ([str(v) for v in anomaly[d].values] for d in ("layer", "season"))
    years = anomaly["year"].values.astype(float)
    finite = np.abs(values[np.isfinite(values)])
    top = round_up(float(np.quantile(finite, 0.98))) if finite.size else 1.0
    mappable = Scale("RdBu", -top, top, "both" if finite.size and finite.max() > top else "neither").mappable()
    row, gap = 0.19, 0.1
    figure = new_figure(WIDTH, len(layers) * (len(seasons) * row + gap) + 1.25)
    first = text_width(figure, layers, size=8.0) + 0.1
    left = first + text_width(figure, seasons, size=7.5) + 0.14
    right = 0.5
    tall = len(seasons) * row
    spread = np.array([[np.nanstd(v[np.isfinite(v)], ddof=1) if np.isfinite(v).sum() > 1 else np.nan for v in block]
                       for block in values])  # fmt: skip
    height = figure.get_size_inches()[1]
    for i, layer in enumerate(layers):
        bottom = height - 0.22 - (i + 1) * tall - i * gap
        axes = place(figure, left, bottom, WIDTH - left - right, tall)
        axes.pcolormesh(
            np.r_[years - 0.5, years[-1] + 0.5],
            np.arange(len(seasons) + 1),
            np.ma.masked_invalid(values[i]),
            norm=mappable.norm,
            cmap=mappable.cmap,
            rasterized=True,
        )
        axes.set_facecolor("#e6e6e6")
        axes.set_ylim(len(seasons), 0)
        axes.set_yticks(np.arange(len(seasons)) + 0.5, seasons, size=7.5)
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", integer=True)
        if i + 1 < len(layers):
            axes.tick_params(labelbottom=False)
        figure.text(0.0, (bottom + tall / 2) / height, layer, ha="left", va="center", size=8.0)
        for j in range(len(seasons)):
            figure.text(1.0, (bottom + tall - (j + 0.5) * row) / height, format_number(float(spread[i, j]), 2),
                        ha="right", va="center", size=7.5)  # fmt: skip
    axes.set_xlabel("Year")
    figure.text(1.0, (height - 0.15) / height, "SD", ha="right", va="center", size=7.5, color=GREY)
    label = axis_label(anomaly)
    colour_bar(figure, mappable, label)
    words = (
        ""
        if not np.isfinite(spread).any()
        else "Largest standard deviation: {}, {}.".format(
            *(names[k] for names, k in zip((layers, seasons), np.unravel_index(np.nanargmax(spread), spread.shape)))
        )
    )
    return finish(figure, anomaly, title=f"{label}: by year", description=words)
