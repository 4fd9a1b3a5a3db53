"""Inputs and changes of costs for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capacity.workload.topics import FOREVER_S
from streamfacts.errors import legible
from streamfacts.units import human
from streamfacts.words import money

#: A change of less than this is none [USD/month].
LEAST_USD = 0.005


def signed(usd: float | None) -> str:
    """Return a change for a person.

    Examples
    --------
    >>> signed(1234.5), signed(-12.345), signed(0.0), signed(None)
    ('+1,234', '-12.35', '0', '-')
    """
    if usd is None:
        return "-"
    if abs(usd) < LEAST_USD:
        return "0"
    return ("+" if usd > 0 else "-") + money(abs(usd))


def said(value: Any, unit: str) -> str:
    """Return the value of an input for a person.

    Examples
    --------
    >>> said(2.5e8, "bytes/s"), said({"low": 1.0, "likely": 2.0, "high": 3.0}, ""), said(None, ""), said(True, "")
    ('250 MB/s', '1 to 3, likely 2', 'not given', 'yes')
    """
    if value is None or value == {}:
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return "forever" if unit == "seconds" and value >= FOREVER_S else human(value, unit)
    if isinstance(value, Mapping):
        if {"low", "likely", "high"} <= set(value):
            low, likely, high = (said(value[k], unit) for k in ("low", "likely", "high"))
            return f"{low} to {high}, likely {likely}"
        return ", ".join(f"{input_words(str(name))} {said(v, '')}" for name, v in value.items())
    if isinstance(value, list):
        return "; ".join(said(v, "") for v in value) or "not given"
    return legible(str(value))


#: Inputs whose names are not what they are called.
_CALLED = {
    "model.cpu": "CPU over the model's (model.cpu)",
    "growth.yearly": "growth a year",
}


def input_words(name: str) -> str:
    """Return what an input is called.

    Examples
    --------
    >>> input_words("peak_ratio"), input_words("terms.hours_per_month")
    ('peak ratio', 'hours per month')
    >>> input_words("growth.yearly"), input_words("people.platform.engineer")
    ('growth a year', 'people platform engineer')
    """
    plain = name.removeprefix("terms.").replace("_", " ").replace(".", " ")
    return legible(_CALLED.get(name, plain))


__all__ = ["LEAST_USD", "input_words", "said", "signed"]
