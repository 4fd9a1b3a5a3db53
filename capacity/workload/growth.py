"""Growth: how the load of a workload moves from month to month, and which of its fields move.

**The path.** In month m the load is what the workload file says times a level. Month 1 is the month that the file is
written for; growth counts from there. The level is a product of what is given::

    level(m) = (1 + yearly)^((m - 1) / 12)            compound growth, or the S-curve in its place
             x adoption(m)                            pilot, expansion, then all of it
             x season(m)                              factor of the calendar month over an ordinary one
             x launches x events                      factors from a month on, and of a span of months

With `history`, a file of measured rates, growth and seasons are the forecast's (`capacity.workload.forecast`): the
level is the rate of the month over that of the history's last month. Month 1 is the month after it, and the
workload's `write` is then what that last month was.

An **S-curve** rises (or falls) from 1 in month 1 towards `saturation` along a logistic function s of the month, with
`steepness` per month around `midpoint`: 1 + (saturation - 1) (s(m) - s(1)) / (1 - s(1)).

**What moves.** Bytes and records written follow the level together, and with them all that is computed from them: bytes
read, replicated, stored and sent elsewhere, and partitions that are not given. Record size, fan-out, given partitions,
topics, connections and the peak ratio stay, unless `fields` gives them a yearly growth of their own. Retention stays.

**Retained bytes** are what was written in the preceding retention window, not the present rate times the window: see
`retained_share`. Day and week seasons are no path: they make the ratio of peak to average in every month.

Sources: the logistic function is P.-F. Verhulst's, "Notice sur la loi que la population suit dans son accroissement",
1838; stored bytes are the written bytes of the window, as in Little's law.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, Field, model_validator

from capacity.workload.block import Block
from capacity.workload.quantity import Range, flag, quantity, whole_number
from streamfacts.arrays import Array
from streamfacts.errors import InputError, unknown_name
from streamfacts.usage import HOURS_PER_MONTH

if TYPE_CHECKING:
    from capacity.workload.forecast import Forecast

#: Gives a named input as it is to be taken: its likely value, an end of its range, or its draws.
Take = Callable[[str, Range], Any]

MOST_MONTHS = 60
MONTHS_A_YEAR = 12
SECONDS_A_MONTH = HOURS_PER_MONTH * 3600.0
CALENDAR = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
#: Fields of a workload that may have a yearly growth of their own: name to the least value they may shrink to.
OWN_GROWTH = {
    "fan_out": 0.0, "message": 1.0, "peak_ratio": 1.0, "partitions": 1.0, "topics": 1.0, "connections": 0.0,
    "producers": 1.0, "compacted.keys": 1.0,
}  # fmt: skip


def _percent(value: Any) -> Any:
    """Turn '30%' into 0.3, also inside a range."""
    if isinstance(value, Mapping):
        return {k: _percent(v) for k, v in value.items()}
    match = re.fullmatch(r"\s*([-+]?[\d.]+)\s*%\s*", value) if isinstance(value, str) else None
    return float(match[1]) / 100.0 if match else value


def _share(field: str, low: float, high: float) -> BeforeValidator:
    read = quantity(field, None, low, high).func
    return BeforeValidator(lambda value: read(_percent(value)))  # type: ignore[call-arg]


class _Block(Block):
    """A mapping of the growth block."""

    @classmethod
    def called(cls) -> str:
        name = cls.__name__.lower().replace("scurve", "s_curve").replace("growth", "the block")
        return f"growth: {name}"


class SCurve(_Block):
    """Growth that saturates: `saturation` as a multiple of month 1, `midpoint` a month, `steepness` per month."""

    saturation: Annotated[Range, _share("growth.saturation", 0.01, 10_000.0)]
    midpoint: Annotated[Range, _share("growth.midpoint", 1.0, 600.0)]
    steepness: Annotated[Range, _share("growth.steepness", 0.001, 20.0)]


class Adoption(_Block):
    """Adoption in phases: `pilot` and `expansion` as shares of the full load that the workload states.

    Without `expansion` its months rise in equal steps from the pilot to all of it.
    """

    pilot: Annotated[Range, _share("growth.pilot", 0.0001, 1.0)]
    expansion: Annotated[Range, _share("growth.expansion", 0.0001, 1.0)] | None = None
    pilot_months: Annotated[int, whole_number("growth.adoption.pilot_months", 1, MOST_MONTHS)] = 3
    expansion_months: Annotated[int, whole_number("growth.adoption.expansion_months", 0, MOST_MONTHS)] = 6


def _calendar_months(given: Any) -> dict[str, Range]:
    if not isinstance(given, Mapping) or not given:
        raise InputError("growth.seasons.months", given, "a mapping of month to factor, such as {december: 1.6}")
    out = {}
    for name, value in given.items():
        full = [month for month in CALENDAR if len(str(name)) >= 3 and month.startswith(str(name).lower())]
        if len(full) != 1:
            raise unknown_name("growth.seasons.months", str(name), CALENDAR)
        out[full[0]] = quantity(f"growth.season.{full[0]}", None, 0.01, 1000.0).func(value)  # type: ignore[call-arg]
    return out


def _year_month(given: Any) -> str:
    match = re.fullmatch(r"(\d{4})-(\d{2})(-\d{2})?", str(given))
    if not match or not 1 <= int(match[2]) <= MONTHS_A_YEAR:
        raise InputError("growth.seasons.start", given, "the calendar month of month 1, such as 2026-12")
    return f"{match[1]}-{match[2]}"


class Seasons(_Block):
    """Seasons: `months` of the year over an ordinary month, from `start` on; what makes the peak of a week.

    `day` is the busiest hour of a day over its mean, `week` the busiest day of a week over its mean, `burst` the peak
    within that hour over its mean; their product is the peak ratio [1].
    """

    start: Annotated[str, BeforeValidator(_year_month)] | None = None
    months: Annotated[dict[str, Range], BeforeValidator(_calendar_months)] | None = None
    day: Annotated[Range, _share("growth.day", 1.0, 1000.0)] | None = None
    week: Annotated[Range, _share("growth.week", 1.0, 1000.0)] | None = None
    burst: Annotated[Range, _share("growth.burst", 1.0, 1000.0)] | None = None

    @model_validator(mode="after")
    def _start_with_months(self) -> Seasons:
        if self.months and not self.start:
            raise InputError("growth.seasons.start", None, "the calendar month of month 1, such as 2026-12")
        return self

    @property
    def peak(self) -> dict[str, Range]:
        """The factors of the peak ratio that are given."""
        return {name: value for name in ("day", "week", "burst") if (value := getattr(self, name)) is not None}


class Launch(_Block):
    """A step: from `month` on the load is `times` what it would be."""

    month: Annotated[int, whole_number("growth.launches.month", 1, MOST_MONTHS)]
    times: Annotated[Range, _share("growth.launches.times", 0.001, 1000.0)]
    name: str = ""


class Event(_Block):
    """A one-off: in the months `from` to `to` the load is `times` what it would be."""

    first: Annotated[int, whole_number("growth.events.from", 1, MOST_MONTHS)]
    last: Annotated[int, whole_number("growth.events.to", 1, MOST_MONTHS)]
    times: Annotated[Range, _share("growth.events.times", 0.001, 1000.0)]
    name: str = ""

    @model_validator(mode="before")
    @classmethod
    def _span(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        names = {"from": "first", "to": "last"}
        out = {names.get(str(k), k): v for k, v in given.items()}
        if "first" in out:
            out.setdefault("last", out["first"])
        return out

    @model_validator(mode="after")
    def _ordered(self) -> Event:
        if self.last < self.first:
            raise InputError("growth.events.to", self.last, f"a month not before from, which is {self.first}")
        return self


class HistoryFile(_Block):
    """A CSV file of measured rates, and whether few missing rows are filled; see `capacity.workload.history`."""

    file: str
    fill: Annotated[bool, flag("growth.history.fill")] = False

    @model_validator(mode="before")
    @classmethod
    def _name(cls, given: Any) -> Any:
        return {"file": given} if isinstance(given, str) else given

    @property
    def forecast(self) -> Forecast:
        """The forecast of the file, fitted when it is first asked for."""
        from capacity.workload.forecast import forecast_file

        return forecast_file(self.file, fill=self.fill)


def _fields(given: Any) -> dict[str, Range]:
    if not isinstance(given, Mapping):
        raise InputError("growth.fields", given, "a mapping of field to yearly growth, such as {fan_out: 0.1}")
    for name in given:
        if name not in OWN_GROWTH:
            raise unknown_name("growth.fields", str(name), OWN_GROWTH)
    return {k: quantity(f"growth.{k}", None, -0.99, 100.0).func(_percent(v)) for k, v in given.items()}  # type: ignore[call-arg]


class Growth(_Block):
    """The growth block of a workload; every figure may be a range and is then drawn as `growth.` and its name.

    Raises
    ------
    InputError
        for an unknown name, a figure outside its range, or two laws of growth at once.

    Examples
    --------
    >>> Growth(yearly="20%").path(lambda name, value: value.likely, 25)[[0, 12, 24]].round(6).tolist()
    [1.0, 1.2, 1.44]
    """

    yearly: Annotated[Range, _share("growth.yearly", -0.99, 100.0)] | None = None
    s_curve: SCurve | None = None
    adoption: Adoption | None = None
    seasons: Seasons | None = None
    launches: tuple[Launch, ...] = ()
    events: tuple[Event, ...] = ()
    fields: Annotated[dict[str, Range], BeforeValidator(_fields)] = Field(default_factory=dict)
    history: HistoryFile | None = None

    @model_validator(mode="after")
    def _one_law(self) -> Growth:
        if self.yearly is not None and self.s_curve is not None:
            raise InputError("growth.s_curve", "given with yearly", "yearly or s_curve, not both")
        if self.history is not None:
            given = [name for name in ("yearly", "s_curve") if getattr(self, name) is not None]
            given += ["seasons.months"] if self.seasons and self.seasons.months else []
            if given:
                raise InputError(
                    f"growth.{given[0]}", "given with history", "either: the history has growth and seasons"
                )
        for what, steps in (("launches", self.launches), ("events", self.events)):
            names = [step.name for step in steps if step.name]
            if len(set(names)) < len(names):
                raise InputError(f"growth.{what}", names, "a name for each, once")
        return self

    def path(self, take: Take, months: int) -> Array:
        """Return the level of the load in each month [1].

        Parameters
        ----------
        take : gives each named input; arrays must broadcast against a last axis of months
        months : months from now, 1 to 60

        Returns
        -------
        array of shape (months,), or (draws, months) where an input is drawn with shape (draws, 1)
        """
        month = np.arange(1, months + 1)
        level = np.ones(months)
        if self.history is not None:
            level = level * self.history.forecast.path(take, months)
        if self.yearly is not None:
            level = level * compound(take("growth.yearly", self.yearly), month)
        if self.s_curve is not None:
            curve = self.s_curve
            names = ("saturation", "midpoint", "steepness")
            level = level * s_curve(month, *(take(f"growth.{name}", getattr(curve, name)) for name in names))
        if self.adoption is not None:
            level = level * self._adopted(take, month)
        if self.seasons is not None and self.seasons.months and self.seasons.start:
            first = int(self.seasons.start[-2:])
            for name, factor in self.seasons.months.items():
                here = (month + first - 2) % MONTHS_A_YEAR == CALENDAR.index(name)
                level = level * np.where(here, take(f"growth.season.{name}", factor), 1.0)
        for i, launch in enumerate(self.launches, 1):
            level = level * np.where(
                month >= launch.month, take(f"growth.launch.{launch.name or i}", launch.times), 1.0
            )
        for i, event in enumerate(self.events, 1):
            here = (month >= event.first) & (month <= event.last)
            level = level * np.where(here, take(f"growth.event.{event.name or i}", event.times), 1.0)
        return np.asarray(level)

    def _adopted(self, take: Take, month: NDArray[np.int64]) -> Array:
        phases = self.adoption
        assert phases is not None
        pilot = np.asarray(take("growth.pilot", phases.pilot), float)
        since = month - phases.pilot_months
        if phases.expansion is None:
            rising = pilot + (1.0 - pilot) * since / (phases.expansion_months + 1)
        else:
            rising = np.maximum(take("growth.expansion", phases.expansion), pilot)
        return np.where(since <= 0, pilot, np.where(since <= phases.expansion_months, rising, 1.0))

    def peak_ratio(self, take: Take) -> Array:
        """Return peak over average that day, week and burst make [1]; 1 where none of them is given."""
        factors = self.seasons.peak if self.seasons else {}
        out = np.asarray(1.0)
        for name, factor in factors.items():
            out = out * take(f"growth.{name}", factor)
        return np.asarray(out, float)

    def of_field(self, name: str, value: Array, take: Take, months: int | None) -> Array:
        """Return a field in each month: as written, or along the yearly growth that `fields` gives it."""
        if months is None or name not in self.fields:
            return value
        return np.asarray(
            np.maximum(
                value * compound(take(f"growth.{name}", self.fields[name]), np.arange(1, months + 1)), OWN_GROWTH[name]
            )
        )

    def __str__(self) -> str:
        parts = []
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value is None or value in ((), {}):
                continue
            parts.append(f"{name} {_words(value)}")
        return "; ".join(parts)


def _words(value: Any) -> str:
    if isinstance(value, Range):
        return f"{value.likely:g}" if value.known else f"{value.likely:g} ({value.low:g} to {value.high:g})"
    if isinstance(value, BaseModel):
        given = {k: getattr(value, k) for k in type(value).model_fields if k in value.model_fields_set}
        return ", ".join(f"{k} {_words(v)}" for k, v in given.items() if v not in (None, ""))
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_words(v)}" for k, v in value.items())
    if isinstance(value, tuple):
        return " and ".join(_words(v) for v in value)
    return str(value)


def beside(history: Any, folder: Path) -> Any:
    """Return what a file says of its history with the path, where it is relative, taken from the file's folder."""
    if isinstance(history, str):
        return str(folder / history)
    if isinstance(history, Mapping) and isinstance(history.get("file"), str):
        return {**history, "file": str(folder / history["file"])}
    return history


def compound(yearly: Any, month: Any) -> Array:
    """Return the level of compound growth [1]: (1 + yearly)^((month - 1) / 12).

    Parameters
    ----------
    yearly : growth in a year [1], above -1; any shape
    month : months, the first is 1 [month]; broadcast against `yearly`

    Examples
    --------
    >>> compound(0.44, np.array([1, 7, 13])).round(6).tolist()
    [1.0, 1.2, 1.44]
    """
    return np.asarray(np.power(1.0 + np.asarray(yearly, float), (np.asarray(month, float) - 1.0) / MONTHS_A_YEAR))


def s_curve(month: Any, saturation: Any, midpoint: Any, steepness: Any) -> Array:
    """Return the level of growth that saturates [1]: 1 in month 1, towards `saturation`.

    Parameters
    ----------
    month : months, the first is 1 [month]
    saturation : level that is approached [1]
    midpoint : month in which the logistic function is a half [month]
    steepness : rate of the logistic function [1/month]

    Examples
    --------
    >>> s_curve(np.array([1, 24, 10_000]), 5.0, 24.0, 0.5).round(3).tolist()
    [1.0, 3.0, 5.0]
    """
    from scipy.special import expit

    rate, middle = np.asarray(steepness, float), np.asarray(midpoint, float)
    at, start = expit(rate * (np.asarray(month, float) - middle)), expit(rate * (1.0 - middle))
    return np.asarray(1.0 + (np.asarray(saturation, float) - 1.0) * (at - start) / (1.0 - start))


def retained_share(level: Any, kept_s: Any) -> Array:
    """Return the bytes held at the end of each month over what the month's rate would hold [1].

    The bytes held are those written in the window before: the integral of the level, constant within a month, over the
    last `kept_s` seconds. Before month 1 the load is taken as that of month 1. With a window of up to a month, or a
    level that does not move, the share is 1.

    Parameters
    ----------
    level : level of the load by month on the last axis [1]
    kept_s : how long a byte is kept [s]; any shape that broadcasts against `level`

    Examples
    --------
    Kept two months while the load doubles every month: half of the bytes are of a month with half of the rate.

    >>> retained_share(np.array([1.0, 2.0, 4.0]), 2 * SECONDS_A_MONTH).tolist()
    [1.0, 0.75, 0.75]
    """
    level = np.asarray(level, float)
    months = level.shape[-1]
    window = np.asarray(kept_s, float) / SECONDS_A_MONTH
    if np.max(window) <= 1.0:
        return np.asarray(1.0)
    window = np.maximum(window, 1.0)  # within the month the rate is constant
    start = np.arange(1, months + 1) - window
    shape = np.broadcast_shapes(level.shape, start.shape)
    level, start = np.broadcast_to(level, shape), np.broadcast_to(start, shape)
    written = np.cumsum(level, axis=-1)
    inside = np.clip(start, 0.0, months)
    whole = np.minimum(inside.astype(int), months - 1)
    there = np.take_along_axis(level, whole, axis=-1)
    until = np.take_along_axis(written, whole, axis=-1) - there * (1.0 - (inside - whole))
    before = np.minimum(start, 0.0) * level[..., :1]
    return np.asarray((written - until - before) / (window * level))


__all__ = ["Growth", "compound", "retained_share", "s_curve"]
