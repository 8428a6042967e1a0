"""The ground of every map: extent, projection, land, graticule and scale bar."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from .coastline import coastline
from .style import GREY, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LAND, SEA, SHORE = "#f1eee7", "#e9f1f6", "#9a9a94"

#: Wider or taller than this [degrees], a map shows the whole world in the Robinson projection.
WORLD = (110.0, 70.0)
#: Latitudes between which the world is shown: no soil moisture is measured beyond.
WORLD_LATITUDES = (-58.0, 84.0)
#: Length of one degree of latitude [km].
DEGREE = 111.195


@lru_cache(maxsize=1)
def _robinson():
    from pyproj import Transformer

    return Transformer.from_crs("EPSG:4326", "+proj=robin +lon_0=0 +datum=WGS84", always_xy=True)


@dataclass(frozen=True)
class Basemap:
    """Part of the Earth on paper. ``east`` may exceed 180 where the part crosses the antimeridian.

    Parameters
    ----------
    west, east, south, north : float
        Extent [degrees].
    world : bool
        Robinson projection of the whole Earth; otherwise plate carrée, true to shape at the middle latitude.
    shores : bool
        Whether land and sea are drawn. A simulated Earth has others: its stations would seem to stand in the sea.
    """

    west: float
    east: float
    south: float
    north: float
    world: bool = False
    shores: bool = True

    @classmethod
    def around(cls, lat: np.ndarray, lon: np.ndarray, *, shores: bool = True) -> Basemap:
        """The map that holds all points, with a margin; the world where they are far apart or none is given.

        Examples
        --------
        >>> fiji = Basemap.around(np.array([-18.0, -17.0]), np.array([179.0, -179.0]))
        >>> fiji.west < 179 < 181 < fiji.east, fiji.world
        (True, False)
        """
        known = np.isfinite(lat) & np.isfinite(lon)
        if not known.any():
            return cls(-180.0, 180.0, *WORLD_LATITUDES, world=True, shores=shores)
        lat, lon = lat[known].astype(float), np.sort((lon[known].astype(float) + 180) % 360 - 180)
        # the widest gap between neighbours on the circle is what the map leaves out
        gaps = np.diff(np.r_[lon, lon[0] + 360])
        cut = int(np.argmax(gaps))
        west, width = float(lon[(cut + 1) % lon.size]), 360.0 - float(gaps[cut])
        south, north = float(lat.min()), float(lat.max())
        if width > WORLD[0] or north - south > WORLD[1]:
            return cls(-180.0, 180.0, *WORLD_LATITUDES, world=True, shores=shores)
        squeeze = float(np.cos(np.radians((south + north) / 2)))
        span_x, span_y = max(width * squeeze, 0.6), max(north - south, 0.6)
        margin = 1.16 if max(span_x, span_y) > 4 else 1.4
        wide, tall = margin * max(span_x, 0.9 * span_y), margin * max(span_y, 0.5 * span_x)
        middle_x, middle_y = float(west + width / 2), (south + north) / 2
        south, north = max(middle_y - tall / 2, -90.0), min(middle_y + tall / 2, 90.0)
        west, east = middle_x - wide / 2 / squeeze, middle_x + wide / 2 / squeeze
        return cls(west, east, south, north, shores=shores)

    @property
    def squeeze(self) -> float:
        """Length of a degree of longitude over one of latitude at the middle of the map."""
        return float(np.cos(np.radians((self.south + self.north) / 2)))

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Extent on paper: left, right, bottom, top."""
        if not self.world:
            return self.west * self.squeeze, self.east * self.squeeze, self.south, self.north
        right, _ = self.project(np.array([0.0]), np.array([180.0]))
        _, edge = self.project(np.array([self.south, self.north]), np.array([0.0, 0.0]))
        return -float(right[0]), float(right[0]), float(edge[0]), float(edge[1])

    @property
    def aspect(self) -> float:
        """Height over width on paper."""
        left, right, bottom, top = self.bounds
        return (top - bottom) / (right - left)

    def project(self, lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Degrees to paper."""
        if self.world:
            x, y = _robinson().transform(lon, lat)
            return np.asarray(x), np.asarray(y)
        middle = (self.west + self.east) / 2
        return (middle + (np.asarray(lon) - middle + 180) % 360 - 180) * self.squeeze, np.asarray(lat, dtype=float)

    def draw(self, axes: Axes, *, labels: tuple[bool, bool] = (True, True), field: bool = False) -> None:
        """Draw sea and land, where there are shores, and a graticule.

        Parameters
        ----------
        axes : matplotlib.axes.Axes
            Where.
        labels : (bool, bool)
            Whether to write longitudes below and latitudes at the left.
        field : bool
            Whether a field will cover the ground; the shore is then drawn over it, and darker.
        """
        left, right, bottom, top = self.bounds
        axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
        axes.set_facecolor(SEA if self.shores else LAND)
        if self.world:
            self._edge(axes)
        if self.shores:
            self._land(axes, field=field)
        self._graticule(axes, labels)

    def _inches(self, axes: Axes) -> float:
        figure = axes.get_figure(root=True)
        return axes.get_position().width * (figure.get_size_inches()[0] if figure is not None else 1.0)

    def _edge(self, axes: Axes) -> None:
        lat = np.linspace(self.south, self.north, 80)
        right, y = self.project(lat, np.full(lat.size, 180.0))
        outline = np.c_[np.r_[-right, right[::-1]], np.r_[y, y[::-1]]]
        axes.axis("off")
        from matplotlib.patches import Polygon

        axes.add_patch(Polygon(outline, facecolor=axes.get_facecolor(), edgecolor=GREY, linewidth=0.6, zorder=0.1))

    def _land(self, axes: Axes, *, field: bool) -> None:
        from matplotlib.collections import LineCollection
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        left, right, _, _ = self.bounds
        # finer than a sixth of a millimetre on paper is not seen
        areas, shores = _outlines(self, float(f"{(right - left) / (150 * self._inches(axes)):.2g}"))
        if areas:
            patch = PathPatch(Path.make_compound_path(*areas), facecolor=LAND, edgecolor="none", zorder=0.2)
            axes.add_patch(patch)
        colour = INK if field else SHORE
        axes.add_collection(LineCollection(shores, colors=colour, linewidths=0.5, zorder=0.4), autolim=False)

    def _graticule(self, axes: Axes, labels: tuple[bool, bool]) -> None:
        from matplotlib.ticker import MaxNLocator

        if self.world:
            lat = np.linspace(self.south, self.north, 60)
            for meridian in range(-120, 121, 60):
                axes.plot(
                    *self.project(lat, np.full(lat.size, float(meridian))), color=GREY, lw=0.3, alpha=0.5, zorder=0.3
                )
            for parallel in (-30.0, 0.0, 30.0, 60.0):
                x, y = self.project(np.full(2, parallel), np.array([-180.0, 180.0]))
                axes.plot(x, y, color=GREY, lw=0.3, alpha=0.5, zorder=0.3)
                if labels[1]:
                    axes.annotate(degrees(parallel, "NS"), (x[0], y[0]), (-3, 0), textcoords="offset points",
                                  ha="right", va="center", size=7, color=GREY, annotation_clip=False)  # fmt: skip
            return
        size = self._inches(axes)
        steps = [1, 2, 5, 10]
        across, up = max(2, int(size)), max(2, int(size * self.aspect / 0.7))
        lon = np.asarray(MaxNLocator(nbins=across, steps=steps).tick_values(self.west, self.east))
        lat = np.asarray(MaxNLocator(nbins=up, steps=steps).tick_values(self.south, self.north))
        lon = lon[(lon > self.west) & (lon < self.east)]
        lat = lat[(lat > self.south) & (lat < self.north)]
        axes.set_xticks(lon * self.squeeze, [degrees((v + 180) % 360 - 180, "EW") for v in lon] if labels[0] else [])
        axes.set_yticks(lat, [degrees(v, "NS") for v in lat] if labels[1] else [])
        axes.tick_params(labelsize=7, labelcolor=GREY, length=2)
        axes.grid(lw=0.3, alpha=0.8)
        for side in axes.spines.values():
            side.set(visible=True, linewidth=0.6, color=GREY)

    def scale_bar(self, axes: Axes, lat: np.ndarray, lon: np.ndarray) -> None:
        """Draw a bar of round length in the lower corner that holds fewer of the points."""
        if self.world:
            return
        left, right, bottom, top = self.bounds
        width, height = right - left, top - bottom
        limit = 0.3 * width * DEGREE
        power = 10.0 ** np.floor(np.log10(limit))
        length = float(max(f for f in (1, 2, 5) if f * power <= limit) * power)
        x, y = self.project(lat, lon)
        low = y < bottom + 0.25 * height
        crowd = {"left": int((low & (x < left + width / 2)).sum()), "right": int((low & (x >= left + width / 2)).sum())}
        side: Literal["left", "right"] = "left" if crowd["left"] < crowd["right"] else "right"
        start = left + 0.04 * width if side == "left" else right - 0.04 * width - length / DEGREE
        level = bottom + 0.05 * height
        bar = ([start, start + length / DEGREE], [level, level])
        axes.plot(*bar, color="white", lw=4, zorder=5, solid_capstyle="projecting")
        axes.plot(*bar, color=INK, lw=1.6, zorder=6)
        axes.annotate(f"{length:g} km", (start + length / DEGREE / 2, level), (0, 3), textcoords="offset points",
                      ha="center", va="bottom", size=7, zorder=6)  # fmt: skip


@lru_cache(maxsize=8)
def _outlines(ground: Basemap, grain: float) -> tuple[list, list]:
    """Areas of land and pieces of shore on paper, without detail finer than the grain; panels share them."""
    from matplotlib.path import Path
    from matplotlib.transforms import Bbox

    left, right, bottom, top = ground.bounds
    areas, shores = [], []
    for ring in coastline("110m" if ground.world else "50m"):
        for turn in (0,) if ground.world else (-360, 0, 360):
            lon, lat = ring[:, 0] + turn, ring[:, 1]
            if not ground.world and (lon.max() < ground.west or lon.min() > ground.east):
                continue
            if lat.max() < ground.south or lat.min() > ground.north:
                continue
            # the cut at ±180° and the pole are no shore
            seam = (np.abs(ring[:, 0]) > 179.999) | (lat < -89.99)
            if ground.world:
                x, y = ground.project(np.clip(lat, ground.south, ground.north), lon)
            else:
                x, y = lon * ground.squeeze, lat
            xy = np.c_[x, y]
            keep = np.r_[True, np.any(np.diff(np.round(xy / grain), axis=0) != 0, axis=1)]
            keep[-1] = True
            xy, seam = xy[keep], seam[keep]
            if len(xy) < 4:
                continue
            path = Path(xy, closed=True).clip_to_bbox(Bbox([[left, bottom], [right, top]]))
            if np.size(path.vertices):
                areas.append(path)
            inside = (xy[:, 0] > left) & (xy[:, 0] < right) & (xy[:, 1] > bottom) & (xy[:, 1] < top)
            drawn = (inside[:-1] | inside[1:]) & ~(seam[:-1] & seam[1:])
            shores += [piece for piece in _pieces(xy, drawn) if len(piece) > 1]
    return areas, shores


def _pieces(xy: np.ndarray, drawn: np.ndarray) -> list[np.ndarray]:
    """Runs of consecutive segments to draw."""
    edges = np.flatnonzero(np.diff(np.r_[False, drawn, False].astype(int)))
    return [xy[start : stop + 1] for start, stop in zip(edges[::2], edges[1::2])]


def degrees(value: float, letters: str) -> str:
    """A latitude (``"NS"``) or longitude (``"EW"``) in print.

    Examples
    --------
    >>> degrees(-155.5, "EW"), degrees(0.0, "NS"), degrees(180.0, "EW"), degrees(30, "NS")
    ('155.5° W', '0°', '180°', '30° N')
    """
    value = round(float(value), 6)
    if value == 0 or abs(value) == 180:
        return f"{abs(value):g}°"
    return f"{abs(value):g}° {letters[0] if value > 0 else letters[1]}"
