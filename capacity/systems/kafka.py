"""Apache Kafka run by oneself on the machines of any cloud: network volumes or local disks, tiered or not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.clouds.cloud import Cloud
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import DISK_RATES, VALUES, Constraint, heaviest
from capacity.sizing.follower_fetch import FOLLOWER_FETCH
from capacity.sizing.machines import MachineTable
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.partitions import (
    finite,
    partitions_by_size,
    partitions_by_size_source,
    partitions_part,
)
from capacity.sizing.sizing import Part, PartKind, Role, Sizing
from capacity.sizing.smallest_machine import LEAST_VCPU, least_vcpu
from capacity.systems.broker_loads import Machines
from capacity.systems.brokers import broker_constraints, rebuild_seconds
from capacity.systems.laid_brokers import lay_brokers
from streamfacts.arrays import Array
from streamfacts.tables import assumption
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine

BROKER = "broker"
#: How the time to rebuild a broker comes about.
REBUILD_FORMULA = "data of the fullest broker / spare network and disk of its replacement"
#: Tiered storage, which takes no compacted topics.
KIP_405 = "https://cwiki.apache.org/confluence/display/KAFKA/KIP-405%3A+Kafka+Tiered+Storage"
#: What is left out of a cloud whose machines and volumes have a documented baseline.
BURSTS = "burst credits of network and volumes; only baselines count"


@cache
def usable_machines(cloud: Cloud, *, local: bool, memory_above_gib: float) -> MachineTable:
    """Return the machines with enough memory and a documented rate of the disks in question."""
    table = cloud.machines()
    usable = table["memory_gib"] > memory_above_gib
    if local:
        usable = usable & (table["local_disk_gb"] > 0) & np.isfinite(table["local_write_mb_s"])
    else:
        usable = usable & np.isfinite(table["volume_mb_s"]) & np.isfinite(table["volume_iops"])
    return table.where(usable)


def _candidates(cloud: Cloud, local: bool) -> MachineTable:
    return usable_machines(cloud, local=local, memory_above_gib=float(assumption("broker_heap_gib")))


def broker_machines(context: Context, cloud: Cloud, rows: MachineTable, *, local: bool) -> Machines:
    """Return the capacities of a broker on each of these machines."""
    col, volume = context.rows, cloud.volume
    if local:
        disk_rate, disk_iops = rows["local_write_mb_s"] * 1e6, np.full(len(rows), np.inf)
        space, disk_source = rows["local_disk_gb"] * 1e9, rows.source
    else:
        disk_rate = np.minimum(rows["volume_mb_s"] * 1e6, volume.max_mib_s * MIB)
        disk_iops = np.minimum(rows["volume_iops"], volume.max_iops)
        space, disk_source = np.full(len(rows), volume.max_gib * GIB), f"{rows.source}; {volume.source}"
    return Machines(
        vcpu=col(rows["vcpu"]),
        memory_bytes=col(rows["memory_gib"]) * GIB,
        network_bytes_s=col(rows["network_gbps"]) * 1e9 / 8,
        disk_bytes_s=col(disk_rate),
        disk_iops=col(disk_iops),
        disk_space_bytes=col(space),
        disk_io_bytes=float(assumption("disk_io_bytes")),
        partitions=col(partitions_by_size(rows["vcpu"], rows["memory_gib"])),
        source=rows.source,
        disk_source=disk_source,
        partitions_source=partitions_by_size_source(),
        disks=col(rows["local_disks"]) if local else 1.0,
    )


def largest_disk_load(constraints: list[Constraint], units: Array) -> Array:
    """Return the disk rate that one unit must offer: its largest load over all states / the ceiling [byte/s]."""
    need: Array = np.zeros(())
    of_disks = [c for c in constraints if c.name in DISK_RATES]
    for c in heaviest(of_disks, *(name for name in VALUES if name not in ("demand", "capacity"))):
        need = np.maximum(need, c.fullest(units) / c.ceiling)
    return need


def _model(context: Context, *, where: Cloud, local: bool, tiered: bool) -> Sizing:
    d, hours = context.demand, context.hours_per_month
    rows = _candidates(where, local).of(context.names)
    machines = broker_machines(context, where, rows, local=local)
    if each := float(context.options["connections_per_broker"]):
        machines = replace(machines, connections=each)
    constraints = broker_constraints(d, machines, tiered=tiered)
    least = np.maximum(d.replication_factor, d.zones)
    kept_s = d.hot_held_s if tiered else d.held_s
    laid = lay_brokers(context, d, machines, constraints, kept_s, least=least, multiple=d.zones)
    units, constraints, layout, once, fill = laid.units, laid.constraints, laid.layout, laid.once, laid.fill
    limits = (
        *laid.cluster_limits,
        *least_vcpu(context, rows["vcpu"]),
        *laid.placement_limits,
    )
    on_disk = once * d.replication_factor
    paths = d.paths(follower_fetch=context.options["follower_fetch"], tiered=tiered)
    controllers = float(context.options["controllers"])
    controller_gib = controllers * float(assumption("controller_disk_gib"))
    lines = [
        UsageLine(
            where.instance_meter,
            units * hours,
            "instance-hour",
            context.names,
            f"brokers x {hours:g} h",
            counts=BROKER,
        ),
        UsageLine(
            where.instance_meter,
            context.spread(controllers * hours),
            "instance-hour",
            context.options["controller_machine"],
            f"{controllers:g} KRaft controllers x {hours:g} h",
            role=Role.CONTROLLERS,
        ),
    ]
    quorum = assumption("controllers").source
    parts = [partitions_part(d, layout, units, once)] if not context.brief else []
    how = "a quorum that survives one loss"
    parts.append(Part("KRaft controllers", context.spread(controllers), "nodes", how, quorum))
    if local:
        size = context.spread(machines.disk_space_bytes / GIB)
        what = "what the machine carries"
        parts.append(Part("local disk of a broker", size, "GiB", what, machines.source, PartKind.LOCAL_DISK))
        lines.append(
            UsageLine(
                where.volume.size_meter,
                context.spread(controller_gib),
                "GiB-month",
                where.volume.sku,
                f"volumes of {controllers:g} controllers",
                role=Role.CONTROLLERS,
            )
        )
    else:
        size = np.ceil(layout.bytes_on_fullest / fill / GIB)
        throughput, iops = where.volume.bought(largest_disk_load(constraints, units), machines.disk_io_bytes)
        source = where.volume.source
        parts += [
            Part("volume of a broker", size, "GiB", "data of the fullest broker / fill", source, PartKind.VOLUME),
            Part(
                "volume throughput",
                throughput,
                "MiB/s",
                "largest disk load of the fullest broker over all states / ceiling, at least what is included",
                source,
                PartKind.VOLUME_THROUGHPUT,
            ),
            Part(
                "volume operations",
                iops,
                "IOPS",
                "throughput / bytes of one, at least the baseline",
                source,
                PartKind.VOLUME_OPERATIONS,
            ),
        ]
        lines += where.volume.lines(finite(units), size, throughput, iops, controller_gib, on_disk / fill / GIB)
    crossing = paths.clients_cross_zone + paths.replicate_cross_zone
    lines += where.transfer_lines(context, crossing, paths.cross_region, "producers + replication + consumers")
    if tiered:
        remote = stored_bytes(d.wire_bytes_s, d.held_s)
        how = "average write x retention, one copy: closed segments go to the remote tier at once (KIP-405)"
        lines += where.object_lines(context, remote, paths.tier_upload, paths.tier_download, how)
        parts.append(Part("remote tier", context.spread(remote / GIB), "GiB", how, "KIP-405"))
    of_one: dict[str, Any] = {"vcpu": machines.vcpu, "memory_gib": machines.memory_bytes / GIB}
    if not context.brief:
        bought = None if local else np.minimum(machines.disk_bytes_s, throughput * MIB)
        rebuild = rebuild_seconds(d, machines, units, tiered=tiered, partitions=laid.partitions, disk_bytes_s=bought)
        parts.append(Part("time to rebuild a broker", rebuild, "seconds", REBUILD_FORMULA, kind=PartKind.REBUILD))
        of_one |= layout.of_one(
            disk_bytes=machines.disk_space_bytes if local else size * GIB,
            rebuild_s=rebuild,
        )
    near = context.options["follower_fetch"]
    notes = (
        "one Kafka cluster with dedicated controllers, one data volume (or the local disks) a broker",
        "consumers read in their own zone (KIP-392)" if near else "consumers read from leaders",
        "message.max.bytes, 1 MiB by default, is raised where larger records are asked",
        *(
            ()
            if where.zone_meter
            else (f"bytes between zones are not billed by {where.provider} ({where.pricing_page})",)
        ),
    )
    fewest, multiple = {BROKER: least}, {BROKER: d.zones}
    return context.sizing(
        BROKER,
        units,
        constraints,
        limits,
        lines,
        parts,
        notes,
        fewest=fewest,
        multiple=multiple,
        sources=() if context.brief else rows.sources,
        of_one=of_one,
    )


def _names(cloud: Cloud, local: bool) -> NDArray[Any]:
    return _candidates(cloud, local).names


def kafka_offer(
    name: str,
    title: str,
    cloud: Cloud,
    controller_machine: str,
    *,
    local: bool,
    tiered: bool,
    not_modelled: tuple[str, ...] = (BURSTS,),
    sources: tuple[str, ...] = (),
) -> Offer:
    """Return the offer of self-managed Kafka on a cloud, for a platform file to register.

    Parameters
    ----------
    local, tiered : local disks instead of volumes; closed segments go to a remote tier
    not_modelled : what is left out of the cloud's machines and disks, besides what is of Kafka
    sources : pages of the cloud, besides that of its prices
    """
    machines = tuple(cloud.machines().names.tolist())
    return Offer(
        name=name,
        title=title,
        family="Apache Kafka, self-managed",
        provider=cloud.provider,
        configurations=partial(_names, cloud, local),
        model=partial(_model, where=cloud, local=local, tiered=tiered),
        options=(
            FOLLOWER_FETCH,
            Option(
                "connections_per_broker",
                0,
                "client connections that one broker takes; 0 for the published figures by its size",
                high=1e6,
            ),
            Option("controllers", 3, "KRaft controllers", allowed=(3, 5)),
            Option("controller_machine", controller_machine, "machine type of the controllers", allowed=machines),
            LEAST_VCPU,
        ),
        protocols=(Protocol.KAFKA,),
        self_managed=True,
        metrics=("kafka",),
        kind="kafka-self",
        tiered_as="" if tiered else f"{name}-tiered",
        guarantees={
            "copies": "the workload's replication factor",
            "zones": "the workload's zones",
            "availability": "none promised; depends on how it is run",
            "disks": "lost with the machine" if local else "outlive the machine",
        },
        keeps_copies=True,
        not_modelled=(
            "load balancers and NAT",
            *not_modelled,
            "differences in speed between CPU generations",
            "fsync on every write; space of a log while it is compacted; markers and state of transactions",
        ),
        sources=("https://kafka.apache.org/documentation/", cloud.pricing_page, *sources),
        impossible={"compacted": KIP_405} if tiered else {},
    )
