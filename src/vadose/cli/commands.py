"""The commands of ``vadose``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .. import __version__
from . import progress
from .library import library
from .options import BBOX, LIBRARY, PERIOD, SCHEDULER, read_bbox
from .twin import twin


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vadose")
def vadose() -> None:
    """Make, judge and explain global soil-moisture data."""


vadose.add_command(library)
vadose.add_command(twin)


@vadose.command()
@click.argument("product", required=False)
def products(product: str | None) -> None:
    """List the products vadose reads, or show one."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from ..products import catalogue, get

    console = Console(width=None if sys.stdout.isatty() else 160)
    if product:
        table = Table(show_header=False, box=None)
        for name, value in vars(get(product)).items():
            if value not in ("", None, ()):
                table.add_row(f"[bold]{name}[/]", escape(str(value)))
        console.print(table)
        return
    table = Table(box=None, caption="`vadose products ID` shows one whole")
    columns = ["id", "title", "variable", "cadence", "status"]
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for row in catalogue().reset_index()[columns].itertuples(index=False):
        table.add_row(*(escape(str(value)) for value in row))
    console.print(table)


@vadose.command()
@click.argument("product")
@click.argument("paths", nargs=-1, required=True)
@LIBRARY
@click.option("--name", help="Name in the library; the product's id by default.")
@click.option("--flags", default="recommended", show_default=True, help="recommended, usable or none.")
@BBOX
@PERIOD
@click.option("--layout", default="series", show_default=True, help="series, map, both or archive.")
@click.option("--batch", type=int, help="Times per commit; by default 200, or 512 MB of small frames.")
@click.option("--overwrite", is_flag=True, help="Replace a dataset of the same name.")
@click.option("--skip-bad", is_flag=True, help="Leave damaged files out, naming each.")
@SCHEDULER
def ingest(product: str, paths: tuple[str, ...], url: str, name: str | None, flags: str, bbox: str | None,
           period: str | None, layout: str, batch: int | None, overwrite: bool, skip_bad: bool,
           scheduler: str | None) -> None:  # fmt: skip
    """Read PATHS of PRODUCT into a library.

    Run again with more files to append; interrupted work goes on after its last commit. PRODUCT is an id of
    `vadose products`, or `ismn` for a station archive.
    """
    from .. import products as readers
    from ..recipes import ingest as read_in
    from ..store import Library

    box = None if bbox is None else read_bbox(bbox, hint="--bbox")
    if product != "ismn":  # a misspelt id or path is found before a library is made
        readers.expand(paths, readers.get(product).patterns)
    with progress.plain_warnings(), progress.scheduler(scheduler), progress.steps("Ingesting") as step:
        result = read_in(
            Library(url), product, list(paths), name=name, flags=flags, bbox=box, period=period,
            layout=layout, batch=batch, overwrite=overwrite, skip_bad=skip_bad, step=step,
        )  # fmt: skip
    for path, fault in result.skipped:
        click.secho(f"Skipped {path}: {fault}", err=True, fg="yellow")
    click.echo(
        f"{result.name}: {result.written} of {result.times} {result.unit} written, {result.present} already there."
    )


@vadose.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Output folder; overrides the file's.")
@SCHEDULER
def validate(config: Path, out: Path | None, scheduler: str | None) -> None:
    """Validate products against stations as CONFIG (YAML) says, and write a report."""
    from ..recipes import config as reader
    from ..recipes.evaluate import evaluate

    settings = reader.load(config)
    with progress.plain_warnings(), progress.scheduler(scheduler), progress.steps("Validating") as step:
        report = evaluate(settings, out=out, step=step)
    click.echo(f"Report: {report}")


@vadose.command()
@click.argument("run_a", type=click.Path(path_type=Path))
@click.argument("run_b", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("compared"), show_default=True,
              help="Output folder.")  # fmt: skip
def compare(run_a: Path, run_b: Path, out: Path) -> None:
    """Show what changed between two validations, RUN_A and RUN_B (output folders), cell by cell."""
    from ..recipes.compare_runs import compare_runs

    with progress.plain_warnings():
        report = compare_runs(run_a, run_b, out=out)
    click.echo(f"Report: {report}")


@vadose.command()
@click.argument("recipe", required=False)
@click.option("--data", type=click.Path(path_type=Path), help="Folder with the input files.")
@click.option("--library", help="Library with the products; without one a simulated Earth is made.")
@click.option("--config", type=click.Path(path_type=Path), help="YAML file with the recipe's settings.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True, help="Output folder.")
@click.option("--list", "show", is_flag=True, help="List the recipes.")
@SCHEDULER
def run(recipe: str | None, data: Path | None, library: str | None, config: Path | None, out: Path, show: bool,
        scheduler: str | None) -> None:  # fmt: skip
    """Run a built-in RECIPE."""
    from .. import recipes

    if show or recipe is None:
        for name, text in recipes.names().items():
            click.echo(f"{name:18s} {text}")
        return
    with progress.plain_warnings(), progress.scheduler(scheduler), progress.steps(recipe) as step:
        report = recipes.run(recipe, data=data, library=library, config=config, out=out, step=step)
    click.echo(f"Report: {report}")


@vadose.command()
@click.option("--out", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Output folder.")
@click.option("--seed", default=7, show_default=True, help="Seed of the simulated Earth.")
def demo(out: Path, seed: int) -> None:
    """Take the tour on a simulated Earth: make it, judge two sensors against known truth, write a report."""
    from ..recipes.demo import demo as recipe

    with progress.plain_warnings(), progress.steps("Demo on a SIMULATED Earth") as step:
        report = recipe(out=out, seed=seed, step=step)
    click.echo(f"Report on simulated data: {report}")
