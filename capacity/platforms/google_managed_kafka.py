"""Google Cloud Managed Service for Apache Kafka: vCPU and memory in data compute units, tiered storage."""

from __future__ import annotations

from typing import Any

import numpy as np

from capacity.demand.demand import Demand
from capacity.laws.storage import stored_bytes
from capacity.sizing.constraint import Constraint, Limit, units_needed
from capacity.sizing.follower_fetch import FOLLOWER_FETCH
from capacity.sizing.offer import Context, Offer, Option, Protocol
from capacity.sizing.partitions import (
    chosen_partitions,
    finite,
    grown_for_partitions,
    laid_out,
    leaders_limits,
    partitions_part,
)
from capacity.sizing.placement import ROUNDING
from capacity.sizing.sizing import Part, Sizing
from capacity.systems.quotas import lagging_reads, service_level, vcpu_share, with_catch_up
from capacity.systems.states import NORMAL, ZONE_DOWN
from streamfacts.arrays import Array
from streamfacts.tables import Fact, limit
from streamfacts.units import GIB, MIB
from streamfacts.usage import UsageLine

NAME = "google-managed-kafka"
_PRICING = "https://cloud.google.com/managed-service-for-apache-kafka/pricing"
_QUOTA = "a default quota of the project in the region, which Google raises on request"


def _fact(name: str) -> Fact:
    return limit("gcp", NAME, name)


def _target(demand: Demand) -> tuple[float, str]:
    """Return the share of the vCPU capacity to use on average [1] and where it comes from."""
    for key in ("cpu", "all"):
        if key in demand.use_up_to:
            return demand.use_up_to[key], "the workload's use_up_to"
    known = _fact("target_utilisation")
    return known.value, known.source


def write_equivalent(write: Any, fan_out: Any, copies: Any) -> Array:
    """Return what brokers carry, in bytes written [byte/s]: writes of all copies + reads / 4.

    Reads are those of the consumers and of the followers.
    """
    reads = write * fan_out + write * (copies - 1.0)
    return np.asarray(write * copies + reads / _fact("reads_per_write").value)


def _constraints(d: Demand) -> list[Constraint]:
    of_one = _fact("write_equivalent_mb_s")
    capacity = np.asarray(of_one.value * 1e6)
    target, target_source = _target(d)
    share, share_source = vcpu_share(d)
    peak, copies = d.peak_wire_bytes_s, d.replication_factor
    out = [
        Constraint(
            "average throughput",
            NORMAL,
            write_equivalent(d.wire_bytes_s, d.fan_out, copies),
            capacity,
            target,
            "bytes/s",
            f"{of_one.source}; {target_source}",
            "average write x copies + (average write x (fan-out + copies - 1)) / 4",
        ),
        *with_catch_up(
            Constraint(
                "peak throughput",
                NORMAL,
                write_equivalent(peak, d.fan_out, copies),
                capacity,
                share,
                "bytes/s",
                f"{of_one.source}; {share_source}",
                "peak write x copies + (peak write x (fan-out + copies - 1)) / 4",
            ),
            d.wire_bytes_s * lagging_reads(d) / _fact("reads_per_write").value,
        ),
    ]
    if d.survive == "zone":
        zones = _fact("zones").value
        left = (zones - 1.0) / zones
        out.append(
            Constraint(
                "peak throughput",
                ZONE_DOWN,
                write_equivalent(peak, d.fan_out, np.maximum(copies * left, 1.0)),
                capacity,
                share,
                "bytes/s",
                f"{of_one.source}; {share_source}",
                "the same with the copies alive, on two of three zones",
                share=left,
            )
        )
    return out


def _model(context: Context) -> Sizing:
    d, hours = context.demand, context.hours_per_month
    constraints = _constraints(d)
    zones, disk, of_broker = _fact("zones"), _fact("broker_max_disk_gib"), _fact("broker_max_vcpu").value
    disk_gib = d.replication_factor * _fact("partition_disk_mib").value * MIB / GIB
    # a broker a copy, and brokers whose disks hold the partitions: so many vCPU that there are as many brokers
    asked = np.maximum(d.replication_factor, np.ceil(d.partitions * disk_gib / disk.value - ROUNDING))
    for_brokers = np.where(asked > _fact("min_brokers").value, of_broker * (asked - 1.0) + 1.0, 0.0)
    least = np.maximum(_fact("min_vcpu").value, for_brokers)
    of_each = float(context.options["memory_gib_per_vcpu"])
    most = min(of_broker, _fact("broker_max_memory_gib").value / of_each)

    def brokers_of(vcpu: Array) -> Array:
        return np.maximum(_fact("min_brokers").value, np.ceil(vcpu / most - ROUNDING))

    needed = units_needed(constraints, least, 1.0)
    vcpu = context.units_or(grown_for_partitions(d, needed, brokers_of, most))
    memory_gib = vcpu * of_each
    brokers = brokers_of(finite(vcpu))
    partitions = chosen_partitions(d.replace(zones=zones.value), d.partitions, brokers)
    for_partitions = partitions * disk_gib
    layout = laid_out(d, partitions, brokers, stored_bytes(d.wire_bytes_s, d.held_s))
    dcu = vcpu * _fact("dcu_per_vcpu").value + memory_gib * _fact("dcu_per_gib").value
    local_gib = np.maximum(vcpu * _fact("disk_gib").value, np.ceil(for_partitions))
    regional = {name: _fact(name) for name in ("vcpu", "memory", "clusters")}
    limits = (
        Limit(
            "vCPU in the region",
            vcpu * d.clusters,
            np.asarray(regional["vcpu"].value),
            "vCPU",
            regional["vcpu"].source,
            advice=_QUOTA,
        ),
        Limit(
            "memory in the region",
            memory_gib * d.clusters,
            np.asarray(regional["memory"].value),
            "GiB",
            regional["memory"].source,
            advice=_QUOTA,
        ),
        Limit(
            "clusters in the region",
            np.asarray(d.clusters),
            np.asarray(regional["clusters"].value),
            "clusters",
            regional["clusters"].source,
            advice=_QUOTA,
        ),
        Limit("disk of a broker", local_gib / brokers, np.asarray(disk.value), "GiB", disk.source),
        Limit("brokers", brokers, d.replication_factor, "brokers", "one broker a copy", at_least=True, of_copies=True),
        Limit("zones", d.zones, np.asarray(zones.value), "zones", zones.source),
        *leaders_limits(d, brokers, _fact("min_brokers").value, held=context.units is not None),
    )
    paths = d.paths(zones=zones.value, follower_fetch=context.options["follower_fetch"])
    stored = context.spread(stored_bytes(d.wire_bytes_s, d.held_s) / GIB)
    lines = (
        UsageLine(
            "gcp.managed-kafka.dcu",
            context.spread(dcu * hours),
            "DCU-hour",
            formula=f"(vCPU x 0.6 + GiB of memory x 0.1) x {hours:g} h",
        ),
        UsageLine(
            "gcp.managed-kafka.local-storage",
            context.spread(local_gib * hours),
            "GiB-hour",
            formula=f"largest of 100 GiB a vCPU and 250 MiB a partition replica, x {hours:g} h",
        ),
        UsageLine(
            "gcp.managed-kafka.long-term-storage",
            stored * hours,
            "GiB-hour",
            formula=f"average write x retention, one copy billed, x {hours:g} h",
        ),
        UsageLine(
            "gcp.managed-kafka.inter-zone",
            context.gib(paths.clients_cross_zone + paths.replicate_cross_zone),
            "GiB",
            formula="(producers + replication + consumers) across zones",
        ),
        UsageLine(
            "gcp.transfer.inter-region",
            context.gib(paths.cross_region),
            "GiB",
            formula="average write x other regions",
        ),
    )
    parts = (
        partitions_part(d, layout, brokers, np.zeros(())),
        Part("memory", context.spread(memory_gib), "GiB", "vCPU x memory_gib_per_vcpu", _fact("memory_gib").source),
        Part(
            "brokers",
            context.spread(brokers),
            "brokers",
            "largest of 3, vCPU / 15 and memory / 120 GiB, rounded up",
            _fact("broker_max_vcpu").source,
        ),
        Part("data compute units", context.spread(dcu), "DCU", "vCPU x 0.6 + GiB of memory x 0.1", _PRICING),
        Part(
            "disk of a broker",
            context.spread(local_gib / brokers),
            "GiB",
            "largest of 100 GiB a vCPU and 250 MiB a partition replica, over the brokers",
            _fact("disk_gib").source,
        ),
        Part(
            "long-term storage",
            stored,
            "GiB",
            "average write x retention: rolled segments go to it (KIP-405)",
            _PRICING,
        ),
    )
    notes = (
        "Google's sizing rule, with batches of at least 10 kB; smaller ones lower what a vCPU carries",
        "the average uses up to half of what a vCPU is rated at, as Google's rule starts from",
        *service_level(d, vcpu_share(d)),
    )
    # what a broker holds is not shown: closed segments are in long-term storage
    of_one = layout.of_one(
        disk_bytes=local_gib * GIB / brokers,
        vcpu=vcpu / brokers,
        memory_gib=memory_gib / brokers,
        replica_bytes=np.nan,
    )
    return context.sizing("vCPU", vcpu, constraints, limits, lines, parts, notes, of_one=of_one)


_MEMORY = _fact("memory_gib").value

OFFERS = (
    Offer(
        name=NAME,
        title="Google Managed Service for Apache Kafka",
        family="Google Cloud",
        provider="gcp",
        configurations=lambda: np.array(["cluster"]),
        model=_model,
        configuration_is="configuration",
        options=(
            Option(
                "memory_gib_per_vcpu",
                _MEMORY,
                "memory of a vCPU [GiB]",
                low=_fact("memory_min_gib").value,
                high=_fact("memory_max_gib").value,
            ),
            FOLLOWER_FETCH,
        ),
        protocols=(Protocol.KAFKA,),
        kind="kafka-managed",
        guarantees={
            "copies": "the workload's replication factor; 3 by default",
            "zones": "3",
            "availability": "99.95% a month for managing clusters, none promised for topics "
            "(https://cloud.google.com/terms/managed-service-for-apache-kafka/sla)",
            "disks": "outlive the broker; rolled segments in Cloud Storage",
        },
        keeps_copies=True,
        not_modelled=(
            "Private Service Connect endpoints and the data they process",
            "Kafka Connect clusters, schema registry",
            "batches below 10 kB, which lower the throughput of a vCPU",
            "compacted topics, which stay on local disks",
            "one broker down, which is less than a zone; what followers fetch after an outage",
            "a limit on message size or partitions, which was not found",
        ),
        sources=(_PRICING, "https://docs.cloud.google.com/managed-service-for-apache-kafka/docs/plan-cluster-size"),
    ),
)
