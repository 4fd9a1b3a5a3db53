"""Numbers and choices in words, the same in the terminal, the report and the charts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def money(value: Any) -> str:
    """Return a monthly cost for a person: no cents above 100.

    Examples
    --------
    >>> money(1234.5), money(12.345), money(None)
    ('1,234', '12.35', '-')
    """
    if value is None or value != value:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def describe(units: str, unit: str, configuration: str, clusters: int = 1) -> str:
    """Return what is bought: machines by their type, other units by their name.

    Examples
    --------
    >>> describe("15", "broker", "m7g.large"), describe("225", "shard", "shared reads")
    ('15 x m7g.large', '225 shards, shared reads')
    >>> describe("60", "broker", "kafka.m7g.large", 12)
    '12 clusters of 60 x kafka.m7g.large'
    """
    if unit == "cluster":
        return f"{clusters} cluster" + ("" if clusters == 1 else "s")
    if unit == "broker" and configuration:
        what = f"{units} x {configuration}"
    else:
        what = f"{units} {unit}" + ("" if units == "1" else "s")
        what += "" if configuration in (unit, "") else f", {configuration}"
    return what if clusters == 1 else f"{clusters} clusters of {what}"


def lost_in_words(failures: Iterable[str]) -> str:
    """Return failures as what is lost.

    Examples
    --------
    >>> lost_in_words(["zone", "region"]), lost_in_words(["deletion"])
    ('loss of a zone or region', 'deletion of data')
    """
    names = list(failures)
    parts = [name for name in names if name != "deletion"]
    words = [f"loss of a {' or '.join(parts)}"] if parts else []
    return " or ".join(words + ["deletion of data"] * ("deletion" in names))
