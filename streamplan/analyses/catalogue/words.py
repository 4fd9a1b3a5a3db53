"""The offers of the registry in words: tables and documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamplan.analyses.catalogue.catalogue import Entry
from streamplan.views.json import mapping
from streamplan.views.tables import Cell, Column, Table, count


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


def catalogue_tables(entries: Sequence[Entry]) -> list[Table]:
    """Return the offers with the age and confidence of their prices, and the options of each."""
    table = Table(
        "Offers, by the names that --platform takes",
        (
            Column("name", "name", folds=False),
            Column("title", "offer", priority=0, least=20),
            count("choices", "to choose from", 2),
            count("priced", "prices", 3),
            Column("oldest", "oldest price", priority=1, folds=False),
            Column("newest", "newest price", priority=5, folds=False),
            Column("confidence", "confidence", priority=4, folds=False),
            Column("closed", "closed", priority=4, least=16),
        ),
        name="offers",
    )
    options = Table(
        "Options, by the names that --option takes",
        (
            Column("platform", "offer", folds=False),
            Column("option", "option", priority=0, folds=False),
            Column("default", "if left out", priority=0, least=8),
            Column("doc", "what it is", priority=0, least=20),
        ),
        name="options",
    )
    for e in entries:
        o = e.offer
        known = {"oldest": e.oldest, "newest": e.newest, "confidence": e.confidence} if e.priced else {}
        priced = e.priced or Cell(0, "none public")
        choices = len(o.configurations())
        cells = {"name": o.name, "title": o.title, "choices": choices, "priced": priced, "closed": o.closed}
        table.add({**cells, **known}, mark="dim" if o.closed else "")
        for x in o.options:
            options.add({"platform": o.name, "option": x.name, "default": str(x.default), "doc": x.doc})
    return [table, options]
