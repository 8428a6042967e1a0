"""Kernels without soil: arrays in, arrays out, the sample axis last, NaN for missing.

``import vadose.stats`` is cheap; numba and scipy are imported by the functions that need them.
"""

from __future__ import annotations

from . import attribution, breaks, multiple, pairs, ranking, trends
from .pairs import scores
from .status import STATUS

__all__ = ["STATUS", "attribution", "breaks", "multiple", "pairs", "ranking", "scores", "trends"]
