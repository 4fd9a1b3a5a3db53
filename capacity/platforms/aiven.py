"""Aiven for Apache Kafka on AWS: Standard, billed by use, and Classic, in plans of fixed nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.laws.storage import stored_bytes
from capacity.platforms._managed import GB, MB, client_lines, gigabytes, quota
from capacity.sizing.constraint import Constraint, Limit, Resource, units_needed
from capacity.sizing.follower_fetch import FOLLOWER_FETCH
from capacity.sizing.machines import machine_table
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.partitions import (
    brokers_needed,
    chosen_partitions,
    evenly,
    hottest_of,
    laid_out,
    leaders_limits,
    leaders_of,
    partitions_asked,
    partitions_by_size,
    partitions_by_size_source,
    partitions_part,
    placed,
    replica_limits,
)
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.broker_loads import Machines
from capacity.systems.brokers import broker_constraints
from capacity.systems.quotas import lagging_reads, service_level, with_catch_up
from capacity.systems.states import NORMAL, use_up_to
from streamfacts.tables import Fact, assumption, limit
from streamfacts.units import GIB
from streamfacts.usage import UsageLine

_STANDARD, _CLASSIC = "aiven-kafka-standard", "aiven-kafka-classic"
_PRICING = "https://aiven.io/docs/products/kafka/concepts/kafka-pricing"
_STANDARD_PAGE = "https://aiven.io/docs/products/kafka/standard-kafka-overview"
_CLASSIC_PAGE = "https://aiven.io/docs/products/kafka/classic-kafka-overview"
_CREATE = "https://aiven.io/docs/products/kafka/get-started/create-standard-kafka-service"

#: Stream loads that are sold: two fixed ones, and one by the megabyte a second.
SMALL, MEDIUM, CUSTOM = "stream-load-1", "stream-load-10", "stream-load-custom"


def _of_standard(name: str, resource: str | None = None) -> Fact:
    return limit("aiven", _STANDARD, name, resource)


def _standard(context: Context) -> Sizing:
    d, options = context.demand, context.options
    out = d.fan_out + d.cross_region_copies
    write, read = d.peak_wire_bytes_s, d.peak_wire_bytes_s * out
    step_out = _of_standard("egress_per_ingress")
    constraints = [
        quota(context, "ingress", write, _of_standard("step_ingress_mb_s"), "bytes/s", "peak write on the wire", MB),
        *with_catch_up(
            quota(
                context, "egress", read, step_out, "bytes/s", "peak write on the wire x (fan-out + other regions)", MB
            ),
            d.wire_bytes_s * lagging_reads(d),
        ),
    ]
    needed = units_needed(constraints, 1.0, 1.0)
    sold = [_of_standard("stream_load_mb_s", name) for name in (SMALL, MEDIUM)]
    fixed = context.rows([{SMALL: sold[0].value, MEDIUM: sold[1].value}.get(str(n), np.nan) for n in context.names])
    is_fixed = np.isfinite(fixed)
    share = options["diskless_share"]
    least = _of_standard("diskless_min_stream_load_mb_s")
    # a stream load by the megabyte is rounded up to the least one that has diskless topics
    custom = np.maximum(needed, least.value / d.clusters) if share else needed
    units = context.units_or(np.where(is_fixed, fixed, custom))
    source = sold[1].source
    limits = [
        # of the whole load: a larger stream load is the next size, not a second service
        Limit(
            "stream load",
            context.spread(needed * d.clusters),
            np.where(is_fixed, fixed, units * d.clusters),
            "MB/s of ingress",
            source,
            advice="the next stream load",
        )
    ]
    if share:
        asked = units * d.clusters
        limits.append(
            Limit("stream load with diskless topics", asked, least.value, "MB/s of ingress", least.source, True)
        )
    stored = stored_bytes(d.wire_bytes_s, d.held_s)
    lines = [
        UsageLine(
            "aiven.kafka-standard.plan",
            np.where(is_fixed, 1.0, 0.0) * np.ones(units.shape),
            "service-month",
            np.where(np.isin(context.names, (SMALL, MEDIUM)), context.names, SMALL),
            "one service of a fixed stream load",
        ),
        UsageLine(
            "aiven.kafka-standard.stream-load",
            np.where(is_fixed, 0.0, units),
            "megabyte/s-month",
            formula="stream load of a custom plan: the larger of peak ingress and peak egress / 3, in whole MB/s",
        ),
    ]
    for kind, part in (("classic", 1.0 - share), ("diskless", share)):
        of = f"average write on the wire x {part:g} on {kind} topics"
        lines += [
            UsageLine("aiven.kafka-standard.data-in", gigabytes(context, d.wire_bytes_s * part), "gigabyte", kind, of),
            UsageLine(
                "aiven.kafka-standard.data-out",
                gigabytes(context, d.wire_bytes_s * out * part),
                "gigabyte",
                kind,
                f"{of} x (fan-out + other regions)",
            ),
        ]
    lines += [
        UsageLine(
            "aiven.kafka-standard.storage",
            context.spread(stored / GB),
            "gigabyte-month",
            formula="average write on the wire x retention, once: object storage, replicas are not billed",
        ),
        *client_lines(context),
    ]
    local = np.minimum(
        stored_bytes(d.wire_bytes_s, np.minimum(d.retention_s, _of_standard("local_retention_s").value)),
        d.partitions * _of_standard("local_gb_per_partition").value * GB,
    )
    parts = (
        Part(
            "data on local disks",
            context.spread(local * (1.0 - share) / GIB),
            "GiB",
            "classic topics: the last 15 minutes or 5 GB a partition, before three copies; not billed apart",
            _of_standard("local_retention_s").source,
        ),
    )
    notes = (
        "a stream load carries 3 bytes out for each byte in, as Aiven's estimate takes it",
        "compute is chosen by Aiven from the stream load; high fan-out, partitions or connections may need more",
        "GB are 10^9 bytes: Aiven's own example of 1 MB/s only fits so",
        "clients reach the service over VPC peering in the same region",
        *service_level(d),
    )
    return context.sizing("MB/s step", units, constraints, limits, lines, parts, notes)


# ---------------------------------------------------------------------------------------------------- Classic


def _classic_names() -> NDArray[Any]:
    return machine_table("aiven_kafka_classic").names


def _classic(context: Context) -> Sizing:
    d, options, hours = context.demand, context.options, context.hours_per_month
    rows = machine_table("aiven_kafka_classic").of(context.names)
    col, source = context.rows, rows.source
    nodes = col(rows["nodes"])
    space = col(rows["max_disk_gb"] / rows["nodes"]) * GB
    heap = float(options["heap_gib"]) * GIB
    unknown = col(np.full(len(rows), np.inf))
    machines = Machines(
        vcpu=col(np.full(len(rows), float(options["vcpu"]))),
        memory_bytes=col(rows["memory_gib"]) * GIB,
        network_bytes_s=unknown,
        disk_bytes_s=unknown,
        disk_iops=unknown,
        disk_space_bytes=space,
        disk_io_bytes=float(assumption("disk_io_bytes")),
        partitions=col(partitions_by_size(float(options["vcpu"]), rows["memory_gib"])),
        source=source,
        disk_source=source,
        partitions_source=partitions_by_size_source(),
    )
    kept = {Resource.CPU, Resource.PARTITIONS, Resource.CONNECTIONS, Resource.DISK_SPACE}
    constraints = [c for c in broker_constraints(d, machines) if c.name in kept]
    cache = assumption("page_cache_s")
    constraints.append(
        Constraint(
            Resource.PAGE_CACHE,
            NORMAL,
            d.peak_wire_bytes_s * d.replication_factor * float(cache),
            np.maximum(machines.memory_bytes - heap, 0.0),
            1.0,
            "bytes",
            f"{source}; {cache.source}; {assumption('broker_heap_gib').source}",
            f"peak write x copies x {float(cache):g} s, in the memory beyond a heap of {heap / GIB:g} GiB",
            leaders=leaders_of(d),
            copies=d.replication_factor,
            lead=0.0,
            hottest=hottest_of(d),
            placed=True,
        )
    )
    once = stored_bytes(d.wire_bytes_s, d.held_s)
    asked = partitions_asked(d, once)
    needed = context.spread(brokers_needed(d, constraints, asked, d.replication_factor, 1.0))
    units = context.units_or(nodes)
    brief = context.brief and evenly(d)
    partitions = chosen_partitions(d, asked, units, brief=brief)
    constraints = placed(d, constraints, partitions, brief=brief)
    layout = laid_out(d, partitions, units, once, brief=brief)
    fill, _ = use_up_to(d, "disk space", "disk_space_use_up_to")
    limits = [
        Limit("nodes", needed, nodes, "nodes", source, advice="a larger plan, or split over several services"),
        Limit("brokers", units, d.replication_factor, "brokers", "one broker a copy", at_least=True, of_copies=True),
        *leaders_limits(d, units, d.replication_factor, held=context.units is not None),
        *replica_limits(d, layout, space * fill, source),
    ]
    disk = context.spread(stored_bytes(d.wire_bytes_s, d.held_s, d.replication_factor) / fill / GB)
    # a plan whose disk is not published has at least that of the smallest Business plan on each node
    every = machine_table("aiven_kafka_classic")
    smallest = int(np.flatnonzero(every.names == "business-4")[0])
    each = every["included_disk_gb"][smallest] / every["nodes"][smallest]
    included = col(np.where(np.isnan(rows["included_disk_gb"]), rows["nodes"] * each, rows["included_disk_gb"]))
    lines = [
        UsageLine(
            "aiven.kafka-classic.plan",
            context.spread(hours),
            "service-hour",
            context.names,
            f"one service x {hours:g} h, network included",
        ),
        UsageLine(
            "aiven.kafka-classic.additional-disk",
            np.maximum(disk - included, 0.0),
            "gigabyte-month",
            formula="average write x retention x copies / fill, beyond the disk that comes with the plan",
        ),
        *client_lines(context),
    ]
    parts = (
        partitions_part(d, layout, units, once),
        Part("nodes needed", needed, "nodes", "largest over the constraints", source),
        Part("disk of the service", disk, "GB", "average write x retention x copies / fill", source),
    )
    notes = (
        f"a node has {options['vcpu']:g} vCPU (option vcpu): the least of any plan, as Aiven lists none for the larger",
        f"a heap of {options['heap_gib']:g} GiB (option heap_gib): the default of Kafka's start script",
        f"a plan whose disk is not published includes {each:g} GB a node, as Business-4 does",
        "prices are the least over all clouds and regions; other plans and regions are by quote",
    )
    # the disk of the service, over its nodes; network and disk rates, and so the time to rebuild one, are not published
    of_one = layout.of_one(disk_bytes=disk * GB / nodes, vcpu=machines.vcpu, memory_gib=col(rows["memory_gib"]))
    return context.sizing("node", units, constraints, limits, lines, parts, notes, of_one=of_one)


OFFERS = (
    Offer(
        name=_STANDARD,
        title="Aiven for Apache Kafka, Standard",
        family="Other managed Kafka and Pulsar",
        provider="aws",
        configurations=lambda: np.array([SMALL, MEDIUM, CUSTOM]),
        model=_standard,
        configuration_is="stream load",
        options=(
            Option(
                "diskless_share",
                0.0,
                "share of the traffic on diskless topics: no transactions, no compaction, higher latency",
                high=1.0,
            ),
            FOLLOWER_FETCH,
        ),
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        counts_region_copies=True,
        guarantees={
            "copies": "the topic's replication factor on local disks, then object storage",
            "zones": "those of the region",
            "availability": "99.99% (https://aiven.io/pricing)",
            "disks": "managed; all but the newest data in object storage",
        },
        keeps_copies=True,
        not_modelled=(
            "compute beyond what ingress asks for: fan-out above 3, many partitions, connections, integrations",
            "transfer over the internet and PrivateLink",
            "Kafka Connect and MirrorMaker as services of Aiven",
            "annual commitments",
        ),
        sources=(_PRICING, _STANDARD_PAGE, _CREATE, "https://aiven.io/blog/pay-for-what-you-stream-kafka-pricing"),
    ),
    Offer(
        name=_CLASSIC,
        title="Aiven for Apache Kafka, Classic (existing customers only)",
        family="Other managed Kafka and Pulsar",
        provider="aws",
        configurations=_classic_names,
        model=_classic,
        configuration_is="plan",
        options=(
            Option("vcpu", 2.0, "vCPU of a node, as the console shows it for the plan", low=1.0, high=128.0),
            Option("heap_gib", 1.0, "heap of a broker [GiB]", low=0.25, high=1.5),
            FOLLOWER_FETCH,
        ),
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        counts_region_copies=True,
        guarantees={
            "copies": "the workload's replication factor",
            "zones": "those of the region",
            "availability": "99.99% (https://aiven.io/pricing)",
            "disks": "local disks of the nodes, three copies",
        },
        keeps_copies=True,
        not_modelled=(
            "network and disk throughput of the nodes, which Aiven does not publish",
            "vCPU of the larger plans (option vcpu)",
            "tiered storage, an extra of some plans",
            "Free and Developer plans: 250 KiB/s and 1 MB/s",
        ),
        closed=f"closed to new customers since 2026-08-26 ({_CLASSIC_PAGE})",
        sources=(_CLASSIC_PAGE, "https://aiven.io/pricing"),
    ),
)
