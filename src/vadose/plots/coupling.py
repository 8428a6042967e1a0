"""Coupling of production to soil water: donuts, heat map and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .fields import check_field, draw_field, draw_marks, ground_of
from .keys import class_legend, colour_bar, empty_note
from .naming import check_variable
from .panels import map_panels
from .scales import Scale, round_up
from .style import BLUE, FAINT, GREY, INK, VERMILION, WIDTH, axis_label, drawn, finish, new_figure, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Parts of a sector, in the order in which they are drawn clockwise.
PARTS = (("share_positive", "significant positive", BLUE), ("rest", "not significant", FAINT),
         ("share_negative", "significant negative", VERMILION))  # fmt: skip
#: Degrees left between two seasons.
GAP = 7.0


@drawn
def coupling_donuts(table: xr.Dataset) -> Figure:
    """Draw the share of cells whose production follows soil water significantly, one donut per ecosystem.

    Parameters
    ----------
    table : Dataset, dims ``(ecosystem, season, layer)``
        ``share_positive``, ``share_negative``, ``n_cells``; coordinate ``depth`` names the layers.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.

    Notes
    -----
    Rings are depths, the shallowest inside; sectors are seasons, clockwise from the top. Each sector is filled
    clockwise with the shares of significant positive, insignificant and significant negative cells.
    """
    check_variable(table, "share_positive", "share_negative", "n_cells", "season", "ecosystem", where="table")
    names, depths = _names(table, "ecosystem"), _depths(table)
    seasons = _names(table, "season")
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    wide = WIDTH / columns
    side, head, foot = min(wide - 0.34, 2.35), 0.3, 0.6
    figure = new_figure(WIDTH, rows * (side + head) + foot)
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        inside = min(columns, len(names) - row * columns)
        left = (WIDTH - inside * wide) / 2 + column * wide + (wide - side) / 2
        axes = place(figure, left, foot + (rows - 1 - row) * (side + head), side, side)
        _donut(axes, table.isel(ecosystem=number), seasons, depths)
        cells = int(table["n_cells"].isel(ecosystem=number).max())
        axes.set_title(f"{_plain(name)} ({cells} cells)", size=8.5, pad=1)
    class_legend(figure, {text: colour for _, text, colour in PARTS}, bottom=0.25)
    for height, text in ((0.24, f"rings from the centre: {', '.join(depths)}"),
                         (0.08, f"sectors clockwise from the top: {', '.join(seasons)}")):  # fmt: skip
        figure.text(0.5, height / figure.get_figheight(), text, ha="center", va="top", size=7.5, color=GREY)
    words = "; ".join(
        f"{_plain(n)}: {100 * float(table['share_positive'].isel(ecosystem=i).mean()):.0f} % positive, "
        f"{100 * float(table['share_negative'].isel(ecosystem=i).mean()):.0f} % negative"
        for i, n in enumerate(names) if int(table["n_cells"].isel(ecosystem=i).max())
    )  # fmt: skip
    return finish(figure, table, title="Share of cells with a significant correlation of production with soil water",
                  description=f"Means over seasons and depths: {words}. Unit: percent of cells.")  # fmt: skip


def _donut(axes: Axes, part: xr.Dataset, seasons: list[str], depths: list[str]) -> None:
    from matplotlib.patches import Wedge

    axes.set(xlim=(-1.16, 1.16), ylim=(-1.16, 1.16), aspect="equal")
    axes.axis("off")
    hole, width = 0.3, 0.7 / max(len(depths), 1)
    span = 360.0 / max(len(seasons), 1) - GAP
    shares = {"share_positive": part["share_positive"].values, "share_negative": part["share_negative"].values}
    shares["rest"] = 1.0 - shares["share_positive"] - shares["share_negative"]
    if not np.isfinite(shares["rest"]).any():
        empty_note(axes, "no cell")
        return
    for s, season in enumerate(seasons):
        start = 90.0 - s * (span + GAP) - GAP / 2
        middle = np.radians(start - span / 2)
        axes.text(1.1 * np.cos(middle), 1.1 * np.sin(middle), season, size=6.5, color=GREY, ha="center", va="center",
                  rotation=np.degrees(middle) % 180 - 90)  # fmt: skip
        for k in range(len(depths)):
            at, outer = start, hole + (k + 1) * width
            for key, _, colour in PARTS:
                turn = span * float(np.nan_to_num(shares[key][s, k]))
                if turn > 0:
                    axes.add_patch(Wedge((0, 0), outer, at - turn, at, width=0.9 * width, facecolor=colour,
                                         edgecolor="white", linewidth=0.3))  # fmt: skip
                at -= turn


@drawn
def coupling_heatmap(table: xr.Dataset) -> Figure:
    """Draw the mean correlation by season and depth, one panel per ecosystem, with the significant share.

    Parameters
    ----------
    table : Dataset, dims ``(ecosystem, season, layer)``
        ``mean_r`` and ``share_significant``; coordinate ``depth`` names the layers.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing.
    """
    check_variable(table, "mean_r", "share_significant", "season", "ecosystem", where="table")
    names, seasons, depths = _names(table, "ecosystem"), _names(table, "season"), _depths(table)
    r, share = (table[k].transpose("ecosystem", "layer", "season").values for k in ("mean_r", "share_significant"))
    mappable = _scale(r).mappable()
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    left, gap, foot, head, below = 0.78, 0.12, 0.62, 0.3, 0.26
    wide = (WIDTH - left - gap * columns) / columns
    tall = 0.36 * max(len(depths), 1)
    figure = new_figure(WIDTH, rows * (tall + head + below) + foot)
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        bottom = foot + below + (rows - 1 - row) * (tall + head + below)
        axes = place(figure, left + column * (wide + gap), bottom, wide, tall)
        axes.imshow(np.ma.masked_invalid(r[number]), norm=mappable.norm, cmap=mappable.cmap, aspect="auto")
        for k, s in np.ndindex(r[number].shape):
            value = r[number, k, s]
            if not np.isfinite(value):
                axes.text(s, k, "–", ha="center", va="center", color=GREY)
                continue
            dark = abs(float(mappable.norm(value)) - 0.5) > 0.32
            text = f"{value:.2f}".replace("-", "−") + f"\n{100 * share[number, k, s]:.0f} %"
            axes.text(s, k, text, ha="center", va="center", size=7, color="white" if dark else INK, linespacing=1.0)
        axes.set_xticks(range(len(seasons)), seasons)
        axes.set_yticks(range(len(depths)), depths if column == 0 else [""] * len(depths))
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
        axes.set_title(_plain(name), size=8.5, pad=4)
    colour_bar(figure, mappable, axis_label(table["mean_r"]))
    finite = r[np.isfinite(r)]
    span = f"{finite.min():.2f} to {finite.max():.2f}" if finite.size else "no value"
    return finish(figure, table, title="Mean correlation of annual production with soil water",
                  description=f"Mean r by ecosystem, season and depth: {span}. Second number: share of cells with a "
                  "significant correlation, percent.")  # fmt: skip


@drawn
def coupling_map(fields: xr.Dataset, *, season: str | None = None, mark: str = "significant") -> Figure:
    """Draw the correlation of production with soil water, one map per depth, significant cells stippled.

    Parameters
    ----------
    fields : Dataset, dims ``(season, layer, lat, lon)``
        ``r`` and the boolean to stipple; coordinate ``depth`` names the layers.
    season : str, optional
        Season to draw; needed where there are several.
    mark : str
        Boolean variable.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SchemaError
        If a variable is missing, the season is not there, or there are fewer than 2 x 2 cells.

    Notes
    -----
    Choice: dots stand on every k-th row and column, far enough apart to be told from each other.
    """
    check_variable(fields, "r", mark, "lat", "lon", where="fields")
    seasons = _names(fields, "season")
    if season is None and len(seasons) == 1:
        season = seasons[0]
    if season not in seasons:
        raise SchemaError("season", found=repr(season), needed=f"one of {seasons}")
    here = fields[["r", mark]].isel(season=seasons.index(season))
    check_field(here["r"], "layer")
    depths, known = _depths(fields), here["r"].notnull()
    # the map is as large as the cells that have a value, not as the table they come in
    rows, cols = (np.flatnonzero(known.any([d for d in known.dims if d != k])) for k in ("lat", "lon"))
    if rows.size:
        here = here.isel(lat=slice(rows[0], rows[-1] + 1), lon=slice(cols[0], cols[-1] + 1))
    mappable = _scale(np.asarray(here["r"])).mappable()
    ground = ground_of(here["r"])
    significant = [here[mark].isel(layer=k) for k in range(len(depths))]
    cells = [max(int(known.isel(layer=k).sum()), 1) for k in range(len(depths))]
    titles = [f"{d}: {100 * int(s.sum()) / n:.0f} % of cells significant"
              for d, s, n in zip(depths, significant, cells, strict=True)]  # fmt: skip
    figure, panels = map_panels(ground, titles, footer=0.66, field=True, most=1 if ground.world else 2)
    for number, axes in enumerate(panels):
        draw_field(axes, ground, here["r"].isel(layer=number), mappable)
        draw_marks(axes, ground, significant[number])
    colour_bar(figure, mappable, axis_label(fields["r"]))
    r = here["r"].transpose("layer", ...).values
    figure.text(0.995, 0.12 / figure.get_figheight(), "dots: significant", ha="right", size=7.5, color=GREY)
    means = "; ".join(f"{d}: mean r {np.nanmean(v):.2f}" for d, v in zip(depths, r) if np.isfinite(v).any())
    return finish(figure, fields, title=f"Correlation of annual production with soil water, {season}",
                  description=f"{means}. Dots mark significant cells.")  # fmt: skip


def _scale(r: np.ndarray) -> Scale:
    """Red below 0, blue above, symmetric, the same in all panels."""
    finite = np.abs(r[np.isfinite(r)])
    top = min(1.0, round_up(float(finite.max()))) if finite.size else 1.0
    return Scale("RdBu", -top, top)


def _names(ds: xr.Dataset, dim: str) -> list[str]:
    return [str(v) for v in np.atleast_1d(ds[dim].values)]


def _depths(ds: xr.Dataset) -> list[str]:
    return _names(ds, "depth") if "depth" in ds.coords else [f"layer {v}" for v in range(1, ds.sizes["layer"] + 1)]


def _plain(name: str) -> str:
    return "All land" if name == "all" else f"{name[:1].upper()}{name[1:].replace('_', ' ')}"
