"""Explicit quantities from a file, so that a published example or an invoice can be held against the price book."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pricing.book import find_meter
from streamfacts.errors import InputError, naming, unknown_name
from streamfacts.reading import read_csv, read_mapping
from streamfacts.tables import regions
from streamfacts.units import counted_by, factor, split
from streamfacts.usage import HOURS_PER_MONTH, Usage, UsageLine

_LINE = ("meter", "sku", "quantity", "count", "hours", "region", "published", "note")
_FILE = ("region", "hours_per_month", "usage", "published_total", "source", "name", "note")


@dataclass(frozen=True)
class UsageFile:
    """Usage of a file, the regions of its lines, and what its author says that it costs."""

    usage: Usage
    region: str
    regions_of: dict[int, str]
    published: dict[int, float]
    published_total: float | None
    source: str = ""


def load_usage(path: str | Path, region: str | None = None) -> UsageFile:
    """Read quantities from YAML or CSV.

    YAML: ``region``, optional ``hours_per_month``, ``published_total``, and ``usage``: a list of lines. CSV: one line
    a row. A line has ``meter``, optional ``sku`` and ``region``, optional ``published`` (its published cost), and
    either ``quantity`` in the meter's unit (or text with a unit that converts to it: "12 TiB" on a GiB meter), or,
    on meters that count hours, ``count`` running for ``hours`` (the month's if not given).

    Raises
    ------
    InputError
        naming line, field and value.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv":
        table = read_csv(path, "usage file", ragged=True)
        data: dict[str, Any] = {"usage": [dict(line.cells) for line in table.sound]}
    else:
        data = read_mapping(path, "usage file")
    with naming(path.name):
        return _usage(data, region)


def _usage(data: Mapping[str, Any], region: str | None) -> UsageFile:
    for key in data:
        if key not in _FILE:
            raise unknown_name("usage file", key, _FILE)
    hours = _positive("hours_per_month", data.get("hours_per_month", HOURS_PER_MONTH))
    if hours > 744:
        raise InputError("hours_per_month", hours, "at most 744")
    where = str(region or data.get("region") or "us-east-1")
    if where not in regions():
        raise unknown_name("region", where, regions())
    rows = data.get("usage")
    if not isinstance(rows, list) or not rows:
        raise InputError("usage", rows, "a list of lines, each with meter and quantity")
    lines, regions_of, published = [], {}, {}
    for number, row in enumerate(rows):
        field = f"usage line {number + 1}"
        if not isinstance(row, dict):
            raise InputError(field, row, f"a mapping with {', '.join(_LINE)}")
        for key in row:
            if key not in _LINE:
                raise unknown_name(field, str(key), _LINE)
        row = {k: v for k, v in row.items() if v not in (None, "")}
        for key in ("meter", "sku", "region", "note"):
            if isinstance(row.get(key), (dict, list)):
                raise InputError(f"{field}: {key}", row[key], "text")
        if "meter" not in row:
            raise InputError(f"{field}: meter", "", "the id of a meter; 'streamplan prices list' shows them")
        with naming(field):
            meter = find_meter(str(row["meter"]))
        quantity = _quantity(field, row, meter.unit, hours)
        if "region" in row:
            if str(row["region"]) not in regions():
                raise unknown_name(f"{field}: region", str(row["region"]), regions())
            regions_of[number] = str(row["region"])
        if "published" in row:
            published[number] = _positive(f"{field}: published", row["published"], zero=True)
        lines.append(
            UsageLine(
                meter.name,
                np.asarray(quantity),
                meter.unit,
                str(row.get("sku", "")),
                str(row.get("note", "given in the file")),
            )
        )
    total = data.get("published_total")
    return UsageFile(
        Usage(tuple(lines), hours),
        where,
        regions_of,
        published,
        None if total is None else _positive("published_total", total, zero=True),
        str(data.get("source", "")),
    )


def _positive(field: str, value: Any, *, zero: bool = False) -> float:
    allowed = "a number of 0 or more" if zero else "a number above 0"
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(field, value, allowed) from None
    if (
        isinstance(value, bool)
        or not math.isfinite(number)
        or number < 0
        or (number == 0 and not zero)
        or number > 1e15
    ):
        raise InputError(field, value, f"{allowed}, finite and at most 1e15")
    return number


def _quantity(field: str, row: dict[str, Any], unit: str, hours: float) -> float:
    if ("quantity" in row) == ("count" in row):
        raise InputError(field, row.get("quantity"), "quantity, or count with hours on a meter that counts hours")
    if "count" in row:
        if counted_by(unit)[1] != "hour" and unit != "hour":
            raise InputError(f"{field}: count", row["count"], f"quantity in {unit}: this meter does not count hours")
        running = _positive(f"{field}: hours", row.get("hours", hours), zero=True)
        if running > 744:
            raise InputError(f"{field}: hours", running, "at most 744, the hours of a month")
        return _positive(f"{field}: count", row["count"], zero=True) * running
    if "hours" in row:
        raise InputError(f"{field}: hours", row["hours"], "hours beside count; a quantity has its hours in it")
    value = row["quantity"]
    if isinstance(value, str):
        try:
            number, given = split(value)
        except ValueError:
            raise InputError(f"{field}: quantity", value, f"a number, or a number with a unit such as {unit}") from None
        return _positive(f"{field}: quantity", number, zero=True) * _conversion(
            f"{field}: quantity", value, given, unit
        )
    return _positive(f"{field}: quantity", value, zero=True)


def _conversion(field: str, value: str, given: str, unit: str) -> float:
    if given in ("", unit):
        return 1.0
    base, time = counted_by(unit)
    given_base, given_time = counted_by(given)
    # "1 TiB" on a meter of GiB-months is a TiB for the month
    pairs = [(given_base, base)] if time == "month" and given_time in ("", time) else []
    for one, other in (*pairs, (given, unit)):
        try:
            return factor(one, other)
        except ValueError:
            continue
    raise InputError(field, value, f"a unit that converts to {unit}, the unit of that meter")
