"""A table for other programs: CSV with its numbers in full, Markdown for a pull request."""

from __future__ import annotations

import csv
import io
from typing import Any

from streamplan.views.tables import Table, headings, shown, values


def as_csv(table: Table, top: int | None = None) -> str:
    """Return a table as CSV: names with their units, every row and column, numbers with all their digits."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([name for column in table.columns for name in headings(column)])
    for row in table.rows if top is None else table.rows[:top]:
        cells = [value for column in table.columns for value in values(column, row.cells.get(column.key))]
        lines.writerow([_plain(value) for value in cells])
    return text.getvalue()


def as_markdown(table: Table, top: int | None = None, everything: bool = False) -> str:
    """Return a table as Markdown: the rows and words of the terminal, with every column."""
    picked = shown(table, top, everything)
    if not picked.rows:
        return f"**{escaped(table.title)}**\n\n{table.empty}\n"
    columns = [c for c in table.columns if any(c.text(row.cells.get(c.key)) for row in picked.rows)]
    lines = [
        f"**{escaped(table.title)}**",
        "",
        _line([c.title for c in columns]),
        _line(["---:" if c.number else "---" for c in columns]),
        *(_line([c.text(row.cells.get(c.key)) for c in columns]) for row in picked.rows),
    ]
    if picked.left_out:
        lines += ["", picked.left_out]
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        # a cell that begins like a formula would be run by a spreadsheet that opens the file
        return f"'{value}" if value[:1] in ("=", "+", "-", "@") else value
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(escaped(cell) for cell in cells)} |"


def escaped(text: str) -> str:
    """Return a text in which nothing is markup of Markdown, on one line.

    Examples
    --------
    >>> escaped("a_b <c>")
    'a\\\\_b \\\\<c\\\\>'
    """
    flat = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in flat)
