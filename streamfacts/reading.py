"""Reading what comes from outside: every YAML, JSON and CSV file and cell of a user, through one guarded door.

A file is a regular file of at most `MOST_BYTES`, in UTF-8. YAML is that of version 1.2, whose numbers are decimal (or
say 0x and 0o), whose truths are `true` and `false`, and whose dates are text; keys come once, nesting, aliases and the
number of values are bounded, and only plain values are built. What does not keep to this is an `InputError`.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from streamfacts.core_yaml import DEEPEST, parse_yaml, whole_number
from streamfacts.errors import InputError, unreadable

#: No file that a person keeps is larger [byte].
MOST_BYTES = 10_000_000
_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket"}


@contextlib.contextmanager
def open_regular(path: str | Path, field: str, wanted: str) -> Iterator[BinaryIO]:
    """Open a regular file to read bytes from; a pipe or device is refused without waiting for it.

    Raises
    ------
    InputError
        naming `field` and the path, with what was `wanted`.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:  # ValueError for a name with a NUL in it
        raise unreadable(field, path, wanted, error) from None
    kind = stat.S_IFMT(os.fstat(handle).st_mode)
    if kind != stat.S_IFREG:
        os.close(handle)
        if kind == stat.S_IFDIR:
            raise unreadable(field, path, wanted, IsADirectoryError())
        raise InputError(field, str(path), f"{wanted}; that is {_KINDS.get(kind, 'no file')}")
    with os.fdopen(handle, "rb") as file:
        yield file


def read_text(path: str | Path, field: str, wanted: str = "a readable UTF-8 text file") -> str:
    """Return the text of a file from outside, without a byte order mark; `InputError` if it is none or too large."""
    with open_regular(path, field, wanted) as file:
        try:
            content = file.read(MOST_BYTES + 1)
            if len(content) > MOST_BYTES:
                raise InputError(field, str(path), f"{wanted} of at most {MOST_BYTES / 1e6:g} MB; that one is larger")
            return content.decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise unreadable(field, path, wanted, error) from None


def read_mapping(path: str | Path, field: str) -> dict[str, Any]:
    """Return the one mapping that a YAML file holds; `field` names it in messages."""
    data = read_document(path, field)
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise InputError(field, str(path), "one mapping of names to values")
    return data


def read_document(path: str | Path, field: str) -> Any:
    """Return what a YAML file holds; `field` names it in messages."""
    return parse_yaml(read_text(path, field), field, str(path))


def read_cell(text: str, field: str, example: str = "{low: 5 MB/s, high: 20 MB/s}") -> Any:
    """Return a cell of a table as a YAML file would say it: a mapping in braces, true or false, else the text.

    Examples
    --------
    >>> read_cell("{low: 5 MB/s, high: 20 MB/s}", "write"), read_cell("true", "tls"), read_cell("5 MB/s", "write")
    ({'low': '5 MB/s', 'high': '20 MB/s'}, True, '5 MB/s')
    """
    text = text.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if not text.startswith("{"):
        return text
    found = parse_yaml(text, field, text, f"a mapping as in YAML, such as {example}")
    if not isinstance(found, dict):
        raise InputError(field, text, f"a mapping as in YAML, such as {example}")
    return found


def parse_json(text: str, field: str, shown: str) -> Any:
    """Return what a JSON text holds: keys once, numbers finite, nesting bounded."""
    import json

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(field, twice, f"each key once in {shown}")
        return out

    def constant(name: str) -> float:
        raise InputError(field, name, f"finite numbers in {shown}")

    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=constant, parse_int=whole_number)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        why = "it nests without end" if isinstance(error, RecursionError) else error
        raise InputError(field, shown, f"well-formed JSON ({why})") from None
    if _depth(found) > DEEPEST:
        raise InputError(field, shown, f"JSON that nests at most {DEEPEST} levels")
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a CSV file: the line that it ends on, its cells by column without the spaces around, or its problem.

    `cells` has every column of the header.
    """

    number: int
    cells: Mapping[str, str]
    problem: InputError | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file: its columns, and its rows but for empty ones."""

    header: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def sound(self) -> tuple[Line, ...]:
        """The rows; raises the `InputError` of the first that is none."""
        for line in self.lines:
            if line.problem is not None:
                raise line.problem
        return self.lines


def read_csv(path: str | Path, field: str, *, ragged: bool = False) -> Table:
    """Return the rows of a CSV file with a header.

    Parameters
    ----------
    path : the file
    field : names it in messages
    ragged : whether cells that are missing at the end of a row are empty ones; else that row has a problem

    Raises
    ------
    InputError
        for a file that is no such CSV, or has a column twice. A row with cells too few or too many keeps its problem.
    """
    import csv
    import io

    path = Path(path)
    wanted = "a readable CSV file"
    text = read_text(path, field, wanted)
    if "\0" in text:
        raise InputError(field, str(path), f"{wanted}; that one has a NUL in it")
    lines: list[Line] = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
        header = tuple(name.strip() for name in next(reader, []))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            problem = None
            if len(cells) > len(header) or (len(cells) < len(header) and not ragged):
                wrong = f"{len(header)} fields, as in the header"
                problem = InputError(f"{path.name} row {reader.line_num}", f"{len(cells)} fields", wrong)
            padded = [cell.strip() for cell in cells] + [""] * (len(header) - len(cells))
            lines.append(Line(reader.line_num, dict(zip(header, padded, strict=False)), problem))
    except csv.Error as error:
        raise unreadable(field, path, wanted, error) from None
    for name in header:
        if name and header.count(name) > 1:
            raise InputError(f"{path.name}: columns", name, "each column once")
    return Table(header, tuple(lines))


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        depth += 1
    return depth


__all__ = [
    "MOST_BYTES",
    "Line",
    "Table",
    "open_regular",
    "parse_json",
    "read_cell",
    "read_csv",
    "read_document",
    "read_mapping",
    "read_text",
]
