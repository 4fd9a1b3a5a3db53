"""Sizing: how many of what, what binds, what it meters, and what it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from capacity.demand.demand import Demand
from capacity.demand.said import demand_sentences, is_one
from capacity.sizing.constraint import Constraint, Limit, Value, picked, together
from capacity.sizing.placement import MANY
from streamfacts.arrays import Array
from streamfacts.units import human, largest
from streamfacts.usage import Usage

if TYPE_CHECKING:
    import pandas as pd


#: What a sizing says of one cluster and one broker of it, beside its units.
OF_ONE = ("partitions", "replica_bytes", "replicas_on_fullest", "disk_bytes", "vcpu", "memory_gib", "rebuild_s")
#: Those of them that are the machine's and not the load's.
OF_MACHINE = ("vcpu", "memory_gib")
UNKNOWN = np.float64(np.nan)


class PartKind(StrEnum):
    """Parts that an analysis or another model asks for."""

    VOLUME = "volume"
    VOLUME_THROUGHPUT = "volume throughput"
    VOLUME_OPERATIONS = "volume operations"
    LOCAL_DISK = "local disk"
    REBUILD = "rebuild"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands against an offer: what it is about, the sentence that says it, and the source."""

    about: str
    sentence: str
    source: str = ""


class Role(StrEnum):
    """What a usage line pays for besides the main units, where one meter pays for several things."""

    CONTROLLERS = "controllers"
    METADATA = "metadata"
    BOOKIES = "bookies"
    JOURNAL = "journal"


@dataclass(frozen=True, slots=True)
class Part:
    """One more quantity of a sizing, such as the disk of a broker, with how it came about.

    Parameters
    ----------
    name : what a reader sees
    value : [`unit`] by configuration and demand
    kind : what it is, where something asks for it
    pool : the kind of unit that it is about, where an offer has several; empty for the main one
    floors : what each of several reasons asks for at least [`unit`], by the reason in words; the formula of a part that
        is picked for one demand begins with the one that asks for the most
    """

    name: str
    value: Array
    unit: str
    formula: str
    source: str = ""
    kind: PartKind | None = None
    pool: str = ""
    floors: tuple[tuple[str, Value], ...] = ()

    def pick(self, index: tuple[int, ...], ndim: int, source: str) -> Part:
        """Return this part at an index of a sizing whose units have `ndim` axes, with the source for that."""
        floors = tuple((reason, picked(least, index, ndim)) for reason, least in self.floors)
        formula, of_one = self.formula, bool(floors) and all(np.ndim(least) == 0 for _, least in floors)
        if of_one:
            reason, most = max(floors, key=lambda floor: float(floor[1]))
            formula, floors = f"chosen: at least {float(most):,.0f} for {reason}; {formula}", ()
        value = picked(self.value, index, ndim)
        return replace(self, value=value, formula=formula, source=source, floors=floors)


@dataclass(frozen=True)
class Sizing:
    """What an offer needs for a demand.

    Arrays have the configurations (machine types and the like) on the leading axis and the demand's axes after it;
    `pick` takes one configuration out. With one configuration asked for and a 0-d demand everything is 0-d.

    Attributes
    ----------
    units : brokers, shards, clusters ... needed [`unit`]
    constraints : every constraint with demand, capacity, ceiling and source
    limits : the hard limits, broken or not
    usage : quantities on meters
    parts : further sized quantities
    pools : units of further kinds that scale apart, such as bookies, by kind
    fewest : units of a kind that are there whatever the load, by kind, of the demand's shape
    multiple : what the units of a kind are sold in multiples of, by kind, of the demand's shape
    warnings : what an operator should know before this is run, in sentences
    sources : source of the machine of each configuration; what cites a machine cites the first, and once one
        configuration is picked, that one's. Empty where all have the same
    partitions : partitions of one cluster, leaders only; NaN, as all that follow, where the service shows none
    replica_bytes : data of one replica on the disk of a broker, the largest one [byte]
    replicas_on_fullest : partition replicas on the broker that holds the most
    disk_bytes : disk of one broker, its volume or all its local disks [byte]
    vcpu, memory_gib : of one broker [1, GiB]
    rebuild_s : time to copy the data of a lost broker to its replacement [s]
    """

    offer: str
    options: Mapping[str, Any]
    demand: Demand
    unit: str
    units: Array
    constraints: tuple[Constraint, ...]
    limits: tuple[Limit, ...]
    usage: Usage
    configuration: str | NDArray[Any] = ""
    parts: tuple[Part, ...] = ()
    pools: Mapping[str, Array] = field(default_factory=dict)
    fewest: Mapping[str, Array] = field(default_factory=dict)
    multiple: Mapping[str, Array] = field(default_factory=dict)
    assumptions: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    partitions: Value = UNKNOWN
    replica_bytes: Value = UNKNOWN
    replicas_on_fullest: Value = UNKNOWN
    disk_bytes: Value = UNKNOWN
    vcpu: Value = UNKNOWN
    memory_gib: Value = UNKNOWN
    rebuild_s: Value = UNKNOWN
    unused: Mapping[str, str] = field(default_factory=dict)

    @property
    def assumed(self) -> tuple[str, ...]:
        """What is assumed, as sentences: by the offer, and for one demand also of its producers and topics."""
        return self.assumptions + (demand_sentences(self.demand, self.unused) if is_one(self.demand) else ())

    def parts_of(self, kind: PartKind) -> tuple[Part, ...]:
        """Return the parts of a kind."""
        return tuple(part for part in self.parts if part.kind is kind)

    def units_of(self, constraint: Constraint) -> Array:
        """Return the units that a constraint is about: the main ones, or those of its pool."""
        return self.pools[constraint.pool] if constraint.pool else self.units

    @cached_property
    def feasible(self) -> NDArray[np.bool_]:
        """Whether no limit is broken and the units are finite, by configuration and demand."""
        ok = np.isfinite(self.units)
        for units in self.pools.values():
            ok = ok & np.isfinite(units)
        broken: NDArray[np.bool_] = np.zeros((), bool)
        for one in sorted((limit.broken for limit in self.limits), key=np.ndim):  # small arrays first
            broken = broken | one
        return np.asarray(ok & ~broken)

    def pick(self, *index: int) -> Sizing:
        """Return one configuration, entry `index` of the leading axis; by two numbers for one demand of an axis."""
        ndim, of_demand = np.ndim(self.units), index[1:]
        configuration = self.configuration if isinstance(self.configuration, str) else str(self.configuration[index[0]])

        def cited(source: str) -> str:
            return source.replace(self.sources[0], self.sources[index[0]]) if self.sources else source

        return replace(
            self,
            sources=(),
            demand=self.demand.take(of_demand) if of_demand else self.demand,
            units=self.units[index],
            constraints=tuple(c.pick(index, ndim, cited(c.source)) for c in self.constraints),
            limits=tuple(limit.pick(index, ndim, cited(limit.source)) for limit in self.limits),
            usage=self.usage.pick(*index),
            configuration=configuration,
            pools={name: units[index] for name, units in self.pools.items()},
            fewest={name: picked(value, of_demand, ndim - 1) for name, value in self.fewest.items()},
            multiple={name: picked(value, of_demand, ndim - 1) for name, value in self.multiple.items()},
            parts=tuple(p.pick(index, ndim, cited(p.source)) for p in self.parts),
            **{name: picked(getattr(self, name), index, ndim) for name in OF_ONE},
        )

    @property
    def placement(self) -> str:
        """How replicas lie on the fullest broker, as a sentence for one configuration and demand; empty if unknown."""
        figures = [float(largest(x)) for x in (self.partitions, self.replicas_on_fullest, self.units)]
        if not np.all(np.isfinite(figures)):
            return ""
        partitions, on_fullest, _ = figures
        out = f"{partitions:,.0f} partitions, {on_fullest:,.0f} replicas on the fullest broker"
        for figure, words in ((self.replica_bytes, ", the largest of {}"), (self.disk_bytes, ", on a disk of {}")):
            if np.isfinite(largest(figure)):
                out += words.format(human(largest(figure), "bytes"))
        if np.isfinite(largest(self.rebuild_s)):
            out += f"; a lost one is rebuilt in {human(largest(self.rebuild_s), 'seconds')}"
        return out

    def utilisation(self) -> dict[tuple[str, str], Array]:
        """Return (constraint, state) to utilisation at the units sized [1]."""
        return {(c.name, c.state): c.utilisation(self.units_of(c)) for c in self.constraints}

    @cached_property
    def _ranking(self) -> NDArray[np.intp]:
        shape = self.units.shape
        if shape:
            parts = [_part_of(c.needed(), self.units_of(c)) for c in self.constraints]
            pressure = np.stack([part if part.shape == shape else np.broadcast_to(part, shape) for part in parts])
        else:
            units = np.array([self.units_of(c) for c in self.constraints], float)
            pressure = _part_of(together(self.constraints).needed(), units)
        return np.argsort(-pressure, axis=0, kind="stable")

    @cached_property
    def bound_by(self) -> NDArray[np.intp]:
        """Position among `constraints` of the one that asks for the largest part of the units sized."""
        return np.asarray(self._ranking[0])

    @cached_property
    def bound_next(self) -> NDArray[np.intp]:
        """Position of the constraint on the next other resource, the wall behind; -1 where there is no other."""
        order = self._ranking
        names = np.array([c.name for c in self.constraints])
        other = names[order] != names[order[0]]
        behind = np.take_along_axis(order, np.argmax(other, axis=0)[None], axis=0)[0]
        return np.asarray(np.where(other.any(axis=0), behind, -1))

    @cached_property
    def binding(self) -> Array | str:
        """Name and state of the constraint that asks for the largest part of the units sized, in words."""
        return self._named(self.bound_by)

    @cached_property
    def next_binding(self) -> Array | str:
        """Name and state of the wall behind the binding one, in words; empty where there is none."""
        return self._named(self.bound_next)

    def _named(self, position: NDArray[np.intp]) -> Array | str:
        labels = np.array([*(f"{c.name} ({c.state})" for c in self.constraints), ""])
        out = labels[position]
        return str(out) if out.ndim == 0 else out

    @property
    def obstacles(self) -> list[Obstacle]:
        """Every broken limit with value and limit in a sentence (for one configuration and demand)."""
        out = []
        for limit in self.limits:
            if np.any(limit.broken):
                relation = "is below the least" if limit.at_least else "is above the most"
                value, wall = (human(largest(x), limit.unit) for x in (limit.demand, limit.limit))
                advice = f"; {limit.advice}" if limit.advice else ""
                out.append(Obstacle(limit.name, f"{limit.name}: {value} {relation}, {wall}{advice}", limit.source))
        if not np.all(np.isfinite(self.units)):
            nil = [c for c in self.constraints if not np.all(np.isfinite(c.needed()))]
            out += [Obstacle(c.name, self._unfit(c), c.source) for c in nil]
        return out

    def _unfit(self, c: Constraint) -> str:
        """Why no number of units will do, in words."""
        has = largest(np.multiply(c.capacity, c.ceiling))
        if not has:
            return f"{c.name}: one {c.pool or self.unit} has none, {human(largest(c.demand), c.unit)} asked"
        busiest, may = (human(x, c.unit) for x in (largest(c.fullest(np.asarray(MANY))), has))
        return (
            f"{c.name} ({c.state}): the busiest partition has {busiest}, and one {c.pool or self.unit} may have {may}"
        )

    @property
    def broken(self) -> list[tuple[str, str]]:
        """Every broken limit as a sentence, and its source."""
        return [(o.sentence, o.source) for o in self.obstacles]

    @property
    def violations(self) -> list[str]:
        """Every broken limit as a sentence that ends with its source."""
        return [f"{sentence} ({source})" for sentence, source in self.broken]

    def constraint_table(self) -> pd.DataFrame:
        """Return one row a constraint and state (0-d sizing): demand, capacity, utilisation, headroom, source."""
        import pandas as pd

        return pd.DataFrame(self.constraint_rows())

    def constraint_rows(self) -> list[dict[str, Any]]:
        """Return the rows of `constraint_table` as plain records, one a constraint and in their order."""
        units = [self.units_of(c) for c in self.constraints]
        if np.ndim(self.units):
            columns = [
                [largest(x) for x in (c.demand, c.capacity, c.needed(), c.utilisation(n), c.ceiling)]
                for c, n in zip(self.constraints, units, strict=True)
            ]
        else:
            whole = together(self.constraints)
            used = whole.utilisation(np.array(units, float))
            columns = np.stack([whole.demand, whole.capacity, whole.needed(), used, whole.ceiling], axis=-1).tolist()
        return [
            {
                "constraint": c.name,
                "pool": c.pool or self.unit,
                "state": c.state,
                "demand": demand,
                "capacity_of_one": capacity,
                "unit": c.unit,
                "units_needed": needed,
                "utilisation": share,
                "use_up_to": ceiling,
                "headroom": ceiling - share,
                "formula": c.formula,
                "source": c.source,
            }
            for c, (demand, capacity, needed, share, ceiling) in zip(self.constraints, columns, strict=True)
        ]


def _part_of(needed: Array, units: Array) -> Array:
    """Units needed over the units sized [1]; infinite where no number of them would do."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isinf(needed), np.inf, needed / units))
