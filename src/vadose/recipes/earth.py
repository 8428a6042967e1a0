"""The simulated Earth of a recipe that was given no library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import twin
from ..errors import ConfigError
from ..grid import Grid
from ..store import Library
from ..twin.stations import DENSITY


@dataclass(frozen=True)
class Earth:
    """A region to simulate; see :func:`vadose.twin.create`."""

    region: tuple[float, float, float, float]
    resolution: float
    years: tuple[int, int]
    seed: int
    step: str = "day"
    products: str | Sequence[str] | None = None
    trends: bool = True
    station_density: float = DENSITY

    def make(self, library: Library) -> Library:
        """Simulate into a library; a whole one is kept, what an interrupted run left is made anew.

        Raises
        ------
        ConfigError
            If the library holds another region, other years, another density of stations, or trends where none are
            asked for or the reverse.
        """
        if "twin/stations" not in library.names():  # the last to be written
            for name in library.names():
                library.delete(name)
            twin.create(library, region=self.region, resolution=self.resolution, years=self.years, seed=self.seed,
                        step=self.step, products=self.products, trends=self.trends,
                        station_density=self.station_density)  # fmt: skip
        truth, stations = (library.open(f"twin/{n}") for n in ("truth", "stations"))
        trends, density = "trends" not in truth.attrs, float(stations.attrs.get("station_density", DENSITY))
        held = truth.attrs["grid"], int(truth["time"].dt.year.min()), int(truth["time"].dt.year.max()), trends, density
        grid = Grid.regular(self.resolution).crop(self.region).to_attr()
        if held != (grid, *self.years, self.trends, self.station_density):
            words = (f"{held[0]}, {held[1]}-{held[2]}, {'with' if trends else 'without'} imposed trends, {density:g} "
                     "stations per tile")  # fmt: skip
            raise ConfigError(f"out: {library.url}", found=f"another simulated Earth ({words})",
                              needed="the one asked for", do="Choose another output folder.")  # fmt: skip
        return library


def library_or_earth(url: str | None, folder: Path, earth: Earth) -> Library:
    """The library given, or one in the output folder with a simulated Earth."""
    return Library(url, create=False) if url else earth.make(Library(str(folder / "library")))
