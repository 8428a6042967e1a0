"""Recovery of imposed truths; the full study is ``python -m benchmarks.trend_recovery``."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from vadose import analysis, products

FILE = Path(__file__).parents[2] / "benchmarks" / "trend_recovery.py"


@pytest.fixture(scope="module")
def earths():
    spec = importlib.util.spec_from_file_location("trend_recovery", FILE)
    study = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(study)
    return study, [study.earth(seed, region=(0, 38, 8, 46)) for seed in range(4)]


def test_imposed_slopes_lie_in_their_intervals(earths):
    """95 % intervals of four Earths: about 95 %, with the scatter of weather that neighbours share."""
    study, made = earths
    found = np.concatenate([study.hits(*one, "ar1") for one in made])
    assert found.size > 100 and 0.90 < found.mean() <= 0.995


def test_slopes_scatter_about_the_imposed_ones(earths):
    error = [(analysis.trend(annual, level=None).slope - slope).values.ravel() for annual, slope in earths[1]]
    error = np.concatenate(error)
    error = error[np.isfinite(error)]
    assert abs(error.mean()) < 4e-4 and error.std() < 1.2e-3


def test_real_cells_with_honest_n(data):
    """31 years of C3S and CCI over Hawaii: few cells have enough years, and n counts the years there are."""
    files = {"C3S": ("c3s", "c3s/cells/v202212_combined"), "CCI": ("esa_cci", "esa_cci/cells/v08.1_combined")}
    given = {name: products.open(pid, data / path)["sm"].chunk(time=-1) for name, (pid, path) in files.items()}
    annual = {k: analysis.annual_means(da, min_months=10, min_days=3).compute() for k, da in given.items()}
    table = analysis.compare_trends(annual, periods="1992/2022", min_valid=0.6).isel(region=0, period=0)
    trends = analysis.common_trends(annual, period="1992/2022", min_valid=0.6)
    assert table.n_cells.values.tolist() == [8, 8]
    for name, ds in trends.items():
        years = annual[name].sel(time=slice("1992", "2022")).notnull().sum("time").values
        cells = ds.slope.notnull().values
        np.testing.assert_array_equal(ds.n.values[cells], years[cells])
        assert float(table.n_years.sel(product=name)) == pytest.approx(years[cells].mean()) and years[cells].max() <= 31
        assert np.abs(ds.slope.values[cells]).max() < 0.005
    np.testing.assert_allclose(table.wetting + table.drying, 1.0)
    assert (analysis.compare_trends(annual, periods="1992/2022", min_valid=1.0).n_cells < 8).all()
