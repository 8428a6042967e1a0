"""Land models driven by weather that is not quite the true one: complete, and wrong in their own way."""

from __future__ import annotations

import numpy as np

from ..physics import LAYER_BOUNDS, water_limits
from .cells import Cells
from .error_sizes import Reanalysis
from .imposed import DAYS_PER_YEAR, TREND_REFERENCE, TREND_YEARS
from .noise import smooth
from .truths import Soil


class Model:
    """A reanalysis-like model of some cells, carried from one piece of time to the next.

    Parameters
    ----------
    name : str
        Keys its errors.
    sizes : Reanalysis
        What is wrong with it.
    cells : Cells
        Where.
    land : dict
        From :func:`vadose.twin.land.describe` for the same cells.
    seed : int
        Seed of the simulated Earth.
    """

    def __init__(self, name: str, sizes: Reanalysis, cells: Cells, land: dict[str, np.ndarray], seed: int) -> None:
        self.name, self.sizes, self.cells, self.seed = name, sizes, cells, seed
        sand = np.clip(land["sand"] + sizes.sand, 5, 85)
        clay = np.minimum(land["clay"], 95 - sand)
        self.soil = Soil({**land, **water_limits(sand, clay)}, 0.0)
        self.porosity = land["porosity"]

    def step(self, state: dict[str, np.ndarray], day: np.ndarray) -> dict[str, np.ndarray]:
        """The model's next days.

        Parameters
        ----------
        state : dict
            From :func:`vadose.twin.truths.years` for the model's cells; the piece after the previous one.
        day : ndarray, shape (time,)
            Days since 1970-01-01.

        Returns
        -------
        dict of ndarray
            ``sm`` (rows, columns, layer, time) [m3 m-3] and ``precipitation`` (rows, columns, time) [mm].

        Notes
        -----
        Choice: snow melts as in truth, so that only rain and melt together are wrong; noise is the same in all layers
        but fades with depth as 0.1 m over the layer's lower bound.
        """
        years = np.clip((np.asarray(day) - TREND_REFERENCE) / DAYS_PER_YEAR, -TREND_YEARS, TREND_YEARS)
        wrong = smooth(self.seed, f"{self.name}/rain", self.cells, day, spacing=2.0, days_apart=5)
        factor = np.exp(self.sizes.rain * wrong - self.sizes.rain**2 / 2) * (1 + self.sizes.rain_trend * years)
        demand = state["potential_evapotranspiration"] * (1 + self.sizes.demand_trend * years)
        water = self.soil.step(state["liquid"] * factor, demand, state["leaf_area_index"], state["frozen"])
        noise = self.sizes.noise * smooth(self.seed, f"{self.name}/noise", self.cells, day, spacing=1.0, days_apart=15)
        bounds = np.asarray(LAYER_BOUNDS)
        thickness, fade = (1000 * np.diff(bounds, axis=1)[:, 0])[:, None], (0.1 / bounds[:, 1])[:, None]
        sm = water.storage / thickness + self.sizes.offset + noise[..., None, :] * fade
        top = self.porosity[..., None, None]
        return {"sm": np.clip(sm, 0.01, np.maximum(top, 0.02)), "precipitation": state["precipitation"] * factor}
