"""The commands, from the command line itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import click

from streamplan.cli import cli
from tools.reference.words import blocks, code, plain, table

#: An option that as many commands have, with the same words, is described once.
SHARED_BY = 4
HEAD = ("option", "what it does", "takes", "default")


def commands() -> dict[str, click.Command]:
    """Return every command by the words it is typed with; one of a group as `prices list`."""
    return dict(_commands(cli, ""))


def _commands(group: click.Group, before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        elif command is not None:
            yield f"{before}{name}", command


def options(command: click.Command) -> list[click.Option]:
    """Return the options of a command."""
    return [p for p in command.params if isinstance(p, click.Option) and not p.hidden]


def _row(option: click.Option) -> tuple[str, str, str, str]:
    """Names, help, what it takes and default of an option."""
    takes = "" if option.is_flag else option.make_metavar(click.Context(click.Command("any")))
    default = option.default
    known = isinstance(default, str | int | float | tuple | list) and not isinstance(default, bool)
    given = ", ".join(map(str, default)) if isinstance(default, tuple | list) else str(default) if known else ""
    names = ", ".join(code(name) for name in (*option.opts, *option.secondary_opts))
    return names, option.help or "", code(takes), code(given)


def _shared(found: dict[str, click.Command]) -> set[tuple[str, str, str, str]]:
    count = Counter(_row(option) for command in found.values() for option in options(command))
    return {row for row, times in count.items() if times >= SHARED_BY}


def _section(name: str, command: click.Command, shared: set[tuple[str, str, str, str]]) -> Iterator[str]:
    yield f"### {name}"
    yield re.sub(r"\n[ \t]+", "\n", plain((command.help or "").replace("\b", "").strip()))
    context = click.Context(command, info_name=f"streamplan {name}")
    yield f"```text\nstreamplan {name} {' '.join(command.collect_usage_pieces(context))}\n```"
    rows = [_row(option) for option in options(command)]
    yield table(HEAD, [row for row in rows if row not in shared])
    common = ", ".join(row[0] for row in rows if row in shared)
    yield f"Shared options: {common}." if common else ""


def markdown() -> str:
    """Return the options that many commands have, and a section for each command."""
    found = commands()
    shared = _shared(found)
    parts = ["## Shared options", table(HEAD, sorted(shared, key=lambda row: row[0].strip("`"))), "## Commands"]
    for name, command in found.items():
        parts += _section(name, command, shared)
    return blocks(parts)
