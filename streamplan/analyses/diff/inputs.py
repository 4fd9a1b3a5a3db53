"""Which inputs changed, and what each moved: the workload is sized with every subset of them changed, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Workload, find_offer
from streamfacts.arrays import Array
from streamfacts.errors import InputError, StreamplanError
from streamplan.analyses.diff.attribution import shapley, subsets
from streamplan.planning.plan import least_cost
from streamplan.planning.terms import Terms

#: Inputs that are told apart; of more the ones that move least by themselves are taken together.
MOST_TOLD_APART = 6
#: What names a result and does not size it.
NAMES = ("name", "title", "description")

#: Inputs that changed together, by their names.
Group = tuple[str, ...]


@dataclass(frozen=True)
class Attribution:
    """What each group of inputs moved on each offer.

    Attributes
    ----------
    groups : inputs told apart; a group of several cannot be, or is what moves least
    start, end : cost of each offer before and after the inputs changed, at the prices of the attribution [USD/month]
    moved : platform to the share of each group, shape (groups,), NaN where not every step on the way fits [USD/month]
    """

    groups: tuple[Group, ...]
    start: Mapping[str, float]
    end: Mapping[str, float]
    moved: Mapping[str, Array]


def changed(old: Workload, new: Workload) -> tuple[str, ...]:
    """Return the inputs that two workloads do not have in common, in the order of the fields.

    Examples
    --------
    >>> w = Workload(write="1 MB/s", message="1 KiB")
    >>> changed(w, w.replace(message="2 KiB", zones=2, replication_factor=2))
    ('message', 'replication_factor', 'zones')
    """
    return tuple(
        name for name in Workload.model_fields if name not in NAMES and getattr(old, name) != getattr(new, name)
    )


def mixed(old: Workload, new: Workload, names: Iterable[str]) -> Workload:
    """Return the old workload with some inputs of the new one.

    Raises
    ------
    InputError
        where they do not fit together.
    """
    taken = set(names)
    sources = ((name, new if name in taken else old) for name in Workload.model_fields)
    return Workload(**{name: getattr(w, name) for name, w in sources if name in w.model_fields_set})


def told_apart(old: Workload, new: Workload, names: Sequence[str]) -> tuple[Group, ...]:
    """Return the inputs in groups that can be changed one after the other, in any order.

    Inputs that cannot be changed alone, such as a write rate above the old peak, are with those that they need.
    """

    def usable(some: Iterable[str]) -> bool:
        try:
            mixed(old, new, some)
        except InputError:
            return False
        return True

    def works(some: set[str]) -> bool:
        return usable(some) and usable(set(names) - some)

    groups: list[set[str]] = [{name} for name in names]
    for name in names:
        if not works({name}):
            partners = {other for other in names if other != name and works({name, other})}
            joined = {name} | (partners if partners else {other for other in names if not works({other})})
            touched = [group for group in groups if group & joined]
            groups = [group for group in groups if not group & joined] + [set().union(*touched)]
    ordered = sorted((tuple(n for n in names if n in group) for group in groups), key=lambda g: names.index(g[0]))
    if len(ordered) <= MOST_TOLD_APART + 1 and all(usable(_in(ordered, row)) for row in subsets(len(ordered))):
        return tuple(ordered)
    if len(ordered) > MOST_TOLD_APART + 1 and all(works(set(group)) for group in ordered):
        return tuple(ordered)
    return (tuple(names),)


def attribute(old: Workload, new: Workload, terms: Terms, offers: Sequence[str]) -> Attribution:
    """Return what each changed input moved on some offers.

    The rule is `attribution.shapley`'s. Of more than `MOST_TOLD_APART` inputs those that move least by themselves, over
    all of the offers, are one.
    """
    groups = told_apart(old, new, changed(old, new))
    if len(groups) > MOST_TOLD_APART + 1:
        alone = [[], *([*group] for group in groups)]
        usd = _costs(old, new, alone, terms, offers)
        effects = np.array([np.abs(costs[1:] - costs[0]) for costs in usd.values() if np.isfinite(costs).all()])
        order = np.argsort(-effects.sum(axis=0), kind="stable") if len(effects) else np.arange(len(groups))
        kept = sorted(order[:MOST_TOLD_APART])
        rest = tuple(name for i, group in enumerate(groups) if i not in kept for name in group)
        groups = (*(groups[i] for i in kept), rest)
    members = subsets(len(groups))
    usd = _costs(old, new, [_in(groups, row) for row in members], terms, offers)
    return Attribution(
        groups=groups,
        start={name: float(costs[0]) for name, costs in usd.items()},
        end={name: float(costs[-1]) for name, costs in usd.items()},
        moved={name: shapley(costs) for name, costs in usd.items()},
    )


def _in(groups: Sequence[Group], members: NDArray[np.bool_]) -> list[str]:
    return [name for group, there in zip(groups, members, strict=True) if there for name in group]


def _costs(
    old: Workload, new: Workload, sets: Sequence[Sequence[str]], terms: Terms, offers: Sequence[str]
) -> dict[str, Array]:
    """Return the cost of each offer with each set of inputs changed, infinite where it does not fit [USD/month]."""
    whole = set(changed(old, new))
    workloads: list[tuple[int, Workload, Demand, str]] = []
    for i, names in enumerate(sets):
        try:
            workload = old if not names else new if set(names) == whole else mixed(old, new, names)
        except InputError:
            continue
        demand = Demand.of(workload)
        workloads.append((i, workload, demand, repr(demand.replace(region="").others())))
    taken = [find_offer(name) for name in offers]
    own = terms.for_each(taken) if taken else {}
    out = {}
    joined: dict[tuple[int, ...], Demand] = {}  # the same for every offer whose regions change with the same inputs
    for offer in taken:
        usd = np.full(len(sets), np.inf)
        alike: dict[tuple[str, str], list[tuple[int, Demand]]] = {}
        for i, workload, demand, others in workloads:
            region = workload.region_at(offer.provider) or workload.region
            alike.setdefault((region, others), []).append((i, demand))
        for (region, _), found in alike.items():
            places, demands = zip(*found, strict=True)
            if places not in joined:
                joined[places] = Demand.joined(demands)
            try:
                costs = least_cost(joined[places].replace(region=region), offer.name, own[offer.name])
            except StreamplanError:
                continue  # the row of the offer says why
            usd[list(places)] = costs
        out[offer.name] = usd
    return out


__all__ = ["Attribution", "attribute", "changed", "mixed", "told_apart"]
