"""A choice under uncertainty in words: table and document."""

from __future__ import annotations

from typing import Any

from capacity import find_offer
from streamfacts.errors import cut
from streamplan.analyses.choose.choose import CRITERIA, Choice
from streamplan.views.json import records
from streamplan.views.tables import Cell, Column, Table, share, usd
from streamplan.views.workload_document import workload_document

#: Alternatives that a terminal shows at first, and what is said of those that no row can be given.
BEST, NOT_TO_BE_HAD = 10, "that do not fit or lack a price"


def choice_document(choice: Choice) -> dict[str, Any]:
    """Return a choice: a row an alternative, the best by its criterion first."""
    return {
        "workload": workload_document(choice.workload),
        "currency": "USD",
        "by": choice.by,
        "months": choice.months,
        "draws": choice.draws,
        "seed": choice.seed,
        "size_for": choice.size_for,
        "alpha": choice.alpha,
        "alternatives": records(choice.table),
        "left_out": dict(choice.left_out),
    }


def choice_table(choice: Choice) -> Table:
    """Return one row an alternative, the best first."""
    w, (column, words) = choice.workload, CRITERIA[choice.by]
    title = (
        f"{w.title or w.name}: cost of {choice.months} months, USD; all sized to carry each month with "
        f"{choice.size_for:.0%} probability; ranked by the {words}"
    )
    columns = {"expected_usd": "mean", "p90_usd": "P90", "cvar_usd": f"CVaR {choice.alpha:.0%}",
               "mean_regret_usd": "mean regret", "most_regret_usd": "most regret"}  # fmt: skip
    table = Table(
        title,
        (
            Column("title", "offer", least=20),
            Column("hold", "what is held", priority=2, least=16),
            Column("reason", "why not", priority=2, least=16),
            *(usd(k, f"{name} *" if k == column else name, 0 if k == column else 3) for k, name in columns.items()),
            share("best_in", "best in", 1, unit="share of draws"),
        ),
        most=BEST,
    )
    for row in choice.table.to_dict("records"):
        ends = sorted({row["units_first"], row["units_last"]})
        count = " to ".join(f"{n:,.0f}" for n in ends)
        table.add({**row, "hold": f"{count} x {row['configuration']}"})
    for name, why in choice.left_out.items():
        table.add(
            {"title": find_offer(name).title, "reason": Cell(why, cut(why, 140))}, mark="dim", folded=NOT_TO_BE_HAD
        )
    return table
