"""Spatial fidelity: are the patterns of a map those of the reference, and are they real?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS

_SCALARS = {
    "resolution": ("cell", "effective resolution: wavelength where the power falls below half of the reference's"),
    "resolution_coherence": ("cell", "wavelength where half of the variance is shared with the reference"),
    "resolution_variogram": ("cell", "twice the lag where the variogram falls below half of the reference's"),
    "block_period": ("cell", "period of coarse-grid edges, as found or given"),
    "block_column": ("cell", "position of the first edge between columns"),
    "block_row": ("cell", "position of the first edge between rows"),
    "block_p": ("1", "p-value of the period"),
    "blockiness": ("1", "mean step across coarse-grid edges over that elsewhere, relative to the reference's"),
    "frozen": ("1", "share of the pattern's variance that never changes"),
    "frozen_reference": ("1", "share of the reference pattern's variance that never changes"),
    "frozen_excess": ("1", "frozen minus frozen_reference"),
    "static_share": ("1", "share of the variance in space and time carried by the temporal mean map"),
    "static_share_reference": ("1", "the same of the reference"),
    "between_dates": ("1", "mean spatial correlation between dates"),
    "between_dates_reference": ("1", "the same of the reference"),
    "rain_response": ("1", "change of the mean per change of the reference's mean over wetting events"),
    "rain_response_std": ("1", "standard error of rain_response"),
    "n_events": ("1", "wetting events"),
    "n_dates": ("1", "dates with at least min_cells common cells"),
    "gaps": ("1", "1 where spectra were made with gaps"),
}


def spatial_fidelity(
    estimate: xr.DataArray,
    reference: xr.DataArray,
    *,
    period: float | None = None,
    quantiles: Sequence[float] = (0.1, 0.9),
    windows: Sequence[int] = (1, 3, 5, 9, 17),
    wetting: float = 0.01,
    amplitude: bool = False,
    min_cells: int = 100,
) -> xr.Dataset:
    """Compare the spatial patterns of maps with those of reference maps.

    Parameters
    ----------
    estimate, reference : xarray.DataArray, dims (time, lat, lon) or (time, y, x)
        Maps on the same cells and dates; rows and columns of about equal width. Lazy stays lazy; one chunk in space
        and time [m3 m-3].
    period : float, optional
        Known width of coarse cells [cells], such as 9 for a 9 km source at 1 km; by default it is looked for.
    quantiles : sequence of float
        Fractions skill: above a half the wettest, below it the driest share of each map.
    windows : sequence of int
        Odd widths for the fractions skill score [cells].
    wetting : float
        Smallest rise of the reference's mean that is a wetting event [m3 m-3].
    amplitude : bool
        Whether a loss of power at all scales alike counts as a loss of resolution; by default spectra are compared
        after matching the largest scales.
    min_cells : int
        Fewest common cells of a date; other dates are left out.

    Returns
    -------
    xarray.Dataset
        Scalars: ``resolution``, ``resolution_coherence``, ``resolution_variogram`` [cell], ``block_period``,
        ``block_column``, ``block_row`` [cell], ``block_p``, ``blockiness``, ``block_detected``, ``frozen``,
        ``frozen_reference``, ``frozen_excess``, ``static_share``, ``between_dates`` (and ``_reference``),
        ``rain_response``, ``rain_response_std`` [1], ``n_events``, ``n_dates``, ``gaps``, ``status``. (time,):
        ``spaef``, ``spaef_alpha``, ``spaef_beta``, ``spaef_gamma`` [1], ``n``, ``spaef_status``. (wavenumber,):
        ``power``, ``power_reference``, ``coherence``. (lag,): ``variogram``, ``variogram_reference``. (quantile,
        window): ``fss`` [1], and ``fss_useful`` (quantile,), the score that is half-way from chance to perfection.

    Raises
    ------
    SchemaError
        If dims or coordinates differ, or the maps are chunked.
    ConfigError
        If an option is out of range.

    Notes
    -----
    METHODS 4.7; kernels in :mod:`vadose.stats.spectra`, ``edges`` and ``patterns``. Each measure sees one defect:
    ``resolution`` smoothing, ``blockiness`` coarse-grid edges, ``frozen`` patterns that never change,
    ``rain_response`` muted dynamics, whereas ``spaef`` and ``fss`` sum up how well places are ordered. All are of the
    cells that both have. The effective resolution cannot be finer than two cells; NaN means that even the largest
    scales lack power. ``resolution_variogram`` needs no gap-free maps and no spectra, but includes the amplitude.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = 0.25 + 0.01 * rng.standard_normal((4, 36, 36)) + np.array([0, 0.1, 0, 0.1])[:, None, None]
    >>> blocks = np.kron(rng.standard_normal((4, 4, 4)), np.ones((9, 9)))
    >>> a, b = (xr.DataArray(v, dims=("time", "y", "x")) for v in (truth + 0.05 * blocks, truth))
    >>> got = spatial_fidelity(a, b)
    >>> float(got.block_period), bool(got.block_detected), bool(got.blockiness > 2)
    (9.0, True, True)
    """
    _check(estimate, reference, quantiles, windows, min_cells, period)
    space = tuple(str(d) for d in estimate.dims if d != "time")
    reference = reference.transpose("time", *space)
    estimate = estimate.transpose("time", *space)
    rows, cols = estimate.shape[1:]
    rings, lags = max(min(rows, cols) // 2, 1), max(min(rows, cols) // 3, 1)
    names = [*_SCALARS, "block_detected", "status"]

    def kernel(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
        return _measure(np.asarray(x, float), np.asarray(y, float), names, period=period, quantiles=quantiles,
                        windows=windows, wetting=wetting, amplitude=amplitude, min_cells=min_cells)  # fmt: skip

    core = ["time", *space]
    scalars, dates, spectra, lagged, skill = xr.apply_ufunc(
        kernel, estimate, reference, input_core_dims=[core, core],
        output_core_dims=[["number"], ["part", "time"], ["curve", "wavenumber"], ["side", "lag"],
                          ["quantile", "window"]],
        dask="parallelized", output_dtypes=[float] * 5, keep_attrs=False, dask_gufunc_kwargs={"output_sizes": {
            "number": len(names), "part": 6, "curve": 3, "wavenumber": rings, "side": 2, "lag": lags,
            "quantile": len(quantiles), "window": len(windows)}},
    )  # fmt: skip
    out = xr.Dataset({k: scalars.isel(number=i) for i, k in enumerate(names)})
    for k, (unit, text) in _SCALARS.items():
        out[k].attrs = {"units": unit, "long_name": text}
    for k in ("n_events", "n_dates"):
        out[k] = out[k].astype("int64").assign_attrs(out[k].attrs)
    out["block_detected"] = (out["block_detected"] > 0).assign_attrs(long_name="coarse-grid edges found, p < 0.001")
    out["status"] = out["status"].astype("int8").assign_attrs(schema.status_attrs())
    parts = {"spaef": "spatial efficiency", "spaef_alpha": "its part of correlation",
             "spaef_beta": "its ratio of coefficients of variation",
             "spaef_gamma": "its overlap of histograms"}  # fmt: skip
    for i, (k, text) in enumerate(parts.items()):
        out[k] = dates.isel(part=i).assign_attrs(units="1", long_name=text)
    out["n"] = dates.isel(part=4).astype("int64").assign_attrs(units="1", long_name="common cells")
    out["spaef_status"] = dates.isel(part=5).astype("int8").assign_attrs(schema.status_attrs())
    unit = str(reference.attrs.get("units", ""))
    square = f"({unit})2" if unit else ""
    for i, (k, u, text) in enumerate((("power", square, "power"), ("power_reference", square, "power of the reference"),
                                      ("coherence", "1", "squared coherence with the reference"))):  # fmt: skip
        out[k] = spectra.isel(curve=i).assign_attrs(units=u, long_name=f"{text}, mean over directions")
    for i, k in enumerate(("variogram", "variogram_reference")):
        out[k] = lagged.isel(side=i).assign_attrs(units=square, long_name=k.replace("_", " of the "))
    out["fss"] = skill.assign_attrs(units="1", long_name="fractions skill score")
    level = np.asarray(quantiles, float)
    useful = 0.5 + 0.5 * np.where(level >= 0.5, 1.0 - level, level)
    out["fss_useful"] = ("quantile", useful, {"units": "1", "long_name": "fractions skill score worth having"})
    out = out.assign_coords(
        wavenumber=("wavenumber", np.arange(1, rings + 1) / (2.0 * rings), {"units": "cell-1"}),
        lag=("lag", np.arange(1, lags + 1), {"units": "cell"}), quantile=level, window=np.asarray(windows),
    )  # fmt: skip
    if "time" in estimate.coords:
        out = out.assign_coords(time=estimate["time"])
    return schema.stamp(
        out, title="Spatial fidelity", product=str(estimate.attrs.get("product", "")),
        inputs=[str(estimate.attrs.get("title") or "estimate"), str(reference.attrs.get("title") or "reference")],
        simulated=schema.is_simulated(estimate) or schema.is_simulated(reference), wetting=wetting,
        amplitude=str(amplitude).lower(), min_cells=min_cells,
    )  # fmt: skip


def _check(estimate, reference, quantiles, windows, min_cells, period) -> None:
    for label, d in (("estimate", estimate), ("reference", reference)):
        dims = set(d.dims)
        if dims not in ({"time", "lat", "lon"}, {"time", "y", "x"}):
            raise SchemaError(label, found=f"dims {d.dims}", needed="(time, lat, lon) or (time, y, x)")
        if any(len(c) > 1 for c in d.chunksizes.values()):
            raise SchemaError(label, found="several chunks", needed="one chunk",
                              do="Rechunk: estimate.chunk(-1).")  # fmt: skip
    try:
        xr.align(estimate, reference, join="exact")
    except ValueError as err:
        raise SchemaError("reference", found=f"other coordinates ({err})", needed="the cells and dates of the estimate",
                          do="Regrid with vadose.regrid.to_grid and choose common dates.") from err  # fmt: skip
    if not all(0 < q < 1 for q in quantiles) or not all(w > 0 and w % 2 == 1 for w in windows):
        raise ConfigError("quantiles or windows", found=f"{list(quantiles)}, {list(windows)}",
                          needed="quantiles between 0 and 1, odd widths")  # fmt: skip
    if min_cells < 20 or (period is not None and not period >= 2):
        raise ConfigError("min_cells or period", found=f"{min_cells}, {period}", needed="20 cells, 2 cells or more")


def _measure(x, y, names, *, period, quantiles, windows, wetting, amplitude, min_cells):
    """All measures of two stacks of maps: scalars, per date, spectra, variograms, skill."""
    from ..stats import edges, patterns, spectra

    n_time = len(x)
    both = np.isfinite(x) & np.isfinite(y)
    both &= both.sum(axis=(1, 2), keepdims=True) >= min_cells
    x, y = np.where(both, x, np.nan), np.where(both, y, np.nan)
    flat_x, flat_y = x.reshape(n_time, -1), y.reshape(n_time, -1)
    dates = both.any(axis=(1, 2))
    value = dict.fromkeys(names, np.nan)
    value |= {"n_dates": dates.sum(), "n_events": 0, "block_detected": 0,
              "status": STATUS["ok" if dates.any() else "no_overlap"]}  # fmt: skip
    per_date = patterns.spaef(flat_x, flat_y, min_n=min_cells)
    stack = np.stack([per_date[k] for k in ("spaef", "alpha", "beta", "gamma", "n", "status")])
    power, lagged = spectra.radial_spectra(x, y), spectra.variograms(x, y)
    curves = np.stack([power["x"], power["y"], power["coherence"]])
    skill = np.array([[patterns.fractions_skill(x, y, quantile=q, window=w) for w in windows] for q in quantiles])
    curves_lag = np.stack([lagged["x"], lagged["y"]])
    if not dates.any():
        return np.array([value[k] for k in names], float), stack, curves, curves_lag, skill
    wave = 1.0 / power["wavenumber"]
    ratio = spectra.smooth_ratio(power["x"], power["y"], amplitude=amplitude)
    rough = spectra.smooth_ratio(lagged["x"], lagged["y"], amplitude=True)
    value["resolution"] = spectra.crossing(wave, ratio)
    value["resolution_coherence"] = spectra.crossing(wave, power["coherence"])
    value["resolution_variogram"] = 2.0 * spectra.crossing(lagged["lag"][::-1].astype(float), rough[::-1])
    value["gaps"] = float(power["gaps"])
    profiles = edges.gradient_profiles(x)
    found = edges.find_period(*profiles, period=period)
    value |= {"block_period": found["period"], "block_column": found["column_offset"], "block_row": found["row_offset"],
              "block_p": found["p_value"], "block_detected": found["detected"]}  # fmt: skip
    if np.isfinite(found["period"]):
        there = edges.edge_ratio(*edges.gradient_profiles(y), period=found["period"],
                                 column_offset=found["column_offset"], row_offset=found["row_offset"])  # fmt: skip
        value["blockiness"] = found["ratio"] / there if there > 0 else np.nan
    own, other = patterns.static_share(flat_x), patterns.static_share(flat_y)
    value |= {"frozen": own["pattern"], "frozen_reference": other["pattern"],
              "frozen_excess": own["pattern"] - other["pattern"], "static_share": own["total"],
              "static_share_reference": other["total"], "between_dates": own["between_dates"],
              "between_dates_reference": other["between_dates"]}  # fmt: skip
    rain = patterns.wetting_response(flat_x, flat_y, threshold=wetting)
    value |= {"rain_response": rain["slope"], "rain_response_std": rain["slope_std"], "n_events": rain["events"]}
    return np.array([value[k] for k in names], float), stack, curves, curves_lag, skill
