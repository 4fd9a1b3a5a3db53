"""A choice under uncertainty in words: table and document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streamfacts.words import money
from streamplan.analyses.choose.choose import CRITERIA, Choice
from streamplan.views.json import records
from streamplan.views.terminal import titled_table
from streamplan.views.workload_document import workload_document

if TYPE_CHECKING:
    from rich.table import Table


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
    table = titled_table(title)
    columns = {"expected_usd": "mean", "p90_usd": "P90", "cvar_usd": f"CVaR {choice.alpha:.0%}",
               "mean_regret_usd": "mean regret", "most_regret_usd": "most regret"}  # fmt: skip
    table.add_column("platform", overflow="fold", min_width=20)
    table.add_column("hold", overflow="fold", min_width=16)
    for key, name in columns.items():
        table.add_column(f"{name} *" if key == column else name, justify="right", no_wrap=True)
    table.add_column("best in", justify="right", no_wrap=True)
    for row in choice.table.to_dict("records"):
        ends = sorted({row["units_first"], row["units_last"]})
        count = " to ".join(f"{n:,.0f}" for n in ends)
        cells = [money(row[key]) for key in columns]
        table.add_row(row["title"], f"{count} x {row['configuration']}", *cells, f"{row['best_in']:.0%}")
    for name, why in choice.left_out.items():
        table.add_row(name, why, *[""] * (len(columns) + 1), style="dim")
    return table
