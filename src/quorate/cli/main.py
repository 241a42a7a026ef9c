"""The `quorate` command: every error is a sentence on stderr, every exit code is documented.

Exit codes  0 done, 1 refused or failed, 2 usage, 3 timed out.
"""

import sys

import typer

from quorate import __version__
from quorate.cli import activities, check, doctor, people, trust, up
from quorate.errors import QuorateError, Refused

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
people.add_to(app)
activities.add_to(app)
check.add_to(app)
trust.add_to(app)
doctor.add_to(app)


def explain_error(error: QuorateError) -> str:
    """The sentence for stderr; a refused text gets a caret under its column."""
    lines = [error.problem]
    if isinstance(error, Refused) and error.column is not None:
        lines[0] = f"Column {error.column}: {error.problem}"
    lines.append(error.remedy)
    return "quorate: " + "\n  ".join(line for line in lines if line)


def run() -> None:
    """Entry point of the console script."""
    try:
        app(prog_name="quorate")
    except QuorateError as error:
        typer.echo(explain_error(error), err=True)
        sys.exit(1)
