"""``vadose fuse``: many products into one complete record."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import progress
from .options import LIBRARY, SCHEDULER

if TYPE_CHECKING:
    import xarray as xr

    from ..fusion import Plan

PLAN = click.option("--plan", default="rsssm", show_default=True, help="A built-in plan or a YAML file.")
PREFIX = click.option("--prefix", help="What stands before the plan's dataset names, such as twin/.")
NAME = click.option("--name", default="fused", show_default=True, help="Name of the record in the library.")


@click.group()
def fuse() -> None:
    """Fuse soil-moisture products into one complete record with uncertainty."""


def _load(plan: str, prefix: str | None) -> Plan:
    from ..fusion import Plan

    return Plan.load(plan, prefix=prefix)


@fuse.command()
@PLAN
@PREFIX
def describe(plan: str, prefix: str | None) -> None:
    """Show a plan: rounds, sub-steps, periods, targets, predictors, networks."""
    click.echo(_load(plan, prefix).describe())


@fuse.command()
@LIBRARY
@PLAN
@PREFIX
def check(url: str, plan: str, prefix: str | None) -> None:
    """Show what a plan finds in a library, and whether it can run; no value is read."""
    from .. import fusion
    from ..store import Library

    loaded, library = _load(plan, prefix), Library(url, create=False)
    found = fusion.availability(loaded, library)
    _show(("product", "dataset", "sensor", "period of the plan", "found", "dekads"),
          [[p, *(str(found[v].sel(product=p).item()) for v in ("dataset", "sensor", "said", "found", "n_dekads"))]
           for p in found["product"].values.tolist()])  # fmt: skip
    rows = [[s, *(str(found[v].sel(substep=s).item()) for v in ("train", "simulate")), _overlap(found, s)]
            for s in found["substep"].values.tolist()]  # fmt: skip
    _show(("sub-step", "learns from", "simulates", "dekads to learn from / to simulate from, by product"), rows)
    loaded.check(library)
    click.echo(f"Plan {loaded.name} can run: {len(loaded.network_names())} independent networks.")


def _overlap(found: xr.Dataset, step: str) -> str:
    words = []
    for p in found["product"].values.tolist():
        n, m = (int(found[v].sel(substep=step, product=p)) for v in ("n_train", "n_simulate"))
        if n >= 0:
            words.append(f"{p} {n} (target)" if m < 0 else f"{p} {n}/{m}")
    return ", ".join(words)


@fuse.command()
@LIBRARY
@PLAN
@PREFIX
@NAME
@click.option("--overwrite", is_flag=True, help="Write the record anew; networks of the same plan are kept.")
@SCHEDULER
def run(url: str, plan: str, prefix: str | None, name: str, overwrite: bool, scheduler: str | None) -> None:
    """Train a plan, simulate all rounds and write the record; interrupted work goes on after its last commit."""
    from .. import fusion
    from ..store import Library

    loaded, library = _load(plan, prefix), Library(url, create=False)
    with progress.plain_warnings(), progress.scheduler(scheduler), progress.steps("Fusing") as step:
        ds = fusion.fuse(loaded, library, name=name, overwrite=overwrite,
                         progress=lambda label, done, total: step(done, total, label))  # fmt: skip
    first, last = (str(t)[:10] for t in ds["time"].values[[0, -1]])
    click.echo(f"{name}: {ds.sizes['time']} dekads, {first} to {last}.")


@fuse.command()
@LIBRARY
@PLAN
@PREFIX
@NAME
@click.option("--last", help="Last dekad to append, such as 2019D05; by default the last that has a predictor.")
@SCHEDULER
def update(url: str, plan: str, prefix: str | None, name: str, last: str | None, scheduler: str | None) -> None:
    """Simulate dekads that came after the record's end and append them, without training."""
    from .. import fusion
    from ..store import Library

    loaded, library = _load(plan, prefix), Library(url, create=False)
    with progress.plain_warnings(), progress.scheduler(scheduler):
        count = fusion.update(loaded, library, name=name, last=last)
    click.echo(f"{name}: {count} dekads appended.")


@fuse.command()
@LIBRARY
@PLAN
@PREFIX
@NAME
@click.option("--stations", default="stations", show_default=True, help="Dataset of stations, without the prefix.")
@click.option(
    "--share",
    type=float,
    default=1.0,
    show_default=True,
    help="Part of the stations that calibrates; the rest stays independent.",
)
@click.option(
    "--depth",
    type=(float, float),
    default=(0.0, 0.05),
    show_default=True,
    metavar="FROM TO",
    help="Depths [m] that hold a sensor.",
)
@SCHEDULER
def calibrate(url: str, plan: str, prefix: str | None, name: str, stations: str, share: float,
              depth: tuple[float, float], scheduler: str | None) -> None:  # fmt: skip
    """Calibrate level and years of a record by stations, which then no longer judge it; writes NAME.calibrated."""
    from .. import fusion
    from ..fusion.calibrate import calibrated_name, calibration_name
    from ..fusion.station_gain import Gain
    from ..fusion.station_rows import rms_left
    from ..store import Library

    loaded, library = _load(plan, prefix), Library(url, create=False)
    asked = fusion.Stations.of({"dataset": stations, "share": share, "depth": depth}, where="options")
    with progress.plain_warnings(), progress.scheduler(scheduler), progress.steps("Calibrating") as step:
        fusion.calibrate(loaded, library, name=name, stations=asked,
                         progress=lambda label, done, total: step(done, total, label))  # fmt: skip
        fit = library.open(calibration_name(name)).compute()
    a = fit.attrs
    click.echo(f"Calibrated by {a['stations']}; they are no longer independent of it.")
    gain = Gain.of(a)
    if gain.known:
        mean = float(fit["response"].mean())
        error = mean * gain.error / gain.value
        click.echo(f"Response of its years to theirs: {mean:.3f} ± {error:.3f}, mean of cells")
    else:
        click.echo("Differences between its years keep their size: no stations tell of it.")
    for words, kind in (("Mean of station", "difference"), ("Single years of station", "drift_seen")):
        before, after = rms_left(fit, kind)
        if not math.isnan(before):  # stations of few years have none
            click.echo(f"{words} less record, rms: {before:.4f} m3 m-3; {after:.4f} beyond what the others predict.")
    click.echo(f"Written: {calibrated_name(name)}")


@fuse.command()
@LIBRARY
@PLAN
@PREFIX
@NAME
@click.option("--truth", help="Dataset taken for the truth; that of a simulated Earth by default.")
@click.option("--stations", help="Dataset of stations to judge by, where there is no truth.")
@click.option("--baselines", help="Names separated by commas; all by default.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True, help="Output folder.")
@SCHEDULER
def compare(url: str, plan: str, prefix: str | None, name: str, truth: str | None, stations: str | None,
            baselines: str | None, out: Path, scheduler: str | None) -> None:  # fmt: skip
    """Score a fused record beside every baseline and single product: a table, scores.csv and report.html."""
    from ..errors import ConfigError
    from ..recipes.fusion_settings import FusionSettings
    from ..recipes.rsssm import rsssm
    from ..recipes.settings import check as checked
    from ..store import Library

    if name not in Library(url, create=False).names():
        raise ConfigError("--name", found=f"no record {name!r} in {url}", needed="a fused record",
                          do="Make it with `vadose fuse run` (and `vadose fuse calibrate`).")  # fmt: skip
    raw = {"plan": plan, "prefix": prefix, "name": name, "truth": truth, "stations": stations}
    if baselines is not None:
        raw["baselines"] = [b.strip() for b in baselines.split(",") if b.strip()]  # type: ignore[assignment]
    settings = checked(raw, FusionSettings, where="options")
    with progress.plain_warnings(), progress.scheduler(scheduler), progress.steps("Comparing") as step:
        report = rsssm(out=out, library=url, settings=settings, step=step)
    table = out / "scores.csv"
    if table.exists():
        import pandas as pd

        scores = pd.read_csv(table)
        wanted = ("coverage", "r", "bias", "ubrmse", "rmse", "ratio", "ratio_unbiased")
        _show(("", "n", *wanted[:5], "fused / it", "unbiased"),
              [[str(row["product"]), str(row["n"]), *(f"{row[w]:.3f}" for w in wanted)]
               for row in scores.to_dict("records")])  # fmt: skip
        click.echo(f"Scores: {table}")
    click.echo(f"Report: {report}")


def _show(head: tuple[str, ...], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None)
    for column in head:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(str(v)) for v in row))
    Console(width=None if sys.stdout.isatty() else 160).print(table)
