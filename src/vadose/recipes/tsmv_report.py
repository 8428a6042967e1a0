"""The report on total soil water: words of report, figures of plots, numbers of analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from .. import plots, products, units
from ..report import Column, Report
from .figures import add_figure
from .trend_test import name_of_test
from .tsmv_contributions import add_components, add_contributions
from .tsmv_result import stack

if TYPE_CHECKING:
    from .tsmv_result import TsmvResult

RATE = "kg m-2 yr-1"
WORKS: list[str | tuple[str, str]] = [
    (
        "Attribution of soil-water variance by season, depth, trend and variability: covariance of the parts with "
        "their sum; equations in docs/paper-001-tsmv.md.",
        "",
    ),
    ("Sen (1968), Estimates of the regression coefficient based on Kendall's tau.", "10.1080/01621459.1968.10480934"),
    ("Mann (1945), Nonparametric tests against trend.", "10.2307/1907187"),
    ("Wilks (2016), The stippling shows statistically significant grid points.", "10.1175/BAMS-D-15-00267.1"),
    ("Künsch (1989), The jackknife and the bootstrap for general stationary observations.", "10.1214/aos/1176347265"),
]


def write(result: TsmvResult, folder: Path) -> Path:
    """Write ``report.html`` into a folder and return its path."""
    name = str(result.source.attrs.get("title") or result.source.attrs.get("product") or "dataset")
    years = result.seasons["year"].values
    report = Report(
        result.settings.title or "Total soil water: trends and where its variance comes from",
        simulated=result.simulated,
        subtitle=f"{name}; {years[0]}-{years[-1]}, periods {' and '.join(result.periods)}",
    )
    _input(report, result, name)
    _trends(report, result)
    if result.truth is not None:
        _against_truth(report, result.truth)
    add_contributions(report, result)
    add_components(report, result)
    _origin(report, result, name)
    return report.write(folder / "report.html")


def _input(report: Report, result: TsmvResult, name: str) -> None:
    report.add_section(
        "What was read",
        f"{name}, {result.seasons.sizes['year']} years, {result.seasons.sizes['lat']} × {result.seasons.sizes['lon']} "
        "cells. Storage below 0 or above what a layer can hold is masked. A year with a missing month or layer is left "
        "out at that cell.",
    )
    cells = units.format_number(int(result.mean["n_cells"]))
    storage = result.mean["storage"]
    rows = [[str(layer), int(result.masked.sel(layer=layer)), float(storage.sel(layer=layer).mean()),
             *(float(storage.sel(layer=layer, season=s).mean()) for s in storage["season"].values)]
            for layer in storage["layer"].values]  # fmt: skip
    columns = [Column("layer"), Column("values masked"), Column("mean", "kg m-2", 1),
               *(Column(str(s), "kg m-2", 1) for s in storage["season"].values)]  # fmt: skip
    report.add_table(columns, rows, "Layers: values outside the limits, mean storage, and mean storage by season.",
                     notes=f"Means over the {cells} cells with all years.")  # fmt: skip
    rows = []
    for period, ds in result.attributions.items():
        n, ok = ds["n"], ds["status"] == 0
        some = n > 0
        rows.append([period, int(some.sum()), int(ok.sum()), int((some & ~ok).sum()),
                     float(n.where(ok).mean()) if bool(ok.any()) else None])  # fmt: skip
    report.add_table([Column("period"), Column("cells with data"), Column("cells used"), Column("cells left out"),
                      Column("years per cell", digits=1)], rows,
                     f"Cells of each period; a cell needs {result.settings.min_years} complete years.")  # fmt: skip


def _trends(report: Report, result: TsmvResult) -> None:
    s = result.settings
    test = name_of_test(s.test, s.bias_corrected)
    report.add_section(
        "Trends of total soil water",
        "Sen's slope of annual total storage (all layers), cell by cell. Two shares of significant cells: one test per "
        f"cell ({test}, p < {s.alpha:g}), and a test that allows for persistence with the rate of false discoveries "
        "over the map kept below the same level. The second is the one to trust.",
    )
    columns = [
        Column("period"),
        Column("region"),
        Column("cells"),
        Column("mean trend", RATE, 2),
        Column("falling", "%", 1),
        Column(f"below {units.MINUS}{s.threshold:g}", "%", 2),
        Column(f"above +{s.threshold:g}", "%", 2),
        Column("significant", "%", 1),
        Column("with persistence, FDR", "%", 1),
    ]
    rows: list[list[object]] = []
    more: list[list[object]] = []
    for period, table in result.tables.items():
        for region in table["region"].values:
            one = table.sel(region=region)
            if not int(one["n_cells"]):
                continue
            shares = [100 * float(one[k]) for k in ("drying", "below", "above", "significant", "significant_fdr")]
            (rows if region == "all" else more).append(
                [period, str(region), int(one["n_cells"]), float(one["mean_slope"]), *shares])  # fmt: skip
    report.add_table(columns, rows, f"Trends of total soil water, shares of area ({s.area}).")
    with report.add_details("By latitude"):
        report.add_table(columns, more, "Trends of total soil water by latitude.")
    both = stack({k: t[["slope", "p_value"]] for k, t in result.trends.items()})
    add_figure(report, plots.trend_map(both, dim="period", alpha=s.alpha),
            "Trend of annual total soil water in both periods. Dots: significant at the cell.", RATE)  # fmt: skip
    last = list(result.periods)[-1]
    layered = result.layer_trends[last]
    add_figure(report, plots.trend_map(layered, dim="layer", mark="insignificant", alpha=s.alpha),
            f"Trend of annual soil water of each layer, {last}. Strokes: not significant.", RATE)  # fmt: skip
    slopes = layered["slope"].rename("trend").assign_attrs(simulated=str(result.simulated).lower())
    add_figure(report, plots.ridge_plot(slopes, by=["layer"]), f"Trends over cells by layer, {last}.", RATE)
    total = result.mean["storage"].sum("layer", skipna=False)
    total = total.assign_attrs(
        units="kg m-2", long_name="mean total soil water", simulated=str(result.simulated).lower()
    )
    add_figure(report, plots.season_lines(total, result.season_trends),
            "Mean total soil water of each season by wetness, and Sen's slopes of both periods. H-S holds the three "
            "wettest months of each year, A-S the three driest.", f"kg m-2, {RATE}")  # fmt: skip
    mean = result.seasons["storage"].sel(year=slice(*result.periods[last])).mean("year").compute()
    mean = mean.assign_attrs(
        units="kg m-2", long_name="mean soil water storage", simulated=str(result.simulated).lower()
    )
    add_figure(report, plots.ridge_plot(mean, by=["layer", "season"], colour_by="layer"),
            f"Mean storage over cells by layer and season, {last}.", "kg m-2")  # fmt: skip
    add_figure(report, plots.variability_heat_map(result.mean["variability"]),
            "Variability between years: mean storage of each layer and season less its straight line over all years, "
            "relative to its mean.", "%")  # fmt: skip


def _against_truth(report: Report, truth: xr.Dataset) -> None:
    known = truth["imposed"].notnull() & truth["slope"].notnull()
    imposed, found = (truth[k].values[known.values] for k in ("imposed", "slope"))
    low, high = (truth[k].values[known.values] for k in ("slope_lower", "slope_upper"))
    report.add_section(
        "Against the known truth",
        "The simulated soil has an imposed trend, the same in every layer, which is constant over the years shown. The "
        "weather adds slow variations of its own, so that a found trend is the imposed one and chance.",
    )
    rows = [[name, int(pick.sum()), float(imposed[pick].mean()) if pick.any() else None,
             float(found[pick].mean()) if pick.any() else None,
             float((100 * ((low <= imposed) & (imposed <= high))[pick]).mean()) if pick.any() else None]
            for name, pick in (("falling", imposed < 0), ("none", imposed == 0), ("rising", imposed > 0),
                               ("all", imposed == imposed))]  # fmt: skip
    report.add_table(
        [
            Column("imposed trend"),
            Column("cells"),
            Column("imposed", RATE, 2),
            Column("found", RATE, 2),
            Column("imposed inside the interval", "%", 1),
        ],
        rows,
        "Imposed and found trends of total soil water over all years, and how often the 95 % interval "
        "(persistence allowed for) holds the imposed one.",
        notes="Neighbouring cells share their weather: the shares rest on few independent cells.",
    )


def _origin(report: Report, result: TsmvResult, name: str) -> None:
    attrs = result.source.attrs
    report.add_section("Origin")
    facts: dict[str, object] = {
        "dataset": name, "product": attrs.get("product", ""), "version": attrs.get("product_version", ""),
        "periods": [f"{k}: {a} to {b}" for k, (a, b) in result.periods.items()],
        "settings": {k: "default" if v is None else str(v) for k, v in result.settings.model_dump().items()},
        "software": result.difference.attrs.get("software", ""),
    }  # fmt: skip
    report.add_provenance(facts)
    data = [(f"{e.title}, {e.provider}.", e.doi) for e in products.PRODUCTS if e.id == attrs.get("product")]
    report.add_citations([*data, *WORKS])
