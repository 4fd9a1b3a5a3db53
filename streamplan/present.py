"""Pieces of a report as HTML: the answer, the comparison, bills, constraints, sources. All text is escaped."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from capacity.correlation import Correlation
from streamfacts.tables import parse_as_of, read_rows
from streamfacts.units import human, largest
from streamplan.answer import answer_of
from streamplan.horizon import HORIZON
from streamplan.plan import Plan
from streamplan.study import CLOSED, FEASIBLE, Study
from streamplan.wording import money

if TYPE_CHECKING:
    from streamplan.batch import Batch


class Html(str):
    """HTML text that a notebook shows as such, with what its own style would have otherwise: numbers to the right."""

    def _repr_html_(self) -> str:
        return f'<div class="streamplan"><style>{notebook_style()}</style>{self}</div>'


@cache
def notebook_style() -> str:
    """Return the style of tables in a notebook."""
    return (Path(__file__).parent / "templates" / "notebook.css").read_text(encoding="utf-8").replace("\n", " ").strip()


@cache
def environment() -> Environment:
    """Return the Jinja environment: templates of this package, everything escaped, no silent blanks."""
    env = Environment(
        loader=PackageLoader("streamplan"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["money"] = money
    env.filters["human"] = lambda value, unit: human(float(value), unit)
    env.filters["links"] = links
    return env


def compile_templates(names: Iterable[str]) -> None:
    """Read templates by name, for a process that forks: its children have them."""
    for name in names:
        environment().get_template(f"{name}.html.j2")


@cache
def links(text: str) -> tuple[tuple[str, str], ...]:
    """Split a source into (text, address) pairs; the address is empty where a part is no link.

    Examples
    --------
    >>> list(links("https://a.org/x (read in: https://github.com/b/c/d.md)"))
    [('a.org', 'https://a.org/x'), (' (read in: ', ''), ('github b/c', 'https://github.com/b/c/d.md'), (')', '')]
    """
    out: list[tuple[str, str]] = []
    position = 0
    for match in _ADDRESS.finditer(str(text)):
        if match.start() > position:
            out.append((text[position : match.start()], ""))
        out.append((_label(match[0]), match[0]))
        position = match.end()
    if position < len(str(text)):
        out.append((text[position:], ""))
    return tuple(out)


_ADDRESS = re.compile(r"https?://[^\s;,)\"]+")


def _label(address: str) -> str:
    host, *path = address.split("://", 1)[1].split("/")
    return f"github {path[0]}/{path[1]}" if host == "github.com" and len(path) > 1 else host


def _render(template: str, **values: Any) -> Html:
    return Html(environment().get_template(template).render(**values))


def answer(study: Study, on: dt.date | None = None) -> Html:
    """The first screen: which platform, how much, what binds, how sure, what would change the answer."""
    return _render("answer.html.j2", w=study.workload, answer=answer_of(study, on))


def comparison(study: Study) -> Html:
    """The table of all offers, with the reason where there is no price."""
    rows = []
    for row in study.table.to_dict("records"):
        row["closed"] = study.plan_of(row["platform"]).offer.closed
        row["obstacles"] = study.plan_of(row["platform"]).obstacles if row["status"] not in (FEASIBLE, CLOSED) else []
        rows.append(row)
    return _render("comparison.html.j2", rows=rows, uncertain=study.ranged, several=study.table["region"].nunique() > 1)


def equivalence(study: Study) -> Html:
    """What makes the offers comparable."""
    w = study.workload
    return _render(
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
    return _render("inputs.html.j2", rows=input_rows(study), w=study.workload)


def day(text: str) -> dt.date:
    """Return the day on which the ages of prices are reckoned: an ISO date, or today if it is empty."""
    return parse_as_of(text) if text else dt.date.today()


def bill_lines(plan: Plan, on: dt.date | None = None) -> Html:
    """The bill of one plan, line by line, with date, confidence and source of every price."""
    rows = plan.bill.records(on or dt.date.today())
    return _render(
        "bill.html.j2", plan=plan, rows=rows, total=plan.bill.total, missing=plan.bill.missing, what=plan.what
    )


def constraints_of(plan: Plan) -> Html:
    """Every constraint of one plan: demand, capacity, utilisation, formula, source."""
    rows = plan.sizing.constraint_rows()
    binding = plan.sizing.binding
    for row in rows:
        row["binds"] = f"{row['constraint']} ({row['state']})" == binding
    limits = [
        {
            "name": limit.name,
            "value": human(largest(limit.demand), limit.unit),
            "wall": human(largest(limit.limit), limit.unit),
            "relation": "at least" if limit.at_least else "at most",
            "broken": bool(limit.broken.any()),
            "source": limit.source,
        }
        for limit in plan.sizing.limits
    ]
    parts = [
        {"name": p.name, "value": human(largest(p.value), p.unit), "formula": p.formula, "source": p.source}
        for p in plan.sizing.parts
    ]
    return _render("constraints.html.j2", plan=plan, rows=rows, limits=limits, parts=parts)


def assumptions() -> Html:
    """The constants of the model with range, source, date and confidence."""
    return _render("assumptions.html.j2", rows=read_rows("assumptions"))


def gaps(study: Study) -> list[tuple[list[str], tuple[str, ...]]]:
    """Return what the model leaves out, with the titles of the offers that share it."""
    offers: dict[tuple[str, ...], list[str]] = {}
    for p in study.plans:
        offers.setdefault(p.offer.not_modelled, []).append(p.offer.title)
    return [(titles, items) for items, titles in offers.items()]


def not_modelled(study: Study) -> Html:
    """What the model leaves out, offer by offer."""
    return _render("not_modelled.html.j2", groups=[(", ".join(titles), items) for titles, items in gaps(study)])


def portfolio_index(batch: Batch) -> Html:
    """The index of a batch: totals, teams, a link a report, and what failed."""
    done = [d for found in batch.teams.values() for d in found]
    usd = {id(d): float(d.summary["monthly_usd"]) for d in done if d.summary["monthly_usd"] is not None}
    total = sum(usd.values())
    teams = [
        {
            "name": team,
            "count": len(found),
            "usd": (own := sum(usd.get(id(d), 0.0) for d in found)),
            "share": own / (total or 1.0),
            "without": sum(id(d) not in usd for d in found),
        }
        for team, found in batch.teams.items()
    ]
    return _render(
        "portfolio.html.j2",
        batch=batch,
        done=done,
        teams=sorted(teams, key=lambda t: -float(t["usd"])),
        total=total,
        horizon=HORIZON,
        dearest=sorted((d for d in done if id(d) in usd), key=lambda d: -usd[id(d)])[:3],
        without=[d.row.name for d in done if id(d) not in usd],
        beside=["portfolio.xlsx"] if any("xlsx" in d.files for d in done) else [],
    )
