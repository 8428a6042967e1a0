"""A small world with known truth: three products, a target and two factors on 4×4 zones of 4×4 pixels."""

from __future__ import annotations

import numpy as np
import xarray as xr

from vadose import schema
from vadose.fusion import Plan, dekads
from vadose.grid import Grid
from vadose.schema import FLAGS, VARIABLES

GRID = Grid.regular(0.25).crop((10, 44, 14, 48))
FIRST, LAST = dekads.of_label("2013D01"), dekads.of_label("2016D36")
PERIODS = {"t": ("2015D01", "2016D36"), "a": ("2013D01", "2016D36"), "b": ("2014D01", "2016D36"),
           "c": ("2013D01", "2015D36")}  # fmt: skip


def raw_plan(**changes) -> dict:
    """The mini plan as a mapping: two rounds, three products."""
    plan = {
        "name": "mini",
        "products": {k: {"dataset": k, "sensor": k.upper(), "period": list(p), "masks_frozen": k == "a"}
                     for k, p in PERIODS.items()},
        "factors": {"lai": {"dataset": "factors", "variable": "lai"}, "sand": {"dataset": "soil", "variable": "sand"}},
        "zones": {"size": 1.0, "block": 2, "band": 2},
        "networks": {"members": 2, "max_iter": 80, "hidden": 5, "sample_rows": 40},
        "mask": {"frozen_from": "a"},
        "rounds": [
            {"name": "1", "targets": ["t"], "predictors": ["a", "b"],
             "substeps": [{"name": "1-1", "simulate": ["2014D01", "2016D36"], "train": ["2015D01", "2016D36"]}]},
            {"name": "2", "targets": ["t", "sim-1"], "predictors": ["a", "c"],
             "substeps": [{"name": "2-1", "simulate": ["2013D01", "2013D36"], "train": ["2014D01", "2015D36"]},
                          {"name": "2-2", "simulate": ["2013D01", "2013D36"], "train": ["2014D01", "2015D36"],
                           "priority": "samples"}]},
        ],
    }  # fmt: skip
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(plan.get(key), dict):
            plan[key] = {**plan[key], **value}
        else:
            plan[key] = value
    return plan


def plan(**changes) -> Plan:
    return Plan.of(raw_plan(**changes))


def gridded(values: np.ndarray, numbers, *, flag: np.ndarray | None = None, name: str = "sm", attrs=None) -> xr.Dataset:
    attrs = VARIABLES[name].attrs() if attrs is None else attrs
    data = {name: (("time", "lat", "lon"), values.astype("float32"), attrs)}
    if flag is not None:
        data["flag"] = (("time", "lat", "lon"), flag.astype("uint16"), schema.flag_attrs())
    return schema.with_grid(xr.Dataset(data, {"time": dekads.starts(numbers)}), GRID)


def make(*, seed: int = 0, extra: int = 0) -> tuple[dict[str, xr.Dataset], xr.DataArray]:
    """Datasets by name and the truth; ``extra`` dekads after the end of 2016."""
    rng = np.random.default_rng(seed)
    numbers = np.arange(FIRST, LAST + 1 + extra)
    ny, nx = GRID.shape
    y, x = np.meshgrid(np.linspace(0, 1, ny), np.linspace(0, 1, nx), indexing="ij")
    t = numbers[:, None, None]
    wet = rng.standard_normal((numbers.size + 8, 1, 1))
    weather = sum(wet[8 - k : 8 - k + numbers.size] * 0.7**k for k in range(8)) * 0.02
    truth = 0.25 + 0.08 * (y - x) + 0.05 * np.sin(2 * np.pi * (t - FIRST) / 36 + 2 * x) + weather * (0.5 + y)
    lai = 2 + 1.5 * np.sin(2 * np.pi * (t - FIRST - 9) / 36) + y
    sand = np.broadcast_to(30 + 40 * x * y, (ny, nx)) + 3 * rng.standard_normal((ny, nx))
    noise = rng.standard_normal((4, *truth.shape))
    seen = {
        "t": truth + 0.012 * noise[0],
        "a": 0.1 + 0.6 * truth + 0.02 * lai + 0.03 * noise[1],
        "b": truth - 0.025 * lai + 0.001 * (sand - 40) + 0.03 * noise[2],
        "c": 0.05 + 1.1 * truth - 0.01 * lai + 0.035 * noise[3],
    }
    frozen = np.broadcast_to((t % 36 < 2) & (y > 0.8), truth.shape)
    out = {}
    for k, v in seen.items():
        lost = rng.random(truth.shape) < 0.1
        if k == "b":
            lost = lost | (x < 0.2)  # a region the product never sees
        keep = ~(lost | (frozen & (k == "a")))
        low, high = (dekads.of_label(p) for p in PERIODS[k])
        here = (numbers >= low) & (numbers <= high + (extra if high == LAST else 0))
        flag = np.where(frozen, FLAGS["frozen_or_snow"], 0)
        out[k] = gridded(np.where(keep, v, np.nan)[here], numbers[here], flag=flag[here])
    out["factors"] = gridded(lai, numbers, name="lai", attrs={"units": "1"})
    out["soil"] = schema.with_grid(xr.Dataset({"sand": (("lat", "lon"), sand.astype("float32"), {"units": "%"})}), GRID)
    grid = out["factors"]
    return out, xr.DataArray(truth, dims=("time", "lat", "lon"), coords=grid.coords).where(~frozen)


#: Cells with stations.
CELLS = [(1, 2), (3, 9), (5, 5), (8, 12), (10, 3), (12, 14), (14, 7), (15, 1), (2, 13), (6, 1), (9, 8), (13, 11)]


def stations(truth: xr.DataArray, cells=CELLS, *, depth=(0.0, 0.05), prefix="S", noise=0.01, seed=0) -> xr.Dataset:
    """Stations in cells at dekads: the truth there with noise."""
    rng = np.random.default_rng(seed)
    y = np.stack([truth.values[:, r, c] for r, c in cells])
    y = y + noise * rng.standard_normal(y.shape)
    n = len(cells)
    names = [f"{prefix}{i}" for i in range(n)]
    coords = {"network": ["NET"] * n, "station": names, "lat": [GRID.lat[r] + 0.02 for r, _ in cells],
              "lon": [GRID.lon[c] - 0.03 for _, c in cells], "depth_from": [depth[0]] * n,
              "depth_to": [depth[1]] * n}  # fmt: skip
    ds = xr.Dataset({"sm": (("sensor", "time"), y.astype("float32"), VARIABLES["sm"].attrs())},
                    {"time": truth["time"], "sensor": [f"NET/{s}/{depth[0]:g}-{depth[1]:g}" for s in names],
                     **{k: ("sensor", v) for k, v in coords.items()}})  # fmt: skip
    return ds.assign_attrs(title="stations", step="dekad")


def fill_library(library, datasets: dict[str, xr.Dataset]) -> None:
    for name, ds in datasets.items():
        library.write(name, ds)


def make_rsssm(*, seed: int = 0) -> tuple[dict[str, xr.Dataset], xr.DataArray]:
    """Every dataset of the built-in plan on 2×2 zones of 3×3 pixels, 2003-2018, and the truth."""
    plan = Plan.load("rsssm")
    rng = np.random.default_rng(seed)
    grid = Grid.regular(1 / 3).crop((10, 30, 12, 32))
    first, last = dekads.of_label("2003D01"), dekads.of_label("2018D36")
    numbers = np.arange(first, last + 1)
    t, (ny, nx) = (numbers - first)[:, None, None], grid.shape
    y, x = np.meshgrid(np.linspace(0, 1, ny), np.linspace(0, 1, nx), indexing="ij")
    truth = 0.25 + 0.08 * (y - x) + 0.05 * np.sin(2 * np.pi * t / 36 + 2 * x)
    truth += 0.02 * rng.standard_normal(numbers.size)[:, None, None]
    leaves = 2 + 1.5 * np.sin(2 * np.pi * (t - 9) / 36) + y

    def on_grid(values, at, names, attrs):
        data = {n: (("time", "lat", "lon"), v.astype("float32"), attrs) for n, v in zip(names, values)}
        return schema.with_grid(xr.Dataset(data, {"time": dekads.starts(at)}), grid)

    out = {}
    for name, product in plan.products.items():
        a, b = (dekads.of_label(p) - first for p in product.period)
        at = slice(a, b + 1)
        noise = 0.01 if name == "smap_e" else 0.03
        seen = truth[at] + noise * rng.standard_normal((b + 1 - a, ny, nx))
        if name != "smap_e":
            seen += rng.uniform(-0.05, 0.05) + rng.uniform(-0.01, 0.01) * leaves[at]
        ds = on_grid(
            [np.where(rng.random(seen.shape) < 0.1, np.nan, seen)], numbers[at], ["sm"], VARIABLES["sm"].attrs()
        )
        if name == "ascat_swi":
            frozen = np.broadcast_to((numbers[at] % 36 == 0)[:, None, None] & (y > 0.9), seen.shape)
            ds["flag"] = (
                ds["sm"].dims,
                np.where(frozen, FLAGS["frozen_or_snow"], 0).astype("uint16"),
                schema.flag_attrs(),
            )
        out[f"twin/{name}"] = ds
    before = (numbers < dekads.of_label("2014D01"))[:, None, None]
    glass = np.where((numbers >= dekads.of_label("2007D01")) & (numbers <= dekads.of_label("2017D36")), 1.0, np.nan)
    moving = [leaves * np.where(before, 0.85, 1.05), leaves * glass[:, None, None], 285 + leaves, 0.01 + 0 * leaves]
    factors = on_grid(moving, numbers, ["lai_geov2", "lai_glass", "lst", "water_fraction"], {"units": "1"})
    factors["water_fraction"] = factors["water_fraction"].assign_attrs(units="1")
    for name in ("tree_cover", "non_tree_vegetation", "topographic_complexity", "sand", "clay"):
        units = VARIABLES[name].units if name in VARIABLES else "%"
        factors[name] = (("lat", "lon"), (50 * rng.random((ny, nx))).astype("float32"), {"units": units})
    cover = np.full((ny, nx), 10, "uint8")
    cover[0, 0], cover[0, 1] = 0, 2  # sea and rainforest
    factors["land_cover"] = (("lat", "lon"), cover, {"units": "1"})
    out["twin/factors"] = factors
    return out, xr.DataArray(truth, dims=("time", "lat", "lon"), coords=factors.coords)
