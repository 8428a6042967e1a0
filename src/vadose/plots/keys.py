"""Keys of a figure: colour bars, legends of classes, and the words where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .style import GREY, WIDTH, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

#: Where the bar of a whole figure stands: left, bottom, width, height [inch].
BAR = (0.28 * WIDTH, 0.42, 0.44 * WIDTH, 0.11)
#: Width of a digit of a tick [inch].
_DIGIT = 0.065


def colour_bar(
    figure: Figure, mappable: ScalarMappable, label: str = "", *, at: tuple[float, float, float, float] = BAR,
    size: float | None = None, ticks: Any = None,
) -> Colorbar:  # fmt: skip
    """Draw a colour bar in a box [inch], lying in a wide one and standing in a high one.

    Its ends are pointed as the scale of the mappable says. ``size`` is that of the label; ``ticks`` are values or a
    locator.
    """
    lying = at[2] >= at[3]
    bar = figure.colorbar(mappable, cax=place(figure, *at), orientation="horizontal" if lying else "vertical",
                          ticks=ticks)  # fmt: skip
    if lying and ticks is None:
        _thin_out(bar, at[2])
    bar.set_label(label, size=size)
    bar.outline.set(linewidth=0.5, edgecolor=GREY)
    return bar


def _thin_out(bar: Colorbar, width: float) -> None:
    """Take fewer ticks where their numbers would run into each other on a bar so wide [inch]."""
    from matplotlib.ticker import MaxNLocator

    low, high = sorted(bar.ax.get_xlim())
    inside = [t for t in bar.get_ticks() if low <= t <= high]
    longest = _DIGIT * (2 + max(map(len, bar.ax.xaxis.get_major_formatter().format_ticks(inside)), default=0))
    if len(inside) * longest > width + longest:
        bar.locator = MaxNLocator(max(2, int(width / longest)), steps=[1, 2, 2.5, 5, 10])
        bar.update_ticks()


def class_legend(figure: Figure, entries: Mapping[str, Any], *, columns: int = 4, bottom: float = 0.0) -> None:
    """Name the colours of classes below a figure, ``bottom`` inches above its edge."""
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, edgecolor=GREY, lw=0.4, label=name) for name, colour in entries.items()]
    figure.legend(handles=handles, loc="lower center", ncols=min(columns, len(handles)), borderaxespad=0.1,
                  bbox_to_anchor=(0.5, bottom / figure.get_figheight()), handlelength=1.2, handletextpad=0.4,
                  columnspacing=1.4)  # fmt: skip


def empty_note(axes: Axes, text: str, *, row: float | None = None) -> None:
    """Write words in place of data, in the middle of the axes or of one of its rows."""
    frame = axes.transAxes if row is None else axes.get_yaxis_transform()
    axes.text(0.5, 0.5 if row is None else row, text, transform=frame, ha="center", va="center", style="italic",
              color=GREY, zorder=5, size=8.5 if row is None else 7.5)  # fmt: skip
