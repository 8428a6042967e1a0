"""The report of multisource-trends: figures of plots, words of report, numbers of analysis."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import plots, products, schema, units
from ..errors import ConfigError
from ..report import Column, Report
from ..store import Library
from .figures import add_figure
from .multisource_settings import TrendsConfig

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
        _forcing(report, results, config)
    if results.sea_level:
        _sea_level(report, results)
    if results.breaks:
        _breaks(report, results)
    if results.stations is not None:
        _stations(report, results.stations, config)
    _origin(report, results, config, library)
    return report.write(folder / "report.html")


def _shares(report: Report, results: Results, config: TrendsConfig) -> None:
    table, unit = results.table, results.table["rate"].attrs["units"]
    cells = "cells where every product has a trend" if config.mask == "common" else "each product's own cells"
    report.add_section(
        "Wetter or drier",
        f"Annual means of years with at least {config.min_months} months; Sen's slope over the years of a period, of "
        f"which {100 * config.min_valid:g} % must have a value; test {config.test} at {config.alpha:g}"
        f"{', false discovery rate over the map' if config.fdr else ''}; {cells}; shares and means "
        f"{'by pixel' if config.area == 'pixel' else 'by area'}.",
    )
    columns = [Column("period"), Column("product"), Column("cells"), Column("years", digits=1),
               Column("wetter", "%", 1), Column("drier", "%", 1), Column("wetter, significant", "%", 1),
               Column("drier, significant", "%", 1)]  # fmt: skip
    rows, rates = [], []
    digits = _digits(table["mean_slope"].isel(region=0).values)
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
    digits = _digits(d["difference"].values)
    columns = [Column("region"), Column("difference", unit, digits), Column("contribution", unit, digits),
               Column("share", "%", 0),
               Column("area", "%", 0), Column("different sign", "%", 0)]  # fmt: skip
    report.add_table(columns, rows, f"Where the difference between {one} and {other} comes from.",
                     notes="Contributions of the regions add up to that of all cells.")  # fmt: skip


def _forcing(report: Report, results: Results, config: TrendsConfig) -> None:
    report.add_section(
        "Rain",
        "The trend of each product's moisture beside the trend of the rain it was driven by and of the independent "
        f"record ({config.precipitation.dataset if config.precipitation else ''}). 'Forcing departs' is the share of "
        "cells where own less independent rain has a significant trend of its own.",
    )
    columns = [Column("product"), Column("own rain", "mm yr-1"), Column("independent rain", "mm yr-1"),
               Column("forcing departs", "%", 0), Column("sign: moisture, own", "%", 0),
               Column("sign: moisture, independent", "%", 0), Column("follows its own rain alone", "%", 0),
               Column("against both", "%", 0)]  # fmt: skip
    rows = []
    for name, ds in results.forcing.items():
        s = ds.sel(region="all")
        differs = [100 * float(s["sign_differs"].sel(pair=p)) for p in ("own", "independent")]
        rows.append([name, float(s["mean_slope_own"]), float(s["mean_slope_independent"]),
                     100 * float(s["forcing_departs"]), *differs, 100 * float(s["forcing"]),
                     100 * float(s["model"])])  # fmt: skip
    report.add_table(columns, rows, "Mean trends of rain, and share of cells where signs differ.")
    add_figure(
        report, plots.forcing_map(results.forcing), "What the signs of the trends of moisture and rain say.", "1"
    )


def _sea_level(report: Report, results: Results) -> None:
    report.add_section("Sea level", "Soil water of all layers, summed over the cells with a value in every year; "
                       "361.8 Gt raise the sea by 1 mm. Positive: land loses water.")  # fmt: skip
    rows = []
    for name, ds in results.sea_level.items():
        rows.append([name, interval(ds, "mass_trend"), interval(ds, "sea_level_trend"), float(ds["p_value"]),
                     100 * float(ds["area_share"])])  # fmt: skip
    columns = [Column("product"), Column("soil water", "Gt yr-1"), Column("sea level", "mm yr-1"),
               Column("p", digits=3), Column("area that counts", "%", 0)]  # fmt: skip
    report.add_table(columns, rows, "Change of soil water and its sea-level equivalent, with 95 % intervals.")


def _breaks(report: Report, results: Results) -> None:
    report.add_section("Changes of sensor", "Slopes of pairs of years on one side of a declared change, which a jump "
                       "of level does not move.")  # fmt: skip
    rows = []
    for name, ds in results.breaks.items():
        plain = results.trends[name]["slope"]
        jump = "; ".join(f"{b}: {units.format_number(float(ds['step'].sel({'break': b}).median()))}"
                         for b in ds["break"].values)  # fmt: skip
        rows.append([name, ds.attrs["breaks"], float(plain.median()), float(ds["slope"].median()), jump])
    unit = next(iter(results.breaks.values()))["slope"].attrs["units"]
    columns = [Column("product"), Column("changes"), Column("median slope", unit),
               Column("median slope within segments", unit), Column("median step")]  # fmt: skip
    report.add_table(columns, rows, "Trends with and without declared changes of sensor.")


def _stations(report: Report, trends: xr.Dataset, config: TrendsConfig) -> None:
    report.add_section("Stations", "Each sensor over its own years, never joined with the next one at its place; at "
                       f"least {config.min_years} annual means.")  # fmt: skip
    ok = trends["status"].values == schema.STATUS["ok"]
    if not ok.any():
        names, counts = np.unique(trends["status"].values, return_counts=True)
        why = ", ".join(f"{schema.status_name(int(c)).replace('_', ' ')}: {n}" for c, n in zip(names, counts))
        report.add_text(f"No sensor has enough years ({why}).")
        return
    unit = trends["slope"].attrs["units"]
    rows = []
    depth = np.round(trends["depth_from"].values, 3), np.round(trends["depth_to"].values, 3)
    for low, high in sorted({*zip(depth[0].tolist(), depth[1].tolist())}):
        here = trends.isel(sensor=np.flatnonzero(ok & (depth[0] == low) & (depth[1] == high)))
        total = int(((depth[0] == low) & (depth[1] == high)).sum())
        slope, p, n = (here[k].values.astype(float) for k in ("slope", "p_value", "n"))
        share = [100 * float(v.mean()) if slope.size else None for v in (slope > 0, slope < 0, p < config.alpha)]
        rows.append([f"{low:g}-{high:g}", f"{slope.size} / {total}", float(np.median(n)) if n.size else None, *share,
                     float(np.median(slope)) if slope.size else None])  # fmt: skip
    columns = [Column("depth", "m"), Column("with trend / all"), Column("median years", digits=0),
               Column("wetter", "%", 0), Column("drier", "%", 0), Column("significant", "%", 0),
               Column("median slope", unit, _digits(trends["slope"].values))]  # fmt: skip
    report.add_table(columns, rows, "Trends at stations by depth.")


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
    rows["test"] = config.test
    rows["weights"] = config.area
    rows["software"] = results.table.attrs.get("software", "")
    report.add_section("Where the numbers come from")
    report.add_provenance(rows)
    report.add_citations(list(dict.fromkeys(works)))


def interval(ds: xr.Dataset, name: str) -> str:
    """A rate with its interval, three significant digits of its width."""
    value, low, high = (float(ds[name + side]) for side in ("", "_lower", "_upper"))
    return units.format_interval(value, low, high, digits=_digits(np.array([value, low, high])))


def _digits(values: np.ndarray) -> int:
    """Decimals that leave three significant digits to the largest value."""
    largest = float(np.max(np.abs(values[np.isfinite(values)]), initial=0.0))
    return max(0, 2 - int(np.floor(np.log10(largest)))) if largest > 0 else 2
