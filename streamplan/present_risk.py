"""Pieces of a report on risk as HTML: the budget, the totals, what was drawn. All text is escaped."""

from __future__ import annotations

from capacity import Workload
from streamfacts.units import human
from streamplan.present import Html, _render
from streamplan.risk import OUTGROWN, RiskStudy
from streamplan.study import CLOSED, FEASIBLE


def budget(study: RiskStudy) -> Html:
    """The first screen: what it may cost, the odds of the budget, how long the plan will do, who else is cheapest."""
    best = study.cheapest
    others = sorted(((share, name) for name, share in study.cheapest_in.items()), reverse=True)
    rivals = [
        f"{study.risk_of(name).plan.offer.title} in {share:.0%}"
        for share, name in others
        if share > 0 and (best is None or name != best.plan.offer.name)
    ]
    return _render(
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
    return _render(
        "risk_totals.html.j2",
        rows=rows,
        study=study,
        ok=(FEASIBLE, CLOSED),
        several=study.table["region"].nunique() > 1,
    )


def _where_from(name: str, workload: Workload) -> str:
    if name.startswith("model."):
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
    return _render("uncertain_inputs.html.j2", rows=rows, pairs=pairs, people=sorted(linked))
