"""Quality of a product against a reference."""

from __future__ import annotations

from .collocation import dependent, quadruple_collocation, triple_collocation
from .independence import independent, representative
from .metrics import METRICS
from .pooled import score_pooled, summarize, tidy
from .score import score
from .spatial import score_spatial
from .stations import core_cells, dry_cells, strict_cells
from .time_stability import informative, time_stable
from .verdicts import dropped, select

__all__ = [
    "METRICS", "core_cells", "dependent", "dropped", "dry_cells", "independent", "informative",
    "quadruple_collocation", "representative", "score", "score_pooled", "score_spatial", "select", "strict_cells",
    "summarize", "tidy", "time_stable", "triple_collocation",
]  # fmt: skip
