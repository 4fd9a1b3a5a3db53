"""Published rules in words: table, document and the pieces of their page."""

from __future__ import annotations

from typing import Any

from streamplan.analyses.opinions.opinions import Opinions
from streamplan.views.html import Html, render
from streamplan.views.tables import Cell, Column, Table
from streamplan.views.terminal import fold


def _number(value: float, digits: int = 0) -> str:
    return "not stated" if value != value else f"{value:,.{digits}f}"


def opinion_rows(opinions: Opinions) -> list[dict[str, Any]]:
    """Return the rows of the comparison with every number in words."""
    rows = opinions.table.to_dict("records")
    notes = {v.name: v.notes for v in opinions.views}
    out = []
    for row in rows:
        span = row["vcpu_low"] == row["vcpu_low"] and row["vcpu_low"] < row["vcpu_high"]
        out.append(
            {
                **{str(k): v for k, v in row.items()},
                "vcpu": _number(row["vcpu"]),
                "span": f"{row['vcpu_low']:,.0f} to {row['vcpu_high']:,.0f}" if span else "",
                "memory": _number(row["memory_gib"]),
                "disk": _number(row["disk_tib"], 1),
                "notes": notes[row["name"]],
            }
        )
    return out


def opinions_table(opinions: Opinions) -> Table:
    """Return ours and theirs side by side, ours first."""
    w = opinions.workload
    table = Table(
        f"{w.title or w.name}: second opinions",
        (
            Column("title", "rule or plan", least=20),
            Column("what", "what", priority=1, least=16),
            Column("vcpu", "vCPU", True, priority=0),
            Column("span", "over machine types", True, "vCPU", priority=3, parts=("least", "most")),
            Column("memory", "memory GiB", True, priority=2),
            Column("disk", "disk TiB", True, priority=2),
            Column("binding", "decides", priority=4, least=12),
            Column("warnings", "outside its range", priority=5, least=18),
        ),
    )
    for row, plain in zip(opinion_rows(opinions), opinions.table.to_dict("records"), strict=True):
        numbers = (("vcpu", "vcpu"), ("memory", "memory_gib"), ("disk", "disk_tib"))
        cells = {key: Cell(plain[name], row[key]) for key, name in numbers}
        span = Cell((plain["vcpu_low"], plain["vcpu_high"]), row["span"]) if row["span"] else None
        table.add({**row, **cells, "span": span}, mark="bold" if row["ours"] else "")
    return table


def why_lines(opinions: Opinions, wide: int) -> list[str]:
    """Return why each rule differs from ours, a paragraph a rule and quantity, in lines of at most `wide`."""
    lines: list[str] = []
    for d in opinions.why:
        head, *factors = d.sentences
        lines += fold(f"{d.title}: {head}", wide)
        for factor in factors:
            lines += fold(factor, wide, "    ", "      ")
    return lines


def side_by_side(opinions: Opinions) -> Html:
    """The table as HTML, with what each rule states besides, its range and its source."""
    return render("opinions.html.j2", rows=opinion_rows(opinions), summary=opinions.summary, w=opinions.workload)


def reasons(opinions: Opinions) -> Html:
    """Why each rule differs from ours, as HTML."""
    groups: dict[str, list[list[str]]] = {}
    for d in opinions.why:
        groups.setdefault(d.title, []).append(d.sentences)
    return render("opinion_reasons.html.j2", groups=groups)
