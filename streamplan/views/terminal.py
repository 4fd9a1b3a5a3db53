"""Tables and sentences as lines of a terminal: no line is longer than the terminal is wide, and no number is cut.

Written here, not with a library: what goes first where there is no room, and that no number is ever broken, is what a
reader of costs needs, and a start of the program is a tenth of a second shorter.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Sequence

from streamplan.views.tables import Column, Row, Shown, Table, shown

#: Width of what is printed to a file or a pipe, where COLUMNS does not say another [characters].
WIDTH_OF_A_PIPE = 160
#: Least width that is laid out for [characters].
LEAST_WIDTH = 40
#: Longest word that a column is widened for; longer ones are broken at a sign [characters].
LONGEST_WORD = 24
_INDENT, _GAP = "  ", "  "
_CODES = {"bold": "\x1b[1m", "dim": "\x1b[2m"}
_PIECES = re.compile(r"(?<=[^\W\d])(?=\d)|(?<=[/_:;=?&-])(?=\D)|(?<=[.])(?=[^\W\d])")


def width() -> int:
    """Return how wide a line may be: COLUMNS, else the terminal's width, else that of a pipe."""
    said = os.environ.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and int(said) > 0:
        return max(int(said), LEAST_WIDTH)
    if not sys.stdout.isatty():
        return WIDTH_OF_A_PIPE
    return max(shutil.get_terminal_size((80, 24)).columns, LEAST_WIDTH)


def width_if_told() -> int | None:
    """Return how wide a line may be where COLUMNS or a terminal says so; None for a file or a pipe."""
    return width() if sys.stdout.isatty() or os.environ.get("COLUMNS") else None


def coloured() -> bool:
    """Return whether rows may be marked: on a terminal, unless NO_COLOR is set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def table_lines(table: Table, wide: int, rows: Shown | None = None, marks: bool = False) -> list[str]:
    """Return a table as lines of at most so many characters.

    Columns that do not fit go by their priority, and a last line names them. Text folds; a number is shown whole.

    Parameters
    ----------
    table : what is shown
    wide : longest line [characters]
    rows : the rows of it that are shown; those of `shown` if left out
    marks : whether bold and dim rows are marked so, with the codes of a terminal
    """
    picked = rows or shown(table)
    if not picked.rows:
        return [*fold(table.title, wide), "", *fold(table.empty, wide, _INDENT)]
    shown_at_all = [column for column in table.columns if not column.for_files]
    texts = [[column.text(row.cells.get(column.key)) for column in shown_at_all] for row in picked.rows]
    indent = "" if table.bare else _INDENT
    room = wide - len(indent)
    kept = _kept(shown_at_all, texts, room)
    columns = [shown_at_all[i] for i in kept]
    cells = [[row[i] for i in kept] for row in texts]
    widths = _widths(columns, cells, room)
    lines: list[str] = []
    if not table.bare:
        heads = _beside(columns, [column.title for column in columns], widths, indent, heading=True)
        rule = indent + _rule() * (sum(widths) + len(_GAP) * (len(widths) - 1))
        lines = [*fold(table.title, wide), "", *heads, rule]
    for row, text in zip(picked.rows, cells, strict=True):
        lines += [_marked(line, row, marks) for line in _beside(columns, text, widths, indent)]
    if picked.left_out:
        lines += fold(picked.left_out, wide, _INDENT)
    there = [i for i in range(len(shown_at_all)) if i not in kept and any(row[i] for row in texts)]
    if gone := [shown_at_all[i].title for i in there]:
        lines += fold(f"columns left out at this width: {', '.join(gone)}", wide, _INDENT)
    return lines


def fold(text: str, wide: int, indent: str = "", further: str | None = None) -> list[str]:
    """Return a text in lines of at most so many characters; words and numbers stay whole where they fit.

    Examples
    --------
    >>> fold("9 x express.m7g.4xlarge, split by partitions", 23)
    ['9 x', 'express.m7g.4xlarge,', 'split by partitions']
    """
    further = indent if further is None else further
    lines, line, bare = [], indent, True
    for word in text.split():
        for i, piece in enumerate(_pieces(word, wide - max(len(indent), len(further)))):
            gap = "" if bare or i else " "
            if not bare and cells_of(line) + len(gap) + cells_of(piece) > wide:
                lines.append(line)
                line, gap = further, ""
            line += gap + piece
            bare = False
    return [*lines, line] if not bare else lines or [""]


def cells_of(text: str) -> int:
    """Return how many places of a terminal a text takes: two for a wide character, none for one that combines."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pieces(word: str, wide: int) -> list[str]:
    """A word that does not fit, broken at its signs, and if it has none anywhere but between two digits."""
    if cells_of(word) <= wide:
        return [word]
    out: list[str] = []
    for part in _PIECES.split(word):
        while cells_of(part) > wide:
            end = max(1, wide if part.isascii() else wide // 2)
            while end > 1 and part[end - 1 : end + 1].replace(".", "").replace(",", "").isdigit():
                end -= 1
            if end == 1:  # one long number: it stays whole
                break
            out.append(part[:end])
            part = part[end:]
        out.append(part)
    return out


def _longest(text: str) -> int:
    return max((cells_of(word) for word in text.split()), default=0)


def _of_heading(title: str) -> int:
    """The narrowest that a heading is in two lines."""
    narrow = _longest(title)
    while len(fold(title, narrow)) > 2:
        narrow += 1
    return narrow


def _least(column: Column, texts: Sequence[str], first: bool) -> int:
    """The narrowest that a column can be: its numbers whole, its words whole up to a length."""
    head = _of_heading(column.title)
    widest = max((cells_of(text) for text in texts), default=0)
    if column.number or not column.folds:
        return max(head, widest)
    words = min(max((_longest(text) for text in texts), default=0), LONGEST_WORD)
    words += first and words < widest  # further lines of what names a row stand one to the right
    return max(head, words, min(column.least, widest))


def _kept(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Positions of the columns that fit beside each other, those of least priority left out."""
    least = [_least(column, [row[i] for row in rows], i == 0) for i, column in enumerate(columns)]
    empty = [all(not row[i] for row in rows) for i in range(len(columns))]
    order = sorted(range(1, len(columns)), key=lambda i: (columns[i].priority, i))
    kept, used = [0], min(least[0], room)
    for i in order:
        if empty[i] and rows:
            continue
        if used + len(_GAP) + least[i] > room:
            break
        kept.append(i)
        used += len(_GAP) + least[i]
    return sorted(kept)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int) -> list[int]:
    """Widths that fill the room: what is left over goes to text that folds, by how much of it there is."""
    by_column = [[row[i] for row in rows] for i in range(len(columns))]
    widths = [_least(c, texts, i == 0) for i, (c, texts) in enumerate(zip(columns, by_column, strict=True))]
    widths[0] = min(widths[0], room)
    natural = [max((cells_of(text) for text in texts), default=0) for texts in by_column]
    amount = [sum(map(cells_of, texts)) for texts in by_column]
    heads = [cells_of(column.title) for column in columns]
    spare = room - sum(widths) - len(_GAP) * (len(widths) - 1)
    text, titles = (natural, amount), ([max(pair) for pair in zip(widths, heads, strict=True)], heads)
    short = sum(goal - wide for goal, wide in zip(titles[0], widths, strict=True))
    for goal, weight in (titles, text) if 2 * short <= spare else (text, titles):
        while spare > 0 and (narrow := [i for i, w in enumerate(widths) if w < goal[i]]):
            most = max(narrow, key=lambda i: weight[i] / widths[i])
            widths[most] += 1
            spare -= 1
    return widths


def _beside(
    columns: Sequence[Column], texts: Sequence[str], widths: Sequence[int], indent: str, heading: bool = False
) -> list[str]:
    """The lines of one row: each cell folded in its column; headings stand at the bottom."""
    cells = [
        fold(text, wide, further=" " if i == 0 and wide > LONGEST_WORD // 2 and not heading else "")
        if heading or (column.folds and not column.number) or cells_of(text) > wide
        else [text]
        for i, (column, text, wide) in enumerate(zip(columns, texts, widths, strict=True))
    ]
    high = max(map(len, cells))
    padded = [[""] * (high - len(cell)) + cell if heading else cell + [""] * (high - len(cell)) for cell in cells]
    lines = []
    for parts in zip(*padded, strict=True):
        placed = [_placed(part, wide, c.number) for part, wide, c in zip(parts, widths, columns, strict=True)]
        lines.append((indent + _GAP.join(placed)).rstrip())
    return lines


def _placed(text: str, wide: int, right: bool) -> str:
    pad = " " * max(0, wide - cells_of(text))
    return pad + text if right else text + pad


def _rule() -> str:
    try:
        "─".encode(sys.stdout.encoding or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return "-"
    return "─"


def _marked(line: str, row: Row, marks: bool) -> str:
    return f"{_CODES[row.mark]}{line}\x1b[0m" if marks and row.mark else line
