"""Apache Kafka run by oneself on Amazon EC2: network volumes or local NVMe, tiered storage on or off."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.constraint import Limit, units_needed
from capacity.laws.brokers import Machines, broker_constraints, rebuild_seconds, use_up_to
from capacity.laws.paths import network_paths
from capacity.laws.storage import objects_per_second, stored_bytes
from capacity.machines import MachineTable, machine_table
from capacity.offer import Context, Offer, Option
from capacity.sizing import Part, Sizing
from streamfacts.tables import assumption
from streamfacts.units import GIB, MIB
from streamfacts.usage import Usage, UsageLine


@cache
def _machines(local: bool) -> MachineTable:
    """Machines that can be brokers: any for volumes, those with documented NVMe for local disks."""
    table = machine_table("aws_ec2")
    usable = table["memory_gib"] > float(assumption("broker_heap_gib"))
    if local:
        usable &= (table["local_disk_kind"] == "nvme") & np.isfinite(table["local_write_iops_4k"])
    return table.where(usable)


def _configurations(local: bool) -> NDArray[Any]:
    return _machines(local).names


@cache
def _volume() -> Any:
    volumes = machine_table("aws_ebs")
    return {name: column[volumes.names == "gp3"][0] for name, column in volumes.columns.items()}


def _broker_machines(context: Context, local: bool) -> Machines:
    rows, col = _machines(local).of(context.names), context.rows
    volume = _volume()
    if local:
        disk_rate = rows["local_write_iops_4k"] * float(assumption("local_disk_io_bytes"))
        disk_iops = np.full(len(rows), np.inf)
        space = rows["local_disk_gb"] * 1e9
        disk_source = assumption("local_disk_io_bytes").source
    else:
        disk_rate = np.minimum(rows["ebs_baseline_mb_s"] * 1e6, float(volume["max_mib_s"]) * MIB)
        disk_iops = np.minimum(rows["ebs_baseline_iops"], float(volume["max_iops"]))
        space = np.full(len(rows), float(volume["max_size_gib"]) * GIB)
        disk_source = str(volume["source"])
    replicas = assumption("partitions_per_broker")
    return Machines(
        vcpu=col(rows["vcpu"]),
        memory_bytes=col(rows["memory_gib"]) * GIB,
        network_bytes_s=col(rows["network_baseline_gbps"]) * 1e9 / 8,
        disk_bytes_s=col(disk_rate),
        disk_iops=col(disk_iops),
        disk_space_bytes=col(space),
        disk_io_bytes=float(assumption("disk_io_bytes")),
        partitions=float(replicas),
        source=rows.source,
        disk_source=disk_source,
        partitions_source=replicas.source,
    )


def _model(context: Context, *, local: bool, tiered: bool) -> Sizing:
    d, hours = context.demand, context.hours_per_month
    machines = _broker_machines(context, local)
    constraints = broker_constraints(d, machines, tiered=tiered)
    least = np.maximum(d.replication_factor, d.zones)
    units = context.units_or(units_needed(constraints, least, d.zones))
    per_cluster = assumption("partitions_per_cluster")
    limits = [
        Limit(
            "brokers",
            np.asarray(units),
            np.asarray(d.replication_factor),
            "brokers",
            "one broker a copy",
            at_least=True,
        ),
        Limit(
            "partition replicas in a cluster",
            d.partitions * d.replication_factor,
            float(per_cluster),
            "partition replicas",
            per_cluster.source,
            advice="split over several clusters",
        ),
    ]

    fill, _ = use_up_to(d, "disk space", "disk_space_use_up_to")
    kept = d.hot_retention_s if tiered else d.retention_s
    on_disk = stored_bytes(d.wire_bytes_s, kept, d.replication_factor)
    paths = network_paths(
        d.wire_bytes_s,
        d.fan_out,
        d.replication_factor,
        d.zones,
        follower_fetch=context.options["follower_fetch"],
        tiered=tiered,
        cold_reads=d.cold_reads,
        cross_region_copies=d.cross_region_copies,
    )
    crossing = paths.clients_cross_zone + paths.replicate_cross_zone
    controllers = float(context.options["controllers"])
    controller_disk = float(assumption("controller_disk_gib"))
    lines = [
        UsageLine("aws.ec2.instance", units * hours, "instance-hour", context.names, f"brokers x {hours:g} h"),
        UsageLine(
            "aws.ec2.instance",
            context.spread(controllers * hours),
            "instance-hour",
            context.options["controller_machine"],
            f"{controllers:g} KRaft controllers x {hours:g} h",
        ),
    ]
    parts = [
        Part(
            "KRaft controllers",
            context.spread(controllers),
            "nodes",
            "quorum that survives the loss of one",
            assumption("controllers").source,
        )
    ]
    if local:
        size_gib = machines.disk_space_bytes / GIB
        parts.append(
            Part(
                "local disk of a broker",
                size_gib * np.ones_like(units),
                "GiB",
                "what the machine carries",
                machines.source,
            )
        )
        lines.append(
            UsageLine(
                "aws.ebs.storage",
                context.spread(controllers * controller_disk),
                "GiB-month",
                "gp3",
                f"{controllers:g} controllers x {controller_disk:g} GiB",
            )
        )
    else:
        size_gib = np.ceil(on_disk / units / fill / GIB)
        need = np.zeros(())
        for c in constraints:
            if c.name.startswith("disk ") and c.unit == "bytes/s":
                need = np.maximum(need, c.demand / np.maximum(units * c.share - c.lost, 1e-9) / c.ceiling)
        volume = _volume()
        throughput = np.minimum(np.ceil(need / MIB), float(volume["max_mib_s"]))
        throughput = np.maximum(throughput, float(volume["baseline_mib_s"]))
        iops = np.maximum(float(volume["baseline_iops"]), np.ceil(throughput * MIB / machines.disk_io_bytes))
        parts += [
            Part("volume of a broker", size_gib, "GiB", "stored bytes / brokers / fill", str(volume["source"])),
            Part(
                "volume throughput",
                throughput,
                "MiB/s",
                "largest disk load of one broker over all states / ceiling",
                str(volume["source"]),
            ),
            Part(
                "volume operations", iops, "IOPS", "throughput / 256 KiB, at least the baseline", str(volume["source"])
            ),
        ]
        lines += [
            UsageLine(
                "aws.ebs.storage",
                units * size_gib + controllers * controller_disk,
                "GiB-month",
                "gp3",
                f"brokers x volume + {controllers:g} controllers x {controller_disk:g} GiB",
            ),
            UsageLine(
                "aws.ebs.throughput",
                units * (throughput - float(volume["baseline_mib_s"])),
                "MiB/s-month",
                "gp3",
                f"brokers x (throughput - {float(volume['baseline_mib_s']):g} MiB/s included)",
            ),
            UsageLine(
                "aws.ebs.iops",
                units * (iops - float(volume["baseline_iops"])),
                "IOPS-month",
                "gp3",
                f"brokers x (IOPS - {float(volume['baseline_iops']):g} included)",
            ),
        ]
    lines += context.transfer_lines(crossing, paths.cross_region, "producers + replication + consumers")
    if tiered:
        part, chunk = assumption("tier_segment_part_bytes"), assumption("tier_fetch_bytes")
        remote = stored_bytes(d.wire_bytes_s, d.retention_s)
        lines += [
            UsageLine(
                "aws.s3.storage",
                context.spread(remote / GIB),
                "GiB-month",
                "standard",
                "write x retention, one copy: closed segments go to the remote tier at once (KIP-405)",
            ),
            UsageLine(
                "aws.s3.put",
                context.spread(objects_per_second(paths.tier_upload, float(part)) * context.seconds / 1000),
                "1000-requests",
                "standard",
                f"write / parts of {float(part) / MIB:g} MiB",
            ),
            UsageLine(
                "aws.s3.get",
                context.spread(objects_per_second(paths.tier_download, float(chunk)) * context.seconds / 1000),
                "1000-requests",
                "standard",
                f"cold reads / chunks of {float(chunk) / MIB:g} MiB",
            ),
        ]
        parts.append(Part("remote tier", context.spread(remote / GIB), "GiB", "write x retention, one copy", "KIP-405"))
    parts.append(
        Part(
            "time to rebuild a broker",
            rebuild_seconds(d, machines, units, tiered=tiered),
            "seconds",
            "data of one broker / spare network and disk of its replacement",
        )
    )
    return Sizing(
        offer="",
        options={},
        demand=d,
        unit="broker",
        units=np.asarray(units),
        constraints=tuple(constraints),
        limits=tuple(limits),
        usage=Usage(tuple(lines), hours),
        configuration=context.names,
        parts=tuple(parts),
        assumptions=(
            "one Kafka cluster with dedicated controllers, one data volume (or the local disks) a broker",
            "consumers read in their own zone (KIP-392)"
            if context.options["follower_fetch"]
            else "consumers read from leaders",
        ),
    )


_OPTIONS = (
    Option("follower_fetch", True, "consumers read from the closest replica (KIP-392), so reads stay in their zone"),
    Option("controllers", 3, "KRaft controllers", allowed=(3, 5)),
    Option("controller_machine", "m7g.large", "machine type of the controllers"),
)


def _offer(name: str, title: str, *, local: bool, tiered: bool) -> Offer:
    return Offer(
        name=name,
        title=title,
        family="Apache Kafka, self-managed",
        provider="aws",
        configurations=partial(_configurations, local),
        model=partial(_model, local=local, tiered=tiered),
        options=_OPTIONS,
        guarantees={
            "protocol": "Kafka",
            "copies": "the workload's replication factor",
            "zones": "the workload's zones",
            "availability": "none promised; depends on how it is run",
            "disks": "lost with the machine" if local else "outlive the machine",
        },
        not_modelled=(
            "people who run it, monitoring, load balancers, NAT and backups",
            "burst credits of network and volumes; only baselines count",
            "differences in speed between CPU generations",
            "fsync on every write; log compaction; transactions",
            "upfront or committed prices: on-demand only",
        ),
        sources=("https://kafka.apache.org/documentation/", "https://aws.amazon.com/ec2/pricing/on-demand/"),
    )


OFFERS = (
    _offer("kafka-ec2-ebs", "Kafka on EC2, EBS gp3", local=False, tiered=False),
    _offer("kafka-ec2-ebs-tiered", "Kafka on EC2, EBS gp3, tiered to S3", local=False, tiered=True),
    _offer("kafka-ec2-nvme", "Kafka on EC2, local NVMe", local=True, tiered=False),
    _offer("kafka-ec2-nvme-tiered", "Kafka on EC2, local NVMe, tiered to S3", local=True, tiered=True),
)
