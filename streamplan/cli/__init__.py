"""The command line. `--json` prints one document on standard output; errors go to standard error.

Exit status: 0 done, 2 bad input, 3 nothing feasible, 4 what is shown needs a look: an offer could not be sized (the
others are shown), or a bill is above `--budget` or grew by more than `--fail-above`. The message says which.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import NoReturn

import click

from streamfacts.errors import StreamplanError, legible
from streamplan import __version__
from streamplan.cli import commands


class OneFileEach(click.Group):
    """A group whose commands are the files of `streamplan/cli/commands/`, imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the files, as they are typed."""
        return list(_names())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None if there is no such file."""
        if cmd_name not in _names():
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = importlib.import_module(f"{commands.__name__}.{name}").command
        return command


@cache
def _names() -> tuple[str, ...]:
    return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__)))


@click.group(cls=OneFileEach, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="%(version)s")
def cli() -> None:
    """Size and price an event-streaming workload on every platform a team would consider.

    Exit status: 0 done, 2 bad input, 3 nothing feasible, 4 an offer could not be sized (the others are shown) or a bill
    is above --budget or --fail-above; the message says which.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    _collect_less()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")  # none is used, and looking for them reads every package
    with open(os.devnull, "w") as nowhere, _flushed():
        sys.stdout = sys.stdout or nowhere  # None where the caller has closed it
        _run(arguments)


def _run(arguments: Sequence[str] | None) -> None:
    try:
        cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except StreamplanError as error:
        click.echo(f"streamplan: {error}", err=True)
        sys.exit(error.exit_status)
    except click.exceptions.Abort:
        click.echo("streamplan: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:  # the reader of a pipe has gone, which is no failure of ours
        _let_go_of_output()
        sys.exit(0)
    except OSError as error:  # a full disk behind standard output, or a place that nothing else has named
        _fail(error)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except SystemExit as stop:
        # click leaves with 1 when the reader of a pipe has gone, which is no failure of ours
        sys.exit(0 if stop.code == 1 else stop.code)


@contextlib.contextmanager
def _flushed() -> Iterator[None]:
    """Leave nothing in the buffer of standard output: what cannot be written there is said, not lost."""
    try:
        yield
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _let_go_of_output()
        except OSError as error:
            _fail(error)


def _fail(error: OSError) -> NoReturn:
    _let_go_of_output()
    place = legible(str(error.filename)) if error.filename else "standard output"
    click.echo(f"streamplan: {place}: {error.strerror or error}", err=True)
    sys.exit(2)


def _let_go_of_output() -> None:
    """Write to nowhere from now on, so that what is left in the buffer fails no second time when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _collect_less() -> None:
    """Look for garbage more rarely, and not at all at the end.

    Libraries for charts and tables make hundreds of thousands of objects that stay: going through them again and again
    takes a tenth of the time of a start, and most of the time of leaving.
    """
    gc.set_threshold(200_000, 20, 100)
    atexit.register(gc.freeze)


if __name__ == "__main__":
    main()
