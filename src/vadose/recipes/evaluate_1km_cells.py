"""Sections of ``evaluate-1km``: cell by cell, by category, and which product where."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import plots, schema, validation
from ..report import Column, Report
from .evaluate_1km_parts import M3, ORDER, stars
from .evaluate_1km_settings import Evaluate1kmConfig
from .evaluate_1km_stages import Result
from .figures import add_figure


def cells(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """Spread over cells and tests between products (Fig. 3)."""
    report.add_section(
        "Cell by cell",
        "Each cell scored over time, then the spread over cells (Fig. 3): not the same "
        "as pooled scores, which hold the differences between cells as well.",
    )
    whole = result.scores.sel(subset="all")
    r = result.scores["r"]
    kinds = [k for k in ("core", "extra", "strict", "all")
             if k in result.scores["subset"].values and (k == "all" or r.sel(subset=k).notnull().any())]  # fmt: skip
    parts = [
        result.scores.sel(subset=k, drop=True)[["r", "bias", "rmse", "ubrmse", "anomaly_r"]]
        .reset_coords(drop=True)
        .assign_coords(kind=("cell", np.full(whole.sizes["cell"], k)))
        for k in kinds
    ]
    stacked = xr.concat([p.drop_vars("cell", errors="ignore") for p in parts], "cell")
    stacked = stacked.assign_attrs(result.scores.attrs)
    for metric, unit in (("r", "1"), ("bias", M3), ("rmse", M3), ("ubrmse", M3), ("anomaly_r", "1")):
        if np.isfinite(stacked[metric].values).any():
            add_figure(
                report,
                plots.category_boxes(stacked, metric, by="kind", order=kinds),
                f"{validation.METRICS[metric][1].capitalize()} per cell, by kind of cell (Fig. 3); number of cells "
                "below each box.",
                unit,
            )
    tests = result.tables.get("tests")
    if tests is None:
        return
    rows = []
    names = tests["product"].values.astype(str)
    for m in tests["metric"].values:
        for i, a in enumerate(names):
            for b in names[i + 1 :]:
                t = tests.sel(metric=m, product=a, other=b)
                p = float(t["p_wilcoxon_fdr"])
                rows.append(
                    [
                        str(m),
                        f"{a} − {b}",
                        int(t["n_common"]),
                        float(t["difference"]),
                        stars(p),
                        float(t["p_student"]),
                        float(t["p_paired_fdr"]),
                        p,
                    ]
                )
    with report.add_details("Product against product on common cells"):
        report.add_table(
            [
                "metric",
                "pair",
                "cells",
                Column("median difference", digits=3),
                "",
                Column("Student p", digits=4),
                Column("paired t, adjusted p", digits=4),
                Column("Wilcoxon, adjusted p", digits=4),
            ],
            rows,
            "Differences between products over the cells both have.",
            notes="* p < 0.05, ** p < 0.01, *** p < 0.001 (Wilcoxon, adjusted).",
        )


def conditions(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """Spread by category (Fig. 4, Table A2)."""
    if not result.by:
        return
    report.add_section(
        "By land cover, climate and texture",
        "Spread over the cells of each category (Fig. 4). A star "
        "marks the best median; it is filled where the product is significantly better than every other.",
    )
    for name in result.by:
        words = name.replace("_", " ")
        add_figure(
            report,
            plots.category_boxes(
                result.scores.sel(subset="all"), "r", by=name, order=ORDER, best=result.tables[f"best_{name}"]
            ),
            f"Pearson correlation per cell by {words} (Fig. 4); number of cells below each box.",
            "1",
        )
        ds = result.tables[f"by_{name}"]
        rows = [
            [
                str(c),
                str(p),
                int(ds["r_count"].sel(category=c, product=p)),
                *[float(ds[f"{m}_median"].sel(category=c, product=p)) for m in ("r", "bias", "rmse", "ubrmse")],
                schema.status_name(int(ds["status"].sel(category=c, product=p))).replace("_", " "),
            ]
            for c in ds["category"].values
            for p in ds["product"].values
        ]
        with report.add_details(f"Medians by {words}"):
            report.add_table(
                [
                    Column(words),
                    Column("product"),
                    Column("cells"),
                    Column("R", digits=3),
                    *[Column(m, M3, 3) for m in ("bias", "RMSE", "ubRMSE")],
                    Column("status"),
                ],
                rows,
                f"Medians over cells by {words} (Table A2: numbers of cells).",
            )


def lookup(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """The look-up table (Fig. 9)."""
    ds = result.tables.get("lookup")
    if ds is None or len(result.by) < 3:
        return
    report.add_section(
        "Which product where",
        "The best product by land cover, climate and texture "
        f"with more than {config.strata.more_than} cells (Fig. 9). The table is lookup.csv.",
    )
    if not (ds["best"].values != "").any():
        report.add_text(f"No combination has more than {config.strata.more_than} cells.")
        return
    add_figure(
        report,
        plots.lookup_bubbles(ds, order=ORDER, products=list(result.pairs)),
        "Best product by land cover, climate and texture: median R in the circle, number of cells below it.",
        "1",
    )
