import numpy as np
import pytest
import xarray as xr

from vadose import analysis, plots
from vadose.errors import SchemaError
from vadose.grid import Grid

GRID = Grid.regular(1.0).crop((0, 40, 4, 44))


@pytest.fixture(scope="module")
def attribution():
    rng = np.random.default_rng(0)
    size = np.array([1.0, 2, 3, 4])[:, None, None, None, None]
    x = 100 + size * rng.standard_normal((4, 4, 15, *GRID.shape))
    x[..., 0, 0] = np.nan
    da = xr.DataArray(x, dims=("layer", "season", "year", "lat", "lon"), attrs={"units": "kg m-2"},
                      coords=GRID.coords() | {"year": 2000 + np.arange(15), "season": list(analysis.SEASONS),
                                              "layer": ["0-10 cm", "10-40 cm", "40-100 cm", "100-200 cm"]})  # fmt: skip
    return analysis.attribute_variability(da)


def test_contributions_are_in_per_cent_with_one_panel_each(attribution, words):
    share = attribution.contribution.sum(["layer", "kind"], skipna=False).assign_attrs(long_name="contribution")
    figure = plots.contribution_maps(share, dim="season")
    assert set(analysis.SEASONS) <= set(words(figure)) and "Contribution [%]" in words(figure)
    assert len(figure.axes) == 5
    with pytest.raises(SchemaError, match="season"):
        plots.contribution_maps(attribution.contribution, dim="season")


def test_the_share_of_area_of_each_component_is_printed(attribution, words):
    """All cells to one component: 100 beside it, 0 at the others."""
    flags = attribution.top1.attrs
    code = flags["flag_values"][flags["flag_meanings"].split().index("A-S|100-200_cm|iav")]
    one = attribution.assign(top1=attribution.top1.where(attribution.top1 < 0, code).assign_attrs(flags))
    texts = words(plots.top_component_maps(one))
    assert texts.count("100 / 0") == 1 and texts.count("0 / 0") >= 15
    assert "100-200 cm" in texts and "IAV / trend [%]" in texts


def test_components_need_their_names(attribution):
    with pytest.raises(SchemaError, match="top2"):
        plots.top_component_maps(attribution.drop_vars("top2"))
    with pytest.raises(SchemaError, match="flag_meanings"):
        plots.top_component_maps(attribution.drop_attrs())
