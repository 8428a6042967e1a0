"""``vadose twin``: make a simulated Earth."""

from __future__ import annotations

import click

from . import progress
from .options import LIBRARY, SCHEDULER, read_bbox


@click.group()
def twin() -> None:
    """Make a SIMULATED Earth whose truth is known."""


@twin.command()
@LIBRARY
@click.option("--region", required=True, help="west,south,east,north in degrees.")
@click.option("--resolution", default=0.1, show_default=True, help="Cell size in degrees; must divide 180.")
@click.option("--years", default="2003-2018", show_default=True, help="First and last year.")
@click.option("--seed", default=7, show_default=True, help="Each seed is another Earth.")
@click.option("--step", default="dekad", show_default=True, help="day or dekad.")
@click.option("--products", default="rsssm", show_default=True,
              help="rsssm for everything, plain for two sensors, or names separated by commas.")  # fmt: skip
@click.option("--trends/--no-trends", default=True, show_default=True,
              help="The same Earth with its imposed trends or without.")  # fmt: skip
@click.option("--station-density", default=1.4, show_default=True, help="Stations per 1° × 1° tile, 0 to 4.")
@SCHEDULER
def create(url: str, region: str, resolution: float, years: str, seed: int, step: str, products: str, trends: bool,
           station_density: float, scheduler: str | None) -> None:  # fmt: skip
    """Simulate a region: truth, satellite products, quality factors, reanalyses, production, flights, stations."""
    from .. import twin as room
    from ..store import Library

    names = None if products == "plain" else [p.strip() for p in products.split(",")]
    span, box = _years(years), read_bbox(region, hint="--region")
    with progress.plain_warnings(), progress.scheduler(scheduler):
        library = Library(url)
        written = room.create(library, region=box, resolution=resolution, years=span, seed=seed, step=step,
                              products=names, trends=trends, station_density=station_density)  # fmt: skip
        left_out = library.open("twin/truth").attrs.get("left_out", "").split()
    if left_out:
        text = f"Left out, because their periods lie outside {years}: {', '.join(left_out)}"
        click.secho(text, err=True, fg="yellow")
    for name in written:
        click.echo(name)
    click.echo(f"{len(written)} SIMULATED datasets written to {url}.")


def _years(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        raise click.BadParameter(f"found {text!r}; needed years such as 2003-2018 or 2015", param_hint="--years")
    return int(first), int(last or first)
