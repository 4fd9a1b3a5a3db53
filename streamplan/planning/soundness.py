"""Which of an offer's configurations an experienced operator would run: sound before cheap, few before many.

A fleet of many small brokers is more to patch, to rebalance and to watch, and each has little page cache. Machines
below the sizes of `data/model/fleet_sizes.csv` are therefore left out for a fleet of that many, and of the sound plans
within `Terms.within` of the least cost the one with the fewest brokers is taken. Where nothing sound can be had, the
least cost of what there is stands, and the plan says so. Units whose machine the service does not show have no such
rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from capacity import Sizing
from streamfacts.arrays import Array, Flags, Index
from streamfacts.tables import read_rows


@dataclass(frozen=True)
class FleetSize:
    """A fleet of more than so many brokers asks for machines of at least this size."""

    more_than: float
    vcpu: float
    memory_gib: float
    source: str


@cache
def fleet_sizes() -> tuple[FleetSize, ...]:
    """Return the rows of `data/model/fleet_sizes.csv`, small fleets first."""
    rows = [FleetSize(r["more_than"], r["vcpu"], r["memory_gib"], r["source"]) for r in read_rows("model/fleet_sizes")]
    return tuple(sorted(rows, key=lambda row: row.more_than))


def sound(sizing: Sizing) -> Flags:
    """Return where each machine is large enough for as many of them, shape of the sizing's units.

    Brokers and the units of every pool (bookies) are counted apart; those whose machine is not shown are sound.
    """
    units: Array = np.asarray(sizing.units, float)
    for pool in sizing.pools.values():
        units = np.maximum(units, pool)
    vcpu, memory = (leading(x, units.ndim) for x in (sizing.vcpu, sizing.memory_gib))
    most: Array = np.full(np.broadcast_shapes(vcpu.shape, memory.shape), np.inf)  # of the machine
    for row in fleet_sizes():
        small = np.less(vcpu, row.vcpu) | np.less(memory, row.memory_gib)  # false where it is not known
        most = np.where(small, np.minimum(most, row.more_than), most)
    return np.asarray(units <= most)


def sound_up_to(sizing: Sizing) -> Array:
    """Return up to how many of each configuration's machine are sound, shape (configurations,); infinite if any."""
    count = len(sizing.configuration)
    vcpu, memory = (np.broadcast_to(np.ravel(x), count) for x in (sizing.vcpu, sizing.memory_gib))
    out = np.full(count, np.inf)
    for row in reversed(fleet_sizes()):
        out = np.where(np.less(vcpu, row.vcpu) | np.less(memory, row.memory_gib), row.more_than, out)
    return out


def leading(value: Any, ndim: int) -> Array:
    """A value a configuration, shaped to broadcast against arrays with the demand's axes behind."""
    array = np.asarray(value, float)
    return array.reshape(array.shape + (1,) * (ndim - array.ndim)) if array.ndim else array


def easiest(cost: Array, units: Array, within: float) -> Index:
    """Return the configuration to take for each demand: the fewest units among those near the least cost.

    Parameters
    ----------
    cost : of each configuration, shape (configurations, *demand); infinite where it cannot be taken [USD/month]
    units : all units of all clusters, of the same shape [units]
    within : how far above the least cost still counts as near it [1]

    Returns
    -------
    index into the leading axis, shape of the demand; ties go to the lower cost, then to the first

    Examples
    --------
    >>> cost, units = np.array([12264.0, 12738.0, 12500.0, 20000.0]), np.array([51.0, 15.0, 24.0, 9.0])
    >>> int(easiest(cost, units, 0.05)), int(easiest(cost, units, 0.0))
    (1, 0)
    """
    least = np.min(cost, axis=0)
    near = cost <= least * (1.0 + within) * (1.0 + 1e-12)
    count = np.where(near, units, np.inf)
    fewest = near & (count <= np.min(count, axis=0))
    return np.asarray(np.where(fewest, cost, np.inf).round(4).argmin(axis=0))
