"""Examinations of many boxes of simulated Earths as one: what luck of a single box does not decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from ..stats.jackknife import group_jackknife
from .exam_trends import by_cell, regional, slope_over
from .fusion_exam import FUSED, Exam

Bbox = tuple[float, float, float, float]

#: What errors are pooled: metric -> its ratio in the scores of a box.
RATIOS = {"rmse": "ratio", "ubrmse": "ratio_unbiased"}
#: The rival that is another one in each box.
ORACLE = "best product of each box"


@dataclass(frozen=True)
class BoxExam:
    """The examination of one box of one Earth; boxes are numbered from 1."""

    seed: int
    number: int
    box: Bbox
    exam: Exam

    @property
    def label(self) -> str:
        """Box and seed in short."""
        return f"{', '.join(f'{x:g}' for x in self.box)}; {self.seed}"


@dataclass(frozen=True)
class Pool:
    """All boxes together.

    Attributes
    ----------
    rivals : Dataset, dims (rival, box)
        ``ratio``, ``ratio_unbiased`` by box; over all boxes ``pooled_<metric>`` [1] with ``error_<metric>``, the
        errors ``fused_<metric>`` and ``rival_<metric>`` [m3 m-3] behind it, ``n`` pairs; ``kind`` is ``"product"``,
        ``"record"`` or ``"oracle"``. Where stations have calibrated the record, ``given_<metric>`` [1] is the ratio to
        the rival with its level from the same stations, NaN where there is none.
    steps : Dataset, dim (at)
        ``step`` and ``standard_error`` [m3 m-3], mean over boxes, and ``largest`` [m3 m-3], that of a single box.
    trends : Dataset, dims (over, fit)
        ``slope`` and ``standard_error`` [1] of recovered on true trends over regions and cells, as they are and, where
        no stations have calibrated the records, in the target's scale (the truth's times the target's gain in a box).
    bands : Dataset, dim (level)
        ``inside`` and ``inside_unbiased`` [1].
    growth : dict
        Metric -> that of the last round over the first.
    seams : dict
        Field -> mean step across zone edges over that inside.
    empty : float
        Share of land without a value or snow.
    plain : Pool, optional
        The same of the records without stations, where those of all boxes are calibrated by stations.
    """

    exams: Sequence[BoxExam]
    rivals: xr.Dataset
    steps: xr.Dataset
    trends: xr.Dataset
    bands: xr.Dataset
    growth: dict[str, float]
    seams: dict[str, float]
    empty: float
    plain: Pool | None = None


def pool(exams: Sequence[BoxExam]) -> Pool:
    """Pool examinations against the truth.

    Notes
    -----
    Errors are roots of mean squares over the pairs of all boxes, so that every pixel-dekad weighs the same; the ubRMSE
    takes the mean difference of each box away. Standard errors leave out one box at a time. Steps weigh every box the
    same. Trends of cells weigh every cell the same, and those of regions, which are the regions of the simulated Earth
    that have a trend of their own (:func:`vadose.recipes.exam_trends.regional`), as many as the cells they stand for.
    """
    every = [e.exam for e in exams]
    parts = [e.calibration for e in every if e.calibration is not None]
    n = np.array([float(c["n"]) for c in parts])
    level = parts[0]["level"]
    bands = {k: ("level", np.average([c[k].values for c in parts], axis=0, weights=n), parts[0][k].attrs)
             for k in ("inside", "inside_unbiased")}  # fmt: skip
    rounds = [e.rounds for e in every if e.rounds is not None]
    growth = {}
    for metric in RATIOS:
        first, last = (
            _root([float(r[metric][i]) for r in rounds], [float(r["n"][i]) for r in rounds]) for i in (0, -1)
        )
        growth[metric] = last / first
    plain = [replace(e, exam=e.exam.plain) for e in exams if e.exam.plain is not None]
    return Pool(
        exams=exams, rivals=_rivals(exams), steps=_steps(every), trends=_trends(every),
        bands=xr.Dataset(bands, {"level": level}), growth=growth,
        seams={k: _seam([e.seams[k] for e in every]) for k in every[0].seams},
        empty=float(np.mean([e.coverage["share"].sel(origin="no value").mean() for e in every])),
        plain=pool(plain) if len(plain) == len(every) else None,
    )  # fmt: skip


def _root(values: ArrayLike, counts: ArrayLike) -> float:
    """Root mean square of errors of boxes, weighted by their pairs; boxes without a pair are left out."""
    v, n = np.asarray(values, dtype="float64"), np.asarray(counts, dtype="float64")
    good = np.isfinite(v) & (n > 0)
    return float(np.sqrt((n[good] * v[good] ** 2).sum() / n[good].sum())) if good.any() else float("nan")


def _rivals(exams: Sequence[BoxExam]) -> xr.Dataset:
    tables = [(kind, [getattr(e.exam, f"{kind}s") for e in exams]) for kind in ("product", "record")]
    rows: list[tuple[str, str, list[xr.Dataset | None]]] = []
    for kind, scores in tables:
        names = dict.fromkeys(p for s in scores for p in s["product"].values.astype(str).tolist() if p != FUSED)
        rows += [(n, kind, [s.sel(product=n) if n in s["product"].values else None for s in scores]) for n in names]
    parts = [_pooled(name, kind, ones) for name, kind, ones in rows]
    best = []
    for e in exams:
        assert e.exam.products is not None
        ratio = e.exam.products["ratio"].where(e.exam.products["product"] != FUSED)
        best.append(e.exam.products.sel(product=ratio.idxmax("product").item()) if ratio.notnull().any() else None)
    parts.append(_pooled(ORACLE, "oracle", best))
    out = xr.concat(parts, dim="rival", join="exact", combine_attrs="override").assign_coords(
        box=("box", [e.label for e in exams])
    )
    for metric, name in RATIOS.items():
        words = f"{metric.replace('rmse', 'RMSE')} of the fused record over the rival's"
        for v in (name, f"pooled_{metric}"):
            out[v].attrs = {"units": "1", "long_name": words}
    given = [e.exam.given for e in exams]
    if all(g is not None for g in given):
        whole = [_given(name, given) if kind == "record" else None for name, kind, _ in rows] + [None]
        for metric in RATIOS:
            ratios = [np.nan if g is None else float(g[f"pooled_{metric}"]) for g in whole]
            out[f"given_{metric}"] = ("rival", ratios, {"units": "1"})
    return out.assign_attrs(simulated="true")


def _given(name: str, given: Sequence[xr.Dataset | None]) -> xr.Dataset:
    return _pooled(name, "record", [g.sel(product=name) if g is not None and name in g["product"].values else None
                                    for g in given])  # fmt: skip


def _pooled(name: str, kind: str, ones: list[xr.Dataset | None]) -> xr.Dataset:
    """One rival over all boxes."""

    def values(variable: str) -> np.ndarray:
        return np.array([np.nan if s is None else float(s[variable]) for s in ones])

    n = np.nan_to_num(values("n_common"))
    there = np.flatnonzero(n > 0)

    def share(keep: np.ndarray, *, fused: np.ndarray, rival: np.ndarray) -> np.ndarray:
        at = there[keep]
        return np.asarray(_root(fused[at], n[at]) / _root(rival[at], n[at]))

    data: dict[str, object] = {"kind": ((), kind), "n": ((), n.sum())}
    for metric, ratio in RATIOS.items():
        fused, rival = values(f"{metric}_fused"), values(f"{metric}_common")
        of = partial(share, fused=fused, rival=rival)
        error = np.asarray(np.nan)
        if there.size > 1:
            error, _ = group_jackknife(of, size=there.size, groups=there.size)
        data |= {ratio: ("box", values(ratio)), f"error_{metric}": ((), float(error)),
                 f"pooled_{metric}": ((), float(of(np.ones(there.size, bool)))),
                 f"fused_{metric}": ((), _root(fused, n)), f"rival_{metric}": ((), _root(rival, n))}  # fmt: skip
    return xr.Dataset(data, {"rival": name})


def _steps(every: Sequence[Exam]) -> xr.Dataset:
    whole = xr.concat([e.steps["step"].drop_vars("time_at", errors="ignore") for e in every], dim="box", join="outer")
    n = whole.notnull().sum("box")
    error = (whole.std("box", ddof=1) / np.sqrt(n)).where(n > 1) if len(every) > 1 else whole.mean("box") * np.nan
    return xr.Dataset({"step": whole.mean("box"), "standard_error": error, "largest": abs(whole).max("box"), "n": n})


def _trends(every: Sequence[Exam]) -> xr.Dataset:
    cells = [e.cell_trends for e in every if e.cell_trends is not None]
    gain = np.array([e.gain for e in every])
    parts = {"regions": [regional(c) for c in cells], "cells": [by_cell(c) for c in cells]}
    scales = {"": np.ones(len(cells))}
    if np.isfinite(gain).all():
        scales[", in the target's scale"] = gain
    fits = {"through the origin": False, "with intercept": True}
    got = np.array([[slope_over(ones, scale=scale, intercept=i) for i in fits.values()]
                    for ones in parts.values() for scale in scales.values()])  # fmt: skip
    dims = ("over", "fit")
    names = [f"{over}{words}" for over in parts for words in scales]
    return xr.Dataset({"slope": (dims, got[..., 0]), "standard_error": (dims, got[..., 1])},
                      {"over": names, "fit": list(fits)})  # fmt: skip


def _seam(seams: Sequence[xr.Dataset]) -> float:
    """Mean step across zone edges over that inside, of the pairs of all boxes."""
    across = [float(s["n"].where(s["distance"] == 0, 0).sum()) for s in seams]
    inside = [float(s["n"].where(s["distance"] > 0, 0).sum()) for s in seams]
    means = []
    for name, count in (("across", across), ("inside", inside)):
        value, n = np.array([float(s[name]) for s in seams]), np.array(count)
        good = np.isfinite(value) & (n > 0)
        means.append((value[good] * n[good]).sum() / n[good].sum() if good.any() else np.nan)
    return float(means[0] / means[1])
