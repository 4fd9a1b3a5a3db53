"""What moved, in words: sentences, tables for a terminal or Markdown, and the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streamfacts.words import money
from streamplan.analyses.diff.diff import (
    BOTH,
    CHOICE,
    INPUT,
    MODEL,
    OFFER,
    PRICE,
    Cause,
    Change,
    Difference,
    LineChange,
    OfferChange,
)
from streamplan.analyses.diff.result import Line, Offer, Result
from streamplan.views.grid import Grid, escaped
from streamplan.views.inputs import LEAST_USD, input_words, said, signed
from streamplan.views.json import mapping

#: Rows of the tables of lines and of offers; the document has all of them.
MOST_LINES, MOST_OFFERS = 20, 10


def share(usd: float | None, of: float | None) -> str:
    """Return a change as a signed percentage of what it was; empty without one."""
    return f"{usd / of:+.1%}" if usd is not None and of else ""


def sentences(found: Difference) -> list[str]:
    """Return what moved in sentences: the recommendation and its bill, then what else is to be known."""
    return [_headline(found), *notes(found)]


def _headline(found: Difference) -> str:
    before, after, name = found.before, found.after, found.new.workload
    if after is None or after.usd is None:
        if found.asked:
            either = after or before
            title = either.title if either else found.platform
            return f"{title} has no cost for {name} now{_why(after)}."
        return f"Nothing fits {name} now; {before.title if before else 'nothing'} was recommended before."
    cost = f"{money(after.usd)} USD a month"
    if before is None or before.usd is None:
        who = after.title if found.asked else f"{after.title} is recommended for {name}"
        return f"{who}: {cost}; it had no cost before." if found.asked else f"{who}: {cost}; nothing fitted before."
    if found.asked or not found.moved:
        who = f"{after.title} for {name}" if found.asked else f"{after.title} stays what is recommended for {name}"
        return f"{who}: {cost}, {_change(before.usd, after.usd)}."
    stayed = found.offer(before.platform)
    if stayed.new is None:
        now = f"{before.title} is not in the new result."
    elif stayed.new.usd is None:
        now = f"{before.title} has no cost now{_why(stayed.new)}."
    else:
        now = f"{before.title} costs {money(stayed.new.usd)} now, {_change(before.usd, stayed.new.usd)}."
    return (
        f"The recommendation for {name} moves from {before.title} to {after.title}: {cost},"
        f" {_change(before.usd, after.usd)}. {now}"
    )


def _why(offer: Offer | None) -> str:
    return f" ({offer.reason})" if offer and offer.reason else ""


def _change(old: float, new: float) -> str:
    if abs(new - old) < LEAST_USD:
        return "as before"
    more = "more" if new > old else "less"
    by = f" ({(new - old) / old:+.1%})" if old else ""
    return f"{money(abs(new - old))} {more} than the {money(old)} before{by}"


def notes(found: Difference) -> list[str]:
    """Return what makes the two results differ besides inputs, and what is only in one of them."""
    old, new = found.old, found.new
    out = []
    if old.workload != new.workload:
        out.append(f"The results are of two workloads, {old.workload} and {new.workload}.")
    if not found.inputs and not found.other_prices and not found.other_model:
        out.append("Inputs, prices and model are the same in both.")
    if found.other_prices:
        out.append(f"Prices differ: {_prices(old)} before, {_prices(new)} now.")
    if found.other_model:
        out.append(f"The model differs: {_model(old)} before, {_model(new)} now.")
    together = [cause for cause in found.causes if cause.kind in (INPUT, BOTH) and len(cause.inputs) > 1]
    if together and found.attribution is None:
        out.append("From two results the inputs are told together; give the two workloads to tell them apart.")
    for words, side, other in (("now", new, old), ("before", old, new)):
        alone = [offer.title for name, offer in side.offers.items() if name not in other.offers]
        if alone:
            out.append(f"Only in the result {words}: {', '.join(alone)}.")
    for change in found.offers:
        if change.old and change.new and change.old.status != change.new.status:
            why = _why(change.new)
            out.append(f"{change.title} was {change.old.status} and is {change.new.status}{why}.")
    return out


def _prices(result: Result) -> str:
    return f"those up to {result.prices['as_of_newest']} (digest {result.prices['digest'][:8]})"


def _model(result: Result) -> str:
    return f"version {result.model['version']} (tables {result.model['digest'][:8]})"


def grids(found: Difference) -> list[Grid]:
    """Return the tables: what changed and what that moved, the bill by line, every offer."""
    out = [_causes(found)] if found.causes or found.inputs else []
    lines = [change for change in found.lines if abs(change.usd) >= LEAST_USD]
    if lines:
        out.append(_lines(found, lines))
    if len(found.offers) > 1:
        out.append(_offers(found))
    return out


def _causes(found: Difference) -> Grid:
    inputs = {change.name: change for change in found.inputs}
    rows: list[tuple[str, ...]] = []
    for cause in found.causes:
        usd = signed(cause.usd)
        if cause.kind in (INPUT, BOTH) and cause.inputs:
            for i, name in enumerate(cause.inputs):
                change = inputs[name]
                cells = (input_words(name), said(change.old, change.unit), said(change.new, change.unit))
                rows.append((*cells, usd if i == len(cause.inputs) - 1 else "with the next"))
        else:
            rows.append((*_cause_cells(found, cause), usd))
        if cause.kind == BOTH:
            rows[-1] = (*rows[-1][:3], "with the model")
            rows.append((*_model_cells(found), usd))
    if not found.causes:
        rows = [(input_words(c.name), said(c.old, c.unit), said(c.new, c.unit), "-") for c in found.inputs]
    if found.usd is not None and len(rows) > 1:
        before, after = (money(offer.usd) if offer else "-" for offer in (found.before, found.after))
        rows.append(("together", before, after, signed(found.usd)))
    columns = (("cause", False), ("before", False), ("now", False), ("USD/month", True))
    return Grid("What moved it", columns, tuple(rows))


def _cause_cells(found: Difference, cause: Cause) -> tuple[str, str, str]:
    if cause.kind == PRICE:
        old, new = found.old.prices, found.new.prices
        days = old["as_of_newest"], new["as_of_newest"]
        before, after = days if days[0] != days[1] else (f"digest {p['digest'][:8]}" for p in (old, new))
        return "prices, at the old quantities", before, after
    if cause.kind == CHOICE:
        return "another size at the new prices", "", ""
    if cause.kind == OFFER:
        before, after = (offer.title if offer else "" for offer in (found.before, found.after))
        return "another offer", before, after
    if cause.kind == MODEL:
        return _model_cells(found)
    return "inputs", "", ""


def _model_cells(found: Difference) -> tuple[str, str, str]:
    old, new = found.old.model, found.new.model
    if old["version"] == new["version"]:
        return "model", f"tables {old['digest'][:8]}", f"tables {new['digest'][:8]}"
    return "model", old["version"], new["version"]


def line_words(change: LineChange) -> str:
    """Return what a line is about; with both SKUs where one came in the place of another."""
    old, new = change.old, change.new
    skus = dict.fromkeys(line.sku for line in (old, new) if line is not None and line.sku)
    title = change.either.title
    return f"{title}, {' to '.join(skus)}" if skus else title


def _lines(found: Difference, lines: list[LineChange]) -> Grid:
    prices = found.other_prices
    columns = [("line", False), ("before", True), ("now", True), ("unit", False)]
    columns += [("by price", True), ("by quantity", True)] if prices else []
    rows = []
    for change in lines[:MOST_LINES]:
        cells = [line_words(change), _quantity(change.old), _quantity(change.new), change.either.unit]
        cells += [signed(change.price_usd), signed(change.quantity_usd)] if prices else []
        rows.append((*cells, signed(change.usd)))
    more = len(lines) - MOST_LINES
    title = "The bill by line, quantities a month" + (f"; {more} more in --json" if more > 0 else "")
    return Grid(title, (*columns, ("USD/month", True)), tuple(rows))


def _quantity(line: Line | None) -> str:
    if line is None:
        return "-"
    return f"{line.quantity:,.0f}" if line.quantity >= 1000 else f"{line.quantity:,.4g}"


def _offers(found: Difference) -> Grid:
    columns = (
        ("offer", False),
        ("before", True),
        ("now", True),
        ("USD/month", True),
        ("share", True),
        ("most by", False),
    )
    rows = []
    shown = found.offers[:MOST_OFFERS]
    for change in shown:
        old, new = (_cost(offer) for offer in (change.old, change.new))
        of = change.old.usd if change.old else None
        rows.append((change.title, old, new, signed(change.usd), share(change.usd, of), _most(change)))
    more = len(found.offers) - len(shown)
    return Grid("Every offer" + (f"; {more} more in --json" if more else ""), columns, tuple(rows))


def _cost(offer: Offer | None) -> str:
    if offer is None:
        return "-"
    return money(offer.usd) if offer.usd is not None else offer.status


def _most(change: OfferChange) -> str:
    """The cause that moves an offer most."""
    moving = [cause for cause in change.causes if abs(cause.usd) >= LEAST_USD]
    if not moving:
        return ""
    most = max(moving, key=lambda cause: abs(cause.usd))
    names = {PRICE: "prices", CHOICE: "another size", MODEL: "model", BOTH: "inputs and model"}
    what = names.get(most.kind) or " and ".join(map(input_words, most.inputs))
    return f"{what} {signed(most.usd)}" if len(moving) > 1 else what


def markdown(found: Difference) -> str:
    """Return what moved as Markdown, for a pull request."""
    first, *others = sentences(found)
    parts = [escaped(first), *(f"- {escaped(text)}" for text in others)]
    body = ["\n".join([parts[0], *([""] if others else []), *parts[1:]])]
    return "\n\n".join([*body, *(grid.markdown() for grid in grids(found))])


def diff_document(found: Difference) -> dict[str, Any]:
    """Return what moved as a document that JSON can hold: inputs, causes, lines and offers with their numbers."""
    return mapping(
        {
            "currency": "USD",
            "old": _side(found.old),
            "new": _side(found.new),
            "platform": {"old": _platform(found.before), "new": _platform(found.after)},
            "monthly_usd": {
                "old": found.before.usd if found.before else None,
                "new": found.after.usd if found.after else None,
                "difference": found.usd,
                "growth": found.growth,
            },
            "summary": sentences(found),
            "inputs": [_input(change) for change in found.inputs],
            "causes": [_cause(cause) for cause in found.causes],
            "lines": [_line(change) for change in found.lines],
            "offers": [_offer(change) for change in found.offers],
        }
    )


def _side(result: Result) -> dict[str, Any]:
    return {
        "name": result.label,
        "workload": result.workload,
        "recommended": result.choice,
        "model": dict(result.model),
        "prices": dict(result.prices),
    }


def _platform(offer: Offer | None) -> str | None:
    return offer.platform if offer else None


def _input(change: Change) -> dict[str, Any]:
    return {"input": change.name, "old": change.old, "new": change.new, "unit": change.unit}


def _cause(cause: Cause) -> dict[str, Any]:
    return {"cause": cause.kind, "inputs": list(cause.inputs), "usd": cause.usd}


def _line(change: LineChange) -> dict[str, Any]:
    return {
        "title": change.either.title,
        "category": change.either.category,
        "unit": change.either.unit,
        "old": _bill_line(change.old),
        "new": _bill_line(change.new),
        "usd": change.usd,
        "price_usd": change.price_usd,
        "quantity_usd": change.quantity_usd,
    }


def _bill_line(line: Line | None) -> dict[str, Any] | None:
    if line is None:
        return None
    return {
        "meter": line.meter,
        "sku": line.sku,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "usd": line.usd,
    }


def _offer(change: OfferChange) -> dict[str, Any]:
    return {
        "platform": change.platform,
        "title": change.title,
        "old": _standing(change.old),
        "new": _standing(change.new),
        "usd": change.usd,
        "causes": list(_cause_rows(change)),
    }


def _standing(offer: Offer | None) -> dict[str, Any] | None:
    return None if offer is None else {"status": offer.status, "monthly_usd": offer.usd, "what": offer.what}


def _cause_rows(change: OfferChange) -> Iterator[dict[str, Any]]:
    return (_cause(cause) for cause in change.causes)


__all__ = ["diff_document", "grids", "markdown", "notes", "sentences"]
