"""Do products agree on the trend: a map of how many do, and how alike their maps are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..units import format_number
from .fields import check_field, draw_field, ground_of
from .keys import class_legend, colour_bar
from .naming import check_variable
from .panels import map_panels
from .scales import Scale, class_colours
from .style import INK, WIDTH, drawn, finish, new_figure, place, text_width, wrap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Shades from few products to all, for each sign: the ends of Matplotlib's RdBu.
_WET, _DRY = ("#d1e5f0", "#053061"), ("#fddbc7", "#67001f")
_SPLIT = "#b8b8b8"


@drawn
def agreement_map(agreement: xr.Dataset, *, significant: bool = True) -> Figure:
    """Draw how many products see a rise or a fall, and how many a significant one.

    Parameters
    ----------
    agreement : Dataset
        From ``analysis.agreement``, dims (lat, lon).
    significant : bool
        Whether to draw the significant ones in a second panel.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing or the data are no map.

    Notes
    -----
    A cell has the colour of the sign that more products see, darker the more they are; grey where both signs have as
    many, or no product has a significant trend.
    """
    names = {"Sign of the trend": ("n_wetting", "n_drying")}
    if significant:
        names["Significant trends"] = ("n_significant_wetting", "n_significant_drying")
    check_variable(agreement, *(v for pair in names.values() for v in pair), "product", where="agreement")
    for variable in (v for pair in names.values() for v in pair):
        check_field(agreement[variable])
    from matplotlib.colors import LinearSegmentedColormap

    count = agreement.sizes["product"]
    ramps = [LinearSegmentedColormap.from_list("", ends)(np.linspace(0, 1, count)) for ends in (_DRY, _WET)]
    colours = class_colours([*ramps[0][::-1], _SPLIT, *ramps[1]], edges=np.arange(-count - 0.5, count + 1))
    first = agreement["n_wetting"].transpose("lat", "lon")
    rows = -(-(2 * count + 1) // 5)
    ground = ground_of(first)
    figure, panels = map_panels(ground, list(names), footer=0.12 + 0.19 * rows, field=True)
    words = []
    for axes, (title, (up, down)) in zip(panels, names.items()):
        rise, fall = (agreement[v].transpose("lat", "lon").values.astype(int) for v in (up, down))
        known = (rise >= 0) & (fall >= 0)
        level = np.where(rise > fall, rise, np.where(fall > rise, -fall, 0)).astype(float)
        draw_field(axes, ground, first.copy(data=np.where(known, level, np.nan)), colours)
        total = max(int(known.sum()), 1)
        every = int((np.abs(level[known]) == count).sum())
        words.append(f"{title}: all {count} products agree in {100 * every / total:.0f} % of {known.sum()} cells")
    entries: dict[str, Any] = {f"{k} drier": colours.to_rgba(-k) for k in range(count, 0, -1)}
    entries |= {"undecided": _SPLIT} | {f"{k} wetter": colours.to_rgba(k) for k in range(1, count + 1)}
    class_legend(figure, entries, columns=5)
    return finish(figure, agreement, title="Agreement of products", description="; ".join(words) + ".")


@drawn
def slope_correlation(agreement: xr.Dataset) -> Figure:
    """Draw the correlation of trend maps for every pair of products, with the share of cells of the same sign.

    Parameters
    ----------
    agreement : Dataset
        From ``analysis.agreement``, with ``correlation`` and ``same_sign``, dims (product, other).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(agreement, "correlation", "same_sign", "product", where="agreement")
    names = agreement["product"].values.astype(str).tolist()
    r = agreement["correlation"].transpose("product", "other").values.astype(float)
    same = agreement["same_sign"].transpose("product", "other").values.astype(float)
    labels = [wrap(n, 18) for n in names]
    probe = new_figure(WIDTH, 1.0)
    left = text_width(probe, labels) + 0.15
    size = min((WIDTH - left - 0.2) / len(names), 0.9)
    tall = size * len(names)
    figure = new_figure(WIDTH, tall + 1.15)
    axes = place(figure, left + (WIDTH - left - tall) / 2 - 0.3, 0.68, tall, tall)
    mappable = Scale("RdBu", -1.0, 1.0).mappable()
    axes.pcolormesh(np.ma.masked_invalid(r), norm=mappable.norm, cmap=mappable.cmap, edgecolors="white", lw=1.0)
    for i in range(len(names)):
        for k in range(len(names)):
            ink = "white" if abs(np.nan_to_num(r[i, k])) > 0.6 else INK
            text = format_number(r[i, k], 2) + (f"\n{100 * same[i, k]:.0f} %" if i != k and size > 0.5 else "")
            axes.text(k + 0.5, i + 0.5, text, ha="center", va="center", size=7.5, color=ink)
    axes.set_xlim(0, len(names))
    axes.set_ylim(len(names), 0)
    centres = np.arange(len(names)) + 0.5
    axes.set_yticks(centres, labels)
    axes.set_xticks(centres, [wrap(n, max(8, int(size / 0.07))) for n in names])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    colour_bar(
        figure, mappable, "Spatial correlation of trends [–]; below it the share of cells with trends of one sign"
    )
    pairs = [f"{names[i]} and {names[k]}: {format_number(r[i, k], 2)}"
             for i in range(len(names)) for k in range(i)]  # fmt: skip
    return finish(figure, agreement, title="Correlation of trend maps", description="; ".join(pairs) + ".")
