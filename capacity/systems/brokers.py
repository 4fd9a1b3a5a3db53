"""What a cluster of Kafka brokers must carry, resource by resource, in each named state.

States: *normal* at peak; *broker down* and *zone down* at peak, on the units that are left; *catch-up*, when what was
down has returned and fetches its backlog while one consumer group reads its own. Each state has its own row, so a
reader sees the load of each and nothing hides in a combined factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.demand.demand import Demand
from capacity.laws.coefficients import fact, fitted
from capacity.laws.cpu import busy_cores, effective_cores
from capacity.sizing.constraint import Constraint, InState, Resource, Value
from capacity.sizing.partitions import hottest_of, leaders_of, partitions_asked
from capacity.sizing.placement import Pieces
from streamfacts.arrays import Array
from streamfacts.tables import assumption
from streamfacts.units import GIB

#: Coefficients of a broker's CPU by name, without their prefix.
_CPU = ("produce_ms_per_mb", "follow_ms_per_mb", "send_ms_per_mb", "request_us", "record_us", "tls_factor", "scaling")

NORMAL, BROKER_DOWN = InState.NORMAL, InState.BROKER_DOWN
ZONE_DOWN, CATCH_UP = InState.ZONE_DOWN, InState.CATCH_UP
#: A lost broker's replacement takes its share of the writes while it copies what the lost one held.
REBUILD = InState.REBUILD


@dataclass(frozen=True)
class Machines:
    """Capacities of one broker for each machine type, shape (machines, 1, ...) against the demand's axes.

    `disks` are equal parts of the disk space, on one of which a replica lies whole.
    `connections` are those that one broker takes, where the user or the vendor says so; by its size otherwise.
    """

    vcpu: Value
    memory_bytes: Array
    network_bytes_s: Array
    disk_bytes_s: Array
    disk_iops: Array
    disk_space_bytes: Array
    disk_io_bytes: float
    partitions: Value
    source: str
    disk_source: str
    partitions_source: str
    disks: Value = 1.0
    connections: Value | None = None


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


def cpu_cores(demand: Demand, state: State) -> Array:
    """Return busy cores of the whole cluster in a state, on brokers of eight virtual CPUs [core].

    The law of `laws.cpu.busy_cores` with the coefficients fitted on measured clusters, times the demand's `cpu_factor`:
    how far the cluster in question may differ from those measured.

    References
    ----------
    `data/calibration/coefficients.csv`
    """
    write = demand.peak_wire_bytes_s / 1e6
    follow = write * (state.copies_alive - 1.0) + state.backlog_follow / 1e6
    send = write * demand.fan_out + follow + state.backlog_consume / 1e6
    batches = demand.peak_wire_bytes_s / demand.batch_wire_bytes
    cores = busy_cores(fitted().point, write, follow, send, batches, demand.peak_records_s, demand.tls)
    return np.asarray(cores * demand.cpu_factor + cleaner_cores(demand))


def cleaner_cores(demand: Demand) -> Array:
    """Return busy cores of the log cleaners on all copies [core]; 0 where nothing is compacted.

    A record that the cleaner reads is taken to cost what the leader takes for one, and a byte that it writes what a
    follower takes for one: no measurement of the cleaner's CPU was found.
    """
    point = fitted().point
    read = demand.records_s * demand.cleaner_reads * point["cpu_record_us"] / 1e6
    written = demand.wire_bytes_s / 1e6 * demand.cleaner_writes * point["cpu_follow_ms_per_mb"] / 1e3
    return np.asarray((read + written) * demand.replication_factor)


def leaders_share_of_cpu(demand: Demand, state: State, cores: Array) -> Value:
    """Return the part of the busy cores that leaders have and followers do not [1]: what one copy more would cost.

    1 where partitions are yet to choose: then they lie evenly and the part is of no account.
    """
    if not demand.partitions_given:
        return 1.0
    nothing = np.zeros(())
    one = busy_cores(fitted().point, nothing, demand.peak_wire_bytes_s / 1e6, nothing, nothing, nothing, demand.tls)
    with np.errstate(divide="ignore", invalid="ignore"):
        followed = one * demand.cpu_factor * state.copies_alive / cores
    return np.asarray(np.clip(1.0 - followed, 0.0, 1.0))


def cpu_terms(demand: Demand) -> tuple[str, str]:
    """Return the CPU law with its coefficients filled in, and where they come from."""
    used = {name: fact(f"cpu_{name}") for name in _CPU}
    if not demand.tls:
        del used["tls_factor"]
    v = {name: f"{known.value:.3g}" for name, known in used.items()}
    factor = f"TLS {v['tls_factor']} x " if demand.tls else ""
    doubtful = [name.replace("_", " ") for name, known in used.items() if known.confidence == "low"]
    formula = (
        f"{factor}(in x {v['produce_ms_per_mb']} + follower in x {v['follow_ms_per_mb']} + out x {v['send_ms_per_mb']}"
        f" core-ms/MB) + batches/s x {v['request_us']} + records/s x {v['record_us']} core-us; a broker's vCPU"
        f" are worth 8 x (vCPU / 8)^{v['scaling']} of one with eight; fitted on published measurements"
        f" (data/calibration/coefficients.csv, {used['scaling'].as_of}; streamplan accuracy); of low confidence:"
        f" {', '.join(doubtful)}"
    )
    sources = dict.fromkeys(part for known in used.values() for part in known.source.split("; "))
    return formula, "; ".join(sources)


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
    cpu_normal, cpu_source = use_up_to(demand, "cpu", "cpu_use_up_to")
    cpu_formula, cpu_sources = cpu_terms(demand)
    cpu_failure = max(cpu_normal, float(assumption("cpu_use_up_to_in_failure")))
    network, network_source = use_up_to(demand, "network", "network_use_up_to")
    disk, disk_source = use_up_to(demand, "disk throughput", "disk_throughput_use_up_to")
    write, copies = demand.peak_wire_bytes_s, demand.replication_factor
    upload = write if tiered else np.zeros_like(write)
    cold = demand.cold_reads if tiered else np.zeros_like(demand.cold_reads)
    read = write * demand.fan_out
    cleaner = demand.wire_bytes_s * (demand.cleaner_reads + demand.cleaner_writes)
    cleaned = " + what log cleaners write" if np.any(demand.cleaner_writes > 0) else ""
    out: list[Constraint] = []
    # what leaders do lies on one broker a partition, what every replica does on as many as there are copies
    led: dict[str, Any] = {"leaders": leaders_of(demand), "hottest": hottest_of(demand), "placed": True}
    held = led | {"copies": copies, "lead": 0.0}
    kept = demand.hot_held_s if tiered else demand.held_s
    rebuilt = np.where(copies > 1, demand.wire_bytes_s * (1.0 + kept / demand.rebuild_within_s) * copies, 0.0)
    asked = partitions_asked(demand, demand.wire_bytes_s * kept)

    for state in states(demand):
        units: dict[str, Any] = {"share": state.share, "lost": state.lost}
        cores = cpu_cores(demand, state)
        backlog = state.backlog_follow + state.backlog_consume
        out.append(
            Constraint(
                Resource.CPU,
                state.name,
                cores,
                effective_cores(machines.vcpu, fitted().point["cpu_scaling"]),
                cpu_normal if state.name == NORMAL else cpu_failure,
                "cores",
                f"{machines.source}; {cpu_source}; {cpu_sources}",
                cpu_formula,
                **units,
                **led | {"copies": state.copies_alive, "lead": leaders_share_of_cpu(demand, state, cores)},
            )
        )
        out.append(
            Constraint(
                Resource.NETWORK_OUT,
                state.name,
                read + write * (state.copies_alive - 1.0) + upload + backlog,
                machines.network_bytes_s,
                network,
                "bytes/s",
                f"{machines.source}; {network_source}",
                "peak write x (fan-out + copies alive - 1 + tier upload) + backlog of followers and consumers",
                **units,
                **led,
            )
        )
        if state.name in (NORMAL, CATCH_UP):
            # A failure moves leaders, not copies: what a surviving broker writes and receives does not change.
            # In catch-up the returning brokers write their live share and the backlog.
            refill = np.where(state.backlog_follow > 0, demand.wire_bytes_s * demand.outage_s / demand.catch_up_s, 0.0)
            out.append(
                Constraint(
                    Resource.NETWORK_IN,
                    state.name,
                    (write + refill) * copies + read * cold,
                    machines.network_bytes_s,
                    network,
                    "bytes/s",
                    f"{machines.source}; {network_source}",
                    "(peak write + backlog on a returning broker) x copies + reads from the remote tier",
                    **held,
                )
            )
            out.append(
                Constraint(
                    Resource.DISK_WRITE,
                    state.name,
                    (write + refill + demand.wire_bytes_s * demand.cleaner_writes) * copies,
                    machines.disk_bytes_s,
                    disk,
                    "bytes/s",
                    f"{machines.disk_source}; {disk_source}",
                    f"(peak write + backlog on a returning broker{cleaned}) x copies",
                    **held,
                )
            )
        if state.name == NORMAL and cleaned:
            out.append(
                Constraint(
                    Resource.DISK_READ_WRITE,
                    state.name,
                    (write + cleaner) * copies,
                    machines.disk_bytes_s,
                    disk,
                    "bytes/s",
                    f"{machines.disk_source}; {disk_source}",
                    "(peak write + what log cleaners read and write) x copies",
                    **held,
                )
            )
        if state.name == CATCH_UP:
            out.append(
                Constraint(
                    Resource.DISK_READ_WRITE,
                    state.name,
                    (write + cleaner) * state.copies_alive + backlog,
                    machines.disk_bytes_s,
                    disk,
                    "bytes/s",
                    f"{machines.disk_source}; {disk_source}",
                    f"{'(peak write + cleaners)' if cleaned else 'peak write'} x copies alive + backlog read from disk",
                    **units,
                    **held | {"copies": state.copies_alive},
                )
            )
    out += [
        Constraint(
            name,
            REBUILD,
            rebuilt,
            capacity,
            ceiling,
            "bytes/s",
            f"{source}; the workload's rebuild_within",
            "(average write + bytes held / rebuild_within) x copies",
            **held,
        )
        for name, capacity, ceiling, source in (
            (Resource.NETWORK_IN, machines.network_bytes_s, network, f"{machines.source}; {network_source}"),
            (Resource.DISK_WRITE, machines.disk_bytes_s, disk, f"{machines.disk_source}; {disk_source}"),
        )
    ]

    whole, quota_source = use_up_to(demand, "partitions", "count_use_up_to")
    space, space_source = use_up_to(demand, "disk space", "disk_space_use_up_to")
    heap = float(assumption("broker_heap_gib")) * GIB
    cache = assumption("page_cache_s")
    out += [
        Constraint(
            Resource.DISK_OPERATIONS,
            NORMAL,
            write * copies / machines.disk_io_bytes,
            machines.disk_iops,
            disk,
            "operations/s",
            f"{machines.disk_source}; {assumption('disk_io_bytes').source}",
            f"peak write x copies / {machines.disk_io_bytes / 1024:g} KiB",
            **held,
        ),
        Constraint(
            Resource.PAGE_CACHE,
            NORMAL,
            write * copies * float(cache),
            np.maximum(machines.memory_bytes - heap, 0.0),
            1.0,
            "bytes",
            f"{machines.source}; {cache.source}",
            f"peak write x copies x {float(cache):g} s, in the memory beyond a heap of {heap / GIB:g} GiB",
            **held,
        ),
        Constraint(
            Resource.PARTITIONS,
            NORMAL,
            asked * copies,
            machines.partitions,
            whole,
            "partition replicas",
            f"{machines.partitions_source}; {quota_source}",
            "partitions x copies",
            **held | {"hottest": 0.0},
        ),
        Constraint(
            Resource.DISK_SPACE,
            NORMAL,
            demand.wire_bytes_s * kept * copies,
            machines.disk_space_bytes,
            space,
            "bytes",
            f"{machines.disk_source}; {space_source}",
            "average write x retention on disk x copies",
            **held,
            bins=machines.disks,
        ),
    ]
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
        return np.where(spare > 0, held / np.where(spare > 0, spare, 1.0), np.inf)
