"""Sections of ``evaluate-1km``: airborne maps and spatial fidelity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .. import plots
from ..report import Column, Report
from .evaluate_1km_parts import M3, table
from .evaluate_1km_settings import Evaluate1kmConfig
from .evaluate_1km_stages import Result
from .evaluate_1km_tables import campaign_rows
from .figures import add_figure


def flights(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """Airborne maps (Figs 5-8, Table 3)."""
    if not result.campaigns:
        return
    report.add_section(
        "Against airborne maps",
        "Flights come to the product's cells, date by date "
        "(Figs 5-8, Table 3). R in the corner of each map; b: bias, D: RMSD of the campaign.",
    )
    unit = dict.fromkeys(("bias", "RMSD", "ubRMSD"), M3)
    parts = []
    for name, ds in result.campaigns.items():
        add_figure(report, plots.campaign_panels(result.maps[name], ds), f"Products and aircraft, campaign {name}.")
        frame = campaign_rows(ds).drop_vars("status").to_dataframe().reset_index()
        parts.append(frame.assign(campaign=name))
    both = pd.concat(parts, ignore_index=True)
    keep = ["campaign", "product", "n", "r", "bias", "rmsd", "ubrmsd", "rain_response"]
    table(report, pd.DataFrame(result.flights).rename(columns={"cell_m": "cell"}), "Campaigns (Table 1).",
          unit=dict.fromkeys(("south", "north", "west", "east"), "degree") | {"cell": "m"}, digits=2)  # fmt: skip
    names = {"r": "R", "rmsd": "RMSD", "ubrmsd": "ubRMSD"}
    table(
        report,
        both[keep].rename(columns=names),
        "Products against aircraft by campaign (Table 3).",
        unit=unit,
        notes="rain response: change of the product's mean per change of the aircraft's over wettings.",
    )
    rows = []
    for name, ds in result.campaigns.items():
        for p in ds["product"].values:
            for f in range(ds.sizes["flight"]):
                s = ds.sel(product=p).isel(flight=f)
                if int(s["n"]):
                    rows.append(
                        [
                            name,
                            np.datetime_as_string(s["time"].values, unit="D"),
                            str(p),
                            int(s["n"]),
                            float(s["r"]),
                            *[
                                float(s[k])
                                for k in (
                                    "bias",
                                    "rmsd",
                                    "product_p05",
                                    "product_p95",
                                    "flight_p05",
                                    "flight_p95",
                                    "product_change",
                                    "flight_change",
                                )
                            ],
                        ]
                    )
    head = ["bias", "RMSD", "product 5 %", "95 %", "flight 5 %", "95 %", "product change", "flight change"]
    with report.add_details("Every flight"):
        report.add_table(
            [
                Column("campaign"),
                Column("date"),
                Column("product"),
                Column("cells"),
                Column("R", digits=2),
                *[Column(h, M3, 3) for h in head],
            ],
            rows,
            "Scores and dynamic range of every flight.",
        )


def fidelity(report: Report, result: Result, config: Evaluate1kmConfig) -> None:
    """Patterns of maps."""
    ds = result.tables.get("fidelity")
    if ds is None:
        return
    report.add_section(
        "Spatial fidelity", "Beyond paper 002: each measure sees one defect of maps, here against all flights together."
    )
    rows = []
    for p in ds["product"].values:
        s = ds.sel(product=p)
        period = f"every {float(s['block_period']):.3g}" if bool(s["block_detected"]) else "none"
        rows.append(
            [
                str(p),
                int(s["n_dates"]),
                period,
                *[
                    float(s[k])
                    for k in (
                        "blockiness",
                        "resolution",
                        "frozen",
                        "frozen_reference",
                        "between_dates",
                        "rain_response",
                        "spaef",
                    )
                ],
                float(s["fss"].sel(quantile=0.9, window=5)),
            ]
        )
    columns: list[str | Column] = [
        "product",
        "dates",
        Column("block edges [cells]"),
        Column("blockiness", digits=2),
        Column("resolution", "cell", 1),
        Column("frozen", digits=2),
        Column("frozen, aircraft", digits=2),
        Column("R between dates", digits=2),
        Column("rain response", digits=2),
        Column("SPAEF", digits=2),
        Column("FSS, wettest tenth, 5 cells", digits=2),
    ]
    report.add_table(
        columns,
        rows,
        "Fidelity of the patterns against the aircraft.",
        notes="block edges: period, p < 0.001; resolution: wavelength where the power falls below "
        "half of the aircraft's; frozen: share of the pattern that never changes.",
    )
