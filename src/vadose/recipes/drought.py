"""Drought: percentiles of a record for the time of the year, areas, events and the change between two dates."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import xarray as xr
from pydantic import BeforeValidator, Field

from .. import analysis, periods, schema, twin
from ..errors import ConfigError
from ..grid import Grid
from ..store import Library
from .drought_report import write
from .evaluate import _whole, writable_folder
from .one_layer import one_layer
from .settings import Strict, check, dump, read

Step = Callable[[int, int, str], None]

REGION = (-4.0, 39.0, -2.0, 41.0)
RESOLUTION = 0.25
YEARS = (2001, 2016)
SEED = 7


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


def drought(*, out: str | Path, library: str | None = None, config: str | Path | None = None,
            step: Step = lambda done, total, text: None) -> Path:  # fmt: skip
    """Percentiles, indices, area under drought, events and change of a gridded record.

    Parameters
    ----------
    out : path
        Output folder: ``report.html``, ``drought.nc``, ``area.csv``, ``events.csv``, ``change.nc``, ``config.yaml``.
    library : str, optional
        Library with the record; without one a small simulated Earth is made.
    config : path, optional
        YAML file with :class:`DroughtSettings`; needed with a library of more than one gridded dataset.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ConfigError
        If the dataset, date, box or period is not in the library.
    """
    folder = writable_folder(out).resolve()
    step(0, 4, "opening the record" if library else "simulating land, weather and soil water")
    store = Library(library, create=False) if library else _simulate(folder)
    settings = read(config, DroughtSettings) if config else _default(store, library)
    da = _record(store, settings)
    soil = _soil(store, settings, da)
    step(1, 4, "ranking every value among those of its time of the year")
    result = analysis.drought(
        da, window=settings.window, plotting=settings.plotting, leave_out=settings.leave_out, index=settings.index,
        reference=settings.reference, min_years=settings.min_years,
        field_capacity=soil.get("field_capacity"), wilting_point=soil.get("wilting_point"),
    ).compute()  # fmt: skip
    step(2, 4, "areas, events and change")
    area = analysis.drought_area(result["percentile"]).compute()
    events = analysis.drought_events(result["percentile"], threshold=settings.threshold, max_gap=settings.max_gap,
                                     min_duration=settings.min_duration)  # fmt: skip
    date = _date(settings, area)
    change = _change(store, settings, date)
    step(3, 4, "report")
    with _whole(folder / "drought.nc") as part:
        result.to_netcdf(part, encoding={k: {"zlib": True} for k in result.data_vars})
    with _whole(folder / "area.csv") as part:
        area["share"].to_dataframe().reset_index().to_csv(part, index=False)
    with _whole(folder / "events.csv") as part:
        events.to_dataframe().to_csv(part)
    if change is not None:
        with _whole(folder / "change.nc") as part:
            change.to_netcdf(part)
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    page = write(folder, settings=settings.model_dump(mode="json"), record=da, result=result, area=area, events=events,
                 date=date, change=change)  # fmt: skip
    step(4, 4, "done")
    return page


def _simulate(folder: Path) -> Library:
    library = Library(str(folder / "library"))
    if "twin/stations" not in library.names():  # the last to be written
        for name in library.names():
            library.delete(name)
        twin.create(library, region=REGION, resolution=RESOLUTION, years=YEARS, seed=SEED)
    return library


def _default(store: Library, library: str | None) -> DroughtSettings:
    if library is None:
        return check(TWIN, DroughtSettings, where="")
    names = [n for n in store.names() if schema.form(store.open(n)) == "grid"]
    if len(names) != 1:
        raise ConfigError("--config", found="nothing", needed=f"a YAML file with `dataset`: one of {', '.join(names)}")
    return check({"dataset": names[0]}, DroughtSettings, where="")


def _open(store: Library, name: str, settings: DroughtSettings) -> xr.Dataset:
    if name not in store.names():
        raise ConfigError("dataset", found=repr(name), needed=f"one of {', '.join(store.names())}")
    ds = store.open(name)
    if settings.bbox is not None and {"lat", "lon"} <= set(ds.dims):
        grid = Grid.of(ds)
        inner = grid.crop(settings.bbox)
        rows, cols = (slice(a[0] - b[0], a[1] - b[0]) for a, b in ((inner.rows, grid.rows), (inner.cols, grid.cols)))
        ds = schema.with_grid(ds.isel(lat=rows, lon=cols), inner)
    return ds


def _variable(ds: xr.Dataset, settings: DroughtSettings) -> xr.DataArray:
    if settings.variable not in ds:
        raise ConfigError(
            "variable", found=repr(settings.variable), needed=f"one of {', '.join(map(str, ds.data_vars))}"
        )
    da = ds[settings.variable]
    da = one_layer(da, settings.layer, where=settings.dataset)
    keep = {k: ds.attrs[k] for k in ("grid", "simulated", "product", "product_version") if k in ds.attrs}
    return da.assign_attrs(keep, source=str(ds.attrs.get("title", "")))


def _record(store: Library, settings: DroughtSettings) -> xr.DataArray:
    da = _variable(_open(store, settings.dataset, settings), settings)
    if set(da.dims) != {"time", "lat", "lon"}:
        raise ConfigError("dataset", found=f"{settings.dataset} with dims {da.dims}", needed="(time, lat, lon)")
    span = periods.parse_period(settings.period)
    if span is not None:
        inside = np.flatnonzero((da["time"].values >= span[0]) & (da["time"].values < span[1]))
        if not inside.size:
            first, last = (str(da["time"].values[i])[:10] for i in (0, -1))
            raise ConfigError("period", found=str(settings.period), needed=f"a period within {first} to {last}")
        da = da.isel(time=inside)
    return da.chunk(time=-1) if da.chunks else da


def _soil(store: Library, settings: DroughtSettings, da: xr.DataArray) -> dict[str, xr.DataArray]:
    if settings.soil is None:
        return {}
    ds = _open(store, settings.soil, settings)
    names = ("field_capacity", "wilting_point")
    if missing := [n for n in names if n not in ds]:
        raise ConfigError("soil", found=f"{settings.soil} without {', '.join(missing)}", needed=" and ".join(names))
    return {n: ds[n] for n in names}


def _date(settings: DroughtSettings, area: xr.Dataset) -> np.datetime64:
    """The date asked for, or that with the largest area below the 20th percentile."""
    time = area["time"].values
    if settings.date is not None:
        wanted = periods.parse_period(settings.date)
        assert wanted is not None
        at = np.flatnonzero((time >= wanted[0]) & (time < wanted[1]))
        if not at.size:
            raise ConfigError("date", found=settings.date, needed=f"a date of the record up to {str(time[-1])[:10]}")
        return time[at[0]]
    share = area["share"].sel(threshold=20.0).values
    if not np.isfinite(share).any():
        raise ConfigError(
            "dataset", found="no cell with a percentile", needed=f"at least {settings.min_years} years of values",
            do="Lower min_years, or take a longer record.",
        )  # fmt: skip
    return time[int(np.nanargmax(share))]


def _change(store: Library, settings: DroughtSettings, date: np.datetime64) -> xr.Dataset | None:
    wanted = settings.change
    if wanted is None:
        return None
    ds = _open(store, wanted.dataset, settings)
    plain = settings.model_copy(update={"variable": "sm"})
    da = _variable(ds, plain)
    apart = np.timedelta64(60, "D")
    if not (wanted.before or wanted.after) and date - apart < da["time"].values[0]:
        before, after = date, date + apart
    else:
        after = _day(wanted.after) if wanted.after else date
        before = _day(wanted.before) if wanted.before else after - apart
    maps = [_at(da, when, exact=given is not None)
            for when, given in ((before, wanted.before), (after, wanted.after))]  # fmt: skip
    if wanted.uncertainty is None and "sm_uncertainty" not in ds:
        raise ConfigError(
            "change.uncertainty", found="nothing", needed=f"a number: {wanted.dataset} has no uncertainty"
        )
    spread = [float(wanted.uncertainty) if wanted.uncertainty is not None
              else ds["sm_uncertainty"].sel(time=m["time"]) for m in maps]  # fmt: skip
    return analysis.change(maps[0], maps[1], uncertainty_before=spread[0], uncertainty_after=spread[1],
                           correlation=wanted.correlation, alpha=wanted.alpha).compute()  # fmt: skip


def _day(text: str) -> np.datetime64:
    span = periods.parse_period(text)
    assert span is not None
    return span[0]


def _at(da: xr.DataArray, when: np.datetime64, *, exact: bool) -> xr.DataArray:
    """One date; where none was asked for, that with most values within 5 days."""
    reach = np.timedelta64(0 if exact else 5, "D")
    day = da["time"].values.astype("datetime64[D]")
    near = np.flatnonzero((day >= when.astype("datetime64[D]") - reach) & (day <= when.astype("datetime64[D]") + reach))
    if not near.size:
        raise ConfigError("change", found=str(when)[:10], needed=f"a date within {day[0]} to {day[-1]}")
    counts = da.isel(time=near).notnull().sum([d for d in da.dims if d != "time"]).values
    return da.isel(time=int(near[int(np.argmax(counts))]))
