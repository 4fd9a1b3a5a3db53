"""A comparison in words: table, document and the pieces of its page."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from capacity import Demand
from capacity.demand.said import demand_sentences, kept_words
from capacity.workload.contradictions import contradictions
from capacity.workload.correlation import Correlation
from pricing import PriceBook
from streamfacts.tables import read_rows
from streamfacts.units import human, largest
from streamfacts.words import money
from streamplan.analyses.compare.rests_on import bill_lines, rests_on
from streamplan.planning.failures import FAILED
from streamplan.planning.study import CLOSED, FEASIBLE, Study
from streamplan.planning.unused_inputs import Moved, unused_inputs
from streamplan.views.html import Html, render
from streamplan.views.json import mapping
from streamplan.views.terminal import titled_table
from streamplan.views.workload_document import workload_document

if TYPE_CHECKING:
    from rich.table import Table


def study_document(study: Study) -> dict[str, Any]:
    """Return a comparison: a row an offer, cheapest feasible first, with what makes the offers comparable."""
    return mapping(
        {
            "workload": workload_document(study.workload),
            "currency": "USD",
            "hours_per_month": study.hours_per_month,
            **rests_on(study),
            "platforms": [
                {**row, "asides": _asides(study, row["platform"]), "lines": bill_lines(study, row["platform"])}
                for row in study.rows
            ],
            "equivalence": list(study.equivalence_rows),
        }
    )


def _asides(study: Study, platform: str) -> list[str]:
    """What choices left at their defaults would save on a plan; nothing where there is no plan."""
    return next((list(p.asides) for p in study.plans if p.offer.name == platform), [])


def compare_document(study: Study) -> dict[str, Any]:
    """Return the same with the inputs that each offer reads nothing of, and what is odd about the user's own prices."""
    document, moved = study_document(study), Moved.of(study.workload)
    for row in document["platforms"]:
        sized = row["status"] != FAILED
        row["unused_inputs"] = list(unused_inputs(study.plan_of(row["platform"]), moved)) if sized else []
    return {**document, "warnings": warnings(study)}


def warnings(study: Study) -> list[str]:
    """Return what is odd, a sentence each: doubtful prices of the user's own, and those that nothing looked up."""
    return [*study.book.doubts, *unread_prices(study.book)]


def unread_prices(book: PriceBook) -> list[str]:
    """Return a sentence on the user's own prices that no offer looked up, none if there are none."""
    rows = [" ".join(part for part in key if part) for key in book.unread]
    if not rows:
        return []
    shown = ", ".join(rows[:5]) + (f" and {len(rows) - 5} more" if len(rows) > 5 else "")
    return [f"{len(rows)} of {len(book.overridden)} prices of your own were read by no offer: {shown}"]


def answer(study: Study, on: dt.date | None = None) -> Html:
    """The first screen: which platform, how much, what binds, how sure, what would change the answer."""
    from streamplan.analyses.compare.answer import answer_of

    return render("answer.html.j2", w=study.workload, answer=answer_of(study, on))


def comparison(study: Study) -> Html:
    """The table of all offers, with the reason where there is no price."""
    rows = []
    for row in study.table.to_dict("records"):
        if row["status"] == FAILED:
            row["obstacles"] = [(row["reason"], "")]
        else:
            row["obstacles"] = [] if row["status"] in (FEASIBLE, CLOSED) else study.plan_of(row["platform"]).obstacles
        rows.append(row)
    several = len(study.regions) > 1
    return render("comparison.html.j2", rows=rows, uncertain=study.ranged, several=several, doubts=study.book.doubts)


def equivalence(study: Study) -> Html:
    """What makes the offers comparable."""
    w = study.workload
    return render(
        "equivalence.html.j2",
        rows=study.equivalence.astype(object).fillna("").to_dict("records"),
        w=w,
        peak=largest(Demand.of(w).peak_ratio),
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
        if name == "retention" and w.kept_forever:
            shown = "forever"
        default = "default" if name not in w.model_fields_set else "given"
        rows.append(
            {"name": name, "value": shown, "origin": w.origin.get(name, default), "doc": info.description or ""}
        )
    for name, fact in w.assumed_values.items():
        origin = f"assumed, as none is given: {fact.note}; {fact.source}"
        doc = type(w).model_fields[name].description or ""
        rows.append({"name": name, "value": f"{float(fact):g}", "origin": origin, "doc": doc})
    return rows


def workload_inputs(study: Study) -> Html:
    """The inputs with unit and origin, and those of them that the cheapest offer reads nothing of."""
    best = study.cheapest
    unused = unused_inputs(best) if best else ()
    return render(
        "inputs.html.j2",
        rows=input_rows(study),
        w=study.workload,
        assumed=demand_sentences(Demand.of(study.workload)),
        best=best,
        unused=unused,
        odd=contradictions(study.workload),
    )


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
    table = titled_table(f"{w.title or w.name}: cost a month in {w.region}, USD")
    several = len(study.regions) > 1
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
    for row in study.short_rows:
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
            reason = row["reason"]
            cells += [what, reason if len(reason) < 140 else reason[:137] + "...", "", ""]
        table.add_row(*cells, style=None if row["status"] == FEASIBLE else "dim")
    return table


def shared_terms(study: Study) -> str:
    """Return in a sentence what every offer of a comparison is sized for."""
    w, demand = study.workload, Demand.of(study.workload)
    lost = "" if w.must_survive == "none" else f", and the peak carried with one {w.must_survive} lost"
    average, peak = (human(largest(x), "bytes/s") for x in (demand.payload_bytes_s, demand.peak_payload_bytes_s))
    kept = kept_words(demand)
    assumed = "".join(f" {text[0].upper()}{text[1:]}." for text in demand_sentences(demand))
    assumed += "".join(
        f" Peak assumed, as none is given: {float(fact):g} times the average ({fact.source.split('; ')[0]})."
        for fact in w.assumed_values.values()
    )
    return (
        f"All sized for {average} on average and {peak} at peak, read {largest(demand.fan_out):g} times, kept {kept},"
        f" {w.replication_factor} copies over {w.zones} zones{lost} where that is the user's business."
        f"{assumed}{_cautions(study)} What each offer promises and lacks: --json, under equivalence."
    )


def _cautions(study: Study) -> str:
    """Each warning once, with the offers that it is about."""
    about: dict[str, list[str]] = {}
    for p in study.plans:
        for text in p.warnings:
            about.setdefault(text, []).append(p.offer.name)
    return "".join(f" WARNING ({', '.join(names)}): {text}." for text, names in about.items())


def assumptions() -> Html:
    """The constants of the model with range, source, date and confidence."""
    return render("assumptions.html.j2", rows=read_rows("model/assumptions"))
