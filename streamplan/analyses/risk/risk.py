"""Risk: a budget under uncertain inputs, as percentiles by month and in total, and the odds of exceeding a limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from capacity import Range, Workload
from capacity.demand.draws import Draws, demand_of, uncertain_inputs
from capacity.workload.growth import MOST_MONTHS
from pricing import PriceBook
from streamfacts.arrays import Array
from streamfacts.checks import whole
from streamfacts.errors import InputError, unknown_name
from streamplan.planning.failures import FAILED, Failure, attempt, refuse_if_all, report_failures
from streamplan.planning.joint_draws import drawn_together
from streamplan.planning.least_costs import DrawCosts, draw_costs, too_small
from streamplan.planning.people import People
from streamplan.planning.plan import Plan, plan
from streamplan.planning.study import CLOSED, FEASIBLE, INFEASIBLE, UNPRICED
from streamplan.planning.terms import Terms, Told
from streamplan.runtime.cores import on_cores, shared_empty
from streamplan.runtime.progress import counted

if TYPE_CHECKING:
    import pandas as pd


#: Percentiles of every table and chart.
PERCENTILES = (10, 50, 90)
#: A plan counts as outgrown in the first month in which it is too small with more than this probability.
OUTGROWN = 0.1

#: Offers times draws times months from which whole offers are shared out over the cores, and up to which all their
#: costs fit in memory at once; beyond it each offer's draws are shared out.
LEAST_SHARED, MOST_SHARED = 2_000_000, 30_000_000
#: What the long loop is called while it runs.
COSTS = "Costs of each offer in all draws"


@dataclass(frozen=True)
class OfferRisk:
    """One offer under all draws.

    Attributes
    ----------
    plan : what is held: the cheapest configuration for the likely demand of the planned month
    by_month : percentiles of the monthly cost, shape (3, months) [USD]; infinite where the percentile is a draw that
        does not fit, NaN where a draw of the month has no price
    total : cost of all months, shape (draws,) [USD]; infinite where a month does not fit, NaN where one has no price
    likely : cost of each month with every input at its likely value, shape (months,) [USD]
    over_budget : probability that the month costs more than its budget, shape (months,); None without a budget
    over_total : the same of all months against the sum of the budget
    too_small : probability that the plan held does not carry the month, shape (months,)
    too_small_ever : probability that it fails in any month
    infeasible, unpriced : draws in which the offer carries no load, or has no price, shape (months,)
    """

    plan: Plan
    by_month: Array
    total: Array
    likely: Array
    over_budget: Array | None
    over_total: float | None
    too_small: Array
    too_small_ever: float
    infeasible: NDArray[np.int64]
    unpriced: NDArray[np.int64]

    @property
    def totals(self) -> Array:
        """Percentiles of the total over all months, shape (3,) [USD]."""
        return percentiles(self.total)

    @property
    def outgrown(self) -> int | None:
        """First month in which the plan is too small with more than 10% probability; None if there is none."""
        months = np.flatnonzero(self.too_small > OUTGROWN)
        return int(months[0]) + 1 if len(months) else None

    @property
    def status(self) -> str:
        """Feasible, closed, price missing or infeasible, by the median of the total."""
        median = self.totals[PERCENTILES.index(50)]
        if np.isfinite(median):
            return CLOSED if self.plan.offer.closed else FEASIBLE
        return UNPRICED if np.isnan(median) else INFEASIBLE


@dataclass(frozen=True)
class RiskStudy:
    """A workload on several offers under the same draws; `failed` are those that raised where they were sized."""

    workload: Workload
    offers: tuple[OfferRisk, ...]
    months: int
    draws: int
    seed: int
    plan_month: int
    budget: Array | None
    hours_per_month: float
    people: People | None = None
    failed: tuple[Failure, ...] = ()

    @property
    def inputs(self) -> dict[str, Range]:
        """The uncertain inputs by name."""
        return {**uncertain_inputs(self.workload, self.months), **(self.people.inputs if self.people else {})}

    @property
    def correlations(self) -> list[dict[str, Any]]:
        """Rank correlation of each pair of uncertain inputs that is not 0."""
        names = list(self.inputs)
        given = self.workload.correlation
        matrix = (self.people.correlation(given) if self.people else given).matrix(names, usual=True)
        return [
            {"inputs": [names[i], names[j]], "rank_correlation": round(float(matrix[i, j]), 6)}
            for i, j in combinations(range(len(names)), 2)
            if matrix[i, j]
        ]

    @property
    def cheapest(self) -> OfferRisk | None:
        """The open offer with the least median total, None if none fits and is priced."""
        fit = [o for o in self.offers if o.status == FEASIBLE]
        return min(fit, key=lambda o: float(o.totals[PERCENTILES.index(50)]), default=None)

    @property
    def lead(self) -> OfferRisk:
        """The offer with the least median total, or the first where none fits and is priced.

        Raises
        ------
        OfferFailed
            if no offer could be sized.
        """
        if not self.offers:
            report_failures(self.failed)
        return self.cheapest or self.offers[0]

    @property
    def something_fits(self) -> bool:
        """Whether any offer carries all months of any draw, priced or not."""
        return not all(np.isinf(o.total).all() for o in self.offers)

    def risk_of(self, platform: str) -> OfferRisk:
        """Return the risk of one offer."""
        for offer in self.offers:
            if offer.plan.offer.name == platform:
                return offer
        raise unknown_name("platform", platform, [o.plan.offer.name for o in self.offers])

    @cached_property
    def cheapest_in(self) -> dict[str, float]:
        """Offer to the share of draws in which its total is the least of those open to new customers [1]."""
        open_offers = [o for o in self.offers if not o.plan.offer.closed]
        if not open_offers:
            return {}
        totals = np.stack([np.where(np.isnan(o.total), np.inf, o.total) for o in open_offers])
        best = np.where(np.isfinite(totals.min(axis=0)), totals.argmin(axis=0), -1)
        return {o.plan.offer.name: float((best == i).mean()) for i, o in enumerate(open_offers)}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an offer: percentiles of the total over all months [USD], odds, and the plan held."""
        import pandas as pd

        rows = []
        for o in self.offers:
            low, middle, high = map(known, o.totals)
            rows.append(
                {
                    "platform": o.plan.offer.name,
                    "title": o.plan.offer.title,
                    "region": o.plan.bill.region,
                    "status": o.status,
                    "p10_usd": low,
                    "p50_usd": middle,
                    "p90_usd": high,
                    "likely_usd": known(o.likely.sum()),
                    "over_budget": np.nan if o.over_total is None else o.over_total,
                    "cheapest_in": self.cheapest_in.get(o.plan.offer.name, 0.0),
                    "what": o.plan.what,
                    "too_small": o.too_small_ever,
                    "outgrown_in_month": o.outgrown,
                    "infeasible_draws": int(np.isinf(o.total).sum()),
                    "unpriced_draws": int(np.isnan(o.total).sum()),
                    "reason": o.plan.reason,
                }
            )
        rows += [_failed_row(f) for f in self.failed]
        frame = pd.DataFrame(rows).astype(
            {"outgrown_in_month": "Int64", **dict.fromkeys(["p10_usd", "p50_usd", "p90_usd", "likely_usd"], float)}
        )
        order = frame["status"].map({FEASIBLE: 0, CLOSED: 1, UNPRICED: 2, INFEASIBLE: 3, FAILED: 4})
        sort = frame.assign(_rank=order, _cost=frame["p50_usd"].astype(float).fillna(np.inf))
        frame = frame.loc[sort.sort_values(["_rank", "_cost", "platform"]).index].reset_index(drop=True)
        frame.attrs["unit"] = f"USD in {self.months} months"
        return frame

    @cached_property
    def by_month(self) -> pd.DataFrame:
        """One row an offer and month: percentiles of the cost [USD], the odds, and the draws left out of them."""
        import pandas as pd

        months = np.arange(1, self.months + 1)
        frames = [
            pd.DataFrame(
                {
                    "platform": o.plan.offer.name,
                    "title": o.plan.offer.title,
                    "month": months,
                    **{f"p{p}_usd": _known(row) for p, row in zip(PERCENTILES, o.by_month, strict=True)},
                    "likely_usd": _known(o.likely),
                    "budget_usd": np.nan if self.budget is None else self.budget,
                    "over_budget": np.nan if o.over_budget is None else o.over_budget,
                    "too_small": o.too_small,
                    "infeasible_draws": o.infeasible,
                    "unpriced_draws": o.unpriced,
                }
            )
            for o in self.offers
        ]
        return pd.concat(frames, ignore_index=True)


def _failed_row(f: Failure) -> dict[str, Any]:
    figures = ("p10_usd", "p50_usd", "p90_usd", "likely_usd", "over_budget", "too_small")
    return {
        **{"platform": f.offer.name, "title": f.offer.title, "region": f.region, "status": FAILED},
        **dict.fromkeys(figures, np.nan),
        **{"cheapest_in": 0.0, "what": "", "outgrown_in_month": None, "infeasible_draws": 0, "unpriced_draws": 0},
        "reason": f.reason,
    }


def percentiles(values: Array) -> Array:
    """Return the percentiles of draws along the first axis, each the value of a draw.

    Infinite draws (that do not fit) lie above all others; where a draw is NaN (no price) so is every percentile.
    """
    return np.asarray(np.quantile(values, np.array(PERCENTILES) / 100.0, axis=0, method="inverted_cdf"))


def known(value: Any) -> float | None:
    """Return a number, or None where it is infinite or NaN."""
    return float(value) if np.isfinite(value) else None


def _known(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def exceeding(values: Array, limit: Any) -> Array:
    """Return the share of draws above a limit along the first axis [1]; draws that do not fit are above any.

    NaN where a draw has no price: whether it is above is not known.
    """
    share = (values > limit).mean(axis=0)
    return np.asarray(np.where(np.isnan(values).any(axis=0), np.nan, share))


def risk(
    workload: Workload,
    only: Iterable[str] | None = None,
    months: int = 60,
    draws: int = 4096,
    seed: int = 0,
    budget: float | Sequence[float] | None = None,
    *,
    plan_month: int | None = None,
    held: Mapping[str, Any] | None = None,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> RiskStudy:
    """Cost every offer under draws of all uncertain inputs, month by month.

    An offer that raises where it is sized or priced ends nothing: it is among `failed`, a row with its reason.

    Each draw is a whole path: its inputs hold for all months. In each month an offer costs what its cheapest feasible
    configuration costs, so the total is that of a platform that is resized monthly.

    Parameters
    ----------
    only : names of offers; all if left out
    months : months from now, 1 to 60
    draws : joint draws of the uncertain inputs; a power of two is best
    seed : the same seed gives the same figures
    budget : USD a month, one figure or one a month
    plan_month : the month whose likely demand the plan held is sized for; the last if left out
    people : those who run it, with tools and support; their ranges are drawn with the other inputs
    held : what is there already, `machine`, `units` and `clusters` as in `streamplan.plan`, in place of that plan

    Raises
    ------
    InputError
        for a horizon of zero, a budget that is no amount, or an unknown offer or option.

    Examples
    --------
    >>> w = Workload(write={"low": "5 MB/s", "likely": "10 MB/s", "high": "20 MB/s"}, message="1 KiB")
    >>> study = risk(w, ["msk-serverless"], months=1, draws=64)
    >>> p10, p50, p90 = study.offers[0].totals
    >>> bool(p10 < p50 < p90)
    True
    """
    terms = Terms.of(terms, **told)
    whole("months", months, 1, MOST_MONTHS)
    month = months if plan_month is None else whole("plan_month", plan_month, 1, months)
    limit = None if budget is None else _budget(budget, months)
    likely = demand_of(workload, Draws({}, 1, seed), months)
    at = {k: np.broadcast_to(v, (1, months))[0, month - 1] for k, v in likely.arrays().items()}
    planned = likely.replace(**{k: np.asarray(v) for k, v in at.items()})
    considered = list(terms.population.offers(workload, only or ())[0])
    staff = None if terms.people is None else terms.people.of(considered)
    demand, drawn = drawn_together(workload, months, draws, seed, staff)
    own = terms.run_by(staff).for_each(considered)
    asked, there = len(considered), held or {}
    held_plans: list[Plan] = []
    failed: list[Failure] = []
    for offer in counted(considered, "Plans"):
        region, here = workload.region_at(offer.provider) or workload.region, own[offer.name]
        make = partial(plan, planned.replace(region=region), offer.name, here, **there)
        one = attempt(offer, region, {**here.options, **there}, make)
        if isinstance(one, Failure):
            failed.append(one)
        else:
            held_plans.append(one)
    refuse_if_all(failed, asked)
    considered = [p.offer for p in held_plans]
    regions = [workload.region_at(offer.provider) or workload.region for offer in considered]

    def costs_of(i: int) -> tuple[Array, Array, NDArray[np.bool_]]:
        name, here = considered[i].name, own[considered[i].name]
        path = draw_costs(likely.replace(region=regions[i]), name, here).usd[0]
        under = demand.replace(region=regions[i])
        short = too_small(under, held_plans[i], hours_per_month=here.hours_per_month)
        return path, draw_costs(under, name, here.run_by(drawn)).usd, short

    def tried(i: int) -> tuple[Array, Array, NDArray[np.bool_]] | Failure:
        return attempt(considered[i], held_plans[i].bill.region, own[considered[i].name].options, partial(costs_of, i))

    points = len(considered) * draws * months
    found: Iterable[tuple[Array, Array, NDArray[np.bool_]] | Failure]
    if len(considered) > 1 and LEAST_SHARED <= points <= MOST_SHARED:  # whole offers on each core
        paths = shared_empty((len(considered), months))
        usd, shorts = (shared_empty((len(considered), draws, months)) for _ in range(2))
        raised = shared_empty((len(considered),))

        def fill(i: int) -> None:
            costs = tried(i)
            raised[i] = isinstance(costs, Failure)
            if not isinstance(costs, Failure):
                paths[i], usd[i], shorts[i] = costs

        on_cores(fill, range(len(considered)), forked=True, what=COSTS)
        # what a child raised stays there: it is raised again here, for its words
        found = (tried(i) if raised[i] else (paths[i], usd[i], shorts[i] > 0) for i in range(len(considered)))
    else:
        found = (tried(i) for i in counted(range(len(considered)), COSTS))
    out: list[OfferRisk] = []
    for held_plan, costs in zip(held_plans, found, strict=True):
        if isinstance(costs, Failure):
            failed.append(costs)
        else:
            path, usd_of, short = costs
            out.append(_offer_risk(held_plan, DrawCosts(usd_of), path, short, limit))
    refuse_if_all(failed, asked)
    return RiskStudy(
        workload, tuple(out), months, draws, seed, month, limit, terms.hours_per_month, staff, tuple(failed)
    )


def _offer_risk(
    plan_held: Plan, costs: DrawCosts, likely: Array, short: NDArray[np.bool_], budget: Array | None
) -> OfferRisk:
    total = np.where(costs.infeasible.any(axis=1), np.inf, costs.usd.sum(axis=1))
    over = None if budget is None else exceeding(costs.usd, budget)
    over_total = None if budget is None else known(exceeding(total, budget.sum()))
    return OfferRisk(
        plan=plan_held,
        by_month=percentiles(costs.usd),
        total=total,
        likely=likely,
        over_budget=over,
        over_total=over_total,
        too_small=short.mean(axis=0),
        too_small_ever=float(short.any(axis=1).mean()),
        infeasible=costs.infeasible.sum(axis=0),
        unpriced=costs.unpriced.sum(axis=0),
    )


def _budget(budget: Any, months: int) -> Array:
    allowed = f"USD a month above 0, one figure or {months} of them"
    try:
        amounts = np.asarray(budget, float)
    except (TypeError, ValueError):
        raise InputError("budget", budget, allowed) from None
    if isinstance(budget, (bool, str)) or amounts.ndim > 1 or (amounts.ndim == 1 and len(amounts) != months):
        raise InputError("budget", budget, allowed)
    if not (np.isfinite(amounts).all() and (amounts > 0).all()):
        raise InputError("budget", budget, allowed)
    return np.broadcast_to(amounts, (months,))
