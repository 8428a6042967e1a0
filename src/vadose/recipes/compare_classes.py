"""One product against many by class of the stations: climate, land cover, texture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from .. import landclass, plots, schema, validation
from ..report import Column, Report
from .compare_report import NAMES

METRICS = ("r", "rmse", "ubrmse", "anomaly_r")
#: Median of a class needs more cells than this to be called ok.
MORE_THAN = 4


def add_classes(
    report: Report, pairs: Mapping[str, xr.Dataset], result: xr.Dataset, *, by: Sequence[str], min_years: int,
    folder: Path,
) -> None:  # fmt: skip
    """Scores in time by class, the candidate beside each other product on what they have in common.

    Parameters
    ----------
    report : Report
        Gets a section per attribute.
    pairs : mapping of str to Dataset
        Match-ups on common cells.
    result : Dataset
        Of :func:`vadose.validation.head_to_head`, for its choices.
    by : sequence of str
        Attributes of the stations.
    min_years : int
        Of anomalies.
    folder : Path
        Gets ``by_climate.csv`` and so on.
    """
    scored = _scores(pairs, result, min_years)
    for name in by:
        words = name.replace("_", " ")
        report.add_section(f"By {words}", f"Scores in time of the cells of each {words} class, on the cells and dates "
                           f"that {'both' if result.attrs['common'] == 'pair' else 'all products'} have.")  # fmt: skip
        labels = _labels(next(iter(pairs.values())), name)
        if not (labels != "").any():
            report.add_text(f"The stations tell no {words}.")
            continue
        parts = []
        for other, scores in scored.items():
            some = scores.assign_coords({name: ("cell", labels)})
            _draw(report, some, other, name)
            table = validation.by_category(some, by=name, metrics=METRICS, more_than=MORE_THAN)
            parts.append(table.to_dataframe().reset_index().assign(against=other))
        frame = pd.concat(parts, ignore_index=True)
        frame.to_csv(folder / f"by_{name}.csv", index=False)
        with report.add_details(f"Medians by {words}"):
            _table(report, frame, words)


def _scores(pairs: Mapping[str, xr.Dataset], result: xr.Dataset, min_years: int) -> dict[str, xr.Dataset]:
    """Candidate and other product by other product, dims (product, cell)."""
    candidate = str(result.attrs["candidate"])
    there = {k: np.isfinite(p["estimate"]) & np.isfinite(p["reference"]) for k, p in pairs.items()}
    everyone = None
    if result.attrs["common"] == "all":
        everyone = next(iter(there.values()))
        for mask in there.values():
            everyone = everyone & mask
    out = {}
    for other in result["other"].values.astype(str):
        mask = there[candidate] & there[other] if everyone is None else everyone
        both = []
        for k in (candidate, other):
            sides = {s: pairs[k][s].where(mask).assign_attrs(pairs[k][s].attrs) for s in ("estimate", "reference")}
            got = validation.score(xr.Dataset(sides, attrs=pairs[k].attrs), ci="none",
                                   min_n=int(result.attrs["min_n"]), min_years=min_years)  # fmt: skip
            both.append(got[list(METRICS)].reset_coords(drop=True))
        joined = xr.concat(both, xr.IndexVariable("product", [candidate, other]), combine_attrs="drop_conflicts")
        out[other] = joined.assign_attrs(simulated="true" if schema.is_simulated(result) else "false")
    return out


def _labels(pairs: xr.Dataset, name: str) -> np.ndarray:
    if name not in pairs.coords or pairs[name].dims != ("cell",):
        return np.full(pairs.sizes["cell"], "")
    values = pairs[name].values
    if name == "land_cover" and values.dtype.kind in "iuf":
        return np.array([landclass.IGBP.get(int(v), "") if np.isfinite(v) else "" for v in values])
    return np.array(["" if str(v) in ("nan", "None") else str(v) for v in values])


def _draw(report: Report, scores: xr.Dataset, other: str, name: str) -> None:
    candidate, words = str(scores["product"].values[0]), name.replace("_", " ")

    def figure(metric: str) -> None:
        if not np.isfinite(scores[metric].values).any():
            return
        caption = f"{NAMES[metric]} of {candidate} and {other} per cell, by {words}; number of cells below each box."
        drawn = plots.category_boxes(scores, metric, by=name)
        report.add_figure(plots.svg(drawn, title=caption.split(";")[0], description=caption), caption,
                          units=str(scores[metric].attrs.get("units", "1")))  # fmt: skip

    figure("r")
    with report.add_details(f"RMSE, ubRMSE and anomaly R of {candidate} and {other} by {words}"):
        for metric in METRICS[1:]:
            figure(metric)


def _table(report: Report, frame: pd.DataFrame, words: str) -> None:
    columns = [Column("against"), Column(words), Column("product"), Column("cells")]
    columns += [Column(NAMES[m], validation.METRICS[m][0], 3) for m in METRICS] + [Column("status")]
    rows = [[r["against"], r["category"], r["product"], int(r["r_count"]), *(float(r[f"{m}_median"]) for m in METRICS),
             schema.status_name(int(r["status"])).replace("_", " ")] for _, r in frame.iterrows()]  # fmt: skip
    report.add_table(columns, rows, f"Medians over cells by {words}.", notes=f"ok: more than {MORE_THAN} cells.")
