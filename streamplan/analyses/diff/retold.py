"""Two results told apart by input: their workloads are sized anew where this program made both.

It counts only as far as it gives the bills of the two documents to the cent (`diff.Difference`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from capacity import Range, Workload
from pricing import PriceBook
from pricing.edition import edition_of
from streamfacts.digests import tables_digest
from streamfacts.errors import StreamplanError
from streamplan import __version__
from streamplan.analyses.diff.diff import Difference
from streamplan.analyses.diff.inputs import Attribution, attribute
from streamplan.analyses.diff.result import Result
from streamplan.planning.terms import Terms

#: The terms of a document that are terms of a study; people are drawn, and not in it.
TERMS = ("options", "hours_per_month", "most_clusters", "within")


def retold(found: Difference) -> Difference:
    """Return the difference with what each input moved, and with the prices of the new one, where they are known."""
    book = PriceBook.load()
    if edition_of(book).digest != found.new.prices["digest"]:
        return found
    found = replace(found, book=book)
    changed = [change.name for change in found.inputs]
    if len(changed) < 2 or any(name.startswith("terms.") for name in changed):
        return found
    ours = {"version": __version__, "digest": tables_digest()}
    if dict(found.old.model) != ours or dict(found.new.model) != ours:
        return found
    shares = _attribution(found.old, found.new, book, found.platform if found.asked else None)
    return found if shares is None else replace(found, attribution=shares)


def _attribution(old: Result, new: Result, book: PriceBook, platform: str | None) -> Attribution | None:
    told = {name: new.inputs.get(f"terms.{name}") for name in TERMS}
    if new.inputs.get("terms.people") is not False or None in told.values():
        return None
    both = [name for name, offer in new.offers.items() if offer.usd is not None and name in old.offers]
    try:
        terms = Terms(book=book, **told)  # type: ignore[arg-type]
        return attribute(_workload(old), _workload(new), terms, [platform] if platform in both else both)
    except (StreamplanError, TypeError):
        return None  # a document that no workload of this version can have


def _workload(result: Result) -> Workload:
    """Return the workload of a document, whose quantities are in canonical units."""
    fields = {name: value for name, value in result.inputs.items() if not name.startswith("terms.")}
    return Workload(
        **{name: _quantity(value) if name in Workload.quantities() else value for name, value in fields.items()}
    )


def _quantity(value: Any) -> Any:
    if isinstance(value, Mapping) and {"low", "likely", "high"} <= set(value):
        return Range(value["low"], value["likely"], value["high"])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Range(float(value), float(value), float(value))
    return value


__all__ = ["retold"]
