"""The report of the coupling of production to soil water: figures of plots, words of report, files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import plots, schema
from ..report import Column, Report
from .figures import add_figure
from .gpp_coupling import Coupled
from .gpp_coupling_files import save
from .gpp_coupling_inputs import CouplingConfig

if TYPE_CHECKING:
    pass

WORKS = [
    ("Three-dimensional attribution of terrestrial soil-moisture variability and its coupling to production: METHODS "
     "of the paper this recipe follows (annual GPP against four wetness seasons and four depths)", ""),
    ("Friedl, M. A. et al. (2010). MODIS Collection 5 global land cover. Remote Sens. Environ. 114, 168-182",
     "10.1016/j.rse.2009.08.016"),
    ("Benjamini, Y. and Hochberg, Y. (1995). Controlling the false discovery rate. J. R. Stat. Soc. B 57, 289-300",
     "10.1111/j.2517-6161.1995.tb02031.x"),
    ("Bretherton, C. S. et al. (1999). The effective number of spatial degrees of freedom of a time-varying field. "
     "J. Climate 12, 1990-2009", "10.1175/1520-0442(1999)012<1990:TENOSD>2.0.CO;2"),
    ("Wilks, D. S. (2016). The stippling shows statistically significant grid points. Bull. Am. Meteorol. Soc. 97, "
     "2263-2273", "10.1175/BAMS-D-15-00267.1"),
]  # fmt: skip


def write(result: Coupled, settings: CouplingConfig, folder: Path) -> Path:
    """Write ``report.html``, ``table.csv`` and the fields (NetCDF) into a folder; returns the report."""
    save(result, folder)
    plain = result.plain
    first, last = str(plain.attrs["period"]).split("/")
    simulated = schema.is_simulated(plain)
    report = Report(settings.title, simulated=simulated,
                    subtitle=f"{first}-{last}, annual production against {plain.sizes['season']} wetness seasons and "
                    f"{plain.sizes['layer']} depths")  # fmt: skip
    _overview(report, result, settings)
    _figures(report, result, settings)
    _variants(report, result)
    if result.truth:
        _planted(report, result)
    _everything(report, plain)
    _origin(report, result, settings)
    return report.write(folder / "report.html")


def _overview(report: Report, result: Coupled, settings: CouplingConfig) -> None:
    plain = result.plain
    rule = f"a false discovery rate of {settings.alpha:g}" if settings.fdr else f"p < {settings.alpha:g}"
    report.add_section(
        "Where production follows soil water",
        "Pearson's correlation of annual gross primary production with the mean storage of each soil layer in each of "
        "four seasons: of each year's months the three wettest (H-S), the next three (SH-S), the next (SA-S) and the "
        f"three driest (A-S) by total storage. Significant means {rule}, two-sided, Student's t"
        + (" with the years that persistence leaves independent" if settings.test == "n_eff" else "")
        + f", at least {settings.min_years} years. A correlation is no cause: production also dries the soil, and "
        "warmth and rain act on both.",
    )  # fmt: skip
    rows: list[list[object]] = []
    for name in plain["ecosystem"].values:
        part = plain.sel(ecosystem=name)
        r = part["mean_r"]
        if not bool(r.notnull().any()):
            rows.append([_words(name), 0, *[None] * 6])
            continue
        best = r.isel(r.fillna(-2).argmax(...))
        rows.append([_words(name), int(part["n_cells"].max()), float(r.min()), float(r.max()),
                     f"{best['season'].item()}, {best['depth'].item()}", float(part["mean_p"].mean()),
                     *(100 * float(part[f"share_{sign}"].mean()) for sign in ("positive", "negative"))])  # fmt: skip
    columns = [Column("ecosystem"), Column("cells"), Column("lowest mean r", digits=2),
               Column("highest mean r", digits=2), Column("found in"), Column("mean p", digits=2),
               Column("significant positive", "%", 1), Column("significant negative", "%", 1)]  # fmt: skip
    report.add_table(columns, rows, "Correlation of production with soil water by ecosystem, over all seasons and "
                     "depths.", notes=_weights(settings))  # fmt: skip


def _figures(report: Report, result: Coupled, settings: CouplingConfig) -> None:
    plain, depths = result.plain, result.depths
    caption = (
        "Share of cells with a significant positive or negative correlation of production with soil water, by "
        "ecosystem. Rings are depths from the surface (inside) to the deepest layer (outside), sectors are seasons."
    )
    add_figure(report, plots.coupling_donuts(plain), caption, "%")
    caption = "Mean correlation by ecosystem, season and depth; below it the share of cells with a significant one."
    add_figure(report, plots.coupling_heatmap(plain), caption, "1")
    season = str(depths["season"].values[0])
    what = "annual mean storage" if season == "year" else f"storage of the season {season}"
    caption = f"Correlation of annual production with {what} by depth. Dots mark significant cells."
    add_figure(report, plots.coupling_map(depths, season=season), caption, "1")


def _variants(report: Report, result: Coupled) -> None:
    report.add_section(
        "How firm this is",
        "The same coupling when years are not taken as independent, when all cells of a map are tested at once "
        "(Benjamini-Hochberg for each season and depth), when straight lines in time are taken out of both, and, where "
        "they are known, when the linear influence of precipitation and temperature is taken out of both.",
    )
    rows = []
    for label, ds in {"as above": result.plain, **result.variants}.items():
        share = 100 * ds["share_significant"].mean(["season", "layer"])
        r = ds["mean_r"].mean(["season", "layer"])
        rows.append([label, *(f"{_number(r.sel(ecosystem=n))} ({_number(share.sel(ecosystem=n), 0)} %)"
                              for n in ds["ecosystem"].values)])  # fmt: skip
    columns = [Column("test"), *(Column(_words(n)) for n in result.plain["ecosystem"].values)]
    report.add_table(columns, rows, "Mean correlation, and share of significant cells, over seasons and depths.")
    for label, ds in result.variants.items():
        if label.startswith("given"):
            caption = f"Mean partial correlation by ecosystem, season and depth, {label}; below it the share of " \
                "significant cells."  # fmt: skip
            add_figure(report, plots.coupling_heatmap(ds), caption, "1")


def _planted(report: Report, result: Coupled) -> None:
    """The simulated Earth knows how strongly its plants follow water, and where their roots are."""
    label, ds = next(((k, v) for k, v in result.variants.items() if k.startswith("given")), ("as above", result.plain))
    report.add_section(
        "Against what was planted",
        "On the simulated Earth production is in proportion to 1 - s + s w, with w the plant-available water of the "
        "root zone and s a strength by ecosystem. The response is the relative change of annual production per "
        "standard deviation of soil water between years, over the layers between the surface layer and the deepest; it "
        f"should rise with s. Beside it the mean correlation with the water at each depth ({label}) and the planted "
        "share of the roots there; layers share their water, so that a correlation also speaks for its neighbours.",
    )
    strength, roots = result.truth["strength"], result.truth["root_share"]
    depths = [str(d) for d in ds["depth"].values]
    rows = []
    for name in sorted(strength, key=strength.__getitem__):
        if name not in ds["ecosystem"].values:
            continue
        part = ds.sel(ecosystem=name)
        plain = result.plain.sel(ecosystem=name)
        response = 100 * float(plain["mean_response"].isel(layer=slice(1, -1)).mean())
        by_depth = part["mean_r"].mean("season").values
        rows.append([_words(name), int(plain["n_cells"].max()), strength[name], response,
                     *(f"{_number(r)} ({100 * share:.0f} %)" for r, share in zip(by_depth, roots[name]))])  # fmt: skip
    columns = [Column("ecosystem"), Column("cells"), Column("planted strength", digits=2),
               Column("response found", "%", 1), *(Column(f"r {d} (roots)") for d in depths)]  # fmt: skip
    order = [row[3] for row in rows if np.isfinite(row[3])]
    kept = "in the planted order" if order == sorted(order) else "not in the planted order"
    report.add_table(columns, rows, f"Planted and found coupling: the responses are {kept}.",
                     notes="Few cells of an ecosystem, or of one climate only, can change the order.")  # fmt: skip


def _everything(report: Report, plain: xr.Dataset) -> None:
    report.add_section("Comprehensive table", "Every ecosystem, season and depth; the same, with all tests, in "
                       "table.csv.")  # fmt: skip
    columns = [Column("ecosystem"), Column("season"), Column("depth"), Column("mean r", digits=3),
               Column("mean p", digits=3), Column("response", "%", 1), Column("cells"), Column("significant cells"),
               Column("share", "%", 1)]  # fmt: skip
    for name in plain["ecosystem"].values:
        rows = []
        for s in plain["season"].values:
            for k in range(plain.sizes["layer"]):
                cell = plain.sel(ecosystem=name, season=s).isel(layer=k)
                rows.append([_words(name), str(s), str(cell["depth"].item()), float(cell["mean_r"]),
                             float(cell["mean_p"]), 100 * float(cell["mean_response"]), int(cell["n_cells"]),
                             int(cell["n_significant"]), 100 * float(cell["share_significant"])])  # fmt: skip
        with report.add_details(_words(name)):
            report.add_table(columns, rows, f"{_words(name)}: production and soil water by season and depth.")


def _origin(report: Report, result: Coupled, settings: CouplingConfig) -> None:
    report.add_section("Where the numbers come from")
    codes = result.plain["status"].values.ravel()
    statuses = {schema.status_name(c).replace("_", " "): int((codes == c).sum()) for c in np.unique(codes)}
    report.add_provenance({
        "software": result.plain.attrs.get("software", ""), "inputs": result.inputs,
        "values masked because no layer can hold them": result.masked,
        "season, depth and cell by status": statuses, "settings": settings.model_dump(mode="json"),
    })  # fmt: skip
    report.add_citations(WORKS)


def _weights(settings: CouplingConfig) -> str:
    return {"cos": "Means and shares weigh cells by the cosine of latitude.", "cell": "Means and shares weigh cells by "
            "area.", "pixel": "Means and shares count cells."}[settings.area] + \
        " All land is every cell with a correlation, also barren ones."  # fmt: skip


def _words(name: object) -> str:
    text = str(name).replace("_", " ")
    return "All land" if text == "all" else text.capitalize()


def _number(value, digits: int = 2) -> str:
    from ..units import format_number

    return format_number(float(value), digits)
