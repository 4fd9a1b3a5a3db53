"""Schedules and choices as documents and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from streamfacts.units import human
from streamfacts.words import money
from streamplan.analyses.schedule.schedule import Schedule
from streamplan.views.json import plain, records
from streamplan.views.terminal import titled_table
from streamplan.views.workload_document import workload_document

if TYPE_CHECKING:
    from rich.table import Table


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
    table = titled_table(title)
    for name, number in (
        ("month", True), ("hold", False), ("volume each", True), ("data to move", True), ("order before", True),
        ("USD a month", True), ("because of", False),
    ):  # fmt: skip
        table.add_column(name, justify="right" if number else "left", no_wrap=number, overflow="fold")
    for row in s.steps.to_dict("records"):
        first, added = row["month"] == 1, row["after"] - row["before"]
        more = "" if first or not added else f" (+{added:,.0f})"
        table.add_row(
            str(row["month"]),
            f"{row['after']:,.0f} {row['unit']}s{more}",
            "" if row["disk_after_gib"] != row["disk_after_gib"] else f"{row['disk_after_gib']:,.0f} GiB",
            human(row["moved_bytes"], "bytes") if row["moved_bytes"] else "",
            "" if first else f"{row['order_days']:.0f} d",
            money(row["usd_after"]),
            row["binding"],
        )
    return table


def schedules_table(found: Sequence[Schedule]) -> Table:
    """Return one row an offer, the least total first."""
    w = found[0].workload
    table = titled_table(f"{w.title or w.name}: schedules, USD")
    for name, number in (("platform", False), ("machine", False), ("first", True), ("last", True), ("steps", True),
                         ("total", True), ("for holding", True), ("", False)):  # fmt: skip
        table.add_column(name, justify="right" if number else "left", no_wrap=number, overflow="fold")
    for s in found:
        if not s.feasible:
            table.add_row(s.offer.title, "", "", "", "", "", "", s.reason, style="dim")
            continue
        ends = [" + ".join(f"{u[i]:,.0f}" for u in s.units.values()) for i in (0, -1)]
        extra = s.total - float(s.resized.sum())
        table.add_row(
            s.offer.title, s.configuration, *ends, str(len(s.steps)), money(s.total), money(extra), s.offer.closed
        )
    return table
