"""The tables and fields that gpp-coupling writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .gpp_coupling import Coupled
from .outputs import save_dataset, whole_file

if TYPE_CHECKING:
    pass


TABLE = ("mean_r", "mean_p", "mean_response", "n_cells", "n_significant", "share_significant", "share_positive",
         "share_negative")  # fmt: skip


def save(result: Coupled, folder: Path) -> None:
    """Write the table of all variants as CSV and their fields as NetCDF."""
    frames = []
    for label, ds in {"plain": result.plain, **result.variants}.items():
        frame = ds[list(TABLE)].reset_coords(drop=True).assign_coords(depth=ds["depth"]).to_dataframe()
        frames.append(frame.reset_index().drop(columns="layer").assign(test=label))
    table = pd.concat(frames)[["test", "ecosystem", "season", "depth", *TABLE]]
    with whole_file(folder / "table.csv") as part:
        table.to_csv(part, index=False, float_format="%.6g")
    fields = {"fields": result.plain, "depths": result.depths}
    fields |= {f"fields_{k.replace(' ', '_')}": v for k, v in result.variants.items()}
    for name, ds in fields.items():
        small = ds.assign({v: ds[v].astype("float32") for v in ds.data_vars if ds[v].dtype == np.float64})
        save_dataset(small, folder / f"{name}.nc")
