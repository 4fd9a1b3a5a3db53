"""Levers in words: tables, document and the pieces of their page."""

from __future__ import annotations

from typing import Any

from streamfacts.words import money
from streamplan.analyses.levers.levers import LeverStudy
from streamplan.views.html import Html, Row, table_page
from streamplan.views.json import mapping, records
from streamplan.views.tables import Cell, Column, Table, share, usd
from streamplan.views.workload_document import workload_document


def levers_alone(study: LeverStudy) -> Html:
    """Each lever by itself: what it saves and gives up, or why it does not apply."""
    rows = []
    for r in study.alone.to_dict("records"):
        if r["saving_usd"] == r["saving_usd"]:
            rows.append(Row([r["title"], money(r["saving_usd"]), f"{r['share']:.0%}", r["what"], r["gives_up"]]))
        else:
            worth = r["worth_usd"] == r["worth_usd"]
            note = f"; without it {money(r['worth_usd'])} USD more" if worth else ""
            rows.append(Row([r["title"], "", "", r["why_not"] + note, r["gives_up"]], out=True))
    columns = [("measure", False), ("saves, USD a month", True), ("of the bill", True), ("then", False)]
    pulled = ", ".join(f"{name} {value:g}" for name, value in study.start.targets.items())
    return table_page(
        [*columns, ("gives up", False)], rows, f"Measured at the likely demand against {_now(study)}. {pulled}."
    )


def lever_stack(study: LeverStudy) -> Html:
    """The stack: each lever on top of those above it."""
    rows = [
        Row([r["title"], money(r["saving_usd"]), money(r["after_usd"]), r["what"], r["gives_up"]])
        for r in study.stack.to_dict("records")
    ]
    columns = [("measure", False), ("saves, USD a month", True), ("bill then", True), ("then", False)]
    left = "from" if rows else "nothing to take: it stays at"
    note = f"Together {money(study.saving)} USD a month, {left} {money(study.start.usd)}."
    return table_page([*columns, ("gives up", False)], rows, note)


def _now(study: LeverStudy) -> str:
    return f"{study.start.plan.offer.title}, {study.start.plan.what}, {money(study.start.usd)} USD a month"


def levers_alone_table(study: LeverStudy) -> Table:
    """Return what each lever saves by itself, the largest saving first."""
    w = study.workload
    title = f"{w.title or w.name}: {study.start.plan.offer.title}, {study.start.plan.what}, {money(study.start.usd)}"
    table = Table(
        f"{title} USD a month",
        (
            Column("title", "measure", least=22),
            usd("saving_usd", "saves", 0),
            share("share", "of the bill", 1),
            Column("note", "what it gives up, or why it is no choice", priority=2, least=24),
        ),
        name="alone",
    )
    for row in study.alone.to_dict("records"):
        saves = row["saving_usd"]
        if saves == saves:
            cells = {"saving_usd": saves if abs(saves) >= 0.005 else Cell(saves, "no effect"), "share": row["share"]}
            table.add({"title": row["title"], **cells, "note": row["gives_up"]})
        else:
            worth = row["worth_usd"] == row["worth_usd"]
            note = f"; without it {money(row['worth_usd'])} USD more" if worth else ""
            table.add({"title": row["title"], "note": row["why_not"] + note}, mark="dim")
    return table


def lever_stack_table(study: LeverStudy) -> Table:
    """Return the stack: each lever on top of those above it."""
    table = Table(
        f"stacked: together {money(study.saving)} USD a month",
        (
            Column("title", "measure", least=22),
            usd("saving_usd", "saves", 0),
            usd("after_usd", "then", 1),
            Column("what", "what is bought", priority=2, least=16),
        ),
        name="stacked",
    )
    for row in study.stack.to_dict("records"):
        table.add(row)
    return table


def levers_document(study: LeverStudy) -> dict[str, Any]:
    """Return a study of levers: each alone, the stack in its order, and what is bought before and after."""
    return mapping(
        {
            "workload": workload_document(study.workload),
            "currency": "USD",
            "platform": study.start.platform,
            "targets": dict(study.start.targets),
            "start": {"monthly_usd": study.start.usd, "what": study.start.plan.what},
            "end": {
                "monthly_usd": study.end.usd,
                "platform": study.end.platform,
                "what": study.end.plan.what,
            },
            "saving_usd": study.saving,
            "alone": records(study.alone),
            "stack": records(study.stack),
        }
    )
