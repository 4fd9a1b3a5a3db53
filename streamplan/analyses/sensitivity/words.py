"""What matters, in words: tables, document and the pieces of its page."""

from __future__ import annotations

from typing import Any

from capacity import Workload
from streamfacts.units import human
from streamfacts.words import money
from streamplan.analyses.sensitivity.sensitivity import ENDS, Sensitivity
from streamplan.views.html import Html, Row, table_page
from streamplan.views.inputs import input_words
from streamplan.views.json import mapping, records
from streamplan.views.tables import Cell, Column, Table, usd
from streamplan.views.workload_document import workload_document


def sensitivity_document(found: Sensitivity) -> dict[str, Any]:
    """Return what matters: Sobol indices by group of inputs and the tornado."""
    return mapping(
        {
            "workload": workload_document(found.workload),
            "currency": "USD",
            "platform": found.platform,
            "months": found.months,
            "draws": found.draws,
            "seed": found.seed,
            "draws_left_out": found.left_out,
            "mean_usd": found.indices.mean,
            "standard_deviation_usd": found.indices.variance**0.5,
            "likely_usd": found.likely_usd,
            "groups": [list(group) for group in found.groups],
            "indices": records(found.table),
            "tornado_percentiles": [100 * end for end in ENDS],
            "tornado": records(found.tornado),
        }
    )


def indices(found: Sensitivity) -> Html:
    """Sobol indices of each group of inputs with their standard errors."""
    rows = [
        Row([r["inputs"], *(f"{r[k]:.1%} ± {r[f'{k}_error']:.1%}" for k in ("first", "total"))])
        for r in found.table.to_dict("records")
    ]
    left = f" {found.left_out:,} draws do not fit and are left out." if found.left_out else ""
    return table_page(
        [("inputs", False), ("by itself", True), ("with all it does with others", True)],
        rows,
        f"Shares of the variance of the cost of {found.months} months on {found.title}, {found.draws:,} draws, seed"
        f" {found.seed}. Inputs in one row are correlated and cannot be told apart.{left}",
    )


def sensitivity_tables(found: Sensitivity) -> list[Table]:
    """Return the Sobol indices and the tornado."""
    w = found.workload
    title = f"{w.title or w.name}: {found.title}, {found.months} months"
    indices = Table(
        f"{title}: share of the variance of the cost",
        (
            Column("inputs", "inputs", least=20),
            Column("first", "by itself", True, "share", priority=0),
            Column("total", "with all it does with others", True, "share", priority=0),
        ),
        name="shares",
    )
    for row in found.table.to_dict("records"):
        shares = {k: Cell(row[k], f"{row[k]:.1%} ± {row[f'{k}_error']:.1%}") for k in ("first", "total")}
        indices.add({"inputs": ", ".join(map(input_words, row["inputs"].split(", "))), **shares})
    swings = Table(
        f"each by itself, others likely ({money(found.likely_usd)} USD)",
        (
            Column("input", "input", least=16),
            Column("low", "P10", True, priority=2),
            Column("high", "P90", True, priority=2),
            usd("low_usd", "USD at P10", 1),
            usd("high_usd", "USD at P90", 1),
            usd("swing_usd", "swing", 0),
        ),
        name="swings",
    )
    for row in found.tornado.to_dict("records"):
        ends = {k: Cell(row[k], _shown(row["input"], row[k])) for k in ("low", "high")}
        swings.add({**row, "input": input_words(row["input"]), **ends})
    return [indices, swings]


def _shown(name: str, value: float) -> str:
    return human(value, Workload.unit_of(name)) if name in Workload.model_fields else f"{value:,.3g}"
