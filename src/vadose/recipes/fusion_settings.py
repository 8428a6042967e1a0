"""What the settings of the recipes of fusion may say."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic
from pydantic import Field

from ..fusion import Plan, Stations
from ..grid import check_bbox
from ..twin.stations import DENSITY, SITES
from .rivals import BASELINES
from .settings import Strict

Bbox = tuple[float, float, float, float]


class FusionSettings(Strict):
    """How a fusion is made and judged.

    ``networks`` and ``zones`` change entries of the plan of those names. Each seed is an Earth and each of ``regions``
    a box of it; the global network learns from all boxes of an Earth. ``truth`` and ``stations`` are datasets of the
    library; on a simulated Earth both are found by themselves. With ``calibrate`` the record that is judged is the one
    calibrated by stations (:func:`vadose.fusion.calibrate`), the same without them beside it.
    """

    plan: str = "rsssm"
    prefix: str | None = None
    name: str = "fused"
    networks: dict[str, float] = Field(default_factory=dict)
    zones: dict[str, Any] = Field(default_factory=dict)
    baselines: tuple[str, ...] = tuple(BASELINES)
    truth: str | None = None
    stations: str | None = None
    depth: tuple[float, float] = (0.0, 0.05)
    calibrate: Stations | None = None
    n_boot: Annotated[int, Field(ge=100)] = 300
    # drawn at random among those inland under seeds 7, 11 and 23
    regions: Annotated[tuple[Bbox, ...], Field(min_length=1)] = ((141.0, 19.0, 143.0, 21.0),)
    resolution: Annotated[float, Field(gt=0, le=1)] = 0.1
    years: tuple[int, int] = (2003, 2018)
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (7,)
    station_density: Annotated[float, Field(ge=0, le=SITES)] = DENSITY

    @pydantic.field_validator("regions")
    @classmethod
    def _regions_are_boxes(cls, value: tuple[Bbox, ...]) -> tuple[Bbox, ...]:
        if len(set(value)) < len(value):
            raise ValueError("a region stands twice")
        return tuple(check_bbox(box) for box in value)

    @pydantic.field_validator("baselines")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(value) - set(BASELINES)):
            raise ValueError(f"{', '.join(unknown)}; needed some of {', '.join(BASELINES)}")
        return value

    @pydantic.field_validator("seeds")
    @classmethod
    def _unique(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("a seed stands twice")
        return value

    def resolved(self) -> Plan:
        """The plan with the changes of these settings, cut to the years."""
        raw = Plan.load(self.plan, prefix=self.prefix).model_dump(mode="json")
        for part, changes in (("networks", self.networks), ("zones", self.zones)):
            raw[part] = {**raw[part], **changes}
        plan = Plan.of(raw, where=f"plan {self.plan} with the settings' changes")
        first, last = self.years
        span = f"{first}D01", f"{last}D36"
        days = sorted(d for r in plan.rounds for d in plan.round_dekads(r))
        from ..fusion import dekads

        whole = dekads.of_label(span[0]) <= days[0] and days[-1] <= dekads.of_label(span[1])
        return plan if whole else plan.during(*span)


class ExamSettings(FusionSettings):
    """As :class:`FusionSettings`, for ``twin-exam``: stations of the Earth calibrate unless it is said not."""

    calibrate: Stations | None = Stations()
