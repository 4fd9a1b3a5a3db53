"""A grid: a table of text for a terminal or for Markdown, made once for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streamplan.views.tables import Column, Table


@dataclass(frozen=True, slots=True)
class Grid:
    """A title, columns with whether they hold numbers, and rows of as many texts."""

    title: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]

    def table(self) -> Table:
        """Return it for a terminal."""
        columns = [Column(str(i), name, number, priority=min(i, 5)) for i, (name, number) in enumerate(self.columns)]
        out = Table(self.title, columns)
        for row in self.rows:
            out.add({str(i): text for i, text in enumerate(row)})
        return out

    def markdown(self) -> str:
        """Return it as Markdown, its title in bold above.

        Examples
        --------
        >>> print(Grid("Costs", (("offer", False), ("USD", True)), (("a|b", "1"),)).markdown())
        **Costs**
        <BLANKLINE>
        | offer | USD |
        | --- | ---: |
        | a\\|b | 1 |
        """
        head = [name for name, _ in self.columns]
        rule = ["---:" if number else "---" for _, number in self.columns]
        rows = [_row(cells) for cells in (head, rule, *self.rows)]
        return "\n".join([f"**{escaped(self.title)}**", "", *rows])


def _row(cells: Sequence[str]) -> str:
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


__all__ = ["Grid", "escaped"]
