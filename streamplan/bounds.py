"""What a configuration costs at least: enough to leave most of them out without having sized them.

Units satisfy every constraint, so they are at least what any one of them needs, rounded up to what is sold together.
The machines of an offer are paid by the hour whatever else is on the bill, and no line of a bill is negative. So a
configuration whose machines alone cost more than the whole bill of another, less what both pay alike, is not the
cheapest there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Sizing
from streamplan.plan import Costed

Array = NDArray[np.float64]
Index = NDArray[np.intp]

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
    """

    capacity: tuple[Array | None, ...]
    usd: dict[str, Array]
    configurations: int

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
        return cls(tuple(_by_configuration(c.capacity, c.ceiling, axes, n) for c in sizing.constraints), usd, n)

    def may_be_cheaper(self, known: Costed, best: Array, rows: Index) -> Index:
        """Return which configurations may cost less than the best known under some demand, as indices.

        Parameters
        ----------
        known : the configurations `rows` (two or more), sized and priced for a block of demands
        best : least cost of these, shape of the demands, finite [USD]
        """
        others = np.setdiff1d(np.arange(self.configurations), rows)
        if not self.usd:
            return others
        left = np.maximum((best - _alike(known)) / known.sizing.demand.clusters, 0.0)  # for the machines of a cluster
        needs = {kind: list(self._needs(kind, known.sizing, best.shape, rows)) for kind in self.usd}
        # first all demands at once, each for a dollar that is left: it tells size apart from shape
        with np.errstate(divide="ignore", invalid="ignore"):
            dollar = 1.0 / left
            bound = np.zeros(len(others))
            for kind, usd in self.usd.items():
                least = np.full(len(others), float((known.sizing.fewest.get(kind, 0.0) * dollar).min()))
                for need in needs[kind]:
                    least = np.maximum(least, need.at_least(dollar, others))
                bound = bound + usd[others] * least
            others = others[~(bound >= 1.0 + SLACK)]
            step = max(1, AT_ONCE // best.size)
            parts = [others[i : i + step] for i in range(0, len(others), step)]
            kept = [part[self._cheaper(part, known.sizing, needs, left)] for part in parts]
        return np.concatenate([np.zeros(0, int), *kept])

    def _cheaper(self, rows: Index, sizing: Sizing, needs: dict[str, list[_Need]], left: Array) -> NDArray[np.bool_]:
        """Which of these configurations have machines that cost less than what is left under some demand."""
        total = np.zeros(())
        for kind, usd in self.usd.items():
            units: Array = np.full((len(rows), *left.shape), sizing.fewest.get(kind, 0.0), float)
            for need in needs[kind]:
                np.maximum(units, need.units(rows), out=units)
            if kind in sizing.multiple:
                multiple = sizing.multiple[kind]
                units = np.ceil(units / multiple - SLACK) * multiple
            total = total + usd[rows].reshape(-1, *(1,) * left.ndim) * units
        return np.asarray(~(total >= left * (1.0 + SLACK)).reshape(len(rows), -1).all(axis=1))

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
class _Need:
    """Units needed: demand x each + lost, with `each` by configuration, or 1 for all of them if None."""

    demand: Array
    each: Array | None
    lost: float

    def at_least(self, dollar: Array, rows: Index) -> Array:
        """Return the least units for a dollar over all demands, shape (configurations,)."""
        least = float((self.demand * dollar).min())
        lost = self.lost * float(dollar.min()) if self.lost else 0.0
        return np.asarray((least if self.each is None else least * self.each[rows]) + lost)

    def units(self, rows: Index) -> Array:
        """Return the units under each demand, broadcasting to (configurations, *demand)."""
        if self.each is None:
            return self.demand
        units = self.demand * self.each[rows].reshape(-1, *(1,) * self.demand.ndim)
        if self.lost:
            units += self.lost
        return np.asarray(units)


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
