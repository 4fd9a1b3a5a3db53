"""A comparison in words: table, document and the pieces of its page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from capacity import Demand
from capacity.demand.said import demand_sentences, kept_words
from capacity.workload.contradictions import contradictions
from capacity.workload.correlation import Correlation
from pricing import PriceBook
from streamfacts.errors import cut
from streamfacts.tables import read_rows
from streamfacts.units import human, largest
from streamfacts.words import money
from streamplan.analyses.compare.answer import answer_of
from streamplan.analyses.compare.recommendation import answer_rows, recommendation_of
from streamplan.analyses.compare.rests_on import bill_lines, rests_on
from streamplan.planning.chances import chances_of
from streamplan.planning.failures import FAILED
from streamplan.planning.plan import Plan
from streamplan.planning.population import cloud_names
from streamplan.planning.study import CLOSED, FEASIBLE, INFEASIBLE, UNPRICED, Study
from streamplan.planning.unused_inputs import Moved, unused_inputs
from streamplan.views.html import Html, render
from streamplan.views.json import mapping
from streamplan.views.tables import Cell, Column, Table, count, share, usd, usd_range
from streamplan.views.terminal import width
from streamplan.views.workload_document import workload_document


def study_document(study: Study, on: dt.date | None = None) -> dict[str, Any]:
    """Return a comparison: the answer, a row an offer in rank order, and what makes the offers comparable.

    `on` is the day on which the ages of prices are reckoned, today if left out.
    """
    best = recommendation_of(study)
    return mapping(
        {
            "workload": workload_document(study.workload),
            "currency": "USD",
            "hours_per_month": study.hours_per_month,
            **rests_on(study),
            "answer": None if best is None else best.document | {"headline": answer_of(study).headline},
            "platforms": [
                {**row, "asides": _asides(study, row["platform"]), "lines": bill_lines(study, row["platform"])}
                for row in answer_rows(study, on or dt.date.today())
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
    return render("answer.html.j2", w=study.workload, answer=answer_of(study, on))


def comparison(study: Study, on: dt.date | None = None) -> Html:
    """The best offers that rank, and the others folded behind their number, with reasons where there is no price."""
    rows = []
    for row in answer_rows(study, on or dt.date.today()):
        none = row["status"] in (FEASIBLE, CLOSED)
        obstacles = [] if none else [(row["reason"], "")]
        if row["status"] not in (FEASIBLE, CLOSED, FAILED):
            obstacles = study.plan_of(row["platform"]).obstacles
        low, high = row["p10_usd"], row["p90_usd"]
        likely = "" if low is None or low == high else f"{money(low)} to {'no fit' if high is None else money(high)}"
        rows.append({**row, "obstacles": obstacles, "likely": likely})
    ranked = [row for row in rows if row["home"] and row["status"] == FEASIBLE]
    kinds = [("more that fit", ranked[BEST:])]
    for status, label in (*_FOLDED.items(), (FAILED, "that could not be sized")):
        kinds.append((label, [row for row in rows if row["status"] == status and (row["home"] or status == FAILED)]))
    kinds.append(("on other clouds", [row for row in rows if not row["home"] and row["status"] != FAILED]))
    return render(
        "comparison.html.j2",
        title=_offers_on(study),
        best=ranked[:BEST],
        folded=[(f"{len(some)} {label}", some) for label, some in kinds if some],
        several=len({row["region"] for row in ranked}) > 1,
        drawn=any(row["cheapest_odds"] is not None for row in rows),
        worked=_with_work(study),
        doubts=study.book.doubts,
    )


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
    best = study.recommended
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


#: Rows of a comparison in a terminal that are shown at first.
BEST = 10
#: What offers of other clouds are called where they are counted.
ELSEWHERE = "on other clouds (--cloud all)"
#: Characters that the labels of an answer take, and the widest that it runs.
INDENT, WIDEST = 9, 100

#: What is said of offers that stand folded behind a count, by their status.
_FOLDED = {CLOSED: "closed to new customers", UNPRICED: "without a price", INFEASIBLE: "that do not fit"}


def answer_lines(study: Study) -> list[str]:
    """Return the answer as a person reads it aloud, in the width of the terminal: a headline, a paragraph a label."""
    import textwrap

    found, wide = answer_of(study), min(width(), WIDEST)
    out = textwrap.wrap(found.headline, wide)
    for label, text in found.facts:
        head = f"  {label}" if len(label) > INDENT - 4 else f"  {label:<{INDENT - 2}}"
        lines = textwrap.wrap(text, wide - INDENT, break_long_words=False, break_on_hyphens=False)
        if len(head) > INDENT:
            out += ["", head, *(" " * INDENT + line for line in lines)]
        else:
            out += ["", head + lines[0], *(" " * INDENT + line for line in lines[1:])]
    return [*out, ""]


def study_table(study: Study, fold: bool = True) -> Table:
    """Return the comparison in rank order.

    Parameters
    ----------
    fold : whether offers that cannot be had stand behind a count, and only the best of the others are shown
    """
    by = ", by bill and work" if _with_work(study) else ""
    table = Table(
        f"{_offers_on(study)}, USD a month{by}",
        (
            Column("platform", "offer", priority=0, least=22),
            usd("monthly_usd", "USD/month", 0),
            usd_range("interval", "P10 to P90", ("p10", "p90"), 3),
            usd("work_usd", "work", 4),
            share("cheapest_odds", "cheapest in", 1, unit="share of draws"),
            Column("what", "what is bought", priority=2, least=16),
            Column("reason", "why not", priority=1, least=20),
            usd_range("range", "low to high", ("low", "high"), 7),
            share("utilisation", "used at peak", 5),
            Column("binds", "binds", priority=4),
            share("too_small_odds", "too small in", 4, unit="share of draws"),
            Column("next_wall", "next wall", priority=6),
            Column("region", "region", priority=6, folds=False),
            count("rebuild_s", "rebuild", 7, unit="s"),
            Column("oldest", "oldest price", priority=7, folds=False),
            Column("confidence", "confidence", priority=8, folds=False),
        ),
        most=BEST if fold else None,
    )
    several, chances, some = len(study.regions) > 1, chances_of(study), bool(study.open_plans)
    for row in study.short_rows:
        name = row["platform"]
        likely = chances.between(name)
        status = row["status"]
        ok = status in (FEASIBLE, CLOSED)
        ends = (row["low_usd"], row["high_usd"])
        rebuild, reason = row["rebuild_s"], row["reason"] or (f"{CLOSED}: {row['closed']}" if status == CLOSED else "")
        oldest = "" if status == FAILED else _oldest_price(study.plan_of(row["platform"]))
        table.add(
            {
                **row,
                "platform": row["title"],
                "monthly_usd": row["monthly_usd"] if ok else status,
                "interval": likely if ok and None not in likely and likely[0] != likely[1] else None,
                "work_usd": row["work_usd"] if ok else None,
                "cheapest_odds": chances.cheapest.get(name),
                "range": ends if ok and ends[0] != ends[1] and ends[1] is not None else None,
                "what": row["what"] + (f", split by {row['split_by']}" if row["split_by"] else ""),
                "reason": Cell(reason, cut(reason, 140)) if status != FEASIBLE else "",
                "binds": row["binding"] if ok else "",
                "next_wall": row["next_wall"] if ok else "",
                "utilisation": row["utilisation"] if ok else None,
                "region": row["region"] if several else "",
                "rebuild_s": None if rebuild is None or not ok else Cell(rebuild, human(rebuild, "seconds")),
                "oldest": oldest if ok else "",
                "confidence": row["confidence"] if ok else "",
            },
            mark="" if status == FEASIBLE else "dim",
            folded=_why_folded(row, some) if fold else "",
        )
    return table


def _why_folded(row: Mapping[str, Any], some: bool) -> str:
    """What a row is called where it is only counted: what cannot be had where something can, and other clouds."""
    if not row["home"] and row["status"] != FAILED:
        return ELSEWHERE
    return _FOLDED.get(row["status"], "") if some else ""


def _with_work(study: Study) -> bool:
    return any(work is not None for work in study.work.values())


def _offers_on(study: Study) -> str:
    """Whose offers rank, for a title."""
    names = [cloud_names().get(cloud, cloud) for cloud in study.terms.population.clouds_of(study.workload)]
    return f"Offers on {' and '.join([', '.join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]}"


def _oldest_price(p: Plan) -> str:
    """The date of the oldest price that a bill rests on, '' if it rests on none."""
    used = (row.as_of for entry in p.bill.entries if entry.usage.quantity > 0 for row in entry.rows)
    return min(used, default="")


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
    """Each warning once, with the offers that it is about, of those that rank and can be had."""
    about: dict[str, list[str]] = {}
    for p in study.open_plans:
        for text in p.warnings:
            about.setdefault(text, []).append(p.offer.name)
    return "".join(f" WARNING ({', '.join(names)}): {text}." for text, names in about.items())


def assumptions() -> Html:
    """The constants of the model with range, source, date and confidence."""
    return render("assumptions.html.j2", rows=read_rows("model/assumptions"))
