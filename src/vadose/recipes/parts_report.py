"""Sections of a validation report on parts of time, anomalies and triple collocation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import xarray as xr

from .. import plots, schema, units
from ..report import Column, Report
from .figures import add_figure

#: Products drawn in one course.
PER_FIGURE = 8


def with_interval(ds: xr.Dataset, metric: str, digits: int) -> str:
    """A metric with its interval in brackets, as text."""
    value, lower, upper = (float(ds[metric + side]) for side in ("", "_lower", "_upper"))
    return units.format_interval(value, lower, upper, digits=digits)


def add_parts(report: Report, parts: xr.Dataset) -> None:
    """Scores in parts of time, of values and of anomalies: medians over cells, and their course."""
    for kind in dict.fromkeys(parts["values"].values.tolist()):
        chosen = parts.isel(subset=np.flatnonzero(parts["values"].values == kind))
        times = chosen.isel(subset=np.flatnonzero(chosen["part"].values != "all"))
        if kind == "soil moisture":
            if not times.sizes["subset"]:
                continue
            report.add_section("Parts of time", "Each cell scored within each part of time, then medians over cells. "
                               "Parts follow the calendar; a pair belongs to one of each split.")  # fmt: skip
        else:
            report.add_section(f"{kind[:1].upper()}{kind[1:]}", "Both sides as departures, made of the whole series "
                               "before any split; only R and ubRMSE speak of anomalies.")  # fmt: skip
            _table(report, chosen.sel(subset=[kind]), kind, "all times")
        for split, members in _splits(times):
            _table(report, members, kind, f"each {split}")
            names = list(dict.fromkeys(members["product"].values.astype(str)))
            if len(names) <= PER_FIGURE:
                _courses(report, members, kind, split)
                continue
            with report.add_details(f"Figures: {kind}, each {split}"):
                for i in range(0, len(names), PER_FIGURE):
                    some = np.flatnonzero(np.isin(members["product"].values, names[i : i + PER_FIGURE]))
                    _courses(report, members.isel(cell=some), kind, split)


def _courses(report: Report, some: xr.Dataset, kind: str, split: str) -> None:
    for metric in ("r", "ubrmse"):
        if np.isfinite(some[metric].values).any():
            words = {"r": "Pearson correlation", "ubrmse": "unbiased RMSE"}[metric]
            caption = f"{kind[:1].upper()}{kind[1:]}: {words} per {split}, median over cells."
            figure = plots.score_course(some, metric)
            add_figure(report, figure, caption, some[metric].attrs.get("units", "1"))


def _splits(parts: xr.Dataset) -> Iterable[tuple[str, xr.Dataset]]:
    names = parts["part"].values.astype(str)
    for split, belongs in (
        ("season", [n in ("DJF", "MAM", "JJA", "SON") for n in names]),
        ("month", [n.startswith("month ") for n in names]),
        ("dekad", [n.startswith("dekad ") for n in names]),
        ("year", [n.isdigit() for n in names]),
    ):
        if any(belongs):
            at = np.flatnonzero(belongs)
            at = at[np.argsort(names[at])] if split == "year" else at
            yield split, parts.isel(subset=at)


def _table(report: Report, parts: xr.Dataset, kind: str, words: str) -> None:
    labels = [str(p).removeprefix("month ").removeprefix("dekad ") for p in parts["part"].values]
    if len(labels) > 12:
        return
    columns = [Column("product"), Column("metric")]
    columns += [Column("all" if label == "all" else label) for label in labels]
    rows = []
    for name in dict.fromkeys(parts["product"].values.astype(str)):
        one = parts.isel(cell=np.flatnonzero(parts["product"].values == name))
        for metric, digits in (("r", 2), ("ubrmse", 3)):
            values = np.asarray(one[metric].transpose("subset", "cell"), float)
            rows.append([name, {"r": "R", "ubrmse": "ubRMSE"}[metric], *(_median(v, digits) for v in values)])
    caption = f"{kind[:1].upper()}{kind[1:]}: medians over cells for {words}, with the number of cells in brackets."
    with report.add_details(f"Table: {kind}, {words}"):
        report.add_table(columns, rows, caption, notes="ubRMSE in m³ m⁻³.")


def _median(values: np.ndarray, digits: int) -> str:
    known = values[np.isfinite(values)]
    return f"{units.format_number(float(np.median(known)) if known.size else None, digits)} ({known.size})"


def add_collocations(report: Report, results: list[xr.Dataset]) -> None:
    """Triple collocation of each triplet: bars, a table over cells, maps."""
    report.add_section("Triple collocation", "Random errors and signals of three records without taking any as the "
                       "truth, on the cells and days that all three have. It assumes independent errors; a shared "
                       "origin makes two records look better than they are. Intervals come from blocks of "
                       "days.")  # fmt: skip
    for result in results:
        names = result["product"].values.astype(str).tolist()
        title = ", ".join(names)
        if result.attrs.get("dependent"):
            report.add_text(f"Not independent by declaration: {result.attrs['dependent']}.")
        rows = []
        for name in names:
            one = result.sel(product=name)
            for c in range(result.sizes["cell"]):
                cell = one.isel(cell=c)
                status = schema.status_name(int(cell["status"])).replace("_", " ")
                found = [with_interval(cell, m, d) for m, d in (("snr_db", 1), ("r2", 2), ("err_std_ref", 3))]
                rows.append([name, str(cell["stations"].values), int(cell["n"]), *found, status])
        columns = [Column("product"), Column("stations"), Column("n"), Column("SNR", "dB"), Column("R²"),
                   Column("error", str(result["err_std_ref"].attrs.get("units", ""))), Column("status")]  # fmt: skip
        if not np.isfinite(result["snr_db"].values).any():
            report.add_text(f"{title}: no cell has enough common days for a number.")
        else:
            caption = f"Triple collocation of {title}; errors scaled to {names[0]}."
            figure = plots.collocation_bars(result)
            add_figure(report, figure, caption, "dB, 1, m3 m-3")
            caption = f"Signal-to-noise ratio per cell: {title}."
            figure = plots.score_map(plots.collocation_cells(result), "snr_db")
            add_figure(report, figure, caption, "dB")
        with report.add_details(f"Every cell: {title}"):
            report.add_table(columns, rows, f"Triple collocation per cell: {title}.")
