"""The least cost of an offer under every draw and month, in blocks that fit the memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, find_platform, size
from pricing import PriceBook
from streamfacts.usage import HOURS_PER_MONTH
from streamplan.people import People
from streamplan.plan import MOST_CLUSTERS, Plan, cost_all

Array = NDArray[np.float64]

#: Configurations times draws times months that are computed at once.
BLOCK = 400_000


@dataclass(frozen=True, slots=True)
class DrawCosts:
    """Cost of the cheapest feasible configuration of an offer, of shape (draws, months).

    Attributes
    ----------
    usd : cost of the month [USD]; infinite where nothing fits, NaN where what fits has no price
    """

    usd: Array

    @property
    def infeasible(self) -> NDArray[np.bool_]:
        """Where no configuration carries the draw."""
        return np.isinf(self.usd)

    @property
    def unpriced(self) -> NDArray[np.bool_]:
        """Where a price is missing for every configuration that carries the draw."""
        return np.isnan(self.usd)


def draw_costs(
    demand: Demand,
    platform: str,
    book: PriceBook,
    *,
    options: Mapping[str, Any] | None = None,
    hours_per_month: float = HOURS_PER_MONTH,
    most_clusters: int = MOST_CLUSTERS,
    people: People | None = None,
) -> DrawCosts:
    """Return what an offer costs under a demand of shape (draws, months), each month with what is cheapest in it."""
    shape, demand = demand.shape, distinct_months(demand)
    out = np.empty(demand.shape)
    per_draw = len(find_platform(platform).configurations()) * demand.shape[1]
    choices: dict[str, Any] = {"options": options, "hours_per_month": hours_per_month}
    for rows, part in blocks(demand, max(1, BLOCK // per_draw)):
        choices["people"] = None if people is None else people.rows(rows)
        costed = cost_all(part, platform, book, **choices)
        fits, usd = costed.sizing.feasible.any(axis=0), costed.cost.min(axis=0)
        counts = np.arange(2, np.max(costed.most_clusters(most_clusters)) + 1)
        if len(counts):
            several = cost_all(part, platform, book, clusters=counts, **choices)
            feasible = several.sizing.feasible.any(axis=0)
            fewest = feasible.argmax(axis=0)[None]
            usd = np.where(fits, usd, np.take_along_axis(several.cost.min(axis=0), fewest, axis=0)[0])
            fits = fits | feasible.any(axis=0)
        out[rows] = np.where(fits & np.isinf(usd), np.nan, usd)
    return DrawCosts(np.broadcast_to(out, shape))


def too_small(
    demand: Demand,
    plan: Plan,
    *,
    hours_per_month: float = HOURS_PER_MONTH,
) -> NDArray[np.bool_]:
    """Return where a plan that is held does not carry the demand, of shape (draws, months).

    It does not where its machine would need more units, of any pool, than the plan has (headroom and failure states
    counted as in the sizing), or breaks a limit.
    """
    shape, demand = demand.shape, distinct_months(demand)
    out = np.empty(demand.shape, bool)
    held = {plan.sizing.unit: plan.sizing.units, **plan.sizing.pools}
    configuration = plan.configuration if len(plan.offer.configurations()) > 1 else None
    machine = configuration or str(plan.offer.configurations()[0])
    for rows, part in blocks(demand, max(1, BLOCK // demand.shape[1])):
        needed = size(
            part,
            plan.offer.name,
            machine=machine,
            clusters=plan.clusters,
            options=plan.sizing.options,
            hours_per_month=hours_per_month,
        )
        short = ~needed.feasible
        for unit, units in {needed.unit: needed.units, **needed.pools}.items():
            short = short | (units > held[unit])
        out[rows] = short
    return np.broadcast_to(out, shape)


def distinct_months(demand: Demand) -> Demand:
    """Return the demand with one month where all of its months are the same array, else as it is."""
    wide = {k: v for k, v in demand.arrays().items() if v.ndim and v.shape[-1] > 1}
    if any(v.strides[-1] for v in wide.values()):
        return demand
    return demand.replace(**{k: v[..., :1] for k, v in wide.items()})


def blocks(demand: Demand, draws: int) -> Iterator[tuple[slice, Demand]]:
    """Yield the demand in blocks of so many draws, each with its place on the leading axis."""
    n = demand.shape[0]
    for start in range(0, n, draws):
        rows = slice(start, min(start + draws, n))
        cut = {k: v[rows] for k, v in demand.arrays().items() if v.ndim == len(demand.shape) and v.shape[0] == n}
        yield rows, demand.replace(**cut)
