"""Choice: which offer and machine to take when the load is not known, every alternative sized for the same demand.

An alternative is one machine type of one offer. Of it there is at least what carries the load of each month with the
given probability, and more in the draws that ask for more: so no alternative looks cheap by being too small. All meet
the same draws, and are ranked by what their cost over the horizon may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Workload, find_offer
from capacity.workload.growth import MOST_MONTHS
from pricing import PriceBook
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.errors import InputError, unknown_name
from streamplan.planning.failures import Failure, attempt, refuse_if_all
from streamplan.planning.joint_draws import drawn_together
from streamplan.planning.least_costs import AT_ONCE, at, chunks, distinct_months
from streamplan.planning.plan import cost_all
from streamplan.planning.terms import Terms, Told
from streamplan.runtime.cores import on_cores
from streamplan.runtime.progress import counted

if TYPE_CHECKING:
    import pandas as pd


#: How alternatives may be ranked: the column of the table, and what it is in words.
CRITERIA = {
    "expected": ("expected_usd", "mean cost"),
    "p90": ("p90_usd", "cost that nine draws in ten stay below"),
    "cvar": ("cvar_usd", "mean of the dearest draws"),
    "regret": ("most_regret_usd", "most that a draw costs more than the alternative that is best in it"),
    "expected-regret": ("mean_regret_usd", "mean of what a draw costs more than the alternative that is best in it"),
}


@dataclass(frozen=True)
class Alternative:
    """One machine type of one offer under all draws.

    Attributes
    ----------
    units : least that is held in each month, shape (months,) [units]
    total : cost of all months by draw, shape (draws,) [USD]; infinite where a month does not fit
    """

    platform: str
    title: str
    configuration: str
    unit: str
    units: Array
    total: Array


@dataclass(frozen=True)
class Choice:
    """Alternatives under the same draws, the best first.

    Attributes
    ----------
    left_out : offers of which no machine carries every draw, or is priced, with the reason
    failed : offers that raised where they were sized; they are among those left out
    """

    workload: Workload
    alternatives: tuple[Alternative, ...]
    left_out: Mapping[str, str]
    by: str
    months: int
    draws: int
    seed: int
    size_for: float
    alpha: float
    failed: tuple[Failure, ...] = ()

    @property
    def best(self) -> Alternative | None:
        return self.alternatives[0] if self.alternatives else None

    @property
    def something_fits(self) -> bool:
        return bool(self.alternatives)

    @cached_property
    def regret(self) -> Array:
        """What each alternative costs more than the best in each draw, shape (alternatives, draws) [USD]."""
        return regrets(np.stack([a.total for a in self.alternatives]))

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an alternative, the best first: cost over the horizon by every criterion [USD]."""
        import pandas as pd

        if not self.alternatives:
            return pd.DataFrame()
        totals, regret = np.stack([a.total for a in self.alternatives]), self.regret
        best_in = (regret <= 0).mean(axis=1)
        return pd.DataFrame(
            {
                "platform": [a.platform for a in self.alternatives],
                "title": [a.title for a in self.alternatives],
                "configuration": [a.configuration for a in self.alternatives],
                "unit": [a.unit for a in self.alternatives],
                "units_first": [float(a.units[0]) for a in self.alternatives],
                "units_last": [float(a.units[-1]) for a in self.alternatives],
                "expected_usd": totals.mean(axis=1),
                "p50_usd": np.quantile(totals, 0.5, axis=1, method="inverted_cdf"),
                "p90_usd": np.quantile(totals, 0.9, axis=1, method="inverted_cdf"),
                "cvar_usd": cvar(totals, self.alpha),
                "mean_regret_usd": regret.mean(axis=1),
                "most_regret_usd": regret.max(axis=1),
                "best_in": best_in,
            }
        )


def cvar(totals: Array, alpha: float) -> Array:
    """Return the mean of the dearest draws, of which there is the share 1 - alpha, over the last axis.

    The draw on the border counts with its part, so that it is never below the quantile at `alpha`.

    References
    ----------
    R. T. Rockafellar and S. Uryasev, "Conditional value-at-risk for general loss distributions", 2002, equation 9.

    Examples
    --------
    >>> float(cvar(np.array([1.0, 2.0, 3.0, 4.0]), 0.5)), float(cvar(np.array([1.0, 2.0, 3.0, 4.0]), 0.625))
    (3.5, 3.6666666666666665)
    """
    n = totals.shape[-1]
    dearest = np.sort(totals, axis=-1)[..., ::-1]
    tail = (1.0 - alpha) * n
    weight = np.clip(tail - np.arange(n), 0.0, 1.0)
    return np.asarray((dearest * weight).sum(axis=-1) / tail)


def regrets(totals: Array) -> Array:
    """Return what each alternative costs more than the best in each draw, of shape (alternatives, draws)."""
    return np.asarray(totals - totals.min(axis=0))


def choose(
    workload: Workload,
    only: Iterable[str] = (),
    by: str = "expected",
    *,
    months: int = 60,
    draws: int = 256,
    seed: int = 0,
    size_for: float = 0.9,
    alpha: float = 0.9,
    machines: int = 3,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> Choice:
    """Rank offers and machine types under draws of all that is uncertain.

    Parameters
    ----------
    only : names of offers; all that are open to new customers if left out
    by : "expected", "p90", "cvar", "regret" (the greatest) or "expected-regret"
    size_for : probability with which what is held carries the load of a month [1]
    alpha : the dearest 1 - alpha of the draws make the CVaR [1]
    people : those who run it, with tools and support; their ranges are drawn with the other inputs
    machines : so many machine types of each offer are compared: those with the fewest brokers of the sound ones near
        the least mean cost when sized each month, then those with the least

    Raises
    ------
    InputError
        for an unknown criterion, offer or option, a probability that is none, or no months or draws.

    Examples
    --------
    >>> w = Workload(write={"low": "5 MB/s", "likely": "10 MB/s", "high": "20 MB/s"}, message="1 KiB")
    >>> choose(w, ["msk-express", "msk-serverless"], months=12, draws=64).best.platform
    'msk-express'
    """
    if by not in CRITERIA:
        raise unknown_name("by", by, CRITERIA)
    whole("months", months, 1, MOST_MONTHS)
    whole("machines", machines, 1, 1000)
    for name, share in (("size_for", size_for), ("alpha", alpha)):
        if isinstance(share, bool) or not 0 < share < 1:
            raise InputError(name, share, "a share above 0 and below 1")
    terms = Terms.of(terms, **told)
    ranking, _ = terms.population.offers(workload, only)
    considered = [offer for offer in ranking if only or not offer.closed]
    staff = None if terms.people is None else terms.people.of(considered)
    demand, staff = drawn_together(workload, months, draws, seed, staff)
    own = terms.run_by(staff).for_each(considered)
    found: list[Alternative] = []
    failed: list[Failure] = []
    left_out = {}
    for offer in counted(considered, "Alternatives of each offer"):
        under = demand.replace(region=workload.region_at(offer.provider) or workload.region)
        some = attempt(
            offer,
            str(under.region),
            own[offer.name].options,
            partial(_alternatives, under, offer.name, own[offer.name], machines, size_for),
        )
        if isinstance(some, Failure):
            failed.append(some)
            left_out[offer.name] = f"could not be sized: {some.reason}"
            continue
        found += some
        if not some:
            left_out[offer.name] = "no machine carries every draw on one cluster with a price for all it needs"
    refuse_if_all(failed, len(considered))
    choice = Choice(workload, tuple(found), left_out, by, months, draws, seed, size_for, alpha, tuple(failed))
    if found:
        order = choice.table.sort_values([CRITERIA[by][0], "expected_usd"], kind="stable").index
        choice = replace(choice, alternatives=tuple(found[i] for i in order))
    return choice


def _alternatives(
    demand: Demand,
    platform: str,
    terms: Terms,
    machines: int,
    size_for: float,
) -> list[Alternative]:
    offer, shape = find_offer(platform), demand.shape
    names, demand = offer.configurations(), distinct_months(demand)
    draws, months = demand.shape
    # every machine, resized each month: the means say which to compare
    mean, plain, count = (np.zeros(len(names)) for _ in range(3))
    parts = chunks(np.arange(draws), AT_ONCE // (len(names) * months))

    def add(rows: NDArray[np.intp]) -> None:
        run_by = None if terms.people is None else terms.people.rows(rows)
        costed = cost_all(at(demand, rows), platform, terms.run_by(run_by), brief=True)
        brokers = np.broadcast_to(costed.brokers, costed.cost.shape)
        sums[int(rows[0])] = tuple(x.sum(axis=(1, 2)) for x in (costed.sound_cost, costed.cost, brokers))

    sums: dict[int, tuple[Array, Array, Array]] = {}
    on_cores(add, parts, forked=False)
    for start in sorted(sums):
        mean, plain, count = (a + b for a, b in zip((mean, plain, count), sums[start], strict=True))
    mean = mean if np.isfinite(mean).any() else plain  # where none is sound, what there is
    near = mean <= mean.min() * (1.0 + terms.within)
    order = np.lexsort((mean, np.where(near, count, 0.0), ~near))
    best = order[:machines]
    best = np.sort(best[np.isfinite(mean[best])])
    if not len(best):
        return []
    sizing = cost_all(demand, platform, terms.run_by(None), among=names[best], brief=True).sizing
    floor = np.quantile(sizing.units, size_for, axis=1, method="inverted_cdf", keepdims=True)
    held = np.maximum(sizing.units, floor)
    costed = cost_all(demand, platform, terms, among=names[best], units=held, brief=True)
    total = np.broadcast_to(costed.cost, (len(best), *shape)).sum(axis=2)
    least = np.broadcast_to(floor[:, 0], (len(best), shape[1]))
    return [
        Alternative(platform, offer.title, str(names[row]), sizing.unit, least[i], total[i])
        for i, row in enumerate(best)
        if np.isfinite(total[i]).all()
    ]
