"""``vadose library``: look after a library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import BBOX, PERIOD, read_bbox

if TYPE_CHECKING:
    from ..store import Library

URL = click.argument("url")


@click.group()
def library() -> None:
    """Look into a library and look after it."""


def _open(url: str) -> Library:
    from ..store import Library

    return Library(url, create=False)


@library.command("ls")
@URL
def list_names(url: str) -> None:
    """List the datasets of the library at URL."""
    from rich.console import Console
    from rich.table import Table

    lib = _open(url)
    table = Table(box=None)
    for column in ("name", "form", "size", "period", "layouts"):
        table.add_column(column, overflow="fold", no_wrap=column == "name")
    for name in lib.names():
        info = lib.info(name)
        period = " to ".join(str(p)[:10] for p in info.get("period") or ())
        table.add_row(name, info["form"], _size(info["dims"]), period, ", ".join(info["layouts"]))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@library.command()
@URL
@click.argument("name")
def info(url: str, name: str) -> None:
    """Show what is known of dataset NAME."""
    known = _open(url).info(name)
    special = {
        "dims": _size(known.pop("dims")),
        "period": " to ".join(known.pop("period") or ()),
        "variables": ", ".join(f"{k} [{v['units']}]" for k, v in known.pop("variables").items()),
        "layouts": ", ".join(known.pop("layouts")),
        "size": f"{known.pop('bytes') / 1e6:,.1f} MB before compression",
    }
    known.pop("chunks")
    for key, value in {**known, **special}.items():
        click.echo(f"{key:10s} {value}")


def _size(dims: dict[str, int]) -> str:
    return ", ".join(f"{k} {v}" for k, v in dims.items() if k != "bnds")


@library.command()
@URL
@click.argument("name", required=False)
def history(url: str, name: str | None) -> None:
    """List the snapshots, newest first; each can be opened again."""
    click.echo(_open(url).history(name).to_string(index=False))


@library.command()
@URL
def check(url: str) -> None:
    """Read every dataset and report what is damaged."""
    report = _open(url).check()
    for problem in report.problems:
        click.secho(str(problem), fg="red")
    click.echo(f"{report.checked} datasets, {report.chunks} chunks read, {len(report.problems)} problems.")
    if report.problems:
        raise click.exceptions.Exit(2)


@library.command("rm")
@URL
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(url: str, name: str, yes: bool) -> None:
    """Delete dataset NAME; old snapshots keep it until garbage is collected."""
    lib = _open(url)
    lib.info(name)
    if not yes:
        click.confirm(f"Delete {name} from {url}?", abort=True)
    lib.delete(name)
    click.echo(f"Deleted {name}. Older snapshots still hold it: `vadose library gc` frees the space.")


@library.command("gc")
@URL
@click.option("--older-than", help="Forget snapshots before this date, such as 2025-01-01; 30 days ago by default.")
def collect(url: str, older_than: str | None) -> None:
    """Free the space of data no snapshot needs."""
    import datetime

    try:
        when = datetime.datetime.fromisoformat(older_than) if older_than else datetime.timedelta(days=30)
    except ValueError:
        raise click.BadParameter(
            f"found {older_than!r}; needed a date such as 2025-01-01", param_hint="--older-than"
        ) from None
    result = _open(url).collect_garbage(older_than=when)
    for key, value in result.items():
        click.echo(f"{key}: {value}")


@library.command()
@URL
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", "kind", help="netcdf, geotiff, csv or zarr; from the suffix by default.")
@click.option("--variable", "variables", multiple=True, help="Only these variables.")
@PERIOD
@BBOX
def export(url: str, name: str, path: Path, kind: str | None, variables: tuple[str, ...], period: str | None,
           bbox: str | None) -> None:  # fmt: skip
    """Write dataset NAME to PATH as NetCDF, GeoTIFF (COG), CSV or Zarr."""
    box = None if bbox is None else read_bbox(bbox, hint="--bbox")
    written = _open(url).export(name, path, format=kind, variables=list(variables) or None, period=period,
                                bbox=box)  # fmt: skip
    for file in written:
        click.echo(f"Written: {file}")
