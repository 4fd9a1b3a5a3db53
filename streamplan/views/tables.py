"""A table as data: declared columns, rows of plain values, and which of the rows are shown in which order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from streamfacts.errors import InputError, legible
from streamfacts.words import money


@dataclass(frozen=True)
class Cell:
    """A value that is shown in other words than those of its column."""

    value: Any
    text: str


@dataclass(frozen=True)
class Column:
    """A column: what it is called, what it holds, and how long it stays where there is little room.

    Parameters
    ----------
    key : name of its value in a row
    title : what stands above it; unique in its table
    number : whether it holds numbers: they stand to the right and are never cut or broken over lines
    unit : unit of the plain values, for files; the shown text says its own
    shown : a plain value in words; text as it is, if left out
    priority : the smaller, the longer it stays; the first column of a table always stays
    least : width under which its text is not folded [characters]
    parts : names of the values where a cell is a tuple, such as the ends of a range
    for_files : whether it stands in files alone
    """

    key: str
    title: str
    number: bool = False
    unit: str = ""
    shown: Callable[[Any], str] = str
    priority: int = 5
    least: int = 12
    folds: bool = True
    parts: tuple[str, ...] = ()
    for_files: bool = False

    def text(self, value: Any) -> str:
        """Return a value as it is shown: '' if there is none."""
        if isinstance(value, Cell):
            text = value.text
        elif isinstance(value, str):
            text = value
        elif missing(value):
            text = "-" if self.number and value is not None else ""
        else:
            text = self.shown(value)
        return legible(" ".join(text.split()) if self.folds else text)


def usd(key: str, title: str, priority: int = 5) -> Column:
    """Return a column of USD."""
    return Column(key, title, number=True, unit="" if "USD" in title else "USD", shown=money, priority=priority)


def usd_range(key: str, title: str, parts: tuple[str, str], priority: int = 5) -> Column:
    """Return a column of the two ends of a range in USD."""
    return Column(key, title, True, "USD", lambda ends: f"{money(ends[0])} to {money(ends[1])}", priority, parts=parts)


def share(key: str, title: str, priority: int = 5, digits: int = 0, unit: str = "share") -> Column:
    """Return a column of shares, 0 to 1, shown in percent."""
    return Column(key, title, number=True, unit=unit, shown=lambda x: f"{x:.{digits}%}", priority=priority)


def count(key: str, title: str, priority: int = 5, digits: int = 0, unit: str = "") -> Column:
    """Return a column of plain numbers."""
    return Column(key, title, number=True, unit=unit, shown=lambda x: f"{x:,.{digits}f}", priority=priority)


def missing(value: Any) -> bool:
    """Return whether a value is none: None, not a number, or no text."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


@dataclass(frozen=True)
class Row:
    """A row: values by the keys of its columns; how it is marked; why it is folded away unless all is asked for."""

    cells: Mapping[Any, Any]
    mark: str = ""
    folded: str = ""


@dataclass
class Table:
    """Rows under declared columns.

    Parameters
    ----------
    title : the line above it
    columns : its columns, the one that names a row first
    name : what it is called where a command prints several
    most : rows that are shown unless others are asked for; None for all
    empty : what stands there if it has no rows
    bare : whether a terminal shows its rows alone, a list without title and headings
    """

    title: str
    columns: Sequence[Column]
    name: str = ""
    most: int | None = None
    rows: list[Row] = field(default_factory=list)
    empty: str = "none"
    bare: bool = False

    def add(self, cells: Mapping[Any, Any], mark: str = "", folded: str = "") -> None:
        """Add a row; `mark` is bold or dim, `folded` says of rows that are not shown what they are."""
        self.rows.append(Row(cells, mark, folded))

    def column(self, wanted: str) -> Column | None:
        """Return the column of that title or key, whatever its capitals; None if there is none."""
        names = {column.title.casefold(): column for column in reversed(self.columns)}
        names |= {column.key.casefold(): column for column in reversed(self.columns)} | names
        return names.get(wanted.casefold().strip())

    def sorted_by(self, wanted: str) -> Table:
        """Return it in the order of a column, the least first; with a dash before the name, the largest first.

        Rows without a value come last, and so does text among numbers.

        Raises
        ------
        InputError
            if there is no such column.
        """
        column = self.column(wanted)
        falls = column is None and wanted.startswith("-")
        column = self.column(wanted[1:]) if falls else column
        if column is None:
            raise no_column(wanted, [self])
        key = column.key
        ranked = [(_rank(row.cells.get(key)), row) for row in self.rows]
        kinds = [[one for one in ranked if one[0][0] == kind] for kind in (0, 1, 2)]
        ordered = [one for kind in kinds for one in sorted(kind, key=lambda x: x[0][1], reverse=falls)]
        return Table(self.title, self.columns, self.name, self.most, [row for _, row in ordered], self.empty, self.bare)

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as plain values by the titles of the columns, their units with them."""
        out = []
        for row in self.rows:
            record: dict[str, Any] = {}
            for column in self.columns:
                record.update(zip(headings(column), values(column, row.cells.get(column.key)), strict=True))
            out.append(record)
        return out


def no_column(wanted: str, tables: Iterable[Table]) -> InputError:
    """Return the error for a column that none of the tables has, with the nearest name first."""
    titles = list(dict.fromkeys(column.title for table in tables for column in table.columns if column.title))
    bare = wanted.removeprefix("-")
    near = get_close_matches(bare.casefold(), [t.casefold() for t in titles], 1, 0.6)
    meant = next((f"did you mean {t!r}? " for t in titles if near and t.casefold() == near[0]), "")
    return InputError("--sort", wanted, f"{meant}One of: {', '.join(titles)}")


def headings(column: Column) -> list[str]:
    """Return the headings of a column in a file: a name for each value, with its unit in brackets."""
    unit = f" [{column.unit}]" if column.unit else ""
    return [f"{name}{unit}" for name in (column.parts or (column.title,))]


def values(column: Column, value: Any) -> list[Any]:
    """Return the plain values of a cell, one a heading; text stands in the first, '' where there is none."""
    if isinstance(value, Cell):
        value = value.text if missing(value.value) else value.value
    if not column.parts:
        return ["" if missing(value) else value]
    several = list(value) if isinstance(value, tuple | list) else [value, *[""] * (len(column.parts) - 1)]
    return ["" if missing(x) else x for x in several]


def _rank(value: Any) -> tuple[int, Any]:
    value = value.value if isinstance(value, Cell) else value
    value = value[0] if isinstance(value, tuple | list) and value else value
    if missing(value):
        return 2, 0
    return (1, value.casefold()) if isinstance(value, str) else (0, float(value))


@dataclass(frozen=True)
class Shown:
    """The rows of a table that are shown, and a line on the others."""

    rows: Sequence[Row]
    left_out: str = ""


def shown(table: Table, top: int | None = None, everything: bool = False) -> Shown:
    """Return the rows that are shown: the first `top`, else the table's own number, without those folded away.

    Rows are folded only where others stand; a line says how many are not shown, and why.
    """
    if everything:
        return Shown(table.rows)
    open_rows = [row for row in table.rows if not row.folded]
    pool = open_rows or table.rows
    most = table.most if top is None else top
    rows = pool if most is None else pool[:most]
    counts: dict[str, int] = {"more": len(pool) - len(rows)}
    for row in table.rows if pool is open_rows else ():
        if row.folded:
            counts[row.folded] = counts.get(row.folded, 0) + 1
    said = ", ".join(f"{n:,} {words}" for words, n in counts.items() if n)
    return Shown(rows, f"{said}: --all" if said else "")
