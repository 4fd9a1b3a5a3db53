"""Offer: one row of the registry, and the one door through which every offer is sized."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.demand.demand import Demand
from capacity.sizing.constraint import Constraint, Limit
from capacity.sizing.sizing import Part, Sizing
from streamfacts.errors import InputError, unknown_name
from streamfacts.units import GIB
from streamfacts.usage import Usage, UsageLine


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that an offer leaves to its user (a lever, not a demand).

    `price_ends` are the values that bill the low and the high end of a range that the vendor publishes without saying
    what lies in between; a comparison shows both.
    """

    name: str
    default: Any
    doc: str
    allowed: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 1e9
    price_ends: tuple[Any, Any] | None = None

    def check(self, value: Any) -> Any:
        """Return the value in the default's type, or raise `InputError`."""
        if isinstance(self.default, bool):
            words: dict[str, bool] = {"true": True, "false": False, "on": True, "off": False}
            value = words.get(str(value).lower(), value)
            if not isinstance(value, bool):
                raise InputError(f"option {self.name}", value, "true or false")
        elif isinstance(self.default, (int, float)):
            whole = "whole " if isinstance(self.default, int) else ""
            allowed = f"a {whole}number from {self.low:g} to {self.high:g}"
            try:
                number = float(value)
            except (TypeError, ValueError):
                raise InputError(f"option {self.name}", value, allowed) from None
            if isinstance(value, bool) or not self.low <= number <= self.high or (whole and number != int(number)):
                raise InputError(f"option {self.name}", value, allowed)
            value = type(self.default)(number)
        if self.allowed and value not in self.allowed:
            raise unknown_name(f"option {self.name}", str(value), map(str, self.allowed))
        return value


@dataclass(frozen=True, slots=True)
class Context:
    """What an offer's model gets besides the demand; with `brief` it may leave out parts that no meter counts."""

    demand: Demand
    names: NDArray[Any]
    options: Mapping[str, Any]
    hours_per_month: float
    units: float | NDArray[np.float64] | None = None
    shape: tuple[int, ...] = ()
    brief: bool = False

    @property
    def seconds(self) -> float:
        """Seconds in the billing month."""
        return self.hours_per_month * 3600.0

    def rows(self, values: Any) -> NDArray[np.float64]:
        """Return one value a configuration, shaped to broadcast against the demand."""
        array = np.asarray(values, float)
        return array.reshape(array.shape + (1,) * len(self.shape))

    def units_or(self, needed: Any) -> NDArray[np.float64]:
        """Return the units that are there if they were given, else those needed, for every configuration."""
        return self.spread(needed if self.units is None else self.units)

    def gib(self, bytes_s: Any) -> NDArray[np.float64]:
        """Return the GiB that a byte rate moves in the billing month, for every configuration [GiB]."""
        return self.spread(np.asarray(bytes_s, float) * self.seconds / GIB)

    def sizing(
        self,
        unit: str,
        units: Any,
        constraints: Sequence[Constraint],
        limits: Sequence[Limit],
        lines: Sequence[UsageLine],
        parts: Sequence[Part] = (),
        notes: Sequence[str] = (),
        pools: Mapping[str, NDArray[np.float64]] | None = None,
        fewest: Mapping[str, NDArray[np.float64]] | None = None,
        multiple: Mapping[str, NDArray[np.float64]] | None = None,
        sources: tuple[str, ...] = (),
    ) -> Sizing:
        """Return the sizing that a model's pieces make; `size` adds the offer's name and options."""
        return Sizing(
            offer="",
            options={},
            demand=self.demand,
            unit=unit,
            units=np.asarray(units),
            constraints=tuple(constraints),
            limits=tuple(limits),
            usage=Usage(tuple(lines), self.hours_per_month),
            configuration=self.names,
            parts=tuple(parts),
            pools=pools or {},
            fewest=fewest or {},
            multiple=multiple or {},
            assumptions=tuple(notes),
            sources=sources if len(set(sources)) > 1 else (),
        )

    def spread(self, value: Any) -> NDArray[np.float64]:
        """Return a value broadcast to (configurations, *demand)."""
        array, shape = np.asarray(value, float), (len(self.names), *self.shape)
        return array if array.shape == shape else np.broadcast_to(array, shape)


@dataclass(frozen=True)
class Offer:
    """An offer: how it is sized and what it promises.

    Parameters
    ----------
    name : key of the registry
    configurations : returns the names of what can be chosen, such as machine types
    model : turns a `Context` into a `Sizing` over all its names at once
    options : the levers it leaves open
    guarantees : what makes it comparable: copies, zones, availability ... in words
    not_modelled : what the model leaves out
    lacks : what a Kafka user would expect and the offer cannot do, whatever is paid
    closed : since when it is withdrawn or closed to new customers, with the source; empty if it is open
    """

    name: str
    title: str
    family: str
    provider: str
    configurations: Callable[[], NDArray[Any]]
    model: Callable[[Context], Sizing]
    configuration_is: str = "machine"
    options: tuple[Option, ...] = ()
    guarantees: Mapping[str, str] = field(default_factory=dict)
    not_modelled: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    closed: str = ""
    sources: tuple[str, ...] = ()

    def checked_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return every option with its value; raises `InputError` for one that the offer does not have."""
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise unknown_name(f"option of {self.name}", name, known)
        return {name: option.check(given.get(name, option.default)) for name, option in known.items()}
