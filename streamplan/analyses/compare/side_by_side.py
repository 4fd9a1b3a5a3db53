"""Scenarios side by side: a column each with what is taken and what it costs, and every offer's cost in all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from capacity import Workload
from streamfacts.errors import InputError
from streamfacts.words import money
from streamplan.analyses.compare.words import compare_document
from streamplan.planning.plan import Plan
from streamplan.planning.scenarios import Scenario
from streamplan.planning.study import Study, study
from streamplan.views.inputs import input_words, said, signed
from streamplan.views.json import mapping
from streamplan.views.tables import Cell, Column, Table, usd
from streamplan.views.workload_document import workload_document

#: Scenarios that are shown beside each other at most, and on a page of the app.
MOST, PINNED = 8, 4
#: Offers that the table shows unless more are asked for.
MOST_OFFERS = 10


@dataclass(frozen=True)
class SideBySide:
    """Scenarios, and the study of each, in the same order."""

    scenarios: tuple[Scenario, ...]
    studies: tuple[Study, ...]

    @cached_property
    def inputs(self) -> dict[str, tuple[Any, ...]]:
        """Each input that is not the same in all scenarios, with its value in each, None where it is not given."""
        fields = [self._inputs(one) for one in self.scenarios]
        names = dict.fromkeys(name for given in fields for name in given)
        rows = {name: tuple(given.get(name) for given in fields) for name in names}
        return {name: values for name, values in rows.items() if any(value != values[0] for value in values)}

    @staticmethod
    def _inputs(one: Scenario) -> dict[str, Any]:
        terms = {f"option {name}": value for name, value in one.terms.options.items()}
        terms |= {"hours_per_month": one.terms.hours_per_month, "within": one.terms.within}
        terms |= {"most_clusters": one.terms.most_clusters, "prices": ", ".join(one.prices) or "none of its own"}
        return {**workload_document(one.workload)["fields"], **terms}

    @property
    def taken(self) -> tuple[Plan | None, ...]:
        """The plan to take in each, None where nothing fits."""
        return tuple(found.cheapest for found in self.studies)

    @cached_property
    def costs(self) -> dict[str, tuple[float | None, ...]]:
        """Cost of each offer in each scenario [USD/month], None without one; cheapest of the first scenario first."""
        by_offer = [{row["platform"]: row["monthly_usd"] for row in found.short_rows} for found in self.studies]
        names = dict.fromkeys(name for costs in by_offer for name in costs)
        return {name: tuple(costs.get(name) for costs in by_offer) for name in names}

    @cached_property
    def titles(self) -> dict[str, str]:
        """Title of each offer by its name."""
        return {row["platform"]: row["title"] for found in self.studies for row in found.short_rows}


def side_by_side(scenarios: Iterable[Scenario], only: Iterable[str] | None = None, most: int = MOST) -> SideBySide:
    """Return scenarios side by side.

    Parameters
    ----------
    only : the offers to compare; all if left out
    most : scenarios at most

    Raises
    ------
    InputError
        for more scenarios than `most`, or what a study refuses, which then names the scenario.
    """
    some, offers = tuple(scenarios), None if only is None else list(only)
    if len(some) > most:
        raise InputError("scenario", f"{len(some)} of them", f"{most} side by side at most; name those to show")
    studies = []
    for one in some:
        try:
            studies.append(study(one.workload, only=offers, terms=one.terms))
        except InputError as error:
            raise error.within(f"scenario {one.name}") from None
    return SideBySide(some, tuple(studies))


def pinned_document(named: Mapping[str, Study]) -> dict[str, Any]:
    """Return up to four studies side by side for a page: what is taken in each, and every offer's cost in all.

    Parameters
    ----------
    named : what each is called, and its study; the first is what the others are held against

    Raises
    ------
    InputError
        for more than `PINNED`.
    """
    if len(named) > PINNED:
        raise InputError("scenario", f"{len(named)} of them", f"{PINNED} side by side at most")
    scenarios = tuple(Scenario(name, found.workload, found.terms) for name, found in named.items())
    return columns_document(SideBySide(scenarios, tuple(named.values())))


def columns_document(found: SideBySide) -> dict[str, Any]:
    """Return the columns and the rows of scenarios side by side; costs in USD a month, null without one.

    `columns` are the scenarios in their order, with the inputs in which they differ; `offers` have a cost and a
    difference to the first scenario in the order of the columns.
    """
    first = found.taken[0].monthly_usd if found.taken and found.taken[0] else None
    columns = []
    for i, (one, best) in enumerate(zip(found.scenarios, found.taken, strict=True)):
        cost = best.monthly_usd if best else None
        columns.append(
            {
                "scenario": one.name,
                "inputs": {name: values[i] for name, values in found.inputs.items()},
                "platform": best.offer.name if best else None,
                "title": best.offer.title if best else None,
                "what": best.what if best else None,
                "monthly_usd": cost,
                "difference_usd": _less(cost, first),
                "binding": best.sizing.binding if best else None,
                "next_wall": best.sizing.next_binding if best else None,
            }
        )
    offers = [
        {
            "platform": name,
            "title": found.titles[name],
            "monthly_usd": list(costs),
            "difference_usd": [_less(one, costs[0]) for one in costs],
        }
        for name, costs in found.costs.items()
    ]
    return mapping({"currency": "USD", "columns": columns, "offers": offers})


def side_by_side_document(found: SideBySide) -> dict[str, Any]:
    """Return every scenario's comparison by its name, and what stands side by side."""
    each = {one.name: compare_document(s) for one, s in zip(found.scenarios, found.studies, strict=True)}
    return {"scenarios": each, "side_by_side": columns_document(found)}


def _less(usd: float | None, first: float | None) -> float | None:
    return None if usd is None or first is None else usd - first


def tables(found: SideBySide) -> list[Table]:
    """Return the tables of scenarios side by side: what differs and what is taken, and every offer's cost."""
    names = [one.name for one in found.scenarios]
    facts = Table(
        "Scenarios", [Column("", "scenario"), *(Column(n, n, priority=i) for i, n in enumerate(names))], "facts"
    )
    for label, cells in _facts(found):
        facts.add({"": label, **dict(zip(names, cells, strict=True))})
    columns = [Column("", "offer", least=20), *(usd(name, name, i) for i, name in enumerate(names))]
    offers = Table(f"USD a month, and against {names[0]}", columns, "offers", MOST_OFFERS)
    for name, costs in found.costs.items():
        folded = "without a cost in any of them" if all(one is None for one in costs) else ""
        offers.add({"": found.titles[name], **dict(zip(names, _cells(costs), strict=True))}, folded=folded)
    return [facts, offers]


def _facts(found: SideBySide) -> list[tuple[str, list[Any]]]:
    fields, unit_of = Workload.model_fields, Workload.unit_of
    out: list[tuple[str, list[Any]]] = []
    for name, values in found.inputs.items():
        unit = unit_of(name) if name in fields else ""
        out.append((input_words(name), [said(value, unit) for value in values]))
    plans = found.taken
    return [
        *out,
        ("take", [plan.offer.title if plan else "nothing fits" for plan in plans]),
        ("buy", [plan.what if plan else "" for plan in plans]),
        ("USD a month", _cells([plan.monthly_usd if plan else None for plan in plans])),
        ("binds", [str(plan.sizing.binding) if plan else "" for plan in plans]),
        ("next wall", [str(plan.sizing.next_binding) if plan else "" for plan in plans]),
    ]


def _cells(costs: Sequence[float | None]) -> list[Cell]:
    """Costs, each after the first with its difference to the first."""
    out = []
    for i, one in enumerate(costs):
        less = _less(one, costs[0]) if i else None
        out.append(Cell(one, money(one) if less is None else f"{money(one)} ({signed(less)})"))
    return out


__all__ = [
    "MOST",
    "PINNED",
    "SideBySide",
    "columns_document",
    "pinned_document",
    "side_by_side",
    "side_by_side_document",
    "tables",
]
