"""Where a product follows its own rain against an independent record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .field_panels import check_maps, field_figure, legend_of_classes, mesh
from .naming import check_variable
from .style import BLUE, GREEN, ORANGE, VERMILION, drawn, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Cause -> colour and words.
_LOOKS = {
    "consistent": (BLUE, "moisture and both rains agree"),
    "forcing": (VERMILION, "moisture follows its own rain alone"),
    "model": (ORANGE, "moisture against both rains"),
    "compensating": (GREEN, "moisture follows the independent rain"),
}
_NONE = "#dddddd"


@drawn
def forcing_map(discrepancies: dict[str, xr.Dataset]) -> Figure:
    """Draw what the signs of the trends of moisture, own rain and independent rain say, one panel per product.

    Parameters
    ----------
    discrepancies : dict
        Product name -> dataset from ``analysis.forcing_discrepancy`` with ``cause`` and ``slope_sm``, dims (lat, lon).

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing or the data are no maps.
    """
    for name, ds in discrepancies.items():
        check_variable(ds, "cause", "slope_sm", where=name)
    check_maps({name: ds["cause"] for name, ds in discrepancies.items()})
    from matplotlib.colors import BoundaryNorm, ListedColormap

    colours = ListedColormap([_NONE, *(c for c, _ in _LOOKS.values())])
    norm = BoundaryNorm(np.arange(-1.5, len(_LOOKS)), colours.N)
    first = next(iter(discrepancies.values()))["cause"].transpose("lat", "lon")
    figure, panels = field_figure(first, list(discrepancies), footer=0.52)
    said = []
    for axes, (name, ds) in zip(panels, discrepancies.items()):
        cause = ds["cause"].transpose("lat", "lon")
        known = ds["slope_sm"].transpose("lat", "lon").notnull().values
        mesh(axes, cause, np.ma.masked_where(~known, cause.values.astype(float)), norm=norm, cmap=colours)
        total = max(int(known.sum()), 1)
        shares = [f"{k} {100 * int((cause.values[known] == i).sum()) / total:.0f} %" for i, k in enumerate(_LOOKS)]
        said.append(f"{name}: {', '.join(shares)} of {known.sum()} cells")
    legend_of_classes(figure, {words: colour for colour, words in _LOOKS.values()}, columns=2)
    return finish(figure, *discrepancies.values(), title="Trends of moisture and of rain",
                  description="; ".join(said) + ".")  # fmt: skip
