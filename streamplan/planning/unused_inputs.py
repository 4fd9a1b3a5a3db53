"""Inputs that a workload gives and nothing on an offer reads: said, since their author thinks that they count.

Nothing is declared for this. Each input that is given is moved, up and down, everything else the same, and the offer
is sized for all of them together: an input that leaves every constraint, limit, part and quantity as it is, is read by
nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity import Demand, Range, Sizing, Workload, size
from streamfacts.arrays import Array
from streamfacts.errors import InputError
from streamplan.planning.plan import Plan

#: By how much an input is moved: a share of itself, or so many where it counts whole things.
SHARES, STEPS = (2.0, 0.5, 1.1, 50.0, 0.02), (1, -1, 3)


@dataclass(frozen=True)
class Moved:
    """A workload's demand, and those with one input moved.

    Attributes
    ----------
    inputs : names of the moved inputs, one a demand
    demands : shape (1 + n,): as it is, then with each input moved
    others : inputs that are no numbers, each with the 0-d demands of its other values
    """

    inputs: tuple[str, ...]
    demands: Demand
    others: tuple[tuple[str, Demand], ...]

    @classmethod
    def of(cls, workload: Workload) -> Moved:
        """Return the demands of a workload with each input moved that it gives."""
        base = Demand.of(workload)
        moved = [(name, Demand.of(other)) for name, other in _moved(workload)]
        plain = base.others()
        same = [d.others() == plain for _, d in moved]
        alike = [found for found, is_same in zip(moved, same, strict=True) if is_same]
        others = tuple(found for found, is_same in zip(moved, same, strict=True) if not is_same)
        together = _stack([base, *(d for _, d in alike)])
        return cls(tuple(name for name, _ in alike), together, others)


def unused_inputs(plan: Plan, moved: Moved | None = None) -> tuple[str, ...]:
    """Return the inputs that the plan's workload gives and nothing on its offer reads, in the order of the fields.

    Parameters
    ----------
    plan : of a workload
    moved : what `Moved.of` says of that workload, where several plans share it

    Examples
    --------
    >>> from streamplan.planning.plan import plan
    >>> w = Workload(write="10 MB/s", message="1 KiB", partitions=30, connections=500)
    >>> unused_inputs(plan(w, "pubsub")), unused_inputs(plan(w, "msk-serverless"))
    (('partitions', 'connections'), ())
    """
    if plan.workload is None:
        return ()
    moved = moved or Moved.of(plan.workload)
    numbers = _numbers(_sized(plan, moved.demands))
    apart = _apart(numbers[:, 1:], numbers[:, :1])
    read = {name for name, column in zip(moved.inputs, apart.T, strict=True) if column.any()}
    if moved.others:
        before = numbers[:, :1]
        for name, demand in moved.others:
            after = _numbers(_sized(plan, demand))
            if after.shape != before.shape or _apart(after, before).any():
                read.add(name)
    tried = {*moved.inputs, *(name for name, _ in moved.others)}
    return tuple(name for name in _fields(plan.workload) if name in tried - read)


def _sized(plan: Plan, demand: Demand) -> Sizing:
    return size(
        demand.replace(region=plan.sizing.demand.region),
        plan.offer.name,
        machine=plan.configuration,
        clusters=plan.clusters,
        options=dict(plan.sizing.options),
        hours_per_month=plan.bill.hours_per_month,
    )


def _numbers(sizing: Sizing) -> Array:
    """Return every number that the sizing shows or bills, a row each, a column a demand."""
    found: list[Any] = [sizing.units]
    for c in sizing.constraints:
        found += (c.demand, c.capacity, c.ceiling)
    for limit in sizing.limits:
        found += (limit.demand, limit.limit)
    found += [line.quantity for line in sizing.usage]
    found += [part.value for part in sizing.parts]
    columns = max(np.shape(sizing.units), default=1)
    out = np.empty((len(found), columns))
    for row, values in enumerate(found):
        out[row] = values
    return out


def _apart(one: Array, other: Array) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):  # infinity less infinity
        far = np.abs(one - other) > 1e-9 * np.abs(other)
    return np.asarray((one != other) & far | np.isnan(one) ^ np.isnan(other) | np.isinf(one) ^ np.isinf(other))


def _stack(demands: Sequence[Demand]) -> Demand:
    """Return 0-d demands that differ in numbers alone as one of shape (n,)."""
    first = demands[0]
    return first.replace(**{name: np.array([float(getattr(d, name)) for d in demands]) for name in first.arrays()})


def _fields(workload: Workload) -> list[str]:
    """The inputs that can be moved, in the order of the fields; shares of capacity by resource."""
    out = []
    for name in type(workload).model_fields:
        if name not in workload.model_fields_set or getattr(workload, name) is None:
            continue
        if name == "use_up_to":
            out += [f"use_up_to.{resource}" for resource in workload.use_up_to if resource != "all"]
        elif name in ("tls", "survive") or isinstance(getattr(workload, name), (Range, int)):
            out.append(name)
    return out


def _moved(workload: Workload) -> Iterator[tuple[str, Workload]]:
    """Every input that is given with the workload in which it alone is another, as far as that is one."""
    for name in _fields(workload):
        for values in _others(workload, name):
            try:
                yield name, workload.replace(**values)
            except InputError:
                continue


def _others(workload: Workload, name: str) -> Iterable[dict[str, Any]]:
    field, _, resource = name.partition(".")
    value = getattr(workload, field)
    if resource:
        yield {field: {k: v for k, v in value.items() if k != resource}}
    elif name == "survive":
        yield from ({name: other} for other in ("none", "broker", "zone") if other != value)
    elif isinstance(value, bool):
        yield {name: not value}
    elif isinstance(value, int):
        yield from ({name: value + step} for step in STEPS)
    else:
        whole = float(value.likely).is_integer() and Workload.unit_of(name) == ""
        for share in SHARES:
            number = value.likely * share if value.likely else share / 10
            for one in {number, float(np.ceil(number))} if whole else {number}:
                yield {name: Range(one, one, one)}


__all__ = ["Moved", "unused_inputs"]
