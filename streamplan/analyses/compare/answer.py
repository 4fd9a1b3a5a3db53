"""The answer to a study in five sentences, the same words on the page and in the spreadsheet."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.sizing.constraint import Resource
from capacity.sizing.offer import Protocol
from streamfacts.tables import regions
from streamfacts.words import money
from streamplan.planning.failures import FAILED
from streamplan.planning.horizon import HORIZON, SCALES, cheapest_at_scale, cost_over_months
from streamplan.planning.odds import HOLDS
from streamplan.planning.plan import Plan
from streamplan.planning.study import FEASIBLE, INFEASIBLE, UNPRICED, Study


@dataclass(frozen=True)
class Answer:
    """Which platform, how much, what binds, how sure, what would change it: a headline and pairs of label and text."""

    headline: str
    facts: tuple[tuple[str, str], ...]


def answer_of(study: Study, on: dt.date | None = None) -> Answer:
    """Return the answer that a study gives, with the ages of prices reckoned on a day (today if left out).

    A page and a spreadsheet of the same study share it.
    """
    on = on or dt.date.today()
    return study.once(("answer", on), lambda: _answer_of(study, on))


def _answer_of(study: Study, on: dt.date) -> Answer:
    best = study.cheapest
    if best is None:
        sentences = _left_out(study)
        return Answer(
            "No offer is both feasible and fully priced",
            (("Why", f"{sentences} The table says which limit or price."),),
        )
    return Answer(
        f"{best.offer.title}: about {money(best.monthly_usd)} USD a month",
        (
            ("Which platform", _which(study, best)),
            ("How much", _how_much(study, best)),
            ("What binds", _what_binds(best)),
            ("How sure", _how_sure(study, best, on)),
            ("What would change it", _what_would_change(study, best)),
        ),
    )


#: Names of clouds in prose.
_CLOUDS = {"aws": "AWS", "azure": "Azure", "gcp": "Google Cloud"}


def _which(study: Study, best: Plan) -> str:
    rows = study.table[study.table["status"] == FEASIBLE].to_dict("records")
    cost = float(best.monthly_usd or 0)
    text = best.offer.title
    if len(rows) > 1:
        text += f", {_under(cost, rows[1]['monthly_usd'])} the next, {_named(rows[1])}"
    if len(rows) > 2:
        text += f"; the dearest that fits is {_named(rows[-1])}"
    text += "."
    provider = regions()[study.workload.region]
    at_home = _first(study, rows, lambda p: p.offer.provider == provider)
    if at_home and at_home["platform"] != best.offer.name:
        cloud = _CLOUDS.get(provider, provider)
        text += f" Among those on {cloud}, where the workload is, {_is_cheapest(at_home)}; elsewhere its producers and"
        text += " consumers are taken to be there too."
    kafka = _first(study, rows, lambda p: p.offer.protocols == (Protocol.KAFKA,))
    if kafka and kafka["platform"] != best.offer.name:
        text += f" It speaks the {', '.join(best.offer.protocols)} protocol; with Kafka's, {_is_cheapest(kafka)}."
    return text


def _under(cost: float, other: float) -> str:
    if cost <= 0:
        return "free, before"
    return f"{1 - cost / other:.0%} under"


def _named(row: dict[Any, Any]) -> str:
    return f"{row['title']} at {money(row['monthly_usd'])}"


def _is_cheapest(row: dict[Any, Any]) -> str:
    return f"{row['title']} is the cheapest at {money(row['monthly_usd'])}"


def _first(study: Study, rows: list[dict[Any, Any]], test: Any) -> dict[Any, Any] | None:
    return next((row for row in rows if test(study.plan_of(row["platform"]))), None)


def _how_much(study: Study, best: Plan) -> str:
    low, _, high = study.corner_costs[best.offer.name]
    months = cost_over_months(study, best)
    total = float(months.sum())
    text = f"{money(best.monthly_usd)} USD a month, list prices"
    if low != high:
        ends = [
            money(x) if x is not None else f"(no fit at the {end} end)" for x, end in ((low, "low"), (high, "high"))
        ]
        text += f"; over the ranges of inputs and open prices {ends[0]} to {ends[1]}"
    years = f"{HORIZON // 12} years"
    if np.isfinite(total):
        grown = "at this demand" if np.ptp(months) == 0 else f"as it grows, {money(months[-1])} in the last month"
        text += f". {money(float(months[:12].sum()))} in the first year, {money(total)} over {years}, {grown}"
    else:
        month = int(np.flatnonzero(~np.isfinite(months))[0]) + 1
        text += f". From month {month} of {HORIZON} on it does not fit or has no price, so there is no sum over {years}"
    warned = [f"Warning: {text}" for text in best.warnings]
    beside = "".join(f" {text[0].upper()}{text[1:]}." for text in (*warned, *best.asides))
    why = f", {best.split}" if best.split else ""
    return text + f". It buys {best.what}{_cheapest(best)}{why}.{beside}"


def _cheapest(best: Plan) -> str:
    """What the plan of the least cost is, where an easier one was taken, and what it would save."""
    if best.cheaper is None or best.monthly_usd is None:
        return ""
    saved = best.monthly_usd - best.cheaper.usd
    return (
        f"; the cheapest, {best.cheaper.what} at {money(best.cheaper.usd)}, would save {money(saved)}"
        f" ({saved / best.monthly_usd:.0%}) and is {best.cheaper.brokers:,.0f} machines to run"
    )


def _what_binds(best: Plan) -> str:
    text = str(best.sizing.binding)
    rows = best.sizing.constraint_rows()
    row = rows[int(best.sizing.bound_by)]
    text += f": {float(row['utilisation']):.0%} used, up to {float(row['use_up_to']):.0%} allowed"
    if best.sizing.next_binding:
        text += f"; the next wall is {best.sizing.next_binding}"
    return text + "."


_UNSAID = "No input says where it comes from."


def _how_sure(study: Study, best: Plan, on: dt.date) -> str:
    origin = study.workload.origin
    told = sorted(study.workload.assumed)
    assumed = sorted([*told, *study.workload.assumed_values])
    rows = best.bill.records(on)
    doubtful = sum(float(r["cost"]) for r in rows if r["confidence"] != "high")
    stale = sum(bool(r["stale"]) for r in rows)
    names = f" ({', '.join(assumed)})" if assumed else ""
    text = f"{len(origin) - len(told)} inputs cited, {len(assumed)} assumed{names}."
    if not origin:
        text = f"No input says where it comes from; {len(assumed)} assumed{names}." if assumed else _UNSAID
    if rows:
        text += f" {len(rows)} prices, the oldest of {min(r['as_of'] for r in rows)}"
        text += f", {stale} older than a year" if stale else ""
        text += (
            f"; {money(doubtful)} USD rest on prices of medium or low confidence"
            if doubtful > 0
            else ("; all of high confidence")
        )
        text += "."
    if any(c.name == Resource.CPU for c in best.sizing.constraints):
        text += " What a byte costs in CPU rests on few measurements; the appendix has its range."
        if best.odds is not None and best.odds.too_small > 0:
            text += f" Over that range this size is too small in {best.odds.too_small:.0%}"
            hold = np.isfinite(best.odds.units) and best.odds.units > float(best.sizing.units)
            text += (
                f"; {best.odds.units:,.0f} in place of {float(best.sizing.units):,.0f} hold in {HOLDS:.0%}."
                if hold
                else "."
            )
    return text


def _what_would_change(study: Study, best: Plan) -> str:
    changes = []
    for corner, label in ((0, "low"), (2, "high")):
        costs = {
            p.offer.name: study.corner_costs[p.offer.name][corner]
            for p in study.plans
            if study.corner_costs[p.offer.name][corner] is not None and not p.offer.closed
        }
        if not (study.ranged and costs):
            continue
        name = min(costs, key=lambda n: costs[n] or 0.0)
        if name != best.offer.name:
            title = study.plan_of(name).offer.title
            changes.append(f"with every range at its {label} end, {title} is the cheapest at {money(costs[name])} USD")
        elif best.offer.name not in costs:
            changes.append(f"with every range at its {label} end, {best.offer.title} no longer fits")
    for factor, (name, cost) in cheapest_at_scale(study).items():
        if name != best.offer.name:
            title = study.plan_of(name).offer.title
            changes.append(f"at {factor:g} times the throughput, {title} is the cheapest at {money(cost)} USD a month")
    if changes:
        text = "; ".join(changes) + "."
    else:
        span = f"at {', '.join(f'{x:g}' for x in SCALES)} times the throughput"
        text = f"The choice stays the same {span}"
        text += " and at both ends of the ranges." if study.ranged else "; every input is a single value."
    text = text[0].upper() + text[1:]
    left = _left_out(study)
    return f"{text} {left}" if left else text


def _left_out(study: Study) -> str:
    sentences = []
    for status, few, many in (
        (INFEASIBLE, "cannot carry it", "cannot carry it"),
        (UNPRICED, "is sized but lacks a price", "are sized but lack a price"),
        (FAILED, "could not be sized, as the table says", "could not be sized, as the table says"),
    ):
        titles = study.table[study.table["status"] == status]["title"].tolist()
        if len(titles) == 1:
            sentences.append(f"{titles[0]} {few}.")
        elif titles:
            others = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
            sentences.append(f"{len(titles)} offers {many}: {'; '.join(titles[:3])}{others}.")
    return " ".join(sentences)
