"""Requirements: what an offer must do, what its owners know of themselves, and how much each criterion counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.clouds.cloud import clouds
from capacity.resilience import FAILURES
from streamfacts.errors import InputError, naming, unknown_name
from streamfacts.reading import read_mapping
from streamfacts.tables import data_dir, read_rows
from streamfacts.units import DAY, parse

PROTOCOLS = ("Kafka", "Pulsar", "Kinesis", "Pub/Sub", "AMQP", "HTTPS", "JMS", "RabbitMQ")
CLOUDS = tuple(clouds())


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(name, value, "true or false")
    return value


def _choice(of: tuple[str, ...]) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:
        if value not in of:
            raise unknown_name(name, str(value), of)
        return str(value)

    return read


def _several(of: tuple[str, ...] | None) -> Callable[[str, Any], tuple[str, ...]]:
    def read(name: str, value: Any) -> tuple[str, ...]:
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, (list, tuple)) or not values:
            raise InputError(name, value, "one name or a list of them")
        for one in values:
            if of is not None and one not in of:
                raise unknown_name(name, str(one), of)
        return tuple(str(v) for v in values)

    return read


def _number(low: float, high: float, unit: str) -> Callable[[str, Any], float]:
    def read(name: str, value: Any) -> float:
        allowed = f"a number from {low:g} to {high:g} {unit}".rstrip()
        try:
            number = float(str(value).rstrip("% "))
        except ValueError:
            raise InputError(name, value, allowed) from None
        if isinstance(value, bool) or not low <= number <= high:
            raise InputError(name, value, allowed)
        return number

    return read


def _latency(name: str, value: Any) -> float:
    seconds = parse(value, "duration", name)
    if not 0.001 <= seconds <= 3600:
        raise InputError(name, value, "a duration from 1 ms to 1 h")
    return seconds * 1000.0


def _delay(name: str, value: Any) -> float:
    seconds = parse(value, "duration", name)
    if not 0 <= seconds <= 366 * DAY:
        raise InputError(name, value, "a duration from 0 s to a year")
    return seconds


@dataclass(frozen=True, slots=True)
class Question:
    """One field of the form: what it asks and how its answer is read."""

    group: str
    ask: str
    read: Callable[[str, Any], Any]


#: The form: hard requirements. Volume, retention and the loss to survive are the workload's: offers are sized for them.
MUST: dict[str, Question] = {
    "protocol": Question("guarantees", "the protocol that clients speak", _choice(PROTOCOLS)),
    "latency": Question("latency", "end-to-end latency that 99 in 100 records keep", _latency),
    "transactions": Question("guarantees", "exactly-once over several topics (transactions)", _flag),
    "compaction": Question("guarantees", "the last value of each key is kept (log compaction)", _flag),
    "queues": Question("guarantees", "each message acknowledged by itself (queue semantics)", _flag),
    "availability": Question("durability", "availability promised by contract [% of a month]", _number(0, 100, "%")),
    "geo_replication": Question("durability", "replication to another region as a feature of the offer", _flag),
    "rpo": Question("resilience", "age of the newest data that may be lost, 9 times in 10", _delay),
    "rto": Question("resilience", "time until all is processed again, 9 times in 10", _delay),
    "losses": Question(
        "resilience", "losses after which both hold: disk, broker, zone, region, deletion", _several(FAILURES)
    ),
    "own_account": Question("context", "data stays in an account of one's own", _flag),
    "open_source": Question("context", "what it runs can be run from an open-source release", _flag),
    "managed": Question("context", "somebody else operates it", _flag),
    "clouds": Question("context", "clouds on which it must be had, all of them", _several(CLOUDS)),
    "only_clouds": Question("context", "clouds on which it may run here, one of them", _several(CLOUDS)),
    "tenants": Question("context", "tenants kept apart natively", _flag),
    "max_monthly": Question(
        "cost", "most that an average month may cost in the median [USD]", _number(1e-2, 1e12, "USD")
    ),
}
#: What the owners know of themselves; answers the "choose when" rules.
CONTEXT: dict[str, Question] = {
    "team_knows": Question("context", "platforms that the team can run: kafka, pulsar", _several(None)),
    "greenfield": Question("context", "nothing of the kind is there yet", _flag),
    "several_clouds": Question("context", "it runs in several clouds", _flag),
    "single_cloud": Question("context", "committed to one cloud", _flag),
    "many_integrations": Question("context", "as many third-party integrations as can be had", _flag),
    "confluent_partner": Question("context", "a partnership with Confluent is of value", _flag),
    "cloud_native": Question("context", "integration with the cloud's own services dominates", _flag),
}
#: What may be wished instead of required: an offer that does not keep it stays, and says so.
WISH = {name: MUST[name] for name in ("rpo", "rto", "losses")}
UNKNOWN = ("exclude", "keep")


@dataclass(frozen=True, slots=True)
class Aim:
    """What must survive and how well.

    Attributes
    ----------
    rpo_s, rto_s : hard, infinite where none is asked [s]
    wished_rpo_s, wished_rto_s : wished beyond that, no longer than the hard ones [s]
    losses : after which they hold: disk, broker, zone, region, deletion
    hard : whether an offer is out without a design that keeps the hard ones
    """

    rpo_s: float
    rto_s: float
    wished_rpo_s: float
    wished_rto_s: float
    losses: tuple[str, ...]
    hard: bool


@dataclass(frozen=True)
class Requirements:
    """Answers to the form.

    Attributes
    ----------
    must : hard requirement to its value; latency in milliseconds, RPO and RTO in seconds
    wish : what is wished instead of required: RPO and RTO in seconds, and the losses after which they hold
    context : what the owners know of themselves
    weights : how much each criterion counts [any unit]; those of `data/fit/criteria.csv` where none is given
    unknown : whether an offer of which a hard requirement is not established is excluded or kept and flagged
    """

    must: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    unknown: str = "exclude"
    name: str = "requirements"
    wish: Mapping[str, Any] = field(default_factory=dict)

    @property
    def aim(self) -> Aim | None:
        """What must survive and how well; None if nothing of it is asked."""
        if not any(name in given for given in (self.must, self.wish) for name in WISH):
            return None
        rpo, rto = (float(self.must.get(name, math.inf)) for name in ("rpo", "rto"))
        losses = (*self.must.get("losses", ()), *self.wish.get("losses", ())) or ("region",)
        return Aim(
            rpo,
            rto,
            min(rpo, float(self.wish.get("rpo", math.inf))),
            min(rto, float(self.wish.get("rto", math.inf))),
            tuple(dict.fromkeys(losses)),
            any(name in self.must for name in WISH),
        )

    @property
    def shares(self) -> NDArray[np.float64]:
        """The weights as shares that add up to 1, in the order of `criteria()`."""
        given = np.array([self.weights.get(name, default) for name, (_, default) in criteria().items()], float)
        if not given.sum() > 0:
            raise InputError("weights", "all 0", "at least one weight above 0")
        return np.asarray(given / given.sum())

    @classmethod
    def of(cls, data: Mapping[str, Any], name: str = "requirements") -> Requirements:
        """Return requirements from plain values, as a YAML file has them.

        Raises
        ------
        InputError
            for a question that is not on the form or an answer that cannot be used.

        Examples
        --------
        >>> r = Requirements.of({"must": {"latency": "100 ms", "protocol": "Kafka"}, "weights": {"cost": 3}})
        >>> r.must, round(float(r.shares[0]), 2)
        ({'latency': 100.0, 'protocol': 'Kafka'}, 0.3)
        """
        known = ("must", "wish", "context", "weights", "unknown", "name")
        for key in data:
            if key not in known:
                raise unknown_name("requirements", str(key), known)
        for key in ("must", "wish", "context", "weights"):
            if not isinstance(data.get(key, {}), Mapping):
                raise InputError(key, data[key], "a mapping of names to values")
        unknown = _choice(UNKNOWN)("unknown", data.get("unknown", "exclude"))
        must = _answers("must", data.get("must", {}), MUST)
        wish = _answers("wish", data.get("wish", {}), WISH)
        context = _answers("context", data.get("context", {}), CONTEXT)
        weights = {}
        for key, value in data.get("weights", {}).items():
            if key not in criteria():
                raise unknown_name("weights", str(key), criteria())
            weights[key] = _weight(f"weights.{key}", value)
        found = cls(must, context, weights, unknown, str(data.get("name", name)), wish)
        found.shares  # noqa: B018  raises where no weight is above 0
        return found

    def but(self, must: Mapping[str, Any] | None = None, weights: Mapping[str, Any] | None = None) -> Requirements:
        """Return a copy with some answers or weights changed, read as those of a file."""
        changed = Requirements.of({"must": must or {}, "weights": weights or {}})
        return replace(self, must={**self.must, **changed.must}, weights={**self.weights, **changed.weights})

    @classmethod
    def load(cls, path: str | Path) -> Requirements:
        """Read requirements from a YAML file."""
        with naming(Path(path).name):
            return cls.of(read_mapping(path, "requirements"), Path(path).stem)


def _weight(name: str, value: Any) -> float:
    allowed = "a number of 0 or more"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise InputError(name, value, allowed)
    return float(value)


def _answers(group: str, given: Mapping[str, Any], form: Mapping[str, Question]) -> dict[str, Any]:
    out = {}
    for key, value in given.items():
        if key not in form:
            raise unknown_name(f"{group}: question", str(key), form)
        out[str(key)] = form[key].read(f"{group}.{key}", value)
    return out


def criteria() -> dict[str, tuple[str, float]]:
    """Return the criteria in their order: name to title and default weight."""
    return {r["criterion"]: (r["title"], r["weight"]) for r in read_rows("fit/criteria")}


def shipped_requirements() -> dict[str, Path]:
    """Return the shipped example answers by name."""
    return {path.stem: path for path in sorted((data_dir() / "requirements").glob("*.yaml"))}


def open_requirements(path_or_name: str | Path) -> Requirements:
    """Return requirements from a file or, if there is no such file, the shipped ones of that name; none if empty."""
    if not str(path_or_name):
        return Requirements()
    shipped, name = shipped_requirements(), str(path_or_name)
    if name in shipped and not Path(name).exists():
        return Requirements.load(shipped[name])
    if Path(name).suffix.lower() not in (".yaml", ".yml"):
        raise unknown_name("requirements (no such file, and no shipped one)", name, shipped)
    return Requirements.load(name)
