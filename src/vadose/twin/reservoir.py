"""Soil moisture whose dry-down and lag are planted: a linear store filled by the twin's rain."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.signal import lfilter
from scipy.special import ndtr

from .. import schema
from ..errors import SchemaError
from ..grid import Grid
from .cells import Cells
from .noise import cellwise, check_seed, smooth

#: Shortest and longest time scale [d]; between them a smooth field. Choice: within what satellites see.
TIMESCALES = (5.0, 15.0)
#: Distance of its noise lattice [degrees].
SPACING = 1.0
#: Water in the store that raises soil moisture by 1 [mm]. Choice: 10 mm of rain raise it by 0.03.
DEPTH = 300.0
#: Soil moisture of the empty store [m3 m-3].
FLOOR = 0.08


def reservoir(truth: xr.Dataset, *, seed: int = 0, noise: float = 0.02, gaps: float = 0.3) -> xr.Dataset:
    """Daily soil moisture of a linear store, with the time scale and lag that were planted in it.

    Parameters
    ----------
    truth : xarray.Dataset
        ``twin/truth`` of a daily twin; its ``precipitation`` fills the store. Lazy stays lazy.
    seed : int
        Seed of the time scales and errors.
    noise : float
        Standard deviation of the errors of single days [m3 m-3].
    gaps : float
        Share of days without a value.

    Returns
    -------
    xarray.Dataset
        ``sm`` (time, lat, lon) with errors and gaps, ``sm_true`` without [m3 m-3]; ``timescale`` (lat, lon) [d]:
        between rains sm_true − floor falls by exp(−1/timescale) a day, exactly; ``lag`` (lat, lon) [d]: delay of the
        yearly harmonic of sm_true behind that of the rain.

    Raises
    ------
    SchemaError
        If the truth is not daily.

    Notes
    -----
    S_t = φ·S_{t−1} + P_t, φ = exp(−1/τ), θ = floor + S/DEPTH. At the yearly frequency ω the store delays by
    arctan(φ sin ω/(1 − φ cos ω))/ω days. The store stands beside the water balance of the twin, whose dry-downs have no
    single time scale; it changes nothing in it. Rows and columns decide the numbers, as everywhere in the twin.

    Examples
    --------
    >>> from vadose import twin
    >>> earth = twin.generate(region=(10, 45, 11, 46), resolution=0.5, years=(2015, 2015), seed=1)
    >>> got = reservoir(earth["twin/truth"], seed=1)
    >>> bool((got.timescale > 5).all() & (got.timescale < 15).all() & (got.lag < got.timescale).all())
    True
    """
    if truth.attrs.get("step") != "day" or "precipitation" not in truth:
        raise SchemaError("truth", found=f"step {truth.attrs.get('step')!r}", needed="the truth of a daily twin",
                          do="Make it with step='day'.")  # fmt: skip
    seed = check_seed(seed)
    grid = Grid.of(truth)
    cells = Cells.of(grid)
    day = truth["time"].values.astype("datetime64[D]").astype(int)
    share = ndtr(smooth(seed, "reservoir/timescale", cells, spacing=SPACING))
    scale = TIMESCALES[0] + (TIMESCALES[1] - TIMESCALES[0]) * share
    rain = truth["precipitation"]
    coords = {k: rain[k] for k in ("lat", "lon")}
    tau = xr.DataArray(scale, coords, ("lat", "lon"))
    true = xr.apply_ufunc(_store, rain, tau, input_core_dims=[["time"], []], output_core_dims=[["time"]],
                          dask="parallelized", output_dtypes=["f4"], keep_attrs=False)  # fmt: skip
    true = true.transpose("time", "lat", "lon")
    error = np.moveaxis(noise * cellwise(seed, "reservoir/noise", cells, day), -1, 0).astype("f4")
    kept = np.moveaxis(ndtr(cellwise(seed, "reservoir/gaps", cells, day)), -1, 0) >= gaps
    dims = ("time", "lat", "lon")
    seen = (true + xr.DataArray(error, true.coords, dims)).where(xr.DataArray(kept, true.coords, dims))
    turn, keep = 2 * np.pi / 365.2425, np.exp(-1 / scale)
    lag = np.arctan2(keep * np.sin(turn), 1 - keep * np.cos(turn)) / turn
    sm = schema.VARIABLES["sm"].attrs()
    own = {"simulated": "true", "grid": grid.to_attr()}
    out = xr.Dataset({
        "sm": seen.assign_attrs(sm, **own),
        "sm_true": true.assign_attrs(sm, **own, long_name="soil moisture of the store"),
        "timescale": tau.assign_attrs(units="d", long_name="planted e-folding time"),
        "lag": xr.DataArray(lag, coords, ("lat", "lon"), attrs={"units": "d", "long_name": "planted lag behind rain"}),
    })  # fmt: skip
    out.attrs["grid"] = grid.to_attr()
    return schema.stamp(out, title="Simulated linear store", product="twin", simulated=True, step="day", seed=seed,
                        noise=noise, gaps=gaps, floor=FLOOR)  # fmt: skip


def _store(rain: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Soil moisture of stores with rain (..., time) and time scales (...)."""
    out = np.empty(rain.shape, dtype="f4")
    for index in np.ndindex(rain.shape[:-1]):
        one = float(tau[index])
        out[index] = FLOOR + lfilter([1.0], [1.0, -np.exp(-1 / one)], rain[index].astype(float)) / DEPTH
    return out
