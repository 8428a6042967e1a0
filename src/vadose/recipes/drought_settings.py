"""Settings of the drought recipe."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .settings import Strict


def _text(value: Any) -> Any:
    """YAML reads a bare date or year as such and not as text."""
    return str(value) if isinstance(value, datetime.date | int) and not isinstance(value, bool) else value


When = Annotated[str, BeforeValidator(_text)]


class ChangeSettings(Strict):
    """Two dates to compare."""

    dataset: str
    before: When | None = None
    after: When | None = None
    uncertainty: float | None = Field(None, gt=0)
    correlation: float = Field(0.0, ge=-1, le=1)
    alpha: float = Field(0.05, gt=0, lt=1)


class DroughtSettings(Strict):
    """Settings of the recipe."""

    dataset: str
    variable: str = "sm"
    layer: int | None = None
    soil: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    period: When | None = None
    window: float = Field(31.0, gt=0, le=366)
    plotting: Literal["weibull", "gringorten", "hazen"] = "weibull"
    leave_out: bool = True
    reference: tuple[int, int] | None = None
    min_years: int = Field(10, ge=2)
    index: Literal["empirical", "beta", "gamma"] = "empirical"
    threshold: float = Field(20.0, gt=0, lt=100)
    min_duration: float = Field(5.0, gt=0)
    max_gap: int = Field(0, ge=0)
    date: When | None = None
    change: ChangeSettings | None = None


#: What is done with the simulated region: the root zone at 0.1-0.4 m, for the surface dries with every week of sun.
TWIN = {"dataset": "twin/truth", "layer": 1, "soil": "twin/land", "change": {"dataset": "twin/sensor_a"}}
