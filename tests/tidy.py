"""Small synthetic tidy datasets in the form that the validation room hands to figures and report."""

from __future__ import annotations

import numpy as np
import xarray as xr

from vadose.schema import STATUS, status_attrs

PRODUCTS = (
    "esa_cci_combined_v09.2", "esa_cci_passive_v09.2", "esa_cci_gapfilled_v09.2", "c3s_combined_v202505",
    "era5_v20190613", "era5_land_v20190904", "gldas_noah025_v2.1", "smap_l3_v9_am_pm", "smos_ic_v105_asc",
    "smos_l3_v339_asc", "ascat_h119", "cgls_ssm_1km_v1",
)  # fmt: skip
EMPTY, NO_OVERLAP, SINGLE = PRODUCTS[9], PRODUCTS[8], PRODUCTS[11]
STATIONS = ("Kukuihaele", "Silver Sword", 'Island Dairy <b>"A&B"</b>', "Mana House", "Kemole Gulch", "Pua Akala",
            "Waimea Plain", "Kainaliu")  # fmt: skip
REASONS = ("no_reference", "outside_window", "flagged", "out_of_range", "used_by_another_cell")

METRICS = {
    "n": ("1", "number of pairs"),
    "r": ("1", "Pearson correlation R"),
    "spearman": ("1", "Spearman rank correlation ρ"),
    "bias": ("m3 m-3", "bias (estimate − reference)"),
    "rmse": ("m3 m-3", "root-mean-square error"),
    "ubrmse": ("m3 m-3", "unbiased root-mean-square error"),
    "nse": ("1", "Nash-Sutcliffe efficiency"),
    "anomaly_r": ("1", "anomaly correlation (dekad climatology)"),
}
WITH_INTERVAL = ("r", "bias", "ubrmse", "anomaly_r")


def attrs(units: str, name: str) -> dict[str, str]:
    return {"units": units, "long_name": name}


def stations(*, simulated: bool = True) -> xr.Dataset:
    """Eight stations on Hawaii, two depths each."""
    rng = np.random.default_rng(1)
    lat, lon = 19.2 + rng.random(8), -155.9 + 0.8 * rng.random(8)
    twice = np.repeat(np.arange(8), 2)
    time = np.arange("2017-01-01", "2017-01-11", dtype="datetime64[D]").astype("datetime64[ns]")
    return xr.Dataset(
        {"sm": (("sensor", "time"), rng.random((16, time.size), dtype="float32") * 0.4, attrs("m3 m-3", "sm"))},
        {
            "time": time,
            "network": ("sensor", np.where(twice < 5, "SCAN", "USCRN")),
            "station": ("sensor", np.array(STATIONS)[twice]),
            "lat": ("sensor", lat[twice]),
            "lon": ("sensor", lon[twice]),
            "depth_from": ("sensor", np.tile([0.05, 0.1], 8)),
            "depth_to": ("sensor", np.tile([0.05, 0.1], 8)),
        },
        {"title": "stations", "simulated": "true"} if simulated else {"title": "stations"},
    )


def pairs(*, days: int = 730, simulated: bool = True) -> dict[str, xr.Dataset]:
    """Pairs of twelve products: one without any value, one without overlap, one with a single cell."""
    rng = np.random.default_rng(2)
    st = stations()
    time = (np.datetime64("2017-01-01") + np.arange(days)).astype("datetime64[ns]")
    season = 0.25 + 0.1 * np.cos(2 * np.pi * np.arange(days) / 365)
    out = {}
    for k, product in enumerate(PRODUCTS):
        cells = 1 if product == SINGLE else 4 + k % 5
        where = rng.choice(8, size=cells, replace=False)
        wet = season + np.cumsum(rng.normal(0, 0.006, (cells, days)), axis=1) * 0.3 + rng.normal(0, 0.01, (cells, days))
        truth = np.clip(wet, 0.02, 0.6)
        estimate = np.clip(0.04 * np.sin(k) + truth + rng.normal(0, 0.02 + 0.006 * k, truth.shape), 0, 0.7)
        estimate[rng.random(truth.shape) < 0.08 * k] = np.nan
        if product == EMPTY:
            estimate[:] = np.nan
        if product == NO_OVERLAP:
            estimate[:, : days // 2], truth[:, days // 2 :] = np.nan, np.nan
        truth[:, 100:130] = np.nan
        units, name = ("m3 m-3", "soil moisture") if product != "ascat_h119" else ("1", "degree of saturation")
        if units == "1":
            estimate = np.clip(estimate * 1.8, 0, 1)
        matched = (np.isfinite(estimate) & np.isfinite(truth)).sum(1)
        present = np.isfinite(estimate).sum(1)
        dropped = (rng.dirichlet(np.ones(5), cells) * (present - matched)[:, None]).astype(int)
        dropped[:, 0] += present - matched - dropped.sum(1)
        lat, lon = (np.asarray(st[c].values[::2])[where] for c in ("lat", "lon"))
        out[product] = xr.Dataset(
            {
                "estimate": (("cell", "time"), estimate.astype("float32"), attrs(units, name)),
                "reference": (("cell", "time"), truth.astype("float32"), attrs("m3 m-3", "soil moisture")),
                "n_reference": ("cell", np.isfinite(truth).sum(1), attrs("1", "reference values")),
                "n_estimate": ("cell", present, attrs("1", "estimate values")),
                "n_matched": ("cell", matched, attrs("1", "pairs")),
                "n_dropped": (("cell", "reason"), dropped, attrs("1", "dropped")),
            },
            {
                "time": time,
                "reason": list(REASONS),
                "cell_lat": ("cell", np.round(lat * 4 - 0.5) / 4 + 0.125),
                "cell_lon": ("cell", np.round(lon * 4 - 0.5) / 4 + 0.125),
                "stations": ("cell", np.array(STATIONS)[where]),
            },
            {"product": product, **({"simulated": "true"} if simulated else {})},
        )
    return out


def _values(estimate: np.ndarray, reference: np.ndarray) -> dict[str, float]:
    known = np.isfinite(estimate) & np.isfinite(reference)
    x, y = estimate[known].astype(float), reference[known].astype(float)
    out = dict.fromkeys([*METRICS, *(f"{m}_{e}" for m in WITH_INTERVAL for e in ("lower", "upper"))], np.nan)
    out["n"] = x.size
    if x.size < 20:
        return out
    r, error = np.corrcoef(x, y)[0, 1], x - y
    spread, half = float(error.std()), 3 / np.sqrt(x.size)
    out |= {
        "r": r, "spearman": r - 0.02, "bias": float(error.mean()), "rmse": float(np.sqrt((error**2).mean())),
        "ubrmse": spread, "nse": 1 - float((error**2).mean() / y.var()), "anomaly_r": r - 0.15,
    }  # fmt: skip
    for m in WITH_INTERVAL:
        width = half * spread if m in ("bias", "ubrmse") else half
        out |= {f"{m}_lower": out[m] - width, f"{m}_upper": out[m] + width}
        if m in ("r", "anomaly_r"):
            out[f"{m}_upper"] = min(out[f"{m}_upper"], 0.995)
    return out


def _dataset(rows: list[dict[str, float]], dim: str) -> xr.Dataset:
    ds = xr.Dataset()
    for name in rows[0]:
        units, words = METRICS[name.removesuffix("_lower").removesuffix("_upper")]
        ds[name] = (dim, np.array([row[name] for row in rows]), attrs(units, words))
    return ds


def tables(by_product: dict[str, xr.Dataset]) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """Scores per cell, pooled scores and the summary over cells."""
    rows, pooled, coords, status = [], [], [], []
    for product, ds in by_product.items():
        pooled.append(_values(ds["estimate"].values, ds["reference"].values))
        for cell in range(ds.sizes["cell"]):
            one = ds.isel(cell=cell)
            rows.append(_values(one["estimate"].values, one["reference"].values))
            coords.append((product, float(one.cell_lat), float(one.cell_lon), str(one.stations.item())))
            status.append("ok" if rows[-1]["n"] >= 20 else "no_overlap" if one.n_estimate > 0 else "no_data")
    flag = {"simulated": "true"} if next(iter(by_product.values())).attrs.get("simulated") else {}
    scores = _dataset(rows, "cell").assign_coords(
        product=("cell", [c[0] for c in coords]), cell_lat=("cell", [c[1] for c in coords]),
        cell_lon=("cell", [c[2] for c in coords]), stations=("cell", [c[3] for c in coords]),
    )  # fmt: skip
    scores["status"] = ("cell", np.array([STATUS[s] for s in status], dtype="int8"), status_attrs())
    together = _dataset(pooled, "product").assign_coords(product=list(by_product)).assign_attrs(level=0.95, **flag)
    summary = xr.Dataset(coords={"product": list(by_product)}, attrs=flag)
    for metric in ("r", "bias", "ubrmse", "anomaly_r"):
        for q, name in ((0.5, "median"), (0.25, "q25"), (0.75, "q75")):
            cells = [scores[metric].values[scores["product"].values == p] for p in by_product]
            v = [np.quantile(c[np.isfinite(c)], q) if np.isfinite(c).any() else np.nan for c in cells]
            units, words = METRICS[metric]
            summary[f"{metric}_{name}"] = ("product", v, attrs(units, f"{words}, {name} over cells"))
    summary["n_cells"] = ("product", [ds.sizes["cell"] for ds in by_product.values()], attrs("1", "cells"))
    ok = [int(np.isfinite(scores["r"].values[scores["product"].values == p]).sum()) for p in by_product]
    summary["n_cells_ok"] = ("product", ok, attrs("1", "cells with a score"))
    summary["n_matched"] = ("product", [int(ds["n_matched"].sum()) for ds in by_product.values()], attrs("1", "pairs"))
    return scores.assign_attrs(level=0.95, **flag), together, summary
