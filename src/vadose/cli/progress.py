"""Progress bars and the choice of a dask scheduler."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[int, int, str], None]


@contextmanager
def steps(title: str) -> Iterator[Step]:
    """A bar for work in named steps: call the yielded function with (done, total, what comes next)."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(escape(title), total=None)

        def step(done: int, total: int, text: str) -> None:
            bar.update(task, completed=done, total=total, description=escape(f"{title}: {text}" if text else title))

        yield step


@contextmanager
def scheduler(address: str | None) -> Iterator[None]:
    """Run dask on a cluster, if an address is given here or in ``VADOSE_SCHEDULER``; else on threads.

    Raises
    ------
    ConfigError
        If nothing answers at the address.
    """
    address = address or os.environ.get("VADOSE_SCHEDULER")
    if not address:
        yield
        return
    from distributed import Client

    from ..errors import ConfigError

    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as err:
        needed = "the address of a running dask scheduler, such as tcp://host:8786"
        raise ConfigError("--scheduler", found=f"{address!r}, where nothing answers", needed=needed) from err
    try:
        yield
    finally:
        client.close()


@contextmanager
def plain_warnings() -> Iterator[None]:
    """Show warnings as one line each, once."""
    from rich.console import Console
    from rich.markup import escape

    console, seen = Console(stderr=True), set()

    def show(message, category, filename, lineno, file=None, line=None) -> None:
        text = str(message)
        if text not in seen and issubclass(category, UserWarning):
            seen.add(text)
            console.print(f"[yellow]Warning:[/] {escape(text)}", highlight=False)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
