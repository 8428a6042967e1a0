"""A record's difference from a reference in time, with the dekads at which its inputs change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .naming import check_variable
from .series import break_gaps
from .style import BLUE, GREY, INK, VERMILION, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@drawn
def step_series(series: xr.DataArray, steps: xr.Dataset) -> Figure:
    """Draw a series, the mean before and after each change of inputs, and the size of each step with its error.

    Parameters
    ----------
    series : DataArray, dim ``time``
        Mean difference of record and reference, or anomaly of the record, with units.
    steps : Dataset, dim ``at``
        ``step`` and ``standard_error`` [unit of the series]; coordinate ``time_at`` (at), when each change happened.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(steps, "step", "standard_error", "at", "time_at", where="steps")
    figure = new_figure(WIDTH, 4.0)
    upper = place(figure, 0.72, 2.0, WIDTH - 0.9, 1.7)
    lower = place(figure, 0.72, 0.44, WIDTH - 0.9, 1.1)
    upper.grid(axis="y")
    for time, values in break_gaps(series["time"].values, series.values.astype("float64")):
        upper.plot(time, values, color=BLUE, lw=0.8)
    for t in steps["time_at"].values:
        upper.axvline(t, color=VERMILION, lw=0.8, ls="--")
    upper.set_ylabel(axis_label(series))
    upper.set_xlim(series["time"].values[0], series["time"].values[-1])
    upper.set_title("dashed: inputs change", loc="right", size=7.5, color=GREY)
    labels = [str(a) for a in steps["at"].values]
    value, error = steps["step"].values.astype("float64"), steps["standard_error"].values.astype("float64")
    at = np.arange(len(labels))
    lower.axhline(0, color=GREY, lw=0.8)
    lower.axhspan(-0.005, 0.005, color=GREY, alpha=0.18, lw=0)
    lower.errorbar(at, value, 1.96 * error, fmt="o", ms=4.5, color=INK, ecolor=BLUE, capsize=3, lw=0, elinewidth=1.2)
    lower.set_xticks(at, labels)
    lower.set_xlim(-0.6, len(labels) - 0.4)
    lower.set_ylabel(axis_label(steps["step"], "Step"))
    lower.set_title("bars: 95 % interval; grey band: ±0.005", loc="right", size=7.5, color=GREY)
    words = "; ".join(f"{a}: {v:+.4f} ± {1.96 * e:.4f}" for a, v, e in zip(labels, value, error))
    return finish(figure, series, steps, title="Steps where inputs change", description=words + ".")
