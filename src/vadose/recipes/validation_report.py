"""The validation report: figures of plots, words of report, numbers of validation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .. import plots, schema, units
from ..report import Column, Report
from .citing import cite
from .config import EvaluateConfig
from .figures import add_figure
from .parts_report import add_collocations, add_parts
from .parts_report import with_interval as with_interval

if TYPE_CHECKING:
    import xarray as xr

    from .evaluate import Evaluation

#: Cells whose time series are drawn, per product.
SERIES_PER_PRODUCT = 1
#: Products whose series are not folded away: those with most pairs.
OPEN_SERIES = 8
METRIC_UNITS = {"r": "1", "ubrmse": "m3 m-3"}


def write(result: Evaluation, config: EvaluateConfig, folder: Path, *,
          extra: Callable[[Report], None] | None = None) -> Path:  # fmt: skip
    """Write ``report.html`` into a folder and return its path; ``extra`` may add a section after the first."""
    report = Report(config.title, subtitle=_subtitle(result, config), simulated=result.simulated)
    _overview(report, result, config)
    if extra is not None:
        extra(report)
    _spread(report, result)
    _places(report, result)
    _series(report, result)
    _losses(report, result)
    if result.parts is not None:
        add_parts(report, result.parts)
    if result.collocations:
        add_collocations(report, result.collocations)
    _spatial(report, result, config)
    _origin(report, result, config)
    methods = ["stations", "validation", "kge", "bootstrap", "anomalies"]
    methods += ["triple_collocation"] if result.collocations else []
    cite(report, folder, products=dict.fromkeys(p.id for p in config.products if p.id), methods=methods)
    return report.write(folder / "report.html")


def _subtitle(result: Evaluation, config: EvaluateConfig) -> str:
    low, high = config.stations.depth
    used = {s for p in result.pairs.values() for cell in p["stations"].values for s in str(cell).split(", ")}
    count = f"{len(used)} station" + ("" if len(used) == 1 else "s")
    return f"{len(result.pairs)} product series against {count}; surface means {low:g}-{high:g} m unless said"


def _overview(report: Report, result: Evaluation, config: EvaluateConfig) -> None:
    report.add_section(
        "Scores of all cells together",
        f"One row per product series. Brackets hold {100 * config.score.level:g} % intervals from blocks of days "
        "resampled with all their cells, so that neither persistence nor neighbouring cells narrow them; they speak of "
        "these cells and stations, not of places without a station. "
        f"Fewer than {config.score.min_n} pairs give no number but a status. "
        "Rows rest on different days and cells: compare products only where n and cells agree.",
    )
    for note in config.notes:
        report.add_text(note)
    columns = [Column("product"), Column("depth", "m"), Column("cells"), Column("n"), Column("R"),
               Column("bias", "m3 m-3"), Column("ubRMSE", "m3 m-3"), Column("anomaly R")]  # fmt: skip
    more = [Column("product"), Column("RMSE", "m3 m-3"), Column("NSE"), Column("KGE"), Column("Spearman"),
            Column("MSE: bias", "m6 m-6"), Column("variance", "m6 m-6"), Column("correlation", "m6 m-6")]  # fmt: skip
    rows, extra = [], []
    for label in result.pairs:
        p, s = result.pooled.sel(product=label), result.summary.sel(product=label)
        depth = next(c.depth for c in config.products if c.label == label) or config.stations.depth
        status = schema.status_name(int(p["status"])).replace("_", " ")
        rows.append([
            label if status == "ok" else f"{label}: {status}", f"{depth[0]:g}-{depth[1]:g}",
            f"{int(s['n_cells_ok'])}/{int(s['n_cells'])}", int(p["n"]),
            with_interval(p, "r", 2), with_interval(p, "bias", 3), with_interval(p, "ubrmse", 3),
            units.format_number(float(s["anomaly_r_median"]), 2),
        ])  # fmt: skip
        parts = [units.format_number(float(p[m]), 4) for m in ("mse_bias", "mse_var", "mse_corr")]
        extra.append([label, with_interval(p, "rmse", 3), with_interval(p, "nse", 2), with_interval(p, "kge", 2),
                      units.format_number(float(p["spearman"]), 2), *parts])  # fmt: skip
    notes = [f"{c.label}: {c.note}" for c in config.products if c.note]
    notes.append(
        "cells: with a score / with a station; anomaly R: median over cells, from the dekad climatology; "
        "words in place of R tell why there is no score."
    )
    report.add_table(columns, rows, "Scores of each product against the stations, all pairs of all cells together.",
                     notes=notes)  # fmt: skip
    with report.add_details("More scores of all pairs"):
        report.add_table(more, extra, "Further scores of all pairs, and the parts the mean square error is made of.")
    add_figure(report, plots.forest(result.pooled, "r"),
            "Pearson correlation of all pairs with intervals; n beside each product.", "1")  # fmt: skip
    add_figure(report, plots.forest(result.pooled, "bias"),
            "Mean difference product minus station, with intervals.")  # fmt: skip


def _spread(report: Report, result: Evaluation) -> None:
    report.add_section("Spread over cells", "Each cell scored over time; a box needs the cells named under it.")
    under = ": median, quartiles and number of cells under each box."
    captions = {
        "r": "Pearson correlation per cell",
        "ubrmse": "Unbiased RMSE per cell",
        "bias": "Bias per cell, product minus station",
        "anomaly_r": "Correlation of anomalies from the dekad climatology per cell",
    }
    for metric, caption in captions.items():
        if np.isfinite(result.scores[metric].values).any():
            unit = result.scores[metric].attrs["units"]
            add_figure(report, plots.score_boxes(result.scores, metric), caption + under, unit)
    add_figure(report, plots.scatter_density(result.pairs, scores=result.pooled),
            "Station against product for all pairs; colour is the number of pairs, the line is 1:1.")  # fmt: skip


def _places(report: Report, result: Evaluation) -> None:
    report.add_section("Where", "Stations and the product cells that hold them.")
    add_figure(report, plots.station_map(result.stations, result.scores),
            "Stations and centres of the matched product cells.", "degrees")  # fmt: skip
    if np.isfinite(result.scores["r"].values).any():
        add_figure(report, plots.score_map(result.scores, "r"), "Pearson correlation per cell.", "1")
    add_figure(report, plots.status_map(result.scores), "Status of each cell: why a score is missing where it is.", "1")


def _series(report: Report, result: Evaluation) -> None:
    report.add_section("Time series", "The cell with most pairs of each product; lines break where data are missing.")
    shown = sorted(result.pairs, key=lambda k: -int(result.pairs[k]["n_matched"].sum()))[:OPEN_SERIES]
    _draw_series(report, {k: p for k, p in result.pairs.items() if k in shown})
    rest = {k: p for k, p in result.pairs.items() if k not in shown}
    if rest:
        with report.add_details(f"Series of {len(rest)} more products"):
            _draw_series(report, rest)


def _draw_series(report: Report, chosen: dict[str, xr.Dataset]) -> None:
    for label, pairs in chosen.items():
        counts = pairs["n_matched"].values
        for cell in np.argsort(-counts, kind="stable")[:SERIES_PER_PRODUCT]:
            if counts[cell] == 0:
                report.add_text(f"{label}: no pair in any cell, hence no series.")
                continue
            caption = f"{label} and stations {pairs['stations'].values[cell]!s}, {int(counts[cell])} pairs."
            unit = pairs["estimate"].attrs.get("units", "1")
            add_figure(report, plots.time_series(pairs, int(cell), product=label), caption, unit)


def _losses(report: Report, result: Evaluation) -> None:
    report.add_section(
        "What was dropped, and why",
        "A product value is used for one station value at most, and the other way round. Station values are daily "
        "means; for dekadal and monthly products they are means of those periods.",
    )
    add_figure(report, plots.dropped_bars(result.pairs), "Product and station values per product series by fate.", "1")
    rows = []
    for label, pairs in result.pairs.items():
        dropped = pairs["n_dropped"].sum("cell")
        rows.append([label, f"{int(pairs['n_estimate'].sum())}", f"{int(pairs['n_reference'].sum())}",
                     f"{int(pairs['n_matched'].sum())}", *[f"{int(v)}" for v in dropped.values],
                     f"{pairs.attrs.get('n_sensors_outside', 0)} of {pairs.attrs.get('n_sensors', 0)}"])  # fmt: skip
    first = next(iter(result.pairs.values()))
    reasons = [str(r).replace("_", " ") for r in first["reason"].values]
    columns = ["product", "product values", "station values", "matched", *reasons, "sensors outside"]
    report.add_table(columns, rows, "Valid values of product and stations, pairs made of them, and values left over.")
    outside = sorted({s for p in result.pairs.values() for s in p.attrs.get("sensors_outside", "").split(", ") if s})
    if outside:
        report.add_text("Stations outside at least one product: " + ", ".join(outside) + ".")


def _spatial(report: Report, result: Evaluation, config: EvaluateConfig) -> None:
    if not result.spatial:
        most = max((p.sizes["cell"] for p in result.pairs.values()), default=0)
        report.add_section("Spatial validation", f"Not possible: at most {most} cells hold stations, and a date needs "
                           f"{config.score.min_cells}.")  # fmt: skip
        return
    report.add_section("Spatial validation", "Each date scored over its cells.")
    rows = [[label, int((ds["status"] == 0).sum()), float(ds["r"].median()), float(ds["ubrmse"].median())]
            for label, ds in result.spatial.items()]  # fmt: skip
    columns = [Column("product"), Column("dates"), Column("median R", digits=2), Column("median ubRMSE", "m3 m-3", 3)]
    report.add_table(columns, rows, f"Medians over the dates with at least {config.score.min_cells} cells.")
    some = {k: v for k, v in result.spatial.items() if (v["status"] == 0).any()}
    names = list(some)
    for i in range(0, len(names), 8):
        for metric in ("r", "ubrmse") if names else ():
            caption = "Scores per date over cells: over the year, over the years, and the share of dates with a score."
            add_figure(report, plots.spatial_courses({k: some[k] for k in names[i : i + 8]}, metric), caption,
                    METRIC_UNITS[metric])  # fmt: skip


def _origin(report: Report, result: Evaluation, config: EvaluateConfig) -> None:
    rows = {label: result.inputs[label] for label in result.pairs}
    rows["stations"] = str(result.stations.attrs.get("title", ""))
    rows["software"] = str(result.scores.attrs.get("software", ""))
    rows["matching"] = f"window ± {config.match.window}, inclusive, one to one"
    rows["intervals"] = f"{config.score.ci}, level {config.score.level:g}"
    report.add_provenance(rows)
