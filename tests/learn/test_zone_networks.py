"""Networks per zone: what they learn, what cannot change them, and what they refuse."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from vadose.errors import ConfigError
from vadose.learn import ZoneNetworks, zone_networks
from vadose.stats import STATUS


def known(X: np.ndarray) -> np.ndarray:
    return np.tanh(X[:, 0]) + 0.6 * np.sin(1.2 * X[:, 1]) + 0.3 * X[:, 2]


def rows(zones: int = 3, each: int = 400, inputs: int = 4, noise: float = 0.05, seed: int = 0):
    """Rows of zones that follow the same law but for the sign, in mixed order, and their dekads."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((zones * each, inputs))
    zone = rng.permutation(np.repeat(np.arange(zones) * 10, each))
    y = known(X) * np.where(zone % 20, -1, 1) + noise * rng.standard_normal(len(X))
    return X, y, zone, rng.integers(0, 40, len(X))


def r2(estimate: np.ndarray, reference: np.ndarray) -> float:
    return 1 - np.mean((estimate - reference) ** 2) / np.var(reference)


def same(a: ZoneNetworks, b: ZoneNetworks) -> None:
    """Equal to the last bit."""
    for name, value in a.to_arrays().items():
        np.testing.assert_array_equal(value, b.to_arrays()[name], err_msg=name)


@pytest.fixture(scope="module")
def trained():
    X, y, zone, dekad = rows()
    return zone_networks.fit(X, y, zones=zone, validation_groups=dekad), X, y, zone, dekad


# What they learn


def test_a_known_function_is_recovered(trained):
    networks, *_ = trained
    X = np.random.default_rng(5).standard_normal((500, 4))
    for zone, sign in ((0, 1), (10, -1), (20, 1)):
        assert r2(networks.predict(X, np.full(500, zone)), sign * known(X)) > 0.98


def test_exclusive_or_is_learnt_where_a_line_cannot():
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (1000, 2))
    y = np.tanh(4 * X[:, 0]) * np.tanh(4 * X[:, 1])
    A = np.column_stack([X, np.ones(1000)])
    assert r2(A @ np.linalg.lstsq(A, y, rcond=None)[0], y) < 0.02
    networks = zone_networks.fit(X[:800], y[:800], restarts=3)
    assert r2(networks.predict(X[800:]), y[800:]) > 0.9


def test_pure_noise_is_not_learnt():
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((300, 8)), rng.standard_normal(300)
    networks = zone_networks.fit(X, y, patience=20)
    assert r2(networks.predict(rng.standard_normal((2000, 8))), rng.standard_normal(2000)) > -0.15
    assert networks.n_iterations_[0] < 100


def test_restarts_lift_the_worst_network():
    rng = np.random.default_rng(3)
    zone = np.repeat(np.arange(20), 400)
    X = rng.standard_normal((len(zone), 3))
    y = np.tanh(2 * X[:, 0]) * np.tanh(2 * X[:, 1]) + 0.5 * np.tanh(3 * X[:, 2])  # four nodes often get stuck
    one = zone_networks.fit(X, y, zones=zone, hidden=4, weight_decay=0.1)
    best = zone_networks.fit(X, y, zones=zone, hidden=4, weight_decay=0.1, restarts=5)
    assert (best.loss_validation_ <= one.loss_validation_).all()  # the first start is among the five
    assert best.r2_validation_.min() > one.r2_validation_.min() + 0.2
    assert set(best.restart_) == {0, 1, 2, 3, 4}


def test_scores_are_those_of_the_rows_held_back():
    X, y, _, dekad = rows(zones=1)
    networks = zone_networks.fit(X, y, validation_groups=dekad)
    squares = (networks.predict(X) - y) ** 2
    n, held = networks.n_rows_[0], networks.n_validation_[0]
    total = networks.loss_train_[0] * (n - held) + networks.loss_validation_[0] * held
    assert total == pytest.approx(squares.sum(), rel=1e-4)
    np.testing.assert_allclose(networks.predict_std(X), np.sqrt(networks.loss_validation_[0]))


def test_weight_decay_shrinks_the_weights():
    X, y, zone, _ = rows(zones=1)
    free = zone_networks.fit(X, y, zones=zone, weight_decay=0.0, validation_share=0.0)
    held = zone_networks.fit(X, y, zones=zone, weight_decay=50.0, validation_share=0.0)
    assert np.sum(held.weights_**2) < 0.5 * np.sum(free.weights_**2)
    assert held.loss_train_[0] > free.loss_train_[0]


# Validation by whole groups


def test_whole_groups_are_held_back():
    """Each dekad has an offset that only its own rows could teach: rows held back by chance would leak it."""
    rng = np.random.default_rng(6)
    dekad = np.repeat(np.arange(10), 60)
    X = np.column_stack([np.eye(10)[dekad], rng.standard_normal((600, 1))])
    y = X[:, -1] + 3 * rng.standard_normal(10)[dekad] + 0.1 * rng.standard_normal(600)
    leaking = zone_networks.fit(X, y)
    honest = zone_networks.fit(X, y, validation_groups=dekad)
    assert honest.n_validation_[0] == 120  # two of ten
    assert honest.loss_validation_[0] > 20 * leaking.loss_validation_[0]


@pytest.mark.parametrize(("sizes", "held"), [((300, 100), 100), ((80, 20), 20), ((50, 50, 50, 50, 50), 50)])
def test_held_back_share_is_as_near_as_groups_allow(sizes, held):
    group = np.repeat(np.arange(len(sizes)), sizes)
    X = np.random.default_rng(0).standard_normal((len(group), 2))
    assert zone_networks.fit(X, X[:, 0], validation_groups=group).n_validation_[0] == held


def test_one_group_alone_gives_no_network():
    X = np.random.default_rng(0).standard_normal((200, 2))
    networks = zone_networks.fit(X, X[:, 0], validation_groups=np.zeros(200, int))
    assert networks.status_[0] == STATUS["too_few_groups"]
    assert np.isnan(networks.predict(X)).all()


def test_without_validation_all_rows_train():
    X, y, _, _ = rows(zones=1)
    networks = zone_networks.fit(X, y, validation_share=0.0)
    assert networks.n_validation_[0] == 0 and np.isnan(networks.loss_validation_[0])
    assert networks.loss_train_[0] == pytest.approx(np.mean((networks.predict(X) - y) ** 2), rel=1e-4)
    assert np.isnan(networks.predict_std(X)).all()


# What cannot change a network


def test_order_of_rows_and_zones_changes_no_bit(trained):
    networks, X, y, zone, dekad = trained
    mixed = np.random.default_rng(7).permutation(len(X))
    same(networks, zone_networks.fit(X[mixed], y[mixed], zones=zone[mixed], validation_groups=dekad[mixed]))


def test_order_of_rows_with_ties_changes_no_bit():
    rng = np.random.default_rng(8)
    X, y = rng.integers(0, 3, (400, 3)).astype(np.float32), rng.integers(0, 2, 400).astype(float)
    group, mixed = rng.integers(0, 20, 400), rng.permutation(400)
    same(
        zone_networks.fit(X, y, validation_groups=group),
        zone_networks.fit(X[mixed], y[mixed], validation_groups=group[mixed]),
    )


def test_a_zone_alone_is_the_same_as_among_others(trained):
    networks, X, y, zone, dekad = trained
    one = zone == 10
    alone = zone_networks.fit(X[one], y[one], zones=zone[one], validation_groups=dekad[one])
    np.testing.assert_array_equal(alone.weights_[0], networks.weights_[1])
    assert alone.loss_validation_[0] == networks.loss_validation_[1]


def test_sets_of_rows_that_overlap_are_each_like_a_copy():
    X, y, zone, dekad = rows(zones=3)
    parts = [np.flatnonzero(zone == z) for z in (0, 10, 20)]
    sets = [parts[0], np.concatenate(parts[:2]), np.concatenate(parts)]
    indptr = np.append(0, np.cumsum([len(s) for s in sets]))
    networks = zone_networks.fit(
        X, y, zones=np.array([5, 3, 4]), validation_groups=dekad, rows_of_zone=(indptr, np.concatenate(sets))
    )
    assert networks.zones_.tolist() == [5, 3, 4] and networks.n_rows_.tolist() == [400, 800, 1200]
    copied = zone_networks.fit(
        X[sets[1]], y[sets[1]], zones=np.full(800, 3), validation_groups=dekad[sets[1]]
    )  # fmt: skip
    np.testing.assert_array_equal(copied.weights_[0], networks.weights_[1])
    np.testing.assert_array_equal(networks.predict(X[:5], np.full(5, 3)), copied.predict(X[:5], np.full(5, 3)))


@pytest.mark.parametrize("threads", ["1", "2", "3"])
def test_threads_change_no_bit(trained, monkeypatch, threads):
    networks, X, y, zone, dekad = trained
    monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
    other = zone_networks.fit(X, y, zones=zone, validation_groups=dekad)
    same(networks, other)
    np.testing.assert_array_equal(networks.predict(X, zone), other.predict(X, zone))


def test_a_prediction_does_not_depend_on_the_other_rows(trained):
    networks, X, _, zone, _ = trained
    together = networks.predict(X, zone)
    for some in (slice(0, 1), slice(7, 300), slice(1, None, 3)):
        np.testing.assert_array_equal(networks.predict(X[some], zone[some]), together[some])


def test_scaling_by_powers_of_two_changes_no_bit(trained):
    networks, X, y, zone, dekad = trained
    scaled = zone_networks.fit(X * [4, 0.5, 8, 2], 0.25 * y, zones=zone, validation_groups=dekad)
    np.testing.assert_array_equal(scaled.weights_, networks.weights_)
    np.testing.assert_allclose(scaled.loss_validation_, networks.loss_validation_ / 16)


def test_units_of_inputs_and_target_do_not_matter(trained):
    networks, X, y, zone, dekad = trained
    other = zone_networks.fit(1000 + 7.3 * X, 40 - 0.3 * y, zones=zone, validation_groups=dekad)
    back = (40 - other.predict(1000 + 7.3 * X, zone)) / 0.3
    assert np.sqrt(np.mean((back - networks.predict(X, zone)) ** 2)) < 0.05
    assert other.r2_validation_ == pytest.approx(networks.r2_validation_, abs=0.01)


def test_seeds_give_other_networks(trained):
    networks, X, y, zone, dekad = trained
    other = zone_networks.fit(X, y, zones=zone, validation_groups=dekad, seed=1)
    assert not np.any(other.weights_ == networks.weights_)
    assert np.abs(other.predict(X, zone) - networks.predict(X, zone)).mean() < 0.1


def test_float32_inputs_give_a_network_as_good(trained):
    networks, X, y, zone, dekad = trained
    single = zone_networks.fit(X.astype(np.float32), y.astype(np.float32), zones=zone, validation_groups=dekad)
    assert single.r2_validation_ == pytest.approx(networks.r2_validation_, abs=0.01)


# Rows that cannot be used


def test_rows_with_missing_values_are_left_out_and_counted():
    X, y, zone, dekad = rows(zones=2)
    bad_X, bad_y = X.copy(), y.copy()
    bad_X[3, 1], bad_X[8, 0], bad_y[8], bad_y[20] = np.nan, np.inf, np.nan, np.nan
    networks = zone_networks.fit(bad_X, bad_y, zones=zone, validation_groups=dekad)
    good = np.ones(len(X), bool)
    good[[3, 8, 20]] = False
    clean = zone_networks.fit(X[good], y[good], zones=zone[good], validation_groups=dekad[good])
    np.testing.assert_array_equal(networks.weights_, clean.weights_)
    assert networks.n_missing_.sum() == 3 and networks.n_rows_.sum() == len(X) - 3
    assert np.flatnonzero(np.isnan(networks.predict(bad_X, zone))).tolist() == [3, 8]
    assert np.flatnonzero(np.isnan(networks.predict_std(bad_X, zone))).tolist() == [3, 8]


def test_zones_without_enough_rows_have_a_status_and_no_value():
    X, y, _, _ = rows(zones=1, each=300)
    zone = np.repeat([4, 5, 6], [150, 99, 51])
    y[zone == 6] = np.nan
    networks = zone_networks.fit(X, y, zones=zone)
    assert networks.status_.tolist() == [STATUS["ok"], STATUS["too_few_rows"], STATUS["too_few_rows"]]
    assert networks.n_rows_.tolist() == [150, 99, 0] and networks.n_missing_.tolist() == [0, 0, 51]
    assert np.isnan(networks.predict(X, zone)).tolist() == (zone != 4).tolist()
    assert np.isnan(networks.weights_[1:]).all() and np.isnan(networks.loss_validation_[1:]).all()
    assert np.isnan(networks.predict(X[:2], np.array([7, -3]))).all()  # zones never seen


def test_constant_inputs_weigh_nothing():
    X, y, _, dekad = rows(zones=1)
    constant = np.full((len(X), 1), 0.1, np.float32) * (1 + 1e-9 * np.arange(len(X))[:, None])
    wide = np.column_stack([X[:, :1], constant, X[:, 1:], np.zeros(len(X))])
    networks = zone_networks.fit(wide, y, validation_groups=dekad)
    weights = networks.weights_[0, : 7 * 6].reshape(7, 6)
    assert (weights[:, [1, 5]] == 0).all() and (weights[:, [0, 2, 3, 4]] != 0).all()
    assert networks.scale_[0, [1, 5]].tolist() == [0, 0]
    moved = wide.copy()
    moved[:, [1, 5]] += 100
    np.testing.assert_array_equal(networks.predict(moved), networks.predict(wide))
    assert networks.r2_validation_[0] > 0.95


def test_a_constant_target_gives_no_network():
    X = np.random.default_rng(0).standard_normal((200, 2))
    networks = zone_networks.fit(X, np.full(200, 0.3))
    assert networks.status_[0] == STATUS["zero_variance"]
    assert np.isnan(networks.predict(X)).all()


def test_only_constant_inputs_give_the_mean():
    y = np.random.default_rng(0).standard_normal(1000) + 5
    networks = zone_networks.fit(np.ones((1000, 2)), y, weight_decay=0.0)
    np.testing.assert_allclose(networks.predict(np.ones((1, 2))), y.mean(), atol=0.1)


def test_no_rows_at_all():
    networks = zone_networks.fit(np.empty((0, 3)), np.empty(0))
    assert networks.zones_.size == 0
    assert np.isnan(networks.predict(np.ones((2, 3)))).all()


# Rules of estimators


def test_parameters_are_read_set_and_copied():
    networks = ZoneNetworks(hidden=3, seed=4)
    again = type(networks)(**networks.get_params())
    assert again.get_params() == networks.get_params() and again.hidden == 3
    assert again.set_params(hidden=5) is again and again.hidden == 5
    assert not [name for name in vars(ZoneNetworks()) if name.endswith("_")]
    with pytest.raises(ConfigError, match=r"hiden.*hidden"):
        again.set_params(hiden=5)


def test_scikit_learn_can_clone_and_cross_validate():
    from sklearn.base import clone
    from sklearn.model_selection import cross_val_score

    from vadose.learn import LastPeriod, LeaveGroupsOut, RandomRows, SpatialBlocks

    X, y, _, dekad = rows(zones=1)
    networks = ZoneNetworks(hidden=5, seed=2)
    assert clone(networks).get_params() == networks.get_params()
    for splitter, groups in (
        (RandomRows(n_splits=3), None),
        (LeaveGroupsOut(n_splits=3), dekad),
        (SpatialBlocks(size=0.5, n_splits=3), X[:, 2:]),
        (LastPeriod(), dekad),
    ):
        scores = cross_val_score(networks, X, y, cv=splitter, groups=groups, scoring="r2")
        assert len(scores) == splitter.get_n_splits() and scores.min() > 0.7


def test_many_callers_at_once_get_the_same_networks(trained):
    """Workers of dask train side by side in threads."""
    from concurrent.futures import ThreadPoolExecutor

    networks, X, y, zone, dekad = trained
    with ThreadPoolExecutor(4) as pool:
        for other in pool.map(lambda _: zone_networks.fit(X, y, zones=zone, validation_groups=dekad), range(6)):
            same(networks, other)


def test_arrays_carry_everything(trained):
    networks, X, _, zone, _ = trained
    stored = {name: np.array(value) for name, value in networks.to_arrays().items()}
    again = ZoneNetworks.from_arrays(stored)
    same(networks, again)
    assert again.get_params() == networks.get_params()
    np.testing.assert_array_equal(again.predict(X, zone), networks.predict(X, zone))
    del stored["scale_"]
    with pytest.raises(ConfigError, match="scale_"):
        ZoneNetworks.from_arrays(stored)


def test_untrained_and_misfitting_use_is_refused(trained):
    networks, X, _, zone, _ = trained
    with pytest.raises(ConfigError, match="call of fit first"):
        ZoneNetworks().predict(X)
    with pytest.raises(ConfigError, match="found 3 inputs; needed the 4"):
        networks.predict(X[:, :3], zone)
    with pytest.raises(ConfigError, match="zones"):
        networks.predict(X, zone[:-1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", 0), ("hidden", 2.5), ("restarts", 0), ("seed", -1), ("max_iter", 0), ("weight_decay", -0.1),
        ("weight_decay", float("nan")), ("validation_share", 1.0), ("min_rows", True), ("patience", 0),
        ("tolerance", 1),
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_named(name, value):
    with pytest.raises(ConfigError, match=f"^{name}: found"):
        ZoneNetworks(**{name: value}).fit(np.ones((5, 1)), np.ones(5))


def test_arrays_that_do_not_fit_are_named():
    X, y = np.ones((5, 2)), np.ones(5)
    for where, call in {
        "X": lambda: zone_networks.fit(X[:, 0], y),
        "X: found values": lambda: zone_networks.fit(X.astype(str), y),
        "y": lambda: zone_networks.fit(X, y[:4]),
        "zones": lambda: zone_networks.fit(X, y, zones=np.zeros(5)),
        "validation_groups": lambda: zone_networks.fit(X, y, validation_groups=np.zeros(4, int)),
        "rows_of_zone: found indptr": lambda: zone_networks.fit(
            X, y, rows_of_zone=(np.array([0, 3]), np.array([0, 1]))
        ),
        "rows_of_zone: found indices": lambda: zone_networks.fit(
            X, y, rows_of_zone=(np.array([0, 2]), np.array([0, 5]))
        ),
        "rows_of_zone: found shapes": lambda: zone_networks.fit(X, y, rows_of_zone=(np.zeros((1, 1)), np.zeros(1))),
        "zones: found shape": lambda: zone_networks.fit(
            X, y, zones=np.array([1, 1]), rows_of_zone=(np.array([0, 2, 3]), np.array([0, 1, 2]))
        ),
    }.items():
        with pytest.raises(ConfigError, match=f"^{where}"):
            call()


def test_learn_needs_no_scikit_learn_nor_numba_to_import():
    import subprocess
    import sys

    code = (
        "import sys, vadose.learn; print(sorted({'sklearn', 'numba', 'torch', 'scipy', 'xarray'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_numbers_do_not_depend_on_the_cache_of_compiled_code(tmp_path):
    """A process that compiles the kernels gives the bits of one that loads them."""
    code = (
        "import numpy as np\nfrom vadose.learn import zone_networks\nrng = np.random.default_rng(0)\n"
        "X = rng.standard_normal((3000, 6)).astype('f4')\ny = np.sin(X[:, 0]) + 0.3 * rng.standard_normal(3000)\n"
        "fit = zone_networks.fit(X, y, zones=np.repeat(np.arange(3), 1000), validation_groups=np.arange(3000) % 50)\n"
        "print(fit.weights_.tobytes().hex())"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    runs = [subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
            for _ in range(2)]  # fmt: skip
    assert runs[0].stdout == runs[1].stdout != ""
