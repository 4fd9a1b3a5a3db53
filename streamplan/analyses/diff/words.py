"""What moved, in words: sentences, tables for a terminal or Markdown, and the document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
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
from streamplan.views.inputs import LEAST_USD, input_words, said, signed
from streamplan.views.json import mapping
from streamplan.views.table_files import as_markdown, escaped
from streamplan.views.tables import Cell, Column, Table, usd

#: Rows of the tables of lines and of offers that are shown unless more are asked for.
MOST_LINES, MOST_OFFERS = 20, 10


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
    before, after = found.before, found.after
    if before and after and before.platform == after.platform and before.what != after.what and after.what:
        out.append(f"It takes {after.what} in place of {before.what or 'nothing'}.")
    unnamed = found.sized and all(side.workload == Path(side.label).stem for side in (old, new))
    if old.workload != new.workload and not unnamed:  # two files without a name are called by their own
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
    if found.attribution is not None and any(cause.inputs == _names(found) for cause in together):
        out.append("With some of the inputs changed and others not it does not fit, so they are told together.")
    for words, side, other in (("now", new, old), ("before", old, new)):
        alone = [offer.title for name, offer in side.offers.items() if name not in other.offers]
        if alone:
            out.append(f"Only in the result {words}: {', '.join(alone)}.")
    for change in found.offers:
        if change.old and change.new and change.old.status != change.new.status:
            why = _why(change.new)
            out.append(f"{change.title} was {change.old.status} and is {change.new.status}{why}.")
    return out


def _names(found: Difference) -> tuple[str, ...]:
    return tuple(change.name for change in found.inputs)


def _prices(result: Result) -> str:
    return f"those up to {result.prices['as_of_newest']} (digest {result.prices['digest'][:8]})"


def _model(result: Result) -> str:
    return f"version {result.model['version']} (tables {result.model['digest'][:8]})"


def tables(found: Difference) -> list[Table]:
    """Return the tables: what changed and what that moved, the bill by line, every offer."""
    out = [_causes(found)] if found.causes or found.inputs else []
    lines = [change for change in found.lines if max(abs(change.usd), abs(change.price_usd)) >= LEAST_USD]
    if lines:
        out.append(_lines(found, lines))
    if len(found.offers) > 1:
        out.append(_offers(found))
    return out


def _causes(found: Difference) -> Table:
    columns = [Column("cause", "cause"), Column("old", "before"), Column("new", "now"), _moved("usd", "USD/month", 1)]
    table = Table("What moved it", columns, "causes")
    inputs = {change.name: change for change in found.inputs}
    for cause in found.causes:
        last = cause.inputs[-1] if cause.inputs else ""
        for name in cause.inputs:
            usd = cause.usd if name == last and cause.kind == INPUT else Cell(None, "with the next")
            table.add({**_input_cells(inputs[name]), "usd": usd})
        if cause.kind != INPUT:
            table.add({**_cause_cells(found, cause), "usd": cause.usd})
    if not found.causes:
        for change in found.inputs:
            table.add({**_input_cells(change), "usd": None})
    if found.usd is not None and len(table.rows) > 1:
        old, new = (money(offer.usd) if offer else "" for offer in (found.before, found.after))
        table.add({"cause": "together", "old": old, "new": new, "usd": found.usd}, mark="bold")
    return table


def _moved(key: str, title: str, priority: int = 5) -> Column:
    """A column of changes in USD."""
    return Column(key, title, number=True, unit="" if "USD" in title else "USD", shown=signed, priority=priority)


def _input_cells(change: Change) -> dict[str, str]:
    old, new = (said(value, change.unit) for value in (change.old, change.new))
    return {"cause": input_words(change.name), "old": old, "new": new}


def _cause_cells(found: Difference, cause: Cause) -> dict[str, str]:
    old, new, what = "", "", cause.kind
    if cause.kind == PRICE:
        what, prices = "prices, at the old quantities", (found.old.prices, found.new.prices)
        old, new = (p["as_of_newest"] for p in prices)
        if old == new:
            old, new = (f"digest {p['digest'][:8]}" for p in prices)
    elif cause.kind == CHOICE:
        what = "another size at the new prices"
    elif cause.kind == OFFER:
        what = "another offer"
        old, new = (offer.title if offer else "" for offer in (found.before, found.after))
    elif cause.kind in (MODEL, BOTH):
        what, models = "model", (found.old.model, found.new.model)
        old, new = (m["version"] for m in models)
        if old == new:
            old, new = (f"tables {m['digest'][:8]}" for m in models)
    return {"cause": what, "old": old, "new": new}


def line_words(change: LineChange) -> str:
    """Return what a line is about; with both SKUs where one came in the place of another."""
    old, new = change.old, change.new
    skus = dict.fromkeys(line.sku for line in (old, new) if line is not None and line.sku)
    title = change.either.title
    return f"{title}, {' to '.join(skus)}" if skus else title


def _lines(found: Difference, lines: list[LineChange]) -> Table:
    columns = [
        Column("line", "line", least=20),
        Column("old", "before", number=True, shown=_quantity, priority=3),
        Column("new", "now", number=True, shown=_quantity, priority=2),
        Column("unit", "unit", priority=4),
        _moved("price", "by price", 6),
        _moved("quantity", "by quantity", 7),
        _moved("usd", "USD/month", 1),
    ]
    if not found.other_prices:
        columns = [column for column in columns if column.key not in ("price", "quantity")]
    title = "The bill by line, quantities a month"
    if found.before and found.after and found.before.platform != found.after.platform:
        title += f": of {found.before.title} before, of {found.after.title} now"
    table = Table(title, columns, "lines", MOST_LINES)
    for change in lines:
        old, new = (line.quantity if line else None for line in (change.old, change.new))
        cells = {"line": line_words(change), "old": old, "new": new, "unit": change.either.unit}
        table.add({**cells, "price": change.price_usd, "quantity": change.quantity_usd, "usd": change.usd})
    return table


def _quantity(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.4g}"


def _offers(found: Difference) -> Table:
    columns = [
        Column("offer", "offer", least=20),
        usd("old", "before", 3),
        usd("new", "now", 2),
        _moved("usd", "USD/month", 1),
        Column("share", "share", number=True, unit="share", shown=lambda x: f"{x:+.1%}", priority=4),
        Column("most", "most by"),
    ]
    table = Table("Every offer", columns, "offers", MOST_OFFERS)
    for change in found.offers:
        old = change.old.usd if change.old else None
        growth = change.usd / old if change.usd is not None and old else None
        costs = {"old": _cost(change.old), "new": _cost(change.new), "usd": change.usd}
        folded = "without a cost before or now" if change.usd is None else ""
        table.add({"offer": change.title, **costs, "share": growth, "most": _most(change)}, folded=folded)
    return table


def _cost(offer: Offer | None) -> float | Cell | None:
    if offer is None:
        return None
    return offer.usd if offer.usd is not None else Cell(None, offer.status)


def _most(change: OfferChange) -> str:
    """The cause that moves an offer most."""
    moving = [cause for cause in change.causes if abs(cause.usd) >= LEAST_USD]
    if not moving:
        return ""
    most = max(moving, key=lambda cause: abs(cause.usd))
    names = {PRICE: "prices", CHOICE: "another size", MODEL: "model", BOTH: "inputs and model"}
    what = names.get(most.kind) or " and ".join(map(input_words, most.inputs))
    return f"{what} {signed(most.usd)}" if len(moving) > 1 else what


def markdown_sentences(found: Difference) -> list[str]:
    """Return the sentences as Markdown: the first by itself, the others as items of a list, each a line."""
    first, *others = sentences(found)
    return [escaped(first), *([""] if others else []), *(f"- {escaped(text)}" for text in others)]


def markdown(found: Difference) -> str:
    """Return what moved as Markdown, for a pull request."""
    return "\n".join([*markdown_sentences(found), "", *(as_markdown(table) for table in tables(found))])


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


__all__ = ["diff_document", "markdown", "markdown_sentences", "notes", "sentences", "tables"]
