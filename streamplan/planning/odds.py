"""Odds that a plan is too small, for how wrong the model may be about the CPU of a cluster that nobody has measured.

A plan is sized for the likely CPU. What a broker truly takes spreads around it by the model's own error
(`capacity.demand.model_error`) or by what one's own measurements left of it (`cpu_factor`); each plan is held against
quantiles of that spread, all else at its likely value, so that a comparison and the plan of one offer say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import NormalDist

import numpy as np

from capacity import Demand, Range, Workload, size
from capacity.demand.draws import asked_inputs
from capacity.demand.model_error import MODEL_CPU, Z80
from streamfacts.arrays import Array
from streamplan.planning.planned import Planned

#: Quantiles of the spread at which a plan is looked at: those in the middle of so many equal shares.
SHARES = 200
#: The probability with which the units of `Odds.units` do.
HOLDS = 0.9


@dataclass(frozen=True)
class Odds:
    """How sure a plan is of its size.

    Attributes
    ----------
    too_small : share of the spread in which a limit on CPU is passed in one of the states [1]
    units : units, of the main kind, that hold with a probability of `HOLDS`; infinite where no number does
    """

    too_small: float
    units: float


def odds_of(plan: Planned) -> Odds | None:
    """Return the odds that a plan's units do not do; None for a plan of a bare demand or one that does not fit."""
    if plan.workload is None or not plan.feasible:
        return None
    needed = size(
        _spread_demand(_Same(plan.workload)).replace(region=plan.bill.region),
        plan.offer.name,
        machine=plan.machine,
        clusters=plan.clusters,
        options=plan.sizing.options,
        hours_per_month=plan.bill.hours_per_month,
        brief=True,
    )
    there = {plan.sizing.unit: plan.sizing.units, **plan.sizing.pools}
    short = ~np.broadcast_to(needed.feasible, (SHARES,))
    for kind, units in {needed.unit: needed.units, **needed.pools}.items():
        short = short | (units > there[kind])
    units = np.broadcast_to(np.where(needed.feasible, needed.units, np.inf), (SHARES,))
    return Odds(float(short.mean()), float(np.quantile(units, HOLDS, method="inverted_cdf")))


class _Same:
    """A workload that is equal to itself alone, as a key: the plans of a study share one."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.workload is self.workload

    def __hash__(self) -> int:
        return id(self.workload)


@lru_cache(maxsize=4)
def _spread_demand(of: _Same) -> Demand:
    """The likely demand with its CPU at each quantile of the spread."""
    likely = Demand.of(of.workload)
    return likely.replace(cpu_factor=likely.cpu_factor * cpu_spread(of.workload))


def cpu_spread(workload: Workload) -> Array:
    """Return CPU over the likely CPU at equally likely quantiles, shape (`SHARES`,) [1]."""
    if workload.cpu_factor is not None:
        given = workload.cpu_factor
        return np.ones(SHARES) if given.known else np.asarray(given.drawn.quantile(_shares()) / given.likely)
    return _around_one(asked_inputs(workload)[MODEL_CPU])


def _around_one(spread: Range) -> Array:
    """Quantiles of a log-normal around 1 whose ends are those of an 80% interval."""
    return np.asarray(np.exp(_deviates() * np.log(spread.high) / Z80))


def _shares() -> Array:
    return np.asarray((np.arange(SHARES) + 0.5) / SHARES)


@cache
def _deviates() -> Array:
    """Standard normal deviates of the quantiles, the same for every plan."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(p) for p in _shares().tolist()])
