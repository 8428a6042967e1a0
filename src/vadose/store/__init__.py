"""The library on disk: datasets by name, with history, layouts for maps and series, and export to files.

Everything lies in one Icechunk repository in a folder or a bucket. Writes are commits, so that a killed process or a
full disk leaves the last snapshot as it was.
"""

from .checking import Report
from .layouts import LAYOUTS
from .library import Library

__all__ = ["LAYOUTS", "Library", "Report"]
