"""Several maps in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .basemap import Basemap
from .style import GREY, WIDTH, new_figure, place, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def map_panels(
    ground: Basemap, titles: Sequence[str], *, footer: float, field: bool = False, most: int | None = None
) -> tuple[Figure, list[Axes]]:
    """A grid of maps with room [inch] below them; coordinates on the outer ones only.

    ``field``: the maps will hold fields, and their shores lie on top. ``most``: maps in a row; by default what fits.
    """
    count = max(len(titles), 1)
    most = most or (2 if ground.world else 4 if ground.aspect < 1.3 else 5)
    columns = min(count, most)
    gap, head = 0.14, 0.34 if any(titles) else 0.08
    left, below = (0.08, 0.08) if ground.world else (0.48, 0.24)
    if columns == 1 and ground.world:
        left = 0.5
    wide = min((WIDTH - left - gap * (columns - 1)) / columns, 4.6 / max(ground.aspect, 0.6))
    if columns == 1:
        left = (WIDTH - wide) / 2 + 0.2
    tall = wide * ground.aspect
    rows = -(-count // columns)
    figure = new_figure(WIDTH, rows * (tall + head) + below + footer)
    panels: list[Axes] = []
    if not titles:
        figure.text(0.5, 0.6, "no cell", ha="center", style="italic", color=GREY)
    for number, title in enumerate(titles):
        row, column = divmod(number, columns)
        bottom = footer + below + (rows - 1 - row) * (tall + head)
        axes = place(figure, left + column * (wide + gap), bottom, wide, tall)
        lowest = number + columns >= len(titles)
        ground.draw(axes, labels=(lowest, column == 0), field=field)
        axes.set_title(wrap(title, max(10, int(wide / 0.066))), size=7.5, pad=4.5, linespacing=1.05)
        panels.append(axes)
    return figure, panels
