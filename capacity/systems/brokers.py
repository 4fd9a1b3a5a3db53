"""What a cluster of Kafka brokers must carry, resource by resource, in each named state of `capacity.systems.states`.

Each state has its own row, so a reader sees the load of each and nothing hides in a combined factor.
"""

from __future__ import annotations

import numpy as np

from capacity.demand.demand import Demand
from capacity.sizing.constraint import Constraint, Resource, Value
from capacity.sizing.partitions import hottest_of
from capacity.sizing.placement import Pieces
from capacity.systems.broker_loads import BrokerLoads, Machines
from capacity.systems.states import CATCH_UP, NORMAL, states, use_up_to
from streamfacts.arrays import Array
from streamfacts.tables import assumption


def broker_constraints(demand: Demand, machines: Machines, *, tiered: bool = False) -> list[Constraint]:
    """Return every constraint of a broker cluster, resource by resource and state by state.

    Parameters
    ----------
    demand : arrays of any shape S
    machines : capacities of shape (machines, 1, ...)
    tiered : whether closed segments go to a remote tier, which adds their upload to the leaders' traffic

    Returns
    -------
    constraints whose demand has shape S and whose capacity has shape (machines, 1, ...)
    """
    loads = BrokerLoads(demand, machines, tiered)
    out: list[Constraint] = []
    for state in states(demand):
        out += (loads.cpu(state), loads.network_out(state))
        # A failure moves leaders, not copies: what a surviving broker writes and receives does not change. In
        # catch-up the returning brokers write their live share and the backlog.
        if state.name in (NORMAL, CATCH_UP):
            out += (loads.network_in(state), loads.disk_write(state))
        if state.name == NORMAL and loads.cleaned:
            out.append(loads.disk_while_cleaned())
        if state.name == CATCH_UP:
            out.append(loads.disk_in_catch_up(state))
    out += loads.rebuild()
    out += (loads.disk_operations(), loads.page_cache(), loads.partitions(), loads.disk_space())
    return out + connection_constraints(demand, machines.vcpu, machines.connections)


#: vCPU from which a broker takes as many connections as any.
_NOT_SMALL = 4.0


def connection_constraints(demand: Demand, vcpu: Value, each: Value | None = None) -> list[Constraint]:
    """Return the client connections that brokers take, also on those that a loss leaves; none if none are given.

    Clients whose broker is lost connect to the others.

    Parameters
    ----------
    vcpu : of one broker [1]
    each : connections that one broker takes [1]; from `data/model/assumptions.csv` by its size if left out
    """
    if demand.connections is None:
        return []
    large, small = assumption("connections_per_broker"), assumption("connections_per_small_broker")
    share, why = use_up_to(demand, "connections", "count_use_up_to")
    capacity = np.where(np.asarray(vcpu) < _NOT_SMALL, float(small), float(large)) if each is None else each
    source = f"{large.source}; {why}" if each is None else f"as given; {why}"
    return [
        Constraint(
            Resource.CONNECTIONS,
            state.name,
            demand.connections,
            capacity,
            share,
            "connections",
            source,
            "client connections, spread over the brokers that are up",
            share=state.share,
            lost=state.lost,
        )
        for state in states(demand)
        if state.name != CATCH_UP
    ]


def rebuild_seconds(
    demand: Demand,
    machines: Machines,
    units: Array,
    *,
    tiered: bool = False,
    partitions: Value = np.inf,
    disk_bytes_s: Value | None = None,
) -> Array:
    """Return the time to copy the data of the fullest broker, once lost, to its replacement at average load [s].

    The replacement fetches at what its network and its disk have left below the ceilings kept; the survivors share
    the sending, so they bind only in clusters of two or three.

    Parameters
    ----------
    partitions : of the cluster [1]; what brokers hold divides evenly if left out
    disk_bytes_s : throughput of the disks of one broker [byte/s]; the most that they may have if left out

    Returns
    -------
    seconds, shape of `units`; infinite where nothing is left
    """
    network, _ = use_up_to(demand, "network", "network_use_up_to")
    disk, _ = use_up_to(demand, "disk throughput", "disk_throughput_use_up_to")
    disk_bytes_s = machines.disk_bytes_s if disk_bytes_s is None else disk_bytes_s
    kept = demand.hot_held_s if tiered else demand.held_s
    copies = demand.replication_factor
    share = Pieces(partitions, copies, 0.0, hottest_of(demand)).share_of_fullest(units)
    held = demand.wire_bytes_s * kept * copies * share
    live = demand.wire_bytes_s * copies * share
    spare = np.minimum(machines.network_bytes_s * network, disk_bytes_s * disk) - live
    with np.errstate(divide="ignore", invalid="ignore"):
        seconds = np.asarray(np.divide(held, spare))
    seconds[np.broadcast_to(spare <= 0, seconds.shape)] = np.inf
    return seconds
