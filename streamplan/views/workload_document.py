"""The workload as a document that JSON can hold."""

from __future__ import annotations

from typing import Any

from capacity import Demand, Workload
from capacity.demand.said import demand_sentences
from capacity.workload.contradictions import contradictions
from capacity.workload.correlation import Correlation
from streamplan.views.json import mapping


def _documented(name: str, value: Any) -> bool:
    """Whether a field of a workload goes into a document: what is given, and neither its name nor its prose."""
    return value is not None and value != Correlation() and name not in ("name", "title", "description")


def workload_document(workload: Workload) -> dict[str, Any]:
    """Return the workload in canonical units, with the origin of each field and the demand derived from it."""
    fields = {name: getattr(workload, name) for name in type(workload).model_fields}
    demand = Demand.of(workload)
    return mapping(
        {
            "name": workload.name,
            "fields": {k: v for k, v in fields.items() if _documented(k, v)},
            "units": {k: unit for k in fields if (unit := workload.unit_of(k))},
            "origin": workload.origin,
            "assumed_values": {
                name: {"value": float(fact), "unit": fact.unit, "confidence": fact.confidence, "source": fact.source}
                for name, fact in workload.assumed_values.items()
            },
            "contradictions": list(contradictions(workload)),
            "demand": {**demand.arrays(), "region": demand.region, "tls": demand.tls, "survive": demand.survive},
            "assumed": list(demand_sentences(demand)),
        }
    )
