"""What a fusion makes of imposed trends alone: the tables of RESULTS.md.

``python -m benchmarks.fusion_trends FOLDER [--boxes 8 ...] [--seed 7 ...]``

In sixteen years the weather has trends of its own, and so do the errors of products. Each box is therefore simulated,
fused and calibrated by stations twice, with the imposed trends and without, everything else the same; the trend of the
difference of the two records over that of the two truths is the share that the whole chain keeps.

FOLDER is that of :mod:`benchmarks.fusion_truth`, whose boxes are used and made where they are missing; those without
trends go to ``FOLDER/without-trends``. No timing, so not part of the table of benchmarks.
"""

from __future__ import annotations

import sys
from functools import reduce
from operator import and_
from pathlib import Path

import xarray as xr

from vadose import fusion, twin
from vadose.fusion.calibrate import calibrated_name
from vadose.recipes.exam_trends import by_cell, cell_slopes, regional, slope_over, yearly
from vadose.recipes.fusion_pool import Bbox
from vadose.recipes.fusion_settings import ExamSettings
from vadose.recipes.twin_exam import library_of, make_earth
from vadose.store import Library

from .fusion_truth import box_counts, box_parser, draw_boxes

NAME = "fused"
RECORDS = {"without stations": NAME, "calibrated by stations": calibrated_name(NAME)}


def fuse_boxes(folder: Path, boxes: list[Bbox], *, seed: int, trends: bool) -> list[Library]:
    """The boxes of an Earth, simulated, fused and calibrated; what is there is kept."""
    settings = ExamSettings(regions=tuple(boxes), seeds=(seed,))
    plan = settings.resolved()
    libraries = [make_earth(library_of(folder, seed, k), settings, region=box, seed=seed, trends=trends)
                 for k, box in enumerate(boxes, 1)]  # fmt: skip
    if NAME not in libraries[-1].names():
        fusion.train_together(plan, libraries, name=NAME)
    for k, library in enumerate(libraries, 1):
        print(f"seed {seed}, {'with' if trends else 'without'} trends, box {k}: fusing", file=sys.stderr, flush=True)
        fusion.fuse(plan, library, name=NAME)
    for library in libraries:
        others = [other for other in libraries if other is not library]
        fusion.calibrate(plan, library, name=NAME, stations=settings.calibrate, others=others)
    return libraries


def differences(one: Library, other: Library) -> xr.Dataset:
    """Slopes of the differences of truths and of records [m3 m-3 yr-1], (lat, lon); NaN in cells without all years."""
    whole = {k: [library.open(v)["sm"].load() for library in (one, other)] for k, v in RECORDS.items()}
    whole["truth"] = [twin.truth(library, layer=1)["sm"].load() for library in (one, other)]
    with xr.set_options(arithmetic_join="exact"):
        good = reduce(and_, (x.notnull() for pair in whole.values() for x in pair))
        apart = {k: (a.astype("float64") - b).where(good) for k, (a, b) in whole.items()}
    every_year = good.groupby("time.year").any().all("year")
    return xr.Dataset({k: cell_slopes(yearly(x)) for k, x in apart.items()}).where(every_year)


def table(found: dict[int, list[xr.Dataset]]) -> str:
    """The Markdown table: each Earth, then all."""
    lines = ["Share of the imposed trends that a record keeps, simulated Earths with trends less the same without; "
             "regions are those with a trend of their own, in each box:", "",
             f"| Earth | boxes | cells | regions | {' | '.join(f'{k}: cells | ± | regions | ±' for k in RECORDS)} |",
             "|---" * (4 + 4 * len(RECORDS)) + "|"]  # fmt: skip
    rows = [(f"seed {seed}", parts) for seed, parts in found.items()]
    if len(rows) > 1:
        rows.append(("all", [p for parts in found.values() for p in parts]))
    for label, parts in rows:
        cells, regions = [by_cell(p) for p in parts], [regional(p) for p in parts]
        counts = [sum(p.sizes["region"] for p in kind) for kind in (cells, regions)]
        line = [label, str(len(parts)), *(f"{n:,}".replace(",", " ") for n in counts)]
        for k in RECORDS:
            line += [f"{v:.3f}" for kind in (cells, regions) for v in slope_over(kind, k)]
        lines.append(f"| {' | '.join(line)} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    parser = box_parser("fusion_trends", __doc__)
    asked = parser.parse_args(arguments)
    boxes = box_counts(parser, asked)
    if min(boxes) < 2:
        parser.error("needs two boxes or more of each seed")
    found = {}
    for seed, count in zip(asked.seed, boxes):
        drawn = draw_boxes(count, seed=seed)
        both = (fuse_boxes(f, drawn, seed=seed, trends=t)
                for f, t in ((asked.folder, True), (asked.folder / "without-trends", False)))  # fmt: skip
        found[seed] = [differences(*pair) for pair in zip(*both)]
    print(table(found))


if __name__ == "__main__":
    main(sys.argv[1:])
