"""What a comparison rests on: the terms, the model and the prices by their versions, and the lines of each bill.

It is what `streamplan diff` reads of two results, which may be months and versions apart.
"""

from __future__ import annotations

from typing import Any

from pricing.billing import BillLine
from pricing.edition import edition_of
from streamfacts.digests import tables_digest
from streamplan import __version__
from streamplan.planning.study import Study


def rests_on(study: Study) -> dict[str, Any]:
    """Return the terms, and the versions of the model and of the prices, for a document."""
    terms, edition = study.terms, edition_of(study.book)
    return {
        "terms": {
            "options": dict(terms.options),
            "hours_per_month": terms.hours_per_month,
            "most_clusters": terms.most_clusters,
            "within": terms.within,
            "people": terms.people is not None,
        },
        "model": {"version": __version__, "digest": tables_digest()},
        "prices": {"digest": edition.digest, "as_of_newest": edition.as_of_newest},
    }


def bill_lines(study: Study, platform: str) -> list[dict[str, Any]]:
    """Return the bill of an offer, a record a line: quantity with its unit, price of one, cost [USD]; compact.

    `tiers` are where each begins with its price, where there are several; empty where the offer does not fit.
    """
    plans = [p for p in study.plans if p.offer.name == platform and p.feasible]
    return [_line(entry) for p in plans for entry in p.bill.entries if entry.usage.quantity > 0]


def _line(entry: BillLine) -> dict[str, Any]:
    usage, rows = entry.usage, entry.rows
    quantity, priced = float(usage.quantity), not entry.missing
    tiers = [[row.tier_from or 0.0, row.price] for row in rows] if any(row.tier_to is not None for row in rows) else []
    return {
        "meter": usage.meter,
        "sku": usage.sku,
        "title": entry.title,
        "category": entry.category,
        "region": entry.region,
        "quantity": quantity,
        "unit": usage.unit,
        "unit_price": float(entry.cost) / quantity if priced else None,
        "usd": float(entry.cost) if priced else None,
        "as_of": min((row.as_of for row in rows), default=""),
        **({"tiers": tiers} if tiers else {}),
    }


__all__ = ["bill_lines", "rests_on"]
