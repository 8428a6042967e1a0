"""Seasonal storage year by year, with the trend lines of periods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from ..units import format_number, format_unit
from .naming import check_variable
from .style import BLUE, GREY, INK, SKY, VERMILION, WIDTH, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = (BLUE, VERMILION, SKY)


@drawn
def season_lines(total: xr.DataArray, trends: Mapping[str, xr.Dataset], *, alpha: float = 0.05) -> Figure:
    """Draw the series of each season with the trend line of each period and its slope.

    Parameters
    ----------
    total : DataArray, dims ``(season, year)``
        Storage with ``units`` and ``long_name``.
    trends : mapping of str to Dataset, dim ``season``
        Period -> result of ``vadose.analysis.trend`` over it, with the attribute ``period`` ("2000/2024").
    alpha : float
        Level below which a slope gets an asterisk.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the array has other dimensions, or a trend lacks a variable.
    """
    if set(total.dims) != {"season", "year"}:
        raise SchemaError(
            str(total.name or "total"), found=f"dims {tuple(map(str, total.dims))}", needed="season, year"
        )
    for name, ds in trends.items():
        check_variable(ds, "slope", "intercept", "p_value", where=f"trends[{name!r}]")
    total = total.transpose("season", "year")
    years, seasons = total["year"].values.astype(float), [str(v) for v in total["season"].values]
    values = np.asarray(total, dtype="float64")
    gap, left, tall, head = 0.55, 0.55, 1.35, 0.52
    wide = (WIDTH - left - gap) / 2
    rows = -(-len(seasons) // 2)
    figure = new_figure(WIDTH, rows * (tall + head) + 0.55)
    words = []
    for k, season in enumerate(seasons):
        row, column = divmod(k, 2)
        axes = place(figure, left + column * (wide + gap), 0.55 + (rows - 1 - row) * (tall + head), wide, tall)
        axes.plot(years, values[k], color=GREY, lw=0.9)
        texts = []
        for n, (name, ds) in enumerate(trends.items()):
            first, last = (float(v) for v in str(ds.attrs["period"]).split("/"))
            slope, start, p = (float(ds[v].isel(season=k)) for v in ("slope", "intercept", "p_value"))
            colour = _COLOURS[n % len(_COLOURS)]
            axes.plot([first, last], [start, start + slope * (last - first)], color=colour, lw=1.8)
            texts.append((f"{name}: {format_number(slope, 2)}{' *' if p < alpha else ''}", colour))
        axes.set_title(season, loc="left", weight="bold", pad=14)
        for n, (text, colour) in enumerate(texts):
            axes.text(n / max(len(texts), 1), 1.03, text, transform=axes.transAxes, size=7.5, color=colour, va="bottom")
        words.append(f"{season}: " + ", ".join(t for t, _ in texts))
        axes.grid(axis="y")
        axes.set_xlim(years[0] - 0.5, years[-1] + 0.5)
        axes.ticklabel_format(useOffset=False)
        axes.locator_params(axis="x", integer=True)
        if k + 2 < len(seasons):
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel("Year")
    unit = format_unit(str(total.attrs.get("units", "1")))
    figure.text(0.0, 0.5, f"{str(total.attrs.get('long_name', 'storage')).capitalize()} [{unit}]", rotation=90,
                ha="left", va="center", size=8.5)  # fmt: skip
    figure.text(1.0, 0.01, f"slopes in {unit} yr⁻¹; * p < {alpha:g}", ha="right", va="bottom", size=7.5, color=INK)
    return finish(figure, total, title="Storage of each season and its trends", description="; ".join(words))
