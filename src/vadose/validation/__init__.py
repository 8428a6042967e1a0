"""Quality of a product against a reference."""

from __future__ import annotations

from .airborne import airborne, flight_maps
from .anomalies import anomalies
from .calibration import calibration
from .categories import by_category
from .collocation import dependent, quadruple_collocation, triple_collocation
from .common_cells import Evaluation, matchups
from .compare import compare
from .composite import composite, merge, weights_from_collocation
from .conditional import score_by_period, score_by_wetness
from .evaluate import evaluate, evaluate_matchups
from .fidelity import spatial_fidelity
from .head_to_head import head_to_head
from .independence import independent, representative
from .leakage import leakage
from .lookup import lookup
from .metrics import METRICS
from .parts import score_parts
from .pooled import score_pooled, summarize, tidy
from .qa4sm import to_qa4sm
from .runs import compare_runs
from .scaling import scale
from .score import score
from .spatial import score_spatial
from .stability import stability
from .stations import core_cells, dry_cells, strict_cells
from .time_stability import informative, time_stable
from .verdicts import dropped, select

__all__ = [
    "METRICS",
    "Evaluation",
    "airborne",
    "anomalies",
    "by_category",
    "calibration",
    "compare",
    "compare_runs",
    "composite",
    "core_cells",
    "dependent",
    "dropped",
    "dry_cells",
    "evaluate",
    "evaluate_matchups",
    "flight_maps",
    "head_to_head",
    "independent",
    "informative",
    "leakage",
    "lookup",
    "matchups",
    "merge",
    "quadruple_collocation",
    "representative",
    "scale",
    "score",
    "score_by_period",
    "score_by_wetness",
    "score_parts",
    "score_pooled",
    "score_spatial",
    "select",
    "spatial_fidelity",
    "stability",
    "strict_cells",
    "summarize",
    "tidy",
    "time_stable",
    "to_qa4sm",
    "triple_collocation",
    "weights_from_collocation",
]
