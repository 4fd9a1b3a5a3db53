"""What offers cost over draws of all that is uncertain: the odds behind an answer, the same draws for every offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from capacity.demand.draws import demand_of
from streamfacts.arrays import Array
from streamfacts.tables import assumption
from streamplan.planning.joint_draws import joint_draws
from streamplan.planning.least_costs import flat
from streamplan.planning.people import People
from streamplan.planning.plan import Plan, least_cost
from streamplan.planning.study import Study
from streamplan.planning.work import prior, work_of

#: The same seed gives the same odds.
SEED = 20_261_201
#: So many of the first are drawn however dear they are: as many as are shown.
SHOWN = 10
#: Demands that are sized at once.
AT_ONCE = 1024
#: Ends of an 80% interval.
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True)
class Chances:
    """Costs of offers under the same draws, each of shape (draws,) [USD/month].

    Attributes
    ----------
    bill : by offer, that of the plan that the draw takes; infinite where nothing fits
    work : by offer, to run the plan of the likely demand; 0 where it does not count or is on the bill
    """

    bill: Mapping[str, Array]
    work: Mapping[str, Array]

    @cached_property
    def total(self) -> dict[str, Array]:
        """Bill and work by offer, shape (draws,) [USD/month]."""
        return {name: self.bill[name] + self.work[name] for name in self.bill}

    @cached_property
    def cheapest(self) -> dict[str, float]:
        """Share of the draws in which each offer is the cheapest [1]; draws in which nothing fits are nobody's."""
        if not self.total:
            return {}
        names, table = list(self.total), np.stack(list(self.total.values()))
        won = table.argmin(axis=0)[np.isfinite(table.min(axis=0))]
        return {name: float(np.sum(won == i)) / table.shape[1] for i, name in enumerate(names)}

    def below(self, one: str, other: str) -> float:
        """Return the share of the draws in which one offer costs less than another [1]."""
        return float(np.mean(self.total[one] < self.total[other]))

    def between(self, name: str) -> tuple[float | None, float | None]:
        """Return the ends of 80% of an offer's bill [USD/month]; None where the end does not fit."""
        return ends(self.bill[name]) if name in self.bill else (None, None)


def ends(values: Array) -> tuple[float | None, float | None]:
    """Return the 10th and the 90th percentile of draws; None for one that is infinite.

    Examples
    --------
    >>> ends(np.arange(101.0)), ends(np.full(10, np.inf))
    ((10.0, 90.0), (None, None))
    """
    low, high = np.quantile(values, [LOW, HIGH], method="inverted_cdf")
    return float(low) if np.isfinite(low) else None, float(high) if np.isfinite(high) else None


def chances_of(study: Study) -> Chances:
    """Return the chances of the offers of a study that rank near enough to its first to be in question."""
    return study.once("chances", lambda: _chances_of(study))


def _chances_of(study: Study) -> Chances:
    ranks = {p.offer.name: study.ranks_at(p) for p in study.open_plans}
    order = sorted(study.open_plans, key=lambda p: ranks[p.offer.name])
    wide = float(assumption("near_times")) * min(ranks.values(), default=0.0)
    near = [p for place, p in enumerate(order) if place < SHOWN or ranks[p.offer.name] <= wide]
    if not near:
        return Chances({}, {})
    staff = _staff(study, near)
    draws = joint_draws(study.workload, 1, int(float(assumption("answer_draws"))), SEED, staff, stratified=True)
    demand = flat(demand_of(study.workload, draws, 1))
    people = None if staff is None else staff.drawn(draws).flat()
    billed = people if study.terms.people is not None else None
    bill, work = {}, {}
    for p in near:
        terms = study.terms.on(p.sizing.options).run_by(billed)
        bill[p.offer.name] = least_cost(demand.replace(region=p.bill.region), p.offer.name, terms, brief=True)
        aside = people is not None and billed is None
        work[p.offer.name] = work_of(p, people) if aside else np.zeros(demand.shape)
    return Chances(bill, {name: np.broadcast_to(value, demand.shape) for name, value in work.items()})


def _staff(study: Study, plans: Sequence[Plan]) -> People | None:
    """Those whose cost counts: on the bill if asked for, else the shipped prior beside it, None for the bill alone."""
    if study.terms.people is None and study.terms.population.bill_only:
        return None
    return (study.terms.people or prior()).of([p.offer for p in plans])


def totals_over(study: Study, p: Plan, months: Sequence[int]) -> dict[int, Array]:
    """Return what a plan's offer is billed from the first month to each of some, over draws along the growth.

    Parameters
    ----------
    months : counts of months, such as 12, 36, 60

    Returns
    -------
    by count of months, shape (draws,) [USD]; infinite where a month does not fit
    """
    most = max(months)
    people = study.terms.people
    staff = None if people is None else people.of([p.offer])
    draws = joint_draws(study.workload, most, int(float(assumption("answer_draws"))) // 4, SEED, staff, stratified=True)
    by_month = demand_of(study.workload, draws, most).replace(region=p.bill.region)
    terms = study.terms.on(p.sizing.options)
    count = draws.n
    if not any(v.ndim and v.shape[-1] > 1 for v in by_month.arrays().values()):
        chances = chances_of(study).bill[p.offer.name]
        return {n: chances * n for n in months}
    whole = flat(by_month)
    drawn = None if staff is None else staff.drawn(draws).flat()
    parts = []
    for start in range(0, count * most, AT_ONCE):
        rows = np.arange(start, min(start + AT_ONCE, count * most))
        here = terms if drawn is None else terms.run_by(drawn.rows(rows // most))
        parts.append(least_cost(whole.take(rows), p.offer.name, here, brief=True))
    costs = np.concatenate(parts).reshape(count, most).cumsum(axis=1)
    return {n: costs[:, n - 1] for n in months}


__all__ = ["HIGH", "LOW", "Chances", "chances_of", "ends", "totals_over"]
