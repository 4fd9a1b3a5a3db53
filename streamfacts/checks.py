"""Checks of single values that several rooms make alike."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from streamfacts.errors import InputError


def whole(field: str, value: Any, low: int, high: int) -> int:
    """Return a whole number, or raise `InputError` if it is none or not from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= int(value) <= high:
        raise InputError(field, value, f"a whole number from {low} to {high:,}")
    return int(value)
