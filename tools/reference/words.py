"""Markdown of the reference: text that is safe in it, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(`+)(?:.(?!\1))*.\1", re.S)


def plain(text: str) -> str:
    """Return text in which no sign is taken for a tag, but for what stands in backticks.

    Examples
    --------
    >>> plain("a <name> and `<name>`")
    'a &lt;name> and `<name>`'
    """
    out, end = [], 0
    for code in _CODE.finditer(text):
        out += [text[end : code.start()].replace("<", "&lt;"), code[0]]
        end = code.end()
    return "".join([*out, text[end:].replace("<", "&lt;")])


def in_cell(text: str) -> str:
    """Return text for a cell of a table: on one line, its bars escaped.

    Examples
    --------
    >>> in_cell("producer |\\n broker")
    'producer \\\\| broker'
    """
    return " ".join(plain(text).split()).replace("|", r"\|")


def code(text: object) -> str:
    """Return text as code, '' for nothing."""
    words = str(text)
    fence = "``" if "`" in words else "`"
    return f"{fence}{words}{fence}" if words else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; '' without rows."""
    lines = ["| " + " | ".join(in_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *lines]) if lines else ""


def blocks(parts: Iterable[str]) -> str:
    """Return the parts that are not empty, an empty line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"
