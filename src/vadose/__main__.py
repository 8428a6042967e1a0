"""``python -m vadose``."""

from .cli import main

main()
