"""The examination: fuse a simulated Earth and score the record, its inputs and its rivals against the truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from .. import fusion, plots, twin, validation
from ..report import Column, Report
from ..store import Library
from .demo import true_pairs
from .validation_report import with_interval

Step = Callable[[int, int, str], None]

REGION = (-4.0, 39.0, -2.0, 41.0)
RESOLUTION = 0.1
YEARS = (2003, 2018)
SEED = 7

#: Rivals on the same inputs.
MERGES = {
    "tc": "CDF matching, triple-collocation weights",
    "equal": "CDF matching, equal weights",
    "lr": "linear regression",
    "qm": "quantile mapping",
}


def twin_exam(*, out: str | Path, region: tuple[float, float, float, float] = REGION, seed: int = SEED,
              step: Step = lambda done, total, text: None) -> Path:  # fmt: skip
    """Make a simulated region, fuse its eleven products by the plan ``rsssm`` and judge the result by the truth.

    Parameters
    ----------
    out : path
        Output folder: ``library``, ``report.html``, ``scores.csv``. What the library holds already is kept, so that an
        interrupted run goes on.
    region : tuple of float
        ``(west, south, east, north)`` [degrees].
    seed : int
        Seed of the simulated Earth.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.
    """
    folder = Path(out).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    library = Library(str(folder / "library"))
    step(0, 4, "simulating land, weather, soil water and eleven products")
    if "twin/stations" not in library.names():  # the last to be written
        for name in library.names():
            library.delete(name)
        twin.create(library, region=region, resolution=RESOLUTION, years=YEARS, seed=seed, step="dekad",
                    products="rsssm")  # fmt: skip
    plan = fusion.Plan.load("rsssm")
    step(1, 4, "training and simulating five rounds")
    fused = fusion.fuse(plan, library)
    step(2, 4, "merging in the ways of others")
    inputs = {k: library.open(plan.prefix + p.dataset) for k, p in plan.products.items()}
    sensors = {k: p.sensor for k, p in plan.products.items()}
    target = plan.rounds[0].targets[0]
    records = {"fused (localised networks)": fused["sm"]}
    for method, label in MERGES.items():
        merged = fusion.merge(inputs, reference=inputs[target], method=method, sensors=sensors)
        records[f"merged: {label}"] = merged["sm"].sel(time=fused["time"])
    step(3, 4, "scoring against the truth")
    truth = library.open("twin/truth")["sm"].isel(layer=0, drop=True)
    report = _report(fused, records, {k: d["sm"] for k, d in inputs.items()}, truth, target, folder)
    step(4, 4, "done")
    return report


def compare(records: dict[str, xr.DataArray], truth: xr.DataArray) -> xr.Dataset:
    """Pooled scores of records against the truth, each on its own times; ``coverage`` is the share with a value."""
    scores = {}
    for label, sm in records.items():
        times = np.intersect1d(sm["time"].values, truth["time"].values)
        pairs = true_pairs(sm.sel(time=times), truth.sel(time=times)).compute()
        one = validation.score_pooled(pairs, n_boot=300)
        one["coverage"] = (
            (),
            float(pairs["estimate"].notnull().mean()),
            {"units": "1", "long_name": "share with a value"},
        )
        scores[label] = one
    return validation.tidy(scores)


def inside_bands(fused: xr.Dataset, truth: xr.DataArray, *, debias: bool) -> dict[str, float]:
    """Share of the truth within 1 and 1.96 standard uncertainties; optionally after the mean difference is removed."""
    error = (fused["sm"] - truth.sel(time=fused["time"])).compute()
    if debias:
        error = error - error.mean("time")
    ratio = np.abs(error) / fused["sm_uncertainty"].compute()
    valid = np.isfinite(ratio)
    return {"68 %": float((ratio <= 1).sum() / valid.sum()), "95 %": float((ratio <= 1.96).sum() / valid.sum())}


def _report(fused, records, inputs, truth, target: str, folder: Path) -> Path:
    report = Report("Twin exam: eleven simulated products fused", simulated=True,
                    subtitle="plan rsssm, 2003-2018, dekads at 0.1°, judged by the simulated truth")  # fmt: skip
    report.add_section(
        "Records and rivals",
        f"The fused record and four merges of the same inputs, all brought to the climate of {target}. Bias against "
        "the truth is therefore the target's; ubRMSE and R tell what the method itself adds or loses.",
    )
    best = compare(records, truth)
    _table(report, best, "Complete records against the simulated truth of the top layer, all cells and dekads.")
    for metric, unit in (("ubrmse", "m3 m-3"), ("r", "1"), ("rmse", "m3 m-3")):
        caption = f"{validation.METRICS[metric][1].capitalize()} of the records against the truth."
        report.add_figure(plots.svg(plots.forest(best, metric), title=caption), caption, units=unit)
    report.add_section("The inputs", "Each product on its own dekads.")
    single = compare(inputs, truth)
    _table(report, single, "Single products against the simulated truth, all cells and dekads each has.")
    caption = "Unbiased RMSE of the single products against the truth."
    report.add_figure(plots.svg(plots.forest(single, "ubrmse"), title=caption), caption, units="m3 m-3")
    report.add_section("Uncertainty", "How often the truth lies within the stated uncertainty of the fused record.")
    rows = [[label, *inside_bands(fused, truth, debias=flag).values()]
            for label, flag in (("as it is", False), ("after removing each cell's mean difference", True))]  # fmt: skip
    report.add_table([Column("truth"), Column("within 1 σ (68 %)", digits=2), Column("within 1.96 σ (95 %)", digits=2)],
                     rows, "Coverage of the fused record's uncertainty.")  # fmt: skip
    report.add_provenance({"plan": fused.attrs.get("plan", ""), "seed": truth.attrs.get("seed", SEED),
                           "software": fused.attrs.get("software", "")})  # fmt: skip
    best.to_dataframe().to_csv(folder / "scores.csv")
    return report.write(folder / "report.html")


def _table(report: Report, scores: xr.Dataset, caption: str) -> None:
    columns = [Column("record"), Column("coverage", digits=2), Column("n"), Column("R"), Column("bias", "m3 m-3"),
               Column("ubRMSE", "m3 m-3"), Column("RMSE", "m3 m-3")]  # fmt: skip
    rows = []
    for label in scores["product"].values:
        s = scores.sel(product=label)
        errors = [with_interval(s, m, 4) for m in ("bias", "ubrmse", "rmse")]
        rows.append([str(label), float(s["coverage"]), int(s["n"]), with_interval(s, "r", 3), *errors])
    report.add_table(columns, rows, caption)
