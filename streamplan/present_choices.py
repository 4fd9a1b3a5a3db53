"""Pieces of reports on levers, commitments, what matters and break-even as HTML. All text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from capacity import find_platform
from streamplan.breakeven import BreakEven
from streamplan.commitment import CommitmentPlan
from streamplan.levers import LeverStudy
from streamplan.present import Html, _render
from streamplan.sensitivity import Sensitivity
from streamplan.terminal_choices import commitment_terms
from streamplan.wording import money


@dataclass(frozen=True)
class Column:
    """A column: its title, and whether it holds numbers or sources."""

    title: str
    number: bool = False
    source: bool = False


@dataclass(frozen=True)
class Row:
    """A row: a cell a column, greyed if it is `out`."""

    cells: Sequence[str]
    out: bool = False


def levers_alone(study: LeverStudy) -> Html:
    """Each lever by itself: what it saves and gives up, or why it does not apply."""
    rows = []
    for r in study.alone.to_dict("records"):
        if r["saving_usd"] == r["saving_usd"]:
            rows.append(Row([r["title"], money(r["saving_usd"]), f"{r['share']:.0%}", r["what"], r["gives_up"]]))
        else:
            worth = r["worth_usd"] == r["worth_usd"]
            note = f"; without it {money(r['worth_usd'])} USD more" if worth else ""
            rows.append(Row([r["title"], "", "", r["why_not"] + note, r["gives_up"]], out=True))
    columns = [("measure", False), ("saves, USD a month", True), ("of the bill", True), ("then", False)]
    pulled = ", ".join(f"{name} {value:g}" for name, value in study.start.targets.items())
    return _page(
        [*columns, ("gives up", False)], rows, f"Measured at the likely demand against {_now(study)}. {pulled}."
    )


def lever_stack(study: LeverStudy) -> Html:
    """The stack: each lever on top of those above it."""
    rows = [
        Row([r["title"], money(r["saving_usd"]), money(r["after_usd"]), r["what"], r["gives_up"]])
        for r in study.stack.to_dict("records")
    ]
    columns = [("measure", False), ("saves, USD a month", True), ("bill then", True), ("then", False)]
    left = "from" if rows else "nothing to take: it stays at"
    note = f"Together {money(study.saving)} USD a month, {left} {money(study.start.usd)}."
    return _page([*columns, ("gives up", False)], rows, note)


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
    return _page([("what", False), *((name, True) for name in names)], rows, note)


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
    return _page([*columns, ("as of", False)], rows, "USD for each unit and hour.", sources=True)


def own_flips(found: BreakEven) -> Html:
    """The flips through the workload's own point, along either axis."""
    rows = []
    for r in found.own_flips.to_dict("records"):
        along = found.x if r["along"] == found.x.name else found.y
        rows.append(Row([r["along"], along.text(r["at"]), _title(r["below"]), _title(r["above"]), money(r["usd"])]))
    columns = [("along", False), ("flip at", True), ("cheapest below", False), ("cheapest above", False)]
    note = (
        "All else at the workload's likely values." if rows else "No other offer becomes the cheapest on either axis."
    )
    return _page([*columns, ("USD a month there", True)], rows, note)


def flips(found: BreakEven) -> Html:
    """Every flip along the rows of the map."""
    rows = [
        Row([found.y.text(r["row"]), found.x.text(r["at"]), _title(r["below"]), _title(r["above"]), money(r["usd"])])
        for r in found.flips.to_dict("records")
    ]
    columns = [(found.y.name, True), (f"{found.x.name} at the flip", True), ("cheapest below", False)]
    return _page([*columns, ("cheapest above", False), ("USD a month there", True)], rows, "")


def indices(found: Sensitivity) -> Html:
    """Sobol indices of each group of inputs with their standard errors."""
    rows = [
        Row([r["inputs"], *(f"{r[k]:.1%} ± {r[f'{k}_error']:.1%}" for k in ("first", "total"))])
        for r in found.table.to_dict("records")
    ]
    left = f" {found.left_out:,} draws do not fit and are left out." if found.left_out else ""
    return _page(
        [("inputs", False), ("by itself", True), ("with all it does with others", True)],
        rows,
        f"Shares of the variance of the cost of {found.months} months on {found.title}, {found.draws:,} draws, seed"
        f" {found.seed}. Inputs in one row are correlated and cannot be told apart.{left}",
    )


def _page(columns: Iterable[tuple[str, bool]], rows: Sequence[Row], note: str, *, sources: bool = False) -> Html:
    heads = [Column(title, number) for title, number in columns]
    if sources:
        heads.append(Column("rate from", source=True))
    return _render("choices.html.j2", columns=heads, rows=rows, note=note)


def _now(study: LeverStudy) -> str:
    return f"{study.start.plan.offer.title}, {study.start.plan.what}, {money(study.start.usd)} USD a month"


def _title(name: Any) -> str:
    return find_platform(name).title if name else "none fits"
