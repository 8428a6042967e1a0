"""Fusion of soil-moisture products into one complete record with uncertainty.

A :class:`Plan` says which products, rounds and networks; :func:`fuse` trains, simulates and writes the record;
:func:`update` appends new dekads. :func:`merge` and the baselines do the same in the ways of others.
"""

from __future__ import annotations

from .breaks import BREAKS, step_test
from .fuse import fuse, update
from .plan import Plan
from .simulate import simulate
from .train import train

__all__ = ["BREAKS", "Plan", "fuse", "simulate", "step_test", "train", "update"]
