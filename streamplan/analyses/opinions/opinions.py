"""Second opinions: our plans and other people's rules on the same workload, side by side, and why they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from capacity import Demand, Workload
from capacity.rules import Opinion, Rule, find_rule, rules
from pricing import PriceBook
from streamfacts.errors import InputError, NothingFeasible
from streamfacts.units import TIB, human, largest
from streamplan.analyses.opinions.differences import Difference, Terms, differences, terms_of_plan, terms_of_rule
from streamplan.planning.plan import Plan, plan

if TYPE_CHECKING:
    import pandas as pd

#: Offers of ours that stand beside the rules.
OURS = ("kafka-ec2-ebs", "kafka-ec2-nvme", "msk-standard", "msk-express", "pulsar-ec2-ebs", "confluent-enterprise")


@dataclass(frozen=True)
class View:
    """One row of the comparison: a plan of ours or what a rule says; None is what it does not state.

    `vcpu_low` and `vcpu_high` span the machine types that the rule may be applied to, within its own limits.
    """

    name: str
    title: str
    author: str
    ours: bool
    terms: Terms
    what: str
    vcpu_low: float | None = None
    vcpu_high: float | None = None
    binding: str = ""
    states: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    valid: str = ""
    source: str = ""


@dataclass(frozen=True)
class Opinions:
    """Our plans and the rules on one workload."""

    workload: Workload
    plans: tuple[Plan, ...]
    views: tuple[View, ...]
    why: tuple[Difference, ...]

    @property
    def rules(self) -> tuple[View, ...]:
        """The views that are not ours."""
        return tuple(v for v in self.views if not v.ours)

    @property
    def spread(self) -> tuple[float, float] | None:
        """Least and most vCPU that the published rules ask for, None if no rule states any."""
        said = [v.terms.vcpu for v in self.rules if v.terms.vcpu is not None]
        return (min(said), max(said)) if said else None

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a view, ours first, then the rules by vCPU; NaN is what is not stated."""
        import pandas as pd

        rows = [
            {
                "name": v.name,
                "title": v.title,
                "author": v.author,
                "ours": v.ours,
                "what": v.what,
                "unit": v.terms.unit,
                "units": v.terms.units,
                "vcpu": v.terms.vcpu,
                "vcpu_low": v.vcpu_low,
                "vcpu_high": v.vcpu_high,
                "memory_gib": v.terms.memory_gib,
                "disk_tib": None if v.terms.disk_bytes is None else v.terms.disk_bytes / TIB,
                "binding": v.binding,
                "states": "; ".join(v.states),
                "warnings": "; ".join(v.warnings),
                "valid": v.valid,
                "source": v.source,
            }
            for v in self.views
        ]
        frame = pd.DataFrame(rows)
        numbers = ["units", "vcpu", "vcpu_low", "vcpu_high", "memory_gib", "disk_tib"]
        frame[numbers] = frame[numbers].astype(float)
        order = frame.sort_values(["ours", "vcpu", "units", "name"], ascending=[False, True, True, True]).index
        return frame.loc[order].reset_index(drop=True)

    @property
    def summary(self) -> str:
        """The comparison in a sentence or two."""
        text = ""
        if self.spread:
            low, high = self.spread
            text = (
                f"{len(self.rules)} published rules ask for {low:,.0f} to {high:,.0f} vCPU on this workload,"
                f" a factor of {high / low:,.1f}."
            )
        mine = [v for v in self.views if v.ours and v.terms.vcpu is not None]
        if mine:
            text += f" Ours: {'; '.join(f'{v.title} {v.terms.vcpu:,.0f}' for v in mine)}."
        return text.strip()

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints: the workload, every view and every difference."""
        from streamplan.views.json import records
        from streamplan.views.workload_document import workload_document

        return {
            "workload": workload_document(self.workload),
            "summary": self.summary,
            "spread_vcpu": None if self.spread is None else {"low": self.spread[0], "high": self.spread[1]},
            "views": [
                {**row, "notes": list(view.notes), "warnings": list(view.warnings)}
                for row in records(self.table)
                for view in self.views
                if view.name == row["name"]
            ],
            "why": [d.document() for d in self.why],
        }


def second_opinions(
    workload: Workload,
    only: Iterable[str] = (),
    platforms: Iterable[str] = OURS,
    book: PriceBook | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Opinions:
    """Return our plans and the published rules on the likely demand of a workload.

    Parameters
    ----------
    workload : what is asked
    only : rules to take; every one if left out
    platforms : offers of ours to plan, each at its cheapest feasible configuration
    book : prices that choose our configurations; the shipped ones if left out
    options : what the tools of the rules let their users set, by rule and name, such as
        {"confluent-ecku": {"headroom": 0.1}}

    Raises
    ------
    InputError
        for an unknown rule or platform, and an option that the rule does not have or take.
    NothingFeasible
        if none of our plans can carry the workload.

    Examples
    --------
    >>> w = Workload(write="100 MiB/s", measured_at="broker", message="1 KiB", fan_out=3, retention="24 h")
    >>> second_opinions(w, platforms=["msk-standard"]).spread
    (6.0, 114.0)
    """
    chosen = [find_rule(name) for name in only] or list(rules().values())
    given = {find_rule(name).name: dict(values) for name, values in (options or {}).items()}
    for name in given:
        if name not in {rule.name for rule in chosen}:
            raise InputError("option", name, f"a rule that is asked: {', '.join(rule.name for rule in chosen)}")
    book = book or PriceBook.load()
    plans = tuple(plan(workload, name, book) for name in dict.fromkeys(platforms))
    feasible = [p for p in plans if p.feasible]
    if not feasible:
        reasons = "; ".join(f"{p.offer.name}: {p.reason}" for p in plans)
        raise NothingFeasible(f"none of our plans can carry this workload: {reasons}")
    ours = [_view_of_plan(p) for p in feasible]
    terms = {v.name: v.terms for v in ours}
    mine = {p.offer.name: p for p in feasible}
    theirs = [_view_of_rule(rule, workload, mine, given.get(rule.name, {})) for rule in chosen]
    why = []
    for rule, view in zip(chosen, theirs, strict=True):
        against = rule.against if rule.against in terms else next(iter(terms))
        why += differences(view.name, view.title, view.terms, against, terms[against], rule.source)
    return Opinions(workload, plans, (*ours, *theirs), tuple(why))


def _view_of_plan(p: Plan) -> View:
    vcpu = terms_of_plan(p).vcpu
    return View(
        p.offer.name,
        p.offer.title,
        "ours",
        True,
        terms_of_plan(p),
        p.what,
        vcpu,
        vcpu,
        str(p.sizing.binding),
    )


def _view_of_rule(rule: Rule, workload: Workload, plans: dict[str, Plan], given: Mapping[str, Any]) -> View:
    demand = Demand.of(workload)
    said = rule.say(demand, given)
    low, high = _span(said)
    against = plans.get(rule.against)
    if not isinstance(said.configuration, str):
        said = said.pick(_choose(said, "" if against is None else against.configuration), 1)
    states = [f"{name} {human(largest(v), unit)}" for name, (v, unit) in said.quantities.items()]
    kinds = {said.unit: said.units, **said.pools}
    what = " + ".join(
        f"{largest(n):,.0f} {kind}{'s' if largest(n) != 1 else ''}" for kind, n in kinds.items() if n is not None
    )
    if said.configuration and said.units is not None:
        what = f"{largest(said.units):,.0f} x {said.configuration}"
    return View(
        rule.name,
        rule.title,
        rule.author,
        False,
        terms_of_rule(said, demand),
        what,
        low,
        high,
        str(said.binding),
        tuple(states),
        tuple(said.warnings),
        (*(f"with {name} {value}" for name, value in given.items()), *rule.notes),
        rule.valid,
        rule.source,
    )


def _within(said: Opinion) -> Any:
    """Whether each configuration keeps within the limits of the rule; all of them if none does."""
    broken: Any = np.zeros(() if said.units is None else np.shape(said.units), bool)
    for outside in said.outside:
        broken = broken | outside.where
    return np.ones_like(broken) if np.all(broken) else ~broken


def _span(said: Opinion) -> tuple[float | None, float | None]:
    if said.vcpu is None:
        return None, None
    kept = np.asarray(said.vcpu)[_within(said)] if np.ndim(said.vcpu) else np.asarray(said.vcpu)
    return float(np.min(kept)), float(np.max(kept))


def _choose(said: Opinion, machine: str) -> int:
    """The machine of our own plan if the rule is about it too; else the fewest vCPU, then the fewest units."""
    within, names = _within(said), np.asarray(said.configuration)
    same = np.flatnonzero((names == machine) & within)
    if len(same):
        return int(same[0])
    units, vcpu = (np.ravel(np.asarray(x, float)) for x in (said.units, said.vcpu))
    order = np.lexsort((units, vcpu, ~np.ravel(within)))
    return int(order[0])
