"""Sphinx configuration: Markdown pages and the API from docstrings."""

import vadose

project = "vadose"
author = "the vadose developers"
version = release = vadose.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
html_theme = "furo"
html_title = f"vadose {version}"
html_show_copyright = False
exclude_patterns = ["_build"]
autosummary_generate = True
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autosummary_imported_members = False
autosummary_ignore_module_all = False
napoleon_numpy_docstring = True
myst_enable_extensions = ["colon_fence"]
# Some classes stand on two pages, that of the room and that of their module: links may take either.
suppress_warnings = ["myst.xref_missing", "ref.python"]
