import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import plots, validation
from vadose.errors import SchemaError

RNG = np.random.default_rng(0)
TIME = pd.date_range("2016-01-01", "2017-12-31")
UNIT = {"units": "m3 m-3"}


def pairs(noise):
    truth = 0.25 + 0.05 * RNG.standard_normal((24, TIME.size))
    return xr.Dataset({"estimate": (("cell", "time"), truth + noise * RNG.standard_normal(truth.shape), UNIT),
                       "reference": (("cell", "time"), truth, UNIT)}, {"time": TIME},
                      {"simulated": "true"})  # fmt: skip


def test_course_draws_the_medians_over_cells():
    scores = validation.score_by_period(pairs(0.03), by="month", ci="none")
    figure = plots.score_course(validation.tidy({"a product": scores}), "r")
    line = next(ln for ln in figure.axes[0].lines if len(ln.get_xdata()) == 12)
    assert np.allclose(line.get_ydata(), scores.r.median("cell"))
    assert any("SIMULATED" in t.get_text() for t in figure.texts)
    assert "correlation" in figure.axes[0].get_ylabel().lower() and "<svg" in plots.svg(figure, title="t")


def test_spatial_courses_have_year_years_and_coverage():
    spatial = {k: validation.score_spatial(pairs(n)) for k, n in (("a", 0.02), ("b", 0.05))}
    figure = plots.spatial_courses(spatial, "ubrmse")
    seasonal, yearly, covered = figure.axes
    month = spatial["a"].ubrmse.groupby("time.month").median()
    assert np.allclose(seasonal.lines[0].get_ydata(), month)
    assert yearly.lines[0].get_xdata().tolist() == [2016, 2017]
    assert np.allclose(covered.lines[0].get_ydata(), 1.0) and "[m³ m⁻³]" in seasonal.get_ylabel()


def test_all_missing_and_too_many_products():
    scores = validation.score_by_period(pairs(0.03), by="season", ci="none")
    nothing = validation.tidy({"x": scores.assign(r=scores.r.where(False).assign_attrs(scores.r.attrs))})
    assert plots.score_course(nothing, "r").axes
    with pytest.raises(SchemaError, match="1 to 16"):
        plots.spatial_courses({}, "r")
    with pytest.raises(SchemaError, match="'kge2'"):
        plots.score_course(nothing, "kge2")
