"""The answer to a study in a few sentences, the same words in the terminal, on the page and in the spreadsheet.

Every percentage stands beside the two numbers that it is of, so that a reader can check it (and a test does).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from capacity import Offer
from capacity.sizing.constraint import Resource
from capacity.sizing.offer import Protocol
from streamfacts.words import money
from streamplan.analyses.compare.recommendation import (
    Line,
    Recommendation,
    price_age,
    recommendation_of,
)
from streamplan.planning.failures import FAILED
from streamplan.planning.horizon import HORIZON, SCALES, cheapest_at_scale, cost_over_months
from streamplan.planning.odds import HOLDS
from streamplan.planning.plan import Plan
from streamplan.planning.population import cloud_names
from streamplan.planning.study import INFEASIBLE, UNPRICED, Study

#: Inputs as a reader calls them, where the field's name is not the word.
_CALLED = {"peak_ratio": "peak over average", "fan_out": "fan-out", "min_insync_replicas": "min.insync.replicas"}


@dataclass(frozen=True)
class Answer:
    """What to take, why, how it fits, what to check: a headline and pairs of label and text."""

    headline: str
    facts: tuple[tuple[str, str], ...]


def answer_of(study: Study, on: dt.date | None = None) -> Answer:
    """Return the answer that a study gives, with the ages of prices reckoned on a day (today if left out).

    A terminal, a page and a spreadsheet of the same study share it.
    """
    on = on or dt.date.today()
    return study.once(("answer", on), lambda: _answer_of(study, on))


def _answer_of(study: Study, on: dt.date) -> Answer:
    best = recommendation_of(study)
    if best is None:
        return Answer(
            f"No offer{_on_cloud(study)} is both feasible and fully priced",
            (
                ("Why", f"{_left_out(study)} The table says which limit or price.{_how_to_price(study)}"),
                *_elsewhere(study),
            ),
        )
    facts = (
        ("Take", _take(best)),
        ("Why", _why(best)),
        ("Fits", _fits(best.plan)),
        ("Check", _check(study, best.plan, on)),
        ("What would change it", _what_would_change(study, best)),
        *_elsewhere(study),
    )
    return Answer(f"{best.plan.offer.title}: about {money(best.monthly_usd)} USD a month", facts)


def _how_to_price(study: Study) -> str:
    """How a reader gets the prices that offers lack."""
    if not any(row["status"] == UNPRICED and row["home"] for row in study.short_rows):
        return ""
    region = study.workload.region
    return f" `streamplan prices coverage --region {region}` lists what is missing; --price-book takes your own."


def _on_cloud(study: Study) -> str:
    clouds = study.terms.population.clouds_of(study.workload)
    names = [cloud_names().get(cloud, cloud) for cloud in clouds]
    return f" on {' or '.join(names)}" if len(names) < len(cloud_names()) else ""


def _between(low: float | None, high: float | None) -> str:
    """Two ends of an interval, "one figure throughout" where they are the same."""
    if low is None:
        return "it does not fit in 10% of draws and more"
    if high is None:
        return f"from {money(low)} up; in 10% of draws or more it does not fit"
    return f"{money(low)} to {money(high)}"


def _take(best: Recommendation) -> str:
    plan, low_high = best.plan, best.interval
    text = f"{plan.what}"
    if plan.split:
        text += f", {plan.split}"
    text += f": {money(best.monthly_usd)} USD a month at list prices"
    text += f" (P10 to P90 {_between(*low_high)})" if low_high[0] != low_high[1] else ""
    if best.work_usd is not None:
        text += f", and about {money(best.work_usd)} of work to run it ({_between(*best.work_interval)})"
    months = cost_over_months(best.study, plan)
    total = float(months.sum())
    years = f"{HORIZON // 12} years"
    if np.isfinite(total):
        grown = "at this demand" if np.ptp(months) == 0 else f"as it grows, {money(months[-1])} in the last month"
        text += f". {money(float(months[:12].sum()))} in the first year, {money(total)} over {years}, {grown}"
        ends = best.over[HORIZON]
        text += f" (P10 to P90 {_between(ends[0], ends[2])})" if ends[0] != ends[2] else ""
    else:
        month = int(np.flatnonzero(~np.isfinite(months))[0]) + 1
        text += f". From month {month} of {HORIZON} on it does not fit or has no price, so there is no sum over {years}"
    low, _, high = best.study.corner_costs[plan.offer.name]
    if low != high:
        ranged = [
            money(x) if x is not None else f"(no fit at the {end} end)" for x, end in ((low, "low"), (high, "high"))
        ]
        text += f". With all inputs and open prices at their low or their high ends together {ranged[0]} or {ranged[1]}"
    beside = "".join(f" {aside[0].upper()}{aside[1:]}." for aside in plan.asides)
    return f"{text}{_cheapest(plan)}.{beside}"


def _cheapest(best: Plan) -> str:
    """What the plan of the least cost is, where an easier one was taken, and what it would save."""
    if best.cheaper is None or best.monthly_usd is None:
        return ""
    saved = best.monthly_usd - best.cheaper.usd
    return (
        f"; the cheapest, {best.cheaper.what} at {money(best.cheaper.usd)}, would save {money(saved)}"
        f" ({saved / best.monthly_usd:.0%}) and is {best.cheaper.brokers:,.0f} machines to run"
    )


def _why(best: Recommendation) -> str:
    sentences = []
    if best.next is None:
        sentences.append(f"No other offer{_on_cloud(best.study)} fits and is priced.")
    else:
        sentences.append(_against(best, best.next, "the next"))
        if best.usual is not None:
            sentences.append(_against(best, best.usual, "the usual choice"))
    sentences += _by_work(best)
    odds = best.chances.cheapest.get(best.name, 0.0)
    tied = [f"{p.offer.title} in {best.chances.cheapest[p.offer.name]:.0%}" for p in best.tied]
    if tied:
        sentences.append(f"Within the noise it is a tie: cheapest in {odds:.0%} of draws, {' and '.join(tied)}.")
    else:
        sentences.append(f"It is the cheapest in {odds:.0%} of draws.")
    kafka = _first_with(best, Protocol.KAFKA)
    if kafka is not None and Protocol.KAFKA not in best.plan.offer.protocols:
        speaks = ", ".join(best.plan.offer.protocols)
        sentences.append(
            f"It speaks {speaks}, which is another client than Kafka's; with Kafka's, {kafka.offer.title}"
            f" at {money(kafka.monthly_usd or 0.0)} is the first."
        )
    return " ".join(sentences)


def _first_with(best: Recommendation, protocol: Protocol) -> Plan | None:
    """The first of those that rank that clients of a protocol can use."""
    order = sorted(best.study.open_plans, key=best.study.ranks_at)
    return next((p for p in order if protocol in p.offer.protocols), None)


def _against(best: Recommendation, other: Plan, role: str) -> str:
    """How far the recommended one is under another, and the lines of the bills that make the difference."""
    ours, theirs = best.study.ranks_at(best.plan), best.study.ranks_at(other)
    with_work = best.work_usd is not None
    what = "bill and work together" if with_work else "its bill"
    gap = theirs - ours
    share = f", {gap / theirs:.0%} under" if gap > 0 else ""
    text = f"{money(ours)} for {what}{share} {role}, {other.offer.title} at {money(theirs)}"
    reasons = [_reason(line) for line in best.reasons(other)]
    return f"{text}: {' and '.join(reasons)}." if reasons else f"{text}."


def _reason(row: Line) -> str:
    return f"{money(abs(row.usd))} {'less' if row.usd > 0 else 'more'} for {row.line}"


def _by_work(best: Recommendation) -> list[str]:
    """That the work decides, where another offer has the lower bill."""
    least = best.least_bill
    if least.offer.name == best.name or best.work_usd is None:
        return []
    theirs = best.study.work[least.offer.name] or 0.0
    return [
        f"The work decides: {least.offer.title} has the least bill, {money(least.monthly_usd or 0.0)}, and takes about"
        f" {money(theirs)} of work where this takes {money(best.work_usd)}; --bill-only ranks by bill."
    ]


def _fits(best: Plan) -> str:
    rows = best.sizing.constraint_rows()
    row = rows[int(best.sizing.bound_by)]
    text = f"{best.sizing.binding}: {float(row['utilisation']):.0%} used, up to {float(row['use_up_to']):.0%} allowed"
    if best.sizing.next_binding:
        text += f"; the next wall is {best.sizing.next_binding}"
    text += "."
    if any(c.name == Resource.CPU for c in best.sizing.constraints) and best.odds is not None:
        if best.odds.too_small > 0:
            text += f" Too small in {best.odds.too_small:.0%} of what the model thinks possible of CPU"
            hold = np.isfinite(best.odds.units) and best.odds.units > float(best.sizing.units)
            kind = best.sizing.unit
            text += (
                f"; {best.odds.units:,.0f} {kind}s in place of {float(best.sizing.units):,.0f} hold in {HOLDS:.0%}."
                if hold
                else "."
            )
        else:
            text += " Large enough in all that the model thinks possible of CPU."
    return text + "".join(f" Warning: {warning}." for warning in best.warnings)


def _check(study: Study, best: Plan, on: dt.date) -> str:
    w = study.workload
    told = sorted(w.assumed)
    assumed = [_CALLED.get(name, name.replace("_", " ")) for name in sorted({*told, *w.assumed_values})]
    parts = []
    if best.offer.lacks:
        parts.append(f"it is without {', '.join(best.offer.lacks)}")
    if assumed:
        parts.append(f"{len(assumed)} inputs are assumed ({', '.join(assumed)})")
    cited = len(w.origin) - len(told)
    parts.append(f"{cited} inputs are cited" if cited else "no input says where it comes from")
    rows = best.bill.records(on)
    age, bill = price_age(best, on), float(best.monthly_usd or 0.0)
    if age.stale_usd > 0 and bill > 0:
        parts.append(
            f"{age.stale_usd / bill:.0%} of the bill, {money(age.stale_usd)} of {money(bill)}, rests on prices over a"
            f" year old, the oldest of {age.oldest}"
        )
    elif age.oldest:
        parts.append(f"no price is over a year old, the oldest of {age.oldest}")
    doubtful = sum(float(r["cost"]) for r in rows if r["confidence"] != "high")
    if doubtful > 0:
        parts.append(f"{money(doubtful)} rest on prices of medium or low confidence")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _what_would_change(study: Study, best: Recommendation) -> str:
    """Who is first at the ends of the ranges and at other throughputs, by what ranks: the work is that of today."""
    changes = []
    name, title = best.name, best.plan.offer.title
    titles = {p.offer.name: p.offer.title for p in study.plans}
    work = {n: usd for n, usd in study.work.items() if usd is not None}
    what = "bill and today's work" if work else "bill"
    for corner, label in ((0, "low"), (2, "high")):
        bills = {p.offer.name: study.corner_costs[p.offer.name][corner] for p in study.open_plans}
        costs = {n: usd + work.get(n, 0.0) for n, usd in bills.items() if usd is not None}
        if not (study.ranged and costs):
            continue
        least = min(costs, key=costs.__getitem__)
        if name not in costs:
            changes.append(f"with every range at its {label} end, {title} no longer fits")
        elif least != name:
            changes.append(
                f"with every range at its {label} end, {titles[least]} is the first at {money(costs[least])} for {what}"
            )
    for factor, (least, cost) in cheapest_at_scale(study, work).items():
        if least != name:
            changes.append(
                f"at {factor:g} times the throughput, {titles[least]} is the first at {money(cost)} for {what}"
            )
    if changes:
        text = "; ".join(changes) + "."
    else:
        span = f"at {', '.join(f'{x:g}' for x in SCALES)} times the throughput"
        text = f"The choice stays the same {span}"
        text += " and at both ends of the ranges." if study.ranged else "; every input is a single value."
    text = text[0].upper() + text[1:]
    left = _left_out(study)
    return f"{text} {left}" if left else text


def _elsewhere(study: Study) -> Sequence[tuple[str, str]]:
    """The first offer of another cloud, with what its clients would pay if they stayed."""
    away = [
        p for p in study.plans if p.offer.name not in study.home and p.monthly_usd is not None and not p.offer.closed
    ]
    if not away:
        return ()
    first = min(away, key=study.ranks_at)
    offer: Offer = first.offer
    cloud = cloud_names().get(offer.provider, offer.provider)
    egress = sum(float(e.cost) for e in first.bill.entries if e.usage.role)
    cost = money(first.monthly_usd or 0.0)
    text = f"The first elsewhere is {offer.title} on {cloud} at {cost}"
    if egress:
        text += (
            f", of which {money(egress)} is what clients pay that stay where they are (--clients move takes them along)"
        )
    return (("Other clouds", text + "."),)


def _left_out(study: Study) -> str:
    sentences = []
    rows = [row for row in study.short_rows if row["home"] or row["status"] == FAILED]
    for status, few, many in (
        (INFEASIBLE, "cannot carry it", "cannot carry it"),
        (UNPRICED, "is sized but lacks a price", "are sized but lack a price"),
        (FAILED, "could not be sized, as the table says", "could not be sized, as the table says"),
    ):
        titles = [str(row["title"]) for row in rows if row["status"] == status]
        if len(titles) == 1:
            sentences.append(f"{titles[0]} {few}.")
        elif titles:
            others = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
            sentences.append(f"{len(titles)} offers {many}: {'; '.join(titles[:3])}{others}.")
    return " ".join(sentences)
