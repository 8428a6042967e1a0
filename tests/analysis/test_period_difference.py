import numpy as np
import pytest
import xarray as xr

from vadose import analysis
from vadose.errors import ConfigError

PERIODS = {"early": (1949, 1986), "late": (1987, 2024)}


def planted(seed=0, years=76, cells=6, spread=(1.0, 2.0, 4.0, 5.0), slope=None, first=1949):
    """Storage (season, layer, year, cell): independent noise of known size per layer, and a slope per layer."""
    rng = np.random.default_rng(seed)
    x = np.array(spread)[None, :, None, None] * rng.standard_normal((4, 4, years, cells)) + 100
    if slope is not None:
        x += np.array(slope)[None, :, None, None] * (np.arange(years) - (years - 1) / 2)[None, None, :, None]
    return xr.DataArray(x, dims=("season", "layer", "year", "cell"), attrs={"units": "kg m-2"},
                        coords={"year": first + np.arange(years), "season": list(analysis.SEASONS)})  # fmt: skip


def test_means_are_those_of_each_period_alone():
    da = planted()
    got = analysis.period_difference(da, periods=PERIODS, area="pixel")
    for name, (a, b) in PERIODS.items():
        one = analysis.contribution_summary(analysis.attribute_variability(da.sel(year=slice(a, b))), area="pixel")
        for share in ("contribution", "season_share", "layer_share", "kind_share"):
            np.testing.assert_allclose(got[share].sel(period=name), one[share], rtol=1e-12)
    for share in ("contribution", "season_share", "layer_share", "kind_share"):
        assert got[share].sum([d for d in got[share].dims if d != "period"]).values == pytest.approx(1.0, abs=1e-10)
        assert got[f"{share}_difference"].sum().item() == pytest.approx(0, abs=1e-10)
        assert (got[f"{share}_lower"] < got[f"{share}_upper"]).all() and got[share].units == "1"


def test_a_cell_without_one_period_counts_in_neither():
    da = planted()
    da[:, :, 10:40, 0] = np.nan
    got = analysis.period_difference(da, periods=PERIODS, area="pixel")
    rest = analysis.period_difference(da.isel(cell=slice(1, None)), periods=PERIODS, area="pixel")
    assert got.n_cells.item() == 5 + (da[0, 0, :38, 0].notnull().sum().item() >= 10)
    da[:, :, :38, 0] = np.nan
    got = analysis.period_difference(da, periods=PERIODS, area="pixel")
    assert got.n_cells.item() == 5
    xr.testing.assert_allclose(got.drop_vars("n_cells"), rest.drop_vars("n_cells"), rtol=1e-12)


def test_intervals_hold_where_nothing_changed():
    """Both periods are draws of one process whose cells are independent of each other."""
    runs, hits = 60, []
    for seed in range(runs):
        got = analysis.period_difference(planted(seed, cells=3), periods=PERIODS, area="pixel")
        for share in ("contribution", "season_share", "layer_share", "kind_share"):
            inside = (got[f"{share}_lower"] <= 0) & (got[f"{share}_upper"] >= 0)
            hits.append(inside.mean().item())
    assert 0.92 < np.mean(hits) < 0.995


def test_a_planted_change_is_seen():
    """The deep layer calms down from 5 to 1 in the second period: its share falls, and the interval tells so."""
    da = planted(cells=40)
    late = da.year >= 1987
    deep = xr.where(late, 100 + (da.isel(layer=3) - 100) / 5, da.isel(layer=3))
    da = xr.concat([da.isel(layer=slice(0, 3)), deep], "layer", coords="minimal", compat="override")
    da = da.transpose("season", "layer", "year", "cell").assign_attrs(units="kg m-2")
    got = analysis.period_difference(da, periods=PERIODS, area="pixel").isel(layer=3)
    size = np.array([1.0, 2, 4, 5]) ** 2, np.array([1.0, 2, 4, 1]) ** 2
    want = size[1][3] / size[1].sum() - size[0][3] / size[0].sum()
    assert got.layer_share_difference.item() == pytest.approx(want, abs=0.02)
    assert got.layer_share_upper.item() < 0


def test_adjusted_shares_forget_the_number_of_years():
    """Without a trend, 12 years give it 1/11 by chance and 64 years 1/63; adjusted, both about nothing."""
    da = planted(cells=3000)
    got = analysis.period_difference(da, periods={"short": (1949, 1960), "long": (1961, 2024)}, area="pixel",
                                     max_cells=100)  # fmt: skip
    trend = got.kind_share.sel(kind="trend")
    assert trend.values == pytest.approx([1 / 11, 1 / 63], abs=0.006)
    assert got.kind_share_adjusted.sel(kind="trend").values == pytest.approx([0, 0], abs=0.006)
    np.testing.assert_allclose(got.kind_share_adjusted.sum("kind"), 1.0, atol=1e-12)


def test_chunks_do_not_matter():
    da = planted(cells=8)
    want = analysis.period_difference(da, periods=PERIODS, area="pixel", max_cells=4)
    lazy = analysis.period_difference(da.chunk(cell=3), periods=PERIODS, area="pixel", max_cells=4)
    assert lazy.contribution_lower.chunks is not None
    xr.testing.assert_allclose(lazy.compute(), want, rtol=1e-12)


def test_nothing_known_is_nan_and_options_are_checked():
    got = analysis.period_difference(planted() * np.nan, periods=PERIODS, area="pixel")
    assert got.contribution.isnull().all() and got.kind_share_lower.isnull().all() and got.n_cells.item() == 0
    with pytest.raises(ConfigError, match="level"):
        analysis.period_difference(planted(), periods=PERIODS, level=95)
    with pytest.raises(ConfigError, match="two periods"):
        analysis.period_difference(planted(), periods={"a": (1949, 2000)})
