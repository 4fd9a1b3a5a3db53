"""Apache Kafka on servers of one's own: the machine, its disks, its network and its price are the workload's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.sizing.constraint import DISK_RATES, Limit, Resource
from capacity.sizing.offer import OWN_HARDWARE, Context, Offer, Option, Protocol
from capacity.sizing.partitions import (
    partitions_by_size,
    partitions_by_size_source,
    partitions_part,
)
from capacity.sizing.sizing import Part, PartKind, Sizing
from capacity.systems.broker_loads import Machines
from capacity.systems.brokers import broker_constraints, rebuild_seconds
from capacity.systems.kafka import BROKER, REBUILD_FORMULA
from capacity.systems.laid_brokers import lay_brokers
from capacity.workload.servers import Servers
from streamfacts.errors import InputError
from streamfacts.tables import assumption
from streamfacts.units import GIB
from streamfacts.usage import UsageLine

NAME = "kafka-own-hardware"
_GIVEN = "the workload's servers"
_WANTED = "the machine: {vcpu: 16, memory: 64 GB, network: 10 Gbit/s, disks: {count: 14, size: 4 TB}}"


def _names() -> NDArray[Any]:
    return np.array(["own server"])


def _machine(context: Context, own: Servers) -> Machines:
    """Return the capacities of a broker on one of the servers; a disk rate that was not said bounds nothing."""
    rate = own.disks.bytes_s

    def one(value: float) -> NDArray[np.float64]:
        return context.rows(np.full(len(context.names), value))

    return Machines(
        vcpu=one(own.vcpu),
        memory_bytes=one(own.memory),
        network_bytes_s=one(own.network),
        disk_bytes_s=one(np.inf if rate is None else rate),
        disk_iops=one(np.inf),
        disk_space_bytes=one(own.disks.bytes),
        disk_io_bytes=float(assumption("disk_io_bytes")),
        partitions=partitions_by_size(one(own.vcpu), one(own.memory / GIB)),
        source=_GIVEN,
        disk_source=f"{_GIVEN}: {own.disks}",
        partitions_source=partitions_by_size_source(),
        disks=float(own.disks.count),
    )


def _model(context: Context) -> Sizing:
    d, own = context.demand, context.demand.servers
    if own is None:
        raise InputError("servers", "not given", _WANTED)
    heap = assumption("broker_heap_gib")
    if own.memory <= heap.value * GIB:
        raise InputError("servers.memory", f"{own.memory / GIB:.3g} GiB", f"more than a heap of {heap.value:g} GiB")
    machine = _machine(context, own)
    unbounded = {Resource.DISK_OPERATIONS, *(() if own.disks.throughput is not None else DISK_RATES)}
    constraints = [c for c in broker_constraints(d, machine) if c.name not in unbounded]
    least = np.maximum(d.replication_factor, d.zones)
    laid = lay_brokers(context, d, machine, constraints, d.held_s, least=least, multiple=d.zones)
    units, brief = laid.units, context.brief
    apart = float(context.options["controller_servers"])
    limits = [*laid.cluster_limits, *laid.placement_limits]
    if own.count is not None:
        needed = (units + apart) * d.clusters
        limits.append(Limit("servers at hand", needed, float(own.count), "servers", f"{_GIVEN}: count"))
    lines = [UsageLine("own.server", units + apart, "server-month", formula="brokers + controllers on such servers")]
    parts = [Part("disks of a broker", context.spread(own.disks.bytes / GIB), "GiB", str(own.disks), _GIVEN)]
    of_one: dict[str, Any] = {}
    if not brief:
        parts.insert(0, partitions_part(d, laid.layout, units, laid.once))
        of_one = laid.layout.of_one(
            disk_bytes=machine.disk_space_bytes, vcpu=machine.vcpu, memory_gib=machine.memory_bytes / GIB
        )
    if not brief and own.disks.throughput is not None:
        rebuild = rebuild_seconds(d, machine, units, partitions=laid.partitions)
        parts.append(Part("time to rebuild a broker", rebuild, "seconds", REBUILD_FORMULA, kind=PartKind.REBUILD))
        of_one["rebuild_s"] = rebuild
    notes = [
        "one Kafka cluster, a broker on each server with all of its disks",
        "KRaft controllers run elsewhere, on small machines" if not apart else f"{apart:g} servers for controllers",
        "the price a month is what the workload says; space, power, spares and people are in it only if they were put"
        " there",
    ]
    if own.disks.throughput is None:
        notes.append("what the disks move a second was not said (servers.disks.throughput): it bounds nothing here")
    return context.sizing(
        BROKER,
        units,
        laid.constraints,
        limits,
        lines,
        parts,
        notes,
        fewest={BROKER: least},
        multiple={BROKER: d.zones},
        of_one=of_one,
    )


OFFERS = (
    Offer(
        name=NAME,
        title="Kafka on own hardware",
        family="Apache Kafka, self-managed",
        provider=OWN_HARDWARE,
        configurations=_names,
        model=_model,
        options=(Option("controller_servers", 0, "servers of the same kind for KRaft controllers", allowed=(0, 3, 5)),),
        protocols=(Protocol.KAFKA,),
        machines=lambda _: (),
        self_managed=True,
        metrics=("kafka",),
        kind="kafka-self",
        guarantees={
            "copies": "the workload's replication factor",
            "zones": "the workload's zones",
            "availability": "none promised; depends on how it is run",
            "disks": "lost with the machine",
        },
        not_modelled=(
            "switches and links between racks and sites; only each server's own network counts",
            "operations a second of disks; a RAID that costs space or speed: give what it leaves",
            "fsync on every write; space of a log while it is compacted; markers and state of transactions",
        ),
        sources=("https://kafka.apache.org/documentation/",),
        needs=("servers",),
    ),
)
