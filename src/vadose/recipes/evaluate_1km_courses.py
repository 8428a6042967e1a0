"""Sections of ``evaluate-1km``: seasons and years, collocation, the composite, what was dropped."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import plots, units
from ..report import Column, Report
from .evaluate_1km_parts import M3, mark, table
from .evaluate_1km_settings import Evaluate1kmConfig
from .evaluate_1km_stages import Result
from .figures import add_figure
from .validation_report import with_interval


def time(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """Courses over seasons and years, and stability."""
    report.add_section(
        "Seasons and years",
        "Each date scored over its cells, then the median over dates; and whether the scores of the cells drift.",
    )
    for along, words in (("dekad", "dekad of the year"), ("year", "year")):
        ds = result.tables.get(f"spatial_{along}")
        if ds is not None:
            short = ds.rename({f"{m}_by_{along}": m for m in ("r", "bias", "ubrmse")})
            short[along].attrs |= {"long_name": words, "units": "1"}
            add_figure(
                report,
                plots.product_lines(short.assign_attrs(mark(result)), ["r", "bias", "ubrmse"], along=along),
                f"Spatial scores by {words}: median over dates.",
                "1, m3 m-3",
            )
    seasons = [s for s in result.scores["subset"].values if s in ("DJF", "MAM", "JJA", "SON")]
    whole = result.scores
    parts = [
        whole.sel(subset=s, drop=True)[["r"]]
        .reset_coords(drop=True)
        .drop_vars("cell", errors="ignore")
        .assign_coords(season=("cell", np.full(whole.sizes["cell"], s)))
        for s in seasons
    ]
    if parts:
        add_figure(
            report,
            plots.category_boxes(xr.concat(parts, "cell").assign_attrs(mark(result)), "r", by="season", order=seasons),
            "Correlation per cell within each season.",
            "1",
        )
    ds = result.tables["stability"]
    rows = [
        [
            str(p),
            int(ds["r_per_decade_count"].sel(product=p)),
            *[
                units.format_interval(
                    float(ds[f"{m}_per_decade_median"].sel(product=p)),
                    float(ds[f"{m}_per_decade_median_lower"].sel(product=p)),
                    float(ds[f"{m}_per_decade_median_upper"].sel(product=p)),
                    digits=3,
                )
                for m in ("r", "bias", "ubrmse")
            ],
        ]
        for p in ds["product"].values
    ]
    report.add_table(
        [
            Column("product"),
            Column("cells"),
            Column("R per decade"),
            Column("bias per decade", M3),
            Column("ubRMSE per decade", M3),
        ],
        rows,
        "Stability: median over cells of the change of the yearly scores per decade, with its interval.",
        notes="Cells with at least 5 years; Theil-Sen slope per cell.",
    )


def collocation(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """Errors without a truth."""
    ds = result.tables.get("collocation")
    if ds is None:
        return
    report.add_section(
        "Triple collocation",
        "Errors of three sides without a truth; medians over the cells that give "
        "one. A station's error includes that of a point standing for a cell.",
    )
    rows = []
    for t in ds["triplet"].values:
        one = ds.sel(triplet=t)
        ok = int(np.isfinite(one["snr_db"]).all("side").sum())
        for i in one["side"].values:
            s = one.sel(side=i)
            rows.append(
                [
                    str(t),
                    str(s["name"].item()),
                    f"{ok} / {one.sizes['cell']}",
                    *[float(s[v].median()) for v in ("r2", "snr_db", "err_std")],
                ]
            )
    report.add_table(
        [
            Column("triplet"),
            Column("side"),
            Column("cells"),
            Column("R²", digits=2),
            Column("SNR", "dB", 2),
            Column("error std.", M3, 3),
        ],
        rows,
        "Medians over cells; collocation.csv has every cell with its interval.",
    )
    for got in result.collocations:
        title = ", ".join(got["product"].values.astype(str))
        if got.attrs.get("dependent"):
            report.add_text(f"Not independent by declaration: {got.attrs['dependent']}.")
        if not np.isfinite(got["snr_db"].values).any():
            report.add_text(f"{title}: no cell has enough common days for a number.")
            continue
        got = got.assign_attrs(mark(result))
        caption = f"Triple collocation of {title}: signal-to-noise ratio, squared correlation with the truth, error."
        add_figure(report, plots.collocation_bars(got), caption, "dB, 1, m3 m-3")
        caption = f"Signal-to-noise ratio per cell: {title}."
        add_figure(report, plots.score_map(plots.collocation_cells(got), "snr_db"), caption, "dB")


def composite(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """A merge judged by other stations."""
    ds = result.tables.get("composite")
    if ds is None or config.composite is None:
        return
    c = config.composite
    report.add_section(
        "A composite",
        f"Beyond paper 002: products merged with weights by {c.by}"
        + (f" per {c.strata.replace('_', ' ')}" if c.strata else "")
        + f", learnt in {c.folds - 1} of {c.folds} parts of the cells and judged in the other. Products "
        "that learnt their stations by heart are left out.",
    )
    cells = result.tables["composite_cells"]
    rows = [
        [
            str(p),
            float(cells["r_median"].sel(product=p)),
            float(cells["ubrmse_median"].sel(product=p)),
            *[with_interval(ds.sel(product=p), m, 3) for m in ("r", "bias", "rmse")],
        ]
        for p in ds["product"].values
    ]
    report.add_table(
        [
            Column("product"),
            Column("median R", digits=3),
            Column("median ubRMSE", M3, 3),
            Column("pooled R"),
            Column("pooled bias", M3),
            Column("pooled RMSE", M3),
        ],
        rows,
        "The composite beside its members, on stations that did not set its weights.",
    )


def losses(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """Cells and values that have no score."""
    report.add_section("What was dropped, and why", "Cells without a score, and values without a partner.")
    add_figure(report, plots.status_bars(result.scores.sel(subset="all")), "Cells of each product by status.", "1")
    add_figure(report, plots.dropped_bars(result.pairs), "Product and station values by fate.", "1")
    if len(result.dropped):
        counts = result.dropped.groupby(["product", "rule", "reason"]).size().rename("sensors").reset_index()
        table(report, counts, "Sensors dropped, by rule and reason; dropped_stations.csv names each.")
