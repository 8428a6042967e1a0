"""Products against maps from aircraft: per flight, per campaign, and from flight to flight."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..grid import Grid
from ..regrid import to_grid
from ..stats.status import STATUS

_SCORES = {"r": "r", "bias": "bias", "rmsd": "rmse", "ubrmsd": "ubrmse"}
_TEXT = {
    "r": ("1", "Pearson correlation over cells"),
    "bias": ("m3 m-3", "mean of product minus flight"),
    "rmsd": ("m3 m-3", "root mean square difference"),
    "ubrmsd": ("m3 m-3", "unbiased root mean square difference"),
}
_RANGE = ("mean", "p05", "p95")


def airborne(
    products: Mapping[str, xr.Dataset],
    campaign: xr.Dataset,
    *,
    window: str = "12h",
    local_time: bool = False,
    mask: xr.DataArray | None = None,
    method: str = "cubic",
    min_coverage: float = 0.5,
    min_cells: int = 20,
) -> xr.Dataset:
    """Compare products with the soil-moisture maps of one flight campaign.

    Parameters
    ----------
    products : mapping of str to xarray.Dataset
        Canonical ``grid`` products by name; lazy stays lazy (coordinates are read).
    campaign : xarray.Dataset
        Canonical ``grid`` with ``sm``, one time per flight; attribute ``campaign`` is its name.
    window : str
        Largest time difference of a flight and the product's map, such as ``"12h"``, inclusive.
    local_time : bool
        Whether the flights' times are local; they become UTC by longitude/15 h of the middle of the map.
    mask : xarray.DataArray, dims (lat, lon), optional
        True (or 1) on the flight grid where cells count; urban areas and water are False.
    method : str
        How flights come onto the product's cells, as in :func:`vadose.regrid.to_grid`; ``"area"`` for products much
        coarser than the flights.
    min_coverage : float
        Smallest valid share of a resampled cell [1].
    min_cells : int
        Fewest common cells of a date.

    Returns
    -------
    xarray.Dataset
        (product, flight): ``r`` [1], ``bias``, ``rmsd``, ``ubrmsd`` [m3 m-3], ``n``, ``status``, ``product_mean``,
        ``product_p05``, ``product_p95``, ``flight_mean``, ``flight_p05``, ``flight_p95`` [m3 m-3], ``product_change``,
        ``flight_change`` (of the mean over the cells that this and the flight before share) [m3 m-3],
        ``time_difference`` [h]. (product,): the first six with ``campaign_`` for all flights together, and
        ``rain_response`` [1], product's over flight's change summed over wettings. Coordinate ``time`` (flight, UTC).

    Raises
    ------
    SchemaError
        If an input is not canonical or in other units.
    ConfigError
        If an option cannot be used or no product is given.
    GridError
        If a product and the flights do not overlap.

    Notes
    -----
    METHODS 4.6, paper 002 section 4. Flights are resampled to each product's cells by cubic convolution after the mask
    is applied, and every product is judged on its own cells. Choice: a product's time is ``t0`` or the middle of its
    step, as in matchup; each product map serves at most the flights within the window; the earlier map wins a tie.
    A flight without a map in the window has status ``no_overlap``.

    Examples
    --------
    >>> grid = Grid.regular(0.1).crop((0, 0, 1, 1))
    >>> time = pd.date_range("2015-05-01T12:00", periods=3, freq="2D")
    >>> sm = 0.2 + np.linspace(0, 0.1, 100).reshape(10, 10) + np.array([0.0, 0.1, 0.05])[:, None, None]
    >>> def make(v): return schema.with_grid(xr.Dataset({"sm": (("time", "lat", "lon"), v, {"units": "m3 m-3"})},
    ...                                                 {"time": time}), grid)
    >>> got = airborne({"wet": make(sm + 0.02)}, make(sm))
    >>> got.bias.values.round(3).tolist(), got.flight_change.values.round(3).tolist(), float(got.campaign_r.round(3)[0])
    ([[0.02, 0.02, 0.02]], [[nan, 0.1, -0.05]], 1.0)
    """
    flights, when, reach = _ready(products, campaign, window, local_time, mask, min_coverage, min_cells)
    parts = {
        name: _one(name, ds, flights, when, reach, method, min_coverage, min_cells) for name, ds in products.items()
    }
    out = xr.concat(list(parts.values()), xr.IndexVariable("product", list(parts)), combine_attrs="drop_conflicts")
    out = out.assign_coords(time=("flight", when.to_numpy(), {"long_name": "time of the flight (UTC)"}))
    name = campaign.attrs.get("campaign") or campaign.attrs.get("title") or "campaign"
    return schema.stamp(
        out, title=f"Products against {name}", inputs=[*products, name], campaign=name, window=window, method=method,
        local_time=str(local_time).lower(),
        simulated=schema.is_simulated(campaign) or any(schema.is_simulated(p) for p in products.values()),
    )  # fmt: skip


def flight_maps(
    products: Mapping[str, xr.Dataset],
    campaign: xr.Dataset,
    *,
    window: str = "12h",
    local_time: bool = False,
    mask: xr.DataArray | None = None,
    method: str = "cubic",
    min_coverage: float = 0.5,
) -> dict[str, xr.Dataset]:
    """Maps of products and of the aircraft on the same cells, flight by flight: what :func:`airborne` compares.

    Parameters
    ----------
    products, campaign, window, local_time, mask, method, min_coverage
        As in :func:`airborne`.

    Returns
    -------
    dict of str to xarray.Dataset
        By product: ``estimate`` and ``reference`` (flight, lat, lon) [m3 m-3], missing where there is no map in the
        window; coordinate ``time`` (flight, UTC). Input of :func:`vadose.validation.spatial_fidelity` after
        ``swap_dims(flight="time")``.

    Raises
    ------
    SchemaError, ConfigError, GridError
        As in :func:`airborne`.

    Examples
    --------
    >>> grid = Grid.regular(0.1).crop((0, 0, 1, 1))
    >>> sm = np.full((2, 10, 10), 0.2)
    >>> time = pd.date_range("2015-05-01T12:00", periods=2, freq="2D")
    >>> ds = schema.with_grid(xr.Dataset({"sm": (("time", "lat", "lon"), sm, {"units": "m3 m-3"})}, {"time": time}),
    ...                       grid)
    >>> got = flight_maps({"p": ds}, ds)["p"]
    >>> got.estimate.transpose("flight", "lat", "lon").shape, bool((got.estimate == got.reference).all())
    ((2, 10, 10), True)
    """
    flights, when, reach = _ready(products, campaign, window, local_time, mask, min_coverage, 3)
    out = {}
    for name, ds in products.items():
        maps, cubic, _ = _maps(name, ds, flights, when, reach, method, min_coverage)
        both = xr.Dataset({"estimate": maps.drop_attrs(), "reference": cubic.drop_attrs()})
        for k, text in (("estimate", "soil moisture"), ("reference", "soil moisture seen by the aircraft")):
            both[k].attrs = {"units": "m3 m-3", "long_name": text}
        simulated = schema.is_simulated(ds) or schema.is_simulated(campaign)
        both = both.assign_coords(time=("flight", when.to_numpy(), {"long_name": "time of the flight (UTC)"}))
        out[name] = schema.stamp(both, title=f"{name} and aircraft", product=name, simulated=simulated, method=method)
    return out


def _ready(products, campaign, window, local_time, mask, min_coverage, min_cells):
    """Flights after the mask, their times in UTC and the window; refuses what cannot be compared."""
    schema.check(campaign, "grid")
    if not products:
        raise ConfigError("products", found="none", needed="at least one")
    try:
        reach = pd.Timedelta(window)
    except ValueError as err:
        raise ConfigError("window", found=repr(window), needed="a duration such as '12h'") from err
    if not 0 <= min_coverage <= 1 or min_cells < 3 or not reach >= pd.Timedelta(0):
        raise ConfigError("min_coverage, min_cells or window", found=f"{min_coverage}, {min_cells}, {window}",
                          needed="a share, at least 3 cells, and a duration")  # fmt: skip
    flights = _flights(campaign, mask)
    when = _utc(campaign, local_time)
    return flights, when, reach


def _flights(campaign: xr.Dataset, mask: xr.DataArray | None) -> xr.DataArray:
    name = schema.primary(campaign)
    sm = campaign[name]
    if sm.attrs.get("units") != "m3 m-3" or set(sm.dims) != {"time", "lat", "lon"}:
        raise SchemaError("campaign", found=f"{name} {sm.dims} [{sm.attrs.get('units')}]",
                          needed="sm (time, lat, lon) in m3 m-3")  # fmt: skip
    sm = sm.transpose("time", "lat", "lon")
    if mask is None:
        return sm
    try:
        sm, mask = xr.align(sm, mask, join="exact")
    except ValueError as err:
        raise SchemaError("mask", found="other cells than the flights", needed="the flight grid",
                          do="Regrid it with vadose.regrid.to_grid(mask, grid, method='mode').") from err  # fmt: skip
    return sm.where(mask.astype(bool))


def _utc(campaign: xr.Dataset, local_time: bool) -> pd.DatetimeIndex:
    time = pd.DatetimeIndex(campaign["time"].values)
    if not local_time:
        return time
    lon = float(campaign["lon"].values.mean())
    return time - pd.Timedelta(round(lon / 15 * 3600), "s")


def _nearest(ds: xr.Dataset, when: pd.DatetimeIndex, reach: pd.Timedelta) -> tuple[np.ndarray, np.ndarray]:
    """Index of the product map nearest to each flight (-1 for none) and the difference [h]."""
    from ..matchup.match import instants

    own = instants(ds).values
    want = when.to_numpy().astype("datetime64[ns]").astype("int64")
    apart = own[None, :] - want[:, None]
    best = np.abs(apart).argmin(axis=1) if own.size else np.full(want.size, -1)
    hours = apart[np.arange(want.size), best] / 3.6e12 if own.size else np.full(want.size, np.nan)
    far = ~(np.abs(hours) <= reach / pd.Timedelta(1, "h") + 1e-9)
    return np.where(far, -1, best), np.where(far, np.nan, hours)


def _maps(name, ds, flights, when, reach, method, min_coverage) -> tuple[xr.DataArray, xr.DataArray, np.ndarray]:
    """Product and resampled flights on the product's cells (flight, lat, lon), and the time difference [h]."""
    schema.check(ds, "grid")
    variable = schema.primary(ds)
    sm = ds[variable]
    if sm.attrs.get("units") != "m3 m-3" or set(sm.dims) != {"time", "lat", "lon"}:
        raise SchemaError(name, found=f"{variable} {sm.dims} [{sm.attrs.get('units')}]",
                          needed="sm (time, lat, lon) in m3 m-3",
                          do="Choose a layer, or scale the product.")  # fmt: skip
    half = 0.5 * Grid.of(ds).resolution
    lat, lon = flights["lat"].values, flights["lon"].values
    south, north = lat.min() - half, lat.max() + half
    west, east = lon.min() - half, lon.max() + half
    near = sm.transpose("time", "lat", "lon").isel(
        lat=np.flatnonzero((sm["lat"].values >= south) & (sm["lat"].values <= north)),
        lon=np.flatnonzero((sm["lon"].values >= west) & (sm["lon"].values <= east)),
    )  # fmt: skip
    if not near.sizes["lat"] or not near.sizes["lon"]:
        raise SchemaError(name, found="no cell under the flights", needed="a product that covers the campaign")
    index, hours = _nearest(ds, when, reach)
    there = xr.DataArray(index >= 0, dims="flight")
    maps = near.isel(time=np.maximum(index, 0)).drop_vars("time").rename(time="flight").where(there)
    target = Grid.of(near.to_dataset(name="sm"))
    seen = flights.chunk(lat=-1, lon=-1) if flights.chunks else flights
    same = target.shape == seen.shape[1:] and np.allclose(target.lat, lat) and np.allclose(target.lon, lon)
    cubic = seen if same else to_grid(seen, target, method=method, min_coverage=min_coverage)
    cubic = cubic.drop_vars("time").rename(time="flight").assign_coords(lat=maps["lat"], lon=maps["lon"])
    return maps, cubic, hours


def _one(name, ds, flights, when, reach, method, min_coverage, min_cells) -> xr.Dataset:
    maps, cubic, hours = _maps(name, ds, flights, when, reach, method, min_coverage)
    stack = [v.astype(float).stack(place=("lat", "lon")).drop_vars(["place", "lat", "lon"]) for v in (maps, cubic)]
    stack = [v.chunk(place=-1, flight=-1) if v.chunks else v for v in stack]
    names = [*_SCORES, "n", "status", *(f"{s}_{k}" for s in ("product", "flight") for k in _RANGE), "product_change",
             "flight_change"]  # fmt: skip
    whole = [*(f"campaign_{k}" for k in (*_SCORES, "n", "status")), "rain_response"]
    table, total = xr.apply_ufunc(
        lambda x, y: _compare(np.asarray(x), np.asarray(y), min_cells), *stack,
        input_core_dims=[["flight", "place"]] * 2, output_core_dims=[["flight", "number"], ["number_all"]],
        dask="parallelized", output_dtypes=[float, float], keep_attrs=False,
        dask_gufunc_kwargs={"output_sizes": {"number": len(names), "number_all": len(whole)}},
    )  # fmt: skip
    out = xr.Dataset({k: table.isel(number=i) for i, k in enumerate(names)}
                     | {k: total.isel(number_all=i) for i, k in enumerate(whole)})  # fmt: skip
    out["time_difference"] = ("flight", hours, {"units": "h", "long_name": "product's minus flight's time"})
    for k in map(str, out.data_vars):
        stem = k.removeprefix("campaign_")
        if stem in _TEXT:
            where = " of all flights" if k != stem else ""
            out[k].attrs = {"units": _TEXT[stem][0], "long_name": _TEXT[stem][1] + where}
        elif stem == "n":
            out[k] = out[k].astype("int64").assign_attrs(units="1", long_name="common cells")
        elif stem == "status":
            out[k] = out[k].astype("int8").assign_attrs(schema.status_attrs())
        elif stem == "rain_response":
            out[k].attrs = {"units": "1", "long_name": "change of the product's mean per change of the flights' mean"}
        elif stem != "time_difference":
            side, what = stem.split("_")
            text = {"mean": "mean", "p05": "5th percentile", "p95": "95th percentile",
                    "change": "change of the mean since the flight before"}[what]  # fmt: skip
            out[k].attrs = {"units": "m3 m-3", "long_name": f"{text} of the {side}"}
    return out.drop_vars([c for c in out.coords if c != "flight"], errors="ignore")


def _compare(x: np.ndarray, y: np.ndarray, min_cells: int) -> tuple[np.ndarray, np.ndarray]:
    from ..stats.pairs import scores

    def judge(a: np.ndarray, b: np.ndarray) -> list:
        got = scores(a, b, ci="none", min_n=min_cells, ranks=False)
        status = int(got["status"])
        few = STATUS["too_few_cells"] if status == STATUS["too_few_pairs"] else status
        return [*(float(got[k]) for k in _SCORES.values()), float(got["n"]), few]

    both = np.isfinite(x) & np.isfinite(y)
    x, y = np.where(both, x, np.nan), np.where(both, y, np.nan)
    table = np.full((len(x), 6 + 2 * len(_RANGE) + 2), np.nan)
    before, wet = -1, np.zeros(2)
    for i in range(len(x)):
        table[i, :6] = judge(x[i], y[i])
        if table[i, 4] == 0:
            table[i, 5] = STATUS["no_overlap"]
        if table[i, 4] < min_cells:
            continue
        for j, v in enumerate((x[i], y[i])):
            w = v[both[i]]
            table[i, 6 + 3 * j : 9 + 3 * j] = w.mean(), *np.quantile(w, [0.05, 0.95])
        if before >= 0:
            common = both[i] & both[before]
            if common.sum() >= min_cells:
                change = [float((v[i] - v[before])[common].mean()) for v in (x, y)]
                table[i, 12:14] = change
                if change[1] > 0.01:
                    wet += change[0] * change[1], change[1] ** 2
        before = i
    everything = judge(x.ravel(), y.ravel())
    if everything[4] == 0:
        everything[5] = STATUS["no_overlap"]
    return table, np.array([*everything, wet[0] / wet[1] if wet[1] > 0 else np.nan])
