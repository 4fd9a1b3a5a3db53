"""The command line. `--json` prints one document on standard output; errors go to standard error.

Exit status: 0 done, 2 bad input, 3 nothing feasible, 4 what is shown needs a look: an offer could not be sized (the
others are shown), or a bill is above `--budget` or grew by more than `--fail-above`. The message says which.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import gc
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from typing import NoReturn

import click

from streamfacts.errors import StreamplanError, legible
from streamplan import __version__
from streamplan.cli import commands
from streamplan.cli.chapters import Chapter, chapter_of
from streamplan.cli.progress import shown_progress


class NearNames(click.Group):
    """A group that says which command may be meant by a name that none has."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first argument; `UsageError` names the nearest where there is none of that name."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            known = self.list_commands(ctx)
            near = get_close_matches(name.casefold().replace("_", "-"), known, 3, 0.6)
            near = near or [command for command in known if command.startswith(name.casefold())][:3]
            meant = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"{ctx.command_path} -h lists them."
            raise click.UsageError(f"No such command {name!r}. {meant}", ctx)
        return super().resolve_command(ctx, args)


class OneFileEach(NearNames):
    """A group whose commands are the files of `streamplan/cli/commands/`, imported when they are called."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands under the headings of their groups, each with the whole of its first sentence."""
        found = [(name, command) for name in self.list_commands(ctx) if (command := self.get_command(ctx, name))]
        for of in Chapter:
            rows = [(name, _sentence(command)) for name, command in found if chapter_of(command) is of]
            if rows:
                with formatter.section(of.value):
                    formatter.write_dl(rows)

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


def _sentence(command: click.Command) -> str:
    """What a command says of itself first, however long it is."""
    return command.get_short_help_str(limit=1000)


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
        with shown_progress():
            cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except StreamplanError as error:
        click.echo(f"streamplan: {error}", err=True)
        sys.exit(error.exit_status)
    except click.exceptions.Abort:
        click.echo("streamplan: interrupted", err=True)
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except click.UsageError as error:
        click.echo(f"streamplan: {_one_line(error)}", err=True)
        sys.exit(2)
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
    unnamed = "standard output" if error.errno in _OF_OUTPUT else "the system"
    place = legible(str(error.filename)) if error.filename else unnamed
    click.echo(f"streamplan: {place}: {error.strerror or error}", err=True)
    sys.exit(2)


#: What writing to an open file can fail with; errors of writing do not name their file.
_OF_OUTPUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def _let_go_of_output() -> None:
    """Write to nowhere from now on, so that what is left in the buffer fails no second time when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(error: click.UsageError) -> str:
    """What is wrong with a command line, and how it is used."""
    used = error.ctx.get_usage() if error.ctx else ""
    return legible(" ".join(f"{error.format_message()} {used}".split()))


def _collect_less() -> None:
    """Look for garbage more rarely, and not at all at the end.

    Libraries for charts and tables make hundreds of thousands of objects that stay: going through them again and again
    takes a tenth of the time of a start, and most of the time of leaving.
    """
    gc.set_threshold(200_000, 20, 100)
    atexit.register(gc.freeze)


if __name__ == "__main__":
    main()
