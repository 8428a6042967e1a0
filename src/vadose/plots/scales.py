"""Which colours stand for which values of a metric or variable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .style import PURPLE

#: Beginnings of names -> family of colours.
FAMILIES = {
    "correlation": ("r", "spearman", "kendall", "anomaly_r", "r2_pearson"),
    "efficiency": ("nse", "kge", "r2_sse"),
    "difference": ("bias", "slope", "trend", "difference"),
    "error": ("rmse", "ubrmse", "mse", "sm_uncertainty"),
    "moisture": ("sm", "saturation", "swc"),
}


@dataclass(frozen=True)
class Scale:
    """Colour map, limits, and what lies beyond them."""

    cmap: str
    low: float
    high: float
    extend: Literal["neither", "both", "min", "max"] = "neither"
    under: str = ""

    def mappable(self):
        """A Matplotlib mappable for points and the colour bar."""
        import matplotlib
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import Normalize

        cmap = matplotlib.colormaps[self.cmap]
        cmap.colorbar_extend = self.extend  # type: ignore[assignment]  # the colour bar takes it from there
        if self.under:
            cmap = cmap.with_extremes(under=self.under)
        return ScalarMappable(Normalize(self.low, self.high), cmap)


def class_colours(colours: Sequence, *, edges: Sequence[float] | np.ndarray | None = None):
    """A Matplotlib mappable for classes 0, 1, ..., or for those between edges, one colour each.

    Examples
    --------
    >>> class_colours(["#ff0000", "#0000ff"]).to_rgba(np.array([1.0])).tolist()
    [[0.0, 0.0, 1.0, 1.0]]
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    bounds = np.arange(-0.5, len(colours)) if edges is None else np.asarray(edges)
    return ScalarMappable(BoundaryNorm(bounds, len(colours)), ListedColormap(list(colours)))


def family(name: str) -> str:
    """Family of a metric by name; ``"other"`` where none is known.

    Examples
    --------
    >>> family("anomaly_r_35d"), family("ubrmse"), family("r_median"), family("rank")
    ('correlation', 'error', 'correlation', 'other')
    """
    found = "other"
    length = 0
    for kind, names in FAMILIES.items():
        for start in names:
            if (name == start or name.startswith(start + "_")) and len(start) > length:
                found, length = kind, len(start)
    return found


def scale(name: str, values: np.ndarray) -> Scale:
    """Colours for the values of a metric, safe for every common colour vision.

    Parameters
    ----------
    name : str
        Metric or variable, such as ``"r"`` or ``"bias"``.
    values : ndarray, any shape
        What will be drawn; NaN ignored.

    Notes
    -----
    Choice: correlations and efficiencies run from 0 to 1 so that maps of different products compare; what lies below
    0 has a colour of its own. Differences are symmetric about 0, red = drier and blue = wetter than the reference.
    Differences and errors end at the 95th percentile of their size, rounded up, so that a single bad product does not
    bleach all others; the bar then has a pointed end.

    Examples
    --------
    >>> s = scale("bias", np.array([-0.02, 0.05]))
    >>> s.cmap, s.low, s.high
    ('RdBu', -0.05, 0.05)
    """
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    kind = family(name)
    if kind in ("correlation", "efficiency"):
        below = low < 0
        return Scale("viridis", 0.0, 1.0, "min" if below else "neither", PURPLE if below else "")
    if kind == "difference":
        top = round_up(float(np.quantile(np.abs(finite), 0.95))) if finite.size else 1.0
        below, above = low < -top, high > top
        return Scale(
            "RdBu", -top, top, "both" if below and above else "min" if below else "max" if above else "neither"
        )
    if kind == "error":
        top = round_up(float(np.quantile(finite, 0.95))) if finite.size else 1.0
        return Scale("cividis_r", 0.0, top, "max" if high > top else "neither")
    if kind == "moisture":
        return Scale("YlGnBu", 0.0, round_up(high))
    if low == high:
        low, high = low - 0.5, high + 0.5
    return Scale("viridis", low, high)


def round_up(value: float) -> float:
    """The next 1, 2, 3, 4, 5 or 10 times a power of ten.

    Examples
    --------
    >>> round_up(0.037), round_up(0.05), round_up(7)
    (0.04, 0.05, 10.0)
    """
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    for factor in (1, 2, 3, 4, 5, 10):
        if value <= factor * power * (1 + 1e-9):
            return float(f"{factor * power:.6g}")
    return float(power * 10)
