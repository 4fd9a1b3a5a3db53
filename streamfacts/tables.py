"""Reading `data/`: where it is, tables with the provenance of every row, single facts with their source.

`data/` lies beside the packages in a checkout and inside this package in a wheel. The environment variable
`STREAMPLAN_DATA` points to a folder of the same shape to use instead.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from streamfacts.errors import InputError, MissingFact

CONFIDENCE = ("high", "medium", "low")
_PARTIAL_DATE = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


def data_dir() -> Path:
    """Return the folder that holds the tables.

    Raises
    ------
    MissingFact
        if neither the wheel's own copy nor the checkout's `data/` is there.
    """
    override = os.environ.get("STREAMPLAN_DATA")
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


@cache
def read_table(name: str) -> Any:
    """Return `data/<name>.csv` as a DataFrame, checked for the provenance columns (shared: copy before you write).

    Raises
    ------
    MissingFact
        if the table is not there.
    InputError
        if a row lacks `source` or `as_of`, or its `confidence` is not high, medium or low.
    """
    import pandas as pd

    path = data_dir() / f"{name}.csv"
    if not path.is_file():
        raise MissingFact(f"no table {name}.csv in {path.parent}")
    frame = pd.read_csv(path, dtype={"tier_from": float, "tier_to": float}, keep_default_na=True)
    check_provenance(frame, path.name)
    return frame


def check_provenance(frame: Any, table: str) -> None:
    """Raise `InputError` for the first row without a source, a readable date or a known confidence."""
    for column in ("source", "as_of"):
        if column not in frame.columns:
            raise InputError(f"{table}: columns", list(frame.columns), f"a column {column!r} on every table")
        empty = frame.index[frame[column].isna()]
        if len(empty):
            raise InputError(f"{table} row {empty[0] + 2}: {column}", "", "a value on every row")
    for text in frame["as_of"].astype(str).unique():
        parse_as_of(text)
    if "confidence" in frame.columns:
        bad = sorted(set(frame["confidence"].dropna()) - set(CONFIDENCE))
        if bad or frame["confidence"].isna().any():
            raise InputError(f"{table}: confidence", bad or "", ", ".join(CONFIDENCE))


@cache
def _facts(table: str, key: str) -> dict[tuple[str, ...], Fact]:
    keys = key.split("/")
    out = {}
    for row in read_table(table).fillna({"note": "", "resource": ""}).to_dict("records"):
        index = tuple(str(row[k]) for k in keys)
        out[index] = Fact(
            " ".join(index),
            float(row["value"]),
            str(row["unit"]),
            str(row["source"]),
            str(row["as_of"]),
            str(row["confidence"]),
            str(row.get("note", "")),
        )
    return out


def assumption(name: str) -> Fact:
    """Return one constant of `data/assumptions.csv`, such as the size of a record batch header."""
    try:
        return _facts("assumptions", "name")[(name,)]
    except KeyError:
        raise MissingFact(f"no assumption {name!r} in data/assumptions.csv") from None


@cache
def _limits(provider: str) -> dict[tuple[str, str], list[tuple[str, Fact]]]:
    """Each limit of each offer, by the resource it is about."""
    out: dict[tuple[str, str], list[tuple[str, Fact]]] = {}
    for (offer, name, resource), fact in _facts(f"limits/{provider}", "offer/limit/resource").items():
        out.setdefault((offer, name), []).append((resource, fact))
    return out


def limit(provider: str, offer: str, name: str, resource: str | None = None) -> Fact:
    """Return one quota or hard limit of `data/limits/<provider>.csv`.

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
def _regions() -> dict[str, dict[str, str]]:
    rows = read_table("regions").fillna("").to_dict("records")
    return {str(row["region"]): {str(k): str(v) for k, v in row.items()} for row in rows}


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
