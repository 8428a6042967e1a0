"""How a recipe tells what it is doing."""

from __future__ import annotations

from collections.abc import Callable

#: Told (done, total, text) as the work goes on.
Step = Callable[[int, int, str], None]


def silent(done: int, total: int, text: str) -> None:
    """Tell nobody."""
