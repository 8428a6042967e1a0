"""Drought: percentiles of a record for the time of the year, areas, events and the change between two dates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from .. import analysis, periods
from ..errors import ConfigError
from ..store import Library
from .drought_inputs import chosen_date, default_settings, open_part, open_record, open_soil, variable_of
from .drought_report import write
from .drought_settings import DroughtSettings
from .earth import Earth, library_or_earth
from .outputs import save_dataset, whole_file, writable_folder
from .progress import Step, silent
from .settings import dump, read

#: The simulated region of a run without a library.
EARTH = Earth((-4.0, 39.0, -2.0, 41.0), 0.25, (2001, 2016), seed=7)


def drought(*, out: str | Path, library: str | None = None, config: str | Path | None = None,
            step: Step = silent) -> Path:  # fmt: skip
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
    store = library_or_earth(library, folder, EARTH)
    settings = read(config, DroughtSettings) if config else default_settings(store, library)
    da = open_record(store, settings)
    soil = open_soil(store, settings)
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
    date = chosen_date(settings, area)
    change = change_of(store, settings, date)
    step(3, 4, "report")
    save_dataset(result, folder / "drought.nc")
    with whole_file(folder / "area.csv") as part:
        area["share"].to_dataframe().reset_index().to_csv(part, index=False)
    with whole_file(folder / "events.csv") as part:
        events.to_dataframe().to_csv(part)
    if change is not None:
        save_dataset(change, folder / "change.nc")
    (folder / "config.yaml").write_text(dump(settings), encoding="utf-8")
    page = write(folder, settings=settings.model_dump(mode="json"), record=da, result=result, area=area, events=events,
                 date=date, change=change)  # fmt: skip
    step(4, 4, "done")
    return page


def change_of(store: Library, settings: DroughtSettings, date: np.datetime64) -> xr.Dataset | None:
    """The change between the two dates of the settings, by default before or behind the date of the map."""
    wanted = settings.change
    if wanted is None:
        return None
    ds = open_part(store, wanted.dataset, settings)
    plain = settings.model_copy(update={"variable": "sm"})
    da = variable_of(ds, plain)
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
