"""The decision: hard requirements exclude, cost and risk are computed, fit is scored, and the weights are shaken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from capacity import Offer, Workload
from capacity.sizing.sizing import Obstacle
from pricing import PriceBook
from streamfacts.arrays import Array
from streamfacts.tables import read_rows
from streamplan.analyses.decide.features import Check, checks, kind_of
from streamplan.analyses.decide.requirements import Requirements, criteria
from streamplan.analyses.decide.survival import Survival, survive
from streamplan.analyses.decide.weighing import Flip, first_shares, flips
from streamplan.analyses.risk.risk import OfferRisk, RiskStudy, risk
from streamplan.planning.options import options_of
from streamplan.planning.study import FEASIBLE, UNPRICED
from streamplan.planning.terms import Terms, Told

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Excluded:
    """An offer that is out, with everything that stands against it."""

    offer: Offer
    against: tuple[Obstacle, ...]

    @property
    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Every reason as a sentence with its source."""
        return tuple((o.sentence, o.source) for o in self.against)


@dataclass(frozen=True)
class Decision:
    """The offers that are left, scored and ranked, and those that are out.

    Attributes
    ----------
    study : cost and risk in one region of every offer that meets the requirements as far as they need no cost
    ranked : names of the offers that are left, best first
    scores : of those, in that order, on each criterion, shape (offers, criteria) [1]
    even, near : share of weightings in which each is first: of all, and of those near the weights given [1]
    flips : the least weight to move until another offer draws level, by rival
    survivals : of those, how each is built to keep RPO and RTO; empty where the form asks for neither
    """

    workload: Workload
    requirements: Requirements
    study: RiskStudy | None
    excluded: tuple[Excluded, ...]
    checks: Mapping[str, tuple[Check, ...]]
    ranked: tuple[str, ...]
    scores: Array
    even: Array
    near: Array
    flips: tuple[Flip, ...]
    weightings: int
    survivals: Mapping[str, Survival] = field(default_factory=dict)

    @property
    def winner(self) -> OfferRisk | None:
        """The offer that is recommended, None if none is left."""
        return self.risk_of(self.ranked[0]) if self.ranked else None

    def risk_of(self, name: str) -> OfferRisk:
        """Return cost and risk of an offer that is left, built so that it survives what it must."""
        if name in self.survivals:
            return self.survivals[name].cost
        assert self.study is not None
        return self.study.risk_of(name)

    @property
    def utilities(self) -> Array:
        """Scores times weights of the offers that are left, best first [1]."""
        return np.asarray(self.scores @ self.requirements.shares)

    def unproven(self, name: str) -> list[str]:
        """Hard requirements of which it is not established that an offer meets them."""
        return [c.requirement.replace("_", " ") for c in self.checks.get(name, ()) if c.met is None]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row an offer that is left, best first: score, cost, risk, sensitivity, score on each criterion."""
        import pandas as pd

        rows = []
        for i, name in enumerate(self.ranked):
            o, built = self.risk_of(name), self.survivals.get(name)
            low, middle, high = o.totals
            rows.append(
                {
                    "platform": name,
                    "title": o.plan.offer.title,
                    "score": float(self.utilities[i]),
                    "p10_usd": low,
                    "p50_usd": middle,
                    "p90_usd": high if np.isfinite(high) else None,
                    "what": o.plan.what,
                    "binding": str(o.plan.sizing.binding),
                    "too_small": o.too_small_ever,
                    "design": built.result.design.name if built else "",
                    "design_usd": built.extra_usd if built else None,
                    "wish_unmet": built.unmet if built else "",
                    "first_even": float(self.even[i]),
                    "first_near": float(self.near[i]),
                    "to_verify": ", ".join(self.unproven(name)),
                    **{c: float(self.scores[i, j]) for j, c in enumerate(criteria())},
                }
            )
        return pd.DataFrame(rows)


def ratings(offer: str) -> dict[str, tuple[str, float, str]]:
    """Return the rating of an offer's kind on each criterion of the matrix: word, score [1] and source."""
    kind = kind_of(offer)
    return {
        r["criterion"]: (r["rating"], r["score"], r["source"]) for r in read_rows("fit/ratings") if r["class"] == kind
    }


def decide(
    workload: Workload,
    requirements: Requirements | None = None,
    *,
    only: Any = (),
    months: int = 12,
    draws: int = 256,
    seed: int = 0,
    weightings: int = 4096,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> Decision:
    """Choose an offer for a workload: requirements exclude, the rest is costed under uncertainty, scored and ranked.

    The score of an offer is the sum of its scores on the criteria times the weights. Cost scores the least median cost
    over its own; risk scores its median over the cost that one draw in ten exceeds; the others are the ratings of
    its kind in `data/fit/ratings.csv`.

    Where the form has an RPO or an RTO, each offer is built in the cheapest design that keeps them. Its cost is then,
    in every draw and month, that of one region times the ratio of both at the likely demand of the first month.

    Parameters
    ----------
    only : names of offers; all if left out
    months, draws, seed : of the study of risk
    weightings : weightings drawn for the sensitivity of the ranking
    people : those who run it, with tools and support; their ranges are drawn with the other inputs

    Raises
    ------
    InputError
        for an unknown offer or option.
    """
    requirements, terms = requirements or Requirements(), Terms.of(terms, **told)
    considered, _ = terms.population.offers(workload, only)
    held = {offer.name: tuple(checks(offer, requirements)) for offer in considered}
    out: list[Excluded] = []
    left: list[str] = []
    for offer in considered:
        failed = tuple(
            Obstacle(c.requirement.replace("_", " "), c.sentence, c.source)
            for c in held[offer.name]
            if c.met is False or (c.met is None and requirements.unknown == "exclude")
        )
        if failed:
            out.append(Excluded(offer, failed))
        else:
            left.append(offer.name)
    study: RiskStudy | None = None
    ranked: list[OfferRisk] = []
    survivals: dict[str, Survival] = {}
    if left:
        study = risk(
            workload,
            left,
            months,
            draws,
            seed,
            terms=terms,
        )
        out += [Excluded(f.offer, (Obstacle("size", f"could not be sized: {f.reason}"),)) for f in study.failed]
        aim = requirements.aim
        for o in study.offers:
            reasons = _no_cost(o)
            if aim is not None and not reasons:
                found = survive(
                    workload,
                    o,
                    aim,
                    seed=seed,
                    terms=terms.on(options_of(o.plan.offer, terms.options)),
                )
                if isinstance(found, str):
                    reasons = (Obstacle("RPO and RTO", found),)
                else:
                    survivals[o.plan.offer.name], o = found, found.cost
            reasons = reasons or _too_dear(o, months, requirements)
            if reasons:
                out.append(Excluded(o.plan.offer, reasons))
            else:
                ranked.append(o)
    scores = _scores(ranked)
    shares = requirements.shares
    order = np.lexsort(([o.totals[1] for o in ranked], -(scores @ shares).round(9))) if ranked else np.array([], int)
    scores = scores[order]
    names = tuple(ranked[i].plan.offer.name for i in order)
    none = np.zeros(0)
    return Decision(
        workload,
        requirements,
        study,
        tuple(out),
        held,
        names,
        scores,
        first_shares(scores, weightings, seed) if names else none,
        first_shares(scores, weightings, seed, shares) if names else none,
        tuple(flips(scores, shares)) if names else (),
        weightings,
        {name: survivals[name] for name in names if name in survivals},
    )


def _no_cost(o: OfferRisk) -> tuple[Obstacle, ...]:
    """Why an offer has no cost: it does not fit, or lacks a price."""
    if o.status == UNPRICED:
        gaps = tuple(Obstacle(gap.short, str(gap)) for gap in o.plan.bill.gaps)
        return gaps or (Obstacle("a price", "a price is missing in half of the draws"),)
    if o.status != FEASIBLE:
        return tuple(o.plan.against) or (Obstacle("size", "does not fit in half of the draws"),)
    return ()


def _too_dear(o: OfferRisk, months: int, requirements: Requirements) -> tuple[Obstacle, ...]:
    most = requirements.must.get("max_monthly")
    average = float(o.totals[1]) / months
    if most is not None and average > most:
        return (Obstacle("cost", f"{average:,.0f} USD in an average month, at most {most:,.0f} asked"),)
    return ()


def _scores(offers: list[OfferRisk]) -> Array:
    """Score of each offer on each criterion, shape (offers, criteria) [1]."""
    names = list(criteria())
    if not offers:
        return np.zeros((0, len(names)))
    middle = np.array([o.totals[1] for o in offers])
    high = np.array([o.totals[2] for o in offers])
    fits = np.array([1.0 - np.isinf(o.total).mean() for o in offers])
    with np.errstate(divide="ignore", invalid="ignore"):
        computed = {
            "cost": np.where(middle > 0, middle.min() / np.maximum(middle, 1e-12), 1.0),
            "risk": np.where(np.isfinite(high), np.where(high > 0, middle / np.maximum(high, 1e-12), 1.0), 0.0) * fits,
        }
    rated = [ratings(o.plan.offer.name) for o in offers]
    columns = [computed[n] if n in computed else np.array([r[n][1] for r in rated]) for n in names]
    return np.stack(columns, axis=1)
