"""How often the truth lies inside the bands that an uncertainty promises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import xarray as xr

from ..errors import SchemaError
from ..units import format_number
from .naming import check_variable
from .style import GREY, PALETTE, WIDTH, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Accepted shares at two levels: level -> lowest, highest.
ACCEPTED = {0.68: (0.60, 0.76), 0.95: (0.90, 0.98)}


@drawn
def calibration_curve(calibrations: Mapping[str, xr.Dataset]) -> Figure:
    """Draw the share inside each band against its nominal level; a true uncertainty lies on the diagonal.

    Parameters
    ----------
    calibrations : mapping of str to Dataset
        Record -> ``inside`` and ``inside_unbiased`` (level) [1] and ``n``, as from ``vadose.validation.calibration``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If there is no record or a variable is missing.

    Notes
    -----
    Bars mark the shares that are accepted: 60-76 % at 68 %, 90-98 % at 95 %.
    """
    if not calibrations:
        raise SchemaError("calibrations", found="no record", needed="at least one")
    side = 3.0
    figure = new_figure(WIDTH, side + 0.6)
    axes = place(figure, 0.62, 0.46, side, side)
    axes.grid()
    axes.plot([0, 100], [0, 100], color=GREY, lw=0.8)
    words = []
    for i, (name, ds) in enumerate(calibrations.items()):
        check_variable(ds, "inside", "inside_unbiased", "level", "n", where=f"calibrations[{name!r}]")
        for kind, look, text in (
            ("inside", "o-", name),
            ("inside_unbiased", "s--", f"{name}, mean difference removed"),
        ):
            axes.plot(100 * ds["level"], 100 * ds[kind], look, ms=3.5, color=PALETTE[i % len(PALETTE)], label=text)
        words.append(f"{name}: " + ", ".join(
            f"{100 * float(v):.0f} % inside {100 * float(p):.0f} %" for p, v in zip(ds["level"], ds["inside"])
        ) + f" of {format_number(int(ds['n']))}")  # fmt: skip
    for level, (low, high) in ACCEPTED.items():
        axes.plot([100 * level] * 2, [100 * low, 100 * high], color=GREY, lw=5, alpha=0.4, solid_capstyle="butt",
                  label="accepted" if level == 0.68 else None)  # fmt: skip
    axes.set(xlim=(0, 100), ylim=(0, 100), xlabel="Nominal level of the band [%]",
             ylabel="Share of the reference inside [%]")  # fmt: skip
    corner = ((0.62 + side + 0.2) / WIDTH, 0.95)
    figure.legend(*axes.get_legend_handles_labels(), loc="upper left", bbox_to_anchor=corner, borderaxespad=0.1)
    return finish(figure, *calibrations.values(), title="Calibration of the uncertainty",
                  description="; ".join(words) + ".")  # fmt: skip
