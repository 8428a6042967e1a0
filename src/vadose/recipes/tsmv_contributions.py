"""Sections of the report on total soil water: what its variance is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import plots, units
from ..report import Column, Report
from .figures import add_figure
from .tsmv_result import stack

if TYPE_CHECKING:
    from .tsmv_result import TsmvResult


def add_contributions(report: Report, result: TsmvResult) -> None:
    """Shares of seasons, layers and kinds in the variance."""
    report.add_section(
        "Where the variance comes from",
        "Annual total soil water is the mean of four seasons by wetness and the sum of the layers; each is split into "
        "a straight line (trend) and the rest (interannual variability, IAV). A part's contribution is its covariance "
        "with the total over the variance of the total; all contributions of a cell add up to 100 %.",
    )
    d = result.difference
    columns = [Column("part"), *(Column(p, "%", 2) for p in result.periods), Column("difference", "points")]
    rows = []
    for dim, name in (("season", "season_share"), ("layer", "layer_share"), ("kind", "kind_share")):
        for label in d[dim].values:
            one = d.sel({dim: label})
            low, high, middle = (100 * float(one[f"{name}_{k}"]) for k in ("lower", "upper", "difference"))
            rows.append([kind_words(str(label)), *(100 * float(one[name].sel(period=p)) for p in result.periods),
                         units.format_interval(middle, low, high)])  # fmt: skip
    for label in d["kind"].values:
        free = [100 * float(d["kind_share_adjusted"].sel(kind=label, period=p)) for p in result.periods]
        rows.append([f"{kind_words(str(label))}, adjusted", *free, units.format_number(free[1] - free[0], 2)])
    chance = ", ".join(f"{100 / (b - a):.1f} % in {p}" for p, (a, b) in result.periods.items())
    report.add_table(
        columns,
        rows,
        "Mean contributions by season, layer and kind in both periods, "
        f"{100 * result.settings.level:g} % intervals of the difference.",
        notes=[
            f"Without any trend, independent years would still give the trend a share of {chance}: compare periods of "
            "different length by the adjusted rows.",
            f"{units.format_number(int(d['n_cells']))} cells with both periods. Intervals: years left out in runs.",
        ],
    )
    last = list(result.periods)[-1]
    attribution = result.attributions[last]
    share = attribution["contribution"].assign_attrs(simulated=str(result.simulated).lower())
    words = {"season": ["layer", "kind"], "layer": ["season", "kind"], "kind": ["season", "layer"]}
    for dim, others in words.items():
        part = share.sum(others, skipna=False).assign_attrs(share.attrs, long_name="contribution")
        if dim == "kind":
            part = part.assign_coords(kind=[kind_words(str(k)) for k in part["kind"].values])
        add_figure(report, plots.contribution_maps(part, dim=dim),
                f"Contribution of each {dim} to the variance of annual total soil water, {last}.", "%")  # fmt: skip
    add_figure(report, plots.top_component_maps(attribution),
            f"Component with the largest and the second contribution, {last}. Colour: layer; tint: season, the wettest "
            "darkest; dots: trend. Numbers: share of area of variability / trend.", "%")  # fmt: skip


def add_components(report: Report, result: TsmvResult) -> None:
    """All components together, and those that changed most."""
    report.add_section("Seasons, layers and kinds together", "All components of both periods, as means over cells.")
    share = result.difference["contribution"].assign_attrs(simulated=str(result.simulated).lower())
    add_figure(report, plots.component_rings(share),
            "Mean contribution of each season, layer and kind in both periods.", "%")  # fmt: skip
    add_figure(report, plots.difference_bars(result.difference),
            "Difference of the mean contributions between the periods, with intervals from years left out in runs. "
            "Pale bars: the interval holds 0.", "%")  # fmt: skip
    omega = stack({k: s["omega"] for k, s in result.summaries.items()})
    omega = omega.assign_attrs(simulated=str(result.simulated).lower())
    add_figure(report, plots.omega_chart(omega),
            "ω, contribution of a season and layer over its share of the storage, mean over cells. Above 1, it varies "
            "more than its water.", "1")  # fmt: skip
    with report.add_details("All components"):
        columns = [Column("season"), Column("layer"), Column("kind"), *(Column(p, "%", 2) for p in result.periods),
                   Column("difference", "points")]  # fmt: skip
        rows = []
        d = result.difference
        for index in np.ndindex(d.sizes["season"], d.sizes["layer"], d.sizes["kind"]):
            one = d.isel(dict(zip(("season", "layer", "kind"), index)))
            low, high, middle = (100 * float(one[f"contribution_{k}"]) for k in ("lower", "upper", "difference"))
            rows.append([str(one["season"].item()), str(one["layer"].item()), kind_words(str(one["kind"].item())),
                         *(100 * float(one["contribution"].sel(period=p)) for p in result.periods),
                         units.format_interval(middle, low, high)])  # fmt: skip
        report.add_table(columns, rows, "Mean contribution of every component in both periods.")


def kind_words(name: str) -> str:
    """A kind of contribution in print."""
    return "IAV" if name == "iav" else name
