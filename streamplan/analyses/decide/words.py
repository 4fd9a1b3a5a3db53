"""A decision in sentences built from its numbers, as a document, a table and a page."""

from __future__ import annotations

from typing import Any

import numpy as np

from pricing.book import vendor_of
from streamfacts.words import lost_in_words, money
from streamplan.analyses.decide.decide import Decision, ratings
from streamplan.analyses.decide.requirements import CONTEXT, MUST, WISH, criteria
from streamplan.analyses.decide.rules import CHOICES, rules
from streamplan.analyses.decide.survival import Survival
from streamplan.analyses.resilience.resilience import HELD_AT
from streamplan.analyses.resilience.words import resilience_designs, short, span
from streamplan.analyses.risk.risk import OUTGROWN
from streamplan.planning.people import PEOPLE
from streamplan.views.tables import Column, Table, count, share, usd


def _span(decision: Decision) -> str:
    months = decision.study.months if decision.study else 0
    return f"{months} month" + ("" if months == 1 else "s")


def title_of(decision: Decision, name: str) -> str:
    return decision.risk_of(name).plan.offer.title


def reasons(decision: Decision) -> list[tuple[str, str]]:
    """Return why this offer, as (heading, sentence); each number in them is the decision's own."""
    best = decision.winner
    if best is None:
        return [("Nothing is left", nothing_left(decision))]
    titles = [title_of(decision, name) for name in decision.ranked]
    names = [title for title, _ in criteria().values()]
    util = decision.utilities
    out = []
    second = "" if len(titles) < 2 else f"; next comes {titles[1]} with {util[1]:.2f}"
    out.append(
        (
            "What it is",
            f"{best.plan.what}, for the likely demand of month {decision.study.plan_month if decision.study else 1};"
            f" {best.plan.sizing.binding} binds, behind it {best.plan.sizing.next_binding or 'nothing else'}."
            f" It scores {util[0]:.2f} of 1 with the weights given{second}.",
        )
    )
    low, middle, high = best.totals
    cheapest = min(decision.ranked, key=lambda n: float(decision.risk_of(n).totals[1]))
    if cheapest == decision.ranked[0]:
        others = sorted(float(decision.risk_of(n).totals[1]) for n in decision.ranked[1:])
        than = f", the least of {len(titles)}; the next cheapest costs {money(others[0])}" if others else ""
    else:
        least = float(decision.risk_of(cheapest).totals[1])
        than = f", {middle / least:.2f} times the least, {title_of(decision, cheapest)} at {money(least)}"
    months = decision.study.months if decision.study else 1
    monthly = f", {money(middle / months)} a month" if months > 1 else ""
    out.append(
        (
            "What it costs",
            f"{money(middle)} USD in {_span(decision)} in the median{monthly}{than}.{_of_people(decision)}",
        )
    )
    if decision.ranked[0] in decision.survivals:
        out.append(("What it survives", _survives(decision)))
    most = f"one draw in ten costs more than {money(high)} USD" if np.isfinite(high) else "one draw in ten does not fit"
    grown = (
        f"too small in more than {OUTGROWN:.0%} of draws from month {best.outgrown} on"
        if best.outgrown
        else f"too small in no month in more than {OUTGROWN:.0%} of draws"
    )
    spread = f"{money(low)} to {money(high)} USD holds four draws in five; " if np.isfinite(high) and high > low else ""
    sure = "No input is uncertain, so every draw costs the same" if high == low else f"{spread}{most}"
    out.append(("What may go wrong", f"{sure}. The plan is {grown}."))
    out.append(("Why it is first", _why(decision, titles, names)))
    out.append(("How sure of the weights", _sensitivity(decision, titles, names)))
    unproven = decision.unproven(decision.ranked[0])
    asked = [_ASKED.get(m, m.replace("_", " ")) for m in decision.requirements.must if m != "losses"]
    met = [m for m in asked if m not in unproven]
    text = f"Meets {', '.join(met)}." if met else "None was given."
    if unproven:
        text += f" To verify before signing, as it is not established: {', '.join(unproven)}."
    out.append(("Hard requirements", text + f" {_count(len(decision.excluded))} out, each with its reason below."))
    holding = {
        choice: [r["rule"] for r in rules(decision) if r["choice"] == choice and r["holds"]] for choice in CHOICES
    }
    told = [
        f"{len(held)} speak{'s' * (len(held) == 1)} for {CHOICES[choice]}" for choice, held in holding.items() if held
    ]
    out.append(("Rules of thumb", f"{' and '.join(told)}." if told else "None holds as answered."))
    return out


#: Requirements that are written otherwise than their question is named.
_ASKED = {"rpo": "RPO", "rto": "RTO"}


def _of_people(decision: Decision) -> str:
    """How much of the bill of the plan goes to people, tools and support, where they are on it."""
    best, study = decision.winner, decision.study
    if best is None or study is None or study.people is None:
        return ""
    ours = [e for e in best.plan.bill.entries if vendor_of(e.usage.meter) == PEOPLE]
    share = float(sum(float(e.cost) for e in ours)) / float(best.plan.bill.subtotal)
    return f" Of the bill of the plan {share:.0%} are people, tools and support, as wide assumptions have them."


def _survives(decision: Decision) -> str:
    """How the winner is built, what it then loses and how soon it is back, and what that adds."""
    built = decision.survivals[decision.ranked[0]]
    row = built.study.table.set_index("design").loc[built.result.design.name]
    lost, back = (span(row[f"{k}_p{HELD_AT}_s"]) for k in ("rpo", "rto"))
    by = f", copied by {row['copied_by']}" if row["copied_by"] else ""
    text = f"Built as {built.result.design.title}{by} ({' and '.join(_regions(built))})."
    if lost != "-" and back != "-":
        losses = lost_in_words(built.study.against)
        text += f" After {losses}, 9 times in 10 at most {lost} of data is lost and all is back in {back}."
    if built.factor != 1.0:
        text += (
            f" Against one region that adds {money(built.extra_usd)} USD a month at the likely demand"
            f" ({built.factor - 1:.0%}), which every cost here contains."
        )
    if built.unmet:
        text += f" Wished and not kept: {short(built.unmet_short, 400)}."
    return text


def _regions(built: Survival) -> tuple[str, ...]:
    """The regions in which anything of the design stands."""
    design = built.result.design
    return built.study.regions if design.second_cluster or design.backup else built.study.regions[:1]


def _count(offers: int) -> str:
    return "1 offer is" if offers == 1 else f"{offers} offers are"


def _why(decision: Decision, titles: list[str], names: list[str]) -> str:
    if len(titles) < 2:
        return "It is the only offer that is left."
    part = (decision.scores[0] - decision.scores[1]) * decision.requirements.shares
    ahead = [f"{names[i]} (+{part[i]:.3f})" for i in np.argsort(-part) if part[i] > 5e-4][:3]
    behind = [f"{names[i]} ({part[i]:.3f})" for i in np.argsort(part) if part[i] < -5e-4][:3]
    text = f"Against {titles[1]} it gains by {', '.join(ahead)}" if ahead else f"It is level with {titles[1]}"
    return text + (f" and loses by {', '.join(behind)}." if behind else " and loses nowhere.")


def _sensitivity(decision: Decision, titles: list[str], names: list[str]) -> str:
    text = (
        f"First in {decision.near[0]:.0%} of {decision.weightings:,} weightings near those given and in"
        f" {decision.even[0]:.0%} of as many drawn evenly over all."
    )
    rivals = [(share, titles[i]) for i, share in enumerate(decision.even) if i and share >= 0.05]
    if rivals:
        text += (
            " Evenly drawn, others are first: "
            + ", ".join(f"{t} in {s:.0%}" for s, t in sorted(rivals)[::-1][:4])
            + "."
        )
    if decision.flips:
        flip = decision.flips[0]
        text += f" The least change that puts another first: {flip_words(decision, 0)};"
        text += f" then {titles[flip.rival]} draws level."
    else:
        text += " No weighting puts another offer first: none is better on any criterion."
    return text


def flip_words(decision: Decision, number: int) -> str:
    """Return what weight has to move for a rival to draw level, such as "3.1 of 100 points from cost to operations"."""
    flip = decision.flips[number]
    names = [title for title, _ in criteria().values()]
    taken = [f"{100 * flip.taken[i]:.1f} from {names[i]}" for i in np.argsort(-flip.taken) if flip.taken[i] > 5e-5]
    return f"of 100 points of weight move {' and '.join(taken) or '0'} to {names[flip.given]}"


def nothing_left(decision: Decision) -> str:
    """Return in a sentence what keeps all offers out."""
    counts: dict[str, int] = {}
    for gone in decision.excluded:
        for obstacle in gone.against:
            counts[obstacle.about] = counts.get(obstacle.about, 0) + 1
    most = sorted(counts.items(), key=lambda kv: -kv[1])[:3]
    return "No offer meets every requirement; most often stands against it: " + "; ".join(f"{k} ({n})" for k, n in most)


def answers(decision: Decision) -> list[dict[str, str]]:
    """Return the form with its answers: what the workload says, what must be, what the owners know."""
    r = decision.requirements
    out = []
    for part, form, given in (("must", MUST, r.must), ("wish", WISH, r.wish), ("context", CONTEXT, r.context)):
        for name, question in form.items():
            value = given.get(name)
            if isinstance(value, tuple):
                value = ", ".join(value)
            if isinstance(value, bool):
                value = "yes" if value else "no"
            if name == "latency" and value is not None:
                value = f"{value:g} ms"
            if name in ("rpo", "rto") and value is not None:
                value = span(value)
            out.append(
                {
                    "part": part,
                    "group": question.group,
                    "ask": question.ask,
                    "answer": "" if value is None else str(value),
                }
            )
    return out


def decision_document(decision: Decision) -> dict[str, Any]:
    """Return a decision as a JSON document."""
    from streamplan.views.json import plain, records
    from streamplan.views.workload_document import workload_document

    names = list(criteria())
    document: dict[str, Any] = plain(
        {
            "workload": workload_document(decision.workload),
            "currency": "USD",
            "months": decision.study.months if decision.study else None,
            "draws": decision.study.draws if decision.study else None,
            "must": dict(decision.requirements.must),
            "wish": dict(decision.requirements.wish),
            "people": decision.study is not None and decision.study.people is not None,
            "context": dict(decision.requirements.context),
            "weights": dict(zip(names, decision.requirements.shares.tolist(), strict=True)),
            "recommended": decision.ranked[0] if decision.ranked else None,
            "reasons": [{"about": about, "sentence": sentence} for about, sentence in reasons(decision)],
            "platforms": records(decision.table) if decision.ranked else [],
            "excluded": [
                {
                    "platform": gone.offer.name,
                    "title": gone.offer.title,
                    "reasons": [{"reason": text, "source": source} for text, source in gone.reasons],
                }
                for gone in decision.excluded
            ],
            "flips": [
                {
                    "platform": decision.ranked[f.rival],
                    "moved": f.moved,
                    "to": names[f.given],
                    "from": {n: t for n, t in zip(names, f.taken.tolist(), strict=True) if t > 0},
                }
                for f in decision.flips
            ],
            "weightings": decision.weightings,
            "choose_when": rules(decision),
        }
    )
    return document


#: Offers that a terminal shows at first.
BEST = 10


def decision_table(decision: Decision) -> Table:
    """Return the offers that are left as a table for a terminal."""
    w = decision.workload
    table = Table(
        f"{w.title or w.name}: offers that meet the requirements, best first; cost of {_span(decision)}",
        (
            Column("title", "offer", least=22),
            count("score", "score", 1, digits=3),
            usd("p50_usd", "P50 USD", 0),
            usd("p90_usd", "P90 USD", 0),
            share("first_near", "first, weights near", 2, unit="share of weights"),
            share("first_even", "first, any weights", 3, unit="share of weights"),
            Column("what", "what is bought", priority=4, least=16),
            Column("to_verify", "to verify", priority=5, least=16),
        ),
        most=BEST,
    )
    for row in decision.table.to_dict("records") if decision.ranked else []:
        table.add(row)
    return table


def answer_page(decision: Decision) -> Any:
    """The first screen: the recommendation and its reasons."""
    from streamplan.views.html import render

    return render(
        "decision.html.j2",
        decision=decision,
        w=decision.workload,
        best=decision.winner,
        reasons=reasons(decision),
        span=_span(decision),
    )


def ranking_page(decision: Decision) -> Any:
    """The offers that are left with cost, risk, scores and their place under other weights."""
    from streamplan.views.html import render

    rows = decision.table.to_dict("records") if decision.ranked else []
    heads = [
        (name, title, share)
        for (name, (title, _)), share in zip(criteria().items(), decision.requirements.shares, strict=True)
    ]
    moves = [
        {
            "title": title_of(decision, decision.ranked[f.rival]),
            "moved": 100 * f.moved,
            "words": flip_words(decision, i),
        }
        for i, f in enumerate(decision.flips[:8])
    ]
    return render(
        "decision_ranking.html.j2",
        rows=rows,
        designs=bool(decision.survivals),
        verify=any(row["to_verify"] for row in rows),
        criteria=heads,
        moves=moves,
        weightings=decision.weightings,
        span=_span(decision),
    )


def excluded_page(decision: Decision) -> Any:
    """The offers that are out, each with its reasons and their sources."""
    from streamplan.views.html import render

    rows = [
        {"title": g.offer.title, "reasons": g.reasons} for g in sorted(decision.excluded, key=lambda g: g.offer.title)
    ]
    return render("decision_excluded.html.j2", rows=rows)


def survival_page(decision: Decision) -> Any:
    """The designs of the offer that comes first, each with its cost, RPO and RTO; a sentence if none was asked."""
    from streamplan.views.html import Html

    built = decision.survivals.get(decision.ranked[0]) if decision.ranked else None
    if built is not None:
        return resilience_designs(built.study)
    why = "The form asks for no RPO and no RTO." if decision.requirements.aim is None else "No offer is left."
    return Html(f'<p class="note">{why}</p>')


def matrix_page(decision: Decision) -> Any:
    """The comparison matrix in words for the kinds that are left, and the rules of thumb."""
    from streamplan.analyses.decide.features import kind_of
    from streamplan.views.html import render

    kinds = list(dict.fromkeys(kind_of(name) for name in decision.ranked))
    of = {kind: ratings(next(n for n in decision.ranked if kind_of(n) == kind)) for kind in kinds}
    factors = list(next(iter(of.values()))) if of else []
    return render(
        "decision_matrix.html.j2", kinds=kinds, of=of, factors=factors, rules=rules(decision), choices=CHOICES
    )


def form_page(decision: Decision) -> Any:
    """The requirements assessment with its answers."""
    from streamplan.views.html import render

    return render("decision_form.html.j2", rows=answers(decision))


def inputs_page(decision: Decision) -> Any:
    """The workload as it was given: its uncertain inputs with their ranges, and its terms in a sentence."""
    from streamplan.analyses.risk.words import uncertain_inputs

    if decision.study is None:
        return answer_page(decision)
    return uncertain_inputs(decision.study)
