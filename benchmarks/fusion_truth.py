"""Fusion against the truth of boxes drawn at random: the tables of RESULTS.md.

``python -m benchmarks.fusion_truth FOLDER [--boxes 8 ...] [--seed 7 ...] [--only tc,global-network]
[--no-stations]``

The record that is judged is calibrated by the stations of all boxes of its Earth; the same record without them stands
beside it.

The rule by which boxes are drawn, the same for every seed: boxes of 2° × 2° with edges at whole degrees between 40° S
and 60° N, without sea in any cell of 0.1° and with less than 2 % of open water in every cell of 1°, one after the other
with a probability proportional to their area (the cosine of the latitude of their middle), without overlap. A larger
number of boxes begins with those of a smaller one. The generator is NumPy's default one with the seed of the Earth.

FOLDER keeps one library for each seed and box (``library-<seed>-<box>``), so that a second run goes on or adds boxes;
networks of all zones then have to learn anew from more of them, and what holds old ones must be deleted first
(``fused``, ``fused.rivals/global-network`` and ``fused.rivals/published-global``, each with what begins with it).
``seed-<seed>/report.html`` is the report on a seed. No timing, so not part of the table of benchmarks.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from vadose import twin
from vadose.fusion import Stations
from vadose.recipes.fusion_pool import Bbox, BoxExam, Pool, pool
from vadose.recipes.fusion_settings import FusionSettings
from vadose.recipes.fusion_verdicts import Verdict, judge_pool
from vadose.recipes.progress import Step
from vadose.recipes.rivals import BASELINES
from vadose.recipes.twin_exam import run_exams, write_exams

#: Where boxes lie, and the edge of one [degrees].
SOUTH, NORTH, EDGE = -40, 60, 2
#: Largest share of open water in a cell of 1°.
WATER = 0.02


def draw_boxes(count: int, *, seed: int, resolution: float = 0.1) -> list[Bbox]:
    """Boxes of one simulated Earth, as the rule above says."""
    land = twin.generate(region=(-180, SOUTH, 180, NORTH), resolution=1.0, years=(2016, 2016), seed=seed, step="dekad",
                         products=[])["twin/land"]  # fmt: skip
    dry = ((land["land_cover"] != 0) & (land["water_fraction"] < WATER)).values
    lat, lon = land["lat"].values, land["lon"].values
    places = [(i, j) for i in range(lat.size - EDGE + 1) for j in range(lon.size - EDGE + 1)
              if dry[i : i + EDGE, j : j + EDGE].all()]  # fmt: skip
    boxes = [(float(lon[j] - 0.5), float(lat[i] + 0.5 - EDGE), float(lon[j] - 0.5 + EDGE), float(lat[i] + 0.5))
             for i, j in places]  # fmt: skip
    area = np.array([np.cos(np.radians((south + north) / 2)) for _, south, _, north in boxes])
    order = np.random.default_rng(seed).choice(len(boxes), size=len(boxes), replace=False, p=area / area.sum())
    out: list[Bbox] = []
    for k in order:
        if len(out) == count:
            break
        if not any(_overlap(boxes[k], other) for other in out) and _without_sea(boxes[k], seed, resolution):
            out.append(boxes[k])
    return out


def _overlap(a: Bbox, b: Bbox) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _without_sea(box: Bbox, seed: int, resolution: float) -> bool:
    land = twin.generate(region=box, resolution=resolution, years=(2016, 2016), seed=seed, step="dekad", products=[])
    return bool((land["twin/land"]["land_cover"] != 0).all())


def examine_boxes(folder: Path, *, boxes: list[int], seeds: list[int], only: list[str] | None,
                  stations: Stations | None) -> list[BoxExam]:  # fmt: skip
    """Simulate, fuse, calibrate and judge the boxes of each seed; writes a report for each seed."""
    out = []
    for seed, count in zip(seeds, boxes):
        settings = FusionSettings(regions=tuple(draw_boxes(count, seed=seed)), seeds=(seed,),
                                  baselines=tuple(only or BASELINES), calibrate=stations)  # fmt: skip
        exams = run_exams(folder, settings, step=_told(time.perf_counter()))
        write_exams(folder / f"seed-{seed}", settings, exams)
        out += exams
    return out


def _told(began: float) -> Step:
    def told(done: int, total: int, text: str) -> None:
        print(f"{time.perf_counter() - began:6.0f} s  {done} of {total}  {text}", file=sys.stderr, flush=True)

    return told


def tables(exams: list[BoxExam]) -> str:
    """The Markdown tables of RESULTS.md."""
    together = pool(exams)
    parts = (_rivals(together), _boxes(exams, together), _steps(exams, together), _trends(together))
    return "\n\n".join([*parts, _verdicts(together)])


def _rivals(together: Pool) -> str:
    lines = ["Error of the fused record over that of each rival, all boxes (± by leaving out one box at a time; least "
             "and largest of a box):", "",
             f"| rival | n | its RMSE | ratio | in a box | its ubRMSE | ratio | in a box |{_plain_heads(together)}",
             "|---" * (8 + _plain_heads(together).count("|")) + "|"]  # fmt: skip
    t = together.rivals
    for name in t["rival"].values:
        one = t.sel(rival=name)
        if not float(one["n"]):
            continue
        cells = [str(name), f"{float(one['n']):,.0f}".replace(",", " ")]
        for metric, ratio in (("rmse", "ratio"), ("ubrmse", "ratio_unbiased")):
            low, high = float(one[ratio].min()), float(one[ratio].max())
            cells += [f"{float(one[f'rival_{metric}']):.4f}",
                      f"{float(one[f'pooled_{metric}']):.3f} ± {float(one[f'error_{metric}']):.3f}",
                      f"{low:.2f}-{high:.2f}"]  # fmt: skip
        if together.plain is not None:
            plain = together.plain.rivals.sel(rival=name)
            cells += [f"{float(plain[f'pooled_{m}']):.3f}" for m in ("rmse", "ubrmse")]
        if "given_rmse" in t:
            cells += [_number(float(one[f"given_{m}"])) for m in ("rmse", "ubrmse")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _plain_heads(together: Pool) -> str:
    heads = "" if together.plain is None else " ratio without stations: RMSE | ubRMSE |"
    return heads + (" rival given the stations too: RMSE | ubRMSE |" if "given_rmse" in together.rivals else "")


def _number(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else ""


def _boxes(exams: list[BoxExam], together: Pool) -> str:
    t = together.rivals
    merges = [str(n) for n in t["rival"].values[t["kind"].values == "record"]]
    lines = ["Box by box: RMSE ratio (ubRMSE ratio) of fused over the other.", "",
             f"| box; seed | RMSE | ubRMSE | R | best product | {' | '.join(merges)} | inside 68 / 95 % band |",
             "|---" * (6 + len(merges)) + "|"]  # fmt: skip
    for e in exams:
        assert e.exam.records is not None and e.exam.products is not None and e.exam.calibration is not None
        own = e.exam.records.isel(product=0)
        single = e.exam.products.isel(product=slice(1, None))
        best = single["ratio"].idxmax("product").item()
        cells = [e.label, *(f"{float(own[m]):.{d}f}" for m, d in (("rmse", 4), ("ubrmse", 4), ("r", 2))),
                 f"{best} {_two(single.sel(product=best))}"]  # fmt: skip
        cells += [_two(e.exam.records.sel(product=m)) if m in e.exam.records["product"].values else "" for m in merges]
        inside = e.exam.calibration["inside"]
        cells.append(" / ".join(f"{100 * float(inside.sel(level=p)):.0f}" for p in (0.68, 0.95)))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _two(scores) -> str:
    return f"{float(scores['ratio']):.2f} ({float(scores['ratio_unbiased']):.2f})"


def _steps(exams: list[BoxExam], together: Pool) -> str:
    edges = together.steps["at"].values.astype(str).tolist()
    lines = ["Steps of the mean over a box, fused less truth [m³ m⁻³]; slopes of its yearly mean [m³ m⁻³ yr⁻¹]:",
             "", f"| box; seed | {' | '.join(edges)} | slope, fused | slope, truth |",
             "|---" * (3 + len(edges)) + "|"]  # fmt: skip
    for e in exams:
        steps = [f"{float(e.exam.steps['step'].sel(at=a)):+.4f}" for a in edges]
        slopes = [f"{v:+.5f}" if np.isfinite(v := e.exam.trends[k]) else "–" for k in ("fused", "truth")]
        lines.append(f"| {' | '.join([e.label, *steps, *slopes])} |")
    for words, name in (("mean", "step"), ("standard error", "standard_error")):
        values = [f"{v:+.4f}" if name == "step" else f"{v:.4f}" for v in together.steps[name].values]
        lines.append(f"| {' | '.join([words, *values, '', ''])} |")
    return "\n".join(lines)


def _trends(together: Pool) -> str:
    t = together.trends
    lines = ["Slope of recovered on true trends:", "", "| over | line | slope | ± |", "|---|---|---|---|"]
    for over in t["over"].values:
        for fit in t["fit"].values:
            one = t.sel(over=over, fit=fit)
            lines.append(f"| {over} | {fit} | {float(one['slope']):.2f} | {float(one['standard_error']):.2f} |")
    seams = "; ".join(f"{k} {v:.3f}" for k, v in together.seams.items())
    return "\n".join([*lines, "", f"Mean step across zone edges over that inside: {seams}."])


def _verdicts(together: Pool) -> str:
    with_plain = together.plain is not None
    plain = " without stations |" if with_plain else ""
    lines = [f"| what, all boxes together | reached |{plain} to reach | |", "|---" * (5 if with_plain else 4) + "|"]
    return "\n".join([*lines, *(_line(v, with_plain) for v in judge_pool(together))])


def _line(v: Verdict, with_plain: bool) -> str:
    digits = 4 if v.goal.startswith("within") else 3
    error = f" ± {v.error:.{digits}f}" if np.isfinite(v.error) else ""
    plain = f" {v.without_stations:.{digits}f} |" if with_plain else ""
    return f"| {v.what} | {v.value:.{digits}f}{error} |{plain} {v.goal} | {'yes' if v.passed else 'NO'} |"


def box_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """Options that say how many boxes of which Earths."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{module}", description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("folder", type=Path, help="where libraries and reports are kept")
    parser.add_argument("--boxes", type=int, nargs="+", default=[8], help="boxes of each seed, or of all")
    parser.add_argument("--seed", type=int, nargs="+", default=[7], help="seeds, an Earth each")
    return parser


def box_counts(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> list[int]:
    """Boxes of each seed."""
    boxes = asked.boxes * len(asked.seed) if len(asked.boxes) == 1 else asked.boxes
    if len(boxes) != len(asked.seed):
        parser.error(f"{len(boxes)} numbers of boxes for {len(asked.seed)} seeds; needs one for all or one for each")
    return boxes


def main(arguments: list[str]) -> None:
    parser = box_parser("fusion_truth", __doc__)
    parser.add_argument("--only", help=f"baselines separated by commas, some of {', '.join(BASELINES)}; all by default")
    parser.add_argument("--no-stations", action="store_true", help="judge the record as fused, without stations")
    asked = parser.parse_args(arguments)
    boxes = box_counts(parser, asked)
    if sum(boxes) < 2:
        parser.error("needs two boxes or more; a single one is what `vadose run twin-exam` examines")
    only = [b.strip() for b in asked.only.split(",") if b.strip()] if asked.only else None
    stations = None if asked.no_stations else Stations()
    print(tables(examine_boxes(asked.folder, boxes=boxes, seeds=asked.seed, only=only, stations=stations)))


if __name__ == "__main__":
    main(sys.argv[1:])
