"""What a configuration costs at least: enough to leave most of them out without having sized them.

Units satisfy every constraint, so they are at least what any one of them needs, rounded up to what is sold together.
The machines of an offer are paid by the hour whatever else is on the bill, and no line of a bill is negative. So a
configuration whose machines alone cost more than the whole bill of another, less what both pay alike, is not the
cheapest there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Sizing
from streamfacts.arrays import Array, Index
from streamplan.planning.plan import Costed
from streamplan.planning.soundness import sound_up_to

#: Slack against rounding, of sums and of units that are whole but for the last bits: far above it, below any price.
SLACK = 1e-6
#: Constraints that bind in a smaller share of all cases do not tell demands apart.
RARE = 0.01
#: Configurations times demands that are compared at once, to stay in the cache.
AT_ONCE = 32_768


@dataclass(frozen=True)
class Bounds:
    """What the machines of every configuration can do and cost, read off a sizing of all of them for one demand.

    Attributes
    ----------
    capacity : capacity x ceiling of one unit for each constraint, each of shape (configurations,); None where it is the
        same for all
    usd : cost of one unit in a month by kind of unit, shape (configurations,) [USD]; infinite without a price
    twins : by kind of unit the first configuration whose units do and cost the same, shape (configurations,)
    sound_up_to : up to how many machines of each configuration are sound, shape (configurations,)
    """

    capacity: tuple[Array | None, ...]
    usd: dict[str, Array]
    twins: dict[str, Index]
    configurations: int
    sound_up_to: Array

    @classmethod
    def of(cls, costed: Costed) -> Bounds:
        """Return the bounds of an offer from all its configurations, sized for a demand of one entry."""
        sizing, n = costed.sizing, len(costed.sizing.configuration)
        usd: dict[str, Array] = {}
        for entry in costed.bill.entries:
            kind = entry.usage.counts
            if kind and len(entry.schedule.price) == 1:
                units = sizing.units if kind == sizing.unit else sizing.pools[kind]
                with np.errstate(invalid="ignore"):  # infinite units have no cost anyway
                    of_one = (entry.usage.quantity / (units * sizing.demand.clusters)).reshape(n)
                rate = np.where(entry.schedule.missing, np.inf, of_one * entry.schedule.price[0])
                usd[kind] = usd.get(kind, np.zeros(n)) + rate
        axes = np.ndim(sizing.units)
        capacity = tuple(_by_configuration(c.capacity, c.ceiling, axes, n) for c in sizing.constraints)
        twins = {}
        for kind, rate in usd.items():
            own = [x for x, c in zip(capacity, sizing.constraints, strict=True) if (c.pool or sizing.unit) == kind]
            table = np.array([rate, *(x for x in own if x is not None)])
            _, first, which = np.unique(table, axis=1, return_index=True, return_inverse=True)
            twins[kind] = first[which.reshape(-1)]
        return cls(capacity, usd, twins, n, sound_up_to(sizing))

    def may_be_cheaper(self, known: Costed, best: Array, rows: Index, starts: Index | None = None) -> list[Candidate]:
        """Return which configurations may cost less than the best known, and under which demands.

        Parameters
        ----------
        known : the configurations `rows` (two or more), sized and priced for a block of demands
        best : least cost of these, shape of the demands, finite [USD]
        starts : flat indices at which groups of demands start that are alike, the first 0; one group if left out
        """
        others = np.setdiff1d(np.arange(self.configurations), rows)
        if not self.usd:
            every, nothing = np.arange(best.size), np.zeros(best.size)
            return [Candidate(int(c), every, nothing) for c in others]
        sizing = known.sizing
        alike, clusters = _alike(known), sizing.demand.clusters
        left = np.maximum((best - alike) / clusters, 0.0).ravel()  # for the machines of a cluster
        starts = np.zeros(1, int) if starts is None else starts
        with np.errstate(divide="ignore", invalid="ignore"):
            dollar = 1.0 / left
            kinds = [
                _Kind.of(
                    list(self._needs(kind, sizing, best.shape, rows)),
                    usd,
                    sizing,
                    kind,
                    dollar,
                    starts,
                    self.twins[kind],
                )
                for kind, usd in self.usd.items()
            ]
            # first the groups: by what each need asks at least for a dollar that is left, and by what it asks at least
            room = left * (1.0 + SLACK)
            most = np.maximum.reduceat(room, starts)
            dear = sum((kind.for_a_dollar(others) for kind in kinds), np.zeros(())) >= 1.0 + SLACK
            least = [kind.at_least(others) for kind in kinds]
            dear |= sum(least, np.zeros(())) >= most
            for kind, usd in zip(kinds, least, strict=True):  # machines too small for as many of them
                dear |= usd > (kind.usd * self.sound_up_to)[others, None] * (1.0 + SLACK)
            others, maybe = others[~dear.all(axis=1)], ~dear[~dear.all(axis=1)]
            lengths, found = np.diff(starts, append=left.size), []
            alike, clusters = (np.broadcast_to(x, best.shape).ravel() for x in (alike, clusters))
            asked = [kind.asked(others, maybe) for kind in kinds]
            for i, c in enumerate(others.tolist()):
                at = np.flatnonzero(np.repeat(maybe[i], lengths))
                usd = np.zeros(())
                for kind, asks in zip(kinds, asked, strict=True):
                    own = kind.usd_of(c, asks[:, i], at) if len(kinds) == 1 else kind.usd_of_twins(c)[at]
                    usd = usd + np.where(own > kind.usd[c] * self.sound_up_to[c] * (1.0 + SLACK), np.inf, own)
                keep = np.flatnonzero(~(usd >= room[at]))
                if len(keep):
                    at, usd = at[keep], np.asarray(usd)[keep]
                    found.append(Candidate(c, at, (usd * clusters[at] + alike[at]) * (1.0 - SLACK)))
        return found

    def _needs(self, kind: str, sizing: Sizing, shape: tuple[int, ...], rows: Index) -> Iterator[_Need]:
        """What the units of a kind must satisfy: one of each capacity, or more where units are lost."""
        found: dict[Any, _Need] = {}
        for c, capacity in zip(sizing.constraints, self.capacity, strict=True):
            if (c.pool or sizing.unit) != kind or np.ndim(c.demand) > len(shape) or not np.all(np.greater(c.demand, 0)):
                continue
            lost = float(np.max(c.lost))
            if np.ndim(c.lost) or (lost and np.ndim(c.share)):
                continue
            if np.ndim(c.capacity) <= len(shape):  # the same for all
                key: Any = "same"
                each, demand = (
                    None,
                    np.where(np.isinf(c.capacity), 0.0, c.demand / (c.capacity * np.asarray(c.ceiling))),
                )
                demand, lost = (demand + lost) / c.share, 0.0
            else:
                known = _by_configuration(c.capacity, c.ceiling, len(shape) + 1, len(rows))
                if capacity is None or known is None or not np.array_equal(known, capacity[rows]):
                    continue
                largest = float(np.max(capacity[np.isfinite(capacity)], initial=0.0))
                if not largest:
                    continue
                each = largest / capacity
                key = (np.round(each, 12).tobytes(), lost)
                demand, lost = c.demand / (largest * np.asarray(c.share)), lost / float(np.min(c.share))
            if key in found:
                demand = np.maximum(found[key].demand, demand)
                lost = min(lost, found[key].lost)
            found[key] = _Need(np.broadcast_to(demand, shape), each, lost)
        yield from found.values()

    def unpriced(self, known: Costed) -> NDArray[np.bool_]:
        """Where every configuration lacks a price that it needs, those not in `known` too; shape of the demands.

        That is so of what all have alike, and of units of which each has one or more.
        """
        sizing = known.sizing
        out: NDArray[np.bool_] = np.zeros(sizing.units.shape[1:], bool)
        for entry in known.bill.entries:
            usage = entry.usage
            if isinstance(usage.sku, str) and usage.quantity.strides[0] == 0 and entry.schedule.missing.all():
                out = out | (usage.quantity[0] > 0)
        for kind, usd in self.usd.items():
            if np.isposinf(usd).all():
                out = out | (np.asarray(sizing.fewest.get(kind, 0.0)) > 0)
        return out

    @staticmethod
    def binding(sizing: Sizing) -> list[int]:
        """Return which constraints bind in one of a hundred configurations and demands or more, as indices."""
        found = []
        for kind in {c.pool for c in sizing.constraints}:
            own = [i for i, c in enumerate(sizing.constraints) if c.pool == kind]
            needed = np.stack([np.broadcast_to(sizing.constraints[i].needed(), sizing.units.shape) for i in own])
            share = np.bincount(needed.argmax(axis=0).ravel(), minlength=len(own)) / sizing.units.size
            found += [i for i, part in zip(own, share, strict=True) if part >= RARE]
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A configuration that may be cheaper, the demands (flat indices) under which, and what it costs at least [USD]."""

    configuration: int
    demands: Index
    usd: Array


@dataclass(frozen=True, slots=True)
class _Need:
    """Units needed: demand x each + lost, with `each` by configuration, or 1 for all of them if None."""

    demand: Array
    each: Array | None
    lost: float


@dataclass(frozen=True, slots=True)
class _Kind:
    """Units of one kind: all that they must satisfy under a block of demands, and what one costs [USD].

    Arrays by need are of shape (needs, configurations) for `each`, (needs, 1, 1) for `lost`, and (needs, 1, groups)
    for the least demand for a dollar that is left, the least and the most; `least` is the least dollar by group.
    """

    needs: list[_Need]
    usd: Array
    multiple: Any
    each: Array
    lost: Array
    dollar: Array
    low: Array
    high: Array
    least: Array
    twins: Index
    seen: dict[int, Array] = field(default_factory=dict)

    @classmethod
    def of(
        cls, needs: list[_Need], usd: Array, sizing: Sizing, kind: str, dollar: Array, starts: Index, twins: Index
    ) -> _Kind:
        fewest = np.broadcast_to(np.asarray(sizing.fewest.get(kind, 0.0), float), sizing.units.shape[1:])
        needs = [*needs, _Need(fewest, None, 0.0)]
        demands = [np.ravel(need.demand) for need in needs]
        return cls(
            needs,
            usd,
            sizing.multiple.get(kind),
            np.array([np.ones(len(usd)) if need.each is None else need.each for need in needs]),
            np.array([need.lost for need in needs])[:, None, None],
            np.array([np.minimum.reduceat(demand * dollar, starts) for demand in demands])[:, None],
            np.array([np.minimum.reduceat(demand, starts) for demand in demands])[:, None],
            np.array([np.maximum.reduceat(demand, starts) for demand in demands])[:, None],
            np.minimum.reduceat(dollar, starts),
            twins,
        )

    def for_a_dollar(self, rows: Index) -> Array:
        """Return the least cost for a dollar that is left, of shape (configurations, groups)."""
        units = (self.dollar * self.each[:, rows, None] + self.lost * self.least).max(axis=0)
        return np.asarray(self.usd[rows, None] * units)

    def at_least(self, rows: Index) -> Array:
        """Return the cost of units that satisfy the least of every need, shape (configurations, groups) [USD]."""
        units = (self.low * self.each[:, rows, None] + self.lost).max(axis=0)
        if self.multiple is not None and np.ndim(self.multiple) == 0:
            units = self._whole(units, self.multiple)
        return np.asarray(self.usd[rows, None] * units)

    def asked(self, rows: Index, groups: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which needs may ask for the most units somewhere in these groups, shape (needs, configurations)."""
        each = self.each[:, rows, None]
        floor = (self.low * each + self.lost).max(axis=0)
        return np.asarray((~(self.high * each + self.lost < floor) & groups).any(axis=-1))

    def usd_of(self, row: int, asked: NDArray[np.bool_], at: Any = slice(None)) -> Array:
        """Return the least cost of one configuration under the demands `at`, by the needs that are asked [USD]."""
        units: Any = 0.0
        for need in compress(self.needs, asked):
            own = need.demand.reshape(-1)[at]
            if need.each is not None:
                own = own * need.each[row]
            if need.lost:
                own = own + need.lost
            units = np.maximum(units, own)
        if self.multiple is not None:
            units = self._whole(units, np.broadcast_to(self.multiple, self.needs[-1].demand.shape).reshape(-1)[at])
        return np.asarray(self.usd[row] * units)

    def usd_of_twins(self, row: int) -> Array:
        """Return the same under all demands, computed once for all configurations that have this kind alike."""
        twin = int(self.twins[row])
        if twin not in self.seen:
            self.seen[twin] = self.usd_of(twin, self.asked(self.twins[[row]], np.ones(1, bool))[:, 0])
        return self.seen[twin]

    @staticmethod
    def _whole(units: Array, multiple: Any) -> Array:
        """Return the units rounded up to what is sold together."""
        return np.asarray(np.ceil(units / multiple - SLACK) * multiple)


def _by_configuration(capacity: Any, ceiling: Any, axes: int, n: int) -> Array | None:
    """Capacity x ceiling by configuration; None if either differs between demands too, or neither by configuration."""
    if np.ndim(capacity) < axes:
        return None
    product = np.multiply(capacity, ceiling)
    return product.reshape(-1) if product.shape == (n,) + (1,) * (axes - 1) else None


def _alike(known: Costed) -> Array:
    """Cost that every configuration has alike or at least, shape of the demands [USD]."""
    total = np.zeros(())
    for entry in known.bill.entries:
        one, least = isinstance(entry.usage.sku, str), entry.usage.least
        if one and entry.cost.strides[0] == 0:
            total = total + entry.cost[0]
        elif one and least is not None and len(entry.schedule.price) == 1:
            total = total + entry.schedule.cost(np.asarray(least, float))
    return total
