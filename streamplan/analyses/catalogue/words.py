"""An offer of the registry as a document."""

from __future__ import annotations

from typing import Any

from streamplan.analyses.catalogue.catalogue import Entry
from streamplan.views.json import mapping


def catalogue_document(entry: Entry) -> dict[str, Any]:
    """Return an offer of the registry: choices, options, promises, what binds, what is metered, age of its prices."""
    o = entry.offer
    return mapping(
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
