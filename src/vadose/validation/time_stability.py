"""Which stations follow the mean of their surroundings, and which carry signal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from .verdicts import make_verdict


def time_stable(
    stations: xr.Dataset, *, group: str = "network", max_error: float = 0.04, min_n: int = 30, min_sensors: int = 3
) -> xr.Dataset:
    """Which sensors stand for the mean of their group at all times.

    Parameters
    ----------
    stations : xarray.Dataset
        Canonical ``stations``.
    group : str
        Coordinate per sensor within whose values sensors are compared, such as ``network`` or ``cell``.
    max_error : float
        Largest standard error of estimate [m3 m-3].
    min_n : int
        Fewest times shared with the mean of the others.
    min_sensors : int
        Fewest sensors of a group, at each time and in all.

    Returns
    -------
    xarray.Dataset
        A verdict; per sensor also ``mrd`` and ``sdrd`` (mean and standard deviation of the relative difference from
        the group's mean) [1], ``its`` = sqrt(mrd² + sdrd²) [1], ``see`` [m3 m-3], ``r`` [1], ``n`` and ``status``.

    Raises
    ------
    SchemaError
        If there is no such coordinate or the dataset is not canonical.
    ConfigError
        If a number is out of range.

    Notes
    -----
    Relative difference δ_i(t) = (θ_i(t) - θ̄(t)) / θ̄(t) (Vachaud et al. 1985, Soil Sci. Soc. Am. J. 49, 822-828; its:
    Jacobs et al. 2004). ``see`` is the standard error of estimate of the line that predicts the mean of the
    *other* sensors from the sensor, sqrt(SSE / (n - 2)), in soil-moisture units; the standard error of the slope, which
    regression routines return, shrinks with n and says nothing of single days. Choice: the sensor is left out of the
    mean that it predicts, else a small group praises itself.

    Examples
    --------
    >>> t = pd.date_range("2020", periods=60)
    >>> truth = 0.25 + 0.1 * np.sin(np.arange(60.0))
    >>> per = {"network": ["N"] * 4, "station": list("ABCD"), "lat": [1.0] * 4, "lon": [0.0] * 4,
    ...        "depth_from": [0.0] * 4, "depth_to": [0.05] * 4}
    >>> sm = np.stack([truth, truth + 0.02, truth - 0.02, truth[::-1]])
    >>> stations = xr.Dataset({"sm": (("sensor", "time"), sm, {"units": "m3 m-3"})},
    ...                       {"time": t, **{k: ("sensor", v) for k, v in per.items()}})
    >>> time_stable(stations).selected.values.tolist()
    [True, True, True, False]
    """
    schema.check(stations, "stations")
    if not max_error > 0 or min_n < 3 or min_sensors < 2:
        raise ConfigError("max_error, min_n or min_sensors", found=f"{max_error}, {min_n}, {min_sensors}",
                          needed="an error above 0, at least 3 times and 2 sensors")  # fmt: skip
    if group not in stations.coords or stations[group].dims != ("sensor",):
        raise SchemaError("group", found=f"no coordinate {group!r} per sensor", needed="one such as network")
    from ..stats.stability import against_others

    labels = stations[group].values.astype(str)
    values = stations[schema.primary(stations)].transpose("sensor", "time")
    keys = ("mrd", "sdrd", "its", "see", "r", "n", "status")
    columns = {k: np.full(labels.size, np.nan) for k in keys}
    for name in pd.unique(labels):
        members = np.flatnonzero(labels == name)
        got = against_others(values.isel(sensor=members).values, min_n=min_n, min_sensors=min_sensors)
        for k in keys:
            columns[k][members] = got[k]
    see, status = columns["see"], columns["status"].astype("int8")
    reason = np.full(labels.size, "", dtype="U60")
    reason[see > max_error] = f"standard error of estimate above {max_error:g}"
    reason[status != 0] = [schema.status_name(s) for s in status[status != 0]]
    out = make_verdict(stations, reason, "time stability", group=group, max_error=max_error, min_n=min_n)
    text = {"mrd": ("1", "mean relative difference from the group's mean"),
            "sdrd": ("1", "standard deviation of the relative difference"),
            "its": ("1", "index of time stability, sqrt(mrd^2 + sdrd^2)"),
            "see": ("m3 m-3", "standard error of estimate of the mean of the others"),
            "r": ("1", "correlation with the mean of the others"),
            "n": ("1", "times shared with the others")}  # fmt: skip
    for k, (unit, long_name) in text.items():
        data = columns[k].astype("int64") if k == "n" else columns[k]
        out[k] = ("sensor", data, {"units": unit, "long_name": long_name})
    out["status"] = ("sensor", status, schema.status_attrs())
    return out


def informative(collocation: xr.Dataset, *, product: str, min_snr: float = 0.0) -> xr.Dataset:
    """Which cells have a reference that carries more signal than error, by extended triple collocation.

    Parameters
    ----------
    collocation : xarray.Dataset
        From :func:`vadose.validation.triple_collocation` with the stations as one product.
    product : str
        Name of the stations there.
    min_snr : float
        Smallest signal-to-noise ratio [dB]; 0 means a correlation with the truth of 0.71, 3 dB is "very
        representative" in FRM4SM.

    Returns
    -------
    xarray.Dataset
        ``selected`` (bool), ``snr_db`` [dB], ``rho`` [1], ``status``, on the dims of the collocation without product.

    Raises
    ------
    SchemaError
        If the product is not in it.

    Notes
    -----
    Choice: cells whose status is not ok are not selected: nothing is known of their stations.

    Examples
    --------
    >>> got = xr.Dataset({"snr_db": (("product", "cell"), [[3.0, -1.0]]), "rho": (("product", "cell"), [[0.8, 0.6]]),
    ...                   "status": ("cell", [0, 0])}, {"product": ["ISMN"]})
    >>> informative(got, product="ISMN").selected.values.tolist()
    [True, False]
    """
    names = [str(p) for p in collocation["product"].values]
    if product not in names:
        raise SchemaError("product", found=repr(product), needed=f"one of {names}")
    part = collocation[["snr_db", "rho", "status"]].sel(product=product, drop=True)
    good = ((part["snr_db"] >= min_snr) & (part["status"] == 0)).assign_attrs(
        units="1", long_name=f"signal-to-noise ratio of {product} at least {min_snr:g} dB")  # fmt: skip
    return schema.stamp(
        part.assign(selected=good), title=f"Cells where {product} carries signal", min_snr=min_snr,
        inputs=[collocation.attrs.get("title", "collocation")], simulated=schema.is_simulated(collocation),
    )  # fmt: skip
