"""Whether a stated uncertainty is true: how often the reference lies inside the bands it promises."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import xarray as xr

from .. import schema
from ..errors import SchemaError

#: Nominal levels at which bands are asked.
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.68, 0.8, 0.9, 0.95, 0.99)


def calibration(estimate: xr.DataArray, uncertainty: xr.DataArray, reference: xr.DataArray, *,
                levels: Sequence[float] = LEVELS, dim: str = "time") -> xr.Dataset:  # fmt: skip
    """Share of the reference inside the bands of a normal error, at each nominal level.

    Parameters
    ----------
    estimate, uncertainty, reference : xarray.DataArray
        Value, its standard uncertainty and what is taken for true, on the same coordinates [one unit]. Lazy stays
        lazy.
    levels : sequence of float
        Nominal levels, between 0 and 1.
    dim : str
        Dimension over which a mean difference is taken away for ``inside_unbiased``.

    Returns
    -------
    xarray.Dataset
        Dim (level): ``inside`` [1], and ``inside_unbiased`` [1] after the mean difference of each cell along ``dim``
        is taken away. Scalars: ``n`` [1] values compared, and ``ratio`` [1], the root mean square of error over
        uncertainty, 1 where the uncertainty has the right size.

    Raises
    ------
    SchemaError
        If coordinates differ, or a level is not between 0 and 1.

    Notes
    -----
    The band of level p is estimate ± Φ⁻¹((1 + p)/2) × uncertainty; 0.68 is nearly 1 σ, 0.95 1.96 σ. An uncertainty
    that says nothing of a systematic error of its source is judged by ``inside_unbiased``; a user meets ``inside``.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth = xr.DataArray(np.zeros(20_000), dims="time", attrs={"units": "m3 m-3"})
    >>> seen = truth + 0.02 * rng.standard_normal(20_000)
    >>> got = calibration(seen, xr.full_like(truth, 0.02), truth, levels=[0.5, 0.95])
    >>> got.inside.round(2).values.tolist(), round(float(got.ratio), 2)
    ([0.5, 0.95], 1.0)
    """
    if bad := [p for p in levels if not 0 < p < 1]:
        raise SchemaError("levels", found=f"{bad}", needed="shares between 0 and 1")
    try:
        estimate, uncertainty, reference = xr.align(estimate, uncertainty, reference, join="exact")
    except ValueError as err:
        found, do = "coordinates that differ from the estimate's", "Select the common times and cells first."
        raise SchemaError("reference", found=found, needed="the same coordinates", do=do) from err
    error = estimate.astype("float64") - reference
    good = error.notnull() & (uncertainty > 0)
    error, sigma = error.where(good).drop_attrs(), uncertainty.astype("float64").where(good).drop_attrs()
    bands = xr.DataArray([NormalDist().inv_cdf((1 + p) / 2) for p in levels], dims="level")
    n = good.sum().drop_attrs()

    def inside(e: xr.DataArray) -> xr.DataArray:
        within = abs(e) / sigma <= bands
        return within.sum([d for d in within.dims if d != "level"]) / n.where(n > 0)

    share = {"units": "1", "long_name": "share of the reference inside the band"}
    out = xr.Dataset(
        {
            "inside": inside(error).assign_attrs(share),
            "inside_unbiased": inside(error - error.mean(dim)).assign_attrs(
                share | {"long_name": "the same after the mean difference of each cell is taken away"}
            ),
            "n": n.assign_attrs(units="1", long_name="values compared"),
            "ratio": (((error / sigma) ** 2).mean() ** 0.5).assign_attrs(
                units="1", long_name="root mean square of error over uncertainty"
            ),
        },
        {"level": ("level", list(levels), {"units": "1", "long_name": "nominal level"})},
    )
    return schema.stamp(out, title="Calibration of the uncertainty",
                        simulated=any(schema.is_simulated(d) for d in (estimate, reference)))  # fmt: skip
