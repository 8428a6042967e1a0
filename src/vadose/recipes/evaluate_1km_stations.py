"""Sections of ``evaluate-1km``: planted truths, independence, all pairs together."""

from __future__ import annotations

import json

import numpy as np

from .. import plots, schema
from ..report import Column, Report
from .evaluate_1km_parts import M3, table
from .evaluate_1km_settings import Evaluate1kmConfig
from .evaluate_1km_stages import Result
from .evaluate_1km_tables import cells_by_product, networks
from .figures import add_figure
from .validation_report import with_interval


def verdicts(report: Report, result: Result) -> None:
    """What was planted in a simulated region, and what was found."""
    report.add_section(
        "What should be found, and what was",
        "This region is simulated: which product is best on which land cover, which has learnt its "
        "stations by heart, and which defects the maps have, was planted before the evaluation.",
    )
    assert result.verdicts is not None
    frame = result.verdicts.assign(agrees=np.where(result.verdicts["agrees"], "yes", "no"))
    table(
        report,
        frame,
        "Planted truths beside the verdicts of this evaluation, as measured.",
        notes="significant: better than every other product, one-sample t test, p < 0.05; agrees: the same, for the "
        "period of edges within 3 %.",
    )


def independence(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """Who may judge, and who has learnt the answers (Fig. 1, Table 2)."""
    report.add_section(
        "Independent stations and their cells",
        "A station on a product's training list does not judge that product, whether it is found by name or within "
        "100 m. The stations of a cell are averaged. A cell is core where enough of it has the land cover of its "
        "stations (paper 002: Fig. 1 and Table 2). The dropped stations are listed in dropped_stations.csv.",
    )
    frame = cells_by_product(result.scores).pivot(index="product", columns="kind", values=["cells", "stations"])
    frame.columns = [f"{kind} {what}" for what, kind in frame.columns]
    lost = result.dropped.groupby("product").size()
    frame["training sensors dropped"] = [int(lost.get(p, 0)) for p in frame.index]
    table(report, frame.reset_index(), "Cells and stations that judge each product (Table 2).")
    unknown = {k: len(v) for k, v in json.loads(result.scores.attrs["unmatched"]).items() if v}
    if unknown:
        counts = ", ".join(f"{k} {n}" for k, n in unknown.items())
        report.add_text(f"On training lists but no station here, by name or place: {counts}.")
    with report.add_details("Networks"):
        table(report, networks(result.stations), "Stations by network (Table A1).", unit={"depths_m": "m"})
    if "core" in result.scores.coords:
        add_figure(report, plots.core_map(result.scores.sel(subset="all")), "Core and extra cells (Fig. 1).", "degrees")
    leak = result.tables.get("leakage")
    if leak is not None:
        frame = leak.drop_vars("p_value").to_dataframe().reset_index()
        frame["suspect"] = np.where(frame["suspect"], "yes", "no")
        frame["status"] = [schema.status_name(int(v)).replace("_", " ") for v in frame["status"]]
        table(
            report,
            frame.rename(columns={"p_value_fdr": "adjusted p"}),
            "Median R at each product's training stations and at those it has not seen, beside the median of the other "
            "products at the same stations.",
            notes="excess: lead over the others at training stations minus that elsewhere, within land covers, in "
            "Fisher's z; suspect: one-sided Welch's test has an adjusted p < 0.05. Such a product looks better than it "
            "is wherever its training stations judge it.",
        )
        names = leak["product"].values[leak["suspect"].values].astype(str)
        report.add_text(
            "Without the independence filter these products would be overrated: "
            f"{', '.join(names) if names.size else 'none'}."
        )


def overall(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """All pairs as one sample (Figs 2 and A1)."""
    kind = "core" if "core" in result.pooled else "all"
    report.add_section(
        "All pairs together",
        f"Scores of the pairs of all {kind} cells as one sample (Fig. 2), with "
        f"{100 * config.score.level:g} % intervals from blocks of days.",
    )
    rows = []
    for cells, ds in result.pooled.items():
        for p in ds["product"].values:
            s = ds.sel(product=p)
            rows.append(
                [
                    cells,
                    str(p),
                    int(s["n_cells"]),
                    int(s["n"]),
                    with_interval(s, "r", 3),
                    with_interval(s, "bias", 3),
                    float(s["rmse"]),
                    with_interval(s, "ubrmse", 3),
                ]
            )
    report.add_table(
        [
            Column("cells"),
            Column("product"),
            Column("n cells"),
            Column("pairs"),
            Column("R"),
            Column("bias", M3),
            Column("RMSE", M3, 3),
            Column("ubRMSE", M3),
        ],
        rows,
        "Pooled scores by kind of cell; pooled.csv has the interval of the RMSE.",
    )
    part = {k: p if kind == "all" else p.isel(cell=np.flatnonzero(p["core"].values)) for k, p in result.pairs.items()}
    add_figure(
        report,
        plots.scatter_density(part, scores=result.pooled[kind]),
        f"Stations against products, {kind} cells (Fig. 2a-d). Colour: number of pairs; line: 1:1.",
    )
    add_figure(
        report,
        plots.wetness_bias(result.tables["wetness"]),
        "Bias and RMSE by the wetness of the stations (Fig. 2e), and the range that products and stations cover. "
        "Sorting by the reference alone makes dry look too wet and wet too dry; the range does not.",
    )
    if "sensitivity" in result.tables:
        add_figure(
            report,
            plots.product_lines(result.tables["sensitivity"], ["r", "ubrmse"], along="threshold"),
            "Pooled R and ubRMSE of core cells by the threshold that makes a cell core (Fig. A1).",
            "1, m3 m-3",
        )
