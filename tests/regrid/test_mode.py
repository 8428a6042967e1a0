import numpy as np
import pytest

from vadose.grid import Grid
from vadose.regrid import flags, mode, weights

FINE, COARSE = Grid.regular(45), Grid.regular(90)
W = weights.overlap(FINE, COARSE)


def block(values, dtype="u1"):
    """A global field whose first 2×2 block is given and whose others are class 1."""
    field = np.ones(FINE.shape, dtype=dtype)
    field[:2, :2] = values
    return field


@pytest.mark.parametrize(("values", "expected"), [
    ([[4, 4], [4, 9]], 4),
    ([[4, 9], [4, 9]], 4),  # equal areas: the lowest code
    ([[9, 4], [9, 4]], 4),
    ([[4, 4], [9, 9]], 9),  # the southern row is larger
    ([[255, 255], [7, 255]], 7),  # 0.71 of the block's area lies in the southern row: 0.35 has a class
    ([[255, 255], [255, 255]], 255),
])  # fmt: skip
@pytest.mark.parametrize("dtype", ["u1", "i2", "i8", "f4"])
def test_blocks_made_by_hand(values, expected, dtype):
    field = block(values, dtype)
    missing = 255
    if dtype == "f4":
        field[field == 255], missing = np.nan, None
    out = mode.majority(field, weights=W, missing=missing, min_coverage=0.3)
    assert out.dtype == field.dtype
    np.testing.assert_equal(out[0, 0], np.nan if dtype == "f4" and expected == 255 else np.asarray(expected, dtype))
    assert (out[0, 1:] == 1).all()


def test_coverage_rule():
    field = block([[255, 255], [7, 255]])
    assert mode.majority(field, weights=W, missing=255, min_coverage=0.5)[0, 0] == 255


def test_missing_integers_need_a_code():
    crop = FINE.crop((-180, 0, 0, 90))
    with pytest.raises(ValueError, match="code for missing"):
        mode.majority(np.ones(crop.shape, "u1"), weights=weights.overlap(crop, COARSE))


def test_against_a_naive_loop_on_unnested_grids():
    source, target = Grid.regular(3.0).crop((0, 0, 60, 60)), Grid.regular(180 / 26).crop((5, 5, 50, 50))
    field = np.random.default_rng(0).integers(0, 6, source.shape).astype("u1")
    w = weights.overlap(source, target)
    dense_rows, dense_cols = w.rows.toarray(), w.cols.toarray()
    share = np.array([dense_rows @ (field == k) @ dense_cols.T for k in range(6)])
    np.testing.assert_array_equal(mode.majority(field, weights=w, missing=255), share.argmax(axis=0))
    groups = ((0, 1), (2,), (3, 4, 5))
    out = mode.fractions(field, weights=w, groups=groups)
    np.testing.assert_allclose(out, [share[list(g)].sum(axis=0) / share.sum(axis=0) for g in groups], rtol=1e-6)
    np.testing.assert_allclose(out.sum(axis=0), 1, rtol=1e-6)


def test_mcd12c1_blocks_of_twenty(data):
    rasterio = pytest.importorskip("rasterio")
    path = data / "landcover_mcd12c1" / "MCD12C1.A2019001.006.2020220162300.tif"
    box = (0.0, 30.0, 30.0, 50.0)  # Mediterranean: coasts, deserts, mosaics
    source, target = Grid.regular(0.05).crop(box), Grid.regular(1.0).crop(box)
    with rasterio.open(path) as raster:
        field = raster.read(1, window=((800, 1200), (3600, 4200)))
    assert field.shape == source.shape
    out = mode.majority(field, weights=weights.overlap(source, target), missing=255)
    blocks = field.reshape(20, 20, 30, 20).swapaxes(1, 2).reshape(20, 30, 400)
    area = np.repeat(source.area().reshape(20, 20), 20, axis=1)
    naive = np.array([[np.bincount(blocks[r, c], weights=area[r]).argmax() for c in range(30)] for r in range(20)])
    np.testing.assert_array_equal(out, naive)
    by_count = np.array([[np.bincount(b).argmax() for b in row] for row in blocks])
    assert (out != by_count).mean() < 0.01  # counting pixels differs only where two classes are nearly equal
    assert len(np.unique(out)) > 5


def test_flags_of_valid_cells_only_and_wrap_around():
    source, target = Grid.regular(45), Grid.regular(90, registration="node")
    field = np.zeros(source.shape, dtype="u2")
    field[:, 0], field[:, -1], field[:, 3] = 1, 2, 4
    w = weights.overlap(source, target)
    out = flags.combine(field, weights=w)
    assert out[1].tolist() == [3, 0, 4, 0]  # the first node cell straddles the date line
    valid = np.ones(source.shape, dtype=bool)
    valid[:, 0] = False
    assert flags.combine(field, valid, weights=w, missing_bit=4096)[1].tolist() == [2, 0, 4, 0]
    assert flags.combine(field, valid & False, weights=w, missing_bit=4096)[1].tolist() == [4099, 4096, 4100, 4096]


def test_flags_outside_the_source():
    source = Grid.regular(45).crop((0, 0, 90, 90))
    out = flags.combine(np.full(source.shape, 8, "u2"), weights=weights.overlap(source, COARSE), missing_bit=4096)
    assert out.tolist() == [[4096, 4096, 8, 4096], [4096] * 4]
