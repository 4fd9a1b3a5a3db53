"""The offers of the registry in words: tables and documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamplan.analyses.catalogue.catalogue import Entry
from streamplan.views.json import mapping
from streamplan.views.tables import Cell, Column, Table


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
            Column("choices", "to choose from", True, priority=2),
            Column("priced", "prices", True, priority=3),
            Column("oldest", "oldest price", priority=1, folds=False),
            Column("newest", "newest price", priority=5, folds=False),
            Column("confidence", "confidence", priority=4, folds=False),
            Column("closed", "closed", priority=4, least=16),
        ),
        name="offers",
        bare=True,
    )
    options = Table(
        "Options, by the names that --option takes",
        (
            Column("platform", "offer", folds=False),
            Column("option", "option", for_files=True),
            Column("default", "if left out", priority=0, folds=False),
            Column("doc", "what it is", priority=0, least=20),
        ),
        name="options",
        bare=True,
    )
    for e in entries:
        o, many = e.offer, len(e.offer.configurations())
        known = {
            "oldest": Cell(e.oldest, f"prices from {e.oldest}"),
            "newest": Cell(e.newest, f"to {e.newest}"),
            "confidence": e.confidence,
        }
        cells = {
            "name": o.name,
            "title": o.title,
            "choices": Cell(many, f"{many} to choose from"),
            "priced": Cell(e.priced, f"{e.priced} prices" if e.priced else "no public prices"),
            "closed": Cell(o.closed, f"closed: {o.closed}") if o.closed else "",
        }
        table.add({**cells, **(known if e.priced else {})}, mark="dim" if o.closed else "")
        for x in o.options:
            given = Cell(str(x.default), f"--option {x.name}={x.default}")
            options.add({"platform": o.name, "option": x.name, "default": given, "doc": x.doc})
    return [table, options]
