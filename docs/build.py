"""Build the pages into docs/_build/html; the API pages are made from the docstrings."""

import sys
from pathlib import Path

from sphinx.cmd.build import main

HERE = Path(__file__).parent

if __name__ == "__main__":
    code = main(["-q", "-b", "html", str(HERE), str(HERE / "_build" / "html")])
    if code == 0:
        print(f"Open {HERE / '_build' / 'html' / 'index.html'}")
    sys.exit(code)
