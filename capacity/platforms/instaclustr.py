"""NetApp Instaclustr for Apache Kafka on AWS: its node sizes on EC2, in its account or in the user's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.clouds.cloud import find_cloud
from capacity.platforms._managed import GB, client_lines
from capacity.sizing.follower_fetch import FOLLOWER_FETCH
from capacity.sizing.machines import MachineTable, machine_table
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.partitions import (
    finite,
    partitions_by_size,
    partitions_by_size_source,
    partitions_part,
)
from capacity.sizing.sizing import Part, PartKind, Sizing
from capacity.systems.broker_loads import Machines
from capacity.systems.brokers import broker_constraints, rebuild_seconds
from capacity.systems.kafka import REBUILD_FORMULA
from capacity.systems.laid_brokers import lay_brokers
from streamfacts.tables import assumption
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine

_NODES = "https://registry.terraform.io/providers/instaclustr/instaclustr/latest/docs/resources/kafka_cluster_v3"
_RULE = "https://www.instaclustr.com/blog/how-to-size-apache-kafka-clusters-for-tiered-storage-part-2/"
_SLA = "https://www.instaclustr.com/policies/service-level-agreements/"
THEIRS, OWN = "instaclustr", "own"
NODE = "node"


def _names() -> NDArray[Any]:
    return machine_table("instaclustr_kafka").names


def _machine_of(node: str) -> tuple[str, ...]:
    return (str(machine_table("instaclustr_kafka").of(np.array([node]))["ec2_machine"][0]),)


def _ec2(rows: MachineTable) -> dict[str, NDArray[Any]]:
    """Return the EC2 columns for each node, in the order of the nodes."""
    table = find_cloud("aws").machines()
    place = {str(name): i for i, name in enumerate(table.names)}
    at = [place[str(name)] for name in rows["ec2_machine"]]
    return {name: table[name][at] for name in ("vcpu", "memory_gib", "network_gbps", "volume_mb_s", "volume_iops")} | {
        "local_write_mb_s": table["local_write_mb_s"][at],
        "local_disks": table["local_disks"][at],
    }


def _machines(context: Context, rows: MachineTable) -> Machines:
    ec2, col = _ec2(rows), context.rows
    local = rows["storage"] == "local"
    volume = float(context.options["volume_mib_s"]) * MIB
    source = f"{rows.source}; {find_cloud('aws').machines().source}"
    return Machines(
        vcpu=col(ec2["vcpu"]),
        memory_bytes=col(ec2["memory_gib"]) * GIB,
        network_bytes_s=col(ec2["network_gbps"]) * 1e9 / 8,
        disk_bytes_s=col(np.where(local, ec2["local_write_mb_s"], np.minimum(ec2["volume_mb_s"], volume / 1e6)) * 1e6),
        disk_iops=col(np.where(local, np.inf, np.minimum(ec2["volume_iops"], float(context.options["volume_iops"])))),
        disk_space_bytes=col(rows["disk_gb"]) * GB,
        disk_io_bytes=float(assumption("disk_io_bytes")),
        partitions=col(partitions_by_size(ec2["vcpu"], ec2["memory_gib"])),
        source=source,
        disk_source=f"{source}; {find_cloud('aws').volume.source}",
        partitions_source=partitions_by_size_source(),
        disks=col(np.where(local, ec2["local_disks"], 1.0)),
    )


def _model(context: Context) -> Sizing:
    d, options, hours = context.demand, context.options, context.hours_per_month
    rows = machine_table("instaclustr_kafka").of(context.names)
    machines = _machines(context, rows)
    constraints = broker_constraints(d, machines)
    copies = d.replication_factor
    # the default replication factor of a cluster is its number of racks, and nodes are a multiple of it
    racks = np.maximum(copies, d.zones)
    laid = lay_brokers(context, d, machines, constraints, d.held_s, least=racks, multiple=racks)
    units, constraints, layout, once = laid.units, laid.constraints, laid.layout, laid.once
    limits = (*laid.cluster_limits, *laid.placement_limits)
    controllers = float(options["controllers"])
    own = options["account"] == OWN
    fee = "management" if own else "node"
    meter = f"instaclustr.kafka.{fee}"
    lines = [UsageLine(meter, units * hours, "node-hour", context.names, f"brokers x {hours:g} h", counts=NODE)]
    if controllers:
        how = f"{controllers:g} dedicated KRaft controllers x {hours:g} h"
        lines.append(UsageLine(meter, context.spread(controllers * hours), "node-hour", "KFK-KR-PRD-m7g.large-80", how))
    if own:
        where = find_cloud("aws")
        volumes = context.rows(np.where(rows["storage"] == "local", 0.0, rows["disk_gb"] * GB / GIB))
        ours = f"brokers x {hours:g} h, paid to AWS"
        lines.append(UsageLine(where.instance_meter, units * hours, "instance-hour", rows["ec2_machine"], ours))
        if controllers:
            lines.append(
                UsageLine(
                    where.instance_meter,
                    context.spread(controllers * hours),
                    "instance-hour",
                    "m7g.large",
                    f"{controllers:g} controllers x {hours:g} h, paid to AWS",
                )
            )
        lines += where.volume.lines(
            finite(units),
            volumes * np.ones(units.shape),
            np.full(units.shape, max(float(options["volume_mib_s"]), where.volume.baseline_mib_s)),
            np.full(units.shape, max(float(options["volume_iops"]), where.volume.baseline_iops)),
            controllers * 80 * GB / GIB,
        )
    lines += client_lines(context, own_account=own)
    of_one: dict[str, Any] = {"vcpu": machines.vcpu, "memory_gib": machines.memory_bytes / GIB}
    parts = [
        Part("disk of a broker", context.spread(machines.disk_space_bytes / GIB), "GiB", "fixed by its size", _NODES)
    ]
    if not context.brief:
        parts.insert(0, partitions_part(d, layout, units, once))
        rebuild = rebuild_seconds(d, machines, units, partitions=laid.partitions)
        parts.append(Part("time to rebuild a broker", rebuild, "seconds", REBUILD_FORMULA, kind=PartKind.REBUILD))
        of_one |= layout.of_one(
            disk_bytes=machines.disk_space_bytes,
            rebuild_s=rebuild,
        )
    notes = (
        "disk carries write x copies and lagging readers, network the same and all readers, as Instaclustr's model "
        f"counts them ({_RULE}); on EC2 the path to EBS volumes is apart from the network",
        f"a volume gives {options['volume_mib_s']:g} MiB/s (option volume_mib_s): what comes with gp3; Instaclustr "
        "does not publish what it provisions",
        "brokers act as KRaft controllers" if not controllers else f"{controllers:g} dedicated KRaft controllers",
    )
    whole = {NODE: racks}
    return context.sizing(
        NODE, units, constraints, limits, lines, parts, notes, fewest=whole, multiple=whole, of_one=of_one
    )


OFFERS = (
    Offer(
        name="instaclustr-kafka",
        title="Instaclustr for Apache Kafka",
        family="Other managed Kafka and Pulsar",
        provider="aws",
        configurations=_names,
        model=_model,
        configuration_is="node size",
        options=(
            Option(
                "account",
                THEIRS,
                "whose AWS account: theirs has one price a node, in your own you pay AWS and a management fee",
                allowed=(THEIRS, OWN),
            ),
            Option("controllers", 0, "dedicated KRaft controllers; 0 leaves it to the brokers", allowed=(0, 3, 5)),
            Option("volume_mib_s", 125.0, "throughput of a node's EBS volume [MiB/s]", low=1.0, high=2000.0),
            Option("volume_iops", 3000.0, "operations of a node's EBS volume [1/s]", low=100.0, high=80000.0),
            FOLLOWER_FETCH,
        ),
        machines=_machine_of,
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        guarantees={
            "copies": "the workload's replication factor, each in a rack of its own",
            "zones": "the workload's zones",
            "availability": f"by SLA tier and number of nodes ({_SLA})",
            "disks": "EBS volumes outlive the machine; those of i3en are lost with it",
        },
        keeps_copies=True,
        not_modelled=(
            "r8g nodes are missing in some regions",
            "developer nodes (t4g), which have no production SLA",
            "tiered storage",
            "burst credits of network and volumes; only baselines count",
            "differences in speed between CPU generations",
        ),
        sources=(_NODES, _RULE),
    ),
)
