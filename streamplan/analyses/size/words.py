"""A plan and its bill in words: tables, documents and the pieces of their page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from pricing import Bill
from streamfacts.units import human, largest
from streamplan.analyses.size.explain import explain_text
from streamplan.analyses.size.path_costs import path_costs
from streamplan.planning.plan import Plan
from streamplan.planning.unused_inputs import unused_inputs
from streamplan.views.html import Html, environment, render
from streamplan.views.json import mapping
from streamplan.views.tables import Cell, Column, Table, count, share


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
            unused=unused_inputs(plan),
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


def bill_document(bill: Bill, published: Mapping[int, float] | None = None) -> dict[str, Any]:
    """Return a bill: total (null where a price is missing), subtotal, what is missing, and a line a meter.

    With `published` (line number to cost) every line is there, with what its author says that it costs or null.
    """
    if published is None:
        lines = bill.records()
    else:
        lines = [{**entry.row(), "published": published.get(n)} for n, entry in enumerate(bill.entries)]
    return mapping(
        {
            "currency": bill.currency,
            "region": bill.region,
            "hours_per_month": bill.hours_per_month,
            "total": bill.total,
            "subtotal": bill.subtotal,
            "missing": bill.missing,
            "lines": lines,
        }
    )


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return an offer's plan: units, constraints, limits, parts, usage on meters and the bill."""
    sizing = plan.sizing
    return mapping(
        {
            "platform": plan.offer.name,
            "title": plan.offer.title,
            "configuration": plan.configuration,
            "options": dict(sizing.options),
            "feasible": plan.feasible,
            "violations": sizing.violations,
            "clusters": plan.clusters,
            "split": plan.split.document() if plan.split else None,
            "warnings": [*plan.warnings, *plan.bill.book.doubts],
            "asides": list(plan.asides),
            "unit": sizing.unit,
            "units": sizing.units,
            "pools": dict(sizing.pools),
            "what": plan.what,
            "binding": sizing.binding,
            "next_wall": sizing.next_binding,
            "constraints": sizing.constraint_rows(),
            "limits": [
                {
                    "limit": limit.name,
                    "value": np.max(limit.demand),
                    "wall": np.max(limit.limit),
                    "kind": "at least" if limit.at_least else "at most",
                    "unit": limit.unit,
                    "broken": bool(np.any(limit.broken)),
                    "source": limit.source,
                }
                for limit in sizing.limits
            ],
            "parts": [
                {"part": p.name, "value": np.max(p.value), "unit": p.unit, "formula": p.formula} for p in sizing.parts
            ],
            "usage": [
                {"meter": u.meter, "sku": u.sku, "quantity": u.quantity, "unit": u.unit, "formula": u.formula}
                for u in sizing.usage
            ],
            "bill": bill_document(plan.bill),
            "assumptions": list(sizing.assumed),
            "guarantees": dict(plan.offer.guarantees),
            "not_modelled": list(plan.offer.not_modelled),
            "unused_inputs": list(unused_inputs(plan)),
        }
    )


def bill_lines(plan: Plan, on: dt.date | None = None) -> Html:
    """The bill of one plan, line by line, with date, confidence and source of every price."""
    rows = plan.bill.records(on or dt.date.today())
    return render(
        "bill.html.j2", plan=plan, rows=rows, total=plan.bill.total, missing=plan.bill.missing, what=plan.what
    )


def constraints_of(plan: Plan) -> Html:
    """Every constraint of one plan: demand, capacity, utilisation, formula, source."""
    rows = plan.sizing.constraint_rows()
    for position, row in enumerate(rows):
        row["binds"] = position == plan.sizing.bound_by
    limits = [
        {
            "name": limit.name,
            "value": human(largest(limit.demand), limit.unit),
            "wall": human(largest(limit.limit), limit.unit),
            "relation": "at least" if limit.at_least else "at most",
            "broken": bool(limit.broken.any()),
            "source": limit.source,
        }
        for limit in plan.sizing.limits
    ]
    parts = [
        {"name": p.name, "value": human(largest(p.value), p.unit), "formula": p.formula, "source": p.source}
        for p in plan.sizing.parts
    ]
    return render("constraints.html.j2", plan=plan, rows=rows, limits=limits, parts=parts)


def plan_table(plan: Plan) -> Table:
    """Return the constraints of a plan with their utilisation."""
    table = Table(
        f"{plan.offer.title}: {plan.what}",
        (
            Column("constraint", "constraint", least=18),
            Column("state", "state", priority=0, least=10),
            count("units_needed", "needs", 0, digits=2, unit=plan.sizing.unit),
            share("utilisation", "used", 0, digits=1),
            share("use_up_to", "up to", 1),
        ),
        name="constraints",
    )
    for position, row in enumerate(plan.sizing.constraint_rows()):
        table.add(row, mark="bold" if position == plan.sizing.bound_by else "")
    return table


def plan_words(plan: Plan) -> list[str]:
    """Return what is to be said beside the constraints of a plan: why it is several clusters, warnings, asides."""
    why = [str(plan.split)] if plan.split else []
    return [*why, *(f"WARNING: {text}" for text in plan.warnings), *plan.asides]


def unused_sentence(plan: Plan) -> str:
    """Return which inputs nothing on the offer reads, '' if there are none."""
    unused = unused_inputs(plan)
    return f"nothing on {plan.offer.title} reads {', '.join(unused)}" if unused else ""


def bill_table(bill: Bill, published: dict[int, float] | None = None) -> Table:
    """Return a bill line by line; with the published cost beside it where there is one."""
    table = Table(
        f"Bill, {bill.region}, month of {bill.hours_per_month:g} h",
        (
            Column("meter", "meter", least=24),
            count("quantity", "quantity", 1, digits=2),
            Column("unit", "unit", priority=1, folds=False),
            Column("price", "price", True, "USD a unit", lambda x: f"{x:.6g}", priority=2),
            Column("cost", "cost USD", True, shown=lambda x: f"{x:,.2f}", priority=0),
            Column("published", "published", True, "USD", lambda x: f"{x:,.2f}", priority=0),
            Column("difference", "difference", True, "USD", lambda x: f"{round(x, 2) + 0.0:+,.2f}", priority=0),
            Column("as_of", "as of", priority=3, folds=False),
            Column("confidence", "confidence", priority=4, folds=False),
        ),
        name="bill",
    )
    for number, entry in enumerate(bill.entries):
        row = entry.row()
        quantity, cost = row["quantity"], row["cost"]
        if quantity == 0 and number not in (published or {}):
            continue
        name = f"{row['meter']} {row['sku']}".strip() + (f" ({row['region']})" if row["region"] != bill.region else "")
        said = (published or {}).get(number)
        table.add(
            {
                **row,
                "meter": name,
                "price": Cell(None, "missing") if cost is None else row["unit_price"] if quantity else None,
                "cost": Cell(None, "-") if cost is None else cost,
                "published": said,
                "difference": None if said is None or cost is None else cost - said,
            }
        )
    return table
