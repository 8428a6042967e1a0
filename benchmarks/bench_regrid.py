"""Area-weighted mean, class mode and cubic convolution of global fields against rasterio and plain NumPy."""

from __future__ import annotations

import numpy as np

from vadose.grid import EASE2, Grid
from vadose.regrid import area, cubic, mode, weights

from .table import Row, best_of


def _area(rng: np.random.Generator) -> Row:
    from rasterio.enums import Resampling
    from rasterio.transform import from_origin
    from rasterio.warp import reproject

    source, target = Grid.ease2("M09"), Grid.regular(0.25)
    field = rng.random(source.shape, dtype="f4")
    field[rng.random(source.shape) < 0.3] = np.nan
    size, rows, cols = EASE2["M09"]
    out = np.full(target.shape, np.nan, "f4")

    def gdal() -> None:
        reproject(field, out, src_transform=from_origin(-cols / 2 * size, rows / 2 * size, size, size),
                  src_crs="EPSG:6933", src_nodata=np.nan, dst_transform=from_origin(-180, 90, 0.25, 0.25),
                  dst_crs="EPSG:4326", dst_nodata=np.nan, resampling=Resampling.average)  # fmt: skip

    ours = best_of(lambda: area.weighted_mean(field, weights=weights.overlap(source, target)))
    return Row("area mean, EASE-Grid 2.0 M09 → 0.25°, 30 % missing", "global field", ours, "rasterio average",
               best_of(gdal), note="GDAL does not weight by area on the ellipsoid")  # fmt: skip


def _mode(rng: np.random.Generator) -> Row:
    source, target = Grid.regular(0.05), Grid.regular(1.0)
    field = rng.integers(0, 17, source.shape).astype("u1")

    def naive() -> None:
        blocks = field.reshape(180, 20, 360, 20).swapaxes(1, 2).reshape(-1, 400)
        for block in blocks[::16]:
            np.bincount(block, minlength=17).argmax()

    ours = best_of(lambda: mode.majority(field, weights=weights.overlap(source, target), missing=255))
    return Row("class mode, 0.05° → 1°, 17 classes", "global field", ours, "bincount per block", 16 * best_of(naive),
               note="peer on every 16th block, times 16; counts pixels, not area")  # fmt: skip


def _cubic(rng: np.random.Generator) -> Row:
    import xarray as xr

    source, target = Grid.regular(0.25), Grid.regular(0.1)
    field = rng.random(source.shape)
    da = xr.DataArray(field, dims=("lat", "lon"), coords=source.coords())
    lat, lon = target.lat, target.lon
    ours = best_of(lambda: cubic.convolve(field, cubic=weights.cubic(source, target),
                                          linear=weights.linear(source, target)))  # fmt: skip
    peer = best_of(lambda: da.interp(lat=lat, lon=lon, method="cubic").values, repeats=1)
    return Row("cubic convolution, 0.25° → 0.1°", "global field", ours, "xarray interp cubic", peer,
               note="peer is a spline, spreads one NaN over everything")  # fmt: skip


def run() -> list[Row]:
    rng = np.random.default_rng(0)
    return [_area(rng), _mode(rng), _cubic(rng)]
