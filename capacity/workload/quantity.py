"""Quantities as a person writes them: one value or a range, with or without a unit, read into canonical floats."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from pydantic import BeforeValidator

from capacity.workload.uncertainty import CONFIDENCE, Distribution, Reader, checked_confidence, named, spread
from streamfacts.errors import InputError
from streamfacts.units import KINDS, parse, split

#: Corners of a range, in the order of the last axis that `Demand` gets from `corners()`.
CORNERS = ("low", "likely", "high")


@dataclass(frozen=True, slots=True)
class Range:
    """An uncertain input: low, likely and high value in the field's canonical unit; equal when it is known.

    `distribution` says how it is drawn; without it, as `capacity.workload.uncertainty.spread` does with the
    three values.
    """

    low: float
    likely: float
    high: float
    distribution: Distribution | None = None

    @property
    def known(self) -> bool:
        return self.distribution is None and self.low == self.high

    @property
    def drawn(self) -> Distribution:
        """The distribution that draws are taken from."""
        return self.distribution or spread(self.low, self.likely, self.high)


def number_of(value: Any, field: str, kind: str | None, allowed: str, *, percent: bool = False) -> float:
    """Return a number in the canonical unit of its kind, or a finite plain number where `kind` is None.

    With `percent` that number may be written as "5%".
    """
    if kind is not None:
        return parse(value, kind, field)
    if isinstance(value, bool) or not isinstance(value, (Real, str)):
        raise InputError(field, value, allowed)
    try:
        number, unit = split(value) if isinstance(value, str) else (float(value), "")
    except (ValueError, OverflowError):
        raise InputError(field, value, allowed) from None
    if percent and unit == "%":
        number, unit = number / 100.0, ""
    if unit or not math.isfinite(number):
        raise InputError(field, value, allowed)
    return number


def quantity(
    field: str, kind: str | None, low: float, high: float, *, whole: bool = False, percent: bool = False
) -> BeforeValidator:
    """A validator that turns '250 MB/s' or {low, likely, high} into a `Range` in [low, high]; '5%' with `percent`."""
    unit = KINDS[kind][0] if kind else ""
    allowed = f"{'a whole number' if whole else 'a value'} from {low:g} to {high:g} {unit}".rstrip()

    def inside(number: float, value: Any, name: str) -> float:
        if not low <= number <= high or (whole and number != int(number)):
            raise InputError(name, value, allowed)
        return float(number)

    def one(value: Any, name: str) -> float:
        return inside(number_of(value, name, kind, allowed, percent=percent), value, name)

    def width(value: Any, name: str) -> float:
        return number_of(value, name, kind, "a width above 0", percent=percent)

    def within(value: Any, name: str) -> float:
        number = number_of(value, name, kind, allowed, percent=percent)
        if not low <= number <= high:
            raise InputError(name, value, allowed)
        return number

    reader = Reader(field, within, width, (low, high), whole)

    def read(value: Any) -> Range:
        drawn: Distribution | None = None
        confidence = CONFIDENCE
        if isinstance(value, Range):
            numbers = [inside(getattr(value, k), value, f"{field}.{k}") for k in CORNERS]
            drawn = value.distribution
        elif isinstance(value, Mapping) and "distribution" in value:
            *numbers, drawn = named(value, reader)
        elif isinstance(value, Mapping):
            extra = set(value) - {*CORNERS, "confidence"}
            if extra or not {"low", "high"} <= set(value):
                allowed = "a range with low, high and, if you like, likely and confidence; or a named distribution"
                raise InputError(field, dict(value), allowed)
            confidence = checked_confidence(value.get("confidence", CONFIDENCE), field)
            ends = [one(value[k], f"{field}.{k}") for k in ("low", "high")]
            if "likely" in value:
                middle = one(value["likely"], f"{field}.likely")
            elif ends[0] > 0:
                middle = math.sqrt(ends[0] * ends[1])
                middle = round(middle) if whole else middle
            else:
                raise InputError(field, dict(value), "likely beside low and high, as a range from 0 has no middle")
            numbers = [ends[0], middle, ends[1]]
        else:
            numbers = [one(value, field)] * 3
        if not numbers[0] <= numbers[1] <= numbers[2]:
            raise InputError(field, value, "low <= likely <= high")
        if drawn is None and numbers[0] < numbers[2]:
            drawn = spread(numbers[0], numbers[1], numbers[2], confidence, (low, high), whole)
        return Range(numbers[0], numbers[1], numbers[2], drawn)

    return BeforeValidator(read)


def checked(field: str, test: Callable[[Any], bool], allowed: str) -> BeforeValidator:
    """A validator that refuses what `test` does not hold for."""

    def read(value: Any) -> Any:
        if not test(value):
            raise InputError(field, value, allowed)
        return value

    return BeforeValidator(read)


def whole_number(field: str, low: int, high: int) -> BeforeValidator:
    """A validator of whole numbers from `low` to `high`."""
    allowed = f"a whole number from {low} to {high}"

    def read(value: Any) -> int:
        number = number_of(value, field, None, allowed)
        if number != int(number) or not low <= number <= high:
            raise InputError(field, value, allowed)
        return int(number)

    return BeforeValidator(read)


def flag(field: str) -> BeforeValidator:
    """A validator of true and false."""

    def read(value: Any) -> bool:
        if type(value).__name__ not in ("bool", "bool_"):
            raise InputError(field, value, "true or false")
        return bool(value)

    return BeforeValidator(read)
