"""The registry as a page: what binds each offer, what is metered, how old its prices are, what is not modelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from capacity import Offer, Workload, offers
from pricing import PriceBook
from pricing.book import find_meter
from streamplan.planning.plan import Plan, plan

#: A load that every offer can carry, with everything that brings a meter out.
PROBE = {
    "name": "probe",
    "write": "2 MB/s",
    "message": "2 KiB",
    "fan_out": 2,
    "retention": "7 d",
    "cross_region_copies": 1,
    "connections": 500,
}


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of one offer."""

    offer: Offer
    plan: Plan
    constraints: tuple[str, ...]
    limits: tuple[tuple[str, str], ...]
    meters: tuple[str, ...]
    priced: int
    oldest: str
    newest: str
    confidence: str
    missing: tuple[str, ...]
    regions: tuple[str, ...]


@cache
def entry(name: str) -> Entry:
    """Return the catalogue's entry of an offer, read off its own sizing and bill of a small load."""
    book = PriceBook.load()
    p = plan(Workload(**PROBE), name, book)
    lines = p.bill.records()
    prices = [row for e in p.bill.entries for row in e.rows]
    meters = tuple(dict.fromkeys(u.meter for u in p.sizing.usage))
    where = {region for meter, _, region in book.prices if meter in meters}
    complete = []
    for region in sorted(where):
        needed = [(e.usage.meter, str(e.usage.sku)) for e in p.bill.entries if e.usage.quantity > 0]
        if all(book.find(meter, sku, region) for meter, sku in needed):
            complete.append(region)
    return Entry(
        offer=p.offer,
        plan=p,
        constraints=tuple(dict.fromkeys(c.name for c in p.sizing.constraints)),
        limits=tuple(dict.fromkeys((x.name, x.source) for x in p.sizing.limits)),
        meters=meters,
        priced=len(prices),
        oldest=min((r.as_of for r in prices), default=""),
        newest=max((r.as_of for r in prices), default=""),
        confidence=max((row["confidence"] for row in lines), key=["", "high", "medium", "low"].index, default=""),
        missing=tuple(p.bill.missing),
        regions=tuple(complete),
    )


def markdown_lines() -> Iterator[str]:
    """Yield the catalogue as Markdown, an offer a section, by family."""
    yield "# Platforms"
    yield ""
    yield "Printed by `streamplan platforms --markdown`."
    families: dict[str, list[str]] = {}
    for name, offer in offers().items():
        families.setdefault(offer.family, []).append(name)
    for family in sorted(families):
        yield ""
        yield f"## {family}"
        for name in families[family]:
            yield from _section(entry(name))


def _section(e: Entry) -> Iterator[str]:
    o = e.offer
    yield ""
    yield f"### {o.title} (`{o.name}`)"
    yield ""
    if o.closed:
        yield f"**Closed:** {o.closed}"
        yield ""
    choices = o.configurations()
    shown = ", ".join(choices[:4]) + (f" ... {len(choices)} in all" if len(choices) > 4 else "")
    yield f"- **Choose from** ({o.configuration_is}): {shown}"
    for option in o.options:
        yield f"- **Option** `{option.name}` = `{option.default}`: {option.doc}"
    yield f"- **What binds**, in {e.plan.sizing.unit}s: {', '.join(e.constraints)}"
    yield "- **Hard limits**: " + (", ".join(dict.fromkeys(name for name, _ in e.limits)) or "none known")
    yield "- **Metered**: " + ", ".join(f"`{m}` ({find_meter(m).unit})" for m in e.meters)
    if e.priced:
        yield f"- **Prices** of a small load: {e.priced}, of {e.oldest} to {e.newest}, lowest confidence {e.confidence}"
    if e.missing:
        yield f"- **Without a price**: {'; '.join(e.missing)}"
    yield f"- **Fully priced in**: {', '.join(e.regions) or 'no region'}"
    yield "- **Promises**: " + "; ".join(f"{k}: {v}" for k, v in o.guarantees.items())
    if o.lacks:
        yield f"- **Lacks**: {'; '.join(o.lacks)}"
    yield f"- **Not modelled**: {'; '.join(o.not_modelled)}"
    yield f"- **Sources**: {', '.join(o.sources)}"


def markdown() -> str:
    """Return the catalogue as one Markdown text."""
    return "\n".join(markdown_lines()) + "\n"


def sources_of_limits(name: str) -> list[str]:
    """Return the sources of an offer's constraints and limits, for the test of the registry."""
    p = entry(name).plan
    return [c.source for c in p.sizing.constraints] + [x.source for x in p.sizing.limits if np.size(x.limit)]
