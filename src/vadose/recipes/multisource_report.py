"""The report of multisource-trends: figures of plots, words of report, numbers of analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import plots, products, schema
from ..errors import ConfigError
from ..report import Column, Report
from ..store import Library
from .figures import add_figure
from .multisource_checks import add_breaks, add_forcing, add_sea_level, add_stations, digits_of, interval
from .multisource_settings import TrendsConfig
from .trend_test import name_of_test

if TYPE_CHECKING:
    from .multisource_trends import Results

#: Methods that the numbers rest on.
CITATIONS = (
    ("Sen, P. K. (1968). Estimates of the regression coefficient based on Kendall's tau.",
     "10.1080/01621459.1968.10480934"),
    ("Mann, H. B. (1945). Nonparametric tests against trend.", "10.2307/1907187"),
    ("Wilks, D. S. (2016). The stippling shows statistically significant grid points.", "10.1175/BAMS-D-15-00267.1"),
)  # fmt: skip


def write(results: Results, config: TrendsConfig, library: Library, folder: Path) -> Path:
    """Write ``report.html`` into a folder and return its path."""
    table = results.table
    simulated = schema.is_simulated(table)
    title = f"{config.title} (simulated)" if simulated else config.title
    report = Report(title, simulated=simulated,
                    subtitle=f"{table.sizes['product']} products, {', '.join(config.periods)}")  # fmt: skip
    _shares(report, results, config)
    if results.errors is not None:
        _verdict(report, results.errors, config)
    _maps(report, results)
    _regions(report, results)
    if results.forcing:
        add_forcing(report, results, config)
    if results.sea_level:
        add_sea_level(report, results)
    if results.breaks:
        add_breaks(report, results)
    if results.stations is not None:
        add_stations(report, results.stations, config)
    _origin(report, results, config, library)
    return report.write(folder / "report.html")


def _shares(report: Report, results: Results, config: TrendsConfig) -> None:
    table, unit = results.table, results.table["rate"].attrs["units"]
    cells = "cells where every product has a trend" if config.mask == "common" else "each product's own cells"
    report.add_section(
        "Wetter or drier",
        f"Annual means of years with at least {config.min_months} months; Sen's slope over the years of a period, of "
        f"which {100 * config.min_valid:g} % must have a value; test "
        f"{name_of_test(config.test, config.bias_corrected)} at {config.alpha:g}"
        f"{', false discovery rate over the map' if config.fdr else ''}; {cells}; shares and means "
        f"{'by pixel' if config.area == 'pixel' else 'by area'}.",
    )
    columns = [Column("period"), Column("product"), Column("cells"), Column("years", digits=1),
               Column("wetter", "%", 1), Column("drier", "%", 1), Column("wetter, significant", "%", 1),
               Column("drier, significant", "%", 1)]  # fmt: skip
    rows, rates = [], []
    digits = digits_of(table["mean_slope"].isel(region=0).values)
    for period in table["period"].values:
        for product in table["product"].values:
            s = table.sel(period=period, product=product, region="all")
            share = [100 * float(s[k]) for k in ("wetting", "drying", "significant_wetting", "significant_drying")]
            rows.append([str(period), str(product), int(s["n_cells"]), float(s["n_years"]), *share])
            rates.append([str(period), str(product), float(s["mean_slope"]), interval(s, "rate"),
                          float(s["rate_p_value"])])  # fmt: skip
    few = [str(r[1]) for r in rows if r[2] == 0]
    note = f"Too few years or no common cell: {', '.join(dict.fromkeys(few))}." if few else ""
    report.add_table(columns, rows, "Share of land that grows wetter and drier, by product and period.", notes=note)
    columns = [Column("period"), Column("product"), Column("mean of the cells' trends", unit, digits),
               Column("trend of the mean", unit), Column("p", digits=3)]  # fmt: skip
    report.add_table(columns, rates, "Mean rates, with 95 % intervals of the trend of the mean over all cells.")
    add_figure(report, plots.share_bars(table),
            "Share of land with falling and rising trends; darker where significant.", "%")  # fmt: skip


def _verdict(report: Report, errors: xr.Dataset, config: TrendsConfig) -> None:
    unit = errors["rate_error"].attrs["units"]
    right = [str(p) for p in errors["product"].values if bool(errors["right"].sel(product=p))]
    wrong = [str(p) for p in errors["product"].values if str(p) not in right]
    best = str(errors["product"].values[int(np.argmin(errors["slope_rmse"].fillna(np.inf).values))])
    said = f"Right: {', '.join(right) or 'none'}. Wrong: {', '.join(wrong) or 'none'}."
    report.add_section(
        "Which product's trend is right",
        f"{said} {best} has the smallest error per cell. A product counts as right where the trend of product less "
        f"truth, averaged over all cells, does not differ from 0 at {config.alpha:g}; the weather of the years, which "
        "moves both alike, cancels in that difference. Per cell, a right product has no significant trend of the "
        f"difference in about {100 * (1 - config.alpha):g} % of cells.",
    )
    columns = [Column("product"), Column("verdict"), Column("rate", unit), Column("true rate", unit),
               Column("error of the rate", unit), Column("RMSE of cells", unit), Column("R of maps", digits=2),
               Column("same sign", "%", 0), Column("cells without error", "%", 0)]  # fmt: skip
    rows = []
    for product in errors["product"].values:
        e = errors.sel(product=product)
        rows.append([str(product), "right" if bool(e["right"]) else "wrong", float(e["rate"]), float(e["true_rate"]),
                     interval(e, "rate_error"), float(e["slope_rmse"]), float(e["correlation"]),
                     100 * float(e["same_sign"]), 100 * float(e["consistent"])])  # fmt: skip
    report.add_table(columns, rows, "Trends of the products against the truth.")


def _maps(report: Report, results: Results) -> None:
    known = {k: ds for k, ds in results.trends.items() if bool(ds["slope"].notnull().any())}
    unit = next(iter(known.values()))["slope"].attrs["units"]
    report.add_section("Where", f"Period {results.table['period'].values[0]}.")
    add_figure(report, plots.trend_panels(known), "Trend of each product; dots where it is significant.", unit)
    if results.agreement is None:
        report.add_text("One product alone has trends: there is nothing to agree with.")
        return
    both = results.agreement
    every = float((both["agreement"] == 1).where(both["agreement"].notnull()).mean())
    report.add_text(f"All products agree in sign in {100 * every:.0f} % of the cells that they share.")
    add_figure(report, plots.agreement_map(both), "How many products see a rise or a fall, and a significant one.", "1")
    add_figure(report, plots.slope_correlation(both), "Correlation of the trend maps of every pair of products.", "1")


def _regions(report: Report, results: Results) -> None:
    table = results.table
    unit = table["rate"].attrs["units"]
    kinds = [k for k in dict.fromkeys(table["kind"].values.astype(str)) if k != "all"]
    period = str(table["period"].values[0])
    report.add_section("Regions", "Trends of the mean over the cells of a region, with 95 % intervals.")
    for kind in kinds or [None]:
        add_figure(report, plots.region_rates(table, period=period, kind=kind),
                f"Rates by {kind or 'product'}, {period}.", unit)  # fmt: skip
    if results.discrepancy is None:
        return
    one, other = results.pair
    d = results.discrepancy
    rows = [[str(r), float(s["difference"]), float(s["contribution"]), 100 * float(s["share"]),
             100 * float(s["area_share"]), 100 * float(s["sign_differs"])]
            for r, s in ((r, d.sel(region=r)) for r in d["region"].values) if int(s["n_cells"])]  # fmt: skip
    digits = digits_of(d["difference"].values)
    columns = [Column("region"), Column("difference", unit, digits), Column("contribution", unit, digits),
               Column("share", "%", 0),
               Column("area", "%", 0), Column("different sign", "%", 0)]  # fmt: skip
    report.add_table(columns, rows, f"Where the difference between {one} and {other} comes from.",
                     notes="Contributions of the regions add up to that of all cells.")  # fmt: skip


def _origin(report: Report, results: Results, config: TrendsConfig, library: Library) -> None:
    rows: dict[str, object] = {}
    works: list[str | tuple[str, str]] = list(CITATIONS)
    for name, product in config.products.items():
        attrs = library.open(product.dataset).attrs
        rows[name] = " ".join(filter(None, (product.dataset, str(attrs.get("title", "")),
                                            str(attrs.get("product_version", "")))))  # fmt: skip
        try:
            entry = products.get(str(attrs.get("product", "")))
        except ConfigError:
            continue
        text = f"{entry.title}, {entry.provider}."
        works.append((text, entry.doi) if entry.doi else text)
    if config.truth is not None:
        rows["seed of the simulated Earth"] = library.open(config.truth.dataset).attrs.get("seed", "")
    rows["test"] = name_of_test(config.test, config.bias_corrected)
    rows["weights"] = config.area
    rows["software"] = results.table.attrs.get("software", "")
    report.add_section("Where the numbers come from")
    report.add_provenance(rows)
    report.add_citations(list(dict.fromkeys(works)))
