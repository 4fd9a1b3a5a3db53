"""A batch in words: its table and its index page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from streamfacts.words import money
from streamplan.planning.horizon import HORIZON
from streamplan.views.html import Html, render
from streamplan.views.terminal import titled_table

if TYPE_CHECKING:
    from rich.table import Table

    from streamplan.reports.batch_result import Batch


def portfolio_index(batch: Batch) -> Html:
    """The index of a batch: totals, teams, a link a report, and what failed."""
    done = [d for found in batch.teams.values() for d in found]
    usd = {id(d): float(d.summary["monthly_usd"]) for d in done if d.summary["monthly_usd"] is not None}
    total = sum(usd.values())
    teams = [
        {
            "name": team,
            "count": len(found),
            "usd": (own := sum(usd.get(id(d), 0.0) for d in found)),
            "share": own / (total or 1.0),
            "without": sum(id(d) not in usd for d in found),
        }
        for team, found in batch.teams.items()
    ]
    return render(
        "portfolio.html.j2",
        batch=batch,
        done=done,
        teams=sorted(teams, key=lambda t: -float(t["usd"])),
        total=total,
        horizon=HORIZON,
        dearest=sorted((d for d in done if id(d) in usd), key=lambda d: -usd[id(d)])[:3],
        without=[d.row.name for d in done if id(d) not in usd],
        beside=["portfolio.xlsx"] if any("xlsx" in d.files for d in done) else [],
    )


def batch_table(batch: Batch) -> Table:
    """Return the reports of a portfolio, by team, with the cheapest platform of each."""
    table = titled_table(f"{batch.title}: cheapest offer that fits, USD")
    for name in ("name", "team", "platform"):
        table.add_column(name, overflow="fold", min_width=12)
    table.add_column("USD/month", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for team, found in batch.teams.items():
        for d in found:
            said = d.summary["title"] or d.summary["status"]
            cells = (d.row.name, team, said, money(d.summary["monthly_usd"]), "" if d.fresh else "unchanged")
            table.add_row(*map(escape, cells))
    return table
