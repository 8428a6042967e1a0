"""``python -m vadose.cli``."""

from . import main

main()
