"""A runway and its inverse: as tables for a terminal, as a document, and as the first screen of a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from streamfacts.units import human
from streamplan.analyses.risk.risk import PERCENTILES, percentiles
from streamplan.analyses.runway.inverse import Most
from streamplan.analyses.runway.runway import Runway
from streamplan.views.html import Html, render
from streamplan.views.inputs import input_words
from streamplan.views.tables import Cell, Column, Table, count, share

#: Rows of the table; the document has all.
MOST_ROWS = 12

FIELD_NAMES = {"write": "throughput", "retention": "retention", "fan_out": "fan-out"}


def runway_table(result: Runway) -> Table:
    """Return the walls, the one that comes first on top: use now and the month in which each is passed."""
    title = f"{result.workload.title or result.workload.name} on {result.held.what}: when each wall is passed"
    months = (("likely_month", "likely"), ("p10_month", "P10"), ("p50_month", "P50"))
    table = Table(
        title,
        (
            Column("wall", "wall", least=20),
            share("used_now", "used now", 0, digits=1),
            share("use_up_to", "up to", 3, digits=1),
            share("used_at_the_end", f"in month {result.months}", 1, digits=1),
            *(Column(k, name, True, "month", priority=1) for k, name in months),
            share("within_horizon", "within", 2, unit="share of draws"),
            share("first", "first", 2, unit="share of draws"),
        ),
        name="walls",
        most=MOST_ROWS,
    )
    for row in result.table.to_dict("records"):
        table.add({**row, **{k: Cell(row[k], month_in_words(row[k])) for k, _ in months}})
    return table


def month_in_words(month: Any) -> str:
    """Return a month as a number, "now" for the first and "later" beyond the horizon."""
    if month is None or month != month or not np.isfinite(float(month)):
        return "later"
    return "now" if month == 1 else str(int(month))


def _when(month: float) -> str:
    words = month_in_words(month)
    return f"by month {words}" if words.isdigit() else words


def runway_terms(result: Runway) -> str:
    """Return how the table of a runway is to be read."""
    first, names = result.first, ", ".join(map(input_words, result.inputs)) or "none"
    low, middle = (_when(m) for m in first.months[:2])
    growth = result.workload.growth
    none = "The workload has no growth block: nothing moves but the draws. " if growth is None else ""
    disk = (
        ""
        if result.held.disk_bytes
        else " Disks count with the largest size that can be had; --disk states those that are there."
    )
    ever = [_when(m) for m in percentiles(result.binds)[:2]]
    return (
        f"{none}Some wall is passed {ever[1]} in the median, {ever[0]} in one draw of ten. First: {first.label},"
        f" {middle} in the median, {low} in one draw of ten. P10, P50:"
        f" the month by which the wall is passed in a tenth and in half of the draws; later: after month"
        f" {result.months}. Within: share of draws that pass it by then; first: that pass none sooner."
        f" {result.draws:,} draws, seed {result.seed}; uncertain: {names}.{disk}"
    )


def most_table(found: Sequence[tuple[str, Most]], month: int) -> Table:
    """Return the most that is carried: by what, of which field, and how far that is from the workload."""
    table = Table(
        f"The most that is carried in month {month}",
        (
            Column("by", "by", least=14),
            Column("of", "of", priority=0, folds=False),
            Column("asked", "asked", True, priority=2),
            Column("likely", "likely", True, priority=0),
            count("times", "times", 1, digits=2),
            Column("p10", "P10", True, priority=1),
            Column("p50", "P50", True, priority=1),
        ),
        name="most",
    )
    for by, most in found:
        asked, likely, p10, p50 = (
            Cell(float(x), _amount(x, most.unit)) for x in (most.now, most.likely, *most.percentiles[:2])
        )
        times = float(most.likely / most.now) if np.isfinite(most.likely) else None
        amounts = {"asked": asked, "likely": likely, "p10": p10, "p50": p50}
        table.add(
            {"by": by, "of": FIELD_NAMES[most.field], "times": Cell(times, "") if times is None else times, **amounts}
        )
    return table


def _amount(value: float, unit: str) -> str:
    if value == 0:
        return "nothing fits"
    return human(float(value), unit) if np.isfinite(value) else "no wall"


def runway_document(
    result: Runway, most: Sequence[tuple[str, Most]] = (), budget: float | None = None
) -> dict[str, Any]:
    """Return a runway as a plain document: the cluster, every wall, and the most that it and a budget carry."""
    from streamplan.views.json import plain, records
    from streamplan.views.workload_document import workload_document

    h = result.held
    return {
        "workload": workload_document(result.workload),
        "cluster": {
            "platform": h.platform,
            "machine": h.machine,
            "units": h.units,
            "pools": plain(dict(h.pools)),
            "disk_bytes": h.disk_bytes,
            "clusters": h.clusters,
            "options": plain(dict(h.options)),
            "what": h.what,
        },
        "months": result.months,
        "draws": result.draws,
        "seed": result.seed,
        "percentiles": list(PERCENTILES),
        "first": result.first.label,
        "binds_month": plain(percentiles(result.binds)),
        "walls": plain(records(result.table)),
        "budget_usd": budget,
        "most": [{"by": by, **most_document(found)} for by, found in most],
    }


def most_document(most: Most) -> dict[str, Any]:
    """Return the most of a field; `likely` is null where no wall was found."""
    low, middle, high = most.percentiles
    return {
        "field": most.field,
        "unit": most.unit,
        "asked": most.now,
        "likely": most.likely,
        "p10": low,
        "p50": middle,
        "p90": high,
    }


def runway_answer(result: Runway) -> Html:
    """The first screen: which wall comes first, when, and how full the cluster is today."""
    first = result.first
    rows = result.table.head(MOST_ROWS).to_dict("records")
    for row in rows:
        for name in ("likely_month", "p10_month", "p50_month"):
            row[name] = month_in_words(row[name])
    return render(
        "runway.html.j2",
        result=result,
        w=result.workload,
        first=first,
        low=month_in_words(first.months[0]),
        middle=month_in_words(first.months[1]),
        any_low=month_in_words(percentiles(result.binds)[0]),
        any_middle=month_in_words(percentiles(result.binds)[1]),
        share=float(np.isfinite(result.binds).mean()),
        inputs=list(result.inputs),
        rows=rows,
    )


def most_carried(found: Sequence[tuple[str, Most]], month: int) -> Html:
    """A table of the most that a cluster and a budget carry."""
    rows = [
        {
            "by": by,
            "field": FIELD_NAMES[most.field],
            "asked": _amount(most.now, most.unit),
            "likely": _amount(most.likely, most.unit),
            "p10": _amount(float(most.percentiles[0]), most.unit),
            "p50": _amount(float(most.percentiles[1]), most.unit),
        }
        for by, most in found
    ]
    return render("most_carried.html.j2", rows=rows, month=month)
