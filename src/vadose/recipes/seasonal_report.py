"""The report of the recipe seasonal-drydown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from .. import analysis, plots, schema
from ..report import Column, Report
from .figures import add_figure
from .outputs import whole_file
from .seasonal_truth import add_truth, unit_words

if TYPE_CHECKING:
    from .seasonal_drydown import Cycles, SeasonalSettings

#: Days shown of a daily series.
SHOWN = 240


def write(found: Cycles, settings: SeasonalSettings, folder: Path, *, truth: Cycles | None = None,
          planted: xr.Dataset | None = None) -> Path:  # fmt: skip
    """Write ``report.html``, ``summary.csv`` and ``events.csv``; return the report."""
    simulated = schema.is_simulated(found.sm)
    source = settings.soil_moisture
    grid = f"{found.dekadal.sizes['lat']} × {found.dekadal.sizes['lon']} cells"
    span = f"{found.sm['time'].values[0].astype('M8[D]')} to {found.sm['time'].values[-1].astype('M8[D]')}"
    report = Report(settings.title, subtitle=f"{source.dataset}: {source.variable}, {span}, {grid}",
                    simulated=simulated)  # fmt: skip
    _summary(report, found, folder)
    _cycle(report, found)
    if "lag" in found.results:
        _lag(report, found.results["lag"])
    if "drydown" in found.results:
        _loss(report, found.results["drydown"])
    if "timescale" in found.results:
        _events(report, found, folder)
    _memory(report, found.results["memory"])
    if truth is not None and planted is not None:
        add_truth(report, found, truth, planted, settings)
    attrs = found.results["sm_cycle"].attrs
    report.add_section("Where the numbers come from")
    report.add_provenance({"library dataset": source.dataset, "title": attrs["title"], "software": attrs["software"],
                           "settings": settings.model_dump(mode="json")})  # fmt: skip
    report.add_citations([
        ("Chen, Feng & Fu (2021). An improved global remote-sensing-based surface soil moisture (RSSSM) dataset "
         "covering 2003-2018. Earth System Science Data 13, 1-31.", "10.5194/essd-13-1-2021"),
        ("McColl et al. (2017). Global characterization of surface soil moisture drydowns. Geophysical Research "
         "Letters 44, 3682-3690.", "10.1002/2017GL072819"),
        ("Vinnikov et al. (1996). Scales of temporal and spatial variability of midlatitude soil moisture. Journal of "
         "Geophysical Research 101, 7163-7174.", "10.1029/95JD02753"),
    ])  # fmt: skip
    return report.write(folder / "report.html")


def _map(report: Report, ds: xr.Dataset, name: str, caption: str) -> None:
    if bool(np.isfinite(ds[name].values).any()) and min(ds.sizes["lat"], ds.sizes["lon"]) > 1:
        da = ds[name].assign_attrs(simulated=ds.attrs.get("simulated", ""))
        add_figure(report, plots.cycle_map(da), caption, str(da.attrs["units"]))
    else:
        report.add_text(f"No map: {caption[0].lower()}{caption[1:]} No cell has a value, or there are too few cells.")


def _summary(report: Report, found: Cycles, folder: Path) -> None:
    wanted = {"sm_cycle": ("range", "r2_adjusted"), "lag": ("lag", "lag_harmonic", "r"),
              "drydown": ("loss", "loss_observed", "r"), "timescale": ("tau", "tau_pooled"),
              "memory": ("timescale", "noise_share")}  # fmt: skip
    maps = {str(found.results[k][n].attrs["long_name"]): found.results[k][n]
            for k, names in wanted.items() if k in found.results for n in names}  # fmt: skip
    table = analysis.cell_summary(maps)
    report.add_section("Summary", "Cells with a value, and area-weighted median and tenths over them.")
    columns = [Column("quantity"), Column("unit"), Column("cells"), Column("10 %"), Column("median"), Column("90 %")]
    rows = []
    for k, name in enumerate(maps):
        t = table.isel(quantity=k)
        numbers = [float(t[c]) for c in ("p10", "median", "p90")]
        rows.append([name, unit_words(t["quantity_units"].item()), int(t["n_cells"]), *numbers])
    report.add_table(columns, rows, "Yearly cycle, lag, dry-down and memory over the cells.",
                     notes="Lags in dekads where the unit is 1 and the quantity says so.")  # fmt: skip
    with whole_file(folder / "summary.csv") as part:
        table.to_dataframe().to_csv(part)


def _cycle(report: Report, found: Cycles) -> None:
    cycle = found.results["sm_cycle"]
    two, known = int((cycle["n_harmonics"] == 2).sum()), int((cycle["status"] == 0).sum())
    report.add_section(
        "Yearly cycle",
        "One harmonic, or two where they lower the BIC by more than 10, fitted to all dekads. "
        f"{known} cells have a cycle, {two} of them with two harmonics. {_why(cycle)}",
    )
    _map(report, cycle, "peak_dekad", "When soil moisture peaks.")
    _map(report, cycle, "trough_dekad", "When soil moisture is lowest.")
    _map(report, cycle, "range", "Range of the fitted yearly cycle of soil moisture.")
    from .seasonal_drydown import example_cells

    cells = example_cells(cycle, 4)
    if cells is not None:
        some = {"lat": cells["lat"], "lon": cells["lon"]}
        wet = found.results.get("precipitation_cycle")
        fits = [analysis.cycle_values(c.sel(some)) for c in (cycle, wet) if c is not None]
        figure = plots.cycle_curves(found.dekadal.sel(some).transpose("cell", "time"), *fits)
        add_figure(report, figure, "Example cells, from the smallest to the largest range: dekads and fitted cycles.",
                "m3 m-3, mm day-1")  # fmt: skip


def _lag(report: Report, lag: xr.Dataset) -> None:
    report.add_section("Lag behind precipitation", "Peak of the fitted cycle of soil moisture less that of "
                       "precipitation; none where precipitation's cycle has an adjusted R² below 0.1. "
                       f"{_why(lag)}")  # fmt: skip
    _map(report, lag, "lag", "Lag of the soil moisture peak behind precipitation.")
    add_figure(report, plots.lag_histogram(lag), "Cells by lag of the soil moisture peak.", "1")
    _map(report, lag, "r", "Correlation of the two fitted cycles.")


def _loss(report: Report, loss: xr.Dataset) -> None:
    report.add_section("Loss in dry dekads", "Changes of soil moisture from one dekad to the next, where effective "
                       "precipitation of both together stays below a threshold; the threshold starts at 10 mm and "
                       f"falls until falls are twice as many as rises. {_why(loss)}")  # fmt: skip
    _map(report, loss, "fastest_dekad", "Dekad of the fastest loss.")
    _map(report, loss, "loss", "Mean loss over the year, as if a dry spell came at any time.")
    _map(report, loss, "loss_observed", "Mean loss of the dry dekads there are.")


def _events(report: Report, found: Cycles, folder: Path) -> None:
    tau, events = found.results["timescale"], found.results.get("events")
    how = "runs of days with little rain" if found.rain is not None else "runs of falling values"
    report.add_section("Exponential dry-downs", f"Events are {how} in the daily series; "
                       "θ(t) = limit + amplitude · exp(−t/τ). With errors in the data the median of single events is "
                       f"too short; the pooled fit uses all events. {_why(tau)}")  # fmt: skip
    _map(report, tau, "tau_pooled", "E-folding time of all dry-downs of a cell fitted together.")
    if events is None or not events.sizes["event"]:
        return
    with whole_file(folder / "events.csv") as part:
        events.to_dataframe().to_csv(part, index=False)
    good = events.isel(event=np.flatnonzero((events["status"] == 0).values))
    if not good.sizes["event"]:
        return
    where, counts = np.unique(np.c_[good["lat"], good["lon"]], axis=0, return_counts=True)
    lat, lon = where[counts.argmax()]
    here = good.isel(event=np.flatnonzero(((good["lat"] == lat) & (good["lon"] == lon)).values))
    starts = np.sort(here["start"].values)
    following = np.searchsorted(starts, starts + np.timedelta64(SHOWN, "D")) - np.arange(starts.size)
    start = starts[following.argmax()] - np.timedelta64(5, "D")
    span = {"time": slice(start, start + np.timedelta64(SHOWN, "D"))}
    sm = found.sm.sel(lat=lat, lon=lon).sel(span).compute()
    rain = None if found.rain is None else found.rain.sel(lat=lat, lon=lon).sel(span).compute()
    add_figure(report, plots.drydown_fits(sm, here, rain), "Dry-downs of one cell with their fits and e-folding times.",
            "m3 m-3")  # fmt: skip


def _memory(report: Report, memory: xr.Dataset) -> None:
    report.add_section("Memory", "E-folding time of the autocorrelation of anomalies from the yearly cycle, on true "
                       f"lags; white noise is set apart by the intercept at lag 0. {_why(memory)}")  # fmt: skip
    _map(report, memory, "timescale", "Memory of soil moisture anomalies, free of noise.")


def _why(ds: xr.Dataset) -> str:
    """Cells without a result, by reason."""
    codes, counts = np.unique(ds["status"].values, return_counts=True)
    words = [f"{schema.status_name(int(c)).replace('_', ' ')}: {n}" for c, n in zip(codes, counts) if c != 0]
    return f"Cells without a result: {', '.join(words)}." if words else "All cells have a result."
