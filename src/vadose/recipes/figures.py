"""Figures of a report, with the same words for those who see them and those who do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import plots
from ..report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def add_figure(report: Report, figure: Figure, caption: str, unit: str = "m3 m-3") -> None:
    """Add a figure; the first sentence of its caption is its title for screen readers."""
    title = caption.partition(". ")[0].removesuffix(".")
    report.add_figure(plots.svg(figure, title=title, description=caption), caption, units=unit)
