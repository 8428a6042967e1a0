"""Where a product follows its own rain against an independent record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .fields import check_fields, draw_field, ground_of
from .keys import class_legend
from .naming import check_variable
from .panels import map_panels
from .scales import class_colours
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
    check_fields({name: ds["cause"] for name, ds in discrepancies.items()})
    colours = class_colours([_NONE, *(c for c, _ in _LOOKS.values())], edges=np.arange(-1.5, len(_LOOKS)))
    ground = ground_of(next(iter(discrepancies.values()))["cause"])
    figure, panels = map_panels(ground, list(discrepancies), footer=0.52, field=True)
    said = []
    for axes, (name, ds) in zip(panels, discrepancies.items()):
        cause = ds["cause"].transpose("lat", "lon")
        known = ds["slope_sm"].transpose("lat", "lon").notnull().values
        draw_field(axes, ground, cause.where(known), colours)
        total = max(int(known.sum()), 1)
        shares = [f"{k} {100 * int((cause.values[known] == i).sum()) / total:.0f} %" for i, k in enumerate(_LOOKS)]
        said.append(f"{name}: {', '.join(shares)} of {known.sum()} cells")
    class_legend(figure, {words: colour for colour, words in _LOOKS.values()}, columns=2)
    return finish(figure, *discrepancies.values(), title="Trends of moisture and of rain",
                  description="; ".join(said) + ".")  # fmt: skip
