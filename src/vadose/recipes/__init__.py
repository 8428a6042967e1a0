"""The only place where method rooms meet: built-in recipes and configured runs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ..errors import ConfigError
from .config import load
from .ingest import ingest
from .progress import Step, silent

__all__ = ["RECIPES", "Recipe", "ingest", "load", "names", "run"]


@dataclass(frozen=True)
class Recipe:
    """A built-in recipe.

    Attributes
    ----------
    title : str
        What it does, in one line.
    function : str
        ``module:function`` in this package; it is called with ``out``, ``step`` and whatever it takes.
    takes : tuple of str
        Which of ``data`` (folder with input files), ``library`` (URL of a library with the products) and ``config``
        (YAML file of settings) it takes.
    needs : tuple of str
        Which of these it cannot do without.
    """

    title: str
    function: str
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


RECIPES = {
    "gpp-coupling": Recipe("GPP coupling - annual production and soil water by season, depth and ecosystem",
                           "gpp_coupling:gpp_coupling", takes=("library", "config")),
    "drought": Recipe("Drought - percentiles, areas, events and change of a record, or of a simulated Earth",
                      "drought:drought", takes=("library", "config")),
    "multisource-trends": Recipe("Multi-source trends - who sees land grow wetter or drier, and why (paper 000)",
                                 "multisource_trends:multisource_trends", takes=("library", "config")),
    "compare-products": Recipe("One product against many by stations, in time and in space (simulated without data)",
                               "compare_products:compare_products", takes=("library", "config")),
    "evaluate-1km": Recipe("Evaluate 1 km - paper 002: products against unseen stations, flights and each other",
                           "evaluate_1km:evaluate_1km", takes=("data", "library", "config")),
    "real-sample": Recipe("Real sample - satellite, reanalysis and stations over Hawaii",
                          "real_sample:real_sample", takes=("data",), needs=("data",)),
    "surface-depth": Recipe("Surface to depth - stations' surface sensors against deeper ones, by depth, lag and SWI",
                            "surface_depth:surface_depth", takes=("data", "config")),
    "tsmv": Recipe("Total soil water - trends and where its variance comes from, by season, depth and kind",
                   "tsmv:tsmv", takes=("library", "config")),
    "seasonal-drydown": Recipe("Yearly cycle, precipitation lag, dry-down and memory of a record (or a simulated one)",
                               "seasonal_drydown:seasonal_drydown", takes=("library", "config")),
    "twin-exam": Recipe("Twin exam - eleven simulated products fused and judged by the truth (needs no data)",
                        "twin_exam:twin_exam", takes=("config",)),
    "rsssm": Recipe("RSSSM - eleven microwave products fused in five rounds, 2003-2018, beside their rivals",
                    "rsssm:rsssm", takes=("library", "config")),
}  # fmt: skip


def names() -> dict[str, str]:
    """Built-in recipes and what each does."""
    return {name: recipe.title for name, recipe in RECIPES.items()}


def run(name: str, *, out: str | Path, data: str | Path | None = None, library: str | None = None,
        config: str | Path | None = None, step: Step = silent) -> Path:  # fmt: skip
    """Run a built-in recipe.

    Parameters
    ----------
    name : str
        One of :func:`names`.
    out : path
        Output folder.
    data : path, optional
        Folder with the input files.
    library : str, optional
        Library with the products to work on; without one, recipes that can do so make a simulated Earth.
    config : path, optional
        YAML file with the recipe's settings.
    step : callable
        Told (done, total, text) as the work goes on.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ConfigError
        If the recipe is unknown, an input it needs is missing, or one is given that it does not take.
    """
    if name not in RECIPES:
        raise ConfigError("recipe", found=repr(name), needed=f"one of {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    given = {"data": data, "library": library, "config": config}
    for option, value in given.items():
        if value is not None and option not in recipe.takes:
            needed = ", ".join(f"--{o}" for o in recipe.takes) or "none of --data, --library, --config"
            raise ConfigError(f"--{option}", found=str(value), needed=f"{needed} for {name}", do="Leave it out.")
        if value is None and option in recipe.needs:
            what = {"data": "the folder with the input files", "library": "a library", "config": "a YAML file"}[option]
            raise ConfigError(f"--{option}", found="nothing", needed=f"{what} of {name}")
    if data is not None and not Path(data).is_dir():
        raise ConfigError("--data", found=f"{data}, which is no folder", needed=f"the folder with the files of {name}")
    module, function = recipe.function.split(":")
    inputs = {option: given[option] for option in recipe.takes}
    return getattr(import_module(f".{module}", __name__), function)(out=out, step=step, **inputs)
