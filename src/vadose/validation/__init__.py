"""Quality of a product against a reference."""

from __future__ import annotations

from .categories import by_category
from .collocation import dependent, quadruple_collocation, triple_collocation
from .compare import compare
from .conditional import score_by_period, score_by_wetness
from .independence import independent, representative
from .lookup import lookup
from .metrics import METRICS
from .pooled import score_pooled, summarize, tidy
from .score import score
from .spatial import score_spatial
from .stability import stability
from .stations import core_cells, dry_cells, strict_cells
from .time_stability import informative, time_stable
from .verdicts import dropped, select

__all__ = [
    "METRICS", "by_category", "compare", "core_cells", "dependent", "dropped", "dry_cells", "independent",
    "informative", "lookup", "quadruple_collocation", "representative", "score", "score_by_period", "score_by_wetness",
    "score_pooled", "score_spatial", "select", "stability", "strict_cells", "summarize", "tidy", "time_stable",
    "triple_collocation",
]  # fmt: skip
