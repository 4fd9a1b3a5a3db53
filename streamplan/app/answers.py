"""What the page asks for, as plain JSON documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from capacity import Workload
from streamplan import charts
from streamplan.charts.theme import CATEGORY_COLOURS, CATEGORY_LABELS
from streamplan.document import plain, records
from streamplan.explore import View, controls
from streamplan.plan import Plan
from streamplan.present import links
from streamplan.study import FEASIBLE

#: Bars of the cost chart.
BARS = 12


def start_document(workload: Workload, workloads: Iterable[str]) -> dict[str, Any]:
    """Return what the page needs to set itself up: the workloads to choose from, the controls, the colours of parts."""
    return {
        "title": workload.title or workload.name,
        "region": workload.region,
        "workloads": list(workloads),
        "controls": [asdict(control) for control in controls(workload)],
        "parts": [
            {"category": key, "label": CATEGORY_LABELS[key], "colour": colour}
            for key, colour in CATEGORY_COLOURS.items()
        ],
    }


def view_document(view: View, on: dt.date | None = None) -> dict[str, Any]:
    """Return the numbers of a view: the answer, a row an offer, and the bill of the offer looked at."""
    rows = records(view.study.table)
    for row in rows:
        parts = view.study.plan_of(row["platform"]).bill.by_category
        row["parts"] = {key: float(usd) for key, usd in parts.items()}
        row["colour"] = charts.platform_colours()[row["platform"]]
    feasible = [row for row in rows if row["status"] == FEASIBLE]
    document: dict[str, Any] = plain(
        {
            "platform": view.platform,
            "cheapest": feasible[0] if feasible else None,
            "next": feasible[1] if len(feasible) > 1 else None,
            "offers": rows,
            "plan": _plan(view.plan, on or dt.date.today()),
        }
    )
    return document


def _plan(plan: Plan, on: dt.date) -> dict[str, Any]:
    lines = []
    for entry in plan.bill.entries:
        if entry.usage.quantity > 0:
            row = entry.row(on)
            lines.append({**row, "links": [{"text": text, "href": href} for text, href in links(row["source"])]})
    return {
        "title": plan.offer.title,
        "what": plan.what,
        "region": plan.bill.region,
        "total": plan.monthly_usd,
        "subtotal": float(plan.bill.subtotal),
        "reason": plan.reason,
        "binding": plan.sizing.binding,
        "next_wall": plan.sizing.next_binding,
        "lines": lines,
        "missing": plan.bill.missing,
        "not_modelled": list(plan.offer.not_modelled),
    }


def charts_document(view: View) -> dict[str, Any]:
    """Return the specification of each chart by the place that it has on the page."""
    figures = {
        "cost": charts.cost_by_platform(view.study, most=BARS),
        "months": charts.cost_by_month(view.months),
        "utilisation": charts.utilisation_of_constraints(view.plan),
        "paths": charts.network_paths_of(view.plan),
    }
    return {name: figure.to_dict(validate=False) for name, figure in figures.items()}
