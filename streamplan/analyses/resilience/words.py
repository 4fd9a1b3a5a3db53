"""A study of resilience as a document, as tables of a terminal and as pieces of a page. All HTML is escaped."""

from __future__ import annotations

from math import isfinite
from typing import Any

from streamfacts.units import human
from streamfacts.words import lost_in_words
from streamplan.analyses.resilience.resilience import HELD_AT, INFEASIBLE, MEETS, PERCENTILES, ResilienceStudy
from streamplan.views.html import Html, render
from streamplan.views.json import mapping, records
from streamplan.views.tables import Cell, Column, Table, usd
from streamplan.views.workload_document import workload_document


def span(seconds: Any) -> str:
    """Return a time for a person; what never ends, or is lost, is a dash, and so is an aim that was not set.

    Examples
    --------
    >>> span(90.0), span(0.0), span(None)
    ('1.5 min', '0 s', '-')
    """
    if seconds is None or not isfinite(seconds):
        return "-"
    return human(float(seconds), "seconds") if seconds else "0 s"


def resilience_document(study: ResilienceStudy) -> dict[str, Any]:
    """Return a study of resilience: the aim, a row a design, a row a design and failure, and every line of cost."""
    return mapping(
        {
            "workload": workload_document(study.workload),
            "platform": study.offer.name,
            "regions": study.regions,
            "rpo_s": study.rpo_s,
            "rto_s": study.rto_s,
            "against": study.against,
            "held_at_percentile": HELD_AT,
            "percentiles": PERCENTILES,
            "draws": study.draws,
            "seed": study.seed,
            "designs": records(study.table),
            "failures": records(study.failures),
            "rebuild": records(study.rebuild),
            "lines": records(study.lines),
        }
    )


def resilience_table(study: ResilienceStudy) -> Table:
    """Return the designs, those within the aim first."""
    aim = f"RPO {span(study.rpo_s)} and RTO {span(study.rto_s)} after {lost_in_words(study.against)}"
    odds = [("P50", 50), (f"P{HELD_AT}", HELD_AT)]
    table = Table(
        f"{study.workload.title or study.workload.name} on {study.offer.title}: {aim}",
        (
            Column("title", "design", least=22),
            usd("monthly_usd", "USD/month", 0),
            usd("extra_usd", "more", 2),
            *(
                Column(f"{k}_p{p}_s", f"{k.upper()} {name}", True, "s", priority=1 if p == HELD_AT else 3)
                for k in ("rpo", "rto")
                for name, p in odds
            ),
            Column("survives", "survives", priority=4, least=12),
            Column("within", "within the aim?", priority=1, least=16),
        ),
    )
    for r, found in zip(study.table.to_dict("records"), study.results, strict=True):
        meets = r["status"] == MEETS
        spans = {k: Cell(r[k], span(r[k])) for k in (f"{x}_p{p}_s" for x in ("rpo", "rto") for _, p in odds)}
        why = "yes" if meets else Cell(found.reason_with(short=True), short(found.reason_with(short=True)))
        table.add({**r, **spans, "within": why}, mark="" if meets else "dim")
    return table


def resilience_terms(study: ResilienceStudy) -> str:
    """Return in a few sentences what was assumed and how the figures are to be read."""
    first, second = study.regions
    by = next((r.mechanism for r in study.results if r.mechanism), None)
    copied = f", copied by {by.title}" if by else ""
    known = [f"{r['what']} {span(r['seconds'])}" for r in study.rebuild.to_dict("records") if r["seconds"]]
    rebuild = "; ".join(known) or "The vendor rebuilds"
    return (
        f"First region {first}, second {second}{copied}. Delays are drawn from the wide ranges of"
        f" data/analyses/resilience.csv ({study.draws:,} draws, seed {study.seed}) and held against the aim at"
        f" P{HELD_AT}; a second cluster is sized for the whole load. {rebuild[:1].upper()}{rebuild[1:]}."
    )


def short(text: str, most: int = 180) -> str:
    """Return a reason cut to a length."""
    return text if len(text) <= most else text[: most - 3] + "..."


def resilience_answer(study: ResilienceStudy) -> Html:
    """The first screen: which design, for how much, what it loses and how soon it is back, what misses the aim."""
    best = study.cheapest
    rows = {r["design"]: r for r in study.table.to_dict("records")}
    return render(
        "resilience_answer.html.j2",
        study=study,
        w=study.workload,
        best=best,
        row=rows[best.design.name] if best else None,
        aim=f"RPO {span(study.rpo_s)}, RTO {span(study.rto_s)}",
        lost=lost_in_words(study.against),
        misses=[(r.design.title, short(r.reason_with(short=True))) for r in study.results if r.status != MEETS],
        rebuild=[(r["what"], span(r["seconds"])) for r in study.rebuild.to_dict("records") if r["seconds"]],
        deletion=bool(best and best.outcome_of("deletion").survived),
        span=span,
        held=HELD_AT,
    )


def resilience_designs(study: ResilienceStudy) -> Html:
    """The table of the designs, with the reason where one is not within the aim."""
    rows = study.table.to_dict("records")
    lost = lost_in_words(study.against)
    return render("resilience_designs.html.j2", rows=rows, study=study, lost=lost, span=span, held=HELD_AT, meets=MEETS)


def resilience_failures(study: ResilienceStudy) -> Html:
    """Every failure of every design: whether it survives, what it loses, when it is back, and how full it then is."""
    titles = {r.design.name: r.design.title for r in study.results if r.status != INFEASIBLE}
    rows = [r for r in study.failures.to_dict("records") if r["design"] in titles]
    return render("resilience_failures.html.j2", rows=rows, titles=titles, span=span, held=HELD_AT)
