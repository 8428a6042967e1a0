"""What a fusion reads: maps of products, factors and earlier simulations for some dekads and pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from .. import periods
from ..grid import Grid
from ..schema import FLAGS, VARIABLES
from . import dekads
from .context import around
from .denoise import denoise
from .networks import check_digest, networks_name, unpack
from .secondary import secondary
from .zones import ZoneMap

if TYPE_CHECKING:
    from .plan import Layer, Plan, Round, SubStep

#: A factor's map may be this old [days]: annual maps serve the year after.
OLDEST = 400

#: Fewest common dekads from which a difference of level is taken: a year.
FEWEST_COMMON = 36

#: Blocks of networks kept in memory.
KEPT = 48


class Inputs:
    """Reader of one plan's inputs in one library.

    Parameters
    ----------
    plan : Plan
        The plan.
    library : vadose.store.Library
        Where the datasets lie.
    name : str
        Name of the fusion, under which its simulations lie.
    digest : str, optional
        Fingerprint of the plan that was trained; by default this plan's.
    """

    def __init__(self, plan: Plan, library: Any, name: str, digest: str = "") -> None:
        self.plan, self.library, self.name = plan, library, name
        self.digest = digest or plan.digest()
        self._open: dict[str, xr.Dataset] = {}
        self._networks: dict[str, dict[str, np.ndarray]] = {}
        self._levels: dict[tuple, tuple[np.ndarray, np.ndarray]] = {}
        first = plan.rounds[0].predictors[0]
        self.grid = Grid.of(self.dataset(plan.dataset(plan.products[first].dataset)))
        self.zones = ZoneMap(self.grid, plan.zones.size)

    def __reduce__(self):  # workers open the library anew
        return _reopen, (type(self.library), self.library.url, self.plan, self.name, self.digest)

    def dataset(self, full: str) -> xr.Dataset:
        """A dataset of the library, opened once."""
        if full not in self._open:
            self._open[full] = self.library.open(full)
        return self._open[full]

    def networks(self, set_name: str, block: str) -> dict[str, np.ndarray]:
        """Trained networks of a training set in a block; the last few are kept."""
        full = networks_name(self.name, set_name, block)
        if full not in self._networks:
            ds = self.library.open(full)
            check_digest(ds, self.digest, where=full)
            while len(self._networks) >= KEPT:
                self._networks.pop(next(iter(self._networks)), None)
            self._networks[full] = unpack(ds)
        return self._networks[full]

    def zone_numbers(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Zone of each pixel, shape (lat, lon)."""
        return self.zones.number(self.zones.row[rows][:, None], self.zones.col[cols][None, :])

    # ------------------------------------------------------------------------------------------- soil moisture
    def product(self, name: str, numbers: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """A product, denoised, shape (time, lat, lon) float32; NaN in dekads it does not have."""
        product = self.plan.products[name]
        ds = self.dataset(self.plan.dataset(product.dataset))
        allowed = self.plan.product_dekads(name)
        values = _at_dekads(ds[product.variable], numbers, rows, cols, allowed)
        if product.porosity:
            values = values * self.factor(product.porosity, None, numbers[:1], rows, cols)
        with np.errstate(invalid="ignore"):
            values[(values < 0) | (values > 1)] = np.nan
        return denoise(values, self.zone_numbers(rows, cols), limit=self.plan.denoise_limit)

    def around(self, name: str, numbers: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Mean of a product in the plan's box around each value, shape (time, lat, lon) float32; see :func:`around`."""
        box, zones = self.plan.context, self.zones
        before, after = box.dekads
        wide = np.unique(numbers[:, None] + np.arange(-before, after + 1))
        reach = 1 if box.pixels else 0  # whole zones, for the denoising; the box is smaller than a zone
        wide_rows = zones.pixel_rows(int(zones.row[rows[0]]) - reach, int(zones.row[rows[-1]]) + 1 + reach)
        west = int(zones.col[cols[0]])
        across = int((zones.col[cols[-1]] - west) % zones.columns) + 1  # around the Earth at the date line
        wide_cols = zones.pixel_cols(west - reach, west + across + reach)
        values = self.product(name, wide, wide_rows, wide_cols)
        # dekads that are not successive must not meet
        run = np.arange(wide[0], wide[-1] + 1)
        full = np.full((run.size, *values.shape[1:]), np.nan, "float32")
        full[wide - wide[0]] = values
        mean = around(full, dekads=box.dekads, pixels=box.pixels)
        at_col = np.argsort(wide_cols)[np.searchsorted(np.sort(wide_cols), cols)]
        return mean[np.ix_(numbers - wide[0], np.searchsorted(wide_rows, rows), at_col)]

    def reported_frozen(self, rows: np.ndarray, cols: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Snow and ice as the mask's product reports it, with its dekads; None where no product does."""
        name = self.plan.mask.frozen_from
        if name is None:
            return None
        ds = self.dataset(self.plan.dataset(self.plan.products[name].dataset))
        if "flag" not in ds:
            return None
        flag = _take(ds["flag"], rows, cols)
        return (flag & FLAGS["frozen_or_snow"]) != 0, dekads.ordinals(ds["time"].values)

    def thawed(self, numbers: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray | None:
        """Where the freeze/thaw record of the mask says thawed (1), shape (time, lat, lon)."""
        from .plan import ALWAYS

        layer = self.plan.mask.thawed
        if layer is None:
            return None
        da = self.dataset(self.plan.dataset(layer.dataset))[layer.variable]
        return _at_dekads(da, numbers, rows, cols, ALWAYS) == 1

    def target(self, round_: Round, numbers: np.ndarray, rows: np.ndarray,
               cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """Best target of each pixel-dekad, and the error variance that its students inherit (negative: shed).

        Notes
        -----
        Choice: a product's random error (``error``) is averaged away by learning, so it is taken off the networks'
        out-of-sample error; its systematic error is added. Students of a simulated target repeat the share
        ``inherit`` of its error variance, and all of the systematic error of the first target behind it.
        """
        value = np.full((numbers.size, rows.size, cols.size), np.nan, "float32")
        variance = np.zeros(value.shape, "float32")
        for name in round_.targets:
            if name in self.plan.products:
                shift, fixed = self.level(name, rows, cols)
                new = self.product(name, numbers, rows, cols) + shift
                error = np.broadcast_to(fixed - np.float32(self.plan.products[name].error ** 2), new.shape)
            else:
                new, sigma = self.simulated_target(name, numbers, rows, cols)
                fixed = self.level(self.plan.rounds[0].targets[0], rows, cols)[1]
                error = fixed + self.plan.inherit * np.maximum(sigma**2 - fixed, 0.0)
            take = np.isnan(value) & np.isfinite(new)
            value[take], variance[take] = new[take], error[take]
        return value, variance

    def level_variance(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Variance of the level that the networks carry, shape (lat, lon); see :meth:`level`."""
        return self.level(self.plan.rounds[0].targets[0], rows, cols)[1].astype("float64")

    def level(self, name: str, rows: np.ndarray, cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Shift of a target's mean level, and the variance of the shifted level, both shape (lat, lon).

        Notes
        -----
        Choice: no product's mean is the truth. The level of a pixel is the mean of the levels of all products that
        state a systematic error s, weighted by 1/s². With ρ, the plan's ``shared``, the correlation of these errors,
        its variance is (1 − ρ)/Σ s⁻² + ρ (Σ s⁻¹/Σ s⁻²)². Differences of level are taken over common dekads, at least
        :data:`FEWEST_COMMON`. With a systematic error stated for the target alone, or for none, the level is the
        target's own.
        """
        products, zero = self.plan.products, np.zeros((rows.size, cols.size), "float32")
        own = products[name].systematic
        if own == 0:
            return zero, zero
        key = (name, rows.tobytes(), cols.tobytes())
        if key not in self._levels:
            numbers = dekads.ordinals(self.dataset(self.plan.dataset(products[name].dataset))["time"].values)
            values = self.product(name, numbers, rows, cols)
            weight, root = np.full(zero.shape, own**-2), np.full(zero.shape, 1 / own)
            total = np.zeros(zero.shape)
            for other, product in products.items():
                if other == name or product.systematic == 0:
                    continue
                apart = self.product(other, numbers, rows, cols).astype("float64") - values
                good = np.isfinite(apart)
                count = good.sum(axis=0)
                w = np.where(count >= FEWEST_COMMON, product.systematic**-2, 0.0)
                total += w * np.where(good, apart, 0.0).sum(axis=0) / np.maximum(count, 1)
                weight += w
                root += np.sqrt(w)
            shared = self.plan.shared
            variance = (1 - shared) / weight + shared * (root / weight) ** 2
            self._levels = {key: ((total / weight).astype("float32"), variance.astype("float32"))}
        return self._levels[key]

    def simulated_target(self, name: str, numbers: np.ndarray, rows: np.ndarray,
                         cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
        """A round's simulation as a target, and its standard uncertainty, shape (time, lat, lon)."""
        from .plan import ALWAYS, SIMULATED

        ds = self.dataset(simulation_name(self.name, name.removeprefix(SIMULATED)))
        value = _at_dekads(ds["sm"], numbers, rows, cols, ALWAYS)
        sigma = _at_dekads(ds["sm_uncertainty"], numbers, rows, cols, ALWAYS)
        low, high = self._range(rows, cols)
        kept = secondary(value, low, high, self.zone_numbers(rows, cols), limit=self.plan.denoise_limit)
        return kept, sigma

    def _range(self, rows: np.ndarray, cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Smallest and largest value of the first round's first target in each pixel."""
        best = self.plan.rounds[0].targets[0]
        ds = self.dataset(self.plan.dataset(self.plan.products[best].dataset))
        values = self.product(best, dekads.ordinals(ds["time"].values), rows, cols) + self.level(best, rows, cols)[0]
        good = np.isfinite(values)
        low = np.where(good, values, np.inf).min(axis=0)
        high = np.where(good, values, -np.inf).max(axis=0)
        none = ~good.any(axis=0)
        return np.where(none, np.nan, low), np.where(none, np.nan, high)

    # -------------------------------------------------------------------------------------------------- factors
    def factors(self, step: SubStep, numbers: np.ndarray, rows: np.ndarray, cols: np.ndarray) -> list[np.ndarray]:
        """Every factor, shape (time, lat, lon) or (1, lat, lon) where it does not change."""
        return [self.factor(n, step.sources.get(n), numbers, rows, cols) for n in self.plan.factors]

    def factor(self, name: str, source: str | None, numbers: np.ndarray, rows: np.ndarray,
               cols: np.ndarray) -> np.ndarray:  # fmt: skip
        """One factor at dekads.

        Notes
        -----
        Choice: a dekad takes the latest map that begins before its end, no older than :data:`OLDEST` days. A class
        becomes one number: whether the pixel has the class that most pixels of its zone have.
        """
        factor = self.plan.factors[name]
        chosen = factor.sources.get(source or "")
        dataset = chosen.dataset if chosen and chosen.dataset else factor.dataset
        variable = chosen.variable if chosen else factor.variable
        da = self.dataset(self.plan.dataset(dataset))[variable]
        which = None
        if "time" in da.dims:
            times = pd.DatetimeIndex(da["time"].values)
            begin = pd.DatetimeIndex(dekads.starts(numbers))
            which = np.searchsorted(times, periods.next_start(begin, "dekad"), side="left") - 1
            if factor.kind == "number" or times.size > 1:
                age = (begin - times[np.maximum(which, 0)]).days.to_numpy()
                which = np.where((which >= 0) & (age <= OLDEST), which, -1)
            kept = np.unique(which[which >= 0])
            maps = np.asarray(_take(da.isel(time=_slice(kept)), rows, cols), "float32") if kept.size else np.full(
                (1, rows.size, cols.size), np.nan, "float32")  # fmt: skip
            first = kept[0] if kept.size else 0
        else:
            maps = np.asarray(_take(da, rows, cols), "float32")[None]
        if factor.kind == "class":
            zones = self.zone_numbers(rows, cols)
            maps = np.stack([most_common(m, zones) for m in maps])
        if which is None:
            return maps
        out = maps[np.maximum(which - first, 0)]
        out[which < 0] = np.nan
        return out

    def layer(self, layer: Layer, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """A map without time (the last one where there are several), shape (lat, lon)."""
        da = self.dataset(self.plan.dataset(layer.dataset))[layer.variable]
        return np.asarray(_take(da.isel(time=-1) if "time" in da.dims else da, rows, cols))


def most_common(classes: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """1 where a pixel has the most common class of its zone, 0 elsewhere, NaN where it has no class.

    Examples
    --------
    >>> most_common(np.array([[1, 1, 2], [3, 3, 2]]), np.array([[0, 0, 0], [1, 1, 1]])).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]
    """
    known = np.isfinite(classes.astype("float64"))
    number, zone = np.unique(zones.ravel(), return_inverse=True)
    kinds, kind = np.unique(np.where(known, classes, -1).ravel(), return_inverse=True)
    count = np.zeros((number.size, kinds.size), "int64")
    np.add.at(count, (zone, kind), known.ravel().astype("int64"))
    out = (kind == count.argmax(axis=1)[zone]).reshape(classes.shape).astype("float32")
    out[~known] = np.nan
    return out


def simulation_name(name: str, round_name: str) -> str:
    """Dataset that holds what a round simulated."""
    return f"{name}.sim/{round_name}"


def _slice(index: np.ndarray) -> slice:
    return slice(int(index[0]), int(index[-1]) + 1)


def _take(da: xr.DataArray, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """Values of some rows and columns, read here and now in this thread."""
    even = cols.size and (np.diff(cols) == 1).all()
    part = da.transpose(..., "lat", "lon").isel(lat=_slice(rows), lon=_slice(cols) if even else cols)
    return np.asarray(part.compute(scheduler="synchronous").values)


def _at_dekads(da: xr.DataArray, numbers: np.ndarray, rows: np.ndarray, cols: np.ndarray,
               allowed: frozenset[int]) -> np.ndarray:  # fmt: skip
    """Values of a series at dekads, NaN in dekads it does not have or that are not allowed."""
    have = {int(d): i for i, d in enumerate(dekads.ordinals(da["time"].values)) if int(d) in allowed}
    out = np.full((numbers.size, rows.size, cols.size), np.nan, VARIABLES["sm"].dtype)
    to = np.array([i for i, d in enumerate(numbers) if int(d) in have], dtype="int64")
    if to.size:
        at = np.array([have[int(numbers[i])] for i in to])
        out[to] = _take(da.isel(time=_slice(at)), rows, cols)[at - at[0]]
    return out


def _reopen(kind: Any, url: str, plan: Plan, name: str, digest: str) -> Inputs:
    return Inputs(plan, kind(url, create=False), name, digest)
