"""Scores under the variable names of QA4SM, so that its reader and plots take them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from .. import schema
from ..errors import ConfigError, SchemaError
from ..stats.status import STATUS

#: QA4SM's name -> ours. ``urmsd`` is its unbiased RMSD, ``rho`` Spearman's and ``tau`` Kendall's correlation.
NAMES = {
    "R": "r", "p_R": "p_value", "rho": "spearman", "p_rho": "spearman_p", "tau": "kendall", "p_tau": "kendall_p",
    "RMSD": "rmse", "BIAS": "bias", "urmsd": "ubrmse", "mse": "mse", "mse_corr": "mse_corr", "mse_bias": "mse_bias",
    "mse_var": "mse_var",
}  # fmt: skip
#: Of triple collocation.
TRIPLE_NAMES = {"snr": "snr_db", "err_std": "err_std", "beta": "beta"}
#: Our status -> QA4SM's code (0 success, 1 not enough data, 2 calculation failed, 4 no temporal overlap, 7 no data of
#: the point, -1 other).
CODES = {"ok": 0, "too_few_pairs": 1, "too_few_years": 1, "zero_variance": 2, "no_overlap": 4, "no_data": 7,
         "no_station": 7, "negative_error_variance": 2, "inconsistent_sign": 2, "dependent_inputs": 0}  # fmt: skip
#: Name of the part of time that is all of it.
WHOLE = "bulk"


def to_qa4sm(
    scores: xr.Dataset,
    path: str | Path,
    *,
    reference: str = "ISMN",
    versions: Mapping[str, str] | None = None,
    collocations: Sequence[xr.Dataset] = (),
) -> Path:
    """Write scores as a NetCDF file of QA4SM's layout and names.

    Parameters
    ----------
    scores : xarray.Dataset
        From :func:`vadose.validation.evaluate` (cell, product, subset), or scores of several products along ``cell``
        with a coordinate ``product``, from :func:`vadose.validation.tidy`, with or without ``subset``.
    path : path
        Target.
    reference : str
        Name of the reference.
    versions : mapping, optional
        Product (or reference) -> version.
    collocations : sequence of xarray.Dataset
        Results of :func:`vadose.validation.triple_collocation`; their products are among those of the scores, and the
        reference. Cells are the same, or found by the coordinate ``stations`` of both.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SchemaError
        If ``scores`` has neither form, or a collocation speaks of other cells or products.
    ConfigError
        If the file cannot be written.

    Warns
    -----
    UserWarning
        If cells of a collocation are no cells of the scores: they are left out.

    Notes
    -----
    Dims ``loc`` and ``tsw`` (parts of time, the whole is ``bulk``; subsets of cells and anomalies are left out);
    ``lat``, ``lon`` and ``gpi`` per ``loc``. Names: ``R_between_0-ISMN_and_1-C3S``,
    ``R_ci_lower_between_0-ISMN_and_1-C3S``, ``snr_1-C3S_between_0-ISMN_and_1-C3S_and_2-ERA5``,
    ``status_between_...``; attributes ``val_ref`` and ``val_dc_dataset0`` etc. (the reference is number 0). Blanks and
    signs in names become underscores.

    Choice: QA4SM has one ``n_obs`` for all products, since it matches them together; here it is the smallest among the
    products with pairs in the place, and ``n_pairs_1-C3S`` tells each.

    Examples
    --------
    >>> import tempfile
    >>> one = xr.Dataset({"r": (("cell", "product"), [[0.7]]), "n": (("cell", "product"), [[50]]),
    ...                   "status": (("cell", "product"), [[0]])},
    ...                  {"product": ["my product"], "cell_lat": ("cell", [40.0]), "cell_lon": ("cell", [5.0])})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     got = xr.load_dataset(to_qa4sm(one, folder + "/qa4sm.nc"))
    >>> sorted(map(str, got.data_vars))[0], float(got["R_between_0-ISMN_and_1-my_product"].sel(tsw="bulk")[0])
    ('R_between_0-ISMN_and_1-my_product', 0.7)
    """
    table = _by_product(scores)
    products = [str(p) for p in table["product"].values]
    short = [_short(p) for p in (reference, *products)]
    if len(set(short)) < len(short):
        raise SchemaError("products", found=f"{products}", needed="names that differ beyond blanks and signs")
    datasets = [f"{i}-{s}" for i, s in enumerate(short)]
    windows = [WHOLE if p == "all" else str(p) for p in table["part"].values]
    out = xr.Dataset(coords={
        "lat": ("loc", table["cell_lat"].values.astype(float), {"units": "degrees_north"}),
        "lon": ("loc", table["cell_lon"].values.astype(float), {"units": "degrees_east"}),
        "gpi": ("loc", np.arange(table.sizes["cell"])), "tsw": ("tsw", np.array(windows, dtype=object)),
    })  # fmt: skip
    n = table["n"].transpose("cell", "subset", "product").values
    least = np.where((n > 0).any(axis=-1), np.where(n > 0, n, n.max(initial=0) + 1).min(axis=-1), 0)
    out["n_obs"] = (("loc", "tsw"), least.astype("int32"), {"long_name": "pairs of the product that has fewest"})
    for i, product in enumerate(products):
        one, pair = table.sel(product=product), f"between_{datasets[0]}_and_{datasets[i + 1]}"
        for theirs, ours in NAMES.items():
            for end, middle in (("", ""), ("_lower", "ci_lower_"), ("_upper", "ci_upper_")):
                if f"{ours}{end}" in one:
                    values = one[f"{ours}{end}"].transpose("cell", "subset")
                    out[f"{theirs}_{middle}{pair}"] = ("loc", "tsw"), values.values.astype(float), dict(values.attrs)
        out[f"status_{pair}"] = ("loc", "tsw"), _codes(one["status"].transpose("cell", "subset").values)
        out[f"n_pairs_{datasets[i + 1]}"] = ("loc", "tsw"), one["n"].transpose("cell", "subset").values.astype("int32")
    number = {p: i for i, p in enumerate((reference, *products))}
    places = table["stations"].values.astype(str) if "stations" in table.coords else None
    for result in collocations:
        out.update(_triple(result, number, datasets, out, places))
    for label, theirs in (("network", "network"), ("stations", "station"), ("climate", "climate_KG")):
        if label in table.coords:
            out[theirs] = ("loc", np.array([str(v) for v in table[label].values], dtype=object))
    out.attrs = _attributes(scores, reference, products, short, versions or {})
    return _write(out, Path(path))


def _by_product(scores: xr.Dataset) -> xr.Dataset:
    """Scores with dims (cell, product, subset), parts of time only."""
    if "product" in scores.dims:
        if "cell" not in scores.dims or "cell_lat" not in scores.coords:
            raise SchemaError("scores", found=f"dims {tuple(scores.dims)}", needed="(cell, product, subset)")
        table = scores if "subset" in scores.dims else scores.expand_dims(subset=["all"])
    elif "product" in scores.coords and scores["product"].dims == ("cell",) and "stations" in scores.coords:
        places = scores["stations"].to_index().unique()
        parts = []
        names = list(dict.fromkeys(scores["product"].values.astype(str)))
        first = scores.isel(cell=[int(np.argmax(scores["stations"].values == s)) for s in places])
        for name in names:
            one = scores.isel(cell=np.flatnonzero(scores["product"].values == name))
            at = one["stations"].to_index().get_indexer(places)
            some = one[[v for v in one.data_vars if set(one[v].dims) - {"subset"} == {"cell"}]].reset_coords(drop=True)
            got = some.isel(cell=np.maximum(at, 0)).where(xr.DataArray(at >= 0, dims="cell"))
            got["n"] = got["n"].fillna(0)
            got["status"] = got["status"].fillna(STATUS["no_station"])
            parts.append(got)
        table = xr.concat(parts, xr.IndexVariable("product", names), combine_attrs="override", join="exact")
        labels = {k: ("cell", first[k].values) for k in ("cell_lat", "cell_lon", "stations") if k in first.coords}
        table = (table if "subset" in table.dims else table.expand_dims(subset=["all"])).assign_coords(labels)
        table = table.assign_coords({k: scores[k] for k in ("part", "values") if k in scores.coords})
    else:
        raise SchemaError("scores", found=f"dims {tuple(scores.dims)}", needed="scores of products by cell",
                          do="Use the result of vadose.validation.evaluate, or of tidy.")  # fmt: skip
    if "part" not in table.coords:
        table = table.assign_coords(part=("subset", table["subset"].values.astype(str)))
    time = ~np.isin(table["part"].values, ("core", "extra", "strict"))
    if "values" in table.coords:
        time &= table["values"].values == "soil moisture"
    return table.isel(subset=np.flatnonzero(time))


def _codes(status: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda s: CODES.get(schema.status_name(int(s)), -1), otypes=["int32"])(np.nan_to_num(status))


def _triple(result: xr.Dataset, number: Mapping[str, int], datasets: list[str], out: xr.Dataset,
            stations: np.ndarray | None) -> dict:  # fmt: skip
    names = [str(p) for p in result["product"].values]
    if unknown := [p for p in names if p not in number]:
        raise SchemaError("collocations", found=f"{unknown}", needed=f"some of {list(number)}")
    where = _places(result, stations, out.sizes["loc"])
    order = sorted(names, key=lambda p: number[p])
    between = "between_" + "_and_".join(datasets[number[p]] for p in order)
    whole = np.array(out["tsw"].values == WHOLE)

    def spread(values: np.ndarray, fill: float) -> tuple:
        placed = np.where(where >= 0, np.asarray(values)[where], fill)
        return ("loc", "tsw"), np.where(whole, placed[:, None], fill)

    table = {f"status_{between}": spread(_codes(result["status"].values), -1)}
    for theirs, ours in TRIPLE_NAMES.items():
        for p in names:
            one = result.sel(product=p)
            for end, middle in (("", ""), ("_lower", "ci_lower_"), ("_upper", "ci_upper_")):
                if f"{ours}{end}" in one:
                    key = f"{theirs}_{middle}{datasets[number[p]]}_{between}"
                    table[key] = spread(one[f"{ours}{end}"].values, np.nan)
    return table


def _places(result: xr.Dataset, stations: np.ndarray | None, count: int) -> np.ndarray:
    """Cell of a collocation for each place of the scores, by its stations where both name them; -1 for none."""
    if result["n"].dims != ("cell",):
        raise SchemaError("collocations", found=f"dims {result['n'].dims}", needed="one number per cell")
    if stations is None or "stations" not in result.coords:
        if result.sizes["cell"] != count:
            found = f"{result.sizes['cell']} cells"
            raise SchemaError("collocations", found=found, needed=f"{count} cells of scores, or `stations` of both")
        return np.arange(count)
    names = [str(s) for s in result["stations"].values]
    if lost := sorted(set(names) - set(stations.tolist())):
        warnings.warn(f"{len(lost)} cells of a collocation are no cells of the scores and are left out: "
                      f"{'; '.join(lost)}", UserWarning, stacklevel=4)  # fmt: skip
    return np.array([names.index(s) if s in names else -1 for s in stations.tolist()], int)


def _short(name: str) -> str:
    """A name without signs that QA4SM's patterns use."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    return re.sub(r"_(and|between)_", r"_\1-", plain).replace("-", "")


def _attributes(scores, reference: str, products: list[str], short: list[str], versions: Mapping[str, str]) -> dict:
    attrs = {"val_ref": "val_dc_dataset0", "val_scaling_ref": "val_dc_dataset0", "val_is_scattered_data": "True",
             "val_scaling_method": str(scores.attrs.get("scaling") or "none"),
             "Conventions": "CF-1.11", "simulated": "true" if schema.is_simulated(scores) else "false",
             "title": str(scores.attrs.get("title", "scores")),
             "software": str(scores.attrs.get("software", ""))}  # fmt: skip
    for i, (name, plain) in enumerate(zip((reference, *products), short, strict=True)):
        version = versions.get(name, "unknown")
        attrs |= {
            f"val_dc_dataset{i}": plain, f"val_dc_dataset_pretty_name{i}": name, f"val_dc_version{i}": _short(version),
            f"val_dc_version_pretty_name{i}": version, f"val_dc_variable{i}": "soil_moisture",
            f"val_dc_variable_pretty_name{i}": "soil moisture", f"val_dc_unit{i}": "m³/m³",
        }  # fmt: skip
    return attrs


def _write(out: xr.Dataset, path: Path) -> Path:
    part = path.with_name(f"{path.name}.part")
    encoding = {str(v): {"zlib": True} for v in out.data_vars if out[v].dtype.kind in "fi"}
    try:
        out.to_netcdf(part, encoding=encoding)
        part.replace(path)
    except (OSError, RuntimeError) as err:
        part.unlink(missing_ok=True)
        raise ConfigError(str(path), found=f"a file that cannot be written ({err})", needed="room and permission",
                          do="Choose another path.") from err  # fmt: skip
    return path
