"""The `quorate` command: every error is a sentence on stderr, every exit code is documented.

Exit codes  0 done, 1 refused or failed, 2 usage, 3 timed out.
"""

import os
import sys

import typer

from quorate import __version__
from quorate.cli import activities, attach, capture, check, clients, doctor, people, trust, up
from quorate.errors import QuorateError

app = typer.Typer(
    name="quorate",
    help="Say who you need. Quorate asks them where they are, and opens the room when enough said yes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"quorate {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Every command takes --help."""


up.add_to(app)
attach.add_to(app)
people.add_to(app)
activities.add_to(app)
check.add_to(app)
trust.add_to(app)
capture.add_to(app)
clients.add_to(app)
doctor.add_to(app)


def explain_error(error: QuorateError) -> str:
    """The sentences for stderr: what happened, then what to do."""
    return "quorate: " + "\n  ".join(line for line in (error.problem, error.remedy) if line)


def run() -> None:
    """Entry point of the console script."""
    try:
        app(prog_name="quorate")
    except QuorateError as error:
        typer.echo(explain_error(error), err=True)
        sys.exit(1)
    except OSError as error:
        if error.filename is not None:
            raise
        typer.echo(f"quorate: The output could not be written: {error.strerror}.", err=True)
        typer.echo("  The command itself was done; make room where its output goes.", err=True)
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # what is still held would fail again at the end
        sys.exit(1)
