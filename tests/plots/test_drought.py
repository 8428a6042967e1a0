import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vadose import plots
from vadose.errors import SchemaError


def percentile(values, **attrs):
    values = np.asarray(values, float)
    return xr.DataArray(values, dims=("lat", "lon"), name="percentile",
                        attrs={"units": "%", "long_name": "percentile for the time of the year", **attrs},
                        coords={"lat": 45.0 - 0.25 * np.arange(values.shape[0]),
                                "lon": 5.0 + 0.25 * np.arange(values.shape[1]),
                                "time": np.datetime64("2015-08-01", "ns")})  # fmt: skip


def events(n=3, **attrs):
    start = np.datetime64("2015-01-01", "ns") + np.arange(n) * np.timedelta64(40, "D")
    return xr.Dataset({
        "onset": ("event", start), "end": ("event", start + np.timedelta64(20, "D")),
        "severity": ("event", 100.0 + np.arange(n)), "flash": ("event", np.arange(n) % 2),
        "intensity": ("event", np.linspace(2, 18, n), {"units": "%", "long_name": "mean deficit"}),
        "onset_seen": ("event", np.arange(n) > 0), "end_seen": ("event", np.ones(n, bool)),
    }, {"lat": ("event", 40.0 + np.arange(n)), "lon": ("event", np.full(n, 5.0))},
        {"threshold": 20.0} | attrs)  # fmt: skip


def colours_of(figure):
    mesh = next(c for c in figure.axes[0].collections if type(c).__name__ == "QuadMesh")
    return mesh.to_rgba(mesh.get_array()).reshape(*mesh.get_array().shape, 4)


def test_a_cell_has_the_colour_of_its_class():
    from matplotlib.colors import to_rgba

    from vadose.plots.drought import COLOURS

    figure = plots.drought_map(percentile([[1.0, 3.0, 7.0], [15.0, 25.0, 50.0], [75.0, 99.0, 20.0]]))
    got = colours_of(figure)
    for (i, j), k in {(0, 0): 0, (0, 1): 1, (0, 2): 2, (1, 0): 3, (1, 1): 4, (1, 2): 5, (2, 0): 6, (2, 1): 10,
                      (2, 2): 4}.items():  # fmt: skip
        np.testing.assert_allclose(got[i, j], to_rgba(COLOURS[k]))


def test_date_unit_and_simulation_are_printed(words):
    texts = words(plots.drought_map(percentile(np.full((3, 3), 5.0), simulated="true")))
    assert "2015-08-01" in texts and "Percentile for the time of the year [%]" in texts and "SIMULATED DATA" in texts
    assert "no percentile on this date" in words(plots.drought_map(percentile(np.full((2, 2), np.nan))))


def test_areas_stack_by_class_and_stay_blank_where_unknown():
    share = np.array([[0.5, np.nan, 0.4], [0.2, np.nan, 0.1]])
    area = xr.Dataset({"share": (("threshold", "time"), share)},
                      {"threshold": [20.0, 5.0], "time": pd.date_range("2015-01-01", periods=3)})  # fmt: skip
    axes = plots.drought_area_series(area).axes[0]
    tops = [max(p.vertices[:, 1].max() for p in c.get_paths()) for c in axes.collections]
    assert tops == pytest.approx([50.0, 20.0]) and len(axes.collections[0].get_paths()) == 2
    assert axes.get_ylabel() == "Share of the area [%]"


def test_events_stand_in_rows_with_flash_and_open_ends():
    axes = plots.drought_timeline(events()).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["40° N, 5° E", "41° N, 5° E", "42° N, 5° E"]
    assert [p.get_width() for p in axes.patches] == [21.0] * 3
    assert [line.get_marker() for line in axes.lines] == ["<", "v"]
    assert axes.lines[1].get_xdata().size == 1


def test_many_cells_are_cut_to_the_worst_and_none_is_said():
    figure = plots.drought_timeline(events(40))
    assert len(figure.axes[0].get_yticks()) == 24 and "of 40" in figure.get_label()
    assert "no event" in [t.get_text() for t in plots.drought_timeline(events(0)).axes[0].texts]


def test_change_has_dots_where_it_is_significant():
    da = percentile(np.linspace(-0.1, 0.1, 9).reshape(3, 3)).drop_vars("time")
    ds = xr.Dataset({"change": da.assign_attrs(units="m3 m-3", long_name="change"),
                     "change_uncertainty": (da * 0 + 0.03).assign_attrs(units="m3 m-3", long_name="uncertainty"),
                     "significant": abs(da) > 0.06, "significant_field": abs(da) > 0.09},
                    attrs={"before": "2015-06-01", "after": "2015-08-01"})  # fmt: skip

    def dots(figure):
        return sum(line.get_xdata().size for line in figure.axes[0].lines if line.get_marker() == "o")

    assert dots(plots.change_map(ds)) == 2 and dots(plots.change_map(ds, field=False)) == 4
    assert len(plots.change_map(ds).axes) == 4


def test_what_is_no_map_is_refused():
    with pytest.raises(SchemaError, match="lat, lon"):
        plots.drought_map(percentile(np.zeros((2, 2))).expand_dims(time=1))
    with pytest.raises(SchemaError, match="intensity"):
        plots.drought_timeline(events().drop_vars("intensity"))
    with pytest.raises(SchemaError, match="share"):
        plots.drought_area_series(xr.Dataset())
    with pytest.raises(SchemaError, match="change"):
        plots.change_map(xr.Dataset())


def test_figures_are_drawable_as_svg():
    for figure in (plots.drought_map(percentile(np.zeros((2, 2)))), plots.drought_timeline(events())):
        assert plots.svg(figure).startswith("<svg")
