"""Fusion of soil-moisture products into one complete record with uncertainty.

A :class:`Plan` says which products, rounds and networks; :func:`fuse` trains, simulates and writes the record;
:func:`update` appends new dekads; :func:`calibrate` takes level and years from stations; :func:`train_together` learns
from several regions. :func:`merge`, :func:`global_network` and :func:`random_forest` are the baselines that stand
beside it; :func:`availability` looks into the inputs, and :func:`training_skill`, :func:`contributions`,
:func:`coverage`, :func:`seams`, :func:`edge_jump` and :func:`step_test` into the result.
"""

from __future__ import annotations

from .availability import availability
from .baselines import global_network, random_forest
from .blend import edge_jump
from .breaks import BREAKS, step_test
from .calibrate import calibrate, level_by_stations, level_seen
from .contributions import contributions
from .coverage import coverage
from .fuse import fuse, update
from .merge import merge
from .plan import Plan
from .seams import seams
from .simulate import simulate
from .skill import training_skill
from .stations import Stations, TooFewStations
from .together import train_together
from .train import train

__all__ = [
    "BREAKS",
    "Plan",
    "Stations",
    "TooFewStations",
    "availability",
    "calibrate",
    "contributions",
    "coverage",
    "edge_jump",
    "fuse",
    "global_network",
    "level_by_stations",
    "level_seen",
    "merge",
    "random_forest",
    "seams",
    "simulate",
    "step_test",
    "train",
    "train_together",
    "training_skill",
    "update",
]
