"""What a command prints for a person: tables and sentences, in the width of the terminal or in the format asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from streamfacts.errors import InputError

if TYPE_CHECKING:
    from streamplan.views.tables import Table

#: Formats of a table.
FORMATS = ("table", "csv", "md")
_JSON, _TABLES = "streamplan.json", "streamplan.tables"


@dataclass(frozen=True)
class TablesAsked:
    """How the tables of this run are to be shown."""

    format: str = "table"
    sort: str | None = None
    top: int | None = None
    everything: bool = False
    only: str | None = None


def _asked() -> TablesAsked:
    context = click.get_current_context(silent=True)
    given = context.meta.get(_TABLES, {}) if context else {}
    return TablesAsked(**{name: value for name, (value, _) in given.items()})


def format_asked() -> str:
    """Return the format that the tables of this run are asked for in, one of `FORMATS`."""
    return _asked().format


def _keep(name: str, context: click.Context, option: click.Parameter, value: Any) -> None:
    if value is not None and value is not False:
        context.meta.setdefault(_TABLES, {})[name] = (value, option.opts[0])
        _no_json(context)


def json_asked(context: click.Context, option: click.Parameter, value: bool) -> bool:
    """Note that a document or a number is asked for, which has no tables; for the option that asks for it."""
    if value:
        other = context.meta.setdefault(_JSON, option.opts[0])
        if other != option.opts[0]:
            raise InputError(option.opts[0], "given", f"either it or {other}")
        _no_json(context)
    return value


def _no_json(context: click.Context) -> None:
    given = context.meta.get(_TABLES)
    if given and _JSON in context.meta:
        value, option = next(iter(given.values()))
        raise InputError(option, str(value), f"either it or {context.meta[_JSON]}, which gives no table")


def _options(format_option: str) -> tuple[Callable[..., Any], ...]:
    def option(name: str, field: str, **given: Any) -> Callable[..., Any]:
        return click.option(name, f"table_{field}", expose_value=False, callback=partial(_keep, field), **given)

    return (
        option(
            format_option,
            "format",
            type=click.Choice(FORMATS),
            default=None,
            help="Tables for a terminal, as CSV with all digits, or as Markdown.  [default: table]",
        ),
        option("--sort", "sort", default=None, metavar="COLUMN", help="Order by a column; -COLUMN: largest first."),
        option("--top", "top", default=None, type=click.IntRange(1), metavar="N", help="Only the first N rows."),
        option("--all", "everything", is_flag=True, help="All rows, also those that are folded away."),
    )


def _several(function: Callable[..., Any], format_option: str, names: tuple[str, ...]) -> Callable[..., Any]:
    chosen = _options(format_option)
    if names:
        pick = click.option(
            "--table",
            "table_only",
            type=click.Choice(names),
            default=None,
            expose_value=False,
            callback=partial(_keep, "only"),
            help="Only this one of the tables.",
        )
        chosen = (*chosen, pick)
    for option in reversed(chosen):
        function = option(function)
    return function


def tables(*names: str, format_option: str = "--format") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options of the tables that a command prints.

    Parameters
    ----------
    names : what its tables are called, where there are several
    format_option : what the option of their format is called, where `--format` is another one
    """
    return lambda function: _several(function, format_option, names)


def show(*pieces: Any) -> None:
    """Print tables and sentences of a result.

    Lines of a sentence that begin with a blank, and all of those in a list, stand as they are. With `--format csv` the
    sentences go to standard error, so that what reads the table reads nothing else.

    Raises
    ------
    InputError
        for a column to sort by that no table has.
    """
    from streamplan.views.tables import Table, no_column
    from streamplan.views.terminal import fold, width

    asked = _asked()
    all_tables = [piece for piece in pieces if isinstance(piece, Table)]
    picked = [table for table in all_tables if asked.only in (None, table.name)]
    if asked.only is not None and not picked:
        names = ", ".join(table.name for table in all_tables)
        raise InputError("--table", asked.only, f"a table that this result has: {names}")
    wanted = asked.sort
    if wanted is not None and all_tables and not any(_has(table, wanted) for table in picked):
        raise no_column(wanted, picked)
    wide, blank = width(), True
    for piece in pieces:
        if isinstance(piece, Table):
            if piece in picked:
                if not blank:
                    click.echo()
                _show_table(piece.sorted_by(wanted) if wanted and _has(piece, wanted) else piece, asked, wide)
                blank = asked.format == "table"
        elif isinstance(piece, list):
            blank = asked.format == "csv"
            for line in piece:
                click.echo(line, err=asked.format == "csv")
        elif asked.only is None and piece:
            blank = asked.format == "csv"
            folded = fold(str(piece), wide) if asked.format == "table" else [str(piece)]
            click.echo("\n".join(folded), err=asked.format == "csv")


def _has(table: Table, wanted: str) -> bool:
    return table.column(wanted) is not None or (wanted.startswith("-") and table.column(wanted[1:]) is not None)


def _show_table(table: Table, asked: TablesAsked, wide: int) -> None:
    if asked.format == "csv":
        from streamplan.views.table_files import as_csv

        click.echo(as_csv(table, asked.top), nl=False)
    elif asked.format == "md":
        from streamplan.views.table_files import as_markdown

        click.echo(as_markdown(table, asked.top, asked.everything))
    else:
        from streamplan.views.tables import shown
        from streamplan.views.terminal import coloured, table_lines

        lines = table_lines(table, wide, shown(table, asked.top, asked.everything), coloured())
        click.echo("\n".join(lines if table.bare else [*lines, ""]))
