"""A study of risk in words: table, document and the pieces of its page."""

from __future__ import annotations

from typing import Any

from capacity import Workload
from capacity.demand.model_error import MODEL_CPU
from streamfacts.units import human
from streamplan.analyses.risk.risk import OUTGROWN, PERCENTILES, RiskStudy
from streamplan.planning.study import CLOSED, FEASIBLE
from streamplan.views.html import Html, render
from streamplan.views.inputs import input_words
from streamplan.views.json import mapping, records
from streamplan.views.tables import Column, Table, share, usd
from streamplan.views.workload_document import workload_document


def budget(study: RiskStudy) -> Html:
    """The first screen: what it may cost, the odds of the budget, how long the plan will do, who else is cheapest."""
    best = study.cheapest
    others = sorted(((share, name) for name, share in study.cheapest_in.items()), reverse=True)
    rivals = [
        f"{study.risk_of(name).plan.offer.title} in {share:.0%}"
        for share, name in others
        if share > 0 and (best is None or name != best.plan.offer.name)
    ]
    return render(
        "budget.html.j2",
        study=study,
        w=study.workload,
        best=best,
        years=f"{study.months} month" + ("" if study.months == 1 else "s"),
        total=best.totals if best else None,
        ends=best.by_month[:, [0, -1]] if best else None,
        share=study.cheapest_in.get(best.plan.offer.name, 0.0) if best else 0.0,
        rivals=rivals,
        outgrown=OUTGROWN,
        inputs=list(study.inputs),
        average=None if study.budget is None else float(study.budget.mean()),
        left_out=[r["title"] for r in study.table.to_dict("records") if r["status"] not in (FEASIBLE, CLOSED)],
    )


def risk_totals(study: RiskStudy) -> Html:
    """The totals of every offer, with what fits in no draw or has no price."""
    rows = study.table.to_dict("records")
    return render(
        "risk_totals.html.j2",
        rows=rows,
        study=study,
        ok=(FEASIBLE, CLOSED),
        several=study.table["region"].nunique() > 1,
    )


def _where_from(name: str, workload: Workload) -> str:
    if name == MODEL_CPU:
        return "brokers' CPU over the model's, as held-back measurements of other clusters scatter: streamplan accuracy"
    return workload.origin.get("growth", "") if name.startswith("growth.") else ""


def _of_people(study: RiskStudy) -> dict[str, str]:
    """Where each uncertain input about people comes from, with its unit."""
    items = study.people.items.values() if study.people else ()
    return {item.input: f"{item.unit}; {item.confidence} confidence, {item.as_of}: {item.source}" for item in items}


def uncertain_inputs(study: RiskStudy) -> Html:
    """The uncertain inputs with their range, their distribution and where they come from; what moves together."""
    w, people = study.workload, _of_people(study)
    rows = []
    for name, value in study.inputs.items():
        unit = w.unit_of(name) if name in type(w).model_fields else ""
        low, likely, high = (human(x, unit) for x in (value.low, value.likely, value.high))
        rows.append(
            {
                "name": name,
                "low": low,
                "likely": likely,
                "high": high,
                "distribution": str(value.drawn),
                "origin": people.get(name) or w.origin.get(name, _where_from(name, w)),
            }
        )
    pairs = [p for p in study.correlations if not all(name in people for name in p["inputs"])]
    linked = {p["rank_correlation"] for p in study.correlations if p not in pairs}
    return render("uncertain_inputs.html.j2", rows=rows, pairs=pairs, people=sorted(linked))


def risk_document(study: RiskStudy) -> dict[str, Any]:
    """Return a study of risk: the uncertain inputs, a row an offer with its totals, and a row an offer and month."""
    return mapping(
        {
            "workload": workload_document(study.workload),
            "currency": "USD",
            "hours_per_month": study.hours_per_month,
            "months": study.months,
            "draws": study.draws,
            "seed": study.seed,
            "plan_month": study.plan_month,
            "budget_usd": study.budget,
            "percentiles": PERCENTILES,
            "inputs": [
                {"name": k, "low": v.low, "likely": v.likely, "high": v.high, "distribution": str(v.drawn)}
                for k, v in study.inputs.items()
            ],
            "correlation": study.correlations,
            "platforms": records(study.table),
            "by_month": records(study.by_month),
        }
    )


#: Offers that a terminal shows at first, and what is said of those without a cost.
BEST, NOT_TO_BE_HAD = 10, "that do not fit or lack a price"


def risk_table(study: RiskStudy) -> Table:
    """Return the totals of a study of risk, the least median first."""
    w = study.workload
    span = f"{study.months} month" + ("" if study.months == 1 else "s")
    table = Table(
        f"{w.title or w.name}: cost of {span}, USD",
        (
            Column("platform", "offer", least=22),
            usd("p10_usd", "P10", 2),
            usd("p50_usd", "P50", 0),
            usd("p90_usd", "P90", 0),
            share("over_budget", "over budget", 1, unit="share of draws"),
            share("cheapest_in", "cheapest in", 1, unit="share of draws"),
            Column("what", f"plan for month {study.plan_month}", priority=3, least=16),
            share("too_small", "too small in", 1, unit="share of draws"),
            Column("left", "left out", priority=4, least=14),
        ),
        most=BEST,
    )
    for row in study.table.to_dict("records"):
        ok = row["status"] in (FEASIBLE, CLOSED)
        left = [
            f"{row[k]:,} draws {why}"
            for k, why in (("infeasible_draws", "do not fit"), ("unpriced_draws", "without a price"))
            if row[k]
        ]
        table.add(
            {
                **row,
                "platform": row["title"],
                "over_budget": None if study.budget is None else row["over_budget"],
                "left": ", ".join(left) if ok or left else row["status"],
            },
            mark="" if row["status"] == FEASIBLE else "dim",
            folded="" if ok or len(study.table) == 1 else NOT_TO_BE_HAD,
        )
    return table


def risk_terms(study: RiskStudy) -> str:
    """Return in a few sentences what was drawn and how the figures are to be read."""
    staff_inputs = study.people.inputs if study.people else {}
    own = [name for name in study.inputs if name not in staff_inputs]
    staff = [f"{len(study.inputs) - len(own)} figures of people"] if len(own) < len(study.inputs) else []
    names = ", ".join([*map(input_words, own), *staff]) or "none, so that every draw is the same"
    linked = [c for c in study.correlations if c["inputs"][0] in own]
    pairs = "; ".join(f"{' and '.join(map(input_words, c['inputs']))} {c['rank_correlation']:g}" for c in linked)
    return (
        f"{study.draws:,} draws, seed {study.seed}. Uncertain: {names}."
        + (f" Rank correlations: {pairs}." if pairs else "")
        + " Draws that do not fit count above any percentile and as over any budget. Too small: the plan, sized"
        f" for the likely demand of month {study.plan_month} or as given, fails in some month. By month: --json."
    )
