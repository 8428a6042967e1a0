"""Reading one global daily ESA CCI image: ours through the product reader, the peer through plain xarray.

The peer masks by hand what the reader masks by rule. With real sample data the provider's image is read, else one of
the same size, layout and compression written here.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import netCDF4
import numpy as np
import xarray as xr

from vadose import products
from vadose.store import Library

from .sample_data import find_sample_data
from .table import Row, best_of

NAMES = ["sm", "sm_uncertainty", "flag", "t0"]


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = _real() or _made(Path(folder))

        def ours() -> xr.Dataset:
            return products.open("esa_cci", path).load()

        def ours_sm() -> np.ndarray:
            return products.open("esa_cci", path)["sm"].values

        def peer() -> xr.Dataset:
            with xr.open_dataset(path) as ds:
                part = ds[NAMES].load()
            good = part["flag"] == 0
            return part.assign(sm=part["sm"].where(good), sm_uncertainty=part["sm_uncertainty"].where(good))

        def peer_sm() -> np.ndarray:
            with xr.open_dataset(path) as ds:
                return ds["sm"].where(ds["flag"] == 0).values

        a, b = ours_sm(), peer_sm()
        if not np.array_equal(np.isfinite(a), np.isfinite(b)) or not np.allclose(a, b, equal_nan=True):
            raise RuntimeError("the two readings differ")
        size = f"{path.stat().st_size / 1e6:.1f} MB, 720×1440"
        return [
            Row("CCI image: open only", "file", best_of(lambda: products.open("esa_cci", path), repeats=5),
                "xarray.open_dataset", best_of(lambda: xr.open_dataset(path).close(), repeats=5),
                note="ours checks axes, product, version, units"),
            Row("CCI image: sm masked by flag", "file", best_of(ours_sm, repeats=5), "xarray open + where",
                best_of(peer_sm, repeats=5), note=size),
            Row("CCI image: all canonical variables", "file", best_of(ours, repeats=5), "xarray load + where",
                best_of(peer, repeats=5), note="ours adds range check, counts, canonical flags, observation time"),
            Row("CCI image: from its file into a library", "image", _into_library(path, Path(folder)),
                note="read, checked, written as layout map and committed; best of 5 new datasets"),
        ]  # fmt: skip


def _into_library(path: Path, folder: Path) -> float:
    library = Library(str(folder / "library"))
    count = 0

    def ingest() -> None:
        nonlocal count
        library.write(f"cci{count}", products.open("esa_cci", path), layout="map")
        count += 1

    return best_of(ingest, repeats=5)


def _real() -> Path | None:
    data = find_sample_data()
    return None if data is None else next(iter(sorted(data.glob("esa_cci/images_v05.2/combined/*/*.nc"))), None)


def _made(folder: Path) -> Path:
    path = folder / "ESACCI-SOILMOISTURE-L3S-SSMV-COMBINED-20160607000000-fv05.2.nc"
    rng = np.random.default_rng(0)
    land = rng.random((1, 720, 1440)) < 0.17
    with netCDF4.Dataset(path, "w") as nc:
        nc.title, nc.product_version = "ESA CCI Surface Soil Moisture COMBINED", "05.2"
        axes = {"time": [16959.0], "lat": 89.875 - np.arange(720) / 4, "lon": -179.875 + np.arange(1440) / 4}
        for name, axis in axes.items():
            nc.createDimension(name, len(axis))
            nc.createVariable(name, "f8" if name == "time" else "f4", (name,))[:] = axis
        nc["time"].units = "days since 1970-01-01 00:00:00 UTC"
        fields = {"sm": ("f4", -9999.0, 0.3), "sm_uncertainty": ("f4", -9999.0, 0.05), "flag": ("i1", 127, 0),
                  "t0": ("f8", -9999.0, 16959.1)}  # fmt: skip
        for name, (kind, fill, value) in fields.items():
            var = nc.createVariable(name, kind, ("time", "lat", "lon"), fill_value=fill, zlib=True)
            var[:] = np.where(land, value * (rng.random(land.shape) if name == "sm" else 1), fill)
        nc["sm"].units = nc["sm_uncertainty"].units = "m3 m-3"
        nc["t0"].units = "days since 1970-01-01 00:00:00 UTC"
    return path
