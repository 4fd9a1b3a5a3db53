"""What the page asks for, as plain JSON documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from capacity import Workload
from streamplan import charts
from streamplan.app.explore import View, controls
from streamplan.planning.plan import Plan
from streamplan.planning.study import CLOSED, FEASIBLE
from streamplan.views.html import links
from streamplan.views.json import plain
from streamplan.views.theme import CATEGORY_COLOURS, CATEGORY_LABELS, unchecked

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
    offers = [
        {
            "platform": p.offer.name,
            "title": p.offer.title,
            "status": status,
            "monthly_usd": p.monthly_usd if status in (FEASIBLE, CLOSED) else None,
            "what": p.what,
            "reason": p.reason,
            "parts": {key: float(usd) for key, usd in p.bill.by_category.items()},
            "colour": charts.colour_of(p.offer.name),
        }
        for status, p in view.study.ranked
    ]
    order = sorted(view.study.open_plans, key=view.study.ranks_at)
    fits = [_first(p, view.study.work[p.offer.name]) for p in order[:2]]
    document: dict[str, Any] = plain(
        {
            "platform": view.platform,
            "recommended": fits[0] if fits else None,
            "next": fits[1] if len(fits) > 1 else None,
            "offers": offers,
            "plan": _plan(view.plan, on or dt.date.today()),
        }
    )
    return document


def _first(plan: Plan, work_usd: float | None) -> dict[str, Any]:
    return {
        "platform": plan.offer.name,
        "title": plan.offer.title,
        "monthly_usd": plan.monthly_usd,
        "work_usd": work_usd,
        "what": plan.what,
        "binding": plan.sizing.binding,
        "next_wall": plan.sizing.next_binding,
    }


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
    with unchecked():
        figures = {
            "cost": charts.cost_by_platform(view.study, most=BARS),
            "months": charts.cost_by_month(view.months),
            "utilisation": charts.utilisation_of_constraints(view.plan),
            "paths": charts.network_paths_of(view.plan),
        }
        return {name: figure.to_dict(validate=False) for name, figure in figures.items()}
