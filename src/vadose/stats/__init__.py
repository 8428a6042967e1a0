"""Kernels without soil: arrays in, arrays out, the sample axis last, NaN for missing.

``import vadose.stats`` is cheap; numba and scipy are imported by the functions that need them.
"""

from __future__ import annotations

from . import multiple, pairs, triple, windows
from .multiple import fdr
from .pairs import scores
from .status import STATUS
from .triple import collocate

__all__ = ["STATUS", "collocate", "fdr", "multiple", "pairs", "scores", "triple", "windows"]
