"""How a number and a unit are written: one small grammar, in which what is not known is refused.

A quantity is a number, and behind it a unit: a name, or two names with ``/``, ``per`` or ``a`` between them. Numbers
are decimal; thousands may be parted by commas, spaces (also thin and no-break ones), underscores or apostrophes, always
in groups of three. Names of one or two letters are read as they are written, since ``MB``, ``Mb`` and ``mb`` differ;
words such as ``Records`` in either case. Prefixes are those of the SI (kB is 10^3 B) and of IEC 80000-13 (KiB is
2^10 B). A month is a twelfth of 365 days, the 730 hours of a bill.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: No unit is longer; what is, is refused unread [characters].
LONGEST_UNIT = 100
#: No number is longer, its thousands parted or not [characters].
LONGEST_NUMBER = 60

_SPACES = " \t\u00a0\u2007\u2009\u202f"
_GROUPS = "|".join(rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+(?![0-9])" for mark in (",", "_", "['\u2019]", f"[{_SPACES}]"))
_NUMBER = re.compile(
    rf"([-+]?(?:(?:{_GROUPS}|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|nan|[-+]?inf(?![a-z]))"
    rf"(?![0-9.,_'\u2019])[{_SPACES}]*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_GROUP_MARKS = str.maketrans("", "", f",_'\u2019{_SPACES}")

_WORDS = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
#: What may stand before records, as it may not before bytes, whose prefixes are part of their names.
_COUNTS = {"k": 1e3, "K": 1e3, "M": 1e6, "mn": 1e6, "G": 1e9, "bn": 1e9, "T": 1e12, "tn": 1e12}
_DECIMAL = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {f"{letter}i": 2.0 ** (10 * power) for power, letter in enumerate("KMGTPE", 1)}
_LONG = {"kilo": 1e3, "mega": 1e6, "giga": 1e9, "tera": 1e12, "peta": 1e15, "exa": 1e18} | {
    f"{name}bi": 2.0 ** (10 * power) for power, name in enumerate(("ki", "me", "gi", "te", "pe", "ex"), 1)
}
_MONTH = 365 * 86400.0 / 12
_TIMES = {
    "second": (1.0, ("s", "sec", "secs")),
    "millisecond": (1e-3, ("ms", "msec")),
    "minute": (60.0, ("min", "mins")),
    "hour": (3600.0, ("h", "hr", "hrs")),
    "day": (86400.0, ("d",)),
    "week": (7 * 86400.0, ("w", "wk")),
    "month": (_MONTH, ("mo",)),
    "year": (365 * 86400.0, ("y", "yr")),
}
_RECORDS = ("record", "message", "event", "rec", "msg")
#: Names of records a second.
_RATES = ("eps", "mps", "rps")


def _names() -> dict[str, tuple[str, float]]:
    """Every name of a unit with what it measures and how many of the canonical unit it is."""
    out: dict[str, tuple[str, float]] = {}
    for prefix, scale in (_DECIMAL | _BINARY).items():
        for name in ("B", "byte", "bytes"):
            out[prefix + name] = ("byte", scale)
        for name in ("b", "bit", "bits"):
            out[prefix + name] = ("bit", scale / 8)
        for name in _RECORDS:
            if prefix in _COUNTS or not prefix:
                out[prefix + name] = out[f"{prefix}{name}s"] = ("record", scale)
    for prefix, scale in ({"": 1.0} | _LONG).items():
        out[f"{prefix}byte"] = out[f"{prefix}bytes"] = ("byte", scale)
        out[f"{prefix}bit"] = out[f"{prefix}bits"] = ("bit", scale / 8)
    for name, (seconds, short) in _TIMES.items():
        for each in (name, f"{name}s", *short):
            out[each] = ("second", seconds)
    return out | {name: ("record/second", 1.0) for name in _RATES}


_NAMES = _names()
#: Names that are words are known in either case; "Mbits" is none of them, for "mbits" would be another.
_WORDED = {
    name: unit
    for name, unit in _NAMES.items()
    if name in _RATES or (len(name) > 3 and name == name.lower() and name[1:] not in _NAMES)
}


def split(text: str) -> tuple[float, str]:
    """Return number and unit of '250 MB/s'; raises ValueError if it does not start with a number.

    Examples
    --------
    >>> split("1 000 000 B/s"), split("1.5 million records/s"), split("3")
    ((1000000.0, 'B/s'), (1500000.0, 'records/s'), (3.0, ''))
    """
    text = text.strip()
    if len(text) > LONGEST_NUMBER + LONGEST_UNIT:
        raise ValueError(f"not {len(text):,} characters")
    match = _NUMBER.fullmatch(text)
    if not match:
        raise ValueError("a number comes first")
    number, unit = float(match[1].translate(_GROUP_MARKS)), match[2]
    first, _, rest = unit.partition(" ")
    if first.lower() in _WORDS:
        number, unit = number * _WORDS[first.lower()], rest.strip()
    return number, unit


@lru_cache(maxsize=4096)
def factor(unit: str, canonical: str) -> float:
    """Return how many `canonical` units one `unit` is; raises ValueError if they measure different things.

    Examples
    --------
    >>> factor("MiB/s", "byte/second"), factor("k messages/minute", "record/second"), factor("week", "hour")
    (1048576.0, 16.666666666666668, 168.0)
    """
    (kind, scale), (wanted, whole) = _measured(unit), _measured(canonical)
    if kind != wanted:
        raise ValueError(f"{unit!r} is not a {canonical}")
    return scale / whole


def in_bits(unit: str) -> str:
    """Return the unit of bytes that a unit of bits was meant for, '' if it is none of bits.

    Examples
    --------
    >>> in_bits("kb"), in_bits("Mbit"), in_bits("kB"), in_bits("kb/s")
    ('kB', 'MB', '', '')
    """
    try:
        kind, scale = _named(unit)
    except ValueError:
        return ""
    if kind != "bit":
        return ""
    return next(prefix for prefix, size in (_DECIMAL | _BINARY).items() if size == scale * 8) + "B"


def _measured(unit: str) -> tuple[str, float]:
    """Return what a unit measures and its factor to the canonical unit of that; raises ValueError if it is none."""
    if len(unit) > LONGEST_UNIT:
        raise ValueError(f"a unit of {len(unit)} characters")
    parts = [part.strip(_SPACES) for part in re.split(rf"/|[{_SPACES}](?:per|an?)[{_SPACES}]", unit)]
    if len(parts) == 1 and (short := re.fullmatch(r"(.*[Bb](?:it|yte)?)ps", unit)):
        parts = [short[1], "s"]
    if len(parts) > 2:
        raise ValueError(f"{unit!r} has more than one 'per'")
    kind, scale = _named(parts[0])
    if len(parts) == 1:
        if kind == "bit":
            raise ValueError(f"{unit!r} is in bits, and a size is in bytes")
        return kind, scale
    per, seconds = _named(parts[1])
    if per != "second" or kind not in ("byte", "bit", "record"):
        raise ValueError(f"{unit!r} is no rate")
    return f"{kind.replace('bit', 'byte')}/second", scale / seconds


def _named(text: str) -> tuple[str, float]:
    """Return what a name without 'per' measures, and its factor; raises ValueError if nobody knows it."""
    count = re.match(rf"(k|K|M|G|T|mn|bn|tn)[{_SPACES}]+", text)
    name = text[count.end() :] if count else text
    found = _NAMES.get(name) or _WORDED.get(name.lower())
    if found is None:  # "keps" and "bnevents" are written together
        together = re.match("bn|mn|tn|[kKMGT]", name) if not count else None
        rest = name[together.end() :] if together else ""
        if together is None or rest.lower() not in (*_RATES, *_RECORDS, *(f"{word}s" for word in _RECORDS)):
            raise ValueError(f"{text!r} is no unit")
        return "record/second" if rest.lower() in _RATES else "record", _COUNTS[together[0]]
    kind, scale = found
    if count and not kind.startswith("record"):
        raise ValueError(f"{text!r} is no unit: a multiple stands before records only")
    return kind, scale * (_COUNTS[count[1]] if count else 1.0)


_DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9.,]+)Y)?(?:([0-9.,]+)M)?(?:([0-9.,]+)W)?(?:([0-9.,]+)D)?"
    r"(?:T(?=[0-9])(?:([0-9.,]+)H)?(?:([0-9.,]+)M)?(?:([0-9.,]+)S)?)?"
)
_DURATIONS = tuple(_TIMES[name][0] for name in ("year", "month", "week", "day", "hour", "minute", "second"))


def iso_seconds(text: str) -> float | None:
    """Return the seconds of a duration as ISO 8601 writes it, None if it is none.

    Years count 365 days and months a twelfth of that. Raises nothing: what is malformed is no duration.

    Examples
    --------
    >>> iso_seconds("P7D"), iso_seconds("PT8H"), iso_seconds("P1DT12H"), iso_seconds("7 d")
    (604800.0, 28800.0, 129600.0, None)
    """
    match = _DURATION.fullmatch(text.strip()) if len(text) <= LONGEST_UNIT else None
    if not match or not any(match.groups()):
        return None
    total, fraction = 0.0, False
    for part, seconds in zip(match.groups(), _DURATIONS, strict=True):
        if part is None:
            continue
        if fraction or not re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", part):  # only the last may have a fraction
            return None
        fraction = not part.isdigit()
        total += float(part.replace(",", ".")) * float(seconds)
    return total


__all__ = ["LONGEST_UNIT", "factor", "in_bits", "iso_seconds", "split"]
