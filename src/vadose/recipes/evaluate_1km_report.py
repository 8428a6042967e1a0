"""The report of ``evaluate-1km``: every table and figure of paper 002, and what goes beyond."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .. import plots, products, schema, units, validation
from ..report import Column, Report
from .evaluate_1km_settings import Evaluate1kmConfig
from .evaluate_1km_stages import Result
from .evaluate_1km_tables import campaign_rows, cells_by_product
from .validation_report import with_interval

#: Order of the categories in figures.
ORDER = ("cropland", "forest", "grassland", "others", "A", "B", "C", "D+E", "clay", "loam", "sandy loam", "sand")
M3 = "m3 m-3"

WORKS = (
    ("Ma, Y. et al. (2026). An independent evaluation of global 1 km soil moisture products using in-situ and airborne "
     "observations. Remote Sensing of Environment 115534.", "10.1016/j.rse.2026.115534"),
    ("McColl, K. A. et al. (2014). Extended triple collocation: estimating errors and correlation coefficients with "
     "respect to an unknown target. Geophysical Research Letters 41.", "10.1002/2014GL061322"),
    ("Koch, J., Demirel, M. C., Stisen, S. (2018). The SPAtial EFficiency metric (SPAEF). Geoscientific Model "
     "Development 11, 1873-1886.", "10.5194/gmd-11-1873-2018"),
    ("Roberts, N. M., Lean, H. W. (2008). Scale-selective verification of rainfall accumulations. Monthly Weather "
     "Review 136, 78-97.", "10.1175/2007MWR2123.1"),
    ("Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical "
     "Society B 57, 289-300.", "10.1111/j.2517-6161.1995.tb02031.x"),
)  # fmt: skip


def write(result: Result, config: Evaluate1kmConfig, folder: Path) -> Path:
    """Write ``report.html`` into a folder and return its path."""
    title = config.title + (" (SIMULATED region)" if result.simulated else "")
    stations = len(np.unique(result.stations["station"].values))
    report = Report(
        title,
        simulated=result.simulated,
        subtitle=f"{len(result.pairs)} products, {stations} stations, {result.scores.sizes['cell']} cells",
    )
    if result.verdicts is not None:
        _verdicts(report, result)
    for section in (_independence, _overall, _cells, _conditions, _lookup, _time, _collocation, _flights, _fidelity,
                    _composite, _losses):  # fmt: skip
        section(report, result, config)
    _origin(report, result, config)
    return report.write(folder / "report.html")


def figure(report: Report, drawn, caption: str, unit: str = M3) -> None:
    """Add a figure with its caption."""
    report.add_figure(plots.svg(drawn, title=caption.split(".")[0], description=caption), caption, units=unit)


def table(report: Report, frame: pd.DataFrame, caption: str, *, unit: dict[str, str] | None = None, digits: int = 3,
          notes: str = "") -> None:  # fmt: skip
    """Add a table; integers stay integers."""
    known = unit or {}
    columns = [Column(str(c).replace("_", " "), known.get(str(c), ""), digits if frame[c].dtype.kind == "f" else None)
               for c in frame]  # fmt: skip
    report.add_table(columns, frame.to_numpy(object).tolist(), caption, notes=notes)


def _verdicts(report: Report, result: Result) -> None:
    report.add_section(
        "What should be found, and what was",
        "This region is simulated: which product is best on which land cover, which has learnt its "
        "stations by heart, and which defects the maps have, was planted before the evaluation.",
    )
    assert result.verdicts is not None
    frame = result.verdicts.assign(agrees=np.where(result.verdicts["agrees"], "yes", "no"))
    table(report, frame, "Planted truths beside the verdicts of this evaluation. Significant: better than every other "
          "product, one-sample t test, p < 0.05.")  # fmt: skip


def _independence(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
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
    if "core" in result.scores.coords:
        figure(report, plots.core_map(result.scores.sel(subset="all")), "Core and extra cells of each product (Fig. 1).",
               "degrees")  # fmt: skip
    leak = result.tables.get("leakage")
    if leak is not None:
        frame = leak.drop_vars("status").to_dataframe().reset_index()
        frame["suspect"] = np.where(frame["suspect"], "yes", "no")
        table(report, frame, "Median R at each product's training stations and at the stations it has not seen.",
              notes="suspect: the difference is above 0.1 and Welch's test, one-sided, has an adjusted p < 0.05. Such a "
              "product looks better than it is wherever its training stations judge it.")  # fmt: skip
        names = leak["product"].values[leak["suspect"].values].astype(str)
        report.add_text("Without the independence filter these products would be overrated: "
                        f"{', '.join(names) if names.size else 'none'}.")  # fmt: skip


def _overall(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    kind = "core" if "core" in result.pooled else "all"
    report.add_section(
        "All pairs together",
        f"Scores of the pairs of all {kind} cells as one sample (Fig. 2), with "
        f"{100 * config.score.level:g} % intervals from blocks of days. More kinds of cells: pooled.csv.",
    )
    rows = []
    for cells, ds in result.pooled.items():
        for p in ds["product"].values:
            s = ds.sel(product=p)
            rows.append([cells, str(p), int(s["n_cells"]), int(s["n"]), with_interval(s, "r", 3),
                         *[with_interval(s, m, 3) for m in ("bias", "rmse", "ubrmse")]])  # fmt: skip
    report.add_table([Column("cells"), Column("product"), Column("n cells"), Column("pairs"), Column("R"),
                      Column("bias", M3), Column("RMSE", M3), Column("ubRMSE", M3)], rows,
                     "Pooled scores by kind of cell.")  # fmt: skip
    part = {k: p if kind == "all" else p.isel(cell=np.flatnonzero(p["core"].values)) for k, p in result.pairs.items()}
    figure(report, plots.scatter_density(part, scores=result.pooled[kind]),
           f"Stations against products, {kind} cells (Fig. 2a-d). Colour: number of pairs; line: 1:1.")  # fmt: skip
    figure(report, plots.wetness_bias(result.tables["wetness"]),
           "Bias and RMSE by the wetness of the stations (Fig. 2e), and the range that products and stations cover. "
           "Sorting by the reference alone makes dry look too wet and wet too dry; the range does not.")  # fmt: skip
    if "sensitivity" in result.tables:
        figure(
            report,
            plots.courses(result.tables["sensitivity"], ["r", "ubrmse"], along="threshold"),
            "Pooled R and ubRMSE of core cells by the threshold that makes a cell core (Fig. A1).",
            "1, m3 m-3",
        )


def _cells(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    report.add_section("Cell by cell", "Each cell scored over time, then the spread over cells (Fig. 3): not the same "
                       "as pooled scores, which hold the differences between cells as well.")  # fmt: skip
    whole = result.scores.sel(subset="all")
    kinds = [k for k in ("core", "extra", "strict", "all") if k in result.scores["subset"].values]
    parts = [result.scores.sel(subset=k, drop=True)[["r", "bias", "rmse", "ubrmse", "anomaly_r"]].reset_coords(drop=True)
             .assign_coords(kind=("cell", np.full(whole.sizes["cell"], k))) for k in kinds]  # fmt: skip
    stacked = xr.concat([p.drop_vars("cell", errors="ignore") for p in parts], "cell")
    stacked = stacked.assign_attrs(result.scores.attrs)
    for metric, unit in (("r", "1"), ("bias", M3), ("rmse", M3), ("ubrmse", M3), ("anomaly_r", "1")):
        if np.isfinite(stacked[metric].values).any():
            figure(report, plots.category_boxes(stacked, metric, by="kind", order=kinds),
                   f"{validation.METRICS[metric][1].capitalize()} per cell, by kind of cell (Fig. 3); number of cells "
                   "below each box.", unit)  # fmt: skip
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
                rows.append([str(m), f"{a} − {b}", int(t["n_common"]), float(t["difference"]), stars(p),
                             float(t["p_student"]), float(t["p_paired_fdr"]), p])  # fmt: skip
    with report.add_details("Product against product on common cells"):
        report.add_table(["metric", "pair", "cells", Column("median difference", digits=3), "", Column("Student p", digits=4),
                          Column("paired t, adjusted p", digits=4), Column("Wilcoxon, adjusted p", digits=4)], rows,
                         "Differences between products over the cells both have.",
                         notes="* p < 0.05, ** p < 0.01, *** p < 0.001 (Wilcoxon, false discovery rate controlled).")  # fmt: skip


def stars(p: float) -> str:
    """Significance in stars.

    Examples
    --------
    >>> stars(0.0005), stars(0.02), stars(0.2), stars(float("nan"))
    ('***', '*', '', '')
    """
    return "*" * sum(p < limit for limit in (0.05, 0.01, 0.001))


def _conditions(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    if not result.by:
        return
    report.add_section(
        "By land cover, climate and texture",
        "Spread over the cells of each category (Fig. 4). A star "
        "marks the best median; it is filled where the product is significantly better than every other.",
    )
    for name in result.by:
        words = name.replace("_", " ")
        figure(report, plots.category_boxes(result.scores.sel(subset="all"), "r", by=name, order=ORDER,
                                            best=result.tables[f"best_{name}"]),
               f"Pearson correlation per cell by {words} (Fig. 4); number of cells below each box.", "1")  # fmt: skip
        ds = result.tables[f"by_{name}"]
        rows = [[str(c), str(p), int(ds["r_count"].sel(category=c, product=p)),
                 *[float(ds[f"{m}_median"].sel(category=c, product=p)) for m in ("r", "bias", "rmse", "ubrmse")],
                 schema.status_name(int(ds["status"].sel(category=c, product=p))).replace("_", " ")]
                for c in ds["category"].values for p in ds["product"].values]  # fmt: skip
        with report.add_details(f"Medians by {words}"):
            report.add_table([Column(words), Column("product"), Column("cells"), Column("R", digits=3),
                              *[Column(m, M3, 3) for m in ("bias", "RMSE", "ubRMSE")], Column("status")], rows,
                             f"Medians over cells by {words} (Table A2: numbers of cells).")  # fmt: skip


def _lookup(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    ds = result.tables.get("lookup")
    if ds is None or len(result.by) < 3:
        return
    report.add_section("Which product where", "The best product of each combination of land cover, climate and texture "
                       f"with more than {config.strata.more_than} cells (Fig. 9). The table is lookup.csv.")  # fmt: skip
    figure(report, plots.lookup_bubbles(ds, order=ORDER, products=list(result.pairs)),
           "Best product by land cover, climate and texture: median R in the circle, number of cells below it.", "1")  # fmt: skip


def _time(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    report.add_section("Seasons and years", "Each date scored over its cells, then the median over dates; and whether "
                       "the scores of the cells drift.")  # fmt: skip
    for along, words in (("dekad", "dekad of the year"), ("year", "year")):
        ds = result.tables.get(f"spatial_{along}")
        if ds is not None:
            short = ds.rename({f"{m}_by_{along}": m for m in ("r", "bias", "ubrmse")})
            short[along].attrs |= {"long_name": words, "units": "1"}
            figure(report, plots.courses(short.assign_attrs(_mark(result)), ["r", "bias", "ubrmse"], along=along),
                   f"Spatial scores by {words}: median over dates.", "1, m3 m-3")  # fmt: skip
    seasons = [s for s in result.scores["subset"].values if s in ("DJF", "MAM", "JJA", "SON")]
    whole = result.scores
    parts = [whole.sel(subset=s, drop=True)[["r"]].reset_coords(drop=True).drop_vars("cell", errors="ignore").assign_coords(
        season=("cell", np.full(whole.sizes["cell"], s))) for s in seasons]  # fmt: skip
    if parts:
        figure(report, plots.category_boxes(xr.concat(parts, "cell").assign_attrs(_mark(result)), "r", by="season",
                                            order=seasons), "Correlation per cell within each season.", "1")  # fmt: skip
    ds = result.tables["stability"]
    rows = [[str(p), int(ds["r_per_decade_count"].sel(product=p)),
             *[units.format_interval(*(float(ds[f"{m}_per_decade_median{e}"].sel(product=p)) for e in ("", "_lower", "_upper")),
                                     digits=3) for m in ("r", "bias", "ubrmse")]]
            for p in ds["product"].values]  # fmt: skip
    report.add_table([Column("product"), Column("cells"), Column("R per decade"), Column("bias per decade", M3),
                      Column("ubRMSE per decade", M3)], rows,
                     "Stability: median over cells of the change of the yearly scores per decade, with its interval.",
                     notes="Cells with at least 5 years; Theil-Sen slope per cell.")  # fmt: skip


def _mark(result: Result) -> dict[str, str]:
    return {"simulated": "true"} if result.simulated else {}


def _collocation(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    ds = result.tables.get("collocation")
    if ds is None:
        return
    report.add_section("Triple collocation", "Errors of three sides without a truth; medians over the cells that give "
                       "one. A station's error includes that of a point standing for a cell.")  # fmt: skip
    rows = []
    for t in ds["triplet"].values:
        one = ds.sel(triplet=t)
        ok = int((one["status"] == 0).sum())
        for i in one["side"].values:
            s = one.sel(side=i)
            rows.append([str(t), str(s["name"].item()), f"{ok} / {one.sizes['cell']}",
                         *[float(s[v].median()) for v in ("r2", "snr_db", "err_std")]])  # fmt: skip
    report.add_table([Column("triplet"), Column("side"), Column("cells"), Column("R²", digits=2),
                      Column("SNR", "dB", 2), Column("error std.", M3, 3)], rows,
                     "Medians over cells; collocation.csv has every cell with its interval.")  # fmt: skip


def _flights(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    if not result.campaigns:
        return
    report.add_section("Against airborne maps", "Flights are brought to the product's cells and compared date by date "
                       "(Figs 5-8, Table 3). R in the corner of each map; b: bias, D: RMSD of the campaign.")  # fmt: skip
    unit = dict.fromkeys(("bias", "rmsd", "ubrmsd"), M3)
    parts = []
    for name, ds in result.campaigns.items():
        figure(report, plots.campaign_panels(result.maps[name], ds), f"Products and aircraft, campaign {name}.")
        frame = campaign_rows(ds).drop_vars("status").to_dataframe().reset_index()
        parts.append(frame.assign(campaign=name))
    both = pd.concat(parts, ignore_index=True)
    keep = ["campaign", "product", "n", "r", "bias", "rmsd", "ubrmsd", "rain_response"]
    table(report, both[keep], "Products against aircraft by campaign (Table 3).", unit=unit,
          notes="rain response: change of the product's mean per change of the aircraft's over wettings.")  # fmt: skip
    rows = []
    for name, ds in result.campaigns.items():
        for p in ds["product"].values:
            for f in range(ds.sizes["flight"]):
                s = ds.sel(product=p).isel(flight=f)
                if int(s["n"]):
                    rows.append([name, np.datetime_as_string(s["time"].values, unit="D"), str(p), int(s["n"]), float(s["r"]),
                                 *[float(s[k]) for k in ("bias", "rmsd", "product_p05", "product_p95", "flight_p05",
                                                         "flight_p95", "product_change", "flight_change")]])  # fmt: skip
    head = ["bias", "RMSD", "product 5 %", "95 %", "flight 5 %", "95 %", "product change", "flight change"]
    with report.add_details("Every flight"):
        report.add_table([Column("campaign"), Column("date"), Column("product"), Column("cells"), Column("R", digits=2),
                          *[Column(h, M3, 3) for h in head]], rows, "Scores and dynamic range of every flight.")  # fmt: skip


def _fidelity(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    ds = result.tables.get("fidelity")
    if ds is None:
        return
    report.add_section("Spatial fidelity", "Beyond paper 002: each measure sees one defect of maps, here against all "
                       "flights together.")  # fmt: skip
    rows = []
    for p in ds["product"].values:
        s = ds.sel(product=p)
        period = f"{float(s['block_period']):.3g}" if bool(s["block_detected"]) else "none"
        rows.append([str(p), int(s["n_dates"]), period, *[float(s[k]) for k in
                     ("blockiness", "resolution", "frozen", "frozen_reference", "between_dates", "rain_response", "spaef")],
                     float(s["fss"].sel(quantile=0.9, window=5))])  # fmt: skip
    columns = ["product", "dates", Column("block edges", "cell"), Column("blockiness", digits=2),
               Column("resolution", "cell", 1), Column("frozen", digits=2), Column("frozen, aircraft", digits=2),
               Column("R between dates", digits=2), Column("rain response", digits=2), Column("SPAEF", digits=2),
               Column("FSS, wettest tenth, 5 cells", digits=2)]  # fmt: skip
    report.add_table(columns, rows, "Fidelity of the patterns against the aircraft.",
                     notes="block edges: detected period, p < 0.001; resolution: wavelength where the power falls below "
                     "half of the aircraft's; frozen: share of the pattern that never changes.")  # fmt: skip


def _composite(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    ds = result.tables.get("composite")
    if ds is None or config.composite is None:
        return
    c = config.composite
    report.add_section("A composite", f"Beyond paper 002: products merged with weights by {c.by}"
                       + (f" per {c.strata.replace('_', ' ')}" if c.strata else "")
                       + f", learnt in {c.folds - 1} of {c.folds} parts of the cells and judged in the other. Products "
                       "that learnt their stations by heart are left out.")  # fmt: skip
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
    report.add_table([Column("product"), Column("median R", digits=3), Column("median ubRMSE", M3, 3), Column("pooled R"),
                      Column("pooled bias", M3), Column("pooled RMSE", M3)], rows,
                     "The composite beside its members, on stations that did not set its weights.")  # fmt: skip


def _losses(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    report.add_section("What was dropped, and why", "Cells without a score, and values without a partner.")
    figure(report, plots.status_bars(result.scores.sel(subset="all")), "Cells of each product by status.", "1")
    figure(report, plots.dropped_bars(result.pairs), "Product and station values by fate.", "1")
    if len(result.dropped):
        counts = result.dropped.groupby(["product", "rule", "reason"]).size().rename("sensors").reset_index()
        table(report, counts, "Sensors dropped, by rule and reason; dropped_stations.csv names each.")


def _origin(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    report.add_section("Origin")
    report.add_provenance({
        "products": result.sources, "stations": result.stations.attrs.get("title", ""),
        "training lists": dict(config.training), "flights": [f.campaign for f in config.flights],
        "matching": f"± {config.match.window}, inclusive, one to one", "intervals": config.score.ci,
        "scaling": config.scaling or "none", "software": f"vadose {importlib.metadata.version('vadose')}",
        "settings": "config.yaml",
    })  # fmt: skip
    entries = [products.get(p.id) for p in config.products if p.id]
    report.add_citations([*WORKS, *dict.fromkeys(f"{e.title}, {e.provider}." + (f" doi:{e.doi}" if e.doi else "")
                                                  for e in entries)])  # fmt: skip
