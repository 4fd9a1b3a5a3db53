"""Plan: an offer's cheapest feasible configuration for a workload, chosen in one pass over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Offer, Sizing, Workload, find_platform, size
from pricing import Bill, PriceBook, bill
from streamfacts.usage import HOURS_PER_MONTH

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Costed:
    """Every configuration of an offer, sized and priced: arrays of shape (configurations, *demand)."""

    offer: Offer
    sizing: Sizing
    bill: Bill

    @property
    def cost(self) -> Array:
        """Monthly cost [USD]; infinite where a limit is broken or a price missing."""
        usable = self.sizing.feasible & ~self.bill.incomplete
        return np.where(usable, self.bill.subtotal, np.inf)

    def cheapest(self, weights: Array | None = None) -> int:
        """Return the configuration to take.

        The least cost, over several demands the least average, among configurations that are feasible in all and
        priced. If there is none: feasible ones with the fewest missing prices, then infeasible ones that break the
        fewest limits. Ties go to fewer units.
        """
        demands = tuple(range(1, np.ndim(self.sizing.units)))
        feasible = self.sizing.feasible.all(axis=demands)
        unpriced = np.zeros(self.sizing.units.shape)
        for entry in self.bill.entries:
            unpriced = unpriced + entry.missing
        broken = np.zeros(self.sizing.units.shape)
        for limit in self.sizing.limits:
            broken = broken + limit.broken
        cost = np.where(np.isfinite(self.sizing.units), self.bill.subtotal, np.inf)
        mean = cost.mean(axis=demands) if weights is None else (cost * weights).sum(axis=demands)
        units = self.sizing.units.mean(axis=demands)
        order = np.lexsort((units, mean, broken.sum(axis=demands), unpriced.sum(axis=demands), ~feasible))
        return int(order[0])


@dataclass(frozen=True)
class Plan:
    """One offer with the configuration chosen, for the likely demand (0-d)."""

    offer: Offer
    workload: Workload | None
    sizing: Sizing
    bill: Bill

    @property
    def configuration(self) -> str:
        return str(self.sizing.configuration)

    @property
    def feasible(self) -> bool:
        return bool(np.all(self.sizing.feasible))

    @property
    def monthly_usd(self) -> float | None:
        """Cost of the month [USD], None where the offer is infeasible or a price is missing."""
        return self.bill.total if self.feasible else None

    @property
    def reason(self) -> str:
        """Why there is no cost: the broken limits, or the missing prices; empty if there is one."""
        return "; ".join(sentence for sentence, _ in self.obstacles)

    @property
    def obstacles(self) -> list[tuple[str, str]]:
        """What stands against a cost, each with its source."""
        return self.sizing.broken if not self.feasible else [(text, "") for text in self.bill.missing]


def cost_all(
    demand: Demand,
    platform: str,
    book: PriceBook,
    *,
    options: Mapping[str, Any] | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
) -> Costed:
    """Size and price every configuration of an offer at once, for a demand of any shape."""
    sizing = size(demand, platform, options=options, hours_per_month=hours_per_month)
    return Costed(find_platform(platform), sizing, bill(sizing.usage, book, demand.region))


def plan(
    workload: Workload,
    platform: str,
    book: PriceBook | None = None,
    *,
    machine: str | None = None,
    units: float | None = None,
    options: Mapping[str, Any] | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
) -> Plan:
    """Return the cheapest feasible configuration of an offer at the likely demand, or the named machine.

    Examples
    --------
    >>> w = Workload(write="10 MiB/s", message="1 KiB", fan_out=2, retention="24 h")
    >>> plan(w, "msk-express").configuration
    'express.m7g.large'
    """
    book = book or PriceBook.load()
    offer = find_platform(platform)
    demand = Demand.of(workload)
    if machine is None and units is None:
        costed = cost_all(demand, platform, book, options=options, hours_per_month=hours_per_month)
        index = costed.cheapest()
        return Plan(offer, workload, costed.sizing.pick(index), costed.bill.pick(index))
    if machine is None:
        sizing = size(demand, platform, units=units, options=options, hours_per_month=hours_per_month)
        costed = Costed(offer, sizing, bill(sizing.usage, book, workload.region))
        index = costed.cheapest()
        return Plan(offer, workload, sizing.pick(index), costed.bill.pick(index))
    sizing = size(demand, platform, machine=machine, units=units, options=options, hours_per_month=hours_per_month)
    return Plan(offer, workload, sizing, bill(sizing.usage, book, workload.region))
