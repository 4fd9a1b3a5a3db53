"""Schedules and choices as documents and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamfacts.errors import cut
from streamfacts.units import human
from streamfacts.words import money
from streamplan.analyses.schedule.schedule import Schedule
from streamplan.views.json import plain, records
from streamplan.views.tables import Cell, Column, Table, count, usd
from streamplan.views.workload_document import workload_document


def schedule_document(found: Sequence[Schedule]) -> dict[str, Any]:
    """Return the schedules of one workload: steps and months of each offer, the least total first."""
    one = found[0]
    return {
        "workload": workload_document(one.workload),
        "currency": "USD",
        "months": one.months,
        "step_months": one.step_months,
        "lead_days": one.lead_days,
        "platforms": [
            {
                "platform": s.offer.name,
                "title": s.offer.title,
                "feasible": s.feasible,
                "reason": s.reason,
                "configuration": s.configuration,
                "clusters": s.plan.clusters,
                "total_usd": plain(s.total) if s.feasible else None,
                "resized_total_usd": plain(float(s.resized.sum())) if s.feasible else None,
                "steps": records(s.steps),
                "by_month": records(s.table),
            }
            for s in found
        ],
    }


def steps_table(s: Schedule) -> Table:
    """Return the steps of one offer."""
    w = s.workload
    title = f"{w.title or w.name}: {s.offer.title}, {s.configuration}; {money(s.total)} USD in {s.months} months"
    if s.plan.clusters > 1:
        title += f"; of each of {s.plan.clusters} clusters"
    table = Table(
        title,
        (
            count("month", "month"),
            Column("hold", "hold", priority=0, least=14),
            Column("volume", "volume each", True, "GiB", priority=3),
            Column("moved", "data to move", True, "bytes", priority=3),
            Column("order", "order before", True, "d", priority=2),
            usd("usd_after", "USD a month", 0),
            Column("binding", "because of", priority=1, least=14),
        ),
        name="steps",
    )
    for row in s.steps.to_dict("records"):
        first, added, disk = row["month"] == 1, row["after"] - row["before"], row["disk_after_gib"]
        more = "" if first or not added else f" (+{added:,.0f})"
        table.add(
            {
                **row,
                "hold": f"{row['after']:,.0f} {row['unit']}s{more}",
                "volume": "" if disk != disk else Cell(disk, f"{disk:,.0f} GiB"),
                "moved": Cell(row["moved_bytes"], human(row["moved_bytes"], "bytes")) if row["moved_bytes"] else None,
                "order": None if first else Cell(row["order_days"], f"{row['order_days']:.0f} d"),
            }
        )
    return table


def schedules_table(found: Sequence[Schedule]) -> Table:
    """Return one row an offer, the least total first."""
    w = found[0].workload
    table = Table(
        f"{w.title or w.name}: schedules, USD",
        (
            Column("title", "offer", least=20),
            Column("machine", "machine", priority=2, least=12),
            Column("first", "first month", True, priority=2),
            Column("last", "last month", True, priority=2),
            count("steps", "steps", 3),
            usd("total", "total", 0),
            usd("extra", "for holding", 1),
            Column("note", "note", priority=1, least=18),
        ),
        name="offers",
    )
    for s in found:
        if not s.feasible:
            table.add({"title": s.offer.title, "note": Cell(s.reason, cut(s.reason, 140))}, mark="dim")
            continue
        ends = [" + ".join(f"{u[i]:,.0f}" for u in s.units.values()) for i in (0, -1)]
        table.add(
            {
                "title": s.offer.title,
                "machine": s.configuration,
                "first": ends[0],
                "last": ends[1],
                "steps": len(s.steps),
                "total": s.total,
                "extra": s.total - float(s.resized.sum()),
                "note": s.offer.closed,
            }
        )
    return table
