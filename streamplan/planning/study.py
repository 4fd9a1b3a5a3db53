"""Study: every offer on the same workload, as tidy tables that charts, reports and the command line read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import numpy as np

from capacity import Demand, Workload
from capacity.sizing.constraint import InState
from capacity.sizing.sizing import OF_ONE
from pricing import PriceBook
from pricing.billing import COLUMNS
from streamfacts.arrays import Array
from streamfacts.errors import unknown_name
from streamplan.planning.failures import FAILED, Failure, attempt, refuse_if_all, report_failures
from streamplan.planning.plan import Plan, least_cost, plan, plan_and_costs
from streamplan.planning.terms import Terms, Told
from streamplan.planning.work import work_of

if TYPE_CHECKING:
    import pandas as pd

    from streamplan.planning.people import People


FEASIBLE, CLOSED, UNPRICED, INFEASIBLE = _ORDER = ("feasible", "closed", "price missing", "infeasible")
T = TypeVar("T")
_CONFIDENCE = ("high", "medium", "low")


@dataclass(frozen=True)
class Points:
    """The demands at which a study sizes each offer, all of them together.

    Attributes
    ----------
    demand : shape (n,), those at `scales` last; () if there is one alone
    likely : index of the likely demand
    corners : indices of the demands with all ranges at their low, their likely and their high load
    scales : times the likely throughput
    people : those who run it at these points, values of shape (n,); None if they do not count
    """

    demand: Demand
    likely: int
    corners: tuple[int, int, int]
    scales: tuple[float, ...]
    people: People | None

    @classmethod
    def of(cls, workload: Workload, people: People | None, scales: Sequence[float]) -> Points:
        """Return the likely demand, the ends of the ranges if any, and the likely demand at these scales."""
        corners, likely = Demand.corners(workload), Demand.of(workload)
        ranged = people is not None or any(v.ndim and np.ptp(v) > 0 for v in corners.arrays().values())
        demands, places = ([corners], (0, 1, 2)) if ranged else ([likely], (0, 0, 0))
        if scales:
            demands.append(likely.scaled(np.array(scales)))
        demand = Demand.joined(demands)
        if people is not None:
            people = people.corners().rows(np.array([0, 1, 2] + [1] * len(scales)))
        return cls(demand, places[1], places, tuple(scales), people)


@dataclass(frozen=True)
class Study:
    """A workload on several offers: the plan of each at the likely demand, and its cost at both ends of the ranges.

    `home` names the offers that rank: those of the workload's cloud, or that were asked for; others follow apart.
    `least` holds the least cost of each offer at every one of `points` [USD/month]; `failed` are the offers that raised
    where they were sized, which have no plan.
    """

    workload: Workload
    terms: Terms
    plans: tuple[Plan, ...]
    points: Points
    least: Mapping[str, Array]
    failed: tuple[Failure, ...] = ()
    home: frozenset[str] = frozenset()
    _made: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def book(self) -> PriceBook:
        """The prices of the study."""
        return self.terms.book

    @property
    def hours_per_month(self) -> float:
        """Hours in the billing month [h]."""
        return self.terms.hours_per_month

    @property
    def people(self) -> People | None:
        """Those who run it, None if they do not count."""
        return self.terms.people

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """Return what is made of this study, made when it is first asked for and kept by its key."""
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found

    @cached_property
    def open_plans(self) -> tuple[Plan, ...]:
        """The plans that rank and can be bought: at home, feasible, priced, open to new customers."""
        return tuple(
            p for p in self.plans if p.offer.name in self.home and p.monthly_usd is not None and not p.offer.closed
        )

    @property
    def cheapest(self) -> Plan | None:
        """The plan of `open_plans` with the least bill, None if there is none."""
        return min(self.open_plans, key=lambda p: float(p.monthly_usd or 0), default=None)

    @property
    def recommended(self) -> Plan | None:
        """The plan of `open_plans` with the least of what ranks (`ranks_at`), None if there is none."""
        return min(self.open_plans, key=self.ranks_at, default=None)

    @cached_property
    def work(self) -> dict[str, float | None]:
        """The work to run each plan at its likely value [USD/month]; None where it is on the bill or does not count."""
        if self.terms.people is not None or self.terms.population.bill_only:
            return dict.fromkeys((p.offer.name for p in self.plans), None)
        return {p.offer.name: float(work_of(p)) if p.feasible else None for p in self.plans}

    def ranks_at(self, p: Plan) -> float:
        """Return what a plan is ranked by: its bill and the work to run it [USD/month]; infinite without a bill."""
        return np.inf if p.monthly_usd is None else p.monthly_usd + (self.work[p.offer.name] or 0.0)

    @property
    def lead(self) -> Plan:
        """The recommended plan, or the first of its cloud where none is feasible and priced.

        Raises
        ------
        OfferFailed
            if no offer could be sized.
        """
        if not self.plans:
            report_failures(self.failed)
        return self.recommended or next((p for p in self.plans if p.offer.name in self.home), self.plans[0])

    @cached_property
    def corner_costs(self) -> dict[str, tuple[float | None, float | None, float | None]]:
        """Least cost of each offer with all ranges at low, at likely, at high load [USD/month]; None: no fit.

        Where a vendor publishes only the ends of a range of prices, the low cost takes the one and the high the other.
        """
        return {p.offer.name: self._costs_over_ranges(p) for p in self.plans}

    def _costs_over_ranges(self, p: Plan) -> tuple[float | None, float | None, float | None]:
        options = dict(p.sizing.options)
        open_prices = {o.name: o.price_ends for o in p.offer.options if o.price_ends and options[o.name] == o.default}
        costs = [self.least[p.offer.name][i] for i in self.points.corners]
        if open_prices:
            for corner, end in ((0, 0), (2, 1)):
                chosen = {**options, **{name: ends[end] for name, ends in open_prices.items()}}
                index = [self.points.corners[corner]]
                costs[corner] = self._least_of(p, self.points.demand.take(index), chosen, index)[0]
        low, likely, high = (float(x) if np.isfinite(x) else None for x in costs)
        return low, likely, high

    def least_at(self, p: Plan, scales: Sequence[float]) -> Array:
        """Return the least monthly cost of an offer at several times the likely throughput, of their shape [USD].

        Infinite where it does not fit or has no price. Scales that the study was asked for are there already.
        """
        if tuple(scales) == self.points.scales:
            least = self.least[p.offer.name]
            return least[len(least) - len(scales) :]
        demand = self.points.demand.take(self.points.likely).scaled(np.array(scales))
        return self._least_of(p, demand, dict(p.sizing.options), [self.points.likely] * len(scales))

    def planned(self, p: Plan, options: Mapping[str, Any]) -> Plan:
        """Return the plan of the same offer at the likely demand with other options."""
        likely = self.points.demand.take(self.points.likely).replace(region=p.bill.region)
        one = plan(likely, p.offer.name, self.terms.on(options))
        return replace(one, workload=self.workload)

    def _least_of(self, p: Plan, demand: Demand, options: Mapping[str, Any], points: Sequence[int]) -> Array:
        people = self.points.people
        terms = self.terms.on(options).run_by(None if people is None else people.rows(np.array(points)))
        costs = least_cost(demand.replace(region=p.bill.region), p.offer.name, terms)
        return np.broadcast_to(costs, (len(points),))

    @cached_property
    def ranged(self) -> bool:
        """Whether the cost of any offer is a range, from the inputs or from its prices."""
        return any(len(set(costs)) > 1 for costs in self.corner_costs.values())

    @cached_property
    def ranked(self) -> tuple[tuple[str, Plan], ...]:
        """Status and plan of each offer, those that rank first: feasible by rank, then closed, unpriced, infeasible."""

        def key(found: tuple[str, Plan]) -> tuple[bool, int, float, str]:
            status, p = found
            cost = self.ranks_at(p) if status in (FEASIBLE, CLOSED) else np.inf
            return p.offer.name not in self.home, _ORDER.index(status), cost, p.offer.name

        return tuple(sorted(((_status(p), p) for p in self.plans), key=key))

    @cached_property
    def rows(self) -> tuple[dict[str, Any], ...]:
        """One record an offer in rank order, see `ranked`; those that failed last.

        Costs are in USD a month, None where there is none.
        """
        more = {p.offer.name: _held_against(p) for p in self.plans}
        return tuple(row | more.get(row["platform"], {}) for row in self.short_rows)

    @cached_property
    def short_rows(self) -> tuple[dict[str, Any], ...]:
        """The `rows` without the use at peak and the odds, None here: a table needs none, and odds take a sizing."""
        rows = []
        for status, p in self.ranked:
            low, _, high = self.corner_costs[p.offer.name]
            priced = status in (FEASIBLE, CLOSED)
            rows.append(
                {
                    "platform": p.offer.name,
                    "title": p.offer.title,
                    "cloud": p.offer.provider,
                    "region": p.bill.region,
                    "status": status,
                    "home": p.offer.name in self.home,
                    "work_usd": self.work[p.offer.name],
                    "monthly_usd": p.monthly_usd if priced else None,
                    "low_usd": low if priced else None,
                    "high_usd": high if priced else None,
                    "what": p.what,
                    "configuration": p.configuration,
                    "clusters": p.clusters,
                    "split_by": p.split.limit if p.split else "",
                    "split": str(p.split or ""),
                    "warnings": list(p.warnings),
                    "units": float(p.sizing.units) if np.isfinite(p.sizing.units) else None,
                    "unit": p.sizing.unit,
                    **{name: _known(getattr(p.sizing, name)) for name in OF_ONE},
                    "too_small_odds": None,
                    "units_for_90": None,
                    "cheaper": p.cheaper.what if p.cheaper else "",
                    "cheaper_usd": p.cheaper.usd if p.cheaper else None,
                    "binding": p.sizing.binding,
                    "next_wall": p.sizing.next_binding,
                    "utilisation": None,
                    "confidence": _confidence(p),
                    "closed": p.offer.closed,
                    "lacks": "; ".join(p.offer.lacks),
                    "reason": p.reason,
                }
            )
        return (*rows, *(_failed_row(f) for f in self.failed))

    @cached_property
    def table(self) -> pd.DataFrame:
        """The `rows` as a table, NaN where there is no cost."""
        import pandas as pd

        frame = pd.DataFrame(list(self.rows))
        frame.attrs["unit"] = "USD/month"
        return frame

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that offers are priced in, each once."""
        return tuple(dict.fromkeys(row["region"] for row in self.short_rows))

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Every bill line of every offer, with the offer's name and title in front."""
        import pandas as pd

        rows = [
            {"platform": p.offer.name, "title_of_platform": p.offer.title, **row}
            for p in self.plans
            for row in p.bill.records()
        ]
        return pd.DataFrame(rows, columns=["platform", "title_of_platform", *COLUMNS])

    @cached_property
    def constraints(self) -> pd.DataFrame:
        """Every constraint of every offer in every state, with its utilisation."""
        import pandas as pd

        frames = []
        for p in self.plans:
            frame = p.sizing.constraint_table()
            frame.insert(0, "title", p.offer.title)
            frame.insert(0, "platform", p.offer.name)
            frame["binding"] = frame.index == int(p.sizing.bound_by)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def equivalence_rows(self) -> tuple[dict[str, Any], ...]:
        """What makes the offers comparable, one record an offer: copies, zones, availability and disks of each."""
        rows = [
            {
                "platform": p.offer.name,
                "title": p.offer.title,
                **p.offer.guarantees,
                "lacks": "; ".join(p.offer.lacks),
                "use_at_peak": _use_at_peak(p),
            }
            for p in self.plans
        ]
        names = dict.fromkeys(name for row in rows for name in row)
        return tuple({name: row.get(name) for name in names} for row in rows)

    @cached_property
    def equivalence(self) -> pd.DataFrame:
        """The `equivalence_rows` as a table."""
        import pandas as pd

        return pd.DataFrame(list(self.equivalence_rows))

    def plan_of(self, platform: str) -> Plan:
        """Return the plan of one offer."""
        for p in self.plans:
            if p.offer.name == platform:
                return p
        raise unknown_name("platform", platform, [p.offer.name for p in self.plans])


def _known(value: Any) -> float | None:
    """A number, None where the service shows none."""
    number = float(value)
    return number if np.isfinite(number) else None


def _use_at_peak(p: Plan) -> float | None:
    """Largest share of a capacity used in the normal state: the headroom left at peak is the rest [1]."""
    used = [float(c.utilisation(p.sizing.units_of(c))) for c in p.sizing.constraints if c.state == InState.NORMAL]
    most = max(used, default=np.nan)
    return most if np.isfinite(most) else None


def _held_against(p: Plan) -> dict[str, Any]:
    """What a plan has left at peak, and the odds that it is too small."""
    odds = p.odds
    return {
        "utilisation": _use_at_peak(p),
        "too_small_odds": odds.too_small if odds else None,
        "units_for_90": _known(odds.units) if odds else None,
    }


def _failed_row(f: Failure) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(("monthly_usd", "low_usd", "high_usd", *OF_ONE, "too_small_odds"))
    nothing |= {"home": False, "work_usd": None, "units_for_90": None, "cheaper": "", "cheaper_usd": None}
    nothing |= {"cloud": f.offer.provider}
    return {
        **{"platform": f.offer.name, "title": f.offer.title, "region": f.region, "status": FAILED, **nothing},
        **{"what": "", "configuration": "", "clusters": 0, "units": None, "unit": "", "binding": "", "next_wall": ""},
        **{"split_by": "", "split": "", "warnings": []},
        **{"utilisation": None, "confidence": "", "closed": f.offer.closed, "lacks": "; ".join(f.offer.lacks)},
        "reason": f.reason,
    }


def _status(p: Plan) -> str:
    if not p.feasible:
        return INFEASIBLE
    if p.bill.missing:
        return UNPRICED
    return CLOSED if p.offer.closed else FEASIBLE


def _confidence(p: Plan) -> str:
    """The lowest confidence of any price on the bill; empty where one is missing."""
    used = [line.rows for line in p.bill.entries if line.usage.quantity > 0]
    if not all(used):
        return ""
    return max((row.confidence for rows in used for row in rows), key=_CONFIDENCE.index, default="")


def study(
    workload: Workload,
    *,
    only: Iterable[str] | None = None,
    scales: Sequence[float] = (),
    terms: Terms | None = None,
    **told: Unpack[Told],
) -> Study:
    """Size and price a workload on every offer, or on those named in `only`; with `people`, also those who run it.

    `scales` are multiples of the throughput at which costs will be asked for too (`Study.least_at`), to find in the
    same pass.

    Options are handed to the offers that have them and take the value (a machine type is of one cloud); one that no
    offer takes is an error. An offer that raises where it is sized or priced ends nothing: it is among `failed`, a row
    with its reason.
    """
    terms = Terms.of(terms, **told)
    home, elsewhere = terms.population.offers(workload, only or ())
    considered = [*home, *elsewhere]
    own = terms.for_each(considered)
    points = Points.of(workload, terms.people, scales)
    plans: list[Plan] = []
    failed: list[Failure] = []
    least: dict[str, Array] = {}
    for offer in considered:
        region = workload.region_at(offer.provider) or workload.region
        demand, here = points.demand.replace(region=region), own[offer.name]
        make = partial(plan_and_costs, demand, points.likely, offer.name, here.run_by(points.people))
        found = attempt(offer, region, here.options, make)
        if isinstance(found, Failure):
            failed.append(found)
        else:
            one, least[offer.name] = found
            plans.append(replace(one, workload=workload))
    refuse_if_all(failed, len(considered))
    ranking = frozenset(offer.name for offer in home)
    return Study(workload, terms, tuple(plans), points, least, tuple(failed), ranking)


def compare(
    workload: Workload, *, only: Iterable[str] | None = None, terms: Terms | None = None, **told: Unpack[Told]
) -> pd.DataFrame:
    """Return one row an offer in rank order, by bill and work; see `study`.

    Examples
    --------
    >>> w = Workload(write="10 MiB/s", message="1 KiB", fan_out=2, retention="24 h")
    >>> compare(w, only=["msk-serverless", "msk-express"])["platform"].tolist()
    ['msk-serverless', 'msk-express']
    """
    return study(workload, only=only, terms=terms, **told).table
