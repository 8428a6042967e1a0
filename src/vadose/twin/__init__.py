"""A simulated Earth with known truth.

Geography, weather and soil water are invented from a seed; satellite products, models, stations and aircraft look at
them, each with errors of its own. Trends, irrigation, fires, floods and the coupling of plants to water are imposed and
recorded. Every method of vadose can be judged against the truth, offline and on any machine. Everything carries
``simulated = "true"``.

The same seed gives the same numbers for a cell in every region, with every chunking and on every machine; see
:mod:`vadose.twin.noise`. The sizes of all errors stand in :mod:`vadose.twin.error_sizes`.
"""

from __future__ import annotations

from .earth import create, generate, imposed_anomaly, truth
from .error_sizes import PLAIN, REANALYSES, RSSSM, SENSORS, STATION
from .kilometre import PREFIX as PREFIX_1KM
from .kilometre import create_1km, generate_1km, truth_1km
from .kilometre_sizes import KILOMETRE, PLANTED
from .reservoir import reservoir
from .scenes import scene

__all__ = [
    "KILOMETRE",
    "PLAIN",
    "PLANTED",
    "PREFIX_1KM",
    "REANALYSES",
    "RSSSM",
    "SENSORS",
    "STATION",
    "create",
    "create_1km",
    "generate",
    "generate_1km",
    "imposed_anomaly",
    "reservoir",
    "scene",
    "truth",
    "truth_1km",
]
