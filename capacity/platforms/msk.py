"""Amazon MSK: Standard brokers (tiered or not), Express brokers, Serverless."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.clouds.cloud import find_cloud
from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.platforms._compacted import compacted_limits
from capacity.sizing.constraint import Constraint, Limit, Resource
from capacity.sizing.follower_fetch import FOLLOWER_FETCH
from capacity.sizing.machines import MachineTable, machine_table
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.partitions import (
    brokers_needed,
    carried_partitions,
    chosen_partitions,
    evenly,
    fewest_words,
    finite,
    hottest_of,
    laid_out,
    leaders_limits,
    leaders_of,
    partition_limits,
    partitions_part,
    placed,
)
from capacity.sizing.sizing import Part, PartKind, Sizing
from capacity.sizing.smallest_machine import LEAST_VCPU, least_vcpu
from capacity.systems.broker_loads import Machines
from capacity.systems.brokers import broker_constraints, connection_constraints, rebuild_seconds
from capacity.systems.kafka import REBUILD_FORMULA, largest_disk_load
from capacity.systems.laid_brokers import lay_brokers
from capacity.systems.quotas import count_share, lagging_reads, quota_share, service_level, walls, with_catch_up
from capacity.systems.states import NORMAL, ZONE_DOWN, use_up_to
from streamfacts.tables import Fact, assumption, limit
from streamfacts.units import GIB, MIB, human
from streamfacts.usage import UsageLine

_AUTHENTICATION = Option(
    "authentication",
    "scram",
    "how clients log in; with IAM AWS limits the connections of a broker, else its size does",
    allowed=("iam", "scram", "mtls", "none"),
)


@cache
def _brokers(tier: str) -> MachineTable:
    table = machine_table("aws_msk")
    return table.where(table["tier"] == tier)


def _machine_of(broker: str) -> tuple[str, ...]:
    return (str(machine_table("aws_msk").of(np.array([broker]))["ec2_machine"][0]),)


def _configurations(tier: str) -> NDArray[Any]:
    return _brokers(tier).names


#: Rates of an Express broker [MB/s]: what it sustains, and the throttle.
_EXPRESS_RATES = ("sustained_ingress_mb_s", "max_ingress_mb_s", "sustained_egress_mb_s", "max_egress_mb_s")


def _at_most(name: str, demand: Any, fact: Fact, unit: str, scale: float = 1.0, advice: str = "") -> Limit:
    return Limit(name, np.asarray(demand, float), np.asarray(fact.value * scale), unit, fact.source, advice=advice)


def _cluster_limits(offer: str, units: Any) -> list[Limit]:
    advice = "a quota that AWS raises on request, or split over several clusters"
    most = limit("aws", offer, "max_brokers_kraft")
    return [_at_most("brokers in a KRaft cluster", units, most, "brokers", advice=advice)]


def _connections(context: Context, offer: str, vcpu: Any) -> list[Constraint]:
    """The client connections that one broker takes: with IAM as AWS limits them, else those of a broker of its size."""
    if context.demand.connections is None:
        return []
    if context.options["authentication"] != "iam":
        return connection_constraints(context.demand, vcpu)
    each = limit("aws", offer, "connections_per_broker_iam")
    whole, _ = count_share(context.demand, "connections")
    how = "client connections, spread over the brokers"
    return [
        Constraint(
            "IAM connections", NORMAL, context.demand.connections, each.value, whole, "connections", each.source, how
        )
    ]


# --------------------------------------------------------------------------------------------------- Standard


def _standard_machines(context: Context) -> Machines:
    rows = _brokers("standard").of(context.names)
    default, most = (limit("aws", "msk-standard", n) for n in ("default_volume_mib_s", "max_storage_per_broker_gib"))
    ebs = rows["ebs_baseline_mib_s"]
    provisioned = np.nan_to_num(rows["max_provisioned_mib_s"])
    col = context.rows
    source = rows.source
    return Machines(
        vcpu=col(rows["vcpu"]),
        memory_bytes=col(rows["memory_gib"]) * GIB,
        network_bytes_s=col(rows["network_baseline_mib_s"]) * MIB,
        disk_bytes_s=col(np.maximum(np.minimum(ebs, default.value), provisioned)) * MIB,
        disk_iops=col(np.full(len(rows), np.inf)),
        disk_space_bytes=col(np.full(len(rows), most.value)) * GIB,
        disk_io_bytes=float(assumption("disk_io_bytes")),
        partitions=col(rows["recommended_partitions"]),
        source=source,
        disk_source=f"{source}; {default.source}",
        partitions_source=source,
    )


_TIERED_SOURCE = "https://docs.aws.amazon.com/msk/latest/developerguide/msk-enable-cluster-tiered-storage-cli.html"


def _rounded_up(d: Demand, *, tiered: bool) -> tuple[Demand, tuple[str, ...]]:
    """Return the demand with what MSK has a least of rounded up to it, and what was said of it in words."""
    zones, notes = 2.0, []
    if np.any(d.zones < zones):
        notes.append(f"spread over {zones:g} zones, the fewest that MSK has ({_ZONES_SOURCE})")
    least = limit("aws", "msk-standard", "tiered_min_retention_s")
    if tiered and np.any(d.retention_s < least.value):
        kept = human(least.value, "seconds")
        notes.append(f"kept for {kept}, the least retention of a tiered topic ({least.source})")
        d = d.replace(retention_s=np.maximum(d.retention_s, least.value))
    return d.replace(zones=np.maximum(d.zones, zones)), tuple(notes)


def _standard(context: Context, *, tiered: bool) -> Sizing:
    hours = context.hours_per_month
    d, notes = _rounded_up(context.demand, tiered=tiered)
    machines = _standard_machines(context)
    left_out = (Resource.DISK_OPERATIONS, Resource.CONNECTIONS)
    constraints = [c for c in broker_constraints(d, machines, tiered=tiered) if c.name not in left_out]
    constraints += _connections(context, "msk-standard", machines.vcpu)
    least = np.maximum(d.replication_factor, d.zones)
    kept_s = d.hot_held_s if tiered else d.held_s
    laid = lay_brokers(context, d, machines, constraints, kept_s, least=least, multiple=d.zones)
    units, constraints, layout, once, fill = laid.units, laid.constraints, laid.layout, laid.once, laid.fill
    limits = _cluster_limits("msk-standard", units)
    limits += laid.placement_limits
    limits += least_vcpu(context, _brokers("standard").of(context.names)["vcpu"])
    limits += [
        laid.enough_for_copies,
        Limit("zones", d.zones, 3.0, "zones", _ZONES_SOURCE),
    ]
    volume_gib = np.maximum(
        np.ceil(layout.bytes_on_fullest / fill / GIB), limit("aws", "msk-standard", "min_storage_per_broker_gib").value
    )
    default = limit("aws", "msk-standard", "default_volume_mib_s").value
    need = largest_disk_load(constraints, units) / MIB
    provisioned = np.where(need > default, np.minimum(np.ceil(need), machines.disk_bytes_s / MIB), 0.0)
    paths = d.paths(follower_fetch=context.options["follower_fetch"], tiered=tiered)
    lines = [
        UsageLine("aws.msk.broker", units * hours, "broker-hour", context.names, f"brokers x {hours:g} h"),
        UsageLine("aws.msk.storage", finite(units) * volume_gib, "GiB-month", "standard", "brokers x volume"),
        UsageLine(
            "aws.msk.storage-throughput",
            finite(units) * provisioned,
            "MiB/s-month",
            formula=f"brokers x provisioned throughput, where a volume needs more than {default:g} MiB/s",
        ),
    ]
    if tiered:
        remote = stored_bytes(d.wire_bytes_s, np.maximum(d.held_s - d.hot_held_s, 0.0))
        lines += [
            UsageLine(
                "aws.msk.tiered-storage",
                context.spread(remote / GIB),
                "GiB-month",
                formula="average write x (retention - retention on disk), one copy",
            ),
            UsageLine(
                "aws.msk.tiered-retrieval", context.gib(paths.tier_download), "GiB", formula="reads x cold reads"
            ),
        ]
    lines += find_cloud("aws").transfer_lines(
        context, paths.clients_cross_zone, paths.cross_region, "producers + consumers"
    )
    parts = [
        Part("volume of a broker", volume_gib, "GiB", "data of the fullest broker / fill", machines.disk_source),
        Part(
            "provisioned throughput of a volume",
            provisioned,
            "MiB/s",
            "largest disk load of the fullest broker over all states / ceiling, if above the default",
            machines.disk_source,
        ),
    ]
    of_one: dict[str, Any] = {"vcpu": machines.vcpu, "memory_gib": machines.memory_bytes / GIB}
    if not context.brief:
        bought = np.minimum(machines.disk_bytes_s, np.maximum(provisioned, default) * MIB)
        rebuild = rebuild_seconds(d, machines, units, tiered=tiered, partitions=laid.partitions, disk_bytes_s=bought)
        parts.append(Part("time to rebuild a broker", rebuild, "seconds", REBUILD_FORMULA, kind=PartKind.REBUILD))
        parts.insert(0, partitions_part(d, layout, units, once))
        of_one |= layout.of_one(
            disk_bytes=volume_gib * GIB,
            rebuild_s=rebuild,
        )
    sources = _brokers("standard").of(context.names).sources
    return context.sizing("broker", units, constraints, limits, lines, parts, notes, sources=sources, of_one=of_one)


# ---------------------------------------------------------------------------------------------------- Express


def _express(context: Context) -> Sizing:
    d, hours = context.demand, context.hours_per_month
    rows = _brokers("express").of(context.names)
    copies, zones = (limit("aws", "msk-express", n) for n in ("replication_factor", "zones"))
    share, share_source = use_up_to(d, "quota", "express_use_up_to")
    whole, _ = count_share(d, "partitions")
    source = rows.source
    per_partition = limit("aws", "msk-express", "partition_max_mb_s")
    write = d.peak_wire_bytes_s
    read = write * d.fan_out
    # storage is not the brokers': replicas may be as large as they like
    asked = carried_partitions(d, [(load, per_partition.value * 1e6) for load in (write, read)])
    led: dict[str, Any] = {"leaders": leaders_of(d), "hottest": hottest_of(d), "placed": True}
    mega = {name: context.rows(rows[name]) * 1e6 for name in _EXPRESS_RATES}
    constraints = [
        Constraint(
            "ingress",
            NORMAL,
            write,
            mega["sustained_ingress_mb_s"],
            share,
            "bytes/s",
            f"{source}; {share_source}",
            "peak write",
            **led,
        ),
        *with_catch_up(
            Constraint(
                "egress",
                NORMAL,
                read,
                mega["sustained_egress_mb_s"],
                share,
                "bytes/s",
                f"{source}; {share_source}",
                "peak write x fan-out",
                **led,
            ),
            d.wire_bytes_s * lagging_reads(d),
        ),
        Constraint(
            Resource.PARTITIONS,
            NORMAL,
            asked * copies.value,
            context.rows(rows["recommended_partitions"]),
            whole,
            "partition replicas",
            source,
            "partitions x 3 copies",
            **led | {"copies": copies.value, "lead": 0.0, "hottest": 0.0},
        ),
    ]
    constraints += _connections(context, "msk-express", context.rows(rows["vcpu"]))
    if d.survive == "zone":
        left = np.asarray((zones.value - 1) / zones.value)
        one = 1.0
        constraints += [
            Constraint(
                "ingress",
                ZONE_DOWN,
                write,
                mega["max_ingress_mb_s"],
                one,
                "bytes/s",
                source,
                "peak write on two zones, up to the throttle",
                share=left,
                **led,
            ),
            Constraint(
                "egress",
                ZONE_DOWN,
                read,
                mega["max_egress_mb_s"],
                one,
                "bytes/s",
                source,
                "peak write x fan-out on two zones, up to the throttle",
                share=left,
                **led,
            ),
        ]
    # always in three zones, of which one may go
    three = d.replace(zones=zones.value, replication_factor=copies.value)
    units = context.units_or(brokers_needed(three, constraints, asked, zones.value, zones.value))
    brief = context.brief and evenly(d)
    partitions = chosen_partitions(three, asked, units, brief=brief)
    constraints = placed(d, constraints, partitions, brief=brief)
    layout = laid_out(three, partitions, units, stored_bytes(d.wire_bytes_s, d.held_s))
    limits = _cluster_limits("msk-express", units)
    limits += least_vcpu(context, _brokers("express").of(context.names)["vcpu"])
    limits += [
        Limit("copies", d.replication_factor, copies.value, "copies", copies.source),
        Limit("brokers", units, copies.value, "brokers", "one broker a copy", at_least=True, of_copies=True),
        Limit("zones", d.zones, zones.value, "zones", zones.source),
        *leaders_limits(d, units, zones.value, held=context.units is not None),
        *partition_limits(
            d,
            partitions,
            [
                (f"{way} of the busiest partition", load, per_partition.value * 1e6, per_partition.source)
                for way, load in (("ingress", write), ("egress", read))
            ],
        ),
    ]
    # three copies in three zones whatever is asked, so that every zone has one to read
    paths = d.paths(copies=copies.value, zones=zones.value, follower_fetch=context.options["follower_fetch"])
    stored = stored_bytes(d.wire_bytes_s, d.held_s) / GIB
    lines = [
        UsageLine("aws.msk.broker", units * hours, "broker-hour", context.names, f"brokers x {hours:g} h"),
        UsageLine("aws.msk.express-data-in", context.gib(d.wire_bytes_s), "GiB", formula="average write"),
        UsageLine(
            "aws.msk.storage",
            context.spread(stored),
            "GiB-month",
            "express",
            "average write x retention, one copy billed",
        ),
        *find_cloud("aws").transfer_lines(
            context, paths.clients_cross_zone, paths.cross_region, "producers + consumers"
        ),
    ]
    how = (
        f"at least {per_partition.value:g} MB/s of peak write or read on one" if not d.partitions_given else "as given"
    )
    even = (
        "" if d.partitions_given else "; the same number of leaders on each broker, also with a broker or a zone down"
    )
    parts = [Part("partitions", context.spread(partitions), "partitions", f"{how}{even}", per_partition.source)]
    of_one = layout.of_one(vcpu=context.rows(rows["vcpu"]), memory_gib=context.rows(rows["memory_gib"]))
    return context.sizing(
        "broker", units, constraints, limits, lines, parts, service_level(d, (share, share_source)), of_one=of_one
    )


# ------------------------------------------------------------------------------------------------- Serverless


def _serverless(context: Context) -> Sizing:
    d, hours = context.demand, context.hours_per_month
    offer = "msk-serverless"
    write = d.peak_wire_bytes_s
    read, backlog = write * d.fan_out, d.wire_bytes_s * lagging_reads(d)
    quota, counted = quota_share(d), {name: count_share(d, name) for name in ("partitions", "connections")}
    fact = {
        n: limit("aws", offer, n)
        for n in (
            "max_ingress_mb_s",
            "max_egress_mb_s",
            "partition_max_ingress_mb_s",
            "partition_max_egress_mb_s",
            "max_partitions",
            "max_message_mib",
            "max_request_rate",
            "max_consumer_groups",
            "max_connections",
        )
    }
    of_partition = [
        (
            f"{way} of the busiest partition",
            load,
            fact[f"partition_max_{way}_mb_s"].value * 1e6 * quota[0],
            fact[f"partition_max_{way}_mb_s"].source,
        )
        for way, load in (("ingress", write), ("egress", read + backlog))
    ]
    partitions = carried_partitions(d, [(load, most) for _, load, most, _ in of_partition])

    def of_cluster(name: str, demand: Any, key: str, scale: float, unit: str, formula: str) -> Constraint:
        share, share_source = counted.get(unit, quota)
        source = f"{fact[key].source}; {share_source}"
        return Constraint(
            name,
            NORMAL,
            np.asarray(demand),
            np.asarray(fact[key].value * scale),
            share,
            unit,
            source,
            formula,
        )

    constraints = [
        of_cluster("ingress", write, "max_ingress_mb_s", 1e6, "bytes/s", "peak write"),
        *with_catch_up(of_cluster("egress", read, "max_egress_mb_s", 1e6, "bytes/s", "peak write x fan-out"), backlog),
        of_cluster(
            "partitions",
            partitions,
            "max_partitions",
            1.0,
            "partitions",
            fewest_words(d),
        ),
        of_cluster(
            "requests",
            write / d.batch_wire_bytes,
            "max_request_rate",
            1.0,
            "requests/s",
            "produced batches, one a request",
        ),
    ]
    if d.connections is not None:
        constraints.append(
            of_cluster("connections", d.connections, "max_connections", 1.0, "connections", "client connections")
        )
    clusters = context.units_or(1.0)
    split = "split over several clusters"
    limits = walls(constraints, clusters, split)
    limits += [
        _at_most("message size", d.max_message_bytes, fact["max_message_mib"], "bytes", MIB),
        _at_most("consumer groups", d.consumer_groups, fact["max_consumer_groups"], "groups"),
        Limit("copies", d.replication_factor, 3.0, "copies", _ZONES_SOURCE),
        Limit("zones", d.zones, 3.0, "zones", _ZONES_SOURCE),
        *partition_limits(d, partitions, of_partition),
        *compacted_limits(
            d,
            limit("aws", "msk-serverless", "compacted_partition_max_gb"),
            limit("aws", "msk-serverless", "max_partitions_compacted"),
        ),
    ]
    stored = stored_bytes(d.wire_bytes_s, d.held_s) / GIB
    lines = [
        UsageLine("aws.msk.serverless-cluster", clusters * hours, "cluster-hour", formula=f"clusters x {hours:g} h"),
        UsageLine(
            "aws.msk.serverless-partition",
            context.spread(partitions * hours),
            "partition-hour",
            formula=f"partitions x {hours:g} h",
        ),
        UsageLine("aws.msk.serverless-data-in", context.gib(d.wire_bytes_s), "GiB", formula="average write"),
        UsageLine(
            "aws.msk.serverless-data-out",
            context.gib(d.wire_bytes_s * d.fan_out),
            "GiB",
            formula="average write x fan-out",
        ),
        UsageLine(
            "aws.msk.serverless-storage",
            context.spread(stored),
            "GiB-month",
            formula="average write x retention, one copy billed",
        ),
        UsageLine(
            "aws.transfer.inter-region",
            context.gib(d.wire_bytes_s * d.cross_region_copies),
            "GiB",
            formula="average write x other regions",
        ),
    ]
    parts = (
        Part(
            "partitions",
            context.spread(partitions),
            "partitions",
            fewest_words(d),
            fact["partition_max_ingress_mb_s"].source,
        ),
    )
    of_one = {"partitions": context.spread(partitions)}
    return context.sizing("cluster", clusters, constraints, limits, lines, parts, service_level(d), of_one=of_one)


_ZONES_SOURCE = "https://docs.aws.amazon.com/msk/latest/developerguide/what-is-msk.html"
_SLA = "99.9% a month (https://aws.amazon.com/msk/sla/)"
_SOURCES = ("https://aws.amazon.com/msk/pricing/", "https://docs.aws.amazon.com/msk/latest/developerguide/limits.html")


def _standard_offer(name: str, title: str, *, tiered: bool) -> Offer:
    return Offer(
        name=name,
        title=title,
        family="Amazon MSK",
        provider="aws",
        configurations=partial(_configurations, "standard"),
        model=partial(_standard, tiered=tiered),
        options=(FOLLOWER_FETCH, _AUTHENTICATION, LEAST_VCPU),
        machines=_machine_of,
        metrics=("msk",),
        tiered_as="" if tiered else f"{name}-tiered",
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        region_copies=("mirrormaker-2", "msk-replicator"),
        guarantees={
            "copies": "the workload's replication factor",
            "zones": "2 or 3",
            "availability": _SLA,
            "disks": "outlive the broker",
        },
        keeps_copies=True,
        not_modelled=(
            "kafka.t3 brokers, as their network and disk baselines are not published",
            "storage auto-scaling, private connectivity over several VPCs, MSK Connect",
            "an upper bound on message size, which is configurable",
        ),
        sources=_SOURCES,
        impossible={"compacted": _TIERED_SOURCE} if tiered else {},
    )


OFFERS = (
    _standard_offer("msk-standard", "MSK Standard", tiered=False),
    _standard_offer("msk-standard-tiered", "MSK Standard, tiered storage", tiered=True),
    Offer(
        name="msk-express",
        title="MSK Express",
        family="Amazon MSK",
        provider="aws",
        configurations=partial(_configurations, "express"),
        model=_express,
        options=(FOLLOWER_FETCH, _AUTHENTICATION, LEAST_VCPU),
        machines=_machine_of,
        metrics=("msk",),
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        region_copies=("mirrormaker-2", "msk-replicator"),
        guarantees={
            "copies": "3",
            "zones": "3",
            "availability": _SLA,
            "disks": "managed, outlive the broker",
        },
        not_modelled=(
            "private connectivity over several VPCs, MSK Connect",
            "a limit on message size, which no open page states",
        ),
        sources=_SOURCES,
    ),
    Offer(
        name="msk-serverless",
        title="MSK Serverless",
        family="Amazon MSK",
        provider="aws",
        configurations=lambda: np.array(["cluster"]),
        model=_serverless,
        configuration_is="configuration",
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        region_copies=("mirrormaker-2", "msk-replicator"),
        guarantees={
            "copies": "3",
            "zones": "3",
            "availability": "not established for Serverless",
            "disks": "managed",
        },
        not_modelled=(
            "cross-zone and PrivateLink traffic of clients",
            "rate of partition changes",
        ),
        sources=_SOURCES,
    ),
)
