"""Reports: words, tables and finished drawings put together as one HTML file that loads nothing.

:class:`Report` knows nothing of soil moisture: a recipe hands it text, rows and SVG. It prints to PDF, can be read on a
phone and by a screen reader, and says on the page, at every figure and at every table when data are simulated.
"""

from .blocks import Column
from .document import Report

__all__ = ["Column", "Report"]
