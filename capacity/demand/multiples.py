"""Scaled: the demand of a workload with one of its fields at a multiple, all that follows from it computed anew."""

from __future__ import annotations

import numpy as np

from capacity.demand.demand import Demand, build
from capacity.demand.draws import Draws
from capacity.workload.quantity import Range
from capacity.workload.workload import Workload
from streamfacts.arrays import Array
from streamfacts.errors import unknown_name

#: What is multiplied together: throughput is stated as bytes, as records, or as both.
FIELDS: dict[str, tuple[str, ...]] = {
    "write": ("write", "messages", "peak_write"),
    "retention": ("retention",),
    "fan_out": ("fan_out",),
}


def scaled_demand(workload: Workload, draws: Draws, months: int, month: int, field: str, factor: Array) -> Demand:
    """Return the demand of one month with a field multiplied in each draw, shape (draws, 1).

    Partitions, consumer groups and hot retention that are not given follow, and so do the bytes that the retention
    window holds; what is given stays.

    Parameters
    ----------
    draws : of the uncertain inputs; one without values is the likely demand
    months, month : horizon of the growth, and the month in it [month]
    field : write, retention or fan_out
    factor : by how much, shape (draws,) [1]

    Raises
    ------
    InputError
        for another field.
    """
    if field not in FIELDS:
        raise unknown_name("field", field, FIELDS)
    together = FIELDS[field]

    def take(name: str, value: Range) -> Array:
        found = draws.take(name, value)
        found = found[:, None] if found.ndim else found
        return found * np.asarray(factor)[:, None] if name in together else found

    demand = build(workload, take, months)
    wide = {k: v[..., month - 1 : month] for k, v in demand.arrays().items() if v.ndim and v.shape[-1] == months}
    demand = demand.replace(**wide)
    return demand.replace(wire_bytes_s=np.broadcast_to(demand.wire_bytes_s, (draws.n, 1)))


__all__ = ["FIELDS", "scaled_demand"]
