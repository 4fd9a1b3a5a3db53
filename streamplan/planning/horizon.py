"""Beyond the month of a study: what its cheapest offer costs over the horizon, and who is cheapest at other sizes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from capacity.demand.draws import Draws, demand_of
from streamfacts.arrays import Array
from streamplan.planning.least_costs import distinct_months, draw_costs, flat
from streamplan.planning.plan import Plan, least_cost
from streamplan.planning.study import Study

#: Months over which a report adds up.
HORIZON = 60
#: Times today's throughput at which a report looks who is the cheapest.
SCALES = (0.1, 0.5, 2.0, 10.0)


def cost_over_months(study: Study, plan: Plan, months: int = HORIZON) -> Array:
    """Return what an offer costs in each month at the likely demand, shape (months,) [USD].

    Each month has what a plan for it alone takes; infinite where nothing fits, NaN where what fits has no price.
    """
    demand = demand_of(study.workload, Draws({}, 1, 0), months).replace(region=plan.bill.region)
    terms = study.terms.on(plan.sizing.options)
    least = draw_costs(demand, plan.offer.name, terms).usd[0]
    some = distinct_months(demand)
    taken = least_cost(flat(some), plan.offer.name, terms)
    return np.where(np.isfinite(least), np.broadcast_to(taken, least.shape), least)


def cheapest_at_scale(study: Study, beside: Mapping[str, float] | None = None) -> dict[float, tuple[str, float]]:
    """Return the offer of the least cost at each of `SCALES` times the throughput, of those that rank [USD/month].

    Rates and the partitions that follow from them grow together; a scale at which nothing fits is left out.

    Parameters
    ----------
    beside : what else each offer costs at every scale, such as the work to run it; the bill alone if left out [USD]
    """
    had = [p for p in study.plans if not p.offer.closed and p.offer.name in study.home]
    if not had:
        return {}
    names, more = [p.offer.name for p in had], beside or {}
    table = np.stack([study.least_at(p, SCALES) + more.get(p.offer.name, 0.0) for p in had])
    return {
        factor: (names[best], float(table[best, i]))
        for i, (factor, best) in enumerate(zip(SCALES, table.argmin(axis=0), strict=True))
        if np.isfinite(table[best, i])
    }
