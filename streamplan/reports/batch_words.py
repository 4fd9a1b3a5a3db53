"""A batch in words: its table and its index page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamplan.planning.horizon import HORIZON
from streamplan.views.html import Html, render
from streamplan.views.tables import Column, Table, usd

if TYPE_CHECKING:
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
    """Return the reports of a portfolio, by team, with the recommended offer of each."""
    table = Table(
        f"{batch.title}: recommended offer, USD",
        (
            Column("name", "name", least=16),
            Column("team", "team", priority=2, least=10),
            Column("said", "offer", priority=1, least=16),
            usd("monthly_usd", "USD/month", 0),
            Column("fresh", "report", priority=3, folds=False),
        ),
    )
    for team, found in batch.teams.items():
        for d in found:
            said = d.summary["title"] or d.summary["status"]
            report = "made" if d.fresh else "unchanged"
            cells = {"name": d.row.name, "team": team, "said": said, "fresh": report}
            table.add({**cells, "monthly_usd": d.summary["monthly_usd"]})
    return table
