"""Offer: one row of the registry, and the one door through which every offer is sized."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.demand.demand import Demand
from capacity.sizing.constraint import Constraint, Limit
from capacity.sizing.sizing import OF_MACHINE, Part, Sizing
from streamfacts.errors import InputError, InputErrors, unknown_name
from streamfacts.tables import regions
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
        of_one: Mapping[str, Any] | None = None,
        warnings: Sequence[str] = (),
    ) -> Sizing:
        """Return the sizing that a model's pieces make; `size` adds the offer's name and options.

        `of_one` has what `sizing.OF_ONE` names, where the service shows it; a brief sizing keeps the machine's alone.
        """
        of_one_figures: dict[str, Any] = {
            name: np.asarray(value, float)
            for name, value in (of_one or {}).items()
            if not self.brief or name in OF_MACHINE
        }
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
            warnings=tuple(warnings),
            sources=sources if len(set(sources)) > 1 else (),
            **of_one_figures,
        )

    def spread(self, value: Any) -> NDArray[np.float64]:
        """Return a value broadcast to (configurations, *demand)."""
        array, shape = np.asarray(value, float), (len(self.names), *self.shape)
        return array if array.shape == shape else np.broadcast_to(array, shape)


class Protocol(StrEnum):
    """What clients speak."""

    KAFKA = "Kafka"
    PULSAR = "Pulsar"
    KINESIS = "Kinesis"
    PUBSUB = "Pub/Sub"
    AMQP = "AMQP"
    HTTPS = "HTTPS"
    RABBITMQ = "RabbitMQ"
    JMS = "JMS"


class Copies(StrEnum):
    """Where the copies of a record lie."""

    NODES = "nodes"
    OBJECT_STORE = "object store"
    SERVICE = "service"


#: Provider of an offer that runs where its user has servers, outside of the regions of any other.
OWN_HARDWARE = "own hardware"
#: What every offer says of itself in words, besides the protocols.
GUARANTEES = ("copies", "zones", "availability", "disks")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def _itself(configuration: str) -> tuple[str, ...]:
    return (configuration,)


@dataclass(frozen=True)
class Offer:
    """An offer: how it is sized and what it promises. One that leaves out what a reader needs is refused.

    Parameters
    ----------
    name : key of the registry
    title, family : what it is called, and with which others it is shown; nothing is decided by them
    provider : whose regions it is sold in, as in `data/regions.csv`, or `OWN_HARDWARE`
    configurations : returns the names of what can be chosen, such as machine types
    model : turns a `Context` into a `Sizing` over all its names at once
    protocols : what clients speak, its own first
    guarantees : what makes it comparable, in words: copies, zones, availability, disks
    not_modelled : the gaps, what the model leaves out; at least one
    sources : pages that describe it; at least one
    options : the levers it leaves open
    machines : machine types of a configuration, of the main units and then of each pool; a name without a row in
        `data/machines/` is none
    lacks : what a Kafka user would expect and the offer cannot do, whatever is paid
    keeps_copies : whether it keeps as many copies as the workload asks, so that the user answers for their number
    unused : fields of a workload that the offer does not know, with the reason; what bounds retention is by time then
    impossible : fields of a workload that it cannot serve, with the source
    needs : fields of a workload without which it is none
    closed : since when it is withdrawn or closed to new customers, with the source; empty if it is open
    self_managed : whether a team of the user's runs it
    copies_on : where the copies lie: on nodes of the cluster, in an object store, or within the service, out of sight
    own_streams : whether each application has streams of its own, so that partitions are not shared
    tiered_as : the offer that is the same with a remote tier, if there is one
    region_copies : names of the mechanisms that copy its records to another region, the usual one first; those of its
        protocol if left out
    no_region_copy : why there is none, where `region_copies` is empty
    counts_region_copies : whether its model adds the reads of copies in other regions to its egress
    metrics : names of the schemes in `data/analyses/guardrails.csv` by which it is watched
    kind : which rows of `data/fit/features.csv` and `ratings.csv` speak of it besides its own
    """

    name: str
    title: str
    family: str
    provider: str
    configurations: Callable[[], NDArray[Any]]
    model: Callable[[Context], Sizing]
    configuration_is: str = "machine"
    options: tuple[Option, ...] = ()
    protocols: tuple[Protocol, ...] = ()
    guarantees: Mapping[str, str] = field(default_factory=dict)
    not_modelled: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    machines: Callable[[str], tuple[str, ...]] = _itself
    lacks: tuple[str, ...] = ()
    keeps_copies: bool = False
    closed: str = ""
    unused: Mapping[str, str] = field(default_factory=dict)
    impossible: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    self_managed: bool = False
    copies_on: Copies = Copies.NODES
    own_streams: bool = False
    tiered_as: str = ""
    region_copies: tuple[str, ...] | None = None
    no_region_copy: str = ""
    counts_region_copies: bool = False
    metrics: tuple[str, ...] = ()
    kind: str = ""

    def __post_init__(self) -> None:
        wanting = self._wanting()
        if wanting:
            errors = [InputError(f"offer {self.name or '(no name)'}: {what}", had, need) for what, had, need in wanting]
            raise errors[0] if len(errors) == 1 else InputErrors(errors)
        words = {key: text for key, text in self.guarantees.items() if key != "protocol"}
        object.__setattr__(self, "guarantees", {"protocol": ", ".join(self.protocols), **words})

    def _wanting(self) -> list[tuple[str, Any, str]]:
        """What the offer lacks to be compared with others: field, what it has, what is required."""
        missing = [key for key in GUARANTEES if not str(self.guarantees.get(key, "")).strip()]
        unsourced = [page for page in self.sources if not page.startswith("https://")]
        providers = [*sorted(set(regions().values())), OWN_HARDWARE]
        checks: tuple[tuple[bool, str, Any, str], ...] = (
            (bool(_NAME.fullmatch(self.name)), "name", self.name, "lower-case words, digits and hyphens"),
            (bool(self.title.strip()), "title", self.title, "what it is called"),
            (bool(self.family.strip()), "family", self.family, "with which others it is shown"),
            (self.provider in providers, "provider", self.provider, " or ".join(providers)),
            (bool(self.protocols), "protocols", "none", f"one or more of {', '.join(Protocol)}"),
            (
                not missing,
                "guarantees",
                f"nothing on {', '.join(missing)}",
                f"a promise on each of {', '.join(GUARANTEES)}, or that there is none",
            ),
            (
                bool(self.kind),
                "kind",
                self.kind,
                "whose features and ratings in data/fit speak of it, such as kafka-managed",
            ),
            (bool(self.not_modelled), "not_modelled", "none", "one gap or more: what the model leaves out"),
            (bool(self.sources) and not unsourced, "sources", unsourced or "none", "one page or more, https://..."),
            (
                not self.closed or any(year in self.closed for year in map(str, range(2000, 2100))),
                "closed",
                self.closed,
                "since when, with the year",
            ),
        )
        return [(what, had, need) for fits, what, had, need in checks if not fits]

    def checked_options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return every option with its value; raises `InputError` for one that the offer does not have."""
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise unknown_name(f"option of {self.name}", name, known)
        return {name: option.check(given.get(name, option.default)) for name, option in known.items()}
