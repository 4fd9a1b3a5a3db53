"""A move from one offer to another as a document, as tables of a terminal and as pieces of a page. HTML is escaped."""

from __future__ import annotations

from typing import Any

from streamfacts.words import money
from streamplan.analyses.migration.build_or_buy import BuildOrBuy
from streamplan.analyses.migration.migration import PERCENTILES, Migration
from streamplan.views.html import Html, render
from streamplan.views.json import mapping, records
from streamplan.views.tables import Column, Table, usd
from streamplan.views.workload_document import workload_document


def when(month: float | None, horizon: int) -> str:
    """Return a payback month in words.

    Examples
    --------
    >>> when(14.0, 60), when(0.0, 60), when(None, 60)
    ('month 14', 'at once', 'not within 60 months')
    """
    if month is None:
        return f"not within {horizon} months"
    return "at once" if month == 0 else f"month {month:.0f}"


def migration_document(move: Migration) -> dict[str, Any]:
    """Return a move: the figures of the decision, its schedule by phase, and every month."""
    return mapping(
        {
            "workload": workload_document(move.workload),
            "currency": "USD",
            "from": move.source.offer.name,
            "to": move.target.offer.name,
            "method": move.method,
            "exit_path": move.path,
            "months": move.months,
            "discount_rate": move.discount_rate,
            "percentiles": PERCENTILES,
            "draws": move.draws,
            "draws_left_out": move.left_out,
            "seed": move.seed,
            "figures": move.figures,
            "inputs": [{"name": k, "low": v.low, "likely": v.likely, "high": v.high} for k, v in move.inputs.items()],
            "schedule": records(move.schedule),
            "by_month": records(move.by_month),
        }
    )


def migration_table(move: Migration) -> Table:
    """Return the schedule by phase with the cost of each part."""
    parts = (("work", 2), ("old_platform", 3), ("new_platform", 3), ("mirror", 4), ("history", 4), ("moving", 0),
             ("staying", 1))  # fmt: skip
    table = Table(
        f"{move.workload.title or move.workload.name}: from {move.source.offer.title} ({move.source.what})"
        f" to {move.target.offer.title} ({move.target.what}), USD",
        (
            Column("phase", "phase", folds=False),
            Column("months", "months", priority=0, folds=False),
            *(usd(f"{k}_usd", k.replace("_", " "), priority) for k, priority in parts),
        ),
    )
    for r in move.schedule.to_dict("records"):
        table.add({**r, "months": f"{r['first_month']} to {r['last_month']}"})
    return table


def sentences(move: Migration) -> list[str]:
    """Return the decision in sentences built from the numbers."""
    f, years = move.figures, f"{move.months} months"
    value, pays, days, once = (f[k] for k in ("npv_usd", "payback_month", "person_days", "one_off_usd"))
    both = int(sum(move.months_of[phase][0] for phase in ("move", "overlap")))
    verdict = "is worth" if (value["likely"] or 0) > 0 else "costs"
    out = [
        f"At the likely values the move {verdict} {money(abs(value['likely'] or 0))} USD today over {years} at"
        f" {move.discount_rate:.0%} a year, and has paid for itself {_in(pays['likely'], move.months)}.",
        f"Of the draws four in five lie between {money(value['p10'])} and {money(value['p90'])} USD; it pays in"
        f" {move.pays:.0%} of them.",
        f"Once: {money(once['likely'])} USD (P10 {money(once['p10'])}, P90 {money(once['p90'])}) for"
        f" {days['likely']:,.0f} person-days (P10 {days['p10']:,.0f}, P90 {days['p90']:,.0f}), mirroring and history;"
        f" both platforms run side by side for {both} months.",
        f"Method: {move.method}; bytes leave {move.path}.",
    ]
    if move.left_out:
        out.append(f"{move.left_out:,} of {move.draws:,} draws do not fit or lack a price and are left out.")
    return out


def _in(month: float | None, horizon: int) -> str:
    return when(month, horizon) if month in (None, 0.0) else f"in {when(month, horizon)}"


def migration_answer(move: Migration) -> Html:
    """The first screen: whether the move pays, when, how sure that is, and what it takes."""
    return render("migration_answer.html.j2", move=move, w=move.workload, sentences=sentences(move))


def migration_schedule(move: Migration) -> Html:
    """The schedule by phase with the cost of each part."""
    return render("migration_schedule.html.j2", rows=move.schedule.to_dict("records"), move=move)


def break_even(choice: BuildOrBuy) -> Html:
    """How many people the dearer bill must save, beside what the prior says."""
    return render("break_even_people.html.j2", choice=choice)
