"""A comparison in words: table, document and the pieces of its page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from rich import box
from rich.table import Table

from capacity import Demand
from capacity.workload.correlation import Correlation
from streamfacts.units import human, largest
from streamfacts.words import money
from streamplan.analyses.compare.answer import answer_of
from streamplan.planning.study import CLOSED, FEASIBLE, Study
from streamplan.views.html import Html, render
from streamplan.views.json import mapping, records
from streamplan.views.workload_document import workload_document


def study_document(study: Study) -> dict[str, Any]:
    """Return a comparison: a row an offer, cheapest feasible first, with what makes the offers comparable."""
    return mapping(
        {
            "workload": workload_document(study.workload),
            "currency": "USD",
            "hours_per_month": study.hours_per_month,
            "platforms": records(study.table),
            "equivalence": records(study.equivalence),
        }
    )


def answer(study: Study, on: dt.date | None = None) -> Html:
    """The first screen: which platform, how much, what binds, how sure, what would change the answer."""
    return render("answer.html.j2", w=study.workload, answer=answer_of(study, on))


def comparison(study: Study) -> Html:
    """The table of all offers, with the reason where there is no price."""
    rows = []
    for row in study.table.to_dict("records"):
        row["closed"] = study.plan_of(row["platform"]).offer.closed
        row["obstacles"] = study.plan_of(row["platform"]).obstacles if row["status"] not in (FEASIBLE, CLOSED) else []
        rows.append(row)
    return render("comparison.html.j2", rows=rows, uncertain=study.ranged, several=study.table["region"].nunique() > 1)


def equivalence(study: Study) -> Html:
    """What makes the offers comparable."""
    w = study.workload
    return render(
        "equivalence.html.j2",
        rows=study.equivalence.astype(object).fillna("").to_dict("records"),
        w=w,
        survive=w.must_survive,
    )


def input_rows(study: Study) -> list[dict[str, str]]:
    """Return every input that was given or has a default: name, value for a person, origin and what it means."""
    w = study.workload
    rows = []
    for name, info in type(w).model_fields.items():
        value = getattr(w, name)
        if name in ("name", "title", "description") or value in (None, {}, Correlation()):
            continue
        unit = w.unit_of(name)
        if hasattr(value, "likely"):
            shown = (
                human(value.likely, unit)
                if value.known
                else f"{human(value.low, unit)} to {human(value.high, unit)}, likely {human(value.likely, unit)}"
            )
        else:
            shown = str(value)
        default = "default" if name not in w.model_fields_set else "given"
        rows.append(
            {"name": name, "value": shown, "origin": w.origin.get(name, default), "doc": info.description or ""}
        )
    return rows


def workload_inputs(study: Study) -> Html:
    """The inputs with unit and origin."""
    return render("inputs.html.j2", rows=input_rows(study), w=study.workload)


def gaps(study: Study) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return what the model leaves out, with the titles of the offers that share it."""
    offers: dict[tuple[str, ...], list[str]] = {}
    for p in study.plans:
        offers.setdefault(p.offer.not_modelled, []).append(p.offer.title)
    return [(titles, items) for items, titles in offers.items()]


def not_modelled(study: Study) -> Html:
    """What the model leaves out, offer by offer."""
    return render("not_modelled.html.j2", groups=[(", ".join(titles), items) for titles, items in gaps(study)])


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
        what = row["what"]
        if ok:
            prices = row["confidence"] if row["status"] == FEASIBLE else row["status"]
            cells += [what, row["binding"], row["next_wall"], prices]
        else:
            reason = row["reason"].split(" (http")[0]
            cells += [what, reason if len(reason) < 140 else reason[:137] + "...", "", ""]
        table.add_row(*cells, style=None if row["status"] == FEASIBLE else "dim")
    return table


def shared_terms(study: Study) -> str:
    """Return in a sentence what every offer of a comparison is sized for."""
    w, demand = study.workload, Demand.of(study.workload)
    lost = "" if w.must_survive == "none" else f", and the peak carried with one {w.must_survive} lost"
    average, peak = (human(largest(x), "bytes/s") for x in (demand.payload_bytes_s, demand.peak_payload_bytes_s))
    kept = human(largest(demand.retention_s), "seconds")
    return (
        f"All sized for {average} on average and {peak} at peak, read {largest(demand.fan_out):g} times, kept {kept},"
        f" {w.replication_factor} copies over {w.zones} zones{lost} where that is the user's business."
        " What each offer promises and lacks: --json, under equivalence."
    )
