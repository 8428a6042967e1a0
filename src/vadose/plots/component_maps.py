"""Maps of contributions to a variance: by season, layer or kind, and which component comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .fields import check_field, draw_field, draw_marks, ground_of
from .keys import colour_bar
from .naming import check_variable
from .panels import map_panels
from .scales import Scale, class_colours, round_up
from .style import BLUE, GREEN, GREY, INK, ORANGE, PALETTE, PURPLE, drawn, finish, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colours of the layers from the top; seasons are tints of them, the wettest darkest.
LAYER_COLOURS = (ORANGE, GREEN, PURPLE, BLUE, *(c for c in PALETTE if c not in (ORANGE, GREEN, PURPLE, BLUE)))


@drawn
def contribution_maps(share: xr.DataArray, *, dim: str, limits: tuple[float, float] | None = None) -> Figure:
    """Draw contributions by season, layer or kind, one map each with one colour scale.

    Parameters
    ----------
    share : DataArray, dims ``(dim, lat, lon)``
        Contributions [1]; printed in per cent.
    dim : str
        Dimension of the panels, such as ``"season"``.
    limits : (float, float), optional
        Range of the colours [%]; by default from 0 to the 98th percentile, rounded up.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If the array has other dimensions.

    Notes
    -----
    Single contributions may be negative; these cells have a colour of their own.
    """
    check_field(share, dim)
    percent = 100 * np.asarray(share.transpose(dim, "lat", "lon"), dtype="float64")
    finite = percent[np.isfinite(percent)]
    if limits is None:
        limits = (0.0, round_up(float(np.quantile(finite, 0.98))) if finite.size else 100.0)
    below, above = bool((finite < limits[0]).any()), bool((finite > limits[1]).any())
    ends = "both" if below and above else "min" if below else "max" if above else "neither"
    mappable = Scale("cividis", *limits, ends, PURPLE if below else "").mappable()  # type: ignore[arg-type]
    ground = ground_of(share)
    figure, panels = map_panels(ground, [str(v) for v in share[dim].values], footer=0.66, field=True)
    for k, axes in enumerate(panels):
        draw_field(axes, ground, 100 * share.isel({dim: k}), mappable)
    label = str(share.attrs.get("long_name", "contribution"))
    label = f"{label[:1].upper()}{label[1:]} [%]"
    colour_bar(figure, mappable, label)
    return finish(figure, share, title=f"{label}: maps by {dim}",
                  description=f"{finite.size} values in {len(panels)} maps.")  # fmt: skip


@drawn
def top_component_maps(attribution: xr.Dataset) -> Figure:
    """Draw which component contributes most at each place, and which second.

    Parameters
    ----------
    attribution : Dataset, dims ``(lat, lon)``
        ``top1`` and ``top2`` from ``vadose.analysis.attribute_variability``: codes with ``flag_values`` and
        ``flag_meanings`` such as ``H-S|0-10cm|trend``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable or its flags are missing.

    Notes
    -----
    Colour: layer; tint: season, the first darkest; dots: trend. The table below each map prints the share of the area
    [%] (by the cosine of latitude), variability before trend, so that no component rests on colour alone.
    """
    check_variable(attribution, "top1", "top2", where="attribution")
    names = ("top1", "top2")
    for name in names:
        check_field(attribution[name])
        if "flag_meanings" not in attribution[name].attrs:
            raise SchemaError(name, found="no flag_meanings", needed="components as season|layer|kind")
    parts = [m.split("|") for m in attribution["top1"].attrs["flag_meanings"].split() if m != "none"]
    seasons, layers = (list(dict.fromkeys(p[i] for p in parts)) for i in (0, 1))
    kinds = list(dict.fromkeys(p[2] for p in parts))
    table = 0.34 + 0.2 * (len(layers) + 1)
    ground = ground_of(attribution["top1"])
    figure, panels = map_panels(ground, ["largest contribution", "second contribution"], footer=table, field=True)
    colours = class_colours([_tint(layers.index(p[1]), seasons.index(p[0]), len(seasons)) for p in parts])
    weight = np.cos(np.radians(attribution["lat"].values.astype(float)))[:, None]
    wide = figure.get_size_inches()[0]
    words = []
    for name, axes in zip(names, panels):
        code = np.asarray(attribution[name].transpose("lat", "lon")).astype(int)
        field = attribution[name].transpose("lat", "lon")
        draw_field(axes, ground, field.where(field >= 0), colours)
        if "trend" in kinds:
            is_trend = np.array([p[2] == "trend" for p in parts])
            draw_marks(axes, ground, field.copy(data=(code >= 0) & is_trend[np.maximum(code, 0)]))
        heavy = weight * np.ones(code.shape)
        total = heavy[code >= 0].sum()
        share = np.array([100 * heavy[code == i].sum() / total if total else np.nan for i in range(len(parts))])
        words.append(f"{name}: " + ", ".join(f"{' '.join(parts[i])} {share[i]:.0f} %" for i in np.argsort(-share)[:3]))
        box = axes.get_position()
        shares = {tuple(p): v for p, v in zip(parts, share)}
        _legend(figure, box.x0 * wide, box.width * wide, 0.1, seasons, layers, kinds, shares)
    return finish(figure, attribution, title="Components with the largest and second contribution: maps",
                  description="; ".join(words))  # fmt: skip


def _tint(layer: int, season: int, count: int) -> np.ndarray:
    from matplotlib.colors import to_rgb

    base = np.array(to_rgb(LAYER_COLOURS[layer % len(LAYER_COLOURS)]))
    return 1 - (1 - base) * (1 - 0.72 * season / max(count - 1, 1))


def _legend(figure, left: float, width: float, bottom: float, seasons, layers, kinds, shares) -> None:
    """A table of coloured boxes: layers down, seasons across, the area share of each kind in the box [%]."""
    name = 0.78
    axes = place(figure, left, bottom, width, 0.2 * (len(layers) + 1))
    axes.set(xlim=(0, width), ylim=(len(layers) + 1, 0))
    axes.axis("off")
    step = (width - name) / len(seasons)
    for j, season in enumerate(seasons):
        axes.text(name + step * (j + 0.5), 0.5, season, ha="center", va="center", size=7)
    axes.text(0, 0.5, f"{' / '.join(reversed(kinds))} [%]".replace("iav", "IAV"), ha="left", va="center", size=6.2,
              color=GREY)  # fmt: skip
    for i, layer in enumerate(layers):
        axes.text(0, i + 1.5, layer.replace("_", " "), ha="left", va="center", size=7)
        for j, season in enumerate(seasons):
            face = _tint(i, j, len(seasons))
            axes.fill([name + step * j, name + step * (j + 1)] * 1 + [name + step * (j + 1), name + step * j],
                      [i + 1.06, i + 1.06, i + 1.94, i + 1.94], color=face, lw=0)  # fmt: skip
            text = " / ".join(f"{shares.get((season, layer, kind), np.nan):.0f}" for kind in reversed(kinds))
            dark = face @ np.array([0.299, 0.587, 0.114]) < 0.45
            axes.text(name + step * (j + 0.5), i + 1.5, text, ha="center", va="center", size=6.8,
                      color="white" if dark else INK)  # fmt: skip
