"""Delays and rates of a recovery, as ranges with their source, from `data/analyses/resilience.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from capacity.workload.quantity import Range
from capacity.workload.uncertainty import spread
from streamfacts.errors import InputError, unknown_name
from streamfacts.tables import read_rows
from streamfacts.units import parse


@dataclass(frozen=True, slots=True)
class Quantity:
    """One row: a range in its unit and where it comes from."""

    name: str
    value: Range
    unit: str
    as_of: str
    confidence: str
    source: str
    note: str


@cache
def quantities() -> Mapping[str, Quantity]:
    """Return every row by name."""
    out = {}
    for row in read_rows("analyses/resilience"):
        low, likely, high = (row[k] for k in ("low", "likely", "high"))
        value = Range(low, likely, high, spread(low, likely, high, bounds=(0.0, float("inf"))))
        text = {k: row[k] for k in ("unit", "as_of", "confidence", "source", "note")}
        out[row["name"]] = Quantity(row["name"], value, **text)
    return out


def quantity(name: str) -> Quantity:
    """Return one row; raises `InputError` with the nearest names if there is none."""
    if name not in quantities():
        raise unknown_name("quantity", name, quantities())
    return quantities()[name]


def with_own(own: Mapping[str, Any] | None) -> dict[str, Range]:
    """Return every range by name, with one's own over them.

    Parameters
    ----------
    own : name of a delay to one duration ("90 s"), or to a mapping of low, likely and high

    Raises
    ------
    InputError
        for an unknown name, one that is no delay, or a range out of order.
    """
    out = {name: row.value for name, row in quantities().items()}
    for name, given in (own or {}).items():
        if quantity(name).unit != "s":
            raise InputError(name, given, "left out; only delays take a value of one's own here")
        if isinstance(given, Mapping):
            if set(given) != {"low", "likely", "high"}:
                raise InputError(name, dict(given), "a duration, or low, likely and high")
            low, likely, high = (parse(given[k], "duration", f"{name}.{k}") for k in ("low", "likely", "high"))
        else:
            low = likely = high = parse(given, "duration", name)
        if not 0.0 <= low <= likely <= high:
            raise InputError(name, given, "0 <= low <= likely <= high")
        fixed = low == high
        out[name] = Range(low, likely, high, None if fixed else spread(low, likely, high, bounds=(0.0, float("inf"))))
    return out
