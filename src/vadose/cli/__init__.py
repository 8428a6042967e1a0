"""The command line: argv in, one call out. Heavy libraries are imported inside the commands."""

from __future__ import annotations

import sys

from .commands import vadose

__all__ = ["main"]


def main(argv: list[str] | None = None) -> None:
    """Run the command line; a user's mistake is one message and exit code 2, never a traceback.

    Parameters
    ----------
    argv : list of str, optional
        Arguments without the program's name; from the process by default.
    """
    import click

    from ..errors import VadoseError

    try:
        code = vadose.main(args=argv, prog_name="vadose", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.Abort:
        click.echo("Interrupted. What was committed is kept; run the same command again to go on.", err=True)
        code = 130
    except click.ClickException as fault:
        fault.show()
        code = 2
    except VadoseError as fault:
        click.secho(f"Error: {fault}", err=True, fg="red")
        code = 2
    except OSError as fault:
        place = f" ({fault.filename})" if fault.filename else ""
        click.secho(f"Error: the system refused: {fault.strerror or fault}{place}.", err=True, fg="red")
        code = 2
    sys.exit(code if isinstance(code, int) else 0)
