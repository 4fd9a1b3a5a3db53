"""Survival: for each offer the cheapest design that keeps an RPO and an RTO, and what the offer costs built so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Unpack

from capacity import Workload
from capacity.resilience import DESIGNS
from pricing import PriceBook
from streamfacts.units import human
from streamfacts.words import lost_in_words
from streamplan.analyses.decide.requirements import Aim
from streamplan.analyses.resilience.resilience import (
    UNPRICED,
    DesignResult,
    NoSecondRegion,
    ResilienceStudy,
    resilience,
)
from streamplan.analyses.risk.risk import OfferRisk
from streamplan.planning.terms import Terms, Told

#: Quasi-random draws of the delays of a recovery.
DRAWS = 1024


@dataclass(frozen=True)
class Survival:
    """How an offer is built so that it survives what it must.

    Attributes
    ----------
    study : all designs, held against what `kept` says of the aim
    result : the design that is taken; the one region alone where only wishes are out of reach
    factor : cost of the design over that of the one region, both at the likely demand of the first month [1]
    cost : cost and risk of the offer built so: those of the one region, in each draw and month times `factor`
    unmet, unmet_short : why a wish is not kept, and the same without where a missing price would be known; empty if all
        are
    """

    study: ResilienceStudy
    result: DesignResult
    factor: float
    cost: OfferRisk
    unmet: str
    unmet_short: str = ""

    @property
    def extra_usd(self) -> float:
        """What the design adds to a month of the one region at the likely demand of the first month [USD]."""
        return (self.factor - 1.0) * float(self.study.base_usd or 0.0)


def survive(
    workload: Workload,
    one_region: OfferRisk,
    aim: Aim,
    *,
    seed: int = 0,
    terms: Terms | PriceBook | None = None,
    **told: Unpack[Told],
) -> Survival | str:
    """Return how an offer keeps an aim at the least cost, or in a sentence why it does not.

    Wishes are kept if a priced design keeps them; else the cheapest design is taken that keeps what is hard.

    Parameters
    ----------
    one_region : cost and risk of the offer in one region
    seed : of the draws of the delays
    """
    deletion = "deletion" in aim.losses
    # a backup beside a second cluster is for what is deleted, and for nothing else
    designs = [d.name for d in DESIGNS.values() if deletion or not (d.backup and d.second_cluster)]
    asked = _words(aim.rpo_s, aim.rto_s, aim.losses)
    try:
        study = resilience(
            workload,
            one_region.plan.offer.name,
            None,
            None,
            against=aim.losses,
            designs=designs,
            draws=DRAWS,
            seed=seed,
            terms=Terms.of(terms, **told),
        )
    except NoSecondRegion as error:
        return f"{asked}: needs {error.allowed}"
    wished, hard = study.held_to(aim.wished_rpo_s, aim.wished_rto_s), study.held_to(aim.rpo_s, aim.rto_s)
    base = study.base_usd
    if base is None:
        return f"{asked}: one region alone has no cost at the demand of the first month"
    if (best := wished.cheapest) is not None:
        return _built(wished, best, base, one_region, ("", ""))
    wish = _words(aim.wished_rpo_s, aim.wished_rto_s, aim.losses)
    unmet = (f"{wish}: {_why(wished)}", f"{wish}: {_why(wished, short=True)}")
    if not aim.hard:
        return _built(wished, wished.result_of("stretched-zones"), base, one_region, unmet)
    if (best := hard.cheapest) is not None:
        return _built(hard, best, base, one_region, unmet)
    return f"{asked}: {_why(hard)}"


def _built(
    study: ResilienceStudy, result: DesignResult, base: float, one_region: OfferRisk, unmet: tuple[str, str]
) -> Survival:
    factor = float(result.monthly_usd or base) / base
    cost = replace(
        one_region,
        by_month=one_region.by_month * factor,
        total=one_region.total * factor,
        likely=one_region.likely * factor,
    )
    return Survival(study, result, factor, cost, *unmet)


def _words(rpo_s: float, rto_s: float, losses: tuple[str, ...]) -> str:
    """Return an aim in words.

    Examples
    --------
    >>> _words(60.0, float("inf"), ("region",))
    'RPO 1 min after loss of a region'
    """
    parts = [
        f"{name} {human(value, 'seconds') if value else '0 s'}"
        for name, value in (("RPO", rpo_s), ("RTO", rto_s))
        if value != float("inf")
    ]
    return f"{' and '.join(parts) or 'recovery'} after {lost_in_words(losses)}"


def _why(study: ResilienceStudy, *, short: bool = False) -> str:
    """Why no design will do; designs with the same reason are named together.

    Where one would keep the aim and only lacks a price, that is what stands in the way.
    """
    by_reason: dict[str, list[str]] = {}
    for result in study.results:
        if result.status == UNPRICED:
            first, *more = (gap.short for gap in result.gaps)
            further = f" and {len(more)} more prices" if len(more) > 1 else f"; {more[0]}" if more else ""
            by_reason.setdefault(f"would keep it, but there is {first}{further}", []).append(result.design.title)
    if not by_reason:
        for result in study.results:
            by_reason.setdefault(result.reason_with(short=short), []).append(result.design.title)
    return "; ".join(f"{' and '.join(titles)}: {reason}" for reason, titles in by_reason.items())


__all__ = ["Survival", "survive"]
