"""A whole report of twelve products, put together as a recipe would, and what is needed to read it."""

from __future__ import annotations

import html.parser
import importlib.util
import re
from pathlib import Path

from vadose import plots
from vadose.report import Column, Report
from vadose.units import format_interval

_SPEC = importlib.util.spec_from_file_location("tidy", Path(__file__).parents[1] / "tidy.py")
assert _SPEC and _SPEC.loader
tidy = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tidy)

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "base", "source", "wbr"}


class Page(html.parser.HTMLParser):
    """Checks nesting while it collects what the tests ask about."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.outside: list[tuple[str, str]] = []
        self.inside: list[str] = []
        self.figures: list[dict[str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        given = {key: value or "" for key, value in attrs}
        if tag == "figure":
            self.figures.append({"class": given.get("class", ""), "caption": "", "drawing": ""})
        if tag == "svg":
            self.figures[-1]["drawing"] = "svg"
        if "id" in given:
            self.ids.append(given["id"])
        for key in ("href", "src", "xlink:href", "srcset", "action", "data"):
            if key in given:
                if given[key].startswith("#"):
                    self.inside.append(given[key][1:])
                elif not given[key].startswith("data:image/"):
                    self.outside.append((tag, given[key]))
        for value in given.values():
            self.inside += re.findall(r"url\(#([^)]*)\)", value)

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]} at {self.getpos()}")
        else:
            self.open.pop()

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.text.append(data)
        if "figcaption" in self.open:
            self.figures[-1]["caption"] += data


def read(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page


def build(*, simulated: bool = True) -> Report:
    """A validation report of twelve products over Hawaii."""
    pairs = tidy.pairs(simulated=simulated)
    scores, pooled, summary = tidy.tables(pairs)
    stations = tidy.stations(simulated=simulated)
    sm = "m3 m-3"
    report = Report("Soil moisture over Hawaii against stations", simulated=simulated,
                    subtitle="Twelve products, 2017 to 2018, 0 to 5 cm, daily")  # fmt: skip
    report.add_section(
        "Summary",
        "Every product is compared with the stations inside its cells.\n\nScores are given pooled over all cells and "
        "as their distribution over cells; the two answer different questions.",
    )
    rows = []
    for i, name in enumerate(pooled["product"].values.tolist()):
        p, s = pooled.isel(product=i), summary.isel(product=i)
        interval = format_interval(float(p.r), float(p.r_lower), float(p.r_upper))
        rows.append([name, int(s.n_matched), f"{int(s.n_cells_ok)} / {int(s.n_cells)}", float(s.r_median), interval,
                     float(p.bias), float(p.ubrmse), float(p.anomaly_r)])  # fmt: skip
    columns = ["product", "pairs", "cells scored", Column("median R", digits=2), "pooled R [95 % interval]",
               Column("bias", sm, 3), Column("ubRMSE", sm, 3), Column("anomaly R", digits=2)]  # fmt: skip
    notes = ["Pairs: matched values over all cells. Intervals hold under autocorrelation.",
             f"{tidy.EMPTY} has no value in the region; {tidy.NO_OVERLAP} has none while stations ran."]  # fmt: skip
    report.add_table(columns, rows, "Scores of every product against the stations.", notes)
    caption = "Correlation of every product, pooled over all cells, with its 95 % interval."
    report.add_figure(plots.svg(plots.forest(pooled, "r")), caption, units="1")
    report.add_section("Stations and cells")
    caption = "Stations by network, and the centres of the product cells that hold them."
    report.add_figure(plots.svg(plots.station_map(stations, scores)), caption, units="degrees")
    report.add_figure(plots.svg(plots.status_map(scores)), "What became of each cell.", units="1")
    report.add_section("Matched and dropped observations")
    report.add_figure(plots.svg(plots.dropped_bars(pairs)),
                      "Share of the observations of each product that was matched, and why the rest was dropped.",
                      units="%")  # fmt: skip
    report.add_section("Scores over cells")
    for metric, units in (("r", "1"), ("bias", sm), ("ubrmse", sm), ("anomaly_r", "1")):
        name = scores[metric].attrs["long_name"]
        report.add_figure(plots.svg(plots.score_boxes(scores, metric)),
                          f"{name[:1].upper()}{name[1:]} over cells: box from first to third quartile, bar at the "
                          "median, whiskers to 1.5 IQR; fewer than five cells are shown as points only.",
                          units=units)  # fmt: skip
    for metric, units in (("r", "1"), ("bias", sm)):
        report.add_figure(plots.svg(plots.score_map(scores, metric)),
                          f"At the cells: {scores[metric].attrs['long_name']}.", units=units)  # fmt: skip
    report.add_section("Estimate against reference")
    report.add_figure(plots.svg(plots.scatter_density(pairs, scores=pooled)),
                      "Pairs of station and product values per bin; dashed: 1:1 line.", units=f"{sm}, 1")  # fmt: skip
    report.add_section("Time series", "The first cell of each product; further cells are folded away.")
    for product, ds in pairs.items():
        report.add_figure(plots.svg(plots.time_series(ds, 0)), f"{product} and the stations of one cell.", units=sm)
        if ds.sizes["cell"] > 1:
            with report.add_details(f"{product}: another cell"):
                report.add_figure(plots.svg(plots.time_series(ds, 1)), f"{product}, second cell.", units=sm)
    report.add_section("Provenance")
    report.add_provenance({
        "software": "vadose 0.1.0", "date created": "2026-01-01T00:00:00Z",
        "inputs": [f"{p} <{i}>" for i, p in enumerate(tidy.PRODUCTS)],
        "matching": {"window": "12h", "minimum pairs": 20, "flags": "recommended", "depth": "0 to 0.05 m"},
    })  # fmt: skip
    report.add_section("Citations")
    report.add_citations([
        ("Gruber et al. (2020): Validation practices for satellite soil moisture retrievals. Remote Sensing of "
         "Environment 244, 111806.", "10.1016/j.rse.2020.111806"),
        "Natural Earth (public domain): coastline.",
    ])  # fmt: skip
    return report
