"""A simulated Earth with known truth.

Geography, weather and soil water are invented from a seed; two biased satellite sensors and a network of stations look
at them. Every method of vadose can be judged against the truth, offline and on any machine. Everything carries
``simulated = "true"``.

The same seed gives the same numbers for a cell in every region, with every chunking and on every machine; see
:mod:`vadose.twin.noise`. The sizes of all errors stand in :mod:`vadose.twin.error_sizes`.
"""

from __future__ import annotations

from .earth import create, generate, truth
from .error_sizes import SENSORS, STATION

__all__ = ["SENSORS", "STATION", "create", "generate", "truth"]
