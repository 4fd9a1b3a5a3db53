"""Offer: one row of the registry, and the one door through which every offer is sized."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.constraint import Constraint, Limit
from capacity.demand import Demand
from capacity.sizing import Part, Sizing
from capacity.workload import Workload
from streamfacts.errors import InputError, unknown_name
from streamfacts.units import GIB
from streamfacts.usage import HOURS_PER_MONTH, Usage, UsageLine


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
        of_one: Mapping[str, Any] | None = None,
    ) -> Sizing:
        """Return the sizing that a model's pieces make; `size` adds the offer's name and options.

        `of_one` has what `sizing.OF_ONE` names, where the service shows it; it is left out of a brief sizing.
        """
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
            **({} if self.brief else {name: np.asarray(value, float) for name, value in (of_one or {}).items()}),
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


@cache
def platforms() -> dict[str, Offer]:
    """Return every offer by name, found in the modules of `capacity.platforms`.

    Examples
    --------
    >>> "msk-standard" in platforms()
    True
    """
    # by name: `capacity.platforms` is this function once `capacity` is imported
    package = importlib.import_module("capacity.platforms")
    found: dict[str, Offer] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        for offer in getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "OFFERS", ()):
            if offer.name in found:
                raise ValueError(f"two offers are called {offer.name}")
            found[offer.name] = offer
    return found


def find_platform(name: str) -> Offer:
    """Return an offer; raises `InputError` with the nearest names if there is none of that name."""
    offers = platforms()
    if name not in offers:
        raise unknown_name("platform", name, offers)
    return offers[name]


def size(
    workload: Workload | Demand,
    platform: str,
    *,
    machine: str | None = None,
    among: NDArray[Any] | None = None,
    units: float | NDArray[np.float64] | None = None,
    clusters: Any = 1,
    options: Mapping[str, Any] | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
    brief: bool = False,
) -> Sizing:
    """Size an offer for a workload.

    Parameters
    ----------
    workload : a `Workload`, sized in its region or the offer's counterpart of it, or a `Demand` of any shape S
    platform : name of an offer, see `platforms()`
    machine : one configuration; without it the result has all of them on its leading axis
    among : names of configurations to size, in the offer's order; all if left out
    units : brokers or shards that are already there; their utilisation is shown and what they break is a violation;
        one number, or an array that broadcasts to (configurations, *S)
    clusters : equal clusters that the demand is spread over; units and constraints are those of one, usage of all
    options : the offer's levers by name
    hours_per_month : hours in the billing month [h]
    brief : leave out parts that no meter counts, such as the time to rebuild a broker

    Returns
    -------
    Sizing with arrays of shape S (one machine) or (configurations, *S)

    Raises
    ------
    InputError
        for an unknown platform, machine or option.

    Examples
    --------
    >>> w = Workload(write="45 MB/s", message="1 KiB", fan_out=2, retention="24 h")
    >>> s = size(w, "msk-express", machine="express.m7g.large")
    >>> float(s.units), s.binding
    (6.0, 'ingress (normal)')
    """
    offer = find_platform(platform)
    if isinstance(workload, Workload):
        demand = Demand.of(workload).replace(region=workload.region_at(offer.provider) or workload.region)
    else:
        demand = workload
    if np.min(clusters) < 1 or not np.all(np.isfinite(clusters)):
        raise InputError("clusters", clusters, "a number of at least 1")
    if np.ndim(clusters) or clusters != 1:
        demand = demand.split(clusters)
    names = offer.configurations() if among is None else among
    if machine is not None:
        if machine not in names:
            near = difflib.get_close_matches(machine, names.tolist(), n=4, cutoff=0.3)
            what = f"one of {', '.join(near)} ..." if near else f"one of {', '.join(names[:8])}"
            raise InputError(offer.configuration_is, machine, f"{what} ({len(names)} known for {offer.name})")
        names = names[names == machine]
    if units is not None and not _whole_units(units):
        raise InputError("units", units, "a whole number, at least 1 and at most 1,000,000")
    if not (_is_number(hours_per_month) and 0 < hours_per_month <= 744):
        raise InputError("hours_per_month", hours_per_month, "a number above 0 and at most 744")
    context = Context(demand, names, offer.checked_options(options or {}), hours_per_month, units, demand.shape, brief)
    sizing = offer.model(context)
    usage = sizing.usage.times(demand.clusters).for_part_of_a_month()
    sizing = replace(sizing, offer=offer.name, options=context.options, usage=usage)
    if units is not None:
        _check_copies(sizing, float(np.min(units)))
        sizing = replace(sizing, limits=sizing.limits + _overloads(sizing))
    return sizing.pick(0) if machine is not None else sizing


def _whole_units(value: Any) -> bool:
    if not isinstance(value, np.ndarray):
        return _is_number(value) and 1 <= value <= 1e6 and value == int(value)
    number = value.dtype.kind in "iuf" and value.size > 0
    return number and bool(((value >= 1) & (value <= 1e6) & (value == np.floor(value))).all())


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and type(value) is not bool and bool(np.isfinite(value))


def _check_copies(sizing: Sizing, units: float) -> None:
    """Raise `InputError` if there are fewer brokers than copies to place."""
    few = [x for x in sizing.limits if x.name == "brokers" and x.at_least and x.broken.any()]
    if few:
        raise InputError(
            "replication_factor",
            f"{np.max(few[0].limit):g}",
            f"at most {units:g}: one copy a broker, and units gives {units:g} brokers",
        )


def _overloads(sizing: Sizing) -> tuple[Limit, ...]:
    """Each constraint as a limit on its utilisation, for units that are given and not chosen."""
    return tuple(
        Limit(
            f"{c.name} ({c.state}) with {float(np.max(sizing.units)):g} {sizing.unit}s",
            c.utilisation(sizing.units_of(c)),
            np.asarray(c.ceiling),
            "of capacity",
            c.source,
        )
        for c in sizing.constraints
    )
