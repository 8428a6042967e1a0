"""Collocation of three or four products: errors of each without a truth."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..products.catalogue import get, origins
from ..stats.status import STATUS
from .score import regular_position

_TEXT = {
    "err_std": ("", "standard deviation of the product's random error, in its own unit"),
    "err_std_ref": ("", "standard deviation of the random error, scaled to the first product"),
    "r2": ("1", "squared correlation with the unknown truth"),
    "snr_db": ("dB", "signal-to-noise ratio"),
    "beta": ("", "factor that scales the product to the first one"),
    "rho": ("1", "correlation with the unknown truth, signed against the first product"),
    "weight": ("1", "weight of the best linear merge"),
    "err_cov": ("", "error covariance of the correlated pair"),
    "err_corr": ("1", "error correlation of the correlated pair"),
    "n": ("1", "number of common samples"),
    "n_eff": ("1", "effective sample size"),
}


def triple_collocation(
    x: xr.DataArray,
    y: xr.DataArray,
    z: xr.DataArray,
    *,
    products: Sequence[str] | None = None,
    families: Sequence[str] | None = None,
    ci: str = "bootstrap",
    level: float = 0.95,
    min_n: int = 100,
    n_boot: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    """Error and signal of three independent products on common cells and times.

    Parameters
    ----------
    x, y, z : xarray.DataArray, dims (time, ...)
        Products of one truth; ``x`` is the scaling reference. Lazy stays lazy; time in one chunk [any units].
    products : sequence of str, optional
        Names; default the ``product`` attribute of each, else x, y, z.
    families : sequence of str, optional
        Origin of each product's information, parts joined by ``+``; default from the catalogue by name, and unknown
        names (such as stations) are independent of all.
    ci : {"bootstrap", "none"}
        Intervals by circular blocks, or none.
    level, min_n, n_boot, seed
        Level of the intervals; fewest common samples; resamples and their seed.

    Returns
    -------
    xarray.Dataset
        Dims (product, ...): ``err_std`` [unit of the product, coordinate ``unit``], ``err_std_ref`` [unit of x],
        ``r2`` [1], ``snr_db`` [dB], ``beta``, ``rho`` [1] with ``_lower`` and ``_upper``, ``weight`` [1]; dims (...):
        ``n``, ``n_eff``, ``status``.

    Raises
    ------
    SchemaError
        If the coordinates differ, time is missing or chunked, or fewer than three different products are given.
    ConfigError
        If an option cannot be used.

    Warns
    -----
    UserWarning
        If two products share a family: their errors are correlated, both look better than they are. The numbers stay,
        with status ``dependent_inputs``.

    Notes
    -----
    METHODS 4.5; kernel :func:`vadose.stats.triple.collocate`. A negative error variance gives NaN and status
    ``negative_error_variance``, covariances that fit no common truth ``inconsistent_sign``. Choice: ``weight`` uses
    ``err_std_ref``; it is missing unless all three products have one.

    Examples
    --------
    Errors of variance 0, 1 and 1 beside a truth of variance 1:

    >>> t, e, f = (np.tile(v, 16) for v in ([1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1] * 2, [1, -1] * 4))
    >>> time = np.datetime64("2020-01-01", "ns") + np.arange(128) * np.timedelta64(1, "D")
    >>> a, b, c = (xr.DataArray(0.1 * v, {"time": time}, ("time",)) for v in (t, t + e, 2.0 * (t + f)))
    >>> got = triple_collocation(a, b, c, ci="none")
    >>> got.r2.values.round(6).tolist(), got.err_std_ref.values.round(3).tolist()
    ([1.0, 0.5, 0.5], [0.0, 0.1, 0.1])
    """
    from ..stats import triple

    return _collocate(
        [x, y, z], "x, y, z", products, families, ci, level, min_n,
        lambda data, options: triple.collocate(*data, **options), [*triple.ESTIMATES],
        dict(n_boot=n_boot, seed=seed), title="Triple collocation",
    )  # fmt: skip


def quadruple_collocation(
    w: xr.DataArray,
    x: xr.DataArray,
    y: xr.DataArray,
    z: xr.DataArray,
    *,
    correlated: tuple[int, int] | str | None = "declared",
    products: Sequence[str] | None = None,
    families: Sequence[str] | None = None,
    ci: str = "bootstrap",
    level: float = 0.95,
    min_n: int = 100,
    n_boot: int = 1000,
    seed: int = 0,
) -> xr.Dataset:
    """Error and signal of four products, of which two may share errors.

    Parameters
    ----------
    w, x, y, z : xarray.DataArray, dims (time, ...)
        As in :func:`triple_collocation`; ``w`` is the scaling reference.
    correlated : tuple of int, "declared" or None
        The pair (0 to 3) whose errors may be correlated; ``"declared"`` takes the pair of one family, if there is one.
    products, families, ci, level, min_n, n_boot, seed
        As in :func:`triple_collocation`.

    Returns
    -------
    xarray.Dataset
        As :func:`triple_collocation` (without ``rho``), and ``err_cov`` with bounds and ``err_corr`` [1] of the pair.
        Where families declare another dependent pair, status is ``dependent_inputs``.

    Raises
    ------
    SchemaError, ConfigError
        As in :func:`triple_collocation`.

    Notes
    -----
    Kernel :func:`vadose.stats.quadruple.collocate` (Gruber et al. 2016, doi:10.1002/2015JD024027). Choice: weights
    ignore the error covariance of the pair.

    Examples
    --------
    >>> t, e, f, g = (np.tile(np.repeat([0.1, -0.1], n), 128 // (2 * n)) for n in (1, 2, 4, 8))
    >>> time = np.datetime64("2020-01-01", "ns") + np.arange(128) * np.timedelta64(1, "D")
    >>> four = [xr.DataArray(v, {"time": time}, ("time",)) for v in (t + e, t + f, t + g, t + g)]
    >>> names = ["station", "smap_l3", "era5", "era5_land"]
    >>> got = quadruple_collocation(*four, products=names, ci="none")
    >>> got.attrs["correlated"], round(float(got.err_corr), 6), int(got.status)
    ('era5, era5_land', 1.0, 0)
    """
    from ..stats import quadruple

    data = [w, x, y, z]
    names = _names(data, products)
    pairs = dependent(names, families=families)
    pair: tuple[int, int] | None
    if isinstance(correlated, str):
        if correlated != "declared":
            raise ConfigError("correlated", found=repr(correlated), needed="two of 0 to 3, 'declared' or None")
        pair = pairs[0] if len(pairs) == 1 else None
    else:
        pair = None if correlated is None else (min(correlated), max(correlated))
    text = "" if pair is None else f"{names[pair[0]]}, {names[pair[1]]}"
    return _collocate(
        data, "w, x, y, z", products, families, ci, level, min_n,
        lambda d, options: quadruple.collocate(*d, correlated=pair, **options), [*quadruple.ESTIMATES],
        dict(n_boot=n_boot, seed=seed), title="Quadruple collocation", allowed=pair,
        single=("err_cov", "err_cov_lower", "err_cov_upper", "err_corr"), correlated=text,
    )  # fmt: skip


def dependent(products: Sequence[str], *, families: Sequence[str] | None = None) -> list[tuple[int, int]]:
    """Pairs of products that share information by declaration.

    Parameters
    ----------
    products : sequence of str
        Names; those of the catalogue have a family.
    families : sequence of str, optional
        Families to use instead, parts joined by ``+``; "" is independent of all.

    Returns
    -------
    list of tuple of int
        Positions of the pairs.

    Raises
    ------
    ConfigError
        If the number of families is not that of products.

    Notes
    -----
    ``family`` and ``shares`` of the catalogue: the merged ESA CCI record is made of ASCAT, SMOS and SMAP among others.

    Examples
    --------
    >>> dependent(["era5", "era5_land", "smap_l3", "station"])
    [(0, 1)]
    >>> dependent(["ascat_h119", "esa_cci", "gldas_noah"])
    [(0, 1)]
    """
    if families is not None and len(families) != len(products):
        raise ConfigError("families", found=f"{len(families)} for {len(products)} products", needed="one per product")
    parts = []
    for i, name in enumerate(products):
        parts.append(origins(families[i] if families is not None else _family(name)))
    return [(i, j) for i, j in combinations(range(len(parts)), 2) if parts[i] & parts[j]]


def _family(name: str) -> str:
    try:
        return get(name).family
    except ConfigError:
        return ""


def _names(data: list[xr.DataArray], products: Sequence[str] | None) -> list[str]:
    letters = "xyz" if len(data) == 3 else "wxyz"
    names = [str(d.attrs.get("product") or k) for d, k in zip(data, letters, strict=True)]
    if products is not None:
        if len(products) != len(data) or len(set(products)) < len(data):
            raise SchemaError("products", found=f"{list(products)}", needed=f"{len(data)} different names")
        return [str(p) for p in products]
    return names if len(set(names)) == len(data) else list(letters)


def _collocate(data, where, products, families, ci, level, min_n, kernel, estimates, boot, *, title, allowed=None,
               single=(), **attrs):  # fmt: skip
    if ci not in ("bootstrap", "none"):
        raise ConfigError("ci", found=repr(ci), needed="'bootstrap' or 'none'")
    if not 0 < level < 1:
        raise ConfigError("level", found=f"{level}", needed="a coverage between 0 and 1, such as 0.95")
    if min_n < 3:
        raise ConfigError("min_n", found=f"{min_n}", needed="at least 3 common samples")
    for d in data:
        if not isinstance(d, xr.DataArray) or "time" not in d.dims:
            found = f"dims {d.dims}" if isinstance(d, xr.DataArray) else type(d).__name__
            raise SchemaError(where, found=found, needed="DataArrays with a dim time")
        if len(d.chunksizes.get("time", ())) > 1:
            raise SchemaError(where, found="time in several chunks", needed="one chunk",
                              do="Rechunk time to one chunk: x.chunk(time=-1).")  # fmt: skip
    try:
        data = list(xr.align(*data, join="exact"))
    except ValueError as err:
        raise SchemaError(where, found=f"different coordinates ({err})", needed="common cells and times",
                          do="Reindex the products to the times and cells that all have.") from err  # fmt: skip
    names = _names(data, products)
    pairs = [p for p in dependent(names, families=families) if p != allowed]
    if pairs:
        text = "; ".join(f"{names[i]} and {names[j]}" for i, j in pairs)
        warnings.warn(f"{title.lower()}: {text} share information: their errors are correlated, and both will look "
                      "better than they are", UserWarning, stacklevel=3)  # fmt: skip
    time = data[0].indexes["time"]
    options = dict(position=regular_position(time), ci=ci, level=level, min_n=min_n, **boot)
    keys = [f"{k}{end}" for k in estimates for end in ("", "_lower", "_upper")]
    scalars = [*single, "n", "n_eff", "status"]
    count = len(data)

    def run(*arrays: np.ndarray) -> np.ndarray:
        got = kernel(arrays, options)
        parts = [got[k][i] for k in keys for i in range(count)] + [got[k] for k in scalars]
        return np.stack([np.asarray(p, float) for p in parts], axis=-1)

    total = len(keys) * count + len(scalars)
    stacked = xr.apply_ufunc(
        run, *(d.astype(float) for d in data), input_core_dims=[["time"]] * count, output_core_dims=[["number"]],
        dask="parallelized", output_dtypes=[float], keep_attrs=False,
        dask_gufunc_kwargs={"output_sizes": {"number": total}},
    )  # fmt: skip
    product = xr.IndexVariable("product", names)
    units = [str(d.attrs.get("units", "")) for d in data]
    out = xr.Dataset()
    for i, key in enumerate(keys):
        one = [stacked.isel(number=i * count + j) for j in range(count)]
        out[key] = _describe(xr.concat(one, product), key, units, level)
    for i, key in enumerate(scalars):
        out[key] = _describe(stacked.isel(number=len(keys) * count + i), key, units, level)
    out["n"] = out["n"].astype("int64")
    status = out["status"].astype("int8")
    if pairs:
        status = status.where(status != STATUS["ok"], STATUS["dependent_inputs"]).astype("int8")
    out["status"] = status.assign_attrs(schema.status_attrs())
    strength, perfect = 1.0 / out["err_std_ref"] ** 2, out["err_std_ref"] == 0
    strength = xr.where(perfect.any("product"), perfect.astype(float), strength).where(out["err_std_ref"].notnull())
    weight = (strength / strength.sum("product", skipna=False)).transpose(*out["err_std_ref"].dims)
    out["weight"] = weight.assign_attrs(units="1", long_name=_TEXT["weight"][1])
    out = out.assign_coords(unit=("product", units))
    inputs = [str(d.attrs.get("title") or n) for d, n in zip(data, names, strict=True)]
    return schema.stamp(
        out, title=f"{title} of {', '.join(names)}", inputs=inputs, ci=ci, level=level, min_n=min_n,
        simulated=any(schema.is_simulated(d) for d in data), seed=boot["seed"] if ci == "bootstrap" else None,
        n_boot=boot["n_boot"] if ci == "bootstrap" else None,
        dependent="; ".join(f"{names[i]}, {names[j]}" for i, j in pairs), **attrs,
    )  # fmt: skip


def _describe(da: xr.DataArray, key: str, units: list[str], level: float) -> xr.DataArray:
    stem = key.removesuffix("_lower").removesuffix("_upper")
    if stem == "status":
        return da
    unit, text = _TEXT[stem]
    if stem == "err_std_ref":
        unit = units[0]
    elif stem in ("err_std", "beta", "err_cov"):
        same = len(set(units)) == 1
        unit = "see coordinate unit" if not same else units[0] if stem == "err_std" else "1"
        if stem == "err_cov":
            unit = f"({units[0]})2" if same and units[0] else ""
    side = key[len(stem) + 1 :]
    return da.assign_attrs(units=unit, long_name=f"{side} {100 * level:g} % bound of {text}" if side else text)
