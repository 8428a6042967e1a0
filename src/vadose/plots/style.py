"""How every figure looks: fonts, sizes, colours, labels and the mark of simulated data."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import xarray as xr

from ..schema import is_simulated
from ..units import format_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")
T = TypeVar("T")

#: Width of a figure [inch]: a column of the report, and of A4 between margins.
WIDTH = 7.55

#: Okabe and Ito's eight colours, told apart with every common colour vision.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW, BLACK = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000",
)  # fmt: skip
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW, BLACK)
INK, GREY, FAINT = "#1a1a1a", "#6b6b6b", "#d9d9d9"

RC: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "lines.linewidth": 1.0,
    "lines.solid_capstyle": "butt",
    "text.parse_math": False,  # a station may be called $A$
    "svg.fonttype": "none",
    "svg.hashsalt": "vadose",
    "figure.dpi": 100,
    "savefig.dpi": 130,
}


def drawn(function: Callable[P, T]) -> Callable[P, T]:
    """Run a drawing function in the style of the house, whatever the user's Matplotlib settings are."""

    @functools.wraps(function)
    def styled(*args: P.args, **kwargs: P.kwargs) -> T:
        import matplotlib

        with matplotlib.rc_context():
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(RC)
            return function(*args, **kwargs)

    return styled


def new_figure(width: float, height: float) -> Figure:
    """An empty figure [inch] that can measure its own text; it belongs to no window and no global list."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def place(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes at a position in inches from the lower left corner."""
    w, h = figure.get_size_inches()
    return figure.add_axes((left / w, bottom / h, width / w, height / h))


def text_width(figure: Figure, texts: list[str], *, size: float = 8.5, weight: str = "normal") -> float:
    """Width [inch] of the widest text."""
    widest = 0.0
    for text in texts:
        artist = figure.text(0, 0, text, size=size, weight=weight)
        widest = max(widest, artist.get_window_extent().width / figure.dpi)
        artist.remove()
    return widest


def wrap(text: object, width: int) -> str:
    """Break a long name into at most two lines, at blanks or behind underscores; what remains is cut.

    Examples
    --------
    >>> wrap("ESA CCI soil moisture combined", 16).splitlines()
    ['ESA CCI soil', 'moisture …']
    >>> wrap("esa_cci_combined_v09.2", 18).splitlines()
    ['esa_cci_combined_', 'v09.2']
    """
    words = [part for part in re.split(r"(?<=[_\s])", " ".join(str(text).split())) if part]
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    lines = [line if len(line) <= width else line[: width - 1] + "…" for line in map(str.strip, lines) if line]
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: width - 2]} …"]
    return "\n".join(lines)


def axis_label(da: xr.DataArray, name: str = "") -> str:
    """Long name and unit of a variable.

    Examples
    --------
    >>> axis_label(xr.DataArray(0.0, attrs={"long_name": "bias", "units": "m3 m-3"}))
    'Bias [m³ m⁻³]'
    """
    text = str(name or da.attrs.get("long_name") or da.name or "")
    return f"{text[:1].upper()}{text[1:]} [{format_unit(str(da.attrs.get('units', '1')))}]"


def finish(figure: Figure, *data: xr.Dataset | xr.DataArray, title: str, description: str) -> Figure:
    """Give a figure its title and description for readers who cannot see it, and mark simulated data.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The drawn figure.
    *data : Dataset or DataArray
        What was drawn; the mark appears when any of it has ``simulated = true``.
    title, description : str
        They become ``<title>`` and ``<desc>`` of the SVG.
    """
    figure.set_label(f"{title}\n{description}")
    if any(is_simulated(d) for d in data):
        figure.text(0.0, 1.0, "SIMULATED DATA", size=7.5, weight="bold", color=VERMILION, va="bottom", ha="left")
    return figure
