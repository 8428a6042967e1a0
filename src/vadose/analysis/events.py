"""Exponential dry-downs, event by event, in daily series."""

from __future__ import annotations

import numpy as np
import xarray as xr

from .. import schema, units
from ..errors import ConfigError, SchemaError, VadoseError
from ..stats.decays import SUMMARY_FIELDS, Rules
from .drydown import need_rain
from .phases import need_array, phase_axis

#: Long names of the numbers of all events; times are in days.
_NAMES = {
    "tau": "median e-folding time of dry-downs",
    "tau_lower": "lower quartile of the e-folding times of dry-downs",
    "tau_upper": "upper quartile of the e-folding times of dry-downs",
    "n_events": "dry-downs",
    "n_ok": "dry-downs with a good fit",
    "tau_pooled": "e-folding time of all dry-downs fitted together",
    "tau_pooled_error": "standard error of the e-folding time of all dry-downs fitted together",
    "floor_pooled": "limit of all dry-downs fitted together",
}


def dry_rules(
    *, dry: float = 1.0, tolerance: float = 0.01, max_gap: float = 3.0, max_length: float = 60.0, min_n: int = 5,
    shortest: float = 0.5, longest: float = 100.0, min_r2: float = 0.7,
) -> Rules:  # fmt: skip
    """What counts as a dry-down and how it is fitted.

    Parameters
    ----------
    dry : float
        Rain below which a day is dry [mm].
    tolerance : float
        Without rain: rise above the lowest value so far that ends an event [m3 m-3].
    max_gap, max_length : float
        Longest time between neighbouring values, and longest event; what follows is an event of its own [d].
    min_n : int
        Fewest values.
    shortest, longest : float
        Time scales looked for [d]; a fit that ends at one of them has none.
    min_r2 : float
        Least R² of an event that the median counts.

    Raises
    ------
    ConfigError
        If they make no sense together.

    Examples
    --------
    >>> dry_rules(min_n=8).min_n
    8
    """
    if not (0 < shortest < longest and max_gap > 0 and max_length > 0 and min_n >= 4 and dry > 0 and tolerance >= 0):
        raise ConfigError("dry-down rules", found=f"time scales {shortest} to {longest} d, max_gap {max_gap} d, "
                          f"max_length {max_length} d, min_n {min_n}, dry {dry} mm, tolerance {tolerance}",
                          needed="0 < shortest < longest, lengths above 0, min_n of at least 4, dry > 0")  # fmt: skip
    return Rules(dry, tolerance, max_gap, max_length, min_n, shortest, longest, min_r2)


def drydown_timescale(
    sm: xr.DataArray,
    precipitation: xr.DataArray | None = None,
    *,
    floor: float | xr.DataArray | None = None,
    rules: Rules | None = None,
    dim: str = "time",
) -> xr.Dataset:
    """E-folding time of the exponential dry-downs of every cell or station.

    Parameters
    ----------
    sm : xarray.DataArray, dims (time, ...)
        Daily soil moisture [m3 m-3], or vol.%; lazy stays lazy.
    precipitation : xarray.DataArray, optional
        Rain of the same days [mm]. With it an event is a run of dry days, whatever soil moisture does; without it, a
        run of falling values. Days with unknown rain end an event.
    floor : float or DataArray, optional
        Known limit of the decay [m3 m-3], such as a wilting point; by default fitted to each event.
    rules : Rules, optional
        From :func:`dry_rules`.
    dim : str
        Time dimension.

    Returns
    -------
    xarray.Dataset, without ``dim``
        ``tau``, ``tau_lower``, ``tau_upper`` [d]: median and quartiles over good events; ``n_events``, ``n_ok`` [1];
        ``tau_pooled``, ``tau_pooled_error`` [d], ``floor_pooled`` [m3 m-3]: one fit to all events; ``status``: ok,
        no_data, too_few_pairs (no event long enough), not_converged (events, but none with a good fit).

    Raises
    ------
    SchemaError
        If units are wrong or missing, time does not rise or is chunked, or coordinates differ.

    Notes
    -----
    METHODS 5.6: θ(t) = θ_w + A·exp(−t/τ), :func:`vadose.stats.decays.fit_event`. τ is a time [d], 1/τ the decay
    constant [d-1], and A/τ the loss rate at the beginning [m3 m-3 d-1]; ``tau`` is never a rate. Choice: with rain,
    because runs chosen by falling values begin at high errors and end at low ones, which makes τ too short; without
    rain take τ as a comparison between places, not as a number. Single fits of short noisy events are skewed, and a
    good R² favours fast ones: with errors the median ``tau`` is too short too, and ``tau_pooled``, which leaves no
    event out, is the number to trust as long as one time scale holds at a place.

    References
    ----------
    McColl, K. A. et al. (2017). Global characterization of surface soil moisture drydowns. Geophysical Research Letters
    44, 3682-3690. https://doi.org/10.1002/2017GL072819

    Examples
    --------
    >>> import pandas as pd
    >>> day = np.arange(60)
    >>> sm = xr.DataArray(0.1 + 0.2 * np.exp(-(day % 20) / 6), dims="time", attrs={"units": "m3 m-3"},
    ...                   coords={"time": pd.date_range("2001-05-01", periods=60)})
    >>> got = drydown_timescale(sm)
    >>> round(float(got.tau), 4), got.tau.units, int(got.n_ok)
    (6.0, 'd', 3)
    """
    sm, precipitation, rules = _inputs(sm, precipitation, rules, dim)
    axis = phase_axis(sm, dim)
    limit = xr.DataArray(np.nan if floor is None else floor)
    rain = precipitation is not None

    def kernel(x: np.ndarray, base: np.ndarray, *wet: np.ndarray) -> np.ndarray:
        from ..stats import decays

        got = decays.summarise(x, position=axis.place, rain=wet[0] if rain else None, floor=base, rules=rules)
        return np.stack(list(got.values()), axis=-1)

    arrays = [sm, limit, *([precipitation] if precipitation is not None else [])]
    stacked = xr.apply_ufunc(
        kernel, *arrays, input_core_dims=[[dim], [], [dim]][: len(arrays)], output_core_dims=[["statistic"]],
        join="exact", dask="parallelized", output_dtypes=[float],
        dask_gufunc_kwargs={"output_sizes": {"statistic": len(SUMMARY_FIELDS)}}, keep_attrs=False,
    )  # fmt: skip
    out = xr.Dataset({name: stacked.isel(statistic=k) for k, name in enumerate(SUMMARY_FIELDS)})
    for name, text in _NAMES.items():
        one = out[name].fillna(0).astype("int32") if name.startswith("n_") else out[name]
        unit = "1" if name.startswith("n_") else "m3 m-3" if name.startswith("floor") else "d"
        out[name] = one.assign_attrs(units=unit, long_name=text)
    out["status"] = out["status"].astype("int8").assign_attrs(schema.status_attrs())
    if "grid" in sm.attrs:
        out.attrs["grid"] = sm.attrs["grid"]
    return schema.stamp(out, title="E-folding time of dry-downs", period=axis.period, rules=str(rules._asdict()),
                        product=sm.attrs.get("product", ""), events="by rain" if rain else "by falling soil moisture",
                        simulated=schema.is_simulated(sm) or (rain and schema.is_simulated(arrays[-1])))  # fmt: skip


def drydown_events(
    sm: xr.DataArray,
    precipitation: xr.DataArray | None = None,
    *,
    floor: float | xr.DataArray | None = None,
    rules: Rules | None = None,
    dim: str = "time",
) -> xr.Dataset:
    """Table of the dry-downs of every cell or station; computes, because their number is not known before.

    Parameters
    ----------
    sm, precipitation, floor, rules, dim
        As for :func:`drydown_timescale`.

    Returns
    -------
    xarray.Dataset, dim ``event``
        ``start``, ``end`` (times of the first and last value), ``n``, ``tau`` and ``tau_error`` [d],
        ``decay_constant`` [d-1], ``floor`` and ``amplitude`` [m3 m-3], ``initial_loss_rate`` [m3 m-3 d-1], ``r2`` [1],
        ``status``: ok, not_converged (nearly a straight line), inconsistent_sign (rising, or a floor below 0),
        too_few_pairs, zero_variance. The other dimensions of ``sm`` are coordinates of the event.

    Raises
    ------
    SchemaError
        As :func:`drydown_timescale`.

    Examples
    --------
    >>> import pandas as pd
    >>> day = np.arange(40)
    >>> sm = xr.DataArray(0.1 + 0.2 * np.exp(-(day % 20) / 5), dims="time", attrs={"units": "m3 m-3"},
    ...                   coords={"time": pd.date_range("2001-05-01", periods=40)})
    >>> got = drydown_events(sm)
    >>> got.tau.round(4).values.tolist(), got.initial_loss_rate.round(4).values.tolist()
    ([5.0, 5.0], [0.04, 0.04])
    """
    from ..stats import decays

    sm, precipitation, rules = _inputs(sm, precipitation, rules, dim)
    place, time = phase_axis(sm, dim).place, sm[dim].values
    others = [d for d in sm.dims if d != dim]
    limit = xr.DataArray(np.nan if floor is None else floor).broadcast_like(sm.isel({dim: 0}, drop=True))
    cells = sm.transpose(*others, dim).to_numpy().reshape(-1, sm.sizes[dim])
    bases = limit.transpose(*others).to_numpy().reshape(-1)
    wet = None if precipitation is None else precipitation.broadcast_like(sm).transpose(*others, dim).to_numpy()
    wet = None if wet is None else wet.reshape(cells.shape)
    rows: list[tuple] = []
    for k, y in enumerate(cells):
        for start, stop in decays.find_events(y, position=place, rain=None if wet is None else wet[k], rules=rules):
            got = decays.fit_event(y[start:stop], position=place[start:stop], floor=float(bases[k]), rules=rules)
            rows.append((k, time[start], time[stop - 1], *got.values()))
    columns = list(zip(*rows)) if rows else [()] * 10
    cell = np.asarray(columns[0], dtype=int)
    out = xr.Dataset({
        "start": ("event", np.asarray(columns[1], dtype="datetime64[ns]"), {"long_name": "time of the first value"}),
        "end": ("event", np.asarray(columns[2], dtype="datetime64[ns]"), {"long_name": "time of the last value"}),
    })  # fmt: skip
    texts = {"tau": ("d", "e-folding time"), "tau_error": ("d", "standard error of the e-folding time"),
             "floor": ("m3 m-3", "limit of the dry-down"), "amplitude": ("m3 m-3", "soil moisture above the limit"),
             "r2": ("1", "R² of the dry-down")}  # fmt: skip
    for k, (name, (unit, text)) in enumerate(texts.items()):
        out[name] = ("event", np.asarray(columns[3 + k], dtype=float), {"units": unit, "long_name": text})
    out["n"] = ("event", np.asarray(columns[8], dtype="int32"), {"units": "1", "long_name": "number of values"})
    out["status"] = ("event", np.asarray(columns[9], dtype="int8"), schema.status_attrs())
    out["decay_constant"] = (1 / out["tau"]).assign_attrs(units="d-1", long_name="decay constant")
    rate = {"units": "m3 m-3 d-1", "long_name": "loss rate at the beginning"}
    out["initial_loss_rate"] = (out["amplitude"] / out["tau"]).assign_attrs(rate)
    shape = tuple(sm.sizes[d] for d in others)
    for d, index in zip(others, np.unravel_index(cell, shape) if others else ()):
        values = sm[d].values[index] if d in sm.coords else index
        out = out.assign_coords({str(d): ("event", values)})
    for key, coord in sm.coords.items():
        if coord.dims and dim not in coord.dims and key not in others and len(coord.dims) == 1:
            at = np.unravel_index(cell, shape)[others.index(coord.dims[0])]
            out = out.assign_coords({str(key): ("event", coord.values[at])})
    return schema.stamp(out, title="Dry-downs", product=sm.attrs.get("product", ""), rules=str(rules._asdict()),
                        events="by rain" if wet is not None else "by falling soil moisture",
                        simulated=schema.is_simulated(sm))  # fmt: skip


def _inputs(sm: xr.DataArray, rain: xr.DataArray | None, rules: Rules | None,
            dim: str) -> tuple[xr.DataArray, xr.DataArray | None, Rules]:  # fmt: skip
    unit = need_array(sm, "sm")
    attrs = dict(sm.attrs)
    try:
        sm = units.convert(sm, unit, "m3 m-3", where="sm").assign_attrs(attrs, units="m3 m-3")
    except VadoseError as err:
        do = "Divide storage by the thickness of its layer, multiply saturation by porosity."
        raise SchemaError("sm", found=f"units {unit!r}", needed="m3 m-3", do=do) from err
    if rain is not None:
        need_rain(rain, "precipitation")
        if dim not in rain.dims or not np.array_equal(rain[dim].values, sm[dim].values):
            raise SchemaError("precipitation", found="other times than soil moisture", needed="the same times",
                              do="Select the common times.")  # fmt: skip
        if len(rain.chunksizes.get(dim, ())) > 1:
            raise SchemaError(f"precipitation: {dim}", found=f"{len(rain.chunksizes[dim])} chunks",
                              needed="one chunk", do=f"Rechunk it: da.chunk({dim}=-1).")  # fmt: skip
        try:
            sm, rain = xr.align(sm, rain, join="exact")
        except ValueError as err:
            raise SchemaError("sm and precipitation", found="different coordinates", needed="the same cells",
                              do="Bring both to one grid.") from err  # fmt: skip
    return sm, rain, rules or dry_rules()
