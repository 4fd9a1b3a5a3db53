"""What our workbooks share: an XLSX file in memory, its formats, and cells whose text can never become a formula."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from io import BytesIO
from math import ceil
from typing import Any

from streamfacts.errors import InputError
from streamplan import __version__

#: Most characters that a cell of a spreadsheet holds.
LONGEST = 32_767

#: Height of a line of text [points], and how many characters fit where a column says ten, by size of type.
LINE, PER_TEN = 15, {9: 12.0, 11: 10.5}

_MONEY, _PRICE, _NUMBER, _SHARE = "#,##0.00", "#,##0.00########", "#,##0.00####", "0%"
_FORMATS: dict[str, dict[str, Any]] = {
    "text": {"text_wrap": True, "align": "left", "indent": 1},
    "word": {"align": "left", "indent": 1},
    "note": {"text_wrap": True, "align": "left", "indent": 1, "font_color": "#57606A", "font_size": 9},
    "source": {"align": "left", "indent": 1, "font_color": "#57606A", "font_size": 9},
    "title": {"bold": True, "font_size": 16},
    "headline": {"bold": True, "font_size": 13, "font_color": "#0072B2"},
    "label": {"bold": True, "text_wrap": True},
    "header": {"bold": True, "align": "left", "indent": 1, "text_wrap": True, "bottom": 2, "bg_color": "#F0F3F6"},
    "header right": {"bold": True, "text_wrap": True, "bottom": 2, "bg_color": "#F0F3F6", "align": "right"},
    "money": {"num_format": _MONEY},
    "money total": {"num_format": _MONEY, "bold": True, "top": 1},
    "word total": {"bold": True, "top": 1},
    "number": {"num_format": _NUMBER},
    "number, large": {"num_format": "#,##0"},
    "share": {"num_format": _SHARE},
    "input": {"num_format": _PRICE, "font_color": "#0000C0", "bg_color": "#FFF9D6", "border": 1},
    "input number": {"num_format": _NUMBER, "font_color": "#0000C0", "bg_color": "#FFF9D6", "border": 1},
    "input number, large": {"num_format": "#,##0", "font_color": "#0000C0", "bg_color": "#FFF9D6", "border": 1},
    "choice": {"num_format": "0", "font_color": "#0000C0", "bg_color": "#FFF9D6", "border": 1, "align": "left"},
    "best": {"bold": True, "bg_color": "#E6F3EC", "text_wrap": True},
    "best money": {"bold": True, "bg_color": "#E6F3EC", "num_format": _MONEY, "align": "left"},
}

#: Parts of a format that show in a cell without a value.
_SEEN_EMPTY = {"bg_color", "border", "top", "bottom"}


class Style:
    """A format of cells, `plain`, with another for large numbers where it has one, and what its looks mean for a sheet.

    `per_ten` characters fit where a column says ten, 0 for text that does not wrap; `seen_empty` if it shows without a
    value.
    """

    def __init__(self, plain: Any, large: Any, looks: dict[str, Any]) -> None:
        self.plain, self.large = plain, large or plain
        self.per_ten = PER_TEN[looks.get("font_size", 11)] if looks.get("text_wrap") else 0.0
        self.seen_empty = bool(_SEEN_EMPTY & looks.keys())

    def of(self, value: Any) -> Any:
        """Return the format of a value."""
        return self.large if isinstance(value, (int, float)) and abs(value) >= 1000 else self.plain


class Sheet:
    """One sheet: cells by zero-based row and column, each with the name of a format."""

    def __init__(
        self, book: Book, name: str, widths: Sequence[float], *, paper: str = "A4", tall: bool = False
    ) -> None:
        self.book, self.name, self.sheet = book, name, book.file.add_worksheet(name)
        self.widths, self.lines = widths, dict[int, int]()
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self.sheet.set_paper({"A4": 9, "A3": 8}[paper])
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&L&F, &A&RPage &P of &N")
        if not tall:
            self.sheet.set_landscape()

    def put(self, row: int, column: int, value: Any, style: str = "text") -> None:
        """Write a value: numbers as numbers, None as an empty cell, all else as text, whatever it begins with."""
        looks = self.book.styles[style]
        if value is None or value == "" or value != value:
            if looks.seen_empty:
                self.sheet.write_blank(row, column, None, looks.plain)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            self.sheet.write_number(row, column, value, looks.of(value))
        else:
            text = str(value)[:LONGEST]
            self.sheet.write_string(row, column, text, looks.plain)
            if looks.per_ten:
                self._make_room(row, column, text, looks.per_ten)

    def _make_room(self, row: int, column: int, text: str, per_ten: float) -> None:
        """Grow the row, as no reader does it by itself, for text that wraps."""
        width = (self.widths[column] - 2) * per_ten / 10
        lines = sum(max(1, ceil(len(part) / width)) for part in text.split("\n"))
        if lines > self.lines.get(row, 1):
            self.lines[row] = lines
            self.sheet.set_row(row, LINE * lines)

    def formula(self, row: int, column: int, formula: str, value: Any, style: str = "money") -> None:
        """Write a formula with its value beside it, which a reader that does not calculate shows."""
        looks = self.book.styles[style].of(value)
        self.sheet.write_formula(row, column, formula, looks, "" if value is None else value)

    def link(self, row: int, column: int, address: str, text: str) -> None:
        """Write a link to a file beside the workbook or a sheet in it."""
        self.sheet.write_url(row, column, address, self.book.file.get_default_url_format(), text[:255])

    def table(self, top: int, headers: Sequence[str], *, right: Sequence[int] = (), bottom: int | None = None) -> None:
        """Write a row of headers that stays in sight; with `bottom`, the last row, with buttons to filter by."""
        for column, text in enumerate(headers):
            self.put(top, column, text, "header right" if column in right else "header")
        self.sheet.freeze_panes(top + 1, 1)
        self.sheet.repeat_rows(top)
        if bottom is not None and bottom > top:
            self.sheet.print_area(0, 0, bottom, len(headers) - 1)
            self.sheet.autofilter(top, 0, bottom, len(headers) - 1)

    def row(self, row: int, values: Sequence[Any], styles: Sequence[str], *, start: int = 0) -> None:
        """Write values side by side from column `start` on, each with its format."""
        for column, (value, style) in enumerate(zip(values, styles, strict=True), start=start):
            self.put(row, column, value, style)


class Book:
    """A workbook in memory; the same content gives the same bytes."""

    def __init__(self, title: str, on: dt.date) -> None:
        try:
            import xlsxwriter
        except ImportError:
            raise InputError("--format", "xlsx", "the package xlsxwriter: pip install 'streamplan[excel]'") from None
        self._buffer = BytesIO()
        self.file = xlsxwriter.Workbook(
            self._buffer,
            {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        midnight = dt.datetime(on.year, on.month, on.day)
        self.file.set_properties({"title": title[:255], "comments": f"streamplan {__version__}", "created": midnight})
        base = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
        formats = {name: self.file.add_format({**base, **own}) for name, own in _FORMATS.items()}
        self.styles = {
            name: Style(found, formats.get(f"{name}, large"), _FORMATS[name]) for name, found in formats.items()
        }

    def sheet(self, name: str, widths: Sequence[float], *, paper: str = "A4", tall: bool = False) -> Sheet:
        """Add a sheet with columns of these widths [characters]; landscape unless `tall`."""
        return Sheet(self, name, widths, paper=paper, tall=tall)

    def define(self, name: str, cell: str) -> None:
        """Give a cell a name that formulas and people can use, such as `horizon_months`."""
        self.file.define_name(name, f"={cell}")

    def bytes(self) -> bytes:
        """Close the workbook and return the file."""
        self.file.close()
        return self._buffer.getvalue()


def cell(row: int, column: int, sheet: str = "") -> str:
    """Return the absolute address of a zero-based cell.

    Examples
    --------
    >>> cell(6, 11), cell(0, 26, "Bill")
    ('$L$7', 'Bill!$AA$1')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return (f"{sheet}!" if sheet else "") + f"${letters}${row + 1}"
