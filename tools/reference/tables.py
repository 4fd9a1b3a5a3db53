"""The tables of facts: what each column means as `data/columns.csv` declares it, and what the files hold."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from streamfacts import data_dir
from streamfacts.tables import NUMBER, declared_column
from tools.reference.words import blocks, code, table

#: A column with no more different values is told by them.
FEW = 6
#: A value that is longer is no example.
LONG = 40
#: So many tables with the same columns are told by their folder.
SEVERAL = 3
#: It declares the columns of the others.
DECLARATION = "columns.csv"

Rows = list[dict[str, str]]


def files() -> list[Path]:
    """Return the tables of `data/`, sorted by name."""
    return sorted(set(data_dir().rglob("*.csv")) - {data_dir() / DECLARATION})


def name_of(path: Path) -> str:
    """Return the name of a table, by which it is read."""
    return path.relative_to(data_dir()).with_suffix("").as_posix()


def _read(path: Path) -> tuple[tuple[str, ...], Rows]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        rows = list(reader)
    return tuple(reader.fieldnames or ()), rows


def _values(values: list[str], number: bool) -> str:
    different = list(dict.fromkeys(values))
    if number and len(different) > FEW:
        ordered = sorted(different, key=float)
        return f"{code(ordered[0])} to {code(ordered[-1])}"
    if len(different) <= FEW and all(len(value) <= LONG for value in different):
        return ", ".join(map(code, different))
    short = next((value for value in different if len(value) <= LONG), "")
    return f"such as {code(short)}" if short else ""


def _row(name: str, column: str, rows: Rows) -> tuple[str, str, str, str, str]:
    """Name of a column, what it means, the unit, in how many rows it is filled in, and with what."""
    declared = declared_column(name, column)
    values = [row[column] for row in rows if row[column]]
    filled = "" if len(values) == len(rows) else f"in {len(values):,} of {len(rows):,}: "
    told = filled + _values(values, declared.kind == NUMBER)
    return code(column), declared.meaning, declared.unit, declared.kind, told


def _dates(rows: Rows) -> str:
    dates = sorted(row["as_of"] for row in rows if row.get("as_of"))
    if not dates:
        return ""
    return f", of {dates[0]}" if dates[0] == dates[-1] else f", of {dates[0]} to {dates[-1]}"


def _sections() -> Iterator[str]:
    # tables of one folder with the same columns are one thing in several files
    groups: dict[tuple[Path, tuple[str, ...]], list[tuple[Path, Rows]]] = {}
    for path in files():
        columns, rows = _read(path)
        kind = path if path.parent == data_dir() else path.parent
        groups.setdefault((kind, columns), []).append((path, rows))
    for (folder, columns), members in groups.items():
        paths = [f"data/{name_of(path)}.csv" for path, _ in members]
        rows = [row for _, part in members for row in part]
        several = f"`data/{folder.name}/`: {len(paths)} tables"
        yield "## " + (", ".join(map(code, paths)) if len(paths) < SEVERAL else several)
        counts = ", ".join(f"{code(name)} ({len(part):,})" for name, (_, part) in zip(paths, members, strict=True))
        yield f"{len(rows):,} rows{_dates(rows)}." + (f" {counts}." if len(paths) > 1 else "")
        name = name_of(members[0][0])
        yield table(["column", "what it is", "unit", "kind", "values"], [_row(name, c, rows) for c in columns])


def markdown() -> str:
    """Return a section for each table, or for the tables of a folder that have the same columns."""
    return blocks(_sections())
