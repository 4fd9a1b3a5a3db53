"""Services that publish quotas: the same headroom and the same outage to catch up after as brokers of one's own.

A quota is filled up to a share of it, at peak as well as while a consumer group that was down reads what it missed
beside the live stream: what self-managed brokers keep on their network and disks, a service keeps on its quota. Things
that are counted (partitions, connections) do not move with the load and may fill their limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from capacity.demand.demand import Demand
from capacity.sizing.constraint import Constraint, Limit
from capacity.systems.states import CATCH_UP, NORMAL, use_up_to
from streamfacts.arrays import Array
from streamfacts.tables import assumption
from streamfacts.units import human, largest

_OF_A_GROUP = " + backlog of a consumer group that was down"


def quota_share(demand: Demand) -> tuple[float, str]:
    """Return the share of a quota of bytes, records or requests that may be used [1], and where it comes from."""
    return use_up_to(demand, "quota", "quota_use_up_to")


def vcpu_share(demand: Demand) -> tuple[float, str]:
    """Return the share of what a service rates a vCPU at that may be used [1], and where it comes from."""
    if "cpu" in demand.use_up_to:
        return demand.use_up_to["cpu"], "the workload's use_up_to"
    return quota_share(demand)


def count_share(demand: Demand, counted: str) -> tuple[float, str]:
    """Return the share of a limit on things that are counted that may be used [1], and where it comes from.

    Parameters
    ----------
    counted : partitions or connections, the key of the workload's `use_up_to`
    """
    return use_up_to(demand, counted, "count_use_up_to")


def lagging_reads(demand: Demand, groups: Any = None) -> Array:
    """Return how many readings of the average stream lagging groups add while they catch up [1].

    Groups that were down for `outage` read what they missed within `catch_up`: outage / catch-up each.

    Parameters
    ----------
    groups : groups among which those that lag are [1]; the fan-out if left out

    References
    ----------
    `data/model/assumptions.csv`, lagging_groups
    """
    behind = np.minimum(demand.fan_out if groups is None else groups, float(assumption("lagging_groups")))
    return np.asarray(demand.outage_s / demand.catch_up_s * behind)


def with_catch_up(normal: Constraint, backlog: Any) -> list[Constraint]:
    """Return a constraint on reads at peak and, after it, the same while a backlog is read on top.

    Parameters
    ----------
    normal : what is read at peak
    backlog : what is read on top, in the constraint's unit, any shape that broadcasts against its demand
    """
    return [
        normal,
        replace(
            normal,
            state=CATCH_UP,
            demand=np.asarray(normal.demand + backlog),
            formula=f"{normal.formula}{_OF_A_GROUP}",
        ),
    ]


def walls(constraints: Sequence[Constraint], units: Any, advice: str = "") -> list[Limit]:
    """Return each constraint as a limit, for services whose units do not grow with the load.

    Parameters
    ----------
    units : how many there are [1]
    """
    return [
        Limit(
            c.name if c.state == NORMAL else f"{c.name} ({c.state})",
            c.demand,
            c.capacity * c.ceiling * units,
            c.unit,
            c.source,
            advice=advice,
        )
        for c in constraints
    ]


def service_level(demand: Demand, used: tuple[float, str] | None = None) -> tuple[str, ...]:
    """Return in words how far quotas are filled and what is caught up, for the assumptions of a sizing.

    Parameters
    ----------
    used : share of a quota that is used and where it comes from [1]; `quota_share` if left out
    """
    share, why = used or quota_share(demand)
    outage, within = (human(largest(x), "seconds") for x in (demand.outage_s, demand.catch_up_s))
    groups = float(assumption("lagging_groups"))
    return (
        f"at most {share:.0%} of a quota is used, at peak and while catching up (use_up_to; {why})",
        f"{groups:g} consumer group that was down for {outage} reads what it missed within {within}, beside the live"
        " stream (outage, catch_up)",
    )
