"""A chargeback in words, as a table for the terminal, as a page and as a document."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamplan.analyses.chargeback.charge import RESERVE, SPARE, Chargeback
from streamplan.analyses.chargeback.rules import DRIVERS
from streamplan.views.tables import Column, Table, count, share, usd


def summary(charged: Chargeback) -> list[str]:
    """Return what a reader must know in a few sentences: the total, what is unused, own clusters, budgets."""
    total, months = int(charged.total.sum()) / 100, charged.months
    span = "a month" if months == 1 else f"in {months} months"
    reserve, spare = (int(x) / 100 for x in charged.unused.sum(axis=1))
    out = [
        f"One cluster for {len(charged.portfolio.applications)} applications of {len(charged.portfolio.teams)} teams: "
        f"{charged.plan.what}, {total:,.2f} USD {span}; the charges add up to it to the cent."
    ]
    if charged.idle == "apart":
        out.append(
            f"Nobody uses {reserve + spare:,.2f} USD of it ({(reserve + spare) / total:.0%}): {reserve:,.2f} is"
            f" headroom for failures, peaks and full disks, {spare:,.2f} was bought beyond that."
        )
    else:
        out.append("What nobody uses is spread over the applications, line by line in proportion to what each used.")
    own = float(charged.separate.sum())
    if np.isfinite(own):
        less = "less" if own > total else "more"
        out.append(
            f"A cluster of its own for each team would cost {own:,.2f} USD: sharing costs {abs(own - total):,.2f}"
            f" ({abs(own - total) / own:.0%}) {less}."
        )
    else:
        none = [
            t for t, row in zip(charged.portfolio.teams, charged.separate, strict=True) if not np.isfinite(row).all()
        ]
        out.append(f"A cluster of its own fits, or has a price, for every team but {', '.join(none)}.")
    gone = charged.portfolio.left_out
    if gone:
        rows = len(gone) + len(charged.portfolio.applications)
        out.append(f"{len(gone)} of {rows} rows are left out, and nobody is charged for them: {gone[0].problem}.")
    return out + [sentence + "." for sentence in charged.alerts]


def rules(charged: Chargeback) -> list[dict[str, Any]]:
    """Return each line of the bill with its cost of all months, its driver in words, and how much of it was used."""
    out = []
    costs = charged.cents.sum(axis=(1, 2))
    for shared, cents in zip(charged.lines, costs, strict=True):
        if cents:
            entry = shared.entry
            by = DRIVERS.get(shared.driver)
            out.append(
                {
                    "meter": entry.usage.meter,
                    "sku": str(entry.usage.sku),
                    "title": entry.title,
                    "category": entry.category,
                    "usd": int(cents) / 100,
                    "charged": shared.rule.charged,
                    "driver": shared.driver,
                    "shared_by": by or f"demand on {shared.driver}, the resource that is used most",
                    "used": float(shared.used.mean()),
                    "reserve": float((shared.needed - shared.used).mean()),
                    "spare": float((1.0 - shared.needed).mean()),
                    "why": shared.rule.note,
                    "source": shared.rule.source,
                }
            )
    return out


def chargeback_document(charged: Chargeback) -> dict[str, Any]:
    """Return a chargeback as a JSON document: totals, a row an account, a row a team and month, every charge."""
    from streamplan.views.json import plain, records

    document: dict[str, Any] = plain(
        {
            "portfolio": charged.portfolio.name,
            "platform": charged.plan.offer.name,
            "title": charged.plan.offer.title,
            "region": charged.bill.region,
            "currency": charged.bill.currency,
            "what": charged.plan.what,
            "months": charged.months,
            "basis": charged.basis,
            "idle": charged.idle,
            "alert_at": charged.alert_at,
            "total_usd": int(charged.total.sum()) / 100,
            "total_by_month_usd": charged.total / 100,
            "own_clusters_usd": float(charged.separate.sum()),
            "summary": summary(charged),
            "accounts": records(charged.table),
            "by_month": records(charged.by_month),
            "alerts": charged.alerts,
            "rules": rules(charged),
            "charges": records(charged.charges),
            "left_out": [
                {"where": row.where, "name": row.name, "team": row.team, "reason": str(row.problem)}
                for row in charged.portfolio.left_out
            ],
        }
    )
    return document


def chargeback_table(charged: Chargeback) -> Table:
    """Return the accounts as a table for a terminal."""
    span = "a month" if charged.months == 1 else f"of {charged.months} months"
    table = Table(
        f"{charged.portfolio.name} on {charged.plan.offer.title}: charges {span}, USD",
        (
            Column("account", "account", least=20),
            count("applications", "applications", 3),
            Column("usd", "USD", True, shown=lambda x: f"{x:,.2f}", priority=0),
            share("share", "share", 1, digits=1),
            usd("budget_usd", "budget", 2),
            usd("own_cluster_usd", "own cluster", 2),
        ),
    )
    for row in charged.table.to_dict("records"):
        nobody = row["kind"] in (RESERVE, SPARE)
        name = {RESERVE: "(reserve: headroom)", SPARE: "(spare: bought beyond it)"}.get(row["kind"], row["account"])
        cells = {**row, "account": name, "applications": None if nobody else row["applications"]}
        table.add(cells, mark="dim" if nobody else "")
    table.add({"account": "total", "usd": int(charged.total.sum()) / 100, "share": 1.0}, mark="bold")
    return table


def page_of(charged: Chargeback) -> Any:
    """Return the answer, the accounts and the rules as HTML that a notebook shows."""
    from streamplan.views.html import render

    return render(
        "chargeback.html.j2", charged=charged, sentences=summary(charged), rows=charged.table.to_dict("records")
    )


def rules_page(charged: Chargeback) -> Any:
    """Return the rules by which each line was shared, as HTML."""
    from streamplan.views.html import render

    return render("chargeback_rules.html.j2", rows=rules(charged), basis=charged.basis)
