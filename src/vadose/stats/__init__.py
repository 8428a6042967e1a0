"""Kernels without soil: arrays in, arrays out, the sample axis last, NaN for missing.

``import vadose.stats`` is cheap; numba and scipy are imported by the functions that need them.
"""

from __future__ import annotations

from . import (
    attribution,
    autocorrelation,
    breaks,
    calendar_ranks,
    copula,
    cycles,
    decays,
    depth,
    dry_changes,
    multiple,
    pairs,
    partial,
    pooled,
    quadruple,
    ranking,
    rescale,
    spells,
    trends,
    triple,
    windows,
)
from .autocorrelation import effective_size
from .multiple import fdr
from .pairs import scores
from .partial import partial_correlation
from .rescale import cdf_fit, cdf_match
from .status import STATUS
from .triple import collocate
from .windows import exponential_filter, moving_anomaly

__all__ = [
    "STATUS",
    "attribution",
    "autocorrelation",
    "breaks",
    "calendar_ranks",
    "cdf_fit",
    "cdf_match",
    "collocate",
    "copula",
    "cycles",
    "decays",
    "depth",
    "dry_changes",
    "effective_size",
    "exponential_filter",
    "fdr",
    "moving_anomaly",
    "multiple",
    "pairs",
    "partial",
    "partial_correlation",
    "pooled",
    "quadruple",
    "ranking",
    "rescale",
    "scores",
    "spells",
    "trends",
    "triple",
    "windows",
]
