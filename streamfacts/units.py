"""Units at the edge: what a person writes becomes a float in a canonical unit, once.

Canonical units are bytes, seconds, bytes/s, records/s; MB is 10^6 bytes, MiB 2^20, Mb a megabit. Inside the
package a quantity's unit is in its name (`write_bytes_s`) and in the docstring, never on the number.
"""

from __future__ import annotations

import math
from typing import Any

from streamfacts.errors import InputError
from streamfacts.grammar import LONGEST_UNIT, factor, in_bits, iso_seconds, split

KIB, MIB, GIB, TIB = 2.0**10, 2.0**20, 2.0**30, 2.0**40
HOUR, DAY = 3600.0, 86400.0

#: What each kind of quantity is held in, and an example that a message can show.
KINDS: dict[str, tuple[str, str]] = {
    "rate": ("byte/second", "a byte rate such as '250 MB/s' (10^6) or '250 MiB/s' (2^20)"),
    "record rate": ("record/second", "a record rate such as '120000 records/s'"),
    "size": ("byte", "a size such as '1 KiB' or '900 B'"),
    "duration": ("second", "a duration such as '7 d', '36 h' or '90 s'"),
}


def parse(value: Any, kind: str, field: str) -> float:
    """Return a quantity that a person wrote, in the canonical unit of its kind.

    Parameters
    ----------
    value : '250 MB/s', '1 KiB', '7 d'; a bare number is refused, since its unit would be a guess
    kind : a key of `KINDS`
    field : name to use in the message

    Raises
    ------
    InputError
        if the unit is missing, unknown or of another kind, or the number is not finite.

    Examples
    --------
    >>> parse("250 MB/s", "rate", "write")
    250000000.0
    >>> parse("1 KiB", "size", "message")
    1024.0
    """
    canonical, example = KINDS[kind]
    if not isinstance(value, str):
        raise InputError(field, value, f"{example}; the unit is missing")
    seconds = iso_seconds(value) if kind == "duration" else None
    if seconds is not None:
        return seconds
    try:
        number, unit = split(value)
    except ValueError as error:
        raise InputError(field, value, f"{example}; {error}") from None
    if not unit:
        raise InputError(field, value, f"{example}; the unit is missing")
    if not math.isfinite(number):
        raise InputError(field, value, f"{example}, finite")
    try:
        converted = number * factor(unit, canonical)
    except ValueError:
        raise InputError(field, value, f"{example}; {_why_not(number, unit, kind)}") from None
    if not math.isfinite(converted):
        raise InputError(field, value, f"{example}, finite")
    return converted


def _why_not(number: float, unit: str, kind: str) -> str:
    """Say why a unit does not measure what is asked for."""
    if len(unit) > LONGEST_UNIT:
        return f"no unit has {len(unit):,} characters"
    if kind == "size":
        meant = in_bits(unit)
        if meant:
            binary = "" if meant == "B" or "i" in meant else f" or {number:.15g} {meant[0].upper()}iB"
            return f"{unit!r} is in bits, and sizes are in bytes: is {number:.15g} {meant}{binary} meant?"
    return f"{unit!r} is no unit of that kind"


_SCALES = {
    "bytes": [("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0)],
    "records": [("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0)],
    "seconds": [("d", DAY), ("h", HOUR), ("min", 60.0), ("s", 1.0)],
}


def largest(value: Any) -> float:
    """Return a number as a float; of an array its largest, which is the number itself for one result."""
    import numpy as np

    return float(np.max(value) if np.ndim(value) else value)


def human(value: float, unit: str) -> str:
    """Return a number for a person: 1.25e9 bytes/s becomes '1.25 GB/s'.

    Examples
    --------
    >>> human(1.25e9, "bytes/s"), human(604800, "seconds"), human(3.0, "brokers")
    ('1.25 GB/s', '7 d', '3 brokers')
    """
    base, slash, rest = unit.partition("/")
    for name, scale in _SCALES.get(base, []):
        if abs(value) >= scale or scale == 1.0:
            label = f"{name} records" if base == "records" else name
            return f"{_digits(value / scale)} {label.strip()}{slash}{rest}"
    return f"{_digits(value)} {unit}".strip()


def _digits(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


#: Times that a meter's unit may count by: a "GiB-month" is a GiB for a month.
TIMES = ("month", "hour")


def counted_by(unit: str) -> tuple[str, str]:
    """Return what a meter's unit counts and the time by which it does, "" where it counts by none.

    Examples
    --------
    >>> counted_by("GiB-month"), counted_by("instance-hour"), counted_by("1000-requests")
    (('GiB', 'month'), ('instance', 'hour'), ('1000-requests', ''))
    """
    base, _, time = unit.rpartition("-")
    return (base, time) if base and time in TIMES else (unit, "")


def is_rate(unit: str) -> bool:
    """Return whether a unit is of something a second.

    Examples
    --------
    >>> is_rate("bytes/s"), is_rate("partitions")
    (True, False)
    """
    return unit.partition("/")[2] == "s"


__all__ = [
    "DAY",
    "GIB",
    "HOUR",
    "KIB",
    "KINDS",
    "MIB",
    "TIB",
    "TIMES",
    "counted_by",
    "factor",
    "human",
    "is_rate",
    "largest",
    "parse",
    "split",
]
