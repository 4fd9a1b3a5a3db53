"""The recommendation of a study: what to take, what it costs with its odds, and which lines of the bills decide it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from capacity import find_offer
from pricing.billing import BillLine
from pricing.book import find_meter
from streamfacts.tables import assumption, read_rows, regions
from streamfacts.usage import BETWEEN_ZONES
from streamplan.planning.chances import Chances, chances_of, ends, totals_over
from streamplan.planning.clients import TO_BROKERS, TO_CONSUMERS
from streamplan.planning.plan import Plan
from streamplan.planning.study import Study

#: Lines of a bill as a reader knows them, by category; traffic is told apart by what it is.
LINES = {
    "compute": "machines",
    "storage": "storage",
    "network": "traffic between regions and out",
    "data": "bytes in and out",
    "requests": "requests",
    "licence": "licence",
    "people": "people",
    "support": "support",
    "tooling": "tools",
}
ZONES, CLIENTS, WORK = "traffic between zones", "clients in another cloud", "work to run it"
#: Months over which totals are given: a year, three, five.
SPANS = (12, 36, 60)
#: A line that makes less than this share of a difference is no reason for it.
LEAST_REASON = 0.1


@dataclass(frozen=True)
class Line:
    """One line of a difference: what the other plan pays more for it than the recommended one [USD/month]."""

    line: str
    usd: float


@dataclass(frozen=True)
class Recommendation:
    """What to take, and why.

    Attributes
    ----------
    study : what was compared
    plan : what is recommended: the least of bill and work among the offers that rank
    next : the second of that order; None if there is no other
    usual : the cloud's usual choice, where it is among them and neither of these; None if not
    """

    study: Study
    plan: Plan
    next: Plan | None
    usual: Plan | None

    @property
    def name(self) -> str:
        """The recommended offer."""
        return self.plan.offer.name

    @property
    def monthly_usd(self) -> float:
        """Its bill [USD/month]."""
        return float(self.plan.monthly_usd or 0.0)

    @property
    def work_usd(self) -> float | None:
        """The work to run it, not on the bill [USD/month]; None where it does not count."""
        return self.study.work[self.name]

    @cached_property
    def chances(self) -> Chances:
        """Costs of the offers that are near, under the same draws."""
        return chances_of(self.study)

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The 10th and the 90th percentile of its bill [USD/month]."""
        return self.chances.between(self.name)

    @property
    def work_interval(self) -> tuple[float | None, float | None]:
        """The same of the work [USD/month]."""
        return (None, None) if self.work_usd is None else ends(self.chances.work[self.name])

    @cached_property
    def over(self) -> dict[int, tuple[float | None, float | None, float | None]]:
        """P10, median and P90 of the bill over a year, three and five [USD]; None where a month does not fit."""
        out = {}
        for months, totals in totals_over(self.study, self.plan, SPANS).items():
            middle = float(np.quantile(totals, 0.5, method="inverted_cdf"))
            low, high = ends(totals)
            out[months] = low, middle if np.isfinite(middle) else None, high
        return out

    @cached_property
    def tied(self) -> tuple[Plan, ...]:
        """Plans within the noise, the likeliest first.

        They cost less than the recommended one in `tie_share` of the draws or more, and are the cheapest of all in
        `tie_wins` of them.
        """
        others = [p for p in self.study.open_plans if p.offer.name != self.name and p.offer.name in self.chances.total]
        odds = {p.offer.name: self.chances.below(p.offer.name, self.name) for p in others}
        least, wins = float(assumption("tie_share")), float(assumption("tie_wins"))
        won = self.chances.cheapest
        near = [p for p in others if odds[p.offer.name] >= least and won[p.offer.name] >= wins]
        return tuple(sorted(near, key=lambda p: -won[p.offer.name]))

    @property
    def least_bill(self) -> Plan:
        """The plan of the least bill alone, the recommended one where both are the same."""
        return self.study.cheapest or self.plan

    def because(self, other: Plan) -> list[Line]:
        """Return what another plan pays more than the recommended one by line, the largest first [USD/month]."""
        ours, theirs = self.lines(self.plan), self.lines(other)
        rows = [Line(name, theirs.get(name, 0.0) - ours.get(name, 0.0)) for name in {**ours, **theirs}]
        return sorted((row for row in rows if abs(row.usd) >= 0.005), key=lambda row: (-abs(row.usd), row.line))

    def reasons(self, other: Plan) -> list[Line]:
        """Return the lines of `because` that make up most of a difference, in its direction, up to two."""
        gap = self.study.ranks_at(other) - self.study.ranks_at(self.plan)
        rows = [row for row in self.because(other) if row.usd * gap > 0 and abs(row.usd) >= LEAST_REASON * abs(gap)]
        return rows[:2]

    def lines(self, p: Plan) -> Mapping[str, float]:
        """Return the bill of a plan by line with the work to run it, summing to what it ranks at [USD/month]."""
        out: dict[str, float] = {}
        for entry in p.bill.entries:
            name = _line_of(entry)
            out[name] = out.get(name, 0.0) + float(entry.cost)
        work = self.study.work[p.offer.name]
        return out if work is None else {**out, WORK: work}

    @property
    def document(self) -> dict[str, Any]:
        """The recommendation for other programs."""
        low, high = self.interval
        work_low, work_high = self.work_interval
        other = self.next or self.usual
        odds = self.plan.odds
        return {
            "platform": self.name,
            "title": self.plan.offer.title,
            "cloud": self.plan.offer.provider,
            "region": self.plan.bill.region,
            "what": self.plan.what,
            "monthly_usd": self.monthly_usd,
            "p10_usd": low,
            "p90_usd": high,
            "work_usd": self.work_usd,
            "work_p10_usd": work_low,
            "work_p90_usd": work_high,
            "over_months": [
                {"months": months, "p10_usd": ten, "p50_usd": fifty, "p90_usd": ninety}
                for months, (ten, fifty, ninety) in self.over.items()
            ],
            "cheapest_odds": self.chances.cheapest.get(self.name),
            "too_small_odds": odds.too_small if odds else None,
            "tied_with": [p.offer.name for p in self.tied],
            "next": self.next.offer.name if self.next else None,
            "usual": usual_offer(self.study),
            "least_bill": {"platform": self.least_bill.offer.name, "monthly_usd": self.least_bill.monthly_usd},
            "against": other.offer.name if other else None,
            "because": [{"line": row.line, "usd": row.usd} for row in self.because(other)] if other else [],
        }


def recommendation_of(study: Study) -> Recommendation | None:
    """Return what a study recommends; None where nothing that ranks is feasible, priced and open."""
    return study.once("recommendation", lambda: _recommendation_of(study))


def _recommendation_of(study: Study) -> Recommendation | None:
    best = study.recommended
    if best is None:
        return None
    order = sorted(study.open_plans, key=study.ranks_at)
    second = order[1] if len(order) > 1 else None
    taken = {p.offer.name for p in order[:2]}
    usual = next((p for p in order if p.offer.name == usual_offer(study) and p.offer.name not in taken), None)
    return Recommendation(study, best, second, usual)


def usual_offer(study: Study) -> str | None:
    """Return the usual choice of the cloud that the workload lives in, by `data/clouds.csv`; None outside of these."""
    cloud = regions()[study.workload.region]
    found = next((str(row["usual_offer"]) for row in read_rows("clouds") if row["cloud"] == cloud), None)
    return find_offer(found).name if found else None


def _line_of(entry: BillLine) -> str:
    if entry.usage.role in (TO_BROKERS, TO_CONSUMERS):
        return CLIENTS
    if entry.category in ("people", "support", "tooling"):
        return LINES[entry.category]
    if find_meter(entry.usage.meter).paths == (BETWEEN_ZONES,):
        return ZONES
    return LINES[entry.category]


@dataclass(frozen=True)
class PriceAge:
    """How old the prices of a bill are: the oldest date, and how much of it rests on prices over a year old [USD]."""

    oldest: str
    stale_usd: float


def price_age(p: Plan, on: dt.date) -> PriceAge:
    """Return how old the prices are that a plan's bill rests on, on a day."""
    rows = [row for row in p.bill.records(on) if row["cost"]]
    dates = [str(row["as_of"]) for row in rows if row["as_of"]]
    return PriceAge(min(dates, default=""), float(sum(float(row["cost"]) for row in rows if row["stale"])))


def answer_rows(study: Study, on: dt.date) -> list[dict[str, Any]]:
    """Return the rows of a study with the odds and the age of prices beside each, None where there are none.

    `p10_usd` and `p90_usd` are of the bill a month [USD], `cheapest_odds` the share of the draws in which bill and work
    are the least, `as_of_oldest` the oldest price and `stale_usd` what rests on prices over a year old [USD].
    """
    chances, plans = chances_of(study), {p.offer.name: p for p in study.plans}
    out = []
    for row in study.rows:
        name = row["platform"]
        low, high = chances.between(name)
        age = price_age(plans[name], on) if row["monthly_usd"] is not None else None
        out.append(
            {
                **row,
                "p10_usd": low,
                "p90_usd": high,
                "cheapest_odds": chances.cheapest.get(name),
                "as_of_oldest": age.oldest if age else None,
                "stale_usd": age.stale_usd if age else None,
            }
        )
    return out
