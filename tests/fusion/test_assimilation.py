"""The last look at products: by hand, by stages, and against the truth of the small world."""

from __future__ import annotations

import pickle

import dask
import numpy as np
import pytest
import xarray as xr

from vadose import fusion, schema
from vadose.errors import ConfigError
from vadose.fusion import assimilation, dekads, innovation_maps
from vadose.fusion.assimilation import LEAST_VARIANCE, assimilated, assimilation_name
from vadose.fusion.context import reach
from vadose.fusion.fuse import finish, opened
from vadose.fusion.innovation_maps import estimate
from vadose.fusion.innovations import innovation_model, moments, product_errors
from vadose.fusion.inputs import Inputs, simulation_name
from vadose.fusion.plan import Plan
from vadose.fusion.season import yearly_course
from vadose.grid import Grid
from vadose.schema import FLAGS
from vadose.stats.cycles import harmonics
from vadose.store import Library

BITS = {"sm": ("time", "lat", "lon"), "sm_uncertainty": ("time", "lat", "lon")}


def rmse(sm, truth):
    return float(np.sqrt(((sm - truth.sel(time=sm["time"])) ** 2).mean()))


@pytest.fixture(scope="module", autouse=True)
def wide_footprint():
    """Boxes of 3 × 3 pixels of 0.25°."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assimilation, "FOOTPRINT", 83.0)
        yield


@pytest.fixture(scope="module")
def inputs(world, library, fused):
    """Readers of a plan that assimilates, over the networks and simulations of the one that does not."""
    return Inputs(world.plan(assimilate=True), library, "fused", digest=world.plan().digest())


@pytest.fixture(scope="module")
def record(library, fused):
    """What the rounds simulated, chunked."""
    parts = [library.open(simulation_name("fused", r)) for r in ("2", "1")]
    return xr.concat(parts, dim="time", combine_attrs="override").sortby("time")


@pytest.fixture(scope="module")
def fitted(inputs, record):
    return estimate(inputs, record).compute(scheduler="synchronous")


@pytest.fixture(scope="module")
def better(inputs, record, fitted):
    return assimilated(inputs, record, fitted).compute(scheduler="synchronous")


# ------------------------------------------------------------------------------------------------ the numbers
def test_it_comes_closer_to_the_truth_in_every_year(made, record, better):
    for year in ("2013", "2014", "2015", "2016"):
        before, after = (rmse(x["sm"].sel(time=year), made[1]) for x in (record, better))
        assert after < 0.97 * before, year
    assert rmse(better["sm"], made[1]) < 0.92 * rmse(record["sm"], made[1])


def test_uncertainty_falls_but_not_below_its_floor_and_gaps_stay_gaps(record, better):
    before, after = (x["sm_uncertainty"].values for x in (record, better))
    np.testing.assert_array_equal(np.isnan(after), np.isnan(before))
    np.testing.assert_array_equal(np.isnan(better["sm"].values), np.isnan(record["sm"].values))
    assert np.isnan(before).any()
    ratio = (after / before)[np.isfinite(before)]
    assert ratio.max() <= 1 and ratio.min() >= np.sqrt(LEAST_VARIANCE) * (1 - 1e-6)
    assert (ratio < 1).mean() > 0.5
    assert {v: better[v].dims for v in BITS} == BITS and all(better[v].dtype == "float32" for v in BITS)
    for v in set(record.data_vars) - set(BITS):
        xr.testing.assert_identical(better[v], record[v].compute())


def test_half_of_the_variance_stays_where_products_would_explain_more(inputs, record, fitted, better):
    sharp = record.assign(sm_uncertainty=record["sm_uncertainty"] / 10)
    got = assimilated(inputs, sharp, fitted).compute(scheduler="synchronous")
    ratio = (got["sm_uncertainty"] / sharp["sm_uncertainty"]).values[np.isfinite(record["sm"].values)]
    assert (np.abs(ratio - np.sqrt(0.5)) < 1e-6).mean() > 0.5 and ratio.min() > np.sqrt(0.5) - 1e-6
    np.testing.assert_array_equal(got["sm"], better["sm"])


def _naive_innovations(inputs, record, fitted, frozen):
    """Product less record in boxes of 3 × 3 less the yearly course, for the whole small world, by plain loops."""
    numbers = dekads.ordinals(record["time"].values)
    sm = np.where(frozen, np.nan, record["sm"].values)
    basis = harmonics((numbers % 36 + 0.5) / 36)
    at = np.arange(16)
    out = []
    for k, p in enumerate(fitted["product"].values):
        gain = fitted["gain"].values[k].astype("float64")
        product = inputs.product(str(p), numbers, at, at)
        one = np.full(sm.shape, np.nan)
        for y in range(16):
            for x in range(16):
                box = slice(max(y - 1, 0), y + 2), slice(max(x - 1, 0), x + 2)
                apart = (product[:, *box] / gain[y, x] - sm[:, *box]).reshape(numbers.size, -1)
                count = np.isfinite(apart).sum(axis=1)
                one[:, y, x] = np.where(count, np.nansum(apart, axis=1) / np.maximum(count, 1), np.nan)
        out.append(one - np.einsum("ti,iyx->tyx", basis, fitted["course"].values[k]))
    return np.stack(out)


def _frozen(record):
    t = dekads.ordinals(record["time"].values)[:, None, None]
    return np.broadcast_to((t % 36 < 2) & (np.linspace(0, 1, 16) > 0.8)[None, :, None], record["sm"].shape)


def test_values_are_the_record_and_its_weighted_innovations(inputs, record, fitted, better):
    record = record.compute()
    innovations = _naive_innovations(inputs, record, fitted, _frozen(record))
    numbers = dekads.ordinals(record["time"].values)
    rng = np.random.default_rng(0)
    moved = 0
    for t, y, x in zip(*(rng.integers(0, n, 300) for n in record["sm"].shape)):
        value, sigma = (float(record[v][t, y, x]) for v in BITS)
        if np.isnan(value):
            continue
        i = 0 if numbers[t] >= dekads.of_label("2014D01") else 1
        covariance = fitted["covariance"].values[i, :, :, y // 4, x // 4].astype("float64")
        response = fitted["response"].values[i, :, y // 4, x // 4].astype("float64")
        use = np.isfinite(innovations[:, t, y, x]) & np.isfinite(response)
        b = np.linalg.solve(covariance[np.ix_(use, use)] * (1 + 1e-3 * np.eye(use.sum())), response[use])
        if b.min(initial=0) < 0:
            continue
        moved += b.size > 0
        season = harmonics(np.array([(numbers[t] % 36 + 0.5) / 36]))[0, 1:] @ fitted["season"].values[:, y, x]
        expected = value + season + b @ innovations[use, t, y, x]
        assert float(better["sm"][t, y, x]) == pytest.approx(expected, abs=2e-6)
        floor = max(sigma**2 - b @ response[use], 0.5 * sigma**2)
        assert float(better["sm_uncertainty"][t, y, x]) == pytest.approx(np.sqrt(floor), rel=1e-4)
    assert moved > 150


def test_covariance_is_of_the_zone_and_the_eight_around_it(inputs, record, fitted):
    record = record.compute()
    frozen = _frozen(record)
    numbers = dekads.ordinals(record["time"].values)
    series = _naive_innovations(inputs, record, fitted, frozen)
    level = np.full((1, *record["sm"].shape), np.nan)
    for y in range(16):
        for x in range(16):
            box = np.where(frozen, np.nan, record["sm"].values)[:, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
            with np.errstate(invalid="ignore"):
                count = np.isfinite(box).sum(axis=(1, 2))
                level[0, :, y, x] = np.where(count, np.nansum(box, axis=(1, 2)) / np.maximum(count, 1), np.nan)
    basis = harmonics((numbers % 36 + 0.5) / 36)
    level[0] -= (basis @ yearly_course(level[0].reshape(numbers.size, -1), basis)).reshape(level[0].shape)
    near = np.concatenate([series, level])[:, :, :8, :8]  # the north-western zone and the three it has around it
    names = fitted["product"].values.tolist()
    errors = product_errors(moments(near[:4].reshape(4, -1)), names)
    for i, own in enumerate((numbers >= dekads.of_label("2014D01"), numbers < dekads.of_label("2014D01"))):
        use = np.isfinite(near[:4, own]).any(axis=(1, 2, 3))
        rows = np.append(use, True)
        learnt = np.array([n in inputs.plan.rounds[i].predictors for n in names])
        covariance, response = innovation_model(moments(near[rows][:, own].reshape(rows.sum(), -1)),
                                                errors[np.ix_(use, use)], [n for n, u in zip(names, use) if u],
                                                learnt[use])  # fmt: skip
        got = fitted.isel(round=i, zone_lat=0, zone_lon=0)
        np.testing.assert_array_equal(np.isfinite(got["response"].values), use)
        np.testing.assert_allclose(got["covariance"].values[np.ix_(use, use)], covariance, rtol=1e-3, atol=1e-7)
        np.testing.assert_allclose(got["response"].values[use], response, rtol=2e-3, atol=1e-7)


def test_a_season_that_was_damped_comes_back(world, inputs, record, made):
    """Products that state the error of their level restore a swing that the record has lost."""
    truth = made[1].sel(time=record["time"])
    numbers = dekads.ordinals(record["time"].values)
    basis = harmonics((numbers % 36 + 0.5) / 36)
    lost = 0.02 * basis[:, 1]
    damped = record.assign(sm=record["sm"] - xr.DataArray(lost.astype("float32"), dims="time"))

    def swing(ds):
        """Coefficient of the harmonic in the mean of record less truth."""
        apart = (ds["sm"] - truth).mean(["lat", "lon"]).values
        return np.linalg.lstsq(basis, apart, rcond=None)[0][1]

    left = {}
    for stated in (0.0, 0.03):
        raw = world.raw_plan(assimilate=True)
        raw["products"]["t"]["systematic"] = stated
        own = Inputs(Plan.of(raw), inputs.library, "fused", digest=inputs.digest)
        fit = estimate(own, damped).compute(scheduler="synchronous")
        left[stated] = swing(assimilated(own, damped, fit).compute(scheduler="synchronous"))
        assert bool(fit["season"].any()) == bool(stated)
    assert swing(damped.compute()) == pytest.approx(-0.02, abs=0.004)
    assert left[0.0] == pytest.approx(-0.02, abs=0.006)  # without a statement the yearly course stays
    assert abs(left[0.03]) < 0.009


def test_a_yearly_course_is_found_through_gaps():
    rng = np.random.default_rng(0)
    basis = harmonics((np.arange(144) % 36 + 0.5) / 36)
    course = rng.standard_normal((5, 6)) * 0.05
    x = basis @ course
    x[rng.random(x.shape) < 0.3] = np.nan
    x[:, 4], x[19:, 5] = np.nan, np.nan
    got = yearly_course(x, basis)
    np.testing.assert_allclose(got[:, :4], course[:, :4], atol=5e-4)  # but for the ridge
    assert np.isnan(got[:, 4:]).all()  # nothing, and 19 values at most
    # through a gap of half of each year the course stays tame
    noisy = 0.2 + 0.02 * rng.standard_normal((144, 50))
    noisy[np.arange(144) % 36 > 17] = np.nan
    assert np.abs(basis @ yearly_course(noisy, basis) - 0.2).max() < 0.2


def test_boxes_are_as_wide_as_footprints():
    grids = [Grid.regular(0.1), Grid.regular(0.25), Grid.ease2("M09"), Grid.ease2("M36")]
    assert [reach(g, 30.0) for g in grids] == [1, 0, 1, 0]
    assert [reach(g, assimilation.FOOTPRINT) for g in grids[:2]] == [3, 1]  # of 83 km here: 7 and 3 pixels


# ------------------------------------------------------------------------------------------------- the limits
def test_nothing_leaves_zero_to_one(inputs, record, fitted):
    for shift in (-10.0, 10.0):
        far = fitted.assign(course=fitted["course"] + shift * (np.arange(5) == 0)[:, None, None])
        got = assimilated(inputs, record, far).compute(scheduler="synchronous")
        sm = got["sm"].values[np.isfinite(got["sm"].values)]
        assert sm.min() >= 0 and sm.max() <= 1
        same = got["sm"].values == record["sm"].values
        assert same[np.isfinite(record["sm"].values)].mean() > 0.95  # where a product is at hand the value stays
        np.testing.assert_array_equal(got["sm_uncertainty"].values[same], record["sm_uncertainty"].values[same])


def test_snow_and_ice_tell_nothing(inputs, record, fitted, better):
    other = record.compute()
    frozen = _frozen(other)
    other["sm"] = other["sm"].where(~frozen, 0.9)  # as if a network had had a value under snow
    assert (other["sm"].values[frozen] > 0.8).all() and frozen.any()
    again = estimate(inputs, other).compute(scheduler="synchronous")
    xr.testing.assert_identical(again.drop_attrs(), fitted.drop_attrs())
    got = assimilated(inputs, other, fitted).compute(scheduler="synchronous")
    np.testing.assert_array_equal(got["sm"].values[~frozen], better["sm"].values[~frozen])


def test_products_that_say_nothing_leave_the_record(inputs, record, monkeypatch):
    def nothing(self, name, numbers, rows, cols):
        return np.full((numbers.size, rows.size, cols.size), np.nan, "float32")

    monkeypatch.setattr(Inputs, "product", nothing)
    none = estimate(inputs, record).compute(scheduler="synchronous")
    assert none["response"].isnull().all() and none["course"].isnull().all()
    got = assimilated(inputs, record, none).compute(scheduler="synchronous")
    xr.testing.assert_identical(got, record.compute())


def test_a_record_without_values_stays_without(inputs, record):
    empty = record.assign({v: record[v] * np.float32(np.nan) for v in BITS})
    none = estimate(inputs, empty).compute(scheduler="synchronous")
    assert none["response"].isnull().all()
    assert assimilated(inputs, empty, none)["sm"].isnull().all()


# ------------------------------------------------------------------------------ laziness, workers and blocks
def test_it_is_lazy(inputs, record, fitted):
    def computed(*args, **kwargs):
        raise AssertionError("computed before it was asked for")

    with dask.config.set(scheduler=computed):
        lazy = [estimate(inputs, record.chunk()), assimilated(inputs, record.chunk(), fitted.chunk())]
    for ds in lazy:
        assert all(dask.is_dask_collection(ds[v].data) for v in ("gain", "course") if v in ds)
    assert dask.is_dask_collection(lazy[1]["sm"].data)


def test_numbers_do_not_depend_on_workers_or_chunks(inputs, record, fitted, better):
    with dask.config.set(scheduler="threads", num_workers=2):
        again = estimate(inputs, record.chunk(time=50, lat=5, lon=7)).compute()
        xr.testing.assert_identical(again.drop_attrs(), fitted.drop_attrs())
        xr.testing.assert_identical(assimilated(inputs, record.chunk(time=50, lat=5), again).compute(), better)


def test_tasks_can_be_sent_to_other_processes(inputs, record, fitted, better):
    cloudpickle = pytest.importorskip("cloudpickle")
    sent = pickle.loads(cloudpickle.dumps(assimilated(inputs, record, fitted)))
    xr.testing.assert_identical(sent.compute(scheduler="synchronous"), better)


def _blocks(inputs, edge):
    zones = inputs.plan.zones.model_copy(update={"block": edge})
    return Inputs(inputs.plan.model_copy(update={"zones": zones}), inputs.library, "fused", digest=inputs.digest)


def test_what_does_not_depend_on_blocks(inputs, record, fitted, better, monkeypatch):
    """Values given the fit; the courses given the gains. Gains are of a block, and so is the fit."""
    xr.testing.assert_identical(
        assimilated(_blocks(inputs, 1), record, fitted).compute(scheduler="synchronous"), better
    )
    monkeypatch.setattr(innovation_maps, "sampled_gains", lambda *a: np.array([1.0, 0.6, 1.0, 1.1]))
    one, all_ = (estimate(_blocks(inputs, edge), record).compute(scheduler="synchronous") for edge in (1, 4))
    np.testing.assert_allclose(one["course"], all_["course"], atol=1e-6)
    # boxes are cut at the outer edge of the zones around a block: a part of a covariance that many values share
    np.testing.assert_allclose(one["response"], all_["response"], rtol=0.25, atol=2e-6)
    values = [assimilated(inputs, record, f)["sm"].compute(scheduler="synchronous").values for f in (one, all_)]
    assert np.sqrt(np.nanmean((values[0] - values[1]) ** 2)) < 1e-3


def test_the_date_line_is_no_edge():
    """The same weather, one zone further east: everything moves with it."""
    grid, numbers = Grid.regular(10), np.arange(dekads.of_label("2013D01"), dekads.of_label("2016D36") + 1)
    rng = np.random.default_rng(0)
    truth = 0.3 + 0.05 * rng.standard_normal((numbers.size, *grid.shape))
    seen = {k: truth + s * rng.standard_normal(truth.shape) for k, s in zip("tab", (0.02, 0.03, 0.04))}
    record = 0.6 * truth + 0.12 + 0.02 * rng.standard_normal(truth.shape)
    period = ["2013D01", "2016D36"]
    plan = Plan.of({
        "name": "round", "zones": {"size": 30.0, "block": 1, "wide": True}, "assimilate": True,
        "products": {k: {"dataset": k, "sensor": k, "period": period} for k in seen}, "factors": {},
        "rounds": [{"name": "1", "targets": ["t"], "predictors": ["a", "b"],
                    "substeps": [{"name": "1-1", "simulate": period, "train": period}]}],
    })  # fmt: skip

    def at(values, name="sm"):
        data = {name: (("time", "lat", "lon"), values.astype("float32"), {"units": "m3 m-3"})}
        return schema.with_grid(xr.Dataset(data, {"time": dekads.starts(numbers)}), grid)

    class Memory:
        """A library in memory."""

        url = "memory"

        def __init__(self, east):
            self.held = {k: at(np.roll(v, east, axis=-1)) for k, v in seen.items()}

        def open(self, name):
            return self.held[name]

    out = []
    for east in (0, 3):
        inputs = Inputs(plan, Memory(east), "x")
        rolled = np.roll(record, east, axis=-1)
        ds = at(rolled).assign(sm_uncertainty=at(np.full(rolled.shape, 0.03), "sm_uncertainty")["sm_uncertainty"])
        fit = estimate(inputs, ds).compute(scheduler="synchronous")
        out.append((fit, assimilated(inputs, ds, fit)["sm"].compute(scheduler="synchronous").values))
    (fit, values), (moved_fit, moved_values) = out
    np.testing.assert_array_equal(moved_values, np.roll(values, 3, axis=-1))
    np.testing.assert_array_equal(moved_fit["response"], np.roll(fit["response"], 1, axis=-1))
    np.testing.assert_array_equal(moved_fit["course"], np.roll(fit["course"], 3, axis=-1))
    assert np.sqrt(np.mean((values - truth) ** 2)) < 0.97 * np.sqrt(np.mean((record - truth) ** 2))


# ------------------------------------------------------------------------------------- as a stage of a fusion
def quick(world, **changes):
    """The mini plan with quick networks."""
    networks = {"members": 1, "max_iter": 15, "hidden": 2, "min_rows": 50, "sample_rows": 40}
    return world.plan(networks=networks, zones={"block": 30, "wide": False}, **changes)


def test_another_plan_has_another_digest(world, library, fused):
    with pytest.raises(ConfigError, match="fused: found results of another plan"):
        fusion.fuse(world.plan(assimilate=True), library)


def test_the_plan_that_assimilates_makes_the_better_record_and_can_be_killed(world, made, tmp_path):
    library = Library(tmp_path / "lib")
    world.fill_library(library, made[0])
    plan = quick(world, assimilate=True)

    class Killed(Exception):
        pass

    write = library.write
    snapshots = []
    for last in (assimilation_name("x"), "x"):

        def stop(name, *args, last=last, **options):  # fmt: skip
            if name == last:
                raise Killed
            return write(name, *args, **options)

        library.write = stop
        with pytest.raises(Killed):
            fusion.fuse(plan, library, name="x")
        snapshots.append({n: library.info(n)["snapshot"] for n in library.names() if n.startswith("x")})
    library.write = write
    assert assimilation_name("x") not in snapshots[0] and assimilation_name("x") in snapshots[1]
    out = fusion.fuse(plan, library, name="x").compute()
    after = {n: library.info(n)["snapshot"] for n in library.names() if n.startswith("x")}
    assert all(after[n] == s for s in snapshots for n, s in s.items())  # what was there was kept
    inputs = Inputs(plan, library, "x")
    rounds = xr.concat([library.open(simulation_name("x", r)) for r in ("2", "1")], dim="time",
                       combine_attrs="override")  # fmt: skip
    fit = estimate(inputs, rounds)
    at_once = finish(inputs, assimilated(inputs, rounds, fit), level=fit["level"]).compute()
    xr.testing.assert_identical(out.drop_attrs(), at_once.drop_attrs())
    # the plan without it writes the same rounds: the new record is closer, with the same flags and sources
    plain = finish(inputs, rounds).compute()
    assert rmse(out["sm"], made[1]) < 0.92 * rmse(plain["sm"], made[1])
    for v in ("flag", "source"):
        np.testing.assert_array_equal(out[v], plain[v])
    frozen = (out["flag"].values & FLAGS["frozen_or_snow"]) != 0
    assert frozen.any() and np.isnan(out["sm"].values[frozen]).all() and np.isfinite(out["sm"].values[~frozen]).all()
    schema.check(out, "grid")
    fit = library.open(assimilation_name("x"))
    assert fit["covariance"].attrs["units"] == "m6 m-6" and fit["course"].attrs["units"] == "m3 m-3"


def test_appended_dekads_have_the_values_of_a_longer_run(world, tmp_path):
    datasets, truth = world.make(extra=4)
    library = Library(tmp_path / "lib")
    until = {k: v.sel(time=slice(None, "2016-12-31")) if "time" in v.dims else v for k, v in datasets.items()}
    world.fill_library(library, until)
    plan = quick(world, assimilate=True, rounds=world.raw_plan()["rounds"][:1])
    fusion.fuse(plan, library)
    fit = library.info(assimilation_name("fused"))["snapshot"]
    for name in ("a", "b", "t", "factors"):
        library.append(name, datasets[name].sel(time=slice("2017-01-01", None)))
    assert fusion.update(plan, library) == 4
    assert library.info(assimilation_name("fused"))["snapshot"] == fit
    stop = dekads.of_label("2016D36")
    inputs = Inputs(opened(plan, stop), library, "fused", digest=plan.digest())
    simulated = library.open(simulation_name("fused", "1"))
    fitted = library.open(assimilation_name("fused"))
    longer = finish(inputs, assimilated(inputs, simulated, fitted), level=fitted["level"])
    out = library.open("fused").compute()
    xr.testing.assert_identical(out.drop_attrs(), longer.compute().drop_attrs())
    new = slice("2017-01-01", None)
    assert out.sel(time=new).sizes["time"] == 4
    assert rmse(out["sm"].sel(time=new), truth) < rmse(simulated["sm"].sel(time=new), truth)
