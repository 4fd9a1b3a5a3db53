"""Tables for a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from capacity import Demand
from pricing import Bill
from streamfacts.units import human, largest
from streamplan.plan import Plan
from streamplan.risk import RiskStudy
from streamplan.study import CLOSED, FEASIBLE, Study
from streamplan.wording import money

if TYPE_CHECKING:
    from streamplan.batch import Batch


def console() -> Console:
    """Return a console on standard output, wide enough for the tables when the output is not a terminal."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160, highlight=False)


def _end(value: Any) -> str:
    return money(value) if money(value) != "-" else "infeasible"


def study_table(study: Study) -> Table:
    """Return the comparison, cheapest feasible first."""
    w = study.workload
    ranged = study.ranged
    table = Table(
        box=box.SIMPLE_HEAD, title=f"{w.title or w.name}: cost a month in {w.region}, USD", title_justify="left"
    )
    several = study.table["region"].nunique() > 1
    table.add_column("platform", overflow="fold", min_width=24)
    if several:
        table.add_column("region", no_wrap=True)
    table.add_column("USD/month", justify="right", no_wrap=True)
    if ranged:
        table.add_column("low to high", justify="right", no_wrap=True)
    table.add_column("what", overflow="fold", min_width=18)
    table.add_column("binds", overflow="fold", min_width=14)
    table.add_column("next wall", overflow="fold", min_width=12)
    table.add_column("prices", no_wrap=True, min_width=8)
    for row in study.table.to_dict("records"):
        ok = row["status"] in (FEASIBLE, CLOSED)
        cells = [row["title"], *([row["region"]] if several else [])]
        cells.append(money(row["monthly_usd"]) if ok else row["status"])
        if ranged:
            same = row["low_usd"] == row["high_usd"]
            span = f"{_end(row['low_usd'])} to {_end(row['high_usd'])}" if ok and not same else ""
            cells.append(span)
        what = row["what"] + (f", split by {row['split_by']}" if row["split_by"] else "")
        if ok:
            prices = row["confidence"] if row["status"] == FEASIBLE else row["status"]
            cells += [what, row["binding"], row["next_wall"], prices]
        else:
            reason = row["reason"].split(" (http")[0]
            cells += [what, reason if len(reason) < 140 else reason[:137] + "...", "", ""]
        table.add_row(*cells, style=None if row["status"] == FEASIBLE else "dim")
    return table


def risk_table(study: RiskStudy) -> Table:
    """Return the totals of a study of risk, the least median first."""
    w = study.workload
    span = f"{study.months} month" + ("" if study.months == 1 else "s")
    table = Table(box=box.SIMPLE_HEAD, title=f"{w.title or w.name}: cost of {span}, USD", title_justify="left")
    table.add_column("platform", overflow="fold", min_width=24)
    for name in ("P10", "P50", "P90", *(["over budget"] if study.budget is not None else []), "cheapest in"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(f"plan for month {study.plan_month}", overflow="fold", min_width=18)
    table.add_column("too small", justify="right", no_wrap=True)
    table.add_column("left out", overflow="fold", min_width=14)
    for row in study.table.to_dict("records"):
        ok = row["status"] in (FEASIBLE, CLOSED)
        ends = [money(row[k]) for k in ("p10_usd", "p50_usd", "p90_usd")]
        cells = [row["title"], *ends]
        if study.budget is not None:
            odds = row["over_budget"]
            cells.append("-" if odds != odds else f"{odds:.0%}")
        left = [
            f"{row[k]:,} draws {why}"
            for k, why in (("infeasible_draws", "do not fit"), ("unpriced_draws", "without a price"))
            if row[k]
        ]
        cells += [
            f"{row['cheapest_in']:.0%}",
            row["what"],
            f"{row['too_small']:.0%}",
            ", ".join(left) if ok or left else row["status"],
        ]
        table.add_row(*cells, style=None if row["status"] == FEASIBLE else "dim")
    return table


def risk_terms(study: RiskStudy) -> str:
    """Return in a few sentences what was drawn and how the figures are to be read."""
    own = [name for name in study.inputs if not name.startswith("people.")]
    staff = [f"{len(study.inputs) - len(own)} figures of people"] if len(own) < len(study.inputs) else []
    names = ", ".join([*own, *staff]) or "none, so that every draw is the same"
    linked = [c for c in study.correlations if c["inputs"][0] in own]
    pairs = "; ".join(f"{' and '.join(c['inputs'])} {c['rank_correlation']:g}" for c in linked)
    return (
        f"{study.draws:,} draws, seed {study.seed}. Uncertain: {names}."
        + (f" Rank correlations: {pairs}." if pairs else "")
        + " Draws that do not fit count above any percentile and as over any budget. Too small: the plan, sized"
        f" for the likely demand of month {study.plan_month} or as given, fails in some month. By month: --json."
    )


def shared_terms(study: Study) -> str:
    """Return in a sentence what every offer of a comparison is sized for."""
    w, demand = study.workload, Demand.of(study.workload)
    lost = "" if w.must_survive == "none" else f", and the peak carried with one {w.must_survive} lost"
    average, peak = (human(largest(x), "bytes/s") for x in (demand.payload_bytes_s, demand.peak_payload_bytes_s))
    kept = human(largest(demand.retention_s), "seconds")
    said = "".join(
        f" Peak assumed, as none is given: {float(fact):g} times the average ({fact.source.split('; ')[0]})."
        for fact in w.assumed.values()
    )
    return (
        f"All sized for {average} on average and {peak} at peak, read {largest(demand.fan_out):g} times, kept {kept},"
        f" {w.replication_factor} copies over {w.zones} zones{lost} where that is the user's business."
        f"{said}{_cautions(study)}"
        " What each offer promises and lacks: --json, under equivalence."
    )


def _cautions(study: Study) -> str:
    """Each warning once, with the offers that it is about."""
    about: dict[str, list[str]] = {}
    for p in study.plans:
        for text in p.warnings:
            about.setdefault(text, []).append(p.offer.name)
    return "".join(f" WARNING ({', '.join(names)}): {text}." for text, names in about.items())


def plan_words(plan: Plan) -> list[str]:
    """Return what is to be said beside the constraints of a plan: why it is several clusters, and warnings."""
    why = [str(plan.split)] if plan.split else []
    return [*why, *(f"WARNING: {text}" for text in plan.warnings), *plan.asides]


def plan_table(plan: Plan) -> Table:
    """Return the constraints of a plan with their utilisation."""
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{plan.offer.title}: {plan.what}",
        title_justify="left",
    )
    for name, justify in (
        ("constraint", "left"),
        ("state", "left"),
        ("needs", "right"),
        ("used", "right"),
        ("up to", "right"),
    ):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for row in plan.sizing.constraint_table().to_dict("records"):
        mark = "bold" if f"{row['constraint']} ({row['state']})" == plan.sizing.binding else None
        table.add_row(
            row["constraint"],
            row["state"],
            f"{row['units_needed']:.2f}",
            f"{row['utilisation']:.1%}",
            f"{row['use_up_to']:.0%}",
            style=mark,
        )
    return table


def bill_table(bill: Bill, published: dict[int, float] | None = None) -> Table:
    """Return a bill line by line; with the published cost beside it where there is one."""
    table = Table(
        box=box.SIMPLE_HEAD, title=f"Bill, {bill.region}, month of {bill.hours_per_month:g} h", title_justify="left"
    )
    table.add_column("meter", overflow="fold")
    for name in ("quantity", "unit", "price", "cost USD"):
        table.add_column(name, justify="right" if name != "unit" else "left", no_wrap=True)
    if published:
        table.add_column("published", justify="right", no_wrap=True)
        table.add_column("difference", justify="right", no_wrap=True)
    table.add_column("as of", no_wrap=True)
    table.add_column("confidence", no_wrap=True)
    for number, entry in enumerate(bill.entries):
        row = entry.row()
        quantity, cost = row["quantity"], row["cost"]
        if quantity == 0 and number not in (published or {}):
            continue
        name = f"{row['meter']} {row['sku']}".strip() + (f" ({row['region']})" if row["region"] != bill.region else "")
        price = "missing" if cost is None else f"{row['unit_price']:.6g}" if quantity else ""
        cells = [name, f"{quantity:,.2f}", row["unit"], price, "-" if cost is None else f"{cost:,.2f}"]
        if published:
            said = published.get(number)
            cells += [
                "" if said is None else f"{said:,.2f}",
                "" if said is None or cost is None else f"{cost - said:+,.2f}",
            ]
        table.add_row(*cells, row["as_of"], row["confidence"])
    return table


def batch_table(batch: Batch) -> Table:
    """Return the reports of a portfolio, by team, with the cheapest platform of each."""
    table = Table(box=box.SIMPLE_HEAD, title=f"{batch.title}: cheapest offer that fits, USD", title_justify="left")
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
