"""Trends as an exam takes them: snow that comes and goes makes none."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from vadose import twin
from vadose.fusion import dekads
from vadose.recipes.exam_trends import cell_slopes, region_slope, regional, slope_over, yearly

YEARS = np.arange(2003, 2019)


def values(slope=0.001, *, chunks=None):
    """A yearly cycle and a line, cells of other levels; in half of the cells more snow from year to year."""
    numbers = np.arange(dekads.of_label("2003D01"), dekads.of_label("2018D36") + 1)
    season = 0.1 * np.cos(2 * np.pi * (numbers % 36) / 36)
    level = np.linspace(0.1, 0.4, 12).reshape(3, 4)
    year = numbers // 36 - YEARS.mean()
    x = level + (season + slope * year)[:, None, None]
    snow = (numbers % 36)[:, None] < (numbers // 36 - 2003)[:, None]  # wet winters go missing
    x[:, :, :2] = np.where(snow[..., None], np.nan, x[:, :, :2])
    da = xr.DataArray(x.astype("float32"), dims=("time", "lat", "lon"), coords={"time": dekads.starts(numbers)})
    return da if chunks is None else da.chunk(chunks)


@pytest.mark.parametrize("chunks", [None, {"time": 100, "lat": 2}])
def test_the_line_is_found_whatever_the_snow(chunks):
    da = values(chunks=chunks)
    found = cell_slopes(yearly(da))
    np.testing.assert_allclose(found[:, 2:], 0.001, rtol=1e-3)
    # the mean of a dekad is that of the years which have it, so that a line loses a little where winters go
    np.testing.assert_allclose(found[:, :2], 0.001, rtol=0.15)
    assert region_slope(yearly(da)) == pytest.approx(0.001, rel=0.1)
    plain = da.isel(lon=0).mean("lat").groupby("time.year").mean().values
    assert np.polyfit(YEARS, plain, 1)[0] < 0  # means of what is there fall with the wet winters


def test_without_a_trend_there_is_none():
    assert region_slope(yearly(values(0.0))) == pytest.approx(0.0, abs=1e-7)
    np.testing.assert_allclose(cell_slopes(yearly(values(0.0))), 0.0, atol=1e-7)


def test_a_year_of_few_dekads_does_not_count():
    da = values()
    month = da["time"].dt.month
    assert np.isfinite(region_slope(yearly(da.where((month >= 6) & (month <= 10)))))  # 15 dekads
    few = da.where((month >= 9) & (month <= 11))  # 9 dekads
    assert np.isnan(region_slope(yearly(few))) and np.isnan(cell_slopes(yearly(few))).all()


def test_regions_hold_the_cells_that_share_a_trend_and_have_all_slopes():
    lat, lon = np.arange(47.5, 41.0, -1.0), np.arange(-3.5, 3.0)
    land = twin.generate(region=(-4, 41, 3, 48), resolution=1.0, years=(2016, 2016), seed=7, step="dekad", products=[])
    imposed = land["twin/land"]["imposed_trend"].transpose("lat", "lon")
    assert np.allclose(imposed["lat"], lat) and np.allclose(imposed["lon"], lon)
    true = imposed.where(imposed["lon"] != 2.5)
    found = regional(xr.Dataset({"fused": 2 * imposed + 0.001, "truth": true}).transpose("lon", "lat"))
    assert found["cells"].sum() == 7 * 6 and found["cells"].max() == 4
    ratio = (found["fused"] - 0.001) / found["truth"].where(found["truth"] != 0)
    assert np.nanmax(abs(ratio - 2)) < 1e-6 and ratio.notnull().sum() == 4
    x, y, w = (found[k].values for k in ("truth", "fused", "cells"))
    assert slope_over([found])[0] == pytest.approx((w * x * y).sum() / (w * x * x).sum())
    halves = [found.isel(region=slice(0, 6)), found.isel(region=slice(6, None))]
    assert slope_over(halves, intercept=True) == pytest.approx((2.0, 0.0), abs=1e-6)
    assert slope_over(halves, scale=np.array([2.0, 2.0]), intercept=True)[0] == pytest.approx(1.0)
