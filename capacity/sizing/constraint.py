"""Constraints and limits: what decides how many units are needed, and what no number of units can mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.sizing.placement import ROUNDING, Pieces
from streamfacts.arrays import Array

#: What a field of a constraint may hold: an array of any shape, or one number.
Value = NDArray[np.float64] | np.float64 | float

#: Least part of a unit that any demand takes beside units that are lost: more than what rounding up lets pass.
LEAST_PART = 1e-6
#: Fields of a constraint that are numbers, in the order of `Constraint`.
VALUES = ("demand", "capacity", "ceiling", "share", "lost", "leaders", "copies", "lead", "hottest", "bins", "chosen")
_VALUES_OF = attrgetter(*VALUES)


class Resource(StrEnum):
    """Resources that a law or an analysis tells apart, each with what it is called.

    A platform may call a resource of its own otherwise, as a plain string: nothing then asks for it by name.
    """

    CPU = "CPU"
    NETWORK_IN = "network in"
    NETWORK_OUT = "network out"
    MEMORY = "memory"
    BOOKIE_MEMORY = "bookie memory"
    PAGE_CACHE = "page cache"
    DISK_WRITE = "disk write"
    DISK_READ_WRITE = "disk read and write"
    DISK_JOURNAL = "disk journal"
    DISK_LEDGER = "disk ledger"
    DISK_JOURNAL_AND_LEDGER = "disk journal and ledger"
    DISK_LOG = "write-ahead log"
    DISK_OPERATIONS = "disk operations"
    DISK_SPACE = "disk space"
    PARTITIONS = "partitions"
    COMPACTED_PARTITIONS = "compacted partitions"
    CONNECTIONS = "connections"
    TOPICS = "topics"
    ENSEMBLE = "ensemble"


#: Byte rates of disks.
DISK_RATES = frozenset(
    {
        Resource.DISK_WRITE,
        Resource.DISK_READ_WRITE,
        Resource.DISK_JOURNAL,
        Resource.DISK_LEDGER,
        Resource.DISK_JOURNAL_AND_LEDGER,
    }
)
#: What is held and stays, such as space and partitions, and operations: the rest is traffic.
HELD = frozenset(
    {
        Resource.MEMORY,
        Resource.BOOKIE_MEMORY,
        Resource.PAGE_CACHE,
        Resource.DISK_SPACE,
        Resource.DISK_OPERATIONS,
        Resource.PARTITIONS,
        Resource.COMPACTED_PARTITIONS,
        Resource.CONNECTIONS,
        Resource.TOPICS,
        Resource.ENSEMBLE,
    }
)


class InState(StrEnum):
    """States of a cluster in which a constraint is held against its capacity."""

    NORMAL = "normal"
    BROKER_DOWN = "broker down"
    BOOKIE_DOWN = "bookie down"
    ZONE_DOWN = "zone down"
    CATCH_UP = "catch-up"
    REBUILD = "rebuild"


def picked(value: Any, index: tuple[int, ...], ndim: int) -> Any:
    """Return what a value is at one configuration, or at one configuration and demand.

    A value that has as many axes as the sized units (`ndim`) has the configuration first; one that has fewer lacks the
    leading ones, along which it stays the same.
    """
    array = np.asarray(value)
    own = index[ndim - array.ndim :] if array.ndim < ndim else index
    return array[tuple([i if n > 1 else 0 for i, n in zip(own, array.shape, strict=False)])] if own else value


#: Those that say of which whole pieces the demand consists.
PIECES = VALUES[5:]


@dataclass(frozen=True, slots=True)
class Constraint:
    """One resource in one named state of the cluster.

    Parameters
    ----------
    name : a `Resource`, such as "network out", or what a platform calls one of its own
    state : one of `InState`
    demand : [`unit`] what the whole cluster must carry in that state
    capacity : [`unit`] what one unit can carry
    ceiling : share of the capacity that may be used [1]; the rest is the headroom kept
    unit : of demand and capacity
    source : of the capacity and the ceiling
    formula : of the demand, in words
    share, lost : units that carry the demand are units x share - lost
    leaders : partitions that the demand consists of, each whole on one unit; infinite where it divides finely
    copies : replicas of each that carry it, the leader among them [1]
    lead : share of the demand that lies on the leader alone, the rest evenly on all replicas [1]
    hottest : share of the demand that the busiest partition has [1]; 0 where all have the same
    bins : equal parts of a unit, such as its disks, on one of which a replica lies whole
    chosen : 1 where the partitions were chosen to divide well by the units there are, as they would be anew for other
        units: what is needed is then counted evenly
    placed : whether the demand consists of partitions, their number given or yet to choose
    pool : which units it is about, where an offer has several kinds (brokers and bookies); empty for the main kind
    """

    name: str
    state: str
    demand: Value
    capacity: Value
    ceiling: Value
    unit: str
    source: str
    formula: str = ""
    share: Value = 1.0
    lost: Value = 0.0
    pool: str = ""
    leaders: Value = np.inf
    copies: Value = 1.0
    lead: Value = 1.0
    hottest: Value = 0.0
    bins: Value = 1.0
    chosen: Value = 0.0
    placed: bool = False

    @property
    def even(self) -> bool:
        """Whether the demand divides finely and evenly over the units."""
        return not (_differs(self.leaders, np.inf) or _differs(self.hottest, 0.0))

    def _pieces(self, leaders: Value) -> Pieces | None:
        """The whole pieces that the demand consists of; None where it divides finely and evenly."""
        if not (_differs(leaders, np.inf) or _differs(self.hottest, 0.0)):
            return None
        return Pieces(leaders, self.copies, self.lead, self.hottest, self.bins)

    def carried_by(self) -> Array:
        """Return the units that carry it, without those that are lost and those beyond `share` [units], not rounded.

        Infinite where capacity is nil and demand is not.
        """
        pieces = self._pieces(
            np.where(self.chosen, np.inf, self.leaders) if _differs(self.chosen, 0.0) else self.leaders
        )
        if pieces is not None:
            return pieces.units(self.demand, np.multiply(self.capacity, self.ceiling))
        with np.errstate(divide="ignore", invalid="ignore"):
            alone = np.divide(self.demand, np.multiply(self.capacity, self.ceiling))
        if np.min(self.demand, initial=1.0) > 0 and np.max(self.capacity, initial=0.0) < np.inf:  # both small arrays
            return np.asarray(alone)
        return np.asarray(np.where(np.equal(self.demand, 0) | np.isinf(self.capacity), 0.0, alone))

    def needed(self) -> Array:
        """Return units needed [units], not rounded; infinite where capacity is nil and demand is not."""
        return with_lost(self.carried_by(), self.share, self.lost)

    def utilisation(self, units: Array) -> Array:
        """Return demand over the capacity of the units left in this state [1]."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(np.equal(self.demand, 0), 0.0, np.divide(self.fullest(units), self.capacity))

    def fullest(self, units: Array) -> Array:
        """Return what the fullest of the units left in this state carries [`unit`]."""
        left = units
        if _differs(self.share, 1.0) or _differs(self.lost, 0.0):
            left = np.maximum(units * self.share - self.lost, 0.0)
        pieces = self._pieces(self.leaders)
        with np.errstate(divide="ignore", invalid="ignore"):
            if pieces is None:
                return np.asarray(np.divide(self.demand, left))
            return np.asarray(self.demand * pieces.share_of_fullest(left))

    def pick(self, index: tuple[int, ...], ndim: int, source: str) -> Constraint:
        """Return this constraint at an index of a sizing whose units have `ndim` axes, with the source for that."""
        return self._with([picked(getattr(self, name), index, ndim) for name in VALUES], source)

    def carrying(self, demand: Value) -> Constraint:
        """Return this constraint with another demand."""
        return self._with([demand, *_VALUES_OF(self)[1:]], self.source)

    def of_chosen(self, leaders: Value) -> Constraint:
        """Return this constraint with a demand of so many partitions, chosen for the units there are."""
        return self._with([*_VALUES_OF(self)[:5], leaders, *_VALUES_OF(self)[6:10], 1.0], self.source)

    def _with(self, values: Sequence[Any], source: str) -> Constraint:
        # several times as quick as `dataclasses.replace`, for what is done most often
        demand, capacity, ceiling, share, lost, leaders, copies, lead, hottest, bins, chosen = values
        return Constraint(
            self.name,
            self.state,
            demand,
            capacity,
            ceiling,
            self.unit,
            source,
            self.formula,
            share,
            lost,
            self.pool,
            leaders,
            copies,
            lead,
            hottest,
            bins,
            chosen,
            self.placed,
        )


@dataclass(frozen=True, slots=True)
class Limit:
    """A wall that more units do not move: a message size, a retention, the largest cluster sold.

    `demand` above `limit` is a violation, or below it when `at_least`. `of_copies` marks the number of copies, each of
    which needs a unit of its own.
    """

    name: str
    demand: Value
    limit: Value
    unit: str
    source: str
    at_least: bool = False
    advice: str = ""
    of_copies: bool = False

    @property
    def broken(self) -> NDArray[np.bool_]:
        slack = ROUNDING * np.abs(self.limit)
        if self.at_least:
            return np.asarray(self.demand < self.limit - slack)
        return np.asarray(self.demand > self.limit + slack)

    def pick(self, index: tuple[int, ...], ndim: int, source: str) -> Limit:
        """Return this limit at an index of a sizing whose units have `ndim` axes, with the source for that."""
        demand, limit = picked(self.demand, index, ndim), picked(self.limit, index, ndim)
        return Limit(self.name, demand, limit, self.unit, source, self.at_least, self.advice, self.of_copies)


def together(constraints: Sequence[Constraint]) -> Constraint:
    """Return several constraints of numbers as one of arrays, to compute with all of them at once."""
    columns: dict[str, Any] = {n: np.array([getattr(c, n) for c in constraints], float) for n in VALUES}
    return Constraint("", "", unit="", source="", **columns)


def round_up(units: Array, multiple: NDArray[Any] | float = 1.0) -> Array:
    """Return units rounded up to a multiple of what is sold together.

    Examples
    --------
    >>> round_up(np.array([3.0, 3.2, 4.0]), 3).tolist()
    [3.0, 6.0, 6.0]
    """
    out = np.asarray(np.divide(units, multiple))
    out = np.ceil(np.subtract(out, ROUNDING, out=out), out=out)
    return np.asarray(np.multiply(out, multiple, out=out))


def units_needed(constraints: Sequence[Constraint], minimum: Array | float, multiple: Array | float) -> Array:
    """Return the units that satisfy every constraint, at least `minimum`, in multiples of `multiple` [units]."""
    most = np.asarray(minimum, float)
    for group in carrying(constraints):
        most = np.maximum(most, group.needed())
    return round_up(most, multiple)


@dataclass(frozen=True, slots=True)
class Carrying:
    """What several constraints need whose states leave the same units: `units` x share - lost of them, at least."""

    units: Array
    share: Value
    lost: Value

    def needed(self) -> Array:
        """Return units needed [units], not rounded."""
        return with_lost(self.units, self.share, self.lost)


def carrying(constraints: Sequence[Constraint]) -> list[Carrying]:
    """Return the most units that constraints are carried by, for each state that leaves other units than the others.

    Constraints on the same capacity differ in their demand alone: the largest of their demands needs the most units,
    to the last bit, as rounded division keeps the order. So does what is lost, which is added once.
    """
    found: dict[Any, Carrying] = {}
    for c in heaviest(constraints, *VALUES[1:5]):
        units, key = c.carried_by(), (_identity(c.share), _identity(c.lost))
        if key in found:
            other = found[key].units
            units = np.maximum(other, units, out=other) if other.shape == units.shape else np.maximum(other, units)
        found[key] = Carrying(np.asarray(units), c.share, c.lost)
    return list(found.values())


def with_lost(units: Array, share: Value, lost: Value) -> Array:
    """Return the units of which those that are left by a loss are so many [units]; none where none are asked.

    However little it is that they carry, none of those that are lost carries it.
    """
    if _differs(lost, 0.0):
        out = np.asarray(np.maximum(units, LEAST_PART))
        out = np.where(np.greater(lost, 0), out, units) + lost if np.ndim(lost) else np.add(out, lost, out=out)
        units = out if units.min(initial=1.0) > 0 else np.where(np.greater(units, 0), out, 0.0)
    if not _differs(share, 1.0):
        return np.asarray(units)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.asarray(units / share)
    return out if np.min(share, initial=1.0) > 0 else np.where(np.equal(units, 0), 0.0, out)


def heaviest(constraints: Sequence[Constraint], *same: str) -> list[Constraint]:
    """Return one constraint, with the largest of their demands, for all that are the same in these fields.

    Where they consist of whole pieces these are the same too.
    """
    found: dict[Any, Constraint] = {}
    of_even, of_pieces = attrgetter(*same), attrgetter(*same, *PIECES)
    for constraint in constraints:
        key = tuple(map(_identity, (of_even if constraint.even else of_pieces)(constraint)))
        if key in found:
            constraint = constraint.carrying(np.maximum(found[key].demand, constraint.demand))
        found[key] = constraint
    return list(found.values())


def _differs(value: Value, usual: float) -> bool:
    return bool(value != usual) if isinstance(value, (float, int)) or not value.ndim else bool((value != usual).any())


def _identity(value: Value) -> Any:
    """The value of a number, which array it is otherwise."""
    return (type(value), id(value)) if isinstance(value, np.ndarray) and value.ndim else float(value)
