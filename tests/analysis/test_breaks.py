import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats

from vadose import analysis
from vadose.errors import ConfigError, SchemaError
from vadose.schema import STATUS


def record():
    rng = np.random.default_rng(0)
    t = pd.date_range("1990-01-01", periods=40, freq="YS")
    x = 0.01 * rng.standard_normal((40, 6)) + 0.2 + 0.1 * (np.arange(40) >= 20)[:, None]
    x[:, 4] = np.nan
    x[30:, 5] = np.nan
    return xr.DataArray(x.astype("f4"), dims=("time", "sensor"), coords={"time": t}, attrs={"units": "m3 m-3"})


def test_a_declared_jump_is_dated():
    got = analysis.break_point(record())
    assert (got.last_before.values[:4] == np.datetime64("2009-01-01")).all()
    assert np.isnat(got.last_before.values[4])
    np.testing.assert_allclose(got["shift"].values[:4], 0.1, atol=0.01)
    assert got["shift"].units == "m3 m-3" and (got.p_value[:4] < 1e-4).all()
    assert got.status.values.tolist() == [0, 0, 0, 0, STATUS["no_data"], 0]
    assert analysis.break_point(record(), min_valid=0.9).status[5] == STATUS["too_few_years"]
    lazy = analysis.break_point(record().chunk(sensor=2))
    assert lazy.last_before.chunks is not None
    xr.testing.assert_identical(lazy.compute().drop_attrs(), got.drop_attrs())


def test_spread_by_declared_changes():
    da = record().astype("f8")
    da[:20] = da[:20].mean("time") + 5 * (da[:20] - da[:20].mean("time"))
    got = analysis.spread_change(da, changes=["2000-01-01", "2010-01-01"])
    x = da.values[:, 0]
    assert float(got.p_value[0]) == pytest.approx(stats.fligner(x[:10], x[10:20], x[20:]).pvalue, rel=1e-9)
    assert got.segments.values.tolist() == [3, 3, 3, 3, 0, 3] and int(got.status[4]) == STATUS["no_data"]


@pytest.mark.parametrize(("changes", "error"), [
    (["1980-01-01"], ConfigError), (["2040-01-01"], ConfigError), (["soon"], ConfigError), ([], ConfigError),
    ("2000-01-01", ConfigError),
])  # fmt: skip
def test_a_change_outside_the_record_is_refused(changes, error):
    with pytest.raises(error, match="changes"):
        analysis.spread_change(record(), changes=changes)


def test_units_are_needed():
    with pytest.raises(SchemaError, match="units"):
        analysis.break_point(record().drop_attrs())
