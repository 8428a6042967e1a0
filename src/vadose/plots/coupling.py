"""Coupling of production to soil water: donuts, heat map and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ..errors import SchemaError
from .basemap import Basemap
from .naming import check_variable
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
#: More significant cells than this are marked by every k-th of them.
MAX_DOTS = 2000


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
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, edgecolor=GREY, lw=0.3, label=text) for _, text, colour in PARTS]
    figure.legend(handles=handles, loc="lower center", ncols=3, bbox_to_anchor=(0.5, 0.19 / figure.get_figheight()),
                  columnspacing=1.6, handlelength=1.2)  # fmt: skip
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
        axes.text(0, 0, "no cell", ha="center", va="center", size=7.5, style="italic", color=GREY)
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
    _bar(figure, mappable, table["mean_r"])
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
    Choice: where more than 2000 cells of a map are significant, every k-th row and column is stippled.
    """
    check_variable(fields, "r", mark, "lat", "lon", where="fields")
    seasons = _names(fields, "season")
    if season is None and len(seasons) == 1:
        season = seasons[0]
    if season not in seasons:
        raise SchemaError("season", found=repr(season), needed=f"one of {seasons}")
    if min(fields.sizes["lat"], fields.sizes["lon"]) < 2:
        raise SchemaError("fields", found=f"{fields.sizes['lat']} x {fields.sizes['lon']} cells",
                          needed="at least 2 x 2")  # fmt: skip
    here = fields[["r", mark]].isel(season=seasons.index(season)).transpose("layer", "lat", "lon")
    depths, lat, lon = _depths(fields), here["lat"].values.astype(float), here["lon"].values.astype(float)
    r, dots = here["r"].values, here[mark].values.astype(bool)
    known = np.isfinite(r).any(axis=0)
    grid_lat, grid_lon = np.meshgrid(lat, lon, indexing="ij")
    # the map is as large as the cells that have a value, not as the table they come in
    ground = Basemap.around(grid_lat[known], grid_lon[known])
    mappable = _scale(r).mappable()
    columns = 1 if ground.world else min(2, len(depths))
    rows = -(-len(depths) // columns)
    left, gap, head, foot = 0.5, 0.2, 0.3, 0.84
    wide = min((WIDTH - left - gap * columns) / columns, 4.6 / ground.aspect)
    tall = wide * ground.aspect
    start = left + (WIDTH - left - columns * (wide + gap)) / 2
    figure = new_figure(WIDTH, rows * (tall + head) + foot)
    for number, depth in enumerate(depths):
        row, column = divmod(number, columns)
        axes = place(figure, start + column * (wide + gap), foot + (rows - 1 - row) * (tall + head), wide, tall)
        ground.draw(axes, labels=(number + columns >= len(depths), column == 0), field=True)
        x, y = ground.project(*np.meshgrid(_edges(lat, 90.0), _edges(lon, 180.0), indexing="ij"))
        axes.pcolormesh(x, y, np.ma.masked_invalid(r[number]), norm=mappable.norm, cmap=mappable.cmap, rasterized=True,
                        zorder=0.25)  # fmt: skip
        thin = max(1, int(np.ceil(np.sqrt(dots[number].sum() / MAX_DOTS))))
        chosen = np.zeros_like(dots[number])
        chosen[thin // 2 :: thin, thin // 2 :: thin] = dots[number][thin // 2 :: thin, thin // 2 :: thin]
        cell = wide / max(len(lon[known.any(axis=0)]), 1) * 72 * thin
        px, py = ground.project(grid_lat[chosen], grid_lon[chosen])
        size = min(3.4, max(1.3, 0.34 * cell))
        axes.plot(px, py, "o", ms=size, mec="white", mew=0.18 * size if size > 2 else 0.0, mfc=INK, zorder=0.35,
                  rasterized=bool(chosen.sum() > 500))  # fmt: skip
        share = 100 * dots[number].sum() / max(int(np.isfinite(r[number]).sum()), 1)
        axes.set_title(f"{depth}: {share:.0f} % of cells significant", size=8.5, pad=4)
    _bar(figure, mappable, fields["r"])
    figure.text(0.995, 0.12 / figure.get_figheight(), "dots: significant", ha="right", size=7.5, color=GREY)
    means = "; ".join(f"{d}: mean r {np.nanmean(v):.2f}" for d, v in zip(depths, r) if np.isfinite(v).any())
    return finish(figure, fields, title=f"Correlation of annual production with soil water, {season}",
                  description=f"{means}. Dots mark significant cells.")  # fmt: skip


def _scale(r: np.ndarray) -> Scale:
    """Red below 0, blue above, symmetric, the same in all panels."""
    finite = np.abs(r[np.isfinite(r)])
    top = min(1.0, round_up(float(finite.max()))) if finite.size else 1.0
    return Scale("RdBu", -top, top)


def _bar(figure: Figure, mappable, da: xr.DataArray) -> None:
    axes = place(figure, WIDTH * 0.28, 0.42, WIDTH * 0.44, 0.11)
    bar = figure.colorbar(mappable, cax=axes, orientation="horizontal")
    bar.set_label(axis_label(da))
    bar.outline.set_linewidth(0.5)


def _names(ds: xr.Dataset, dim: str) -> list[str]:
    return [str(v) for v in np.atleast_1d(ds[dim].values)]


def _depths(ds: xr.Dataset) -> list[str]:
    return _names(ds, "depth") if "depth" in ds.coords else [f"layer {v}" for v in range(1, ds.sizes["layer"] + 1)]


def _plain(name: str) -> str:
    return "All land" if name == "all" else f"{name[:1].upper()}{name[1:].replace('_', ' ')}"


def _edges(centres: np.ndarray, limit: float) -> np.ndarray:
    middle = (centres[1:] + centres[:-1]) / 2
    return np.clip(np.r_[2 * centres[0] - middle[0], middle, 2 * centres[-1] - middle[-1]], -limit, limit)
