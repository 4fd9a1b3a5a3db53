"""Inverse: the most throughput, retention or fan-out that a cluster, or a monthly budget, can carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Workload, find_offer
from capacity.demand.draws import Draws
from capacity.demand.multiples import FIELDS, scaled_demand
from capacity.workload.growth import MOST_MONTHS
from pricing import PriceBook
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.errors import InputError
from streamplan.analyses.risk.risk import percentiles
from streamplan.analyses.runway.runway import Runway
from streamplan.planning.joint_draws import joint_draws
from streamplan.planning.least_costs import draw_costs
from streamplan.planning.people import People
from streamplan.planning.standing_cluster import Held
from streamplan.planning.terms import Terms, Told

#: Where a demand is carried, given it and the draws that it comes from.
Carries = Callable[[Demand, Draws], NDArray[np.bool_]]

#: Factors that are tried: from a millionth of the workload to a million times it.
LEAST, MOST = 2.0**-20, 2.0**20
#: Halvings of the logarithm of the factor: to less than a billionth of it.
STEPS = 36

UNITS = {"write": "bytes/s", "retention": "seconds", "fan_out": ""}
_VALUE: dict[str, Callable[[Workload, Demand], Array]] = {
    "write": lambda w, d: d.wire_bytes_s if w.measured_at == "broker" else d.payload_bytes_s,
    "retention": lambda w, d: d.retention_s,
    "fan_out": lambda w, d: d.fan_out,
}


@dataclass(frozen=True)
class Most:
    """The largest value of a field that is carried, everything else as the workload has it.

    Attributes
    ----------
    now : the value in the month asked about, at the likely inputs, in canonical units
    likely : the most at the likely inputs; 0 if nothing is carried, infinite if a million times `now` still is
    percentiles : P10, P50 and P90 of the draws, shape (3,); nine draws in ten carry P10 or more
    """

    field: str
    unit: str
    now: float
    likely: float
    percentiles: Array


def most_of_cluster(
    workload: Workload, cluster: Held, field: str, *, month: int = 1, draws: int = 256, seed: int = 0
) -> Most:
    """Return the largest throughput, retention or fan-out that a cluster carries in a month.

    Parameters
    ----------
    field : write, retention or fan_out
    month : of the workload's growth, 1 to 60 [month]

    Raises
    ------
    InputError
        for another field or month.
    """
    region = _region(workload, cluster.platform)
    return _most(workload, field, month, draws, seed, lambda d, _: cluster.carries(d.replace(region=region)))


def most_of_budget(
    workload: Workload,
    platform: str,
    budget: float,
    field: str,
    *,
    month: int = 1,
    draws: int = 64,
    seed: int = 0,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> Most:
    """Return the largest throughput, retention or fan-out that an offer carries in a month for a budget.

    The offer costs what its cheapest feasible configuration does. Cost rises with the load but for the roundings of a
    load that is spread over several clusters; there the figure is one of several at which it crosses the budget.

    Parameters
    ----------
    budget : for the month [USD]
    field, month : as in `most_of_cluster`
    people : those who run it, with tools and support, whom the budget pays too; none if left out

    Raises
    ------
    InputError
        for a budget that is no amount, or where the offer has no price.
    """
    if not 0 < budget < np.inf:
        raise InputError("budget", budget, "USD a month, above 0")
    terms = Terms.of(terms, **told)
    region = _region(workload, platform)

    staff = None if terms.people is None else terms.people.of([find_offer(platform)])

    def affordable(demand: Demand, of: Draws) -> NDArray[np.bool_]:
        run_by = None if staff is None else staff.drawn(of)
        usd = draw_costs(demand.replace(region=region), platform, terms.run_by(run_by)).usd
        if np.isnan(usd).any():
            raise InputError("platform", platform, f"an offer whose prices in {region} are all known (prices list)")
        return np.asarray(usd <= budget)

    return _most(workload, field, month, draws, seed, affordable, staff)


def most_carried(
    result: Runway,
    month: int = 1,
    budget: float | None = None,
    *,
    seed: int = 0,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> list[tuple[str, Most]]:
    """Return the most of each field that a cluster carries, and then a budget if there is one, each with its name.

    Parameters
    ----------
    result : the runway of the cluster; no more draws are taken than it has
    month, budget, terms : as in `most_of_budget`
    """
    w, cluster = result.workload, result.held
    fields = [field for field in FIELDS if field != "fan_out" or w.fan_out.likely > 0]
    few, fewer = min(result.draws, 256), min(result.draws, 64)
    out = [("this cluster", most_of_cluster(w, cluster, f, month=month, draws=few, seed=seed)) for f in fields]
    if budget is not None:
        name = f"{budget:,.0f} USD a month"
        terms = Terms.of(terms, **told)
        out += [
            (name, most_of_budget(w, cluster.platform, budget, f, month=month, draws=fewer, seed=seed, terms=terms))
            for f in fields
        ]
    return out


def _region(workload: Workload, platform: str) -> str:
    return workload.region_at(find_offer(platform).provider) or workload.region


def _most(
    workload: Workload,
    field: str,
    month: int,
    draws: int,
    seed: int,
    carries: Carries,
    people: People | None = None,
) -> Most:
    whole("month", month, 1, MOST_MONTHS)
    point = Draws({}, 1, seed)
    # the likely inputs come with the draws, as one row more
    drawn = joint_draws(workload, month, draws, seed, people)

    def value(of: Draws, factor: Array) -> Array:
        demand = scaled_demand(workload, of, month, month, field, factor)
        return np.broadcast_to(_VALUE[field](workload, demand), (of.n, 1))[:, 0]

    def found(of: Draws) -> tuple[Array, Array]:
        factor = largest(lambda f: carries(scaled_demand(workload, of, month, month, field, f), of)[:, 0], of.n)
        inside = np.where(np.isfinite(factor) & (factor > 0), factor, 1.0)
        most = value(of, inside)
        return np.where(factor == 0, 0.0, np.where(np.isinf(factor), np.inf, most)), value(of, np.ones(of.n))

    if field not in FIELDS:
        scaled_demand(workload, point, month, month, field, np.ones(1))  # says which there are
    likely, now = found(point)
    if field == "fan_out" and now[0] == 0:
        raise InputError("fan_out", 0, "a fan-out above 0, which can be multiplied")
    return Most(field, UNITS[field], float(now[0]), float(likely[0]), percentiles(found(drawn)[0]))


def largest(holds: Callable[[Array], NDArray[np.bool_]], n: int) -> Array:
    """Return the largest factor at which a condition holds that fails above it, by bisection of all rows at once.

    Parameters
    ----------
    holds : takes factors of shape (n,) and says where the condition holds
    n : rows

    Returns
    -------
    array of shape (n,); 0 where it holds neither at 1 nor at the least factor, infinite where it holds at the most

    Examples
    --------
    >>> limits = np.array([0.5, 3.0, np.inf, 0.0])
    >>> largest(lambda factor: factor <= limits, 4).round(6).tolist()
    [0.5, 3.0, inf, 0.0]
    """
    at_one, at_least, at_most = (np.asarray(holds(np.full(n, f))) for f in (1.0, LEAST, MOST))
    low = np.where(at_one, 0.0, np.log(LEAST))
    high = np.where(at_one, np.log(MOST), 0.0)
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        fits = np.asarray(holds(np.exp(middle)))
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return np.where(at_most, np.inf, np.where(at_one | at_least, np.exp(low), 0.0))


__all__ = ["Most", "largest", "most_carried", "most_of_budget", "most_of_cluster"]
