"""Tables of levers, commitments, sensitivity and break-even for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.table import Table

from capacity import Workload, find_platform
from streamfacts.units import human
from streamplan.breakeven import BreakEven
from streamplan.commitment import CommitmentPlan
from streamplan.levers import LeverStudy
from streamplan.sensitivity import Sensitivity
from streamplan.wording import money


def _table(title: str, *columns: tuple[str, bool]) -> Table:
    """An empty table; each column is a name and whether it holds numbers."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for name, number in columns:
        table.add_column(name, justify="right" if number else "left", no_wrap=number, overflow="fold")
    return table


def levers_alone_table(study: LeverStudy) -> Table:
    """Return what each lever saves by itself, the largest saving first."""
    w = study.workload
    title = f"{w.title or w.name}: {study.start.plan.offer.title}, {study.start.plan.what}, {money(study.start.usd)}"
    table = _table(f"{title} USD a month", ("measure", False), ("saves", True), ("of the bill", True), ("", False))
    for row in study.alone.to_dict("records"):
        if row["saving_usd"] == row["saving_usd"]:
            saves = money(row["saving_usd"]) if abs(row["saving_usd"]) >= 0.005 else "no effect"
            table.add_row(row["title"], saves, f"{row['share']:.0%}", f"gives up {row['gives_up']}")
        else:
            worth = row["worth_usd"] == row["worth_usd"]
            note = f"; without it {money(row['worth_usd'])} USD more" if worth else ""
            table.add_row(row["title"], "", "", row["why_not"] + note, style="dim")
    return table


def lever_stack_table(study: LeverStudy) -> Table:
    """Return the stack: each lever on top of those above it."""
    total = f"together {money(study.saving)} USD a month"
    table = _table(f"stacked: {total}", ("measure", False), ("saves", True), ("then", True), ("what", False))
    for row in study.stack.to_dict("records"):
        table.add_row(row["title"], money(row["saving_usd"]), money(row["after_usd"]), row["what"])
    return table


def commitment_table(found: CommitmentPlan) -> Table:
    """Return what to commit to, a row a meter and SKU."""
    w, span = found.workload, f"{found.years} year" + ("s" if found.years > 1 else "")
    table = _table(
        f"{w.title or w.name}: {found.plan.offer.title}, commitment of {span}; USD as worth today",
        ("what", False),
        ("use P10 to P90", True),
        ("commit to", True),
        ("on demand", True),
        ("committed", True),
        ("saves", True),
        ("loses in", True),
        ("unused", True),
        ("regret", True),
        ("rate", False),
    )
    for row in found.table.to_dict("records"):
        rate = f"{row['committed_rate']:.4g} for {row['on_demand_price']:.4g} an hour, {row['kind']}, {row['payment']}"
        table.add_row(
            row["sku"] or row["meter"],
            f"{row['use_p10']:,.4g} to {row['use_p90']:,.4g}",
            f"{row['reserve']:,.4g}",
            *(money(row[k]) for k in ("on_demand_usd", "committed_usd", "saving_usd")),
            f"{row['loses_in']:.0%}",
            money(row["unused_usd"]),
            money(row["regret_usd"]),
            f"{rate}; {row['as_of']}, {row['confidence']}",
        )
    return table


def commitment_terms(found: CommitmentPlan) -> str:
    """Return how the figures are to be read."""
    said = [
        f"{found.draws:,} draws, seed {found.seed}, discounted at {found.discount_rate:.1%} a year.",
        f"Uncertain: {', '.join(found.inputs) or 'nothing'}.",
        "Unused: paid for units that are not in use. Regret: what it costs beyond the best commitment of each draw, had"
        " one known.",
    ]
    if found.without_rate:
        said.append(f"Without a committed rate: {', '.join(found.without_rate)}.")
    if found.over_limit:
        said.append(f"{found.over_limit:,} draws break a limit of this cluster and count with what they ask for.")
    return " ".join(said)


def sensitivity_tables(found: Sensitivity) -> list[Table]:
    """Return the Sobol indices and the tornado."""
    w = found.workload
    title = f"{w.title or w.name}: {found.title}, {found.months} months"
    indices = _table(
        f"{title}: share of the variance of the cost",
        ("inputs", False),
        ("by itself", True),
        ("with all it does with others", True),
    )
    for row in found.table.to_dict("records"):
        shares = (f"{row[k]:.1%} ± {row[f'{k}_error']:.1%}" for k in ("first", "total"))
        indices.add_row(row["inputs"], *shares)
    swings = _table(
        f"each by itself, others likely ({money(found.likely_usd)} USD)",
        ("input", False),
        ("P10", True),
        ("P90", True),
        ("USD at P10", True),
        ("USD at P90", True),
        ("swing", True),
    )
    for row in found.tornado.to_dict("records"):
        swings.add_row(
            row["input"],
            *(_shown(row["input"], row[k]) for k in ("low", "high")),
            *(money(row[k]) for k in ("low_usd", "high_usd", "swing_usd")),
        )
    return [indices, swings]


def break_even_tables(found: BreakEven) -> list[Table]:
    """Return the flips through the workload's own point, and those of every row of the grid."""
    w = found.workload
    own = _table(
        f"{w.title or w.name}: the cheapest offer flips, all else as it is",
        ("along", False),
        ("at", True),
        ("below", False),
        ("above", False),
        ("USD/month", True),
    )
    for row in found.own_flips.to_dict("records"):
        along = found.x if row["along"] == found.x.name else found.y
        own.add_row(row["along"], along.text(row["at"]), *_ends(row), money(row["usd"]))
    rows = _table(
        f"by {found.y.name}",
        (found.y.name, True),
        (f"{found.x.name} at the flip", True),
        ("below", False),
        ("above", False),
        ("USD/month", True),
    )
    for row in found.flips.to_dict("records"):
        rows.add_row(found.y.text(row["row"]), found.x.text(row["at"]), *_ends(row), money(row["usd"]))
    return [own, rows]


def _ends(row: Mapping[Any, Any]) -> tuple[str, str]:
    below, above = (find_platform(row[k]).title if row[k] else "none fits" for k in ("below", "above"))
    return below, above


def _shown(name: str, value: float) -> str:
    return human(value, Workload.unit_of(name)) if name in Workload.model_fields else f"{value:,.3g}"


__all__ = [
    "break_even_tables",
    "commitment_table",
    "commitment_terms",
    "lever_stack_table",
    "levers_alone_table",
    "sensitivity_tables",
]
