"""Where the cheapest offer flips, in words: tables, document and the pieces of its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from capacity import find_offer
from streamfacts.words import money
from streamplan.analyses.break_even.break_even import BreakEven
from streamplan.views.html import Html, Row, table_page
from streamplan.views.inputs import input_words
from streamplan.views.json import mapping, records
from streamplan.views.tables import Cell, Column, Table, usd
from streamplan.views.workload_document import workload_document


def break_even_document(found: BreakEven) -> dict[str, Any]:
    """Return where the cheapest offer flips: both axes, the flips of each row, those of the workload, the grid."""
    return mapping(
        {
            "workload": workload_document(found.workload),
            "currency": "USD",
            **{
                name: {"input": one.name, "unit": one.unit, "values": one.values, "own": one.own}
                for name, one in (("x", found.x), ("y", found.y))
            },
            "platforms": found.offers,
            "cheapest_somewhere": found.winners,
            "flips": records(found.flips),
            "own_flips": records(found.own_flips),
            "grid": records(found.table),
        }
    )


def own_flips(found: BreakEven) -> Html:
    """The flips through the workload's own point, along either axis."""
    rows = []
    for r in found.own_flips.to_dict("records"):
        along = found.x if r["along"] == found.x.name else found.y
        rows.append(Row([r["along"], along.text(r["at"]), _title(r["below"]), _title(r["above"]), money(r["usd"])]))
    columns = [("along", False), ("flip at", True), ("cheapest below", False), ("cheapest above", False)]
    note = (
        "All else at the workload's likely values." if rows else "No other offer becomes the cheapest on either axis."
    )
    return table_page([*columns, ("USD a month there", True)], rows, note)


def flips(found: BreakEven) -> Html:
    """Every flip along the rows of the map."""
    rows = [
        Row([found.y.text(r["row"]), found.x.text(r["at"]), _title(r["below"]), _title(r["above"]), money(r["usd"])])
        for r in found.flips.to_dict("records")
    ]
    columns = [(found.y.name, True), (f"{found.x.name} at the flip", True), ("cheapest below", False)]
    return table_page([*columns, ("cheapest above", False), ("USD a month there", True)], rows, "")


def _title(name: Any) -> str:
    return find_offer(name).title if name else "none fits"


def break_even_tables(found: BreakEven) -> list[Table]:
    """Return the flips through the workload's own point, and those of every row of the grid."""
    w = found.workload
    flip = (
        Column("below", "cheapest below", priority=0, least=16),
        Column("above", "cheapest above", priority=0, least=16),
        usd("usd", "USD/month", 1),
    )
    own = Table(
        f"{w.title or w.name}: where the cheapest offer flips, all else as it is",
        (Column("along", "input"), Column("at", "at", number=True, priority=0), *flip),
        name="own",
        empty="it does not: the same offer is cheapest all along both inputs",
    )
    for row in found.own_flips.to_dict("records"):
        along = found.x if row["along"] == found.x.name else found.y
        below, above = _ends(row)
        at = Cell(row["at"], along.text(row["at"]))
        own.add({"along": _axis(row["along"]), "at": at, "below": below, "above": above, "usd": row["usd"]})
    x, y = _axis(found.x.name), _axis(found.y.name)
    rows = Table(
        f"by {y}",
        (Column("y", y, number=True), Column("x", f"{x} at the flip", number=True, priority=0), *flip),
        name="grid",
        empty="no row of the map has a flip in it",
    )
    for row in found.flips.to_dict("records"):
        below, above = _ends(row)
        at, of = Cell(row["at"], found.x.text(row["at"])), Cell(row["row"], found.y.text(row["row"]))
        rows.add({"y": of, "x": at, "below": below, "above": above, "usd": row["usd"]})
    return [own, rows]


def _axis(name: str) -> str:
    """An input as it is called in a sentence."""
    return {"write": "throughput", "team": "cost of the team"}.get(name, input_words(name))


def _ends(row: Mapping[Any, Any]) -> tuple[str, str]:
    below, above = (find_offer(row[k]).title if row[k] else "none fits" for k in ("below", "above"))
    return below, above
