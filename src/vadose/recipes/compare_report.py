"""Tables and forests of one product against many."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import plots, schema, units
from ..report import Column, Report
from .figures import add_figure

#: Metric -> as printed.
NAMES = {"r": "R", "rmse": "RMSE", "bias": "bias", "ubrmse": "ubRMSE", "anomaly_r": "anomaly R"}
_WORDS = {
    "time": ("Accuracy in time", "Each cell scored over time, then means and medians over cells."),
    "space": ("Accuracy in space", "Each date scored over cells, then means and medians over dates."),
}


def add_tables(report: Report, result: xr.Dataset) -> None:
    """Means and medians of both sides, and the test of every difference, in time and in space."""
    candidate = str(result.attrs["candidate"])
    level = 100 * float(result.attrs["level"])
    sample = "both have" if result.attrs["common"] == "pair" else "all products have"
    for view, (title, intro) in _WORDS.items():
        one = result.sel(view=view)
        report.add_section(title, f"{intro} Every row pair rests on the cells and dates that {sample}. A star marks "
                           f"the better side where the difference is clear at {level:g} % after control of the false "
                           "discovery rate over the table.")  # fmt: skip
        metrics = [
            m for m in result["metric"].values.astype(str) if np.isfinite(one["mean"].sel(metric=m).values).any()
        ]
        if not metrics:
            counts = ", ".join(f"{o}: {schema.status_name(int(s)).replace('_', ' ')}"
                               for o, s in zip(one["other"].values, one["status"].values, strict=True))  # fmt: skip
            report.add_text(f"No number: {counts}.")
            continue
        columns = [Column("against"), Column("statistic"), Column("product"), Column("n")]
        columns += [Column(NAMES[m], str(one["unit"].sel(metric=m).values)) for m in metrics]
        rows = []
        for other in one["other"].values.astype(str):
            for word in ("mean", "median"):
                for side, name, sign in (("candidate", candidate, 1), ("other", other, -1)):
                    row: list[object] = [other, word, name, int(one["n"].sel(other=other, metric="r"))]
                    for m in metrics:
                        star = "*" if int(one["better"].sel(other=other, metric=m)) == sign else ""
                        value = float(one[word].sel(other=other, metric=m, side=side))
                        row.append(units.format_number(value, 3) + star)
                    rows.append(row)
        report.add_table(columns, rows, f"{title}: {candidate} and each other product on common cells and dates.")
        tests = [[other, NAMES[m], int(one["n"].sel(other=other, metric=m)), _interval(one, other, m),
                  *(float(one[p].sel(other=other, metric=m)) for p in ("p_value", "p_value_fdr"))]
                 for other in one["other"].values.astype(str) for m in metrics]  # fmt: skip
        heads = [Column("against"), Column("metric"), Column("n"), Column("mean difference"), Column("p", digits=4),
                 Column("p adjusted", digits=4)]  # fmt: skip
        with report.add_details(f"{title}: tests of every difference"):
            report.add_table(heads, tests, f"{candidate} minus the other, with {level:g} % intervals; of absolute "
                             "values for the bias.")  # fmt: skip
        for m in ("r", "ubrmse"):
            if m in metrics:
                caption = f"{title}: {NAMES[m]} of {candidate} minus that of each other product, with intervals."
                figure = plots.forest(_forest(one, m), "difference")
                add_figure(report, figure, caption, str(one["unit"].sel(metric=m).values))


def _interval(one: xr.Dataset, other: str, metric: str) -> str:
    ends = (float(one[f"difference{e}"].sel(other=other, metric=metric)) for e in ("", "_lower", "_upper"))
    value, lower, upper = ends
    return units.format_interval(value, lower, upper, digits=4)


def _forest(one: xr.Dataset, metric: str) -> xr.Dataset:
    """The differences of one metric as a table of products."""
    unit = str(one["unit"].sel(metric=metric).values)
    some = one.sel(metric=metric)
    names = [f"difference{e}" for e in ("", "_lower", "_upper")]
    out = some[names].rename(other="product").reset_coords(drop=True)
    for name in names:
        out[name].attrs = {"units": unit, "long_name": f"difference of {NAMES[metric]}"}
    return out.assign(n=("product", some["n"].values))
