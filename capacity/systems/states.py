"""The states that a cluster of brokers must carry its load in, and the share of each capacity that may be used.

States: *normal* at peak; *broker down* and *zone down* at peak, on the units that are left; *catch-up*, when what was
down has returned and fetches its backlog while one consumer group reads its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from capacity.demand.demand import Demand
from capacity.sizing.constraint import InState, Value
from streamfacts.arrays import Array
from streamfacts.tables import assumption

NORMAL, BROKER_DOWN = InState.NORMAL, InState.BROKER_DOWN
ZONE_DOWN, CATCH_UP = InState.ZONE_DOWN, InState.CATCH_UP
#: A lost broker's replacement takes its share of the writes while it copies what the lost one held.
REBUILD = InState.REBUILD


@dataclass(frozen=True)
class State:
    """One state: which units are left, which copies are alive, what is fetched on top [bytes/s]."""

    name: InState
    share: Value
    lost: float
    copies_alive: Array
    backlog_follow: Array
    backlog_consume: Array


def use_up_to(demand: Demand, resource: str, fact: str) -> tuple[float, str]:
    """Return the share of a capacity that may be used [1] and where that share comes from."""
    for key in (resource, "all"):
        if key in demand.use_up_to:
            return demand.use_up_to[key], "the workload's use_up_to"
    known = assumption(fact)
    return float(known), known.source


def states(demand: Demand) -> list[State]:
    """Return the states that the demand asks to survive, the normal one first."""
    copies = demand.replication_factor
    one, nothing = np.ones_like(copies), np.zeros_like(copies)
    out = [State(NORMAL, one, 0.0, copies, nothing, nothing)]
    backlog = demand.wire_bytes_s * demand.outage_s / demand.catch_up_s
    groups = np.minimum(demand.fan_out, float(assumption("lagging_groups")))
    lagging = backlog * groups
    if demand.survive == "broker":
        out.append(State(BROKER_DOWN, one, 1.0, copies, nothing, nothing))
        out.append(State(CATCH_UP, one, 0.0, copies, nothing, lagging))
    elif demand.survive == "zone":
        # where there is one zone only, there is none to lose
        share = np.where(demand.zones > 1, (demand.zones - 1.0) / demand.zones, 1.0)
        alive = np.maximum(copies * share, 1.0)
        out.append(State(BROKER_DOWN, one, 1.0, copies, nothing, nothing))
        out.append(State(ZONE_DOWN, share, 0.0, alive, nothing, nothing))
        out.append(State(CATCH_UP, share, 0.0, alive, backlog * (copies - alive), lagging))
    else:
        out.append(State(CATCH_UP, one, 0.0, copies, nothing, lagging))
    return out
