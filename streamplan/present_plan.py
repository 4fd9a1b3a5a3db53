"""One offer as HTML: what it needs and costs, what binds, and the whole explanation."""

from __future__ import annotations

from streamfacts.units import human, largest
from streamplan.explain import explain_text
from streamplan.path_costs import path_costs
from streamplan.plan import Plan
from streamplan.present import Html, environment


def plan_answer(plan: Plan) -> Html:
    """What is needed, what it costs, what binds and what would be next; or why it does not fit."""
    rows = plan.sizing.constraint_rows()

    def use(position: int) -> dict[str, float] | None:
        return None if position < 0 else {k: float(rows[position][k]) for k in ("utilisation", "use_up_to")}

    parts = [{"name": p.name, "value": human(largest(p.value), p.unit)} for p in plan.sizing.parts]
    return Html(
        environment()
        .get_template("plan_answer.html.j2")
        .render(
            plan=plan,
            w=plan.workload,
            binds=use(int(plan.sizing.bound_by)),
            next=use(int(plan.sizing.bound_next)),
            parts=parts,
        )
    )


def paths(plan: Plan) -> Html:
    """Every network path with its rate, the part across zones, its cost and the meters that it is billed on."""
    costs = path_costs(plan)
    rows = [
        {
            "name": flow.path.replace("_", " "),
            "rate": human(flow.bytes_s, "bytes/s"),
            "across": human(flow.cross_zone_bytes_s, "bytes/s") if flow.cross_zone_bytes_s else "",
            "usd": flow.usd if flow.meters else None,
            "meters": ", ".join(flow.meters),
        }
        for flow in costs.flows
        if flow.bytes_s or flow.meters
    ]
    return Html(
        environment().get_template("paths.html.j2").render(rows=rows, between=costs.between_zones_usd, plan=plan)
    )


def explanation(plan: Plan) -> Html:
    """Every number with its formula, inputs and source, folded."""
    return Html(environment().get_template("explanation.html.j2").render(text=explain_text(plan)))
