"""Reading `data/`: where it is, tables with the provenance of every row, single facts with their source.

`data/` lies beside the packages in a checkout and inside this package in a wheel. The environment variable
`STREAMPLAN_DATA` points to a folder of the same shape to use instead.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from streamfacts.errors import InputError, MissingFact, unreadable

CONFIDENCE = ("high", "medium", "low")
_PARTIAL_DATE = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


def data_dir() -> Path:
    """Return the folder that holds the tables.

    Raises
    ------
    MissingFact
        if neither the wheel's own copy nor the checkout's `data/` is there.
    """
    return _data_dir(os.environ.get("STREAMPLAN_DATA"))


@cache
def _data_dir(override: str | None) -> Path:
    here = Path(__file__).resolve().parent
    candidates = [Path(override)] if override else [here / "_data", here.parent / "data"]
    for folder in candidates:
        if (folder / "prices").is_dir():
            return folder
    raise MissingFact(f"no data folder with prices/ found; looked at {', '.join(map(str, candidates))}")


def parse_as_of(text: Any) -> dt.date:
    """Return the first day of an ISO date that may lack its day or month ("2026-08" gives 2026-08-01).

    The first day is the cautious reading: a price known only to be of a year counts as old as it may be.
    """
    match = _PARTIAL_DATE.match(str(text).strip())
    if not match:
        raise InputError("as_of", text, "an ISO date: 2026-08-20, 2026-08 or 2026")
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise InputError("as_of", text, "an ISO date: 2026-08-20, 2026-08 or 2026") from None


def check_past(as_of: Any, field: str, on: dt.date | None = None) -> None:
    """Raise `InputError` for a date ahead of today, or of a day; the next one passes, as it has begun east of here."""
    today = on or dt.date.today()
    if parse_as_of(as_of) > today + dt.timedelta(days=1):
        raise InputError(field, as_of, f"a day that has been; today is {today}")


@dataclass(frozen=True, slots=True)
class Fact:
    """One number out of `data/` with what a reader needs to check it."""

    name: str
    value: float
    unit: str
    source: str
    as_of: str
    confidence: str
    note: str = ""

    def __float__(self) -> float:
        return float(self.value)

    @property
    def cited(self) -> str:
        """Source, date and confidence in one line."""
        return f"{self.source} [{self.as_of}, {self.confidence} confidence]"


#: One row of a table, column to cell: text (`''` where it is blank), or a float (NaN where it is blank).
Row = Mapping[str, Any]
#: The kinds of column that `data/columns.csv` declares.
TEXT, NUMBER = "text", "number"
#: A line of `data/columns.csv` with this as its table, or its column, is about every other one.
EVERY = "*"


@dataclass(frozen=True, slots=True)
class Column:
    """What `data/columns.csv` declares of a column: its kind, the unit of its numbers ('' for none), what it means."""

    kind: str
    unit: str
    meaning: str


@cache
def _declared() -> dict[str, dict[str, Column]]:
    """Each declared column, by the table or its file's name, the folder of tables (``prices/``) or `EVERY`."""
    out: dict[str, dict[str, Column]] = {}
    with (data_dir() / "columns.csv").open(newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle, strict=True):
            if row["kind"] not in (TEXT, NUMBER):
                raise InputError(f"columns.csv: kind of {row['column']}", row["kind"], f"{TEXT} or {NUMBER}")
            out.setdefault(row["table"], {})[row["column"]] = Column(row["kind"], row["unit"], row["meaning"])
    return out


def declared_column(table: str, column: str) -> Column:
    """Return what `data/columns.csv` declares of a column of a table.

    Raises
    ------
    InputError
        for a column that is not declared, neither for the table nor for its folder nor for every table.

    Examples
    --------
    >>> declared_column("prices/confluent", "tier_from").unit
    'unit/month'
    """
    known = _declared()
    folder, _, file = table.rpartition("/")
    places = (table, file, f"{folder}/", EVERY)
    for place in places:
        if column in known.get(place, ()):
            return known[place][column]
    for place in places:
        if EVERY in known.get(place, ()):
            return known[place][EVERY]
    raise InputError(f"{table}.csv: column", column, "one that data/columns.csv declares as text or number")


def kind_of_column(table: str, column: str) -> str:
    """Return whether a column of a table holds text or numbers; raises as `declared_column`."""
    return declared_column(table, column).kind


def read_rows(name: str) -> tuple[Row, ...]:
    """Return the rows of `data/<name>.csv` with their declared types, checked for provenance (shared: do not write).

    Text is text whatever it looks like and `''` where it is blank; a number is a float, NaN where it is blank.

    Raises
    ------
    MissingFact
        if the table is not there.
    InputError
        if a column is not declared, a line has more or fewer cells than the header, a cell of a number column is no
        number, or a row lacks `source` or `as_of`, or its `confidence` is not high, medium or low.

    Examples
    --------
    >>> row = read_rows("regions")[0]
    >>> row["region"], row["provider"]
    ('us-east-1', 'aws')
    """
    return _rows(data_dir(), name)


def read_columns(name: str) -> Mapping[str, Sequence[Any]]:
    """Return the columns of `data/<name>.csv`, cells as in `read_rows` (shared: do not write).

    Raises
    ------
    MissingFact, InputError
        as `read_rows`.
    """
    return columns_in(data_dir(), name)


@cache
def _rows(folder: Path, name: str) -> tuple[Row, ...]:
    columns = columns_in(folder, name)
    return tuple(dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True))


@cache
def columns_in(folder: Path, name: str) -> Mapping[str, Sequence[Any]]:
    """Return the columns of a table of a data folder; see `read_columns`."""
    path = folder / f"{name}.csv"
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            header, *lines = csv.reader(handle, strict=True)
    except FileNotFoundError:
        raise MissingFact(f"no table {path.name} in {path.parent}") from None
    except (OSError, ValueError, csv.Error) as error:
        raise unreadable("table", path, "a readable CSV file with a header", error) from None
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            raise InputError(f"{path.name} row {number}", f"{len(line)} cells", f"{len(header)}, as in the header")
    cells = list(zip(*lines, strict=True)) or [()] * len(header)
    out: dict[str, Sequence[Any]] = {}
    for column, texts in zip(header, cells, strict=True):
        number_column = kind_of_column(name, column) == NUMBER
        out[column] = _numbers(path.name, column, texts) if number_column else texts
    check_provenance(out, path.name)
    return out


def _numbers(table: str, column: str, texts: Sequence[str]) -> tuple[float, ...]:
    out = []
    for number, text in enumerate(texts, 2):
        try:
            value = float(text) if text else math.nan
        except ValueError:
            value = math.nan
        if text and not math.isfinite(value):
            raise InputError(f"{table} row {number}: {column}", text, "a finite number, or nothing")
        out.append(value)
    return tuple(out)


def read_table(name: str) -> Any:
    """Return `data/<name>.csv` as a DataFrame of the same cells as `read_rows` (shared: copy before you write).

    This is the door for whoever analyses a table; what only looks rows up reads them without pandas.

    Raises
    ------
    MissingFact, InputError
        as `read_rows`.
    """
    return _frame(data_dir(), name)


@cache
def _frame(folder: Path, name: str) -> Any:
    import pandas as pd

    return pd.DataFrame({column: list(cells) for column, cells in columns_in(folder, name).items()})


def check_provenance(columns: Mapping[str, Sequence[Any]], table: str) -> None:
    """Raise `InputError` for the first row without a source, a readable date or a known confidence.

    Parameters
    ----------
    columns : the cells of each column by its name
    table : the file, to name it in the message
    """
    for column in ("source", "as_of"):
        if column not in columns:
            raise InputError(f"{table}: columns", list(columns), f"a column {column!r} on every table")
        for number, text in enumerate(columns[column], 2):
            if not text.strip():
                raise InputError(f"{table} row {number}: {column}", text, "a value on every row")
    for text in dict.fromkeys(columns["as_of"]):
        parse_as_of(text)
    bad = sorted(set(columns.get("confidence", ())) - set(CONFIDENCE))
    if bad:
        raise InputError(f"{table}: confidence", bad[0], ", ".join(CONFIDENCE))


@cache
def _facts(table: str, key: str) -> dict[tuple[str, ...], Fact]:
    keys = key.split("/")
    out = {}
    for row in read_rows(table):
        index = tuple(row[k] for k in keys)
        out[index] = Fact(
            " ".join(index),
            row["value"],
            row["unit"],
            row["source"],
            row["as_of"],
            row["confidence"],
            row.get("note", ""),
        )
    return out


def assumption(name: str) -> Fact:
    """Return one constant of `data/model/assumptions.csv`, such as the size of a record batch header."""
    try:
        return _facts("model/assumptions", "name")[(name,)]
    except KeyError:
        raise MissingFact(f"no assumption {name!r} in data/model/assumptions.csv") from None


@cache
def _limits(provider: str) -> dict[tuple[str, str], list[tuple[str, Fact]]]:
    """Each limit of each offer, by the resource it is about."""
    out: dict[tuple[str, str], list[tuple[str, Fact]]] = {}
    for (offer, name, resource), fact in _facts(f"limits/{provider}", "offer/limit/resource").items():
        out.setdefault((offer, name), []).append((resource, fact))
    return out


def limit(provider: str, offer: str, name: str, resource: str | None = None) -> Fact:
    """Return one quota or hard limit of `data/limits/<provider>.csv`; arguments are in the order of its columns.

    `resource` picks a row where the limit differs by region, size or scope; otherwise the offer's only row is meant.
    """
    facts = _facts(f"limits/{provider}", "offer/limit/resource")
    if resource is not None and (offer, name, resource) in facts:
        return facts[offer, name, resource]
    rows = [fact for r, fact in _limits(provider).get((offer, name), ()) if resource in (None, r)]
    if len(rows) != 1:
        raise MissingFact(f"{len(rows)} rows for limit {name!r} of {offer!r} (resource {resource!r})")
    return rows[0]


#: The region of prices that their vendor lists as the same everywhere.
ANY_REGION = "any"


@cache
def _regions() -> dict[str, Row]:
    return {row["region"]: row for row in read_rows("regions")}


def other_region(region: str) -> str | None:
    """Return the first main region of the same provider in another area of the same continent, None without one.

    Examples
    --------
    >>> other_region("us-east-1"), other_region("eastus"), other_region("us-central1")
    ('us-west-2', 'westus2', 'us-west1')
    """
    here = _regions()[region]
    part = here["area"].split("-")[0]
    for name, row in _regions().items():
        same = row["provider"] == here["provider"] and part and row["area"].split("-")[0] == part
        if same and row["main"] == "yes" and row["area"] != here["area"]:
            return name
    return None


@cache
def regions() -> dict[str, str]:
    """Return the known regions, name to provider."""
    return {name: row["provider"] for name, row in _regions().items()}


def counterpart(region: str, provider: str) -> str | None:
    """Return a provider's region for a workload's: itself, or the main one of the same area; None if there is none.

    Examples
    --------
    >>> counterpart("us-east-1", "aws"), counterpart("us-east-1", "azure"), counterpart("eu-west-1", "gcp")
    ('us-east-1', 'eastus', 'europe-west1')
    """
    row = _regions()[region]
    if row["provider"] == provider:
        return region
    for name, other in _regions().items():
        if row["area"] and (other["provider"], other["area"], other["main"]) == (provider, row["area"], "yes"):
            return name
    return None
