"""Quality of a product against a reference."""

from __future__ import annotations

from .metrics import METRICS
from .pooled import score_pooled, summarize, tidy
from .score import score
from .spatial import score_spatial

__all__ = ["METRICS", "score", "score_pooled", "score_spatial", "summarize", "tidy"]
