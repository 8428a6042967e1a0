"""A report on what changed between two runs of a validation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from .. import plots, schema, units, validation
from ..errors import InputFileError
from ..report import Column, Report
from .figures import add_figure
from .outputs import save_dataset, writable_folder

_NAMES = {"r": "R", "bias": "bias", "ubrmse": "ubRMSE", "rmse": "RMSE", "anomaly_r": "anomaly R"}


def compare_runs(a: str | Path, b: str | Path, *, out: str | Path) -> Path:
    """Compare the scores of two runs and write a report.

    Parameters
    ----------
    a, b : path
        Output folders of two validations, or their ``scores.nc``.
    out : path
        Output folder: ``report.html``, ``differences.nc``.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    InputFileError
        If a run has no scores that can be read.
    """
    runs = [_open(p) for p in (a, b)]
    result = validation.compare_runs(*runs)
    folder = writable_folder(out)
    save_dataset(result, folder / "differences.nc")
    level = 100 * float(result.attrs["level"])
    report = Report("Two runs compared", subtitle=f"A: {a}; B: {b}", simulated=schema.is_simulated(result))
    report.add_section("What changed", "Scores of both runs, paired on the cells (product and stations) that both "
                       f"have; differences are B minus A, means over cells with {level:g} % intervals.")  # fmt: skip
    columns = [Column("product"), Column("metric"), Column("common"), Column("changed"), Column("A"), Column("B"),
               Column("B minus A"), Column("p", digits=4), Column("status")]  # fmt: skip
    rows = []
    for product in result["product"].values.astype(str):
        for metric in result["metric"].values.astype(str):
            one = result.sel(product=product, metric=metric)
            change = units.format_interval(float(one["difference"]), float(one["difference_lower"]),
                                           float(one["difference_upper"]), digits=4)  # fmt: skip
            rows.append([product, _NAMES.get(metric, metric), int(one["n_common"]), int(one["n_changed"]),
                         float(one["a"]), float(one["b"]), change, float(one["p_value"]),
                         schema.status_name(int(one["status"])).replace("_", " ")])  # fmt: skip
    report.add_table(columns, rows, "Medians over common cells of both runs, and their paired differences.",
                     notes="Errors in m³ m⁻³. Changed: common cells whose value differs at all.")  # fmt: skip
    alone = [[str(p), int(a), int(b)] for p, a, b in zip(result["product"].values, result["only_a"].values,
                                                         result["only_b"].values, strict=True)]  # fmt: skip
    report.add_table(["product", "cells of A alone", "cells of B alone"], alone, "Cells that one run alone has.")
    for metric in ("r", "ubrmse"):
        if metric in result["metric"] and np.isfinite(result["difference"].sel(metric=metric).values).any():
            caption = f"{_NAMES[metric]} of run B minus that of run A on common cells, with intervals."
            unit = str(result["unit"].sel(metric=metric).values)
            table = result.sel(metric=metric)[["difference", "difference_lower", "difference_upper"]]
            table = table.assign(n=result["n_common"].sel(metric=metric)).reset_coords(drop=True)
            for name in table.data_vars:
                table[name].attrs = {"units": unit, "long_name": f"{_NAMES[metric]}, B minus A"}
            add_figure(report, plots.forest(table, "difference"), caption, unit)
    report.add_provenance({f"run {k}": {"scores": str(p), "software": r.attrs.get("software", ""),
                                        "title": r.attrs.get("title", "")}
                           for k, p, r in zip("AB", (a, b), runs, strict=True)})  # fmt: skip
    return report.write(folder / "report.html")


def _open(path: str | Path) -> xr.Dataset:
    file = Path(path) / "scores.nc" if Path(path).is_dir() else Path(path)
    try:
        return xr.load_dataset(file)
    except (OSError, ValueError) as err:
        raise InputFileError(file, found="no scores that can be read", needed="scores.nc of a validation",
                             do="Give the output folder of `vadose validate` or `vadose run`.") from err  # fmt: skip
