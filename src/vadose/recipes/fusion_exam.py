"""Fuse a library by a plan, make the rivals, and gather everything a report on them needs."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import dask
import numpy as np
import xarray as xr

from .. import analysis, fusion, schema, validation
from ..errors import ConfigError
from ..fusion.calibrate import calibrated_name, calibration_name, uncalibrated_name
from ..fusion.station_level import Level
from . import fusion_scores as scores
from .exam_trends import apart, trends_of
from .fusion_settings import FusionSettings
from .progress import Step, silent
from .rivals import BASELINES, make_rivals, rival_name

FUSED = "fused by the plan"
#: Fields of errors among those whose seams are looked at: the record's, and that of a record without zones.
ERROR, UNZONED = "fused less truth", "global network less truth"


@dataclass
class Exam:
    """All results, tidy. ``reference`` is ``"truth"``, ``"stations"`` or empty where there is neither.

    ``gain`` is the response of the plan's first target to the truth, as a record that is trained towards it has its
    scale; NaN of a record that stations have calibrated. Of such a record ``stations`` is the calibration, ``plain``
    the examination of the same record without it and ``given`` the scores beside rivals whose level the same stations
    have calibrated; ``uncalibrated`` says why there is none where one was asked for, ``judges`` by how many stations
    the record is judged where it has seen others.
    """

    plan: fusion.Plan
    fused: xr.Dataset
    simulated: bool
    reference: str
    availability: xr.Dataset
    skill: xr.Dataset
    contributions: xr.Dataset
    coverage: xr.Dataset
    seams: dict[str, xr.Dataset]
    steps: xr.Dataset
    series: xr.DataArray
    break_point: xr.Dataset
    fields: dict[str, xr.DataArray]
    absent: dict[str, str] = field(default_factory=dict)
    records: xr.Dataset | None = None
    products: xr.Dataset | None = None
    rounds: xr.Dataset | None = None
    calibration: xr.Dataset | None = None
    trends: dict[str, float] = field(default_factory=dict)
    cell_trends: xr.Dataset | None = None
    gain: float = float("nan")
    stations: xr.Dataset | None = None
    plain: Exam | None = None
    given: xr.Dataset | None = None
    uncalibrated: str = ""
    judges: str = ""


def examine(library: Any, settings: FusionSettings, *, others: Sequence[Any] = (), step: Step = silent,
            levels: dict[str, Level] | None = None) -> Exam:  # fmt: skip
    """Train, simulate, make rivals and score; what the library holds already is kept.

    Parameters
    ----------
    library : vadose.store.Library
        The region.
    settings : FusionSettings
        What to make and how to judge it.
    others : sequence of vadose.store.Library
        Further regions that the global network learns from, and whose stations help to calibrate the record; they hold
        it fused then.
    step : callable
        Told (done, total, text) as the work goes on.
    levels : dict, optional
        Rival -> its level as stations show it; kept for the other regions of the same Earth, where it is the same.

    Raises
    ------
    ConfigError
        If the plan cannot run, a dataset named as truth or stations is missing, or the record has seen all stations
        that are to judge it.
    """
    plan, name = settings.resolved(), uncalibrated_name(settings.name)
    plan.check(library)

    def told(base: int) -> Callable[[str, int, int], None]:
        return lambda label, done, total: step(base, 5, f"{label} ({done + 1} of {total})")

    plain = fusion.fuse(plan, library, name=name, progress=told(0))
    fused, why = _calibrated(plan, library, settings, others)
    rivals = make_rivals(plan, library, name=name, which=settings.baselines, others=others, progress=told(1))
    truth, stations = references(library, plan, settings)
    judges = ""
    if truth is None and stations is not None:
        stations, judges = scores.unseen(stations, plain if fused is None else fused, depth=settings.depth)
    learnt = _Learnt(
        fusion.availability(plan, library), fusion.training_skill(plan, library, name=name),
        _main(fusion.contributions(plan, library, name=name)),
    )  # fmt: skip
    judged = partial(_judged, plan, library, settings, rivals=rivals, truth=truth, stations=stations, learnt=learnt)
    if fused is None:
        exam = judged(plain, step=step)
    else:
        exam = judged(fused, step=step)
        exam.plain = judged(plain, n_boot=0)
        exam.stations = library.open(calibration_name(name)).compute()
        exam.gain = float("nan")  # its years have the scale of stations, no more that of the target
        if truth is not None and settings.calibrate is not None:
            given = _given(plan, library, settings, rivals, others, {} if levels is None else levels)
            exam.given = scores.score_records(
                {FUSED: fused} | given, fused=FUSED, pair=scores.by_truth(truth), n_boot=0
            )
    exam.uncalibrated, exam.judges = why, judges
    step(4, 5, "writing")
    return exam


def _calibrated(plan: fusion.Plan, library: Any, settings: FusionSettings,
                others: Sequence[Any]) -> tuple[xr.Dataset | None, str]:  # fmt: skip
    """The calibrated record where one is asked for or named, or why there is none."""
    name = uncalibrated_name(settings.name)
    if settings.calibrate is not None:
        try:
            return fusion.calibrate(plan, library, name=name, stations=settings.calibrate, others=others), ""
        except fusion.TooFewStations as err:
            return None, f"found {err.found}, needed {err.needed}"
    if settings.name == name:
        return None, ""
    if settings.name not in library.names():
        raise ConfigError("name", found=f"no record {settings.name!r} in {library.url}", needed="a calibrated record",
                          do="Make it with `vadose fuse calibrate`.")  # fmt: skip
    return library.open(calibrated_name(name)), ""


def _given(plan: fusion.Plan, library: Any, settings: FusionSettings, rivals: Mapping[str, xr.Dataset | str],
           others: Sequence[Any], levels: dict[str, Level]) -> dict[str, xr.Dataset]:  # fmt: skip
    """Rivals with their level from the same stations; a rival without enough of them in its cells is left out."""
    out = {}
    for kind, record in rivals.items():
        if isinstance(record, xr.Dataset):
            name = rival_name(uncalibrated_name(settings.name), kind)
            with contextlib.suppress(fusion.TooFewStations):
                if kind not in levels:
                    levels[kind] = fusion.level_seen(plan, [library, *others], name=name, stations=settings.calibrate)
                out[BASELINES[kind]] = fusion.level_by_stations(plan, library, name=name, level=levels[kind])
    return out


@dataclass(frozen=True)
class _Learnt:
    """What is the same for a record with and without stations."""

    availability: xr.Dataset
    skill: xr.Dataset
    contributions: xr.Dataset


def _judged(plan: fusion.Plan, library: Any, settings: FusionSettings, fused: xr.Dataset, *,
            rivals: Mapping[str, xr.Dataset | str], truth: Any, stations: Any, learnt: _Learnt,
            n_boot: int | None = None, step: Step = silent) -> Exam:  # fmt: skip
    """One record looked at, and scored where there is something to score by."""
    step(2, 5, "scoring")
    simulated = schema.is_simulated(fused)
    exam = _look(plan, fused, truth, learnt)
    if truth is not None and isinstance(one := rivals.get("global-network"), xr.Dataset):
        exam.seams[UNZONED] = _seams(one["sm"] - truth.sel(time=one["time"]), plan, simulated)
    exam.absent = {k: v for k, v in rivals.items() if isinstance(v, str)}
    if truth is None and stations is None:
        return exam
    exam.reference = "truth" if truth is not None else "stations"
    pair = scores.by_truth(truth) if truth is not None else scores.by_stations(stations)
    boot = settings.n_boot if n_boot is None else n_boot
    records = {FUSED: fused} | {BASELINES[k]: v for k, v in rivals.items() if isinstance(v, xr.Dataset)}
    exam.records = scores.score_records(records, fused=FUSED, pair=pair, n_boot=boot)
    step(3, 5, "scoring single products")
    used = plan.used_products()
    single = {FUSED: fused} | {k: library.open(plan.dataset(plan.products[k].dataset)) for k in used}
    exam.products = scores.score_records(single, fused=FUSED, pair=pair, n_boot=boot)
    exam.rounds = scores.by_round(fused, plan, pair)
    if truth is not None:
        exam.calibration = validation.calibration(
            fused["sm"], fused["sm_uncertainty"], scores.marked(truth.sel(time=fused["time"]), simulated)
        ).compute()
        exam.trends, exam.cell_trends = trends_of(fused["sm"], truth)
        exam.gain = _gain(single[plan.rounds[0].targets[0]]["sm"], truth)
    return exam


def references(library: Any, plan: fusion.Plan, settings: FusionSettings) -> tuple[Any, Any]:
    """Truth (top layer) and stations to judge by, None where there is none; the truth goes before stations."""
    names = library.names()
    found: list[Any] = []
    for asked, usual in ((settings.truth, f"{plan.prefix}truth"), (settings.stations, f"{plan.prefix}stations")):
        if asked and asked not in names:
            raise ConfigError("truth or stations", found=f"no dataset {asked!r} in {library.url}",
                              needed="a dataset of the library", do="`vadose library ls` lists them.")  # fmt: skip
        wanted = asked or (usual if usual in names else None)
        found.append(library.open(wanted) if wanted else None)
    truth, stations = found
    if settings.stations and not settings.truth:
        truth = None
    if truth is not None:
        truth = truth["sm"].isel(layer=0, drop=True) if "layer" in truth["sm"].dims else truth["sm"]
    return truth, stations


def _look(plan: fusion.Plan, fused: xr.Dataset, truth: Any, learnt: _Learnt) -> Exam:
    """What can be said without scores."""
    simulated = schema.is_simulated(fused)
    sm = scores.marked(fused["sm"].astype("float64"), simulated)
    seams = {"fused": _seams(sm, plan, simulated)}
    fields = {"fused: mean": _mean(fused["sm"], "sm", "mean of the fused record", simulated)}
    reference = None
    if truth is not None:
        reference = truth.sel(time=fused["time"]).where(fused["sm"].notnull())
        seams = {"truth": _seams(reference, plan, simulated)} | seams
        error = fused["sm"] - reference
        seams[ERROR] = _seams(error, plan, simulated)
        fields = {"truth: mean": _mean(reference, "sm", "mean of the truth", simulated)} | fields | {
            "fused less truth: mean": _mean(error, "bias", "mean of fused less truth", simulated),
            "fused less truth: spread": scores.marked(
                error.std("time").rename("ubrmse").assign_attrs(units="m3 m-3", long_name="unbiased RMSE"), simulated
            ),
        }  # fmt: skip
    sigma = fused["sm_uncertainty"]
    fields["stated uncertainty"] = _mean(sigma, "sm_uncertainty", "mean stated uncertainty", simulated)
    numbers = fusion.dekads.ordinals(fused["time"].values)
    series = (sm if reference is None else sm - reference).mean(["lat", "lon"]).compute()
    if reference is None:
        series = apart(series)
    series.attrs = {"units": "m3 m-3", "long_name": "fused less truth" if reference is not None else "fused, anomaly"}
    with warnings.catch_warnings():  # of cells without land
        warnings.simplefilter("ignore", RuntimeWarning)
        fields = dict(zip(fields, dask.compute(*fields.values())))
    inside = [b for b in fusion.BREAKS if numbers[0] < fusion.dekads.of_label(b) <= numbers[-1]]
    zero = xr.zeros_like(series) if reference is not None else None
    steps = fusion.step_test(series, at=inside, reference=zero)
    steps = steps.assign_coords(time_at=("at", fusion.dekads.starts([fusion.dekads.of_label(b) for b in inside])))
    annual = series.groupby("time.year").mean().assign_attrs(units="m3 m-3")
    return Exam(
        plan=plan, fused=fused, simulated=simulated, reference="", series=scores.marked(series, simulated),
        availability=learnt.availability, skill=learnt.skill, contributions=learnt.contributions, seams=seams,
        steps=steps,
        coverage=fusion.coverage(fused, plan).compute(), fields=fields,
        break_point=analysis.break_point(annual, dim="year"),
    )  # fmt: skip


def _seams(values: xr.DataArray, plan: fusion.Plan, simulated: bool) -> xr.Dataset:
    return fusion.seams(scores.marked(values.assign_attrs(units="m3 m-3"), simulated), zone_size=plan.zones.size)


def _main(contributions: xr.Dataset) -> xr.Dataset:
    """Of each sub-step the network with the most inputs."""
    count = contributions["contribution"].notnull().sum("input").values
    sets = np.array([str(n).split(":")[0] for n in contributions["network"].values])
    best = [int(np.flatnonzero(sets == s)[count[sets == s].argmax()]) for s in dict.fromkeys(sets.tolist())]
    return contributions.isel(network=best).assign_coords(label=("network", sets[best]))


def _mean(da: xr.DataArray, name: str, words: str, simulated: bool) -> xr.DataArray:
    attrs = {"units": "m3 m-3", "long_name": words}
    return scores.marked(da.mean("time").rename(name).assign_attrs(attrs), simulated)


def _gain(target: xr.DataArray, truth: xr.DataArray) -> float:
    """Slope of a product on the truth, both less their mean for each dekad of the year in each cell."""
    reference = truth.sel(time=target["time"])
    both = target.notnull() & reference.notnull()
    x, y = (apart(da.where(both)) for da in (reference, target))
    products, squares = dask.compute((x * y).sum(), (x * x).sum())
    return float(products / squares) if squares > 0 else float("nan")
