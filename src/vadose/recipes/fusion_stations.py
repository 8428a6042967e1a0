"""What a report says of stations that have calibrated a record."""

from __future__ import annotations

import numpy as np

from .. import plots
from ..fusion.station_gain import Gain
from ..fusion.station_rows import rms_left
from ..report import Report
from .figures import add_figure
from .fusion_exam import Exam


def seen_stations(exam: Exam) -> str:
    """What stations have to do with a record and its scores, to be joined to other text."""
    words = ""
    if exam.stations is not None:
        words = (f" {exam.stations.sizes['site']} stations have then calibrated the level and the years of the fused "
                 "record (see below), of no rival; columns without stations are of the record before.")  # fmt: skip
    if exam.uncalibrated:
        words = f" The record is not calibrated by stations: {exam.uncalibrated}."
    return f"{words} Judged by {exam.judges}." if exam.judges else words


def add_stations(report: Report, exam: Exam) -> None:
    """Add the section on the calibration by stations, where there is one."""
    fit = exam.stations
    if fit is None:
        return
    rms = rms_left(fit, "difference")
    z = float(np.sqrt((((fit["difference"] - fit["predicted"]) / fit["predicted_sd"]) ** 2).mean()))
    g = Gain.of(fit.attrs)
    low, high = (float(v) for v in np.nanquantile(fit["response"].values, (0.05, 0.95)))
    years = (f"Response of its years, each divided by what noise damps, to theirs: {g.value:.3f} ± {g.error:.3f}; by "
             f"stations alone {g.seen:.2f} ± {g.seen_error:.2f}. Differences between years are divided by it times the "
             f"damping, together {low:.2f} to {high:.2f} in nine of ten cells of this region."
             if g.known else "Differences between years keep their size, since no stations tell of it.")  # fmt: skip
    report.add_section(
        "Stations",
        f"Level and years of the record are calibrated by {fit.attrs['stations']}. They are no longer independent of "
        f"it; its attribute calibrated_with lists them. {years} What stations then still differ by from year to year, "
        "as their neighbours do too, is added, straight lines and single years each by itself.",
    )
    add_figure(
        report, plots.station_calibration(fit),
        "Left: what is added to the level of the record, and the stations of this region by what each differs from it. "
        f"Right: mean of station less record, of all {fit.sizes['site']} stations, before, and after what the others "
        f"predict of each is taken away: rms {rms[0]:.4f} and {rms[1]:.4f} m³ m⁻³. A station is a point: by itself it "
        f"differs from its cell, and no calibration takes that away. Over the stated error of prediction: rms {z:.2f}.",
    )  # fmt: skip
    rms = rms_left(fit, "drift_seen")
    if np.isnan(rms[0]):
        return
    add_figure(
        report, plots.station_years(fit),
        "Left: by how much each station of this region differs from the record from year to year, once the record's "
        "years have their size, less the mean over years; bold: what is added to the record, which neighbours share. "
        f"Right: rms over all stations before, and after what the others predict is taken away: {rms[0]:.4f} and "
        f"{rms[1]:.4f} m³ m⁻³. What is left is the stations' own, and what no neighbour shows.",
    )  # fmt: skip
