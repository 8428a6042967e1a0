"""Options that several commands share, and how their text is read."""

from __future__ import annotations

import click

LIBRARY = click.option("--library", "url", required=True, help="Library: a folder, s3:// or gs:// URL.")
SCHEDULER = click.option("--scheduler", help="Dask scheduler, such as tcp://host:8786 (or VADOSE_SCHEDULER).")
BBOX = click.option("--bbox", help="west,south,east,north in degrees.")
PERIOD = click.option("--period", help="Such as 2017 or 2017-01-01/2018-12-31.")


def read_bbox(text: str, *, hint: str) -> tuple[float, float, float, float]:
    """Four numbers of a box; ``hint`` names the option in the message."""
    from ..grid import check_bbox

    try:
        parts = tuple(float(p) for p in text.split(","))
    except ValueError:
        raise click.BadParameter(f"found {text!r}; needed west,south,east,north in degrees", param_hint=hint) from None
    return check_bbox(parts)  # type: ignore[arg-type]
