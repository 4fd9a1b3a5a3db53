"""Published rules in words: table, document and the pieces of their page."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from streamplan.analyses.opinions.opinions import Opinions
from streamplan.views.html import Html, render
from streamplan.views.terminal import titled_table

if TYPE_CHECKING:
    from rich.table import Table


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
    table = titled_table(f"{w.title or w.name}: second opinions")
    table.add_column("rule or plan", overflow="fold", min_width=22)
    table.add_column("what", overflow="fold", min_width=18)
    for name in ("vCPU", "over machine types", "memory GiB", "disk TiB"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("decides", overflow="fold", min_width=12)
    table.add_column("outside its range", overflow="fold", min_width=18)
    for row in opinion_rows(opinions):
        cells = [row["title"], row["what"], row["vcpu"], row["span"], row["memory"], row["disk"], row["binding"]]
        table.add_row(*cells, row["warnings"], style="bold" if row["ours"] else None)
    return table


def why_text(opinions: Opinions) -> str:
    """Return why each rule differs from ours, a paragraph a rule and quantity."""
    lines = []
    for d in opinions.why:
        head, *factors = d.sentences
        lines.append(textwrap.fill(f"{d.title}: {head}", 118))
        lines += [textwrap.fill(f, 118, initial_indent="    ", subsequent_indent="      ") for f in factors]
    return "\n".join(lines)


def side_by_side(opinions: Opinions) -> Html:
    """The table as HTML, with what each rule states besides, its range and its source."""
    return render("opinions.html.j2", rows=opinion_rows(opinions), summary=opinions.summary, w=opinions.workload)


def reasons(opinions: Opinions) -> Html:
    """Why each rule differs from ours, as HTML."""
    groups: dict[str, list[list[str]]] = {}
    for d in opinions.why:
        groups.setdefault(d.title, []).append(d.sentences)
    return render("opinion_reasons.html.j2", groups=groups)
