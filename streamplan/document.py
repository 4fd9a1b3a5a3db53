"""Results as plain JSON documents: what `--json` prints and what other tools read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from pydantic import BaseModel

from capacity import Demand, Range, Workload
from capacity.correlation import Correlation
from pricing import Bill
from streamplan.catalogue import Entry
from streamplan.plan import Plan
from streamplan.risk import PERCENTILES, RiskStudy
from streamplan.study import Study


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: no NumPy types, no NaN, no infinity (both become null)."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Range):
        return value.likely if value.known else {"low": value.low, "likely": value.likely, "high": value.high}
    if isinstance(value, Correlation):
        return {",".join(pair): number for pair, number in value.pairs}
    if isinstance(value, BaseModel):
        return {k: plain(getattr(value, k)) for k in type(value).model_fields if k in value.model_fields_set}
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value


def _mapping(document: dict[str, Any]) -> dict[str, Any]:
    return {str(k): plain(v) for k, v in document.items()}


def dumps(document: Any) -> str:
    """Return the document as JSON text, the same for the same content."""
    return json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False)


def records(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a DataFrame as plain mappings."""
    return [plain(row) for row in frame.astype(object).where(frame.notna(), None).to_dict("records")]


def _documented(name: str, value: Any) -> bool:
    """Whether a field of a workload goes into a document: what is given, and neither its name nor its prose."""
    return value is not None and value != Correlation() and name not in ("name", "title", "description")


def workload_document(workload: Workload) -> dict[str, Any]:
    """Return the workload in canonical units, with the origin of each field and the demand derived from it."""
    fields = {name: getattr(workload, name) for name in type(workload).model_fields}
    demand = Demand.of(workload)
    return _mapping(
        {
            "name": workload.name,
            "fields": {k: v for k, v in fields.items() if _documented(k, v)},
            "origin": workload.origin,
            "assumed": {
                name: {"value": float(fact), "unit": fact.unit, "confidence": fact.confidence, "source": fact.source}
                for name, fact in workload.assumed.items()
            },
            "demand": {**demand.arrays(), "region": demand.region, "tls": demand.tls, "survive": demand.survive},
        }
    )


def bill_document(bill: Bill, published: Mapping[int, float] | None = None) -> dict[str, Any]:
    """Return a bill: total (null where a price is missing), subtotal, what is missing, and a line a meter.

    With `published` (line number to cost) every line is there, with what its author says that it costs or null.
    """
    if published is None:
        lines = records(bill.lines)
    else:
        lines = [{**entry.row(), "published": published.get(n)} for n, entry in enumerate(bill.entries)]
    return _mapping(
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
    return _mapping(
        {
            "platform": plan.offer.name,
            "title": plan.offer.title,
            "configuration": plan.configuration,
            "options": dict(sizing.options),
            "feasible": plan.feasible,
            "violations": sizing.violations,
            "clusters": plan.clusters,
            "split": plan.split.document() if plan.split else None,
            "warnings": list(plan.warnings),
            "asides": list(plan.asides),
            "unit": sizing.unit,
            "units": sizing.units,
            "pools": dict(sizing.pools),
            "what": plan.what,
            "binding": sizing.binding,
            "next_wall": sizing.next_binding,
            "constraints": records(sizing.constraint_table()),
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
            "assumptions": list(sizing.assumptions),
            "guarantees": dict(plan.offer.guarantees),
            "not_modelled": list(plan.offer.not_modelled),
        }
    )


def catalogue_document(entry: Entry) -> dict[str, Any]:
    """Return an offer of the registry: choices, options, promises, what binds, what is metered, age of its prices."""
    o = entry.offer
    return _mapping(
        {
            "platform": o.name,
            "title": o.title,
            "family": o.family,
            "provider": o.provider,
            "configurations": o.configurations(),
            "options": [{"name": x.name, "default": x.default, "doc": x.doc} for x in o.options],
            "guarantees": dict(o.guarantees),
            "lacks": list(o.lacks),
            "not_modelled": list(o.not_modelled),
            "closed": o.closed,
            "sources": list(o.sources),
            "constraints": list(entry.constraints),
            "limits": [{"limit": name, "source": source} for name, source in entry.limits],
            "meters": list(entry.meters),
            "prices": {
                "count": entry.priced,
                "oldest": entry.oldest,
                "newest": entry.newest,
                "lowest_confidence": entry.confidence,
                "missing": list(entry.missing),
                "complete_in": list(entry.regions),
            },
        }
    )


def risk_document(study: RiskStudy) -> dict[str, Any]:
    """Return a study of risk: the uncertain inputs, a row an offer with its totals, and a row an offer and month."""
    return _mapping(
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


def study_document(study: Study) -> dict[str, Any]:
    """Return a comparison: a row an offer, cheapest feasible first, with what makes the offers comparable."""
    return _mapping(
        {
            "workload": workload_document(study.workload),
            "currency": "USD",
            "hours_per_month": study.hours_per_month,
            "platforms": [
                {**row, "asides": list(study.plan_of(row["platform"]).asides)} for row in records(study.table)
            ],
            "equivalence": records(study.equivalence),
        }
    )
