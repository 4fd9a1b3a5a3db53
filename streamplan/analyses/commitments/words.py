"""Commitments in words: table, document and the pieces of their page."""

from __future__ import annotations

from typing import Any

import numpy as np

from streamfacts.words import money
from streamplan.analyses.commitments.commitments import CommitmentPlan
from streamplan.views.html import Html, Row, table_page
from streamplan.views.inputs import input_words
from streamplan.views.json import mapping, records
from streamplan.views.tables import Cell, Column, Table, share, usd
from streamplan.views.workload_document import workload_document


def commitment_document(found: CommitmentPlan) -> dict[str, Any]:
    """Return what to commit to: a row a meter and SKU, totals as worth today, what has no committed rate."""
    return mapping(
        {
            "workload": workload_document(found.workload),
            "currency": "USD",
            "platform": found.plan.offer.name,
            "what": found.plan.what,
            "years": found.years,
            "discount_rate": found.discount_rate,
            "draws": found.draws,
            "seed": found.seed,
            "inputs": found.inputs,
            "draws_over_a_limit": found.over_limit,
            "lines": records(found.table),
            "without_rate": found.without_rate,
            "on_demand_usd": found.on_demand.mean(),
            "committed_usd": found.committed.mean(),
            "saving_usd": found.saving.mean(),
            "saving_p10_usd": np.quantile(found.saving, 0.1, method="inverted_cdf"),
            "rest_of_bill_usd": None if found.rest is None else found.rest.mean(),
        }
    )


def commitment_lines(found: CommitmentPlan) -> Html:
    """What to commit to, a row a meter and SKU."""
    rows = [
        Row(
            [
                r["sku"] or r["meter"],
                f"{r['use_p10']:,.4g} to {r['use_p90']:,.4g}",
                f"{r['reserve']:,.4g}",
                *(money(r[k]) for k in ("on_demand_usd", "committed_usd", "saving_usd")),
                f"{r['loses_in']:.0%}",
                money(r["unused_usd"]),
                f"{money(r['regret_usd'])} ({money(r['regret_p90_usd'])})",
            ]
        )
        for r in found.table.to_dict("records")
    ]
    names = ("use, P10 to P90", "commit to", "on demand", "committed", "saves", "loses in", "unused", "regret (P90)")
    note = f"USD in {found.years} years, worth today. {commitment_terms(found)}"
    return table_page([("what", False), *((name, True) for name in names)], rows, note)


def committed_rates(found: CommitmentPlan) -> Html:
    """The committed rates that were used, each with its date, its confidence and a source to open."""
    rows = [
        Row(
            [
                r["sku"] or r["meter"],
                f"{r['on_demand_price']:.4g}",
                f"{r['committed_rate']:.4g}",
                f"{r['critical_odds']:.0%}",
                f"{r['kind']}, {r['payment']}" + (f"; {r['note']}" if r["note"] else ""),
                f"{r['as_of']}, {r['confidence']}",
                r["source"],
            ]
        )
        for r in found.table.to_dict("records")
    ]
    columns = [("what", False), ("on demand", True), ("committed", True), ("pays above odds of", True), ("kind", False)]
    return table_page([*columns, ("as of", False)], rows, "USD for each unit and hour.", sources=True)


def commitment_table(found: CommitmentPlan) -> Table:
    """Return what to commit to, a row a meter and SKU."""
    w, span = found.workload, f"{found.years} year" + ("s" if found.years > 1 else "")
    table = Table(
        f"{w.title or w.name}: {found.plan.offer.title}, commitment of {span}; USD as worth today",
        (
            Column("sku", "what", least=18),
            Column("use", "use P10 to P90", True, priority=2, parts=("use P10", "use P90")),
            Column("reserve", "commit to", True, shown=lambda x: f"{x:,.4g}", priority=0),
            usd("on_demand_usd", "on demand", 3),
            usd("committed_usd", "committed", 1),
            usd("saving_usd", "saves", 0),
            share("loses_in", "loses in", 1, unit="share of draws"),
            usd("unused_usd", "unused", 4),
            usd("regret_usd", "regret", 4),
            Column("rate", "rate", priority=5, least=24),
        ),
    )
    for row in found.table.to_dict("records"):
        rate = f"{row['committed_rate']:.4g} for {row['on_demand_price']:.4g} an hour, {row['kind']}, {row['payment']}"
        ends = (row["use_p10"], row["use_p90"])
        table.add(
            {
                **row,
                "sku": row["sku"] or row["meter"],
                "use": Cell(ends, f"{ends[0]:,.4g} to {ends[1]:,.4g}"),
                "rate": f"{rate}; {row['as_of']}, {row['confidence']}",
            }
        )
    return table


def commitment_terms(found: CommitmentPlan) -> str:
    """Return how the figures are to be read."""
    said = [
        f"{found.draws:,} draws, seed {found.seed}, discounted at {found.discount_rate:.1%} a year.",
        f"Uncertain: {', '.join(map(input_words, found.inputs)) or 'nothing'}.",
        "Unused: paid for units that are not in use. Regret: what it costs beyond the best commitment of each draw, had"
        " one known.",
    ]
    if found.without_rate:
        said.append(f"Without a committed rate: {', '.join(found.without_rate)}.")
    if found.over_limit:
        said.append(f"{found.over_limit:,} draws break a limit of this cluster and count with what they ask for.")
    return " ".join(said)
