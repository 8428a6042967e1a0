"""Settings and results of the recipe on total soil water."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import pandas as pd
import pydantic
import xarray as xr

from .. import schema
from .settings import Strict
from .trend_test import TrendTest, check_correctable

Labelled = TypeVar("Labelled", xr.Dataset, xr.DataArray)


class TsmvSettings(Strict):
    """Settings of the recipe; all have defaults."""

    #: Dataset of the library; by default the only one with soil layers.
    dataset: str | None = None
    title: str | None = None
    #: West, south, east, north [degrees].
    bbox: tuple[float, float, float, float] | None = None
    #: Such as ``1948/2024``.
    period: str | None = None
    #: Two of name: [first year, last year]; by default those of paper 001 where the record has both, else its halves.
    periods: dict[str, tuple[int, int]] | None = None
    #: Fewest complete years of a cell in each period.
    min_years: int = pydantic.Field(default=10, ge=5)
    #: Largest storage of each layer [kg m-2]; ``auto``: those of paper 001 for the layers of Noah, else 0.999 of what
    #: the layer can hold.
    limits: Literal["auto"] | list[float] = "auto"
    #: Rank months by the water of all layers, or in each layer by itself.
    by: Literal["total", "layer"] = "total"
    area: Literal["cos", "cell", "pixel"] = "cos"
    #: Test of the trends; Mann-Kendall with and without regard to persistence stand beside each other in the tables.
    test: TrendTest = "mk"
    bias_corrected: bool = False
    #: Rate beyond which a trend is counted as strong [kg m-2 yr-1].
    threshold: float = pydantic.Field(default=2.0, gt=0)
    alpha: float = pydantic.Field(default=0.05, gt=0, lt=1)
    level: float = pydantic.Field(default=0.95, gt=0, lt=1)

    @pydantic.field_validator("periods")
    @classmethod
    def _two_periods(cls, value: dict[str, tuple[int, int]] | None) -> dict[str, tuple[int, int]] | None:
        if value is not None and (len(value) != 2 or any(a > b for a, b in value.values())):
            raise ValueError("needs two of name: [first year, last year]")
        return value

    @pydantic.model_validator(mode="after")
    def _consistent(self) -> TsmvSettings:
        check_correctable(self.test, self.bias_corrected)
        return self


@dataclass
class TsmvResult:
    """All results, tidy; periods are keyed by their names."""

    source: xr.Dataset
    settings: TsmvSettings
    periods: dict[str, tuple[int, int]]
    seasons: xr.Dataset
    masked: xr.DataArray
    attributions: dict[str, xr.Dataset] = field(default_factory=dict)
    summaries: dict[str, xr.Dataset] = field(default_factory=dict)
    trends: dict[str, xr.Dataset] = field(default_factory=dict)
    layer_trends: dict[str, xr.Dataset] = field(default_factory=dict)
    season_trends: dict[str, xr.Dataset] = field(default_factory=dict)
    tables: dict[str, xr.Dataset] = field(default_factory=dict)
    mean: xr.Dataset = field(default_factory=xr.Dataset)
    difference: xr.Dataset = field(default_factory=xr.Dataset)
    truth: xr.Dataset | None = None

    @property
    def simulated(self) -> bool:
        """Whether the layers come from the twin."""
        return schema.is_simulated(self.source)


def stack(parts: Mapping[str, Labelled]) -> Labelled:
    """Results of the periods along a dimension ``period``; attributes are those of the first."""
    label = pd.Index(list(parts), name="period")
    return xr.concat(list(parts.values()), label, coords="minimal", compat="override", combine_attrs="override")
